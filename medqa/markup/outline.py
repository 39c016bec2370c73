"""Levels and ids of headings."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_DEEPEST = 6
_UNNAMED = "section"
_ASCII_WORDS = re.compile("[a-z0-9]+")


class Outline:
    """The headings of one text, which stands under a heading of `level`."""

    def __init__(self, level: int, taken: set[str]) -> None:
        self.anchors: list[str] = []
        self._level = level
        self._taken = taken
        self._open: list[int] = []
        self._counts: dict[str, int] = {}

    def enter(self, marks: int) -> int:
        """Give the level at which a heading of so many marks is shown: no level is jumped over."""
        while self._open and self._open[-1] >= marks:
            self._open.pop()
        self._open.append(marks)
        return min(self._level + len(self._open), _DEEPEST)

    def anchor(self, text: str) -> str:
        """Give a heading an id of its own on the page."""
        base = slug(text) or _UNNAMED
        name, count = base, self._counts.get(base, 1)
        while name in self._taken:
            count += 1
            name = f"{base}-{count}"
        self._counts[base] = count
        self._taken.add(name)
        self.anchors.append(name)
        return name


@lru_cache(1 << 12)
def slug(text: str) -> str:
    """Give a text's letters and digits, of any script, in lower case, with hyphens in place of all else."""
    if text.isascii():
        return "-".join(_ASCII_WORDS.findall(text.lower()))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    return "-".join(_words(folded))


def _words(text: str) -> Iterable[str]:
    kept = "".join(character if unicodedata.category(character)[0] in "LNM" else " " for character in text)
    return kept.split()
