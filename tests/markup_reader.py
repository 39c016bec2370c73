"""Reads the HTML that texts become, as strictly as it is promised to be written."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from medqa.markup import Rendered

ATTRIBUTES = {
    "a": {"href", "rel"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "div": {"class", "tabindex"},
    "th": {"class"},
    "td": {"class"},
    **{f"h{level}": {"id"} for level in range(2, 7)},
}
TAGS = {*ATTRIBUTES, "p", "ul", "li", "strong", "em", "code", "pre", "blockquote", "br", "hr"}
TAGS |= {"table", "thead", "tbody", "tr"}
EMPTY = {"br", "hr", "img"}
PHRASING = {"a", "strong", "em", "code", "img", "br"}
VALUES = {
    "href": re.compile(r"medqa:\d+|(?i:https?|mailto|tel):.+", re.DOTALL),
    "rel": re.compile("nofollow ugc noopener"),
    "src": re.compile(r"medqa:\d+"),
    "alt": re.compile(".*", re.DOTALL),
    "start": re.compile(r"\d+"),
    "class": re.compile("scroll|right|center"),
    "tabindex": re.compile("0"),
    "id": re.compile(r"[^\s\"'<>&#]+"),
}


class Reader(HTMLParser):
    """Reads HTML as strictly as the dialect writes it; gathers its words the way that `plain` promises."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.numbers: list[int | None] = []
        self.words: list[str] = []
        self.placeholders: list[int] = []
        self.ids: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        assert len(dict(attrs)) == len(attrs)
        for name, value in attrs:
            assert name in ATTRIBUTES.get(tag, ())
            assert value is not None
            assert VALUES[name].fullmatch(value), (name, value)
        values = {name: value or "" for name, value in attrs}
        if tag in PHRASING:
            assert tag != "a" or "a" not in self.open
        else:
            assert not PHRASING.intersection(self.open)
            assert "p" not in self.open
        self.placeholders += [int(value[6:]) for value in values.values() if value.startswith("medqa:")]
        self.ids += [values["id"]] if "id" in values else []
        self.say(tag, values)
        if tag not in EMPTY:
            self.open.append(tag)

    def say(self, tag: str, values: dict[str, str]) -> None:
        if tag in {"ol", "ul"}:
            self.numbers.append(int(values.get("start", "1")) if tag == "ol" else None)
        self.words.append(values["alt"] if tag == "img" else "" if tag in PHRASING - {"br"} else " ")
        if tag == "li":
            number = self.numbers[-1]
            self.words.append("- " if number is None else f"{number}. ")
            self.numbers[-1] = None if number is None else number + 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag in {"ol", "ul"}:
            self.numbers.pop()
        if tag not in PHRASING:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)


def check(text: str, made: Rendered, first_link: int = 0) -> None:
    read = Reader(made.html)
    assert " ".join("".join(read.words).split()) == made.plain
    assert read.placeholders == list(range(first_link, first_link + len(made.links)))
    assert read.ids == list(made.anchors)
    assert len(set(made.anchors)) == len(made.anchors)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", made.html + made.plain)
    assert made.plain.count("klzzwxh") <= text.count("klzzwxh")
    assert made.html.count('="medqa:') == len(made.links)
    lines = text.count("\n") + text.count("\r") + 1
    assert all(1 <= line <= lines for line in [x.line for x in made.links] + [x.line for x in made.findings])
