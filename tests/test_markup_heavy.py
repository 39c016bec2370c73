"""Texts made to exhaust the reader: the time and the depth of stack that they take."""

from __future__ import annotations

import sys
import time

import pytest

from medqa.markup import render
from tests.markup_reader import check


def filled(piece: str, size: int = 20_000) -> str:
    return (piece * (size // len(piece) + 1))[:size]


HEAVY = {
    "opening brackets": filled("["),
    "nested brackets": "[" * 10_000 + "]" * 10_000,
    "nested labels": filled("[a [b [c](d)"),
    "unfinished links": filled("[a]("),
    "unfinished destinations": filled("[a](<b "),
    "unfinished titles": filled('[a](b "'),
    "nested parentheses": filled("[a]((("),
    "images": filled("!["),
    "images in links": filled("[![a](b)](c)"),
    "asterisks": filled("*"),
    "opening emphasis": filled("*a **b "),
    "closed emphasis": filled("*a* "),
    "nested emphasis": "*a **b " * 1400 + "b** a* " * 1400,
    "mixed emphasis": filled("*a_ **b__ "),
    "asterisks and underscores": filled("*_"),
    "unlike marks": (filled("*a ", 4000) + filled("b_ ", 4000)) * 3,
    "backticks": filled("`"),
    "backticks, ever more": " ".join("`" * count for count in range(1, 200)),
    "escapes": filled("\\*"),
    "line breaks": filled("\\\n"),
    "entities": filled("&#x41;"),
    "ampersands": filled("&"),
    "quote marks": filled("> "),
    "quotes, ever deeper": "\n".join("> " * depth + "a" for depth in range(140)),
    "list markers": filled("- ") + "a",
    "lists, ever deeper": "\n".join("  " * depth + "- a" for depth in range(140)),
    "quotes in lists": filled("> - ") + "a",
    "items": filled("- a\n"),
    "restarting items": filled("5. a\n2. b\n"),
    "lazy lines": "- a\n" + filled("b\n"),
    "fences in items": filled("- ```\n"),
    "headings": filled("# a\n"),
    "closing marks": "# a" + filled(" #"),
    "spaces after a fence": "```" + filled(" ") + "!",
    "spaces after a marker": "- " + filled(" ") + "\n- " + filled(" ") + "a",
    "spaces in a link": "[a](" + filled(" ") + "b" + filled(" ") + "c)",
    "links beside unlike backticks": filled("[a](b.md) ") + " ".join("`" * count for count in range(1, 200)),
    "rules": filled("---\n"),
    "blank lines": filled("\n"),
    "spaces": filled(" ") + "a",
    "spaces in a heading": "# a" + filled(" ") + "b",
    "columns": filled("a|", 8000) + "\n" + filled("-|", 8000) + "\n" + filled("a|\n"),
    "rows": "a|b\n-|-\n" + filled("1|2\n"),
    "backticks in a row": "a|b\n-|-\n" + filled("`|", 9000),
    "tables": filled("a|b\n-|-\n"),
    "addresses": filled("https://a.b/ "),
    "address of addresses": filled("http://"),
    "address with brackets": "https://a.b/" + filled(")"),
    "tags": filled("<a "),
    "comments": filled("<!--"),
    "unfinished mail addresses": filled("<a@"),
    "the library's own marks": filled("\x02klzzwxh:0000\x03"),
    "Chinese lines": filled("中**文**。\n"),
    "one word": filled("a"),
}


def seconds_for(text: str) -> float:
    begin = time.process_time()
    render(text, level=2)
    return time.process_time() - begin


@pytest.mark.parametrize("text", HEAVY.values(), ids=HEAVY.keys())
def test_heavy_text_does_not_explode(text: str) -> None:
    # No measurement: each takes a tenth of this at most, and what backtracks or nests without end takes minutes.
    assert seconds_for(text) < max(len(text), 20_000) / 10_000
    check(text, render(text, level=2))


def test_a_line_of_a_megabyte_is_read() -> None:
    made = render(filled("some *words* in a line ", 1_000_000), level=2)
    assert made.html.startswith("<p>some <em>words</em> in a line some <em>words</em> ")
    assert made.html.count("<em>") > 40_000


def test_reading_is_not_deep() -> None:
    """A text must not need more of the interpreter's stack than a caller is sure to have left."""
    limit = sys.getrecursionlimit()
    frame, depth = sys._getframe(), 0
    while frame := frame.f_back:  # type: ignore[assignment]
        depth += 1
    try:
        sys.setrecursionlimit(depth + 200)
        for text in HEAVY.values():
            render(text[:10_000], level=2)
    finally:
        sys.setrecursionlimit(limit)
