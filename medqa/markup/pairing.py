"""Emphasis: `*a*` and `_a_`, strong `**a**` and `__a__`, paired the way CommonMark pairs them.

Exceptions to CommonMark, for asterisks: between digits, or between a digit and a letter, one is no mark (2*3*4,
HLA-B*27); between a Latin word and punctuation they can only close (Bactrim*, Septra*, and so on); otherwise only white
space beside them matters, not punctuation, since Chinese puts no spaces around emphasis.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

LONGEST_RUN = 8_000
"""Characters of a paragraph, heading or cell that are read together; emphasis does not reach further."""
DEEPEST = 20
"""Emphasis nested deeper than this is shown as text."""

_RUN = re.compile(r"([*_])\1*")
_CLOSING = frozenset(",.;:!?)]")
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


def tags(data: str) -> list[Tag]:
    """Give the tags of a text in their order; marks that are left over are none."""
    return sorted(_pairs(_runs(data)))


def _runs(data: str) -> list[Run]:
    found = []
    for run in _RUN.finditer(data):
        marks, (start, end) = run[0], run.span()
        opens, closes = _flanks(marks, data[start - 1 : start] or " ", data[end : end + 1] or " ")
        if opens or closes:
            found.append(Run(marks[0], start, end, end - start, opens, closes))
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
            if bottoms:
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
