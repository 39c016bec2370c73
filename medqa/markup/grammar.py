"""What the beginning of a line means, line by line.

Headings, quotes, rules, tables and fences may stand up to three spaces in, list markers anywhere. No other
indentation means anything, except that it keeps a line in a list's item. `sections` reads lines by the same rules.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

NEST = 2
"""Spaces, counted from its marker, that put a line into a list's item."""
MOST_INDENT = 3
"""Spaces up to which a line may begin something other than a list's item."""

_STARTS = "`~#-*_>+0123456789 "
# Only a word for the language may follow: "~~~ thank you ~~~" is text.
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,}) *+[\w.+#-]*+ *+$", re.ASCII)
_RULE = re.compile(r" {0,3}([-*_])(?: *+\1){2,}+ *+")
_HEADING = re.compile("( {0,3})(#{1,6})[ \u00a0\u3000](.*)")
# A sign of comparison is no quote: "> 38.5" is, ">38.5 °C" and ">=38.5" are not.
_QUOTE = re.compile(r" {0,3}>(?![0-9=]) ?")
_MARKER = re.compile("( *)([-*+]|[0-9]{1,9}\\.)[ \u00a0\u3000]+(?=\\S)")
_CONTAINERS = re.compile(r"(?: *+(?:>|[-*+] |[0-9]{1,9}\. ))*+ *+")
_DELIMITER = re.compile(r":?-+:?")
_CELL_END = re.compile(r"\\.|(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|(\|)")
_ALIGNED = {(True, True): "center", (False, True): "right", (True, False): "", (False, False): ""}
_LONGEST_ROW = 10_000
_YEAR = 1000


class Marker(NamedTuple):
    """The beginning of a list's item."""

    indent: int
    """Spaces before the marker."""
    number: int | None
    """None for a bullet."""
    content: int
    """Column of the item's first character, from 0."""


def is_blank(line: str) -> bool:
    """Tell whether a line holds nothing to see."""
    return not line or line.isspace()


def is_surely_text(line: str) -> bool:
    """Tell whether the first characters of a line show that it is text, or else the head of a table."""
    start = line[:1]
    if start in _STARTS:
        return line[:2] == "**" and line[2:3] not in "* "
    return not start.isspace()


def indent(line: str) -> int:
    """Count the spaces before a line's first character."""
    return len(line) - len(line.lstrip(" "))


def fence(line: str) -> str:
    """Give the marks that open fenced code, "" for any other line."""
    found = _FENCE.match(line)
    return found[1] if found else ""


def closes(line: str, opened: str) -> bool:
    """Tell whether a line closes the fence of the given marks."""
    marks = line.strip(" ")
    return marks.startswith(opened) and not marks.strip(opened[0]) and indent(line) <= MOST_INDENT


def heading(line: str) -> tuple[int, str] | None:
    """Give the number of marks and the text of a heading."""
    found = _HEADING.match(line)
    if not found:
        return None
    text = found[3].strip()
    bare = text.rstrip("#")
    if bare != text and bare.endswith((" ", "\u00a0", "\u3000")):
        text = bare.strip()
    return (len(found[2]), text) if text else None


def is_rule(line: str) -> bool:
    """Tell whether a line is a thematic break: three or more of one of `-`, `*`, `_`, and spaces."""
    return _RULE.fullmatch(line) is not None


def quoted(line: str) -> str | None:
    """Give what a quote's line says, None for a line that is not marked as a quote."""
    found = _QUOTE.match(line)
    return line[found.end() :] if found else None


def marker(line: str) -> Marker | None:
    """Give the marker of a list's item; an item has a text."""
    found = _MARKER.match(line)
    if not found:
        return None
    indent, mark = found.span(1)[1], found[2]
    if mark[-1] == ".":
        return Marker(indent, int(mark[:-1]), found.end())
    return None if is_rule(line) else Marker(indent, None, found.end())


def item_text(line: str, found: Marker) -> str:
    """Give an item's first line without its marker, as far in as the lines below it that stand under its text."""
    return " " * min(found.content - found.indent - NEST, MOST_INDENT) + line[found.content :]


def follows_text(new: Marker, displayed: int | None = None) -> bool:
    """Tell whether an item may begin right below a line of text.

    Bullets and the number 1 may; in an open ordered list, whose next number would be `displayed`, that number and any
    that is not as high as a year: "I was born in⏎1987. It was…" goes on.
    """
    if new.number is None or new.number == 1:
        return True
    return displayed is not None and (new.number == displayed or new.number < _YEAR)


def without_containers(line: str) -> str:
    """Give a line without the quote marks and list markers that it begins with."""
    return line[_CONTAINERS.match(line).end() :]  # type: ignore[union-attr]  # matches any line


def cells(row: str) -> list[str]:
    """Part a table's row at the pipes that are neither escaped nor in code."""
    row = row.strip()
    pipes = [found.start() for found in _CELL_END.finditer(row) if found[2]]
    parts = [row[start + 1 : end] for start, end in zip([-1, *pipes], [*pipes, len(row)], strict=True)]
    outer = slice(1 if parts[0] == "" else 0, -1 if parts[-1] == "" and len(parts) > 1 else None)
    return [part.strip() for part in parts[outer]]


def alignments(lines: Sequence[str], at: int) -> list[str] | None:
    """Give "right", "center" or "" (left) for each column of the table whose head is line `at`, None for no table."""
    if at + 1 >= len(lines) or "|" not in lines[at] or "|" not in lines[at + 1]:
        return None
    below = lines[at + 1]
    if below.strip("|:- ") or len(lines[at]) > _LONGEST_ROW or indent(lines[at]) > MOST_INDENT:
        return None
    marks = cells(below)
    if not marks or len(marks) != len(cells(lines[at])) or not all(_DELIMITER.fullmatch(mark) for mark in marks):
        return None
    return [_ALIGNED[mark[0] == ":", mark[-1] == ":"] for mark in marks]


def is_row(line: str) -> bool:
    """Tell whether a line may be a row of the table above it."""
    return "|" in line and len(line) <= _LONGEST_ROW
