"""Emphasis: `*a*` and `_a_`, strong `**a**` and `__a__`, paired the way CommonMark pairs them.

The library's own pairing loses letters (`*a**b*c` comes out without the c). Exceptions to CommonMark, for asterisks:
between digits, or between a digit and a letter, one is no mark (2*3*4, HLA-B*27); between a Latin word and punctuation
they can only close (Bactrim*, Septra*, and so on); otherwise only white space beside them matters, not punctuation,
since Chinese puts no spaces around emphasis.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement

from markdown.inlinepatterns import InlineProcessor
from markdown.util import ETX, INLINE_PLACEHOLDER_PREFIX, STX, AtomicString

from medqa.markup.writing import TEXT

_RUN = re.compile(r"\*+|_+")
_CLOSING = frozenset(",.;:!?)]")
_DEEPEST = 20
_ESCAPES = {ord(mark): f"{STX}{ord(mark)}{ETX}" for mark in "*_"}
_STRONG = 2


@dataclass(slots=True)
class Run:
    """A run of one mark, of which pairs take their share."""

    mark: str
    start: int
    end: int
    length: int
    opens: bool
    closes: bool

    @property
    def left(self) -> int:
        """Marks not yet taken."""
        return self.end - self.start


class Tag(NamedTuple):
    """Marks that turned out to be a tag."""

    start: int
    end: int
    name: str
    opens: bool


class Emphasis(InlineProcessor):
    """Reads all emphasis of a text at once."""

    def handleMatch(  # type: ignore[override]  # noqa: N802  the library's name
        self, m: re.Match[str], data: str
    ) -> tuple[Element | None, int, int]:
        """Give what begins with the first pair of marks; marks that are left over stay text."""
        tags = sorted(_pairs(_runs(data)))
        if not tags:
            return None, m.start(), len(data)
        return _build(data, tags), tags[0].start, len(data)


def _runs(data: str) -> list[Run]:
    found = []
    for run in _RUN.finditer(data):
        before, after = data[run.start() - 1 : run.start()] or " ", data[run.end() : run.end() + 1] or " "
        opens, closes = _flanks(run[0], before, after)
        if opens or closes:
            found.append(Run(run[0][0], run.start(), run.end(), len(run[0]), opens, closes))
    return found


def _flanks(marks: str, before: str, after: str) -> tuple[bool, bool]:
    """Tell whether marks may open, and whether they may close."""
    opens, closes = not after.isspace(), not before.isspace()
    if marks[0] == "_":
        return opens and not _in_word(before), closes and not _in_word(after)
    latin = before.isascii() and before.isalnum()
    if marks == "*" and latin and after.isascii() and after.isalnum() and (before.isdigit() or after.isdigit()):
        return False, False
    return opens and not (latin and after in _CLOSING), closes


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _pairs(runs: list[Run]) -> list[Tag]:
    """Pair runs from left to right, each that closes with the nearest that opens."""
    tags: list[Tag] = []
    openers: list[Run] = []
    bottoms: dict[tuple[str, int, bool], int] = {}  # below these no opener fits: keeps the search linear
    for run in runs:
        while run.closes and run.left:
            kind = (run.mark, run.length % 3, run.opens)
            at = _opener(openers, run, bottoms.get(kind, 0))
            if at is None:
                bottoms[kind] = len(openers)
                break
            tags += _pair(openers[at], run)
            del openers[at + 1 if openers[at].left else at :]
            bottoms = {kind: min(bottom, len(openers)) for kind, bottom in bottoms.items()}
        if run.opens and run.left:
            openers.append(run)
    return tags


def _opener(openers: list[Run], closer: Run, bottom: int) -> int | None:
    for at in range(len(openers) - 1, bottom - 1, -1):
        opener = openers[at]
        unfit = (opener.closes or closer.opens) and (opener.length + closer.length) % 3 == 0 and closer.length % 3 != 0
        if opener.mark == closer.mark and not unfit:
            return at
    return None


def _pair(opener: Run, closer: Run) -> tuple[Tag, Tag]:
    """Take one mark, or two where both sides have two, from the end of the opener and the start of the closer."""
    size = min(_STRONG, opener.left, closer.left)
    name = "strong" if size == _STRONG else "em"
    opener.end -= size
    closer.start += size
    opening = Tag(opener.end, opener.end + size, name, opens=True)
    return opening, Tag(closer.start - size, closer.start, name, opens=False)


def _build(data: str, tags: list[Tag]) -> Element:
    """Give the elements from the first tag to the end of the text, no deeper than a reader could follow."""
    outer = Element(TEXT)  # the library takes two looks at an element and its children, one at theirs
    path, hidden = [SubElement(outer, TEXT)], 0
    for tag, end in zip(tags, [tag.start for tag in tags[1:]] + [len(data)], strict=True):
        if hidden or (tag.opens and len(path) > _DEEPEST):
            hidden += 1 if tag.opens else -1
            _add(path[-1], data[tag.start : end])
            continue
        if tag.opens:
            path.append(SubElement(path[-1], tag.name))
        else:
            path.pop()
        _add(path[-1], data[tag.end : end])
    return outer


def _add(element: Element, text: str) -> None:
    """Add text as a child: texts behind children cost the library a search each."""
    if text:
        shown = text.translate(_ESCAPES)
        SubElement(element, TEXT).text = shown if INLINE_PLACEHOLDER_PREFIX in shown else AtomicString(shown)
