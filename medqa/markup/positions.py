"""Where in its file a link stands. The library loses positions, so links are looked up in the source."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

# Code on one line; longer code holding the very destination of a link below it is not worth a parser.
_CODE = re.compile(r"(?<![`\\])(`+)(?!`)[^\n]*?(?<!`)\1(?!`)")
_MARKS = re.compile(r"\]\(\s*<?|<")


class Source:
    """A text whose first line is line `line` of its file."""

    def __init__(self, text: str, line: int) -> None:
        self._text = text
        self._line = line
        self._found = 0

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self._text))]

    @cached_property
    def _searched(self) -> str:
        return _CODE.sub(lambda code: "`" * len(code[0]), self._text)

    def find(self, written: str, first: int) -> tuple[int, int]:
        """Give line and column of a destination.

        `written` is the destination with the marks before it, `first` the index of the first line of the paragraph.
        Destinations are asked for in the order of the text; a link around an image precedes it. What cannot be found
        is said to stand at the beginning of its paragraph.
        """
        begin = self._starts[min(first, len(self._starts) - 1)]
        marks = _MARKS.match(written)
        bare = written[marks.end() :] if marks else written
        for sought, start in ((written, max(begin, self._found)), (written, begin), (bare, begin)):
            at = self._searched.find(sought, start)
            if at >= 0:
                return self._place(at + len(sought) - len(bare), len(bare))
        return self._line + first, 1

    def _place(self, at: int, length: int) -> tuple[int, int]:
        self._found = at + length
        row = bisect_right(self._starts, at) - 1
        return self._line + row, at - self._starts[row] + 1
