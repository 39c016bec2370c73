"""Which lines belong to a quote, or to the items of a list, and what they say without its marks."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from medqa.markup import grammar

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 20
"""Quotes and lists nested deeper than this are shown as text."""


class Chunk(NamedTuple):
    """The lines of a text, or of a container within it, freed of the container's marks."""

    lines: list[str]
    first: int
    """Index in the text of the chunk's first line."""
    depth: int
    """Number of quotes and lists around."""


class Item(NamedTuple):
    """An item of a list."""

    marker: grammar.Marker
    chunk: Chunk
    after_blank: bool


class OpenText:
    """Follows a container's lines to tell whether its last one is text that an unmarked line may continue."""

    def __init__(self) -> None:
        self.open = False
        self._fence = ""

    def read(self, line: str) -> None:
        """Take the container's next line."""
        if not self._fence and grammar.is_surely_text(line):
            self.open = True
            return
        bare = grammar.without_containers(line)
        if self._fence:
            self.open = False
            if grammar.closes(bare, self._fence):
                self._fence = ""
            return
        self._fence = grammar.fence(bare)
        self.open = not (grammar.is_blank(bare) or self._fence or grammar.heading(bare) or grammar.is_rule(line))


def begins(chunk: Chunk, at: int) -> bool:
    """Tell whether line `at` begins a block although a line of text stands right above it."""
    line = chunk.lines[at]
    start = line.lstrip(" ")[:1]
    if "|" in line and grammar.alignments(chunk.lines, at) is not None:
        return True
    if not start or start not in "`~#-*_>+1":
        return False
    if grammar.fence(line) or grammar.heading(line) or grammar.is_rule(line):
        return True
    if chunk.depth >= DEEPEST:
        return False
    marker = grammar.marker(line)
    return grammar.quoted(line) is not None or (marker is not None and grammar.follows_text(marker))


def quote_lines(chunk: Chunk, at: int) -> list[str]:
    """Give the lines of the quote that begins on line `at`, without its marks."""
    lines: list[str] = []
    text = OpenText()
    for number in range(at, len(chunk.lines)):
        line = chunk.lines[number]
        inner = grammar.quoted(line)
        if inner is None:
            if grammar.is_blank(line) or not text.open or begins(chunk, number):
                break
            inner = line
        lines.append(inner)
        text.read(inner)
    return lines


def items_from(chunk: Chunk, at: int) -> tuple[list[Item], int]:
    """Give the items of the lists of one kind that begin on line `at`, and the line after the last item."""
    items: list[Item] = []
    end, blank, text = at, False, OpenText()
    for number in range(at, len(chunk.lines)):
        line = chunk.lines[number]
        if grammar.is_blank(line):
            blank = True
            continue
        if items and grammar.indent(line) >= (inset := items[-1].marker.indent + grammar.NEST):
            line = line[inset:]
        elif (marker := _next_marker(items, line, text_above=text.open and not blank)) is not None:
            line = grammar.item_text(line, marker)
            items.append(Item(marker, Chunk([], chunk.first + number, chunk.depth + 1), blank))
            text, blank = OpenText(), False
        elif blank or not text.open or begins(chunk, number):
            break
        item = items[-1].chunk
        item.lines.extend([""] * (chunk.first + number - item.first - len(item.lines)))
        item.lines.append(line)
        text.read(line)
        end, blank = number + 1, False
    return items, end


def _next_marker(items: list[Item], line: str, *, text_above: bool) -> grammar.Marker | None:
    """Give the line's marker if it begins the next item of the list."""
    marker = grammar.marker(line)
    if marker is None or not items:
        return marker
    last = items[-1].marker.number
    if (marker.number is None) != (last is None):
        return None
    displayed = None if last is None else last + 1
    return marker if not text_above or grammar.follows_text(marker, displayed) else None


def numbered(items: list[Item]) -> Iterator[list[Item]]:
    """Part items into lists that show the numbers as written.

    A list goes on with the next number, or, where every item has the number of the first, with that number again
    (writers let the machine count so). Any other number begins a list of its own.
    """
    run = [items[0]]
    for last, item in pairwise(items):
        first, number = run[0].marker.number, item.marker.number
        counted = first is not None and number == first + len(run)
        same = number == first and last.marker.number == first
        if not (number is None or counted or same):
            yield run
            run = []
        run.append(item)
    yield run
