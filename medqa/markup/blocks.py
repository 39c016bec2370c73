"""Lines → elements: paragraphs, headings, lists, quotes, tables, rules, code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ElementTree, SubElement

from markdown.blockparser import BlockParser
from markdown.util import AtomicString

from medqa.markup import grammar
from medqa.markup.containers import DEEPEST, Chunk, Item, begins, items_from, numbered, quote_lines
from medqa.markup.pairing import LONGEST_RUN
from medqa.markup.writing import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markdown import Markdown

LINE = "line"
"""Attribute of an element: index of its first line in the text; not written."""


Rule = Callable[[Element, Chunk, int], int]
"""Appends the block of its kind that begins on the given line; gives the line after it, 0 if none begins there."""


class Blocks(BlockParser):
    """The block structure, read in one pass over the lines of each container."""

    def __init__(self, md: Markdown) -> None:
        super().__init__(md)
        self._rules: tuple[tuple[str, Rule], ...] = (
            ("`~", _code),
            ("#", _heading),
            ("-*_", _break),
            (">", self._quote),
            ("-*+0123456789", self._lists),
        )

    def parseDocument(self, lines: Iterable[str]) -> ElementTree:  # noqa: N802  the library's name
        """Build the tree of a text."""
        self.root = Element(self.md.doc_tag)
        self._read(self.root, Chunk(list(lines), 0, 0))
        return ElementTree(self.root)

    def _read(self, parent: Element, chunk: Chunk) -> bool:
        """Append a chunk's blocks to `parent`; tell whether blank lines part any two of them."""
        at, blank, parted = 0, False, False
        while at < len(chunk.lines):
            if grammar.is_blank(chunk.lines[at]):
                at, blank = at + 1, True
                continue
            parted = parted or (blank and len(parent) > 0)
            at, blank = self._read_block(parent, chunk, at), False
        return parted

    def _read_block(self, parent: Element, chunk: Chunk, at: int) -> int:
        """Append the block that begins on line `at`; give the line after it."""
        start = chunk.lines[at].lstrip(" ")[0]
        for starts, rule in self._rules:
            if start in starts and (end := rule(parent, chunk, at)):
                return end
        return _table(parent, chunk, at) or _paragraph(parent, chunk, at)

    def _quote(self, parent: Element, chunk: Chunk, at: int) -> int:
        if chunk.depth == DEEPEST or grammar.quoted(chunk.lines[at]) is None:
            return 0
        lines = quote_lines(chunk, at)
        quote = _element(parent, "blockquote", chunk.first + at)
        self._read(quote, Chunk(lines, chunk.first + at, chunk.depth + 1))
        return at + len(lines)

    def _lists(self, parent: Element, chunk: Chunk, at: int) -> int:
        if chunk.depth == DEEPEST or grammar.marker(chunk.lines[at]) is None:
            return 0
        items, end = items_from(chunk, at)
        for items_of_one in numbered(items):
            self._list(parent, items_of_one)
        return end

    def _list(self, parent: Element, items: list[Item]) -> None:
        number = items[0].marker.number
        made = SubElement(parent, "ul" if number is None else "ol")
        if number is not None and number != 1:
            made.set("start", str(number))
        loose = any(item.after_blank for item in items[1:])
        for item in items:
            entry = _element(made, "li", item.chunk.first)
            loose = self._read(entry, item.chunk) or loose
        if not loose:
            for entry in made:
                _tighten(entry)


def _element(parent: Element, tag: str, line: int) -> Element:
    return SubElement(parent, tag, {LINE: str(line)})


def _paragraph(parent: Element, chunk: Chunk, at: int) -> int:
    end = at + 1
    while end < len(chunk.lines) and not grammar.is_blank(chunk.lines[end]) and not begins(chunk, end):
        end += 1
    kept = (line.strip() + ("  " if line.endswith("  ") else "") for line in chunk.lines[at:end])
    _text(_element(parent, "p", chunk.first + at), "\n".join(kept).rstrip())
    return end


def _heading(parent: Element, chunk: Chunk, at: int) -> int:
    found = grammar.heading(chunk.lines[at])
    if not found:
        return 0
    _text(_element(parent, f"h{found[0]}", chunk.first + at), found[1])
    return at + 1


def _break(parent: Element, chunk: Chunk, at: int) -> int:
    if not grammar.is_rule(chunk.lines[at]):
        return 0
    SubElement(parent, "hr")
    return at + 1


def _code(parent: Element, chunk: Chunk, at: int) -> int:
    """Append fenced code; one that is never closed goes on to the end of the chunk."""
    marks, inset = grammar.fence(chunk.lines[at]), grammar.indent(chunk.lines[at])
    if not marks:
        return 0
    end = at + 1
    while end < len(chunk.lines) and not grammar.closes(chunk.lines[end], marks):
        end += 1
    code = "\n".join(line[min(inset, grammar.indent(line)) :] for line in chunk.lines[at + 1 : end])
    unclosed = end == len(chunk.lines)
    SubElement(SubElement(parent, "pre"), "code").text = AtomicString(code.rstrip("\n") if unclosed else code)
    return end + 1


def _table(parent: Element, chunk: Chunk, at: int) -> int:
    aligned = grammar.alignments(chunk.lines, at)
    if aligned is None:
        return 0
    table = SubElement(SubElement(parent, "div", {"class": "scroll", "tabindex": "0"}), "table")
    _row(SubElement(table, "thead"), "th", chunk, at, aligned)
    end = at + 2
    while end < len(chunk.lines) and grammar.is_row(chunk.lines[end]) and not begins(chunk, end):
        end += 1
    if end > at + 2:
        body = SubElement(table, "tbody")
        for number in range(at + 2, end):
            _row(body, "td", chunk, number, aligned)
    return end


def _row(parent: Element, tag: str, chunk: Chunk, at: int, aligned: list[str]) -> None:
    """Append a row with the cells that are written: none is made up, none left out."""
    row = SubElement(parent, "tr")
    for number, text in enumerate(grammar.cells(chunk.lines[at])):
        # An empty corner is no heading: a screen reader would announce it with every cell below.
        cell = _element(row, tag if text else "td", chunk.first + at)
        _text(cell, text)
        if number < len(aligned) and aligned[number]:
            cell.set("class", aligned[number])


def _tighten(entry: Element) -> None:
    """Show the paragraphs of an item of a dense list without `<p>`."""
    for child in entry:
        if child.tag == "p":
            child.tag = TEXT


def _text(element: Element, text: str) -> None:
    """Fill an element with text. A run longer than any writer's is read in pieces: reading it is not linear."""
    if len(text) <= LONGEST_RUN:
        element.text = text
        return
    start = 0
    while start < len(text):
        cut = max(text.rfind(" ", start, start + LONGEST_RUN), text.rfind("\n", start, start + LONGEST_RUN)) + 1
        end = cut or start + LONGEST_RUN
        SubElement(element, TEXT).text = text[start:end]
        start = end
