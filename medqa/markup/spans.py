"""What stands inside a line: code, escapes, links, images, addresses, line breaks, emphasis.

Text is data: an entity becomes its character, raw HTML stays text; only the writer makes HTML. Bracket matching is
done by expressions without backtracking that reach from one opening bracket to the third one at most, so that no
text takes more than linear time.
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from markdown.inlinepatterns import (
    EscapeInlineProcessor,
    InlineProcessor,
    SubstituteTagInlineProcessor,
)
from markdown.util import ETX, STX, AtomicString, Registry

from medqa.markup import addresses
from medqa.markup.emphasis import Emphasis

if TYPE_CHECKING:
    from markdown import Markdown
    from markdown.inlinepatterns import Pattern

Match = tuple[Element | str | None, int | None, int | None]

WRITTEN = "written"
"""Attribute of a link: what the source says at its destination, with the marks before it; not written."""

_CODE = r"\\.|(`+)"
_ESCAPE = r"\\(.)"
_LABEL = r"\[((?:[^\[\]]|\[(?:[^\[\]]|\[[^\[\]]*+\])*+\])*+)\]"
_PATH = r"(?:[^\s()<>]|\((?:[^\s()<>]|\([^\s()<>]*+\))*+\))*+"
_TITLE = r"""(?:\s++(?:"[^"]*+"|'[^']*+'|\([^()]*+\)))?+"""
_TARGET = rf"(\(\s*+)(?:<([^<>\n]*+)>|({_PATH})){_TITLE}\s*+\)"
_LINK = rf"(?<!!){_LABEL}{_TARGET}"
_IMAGE = rf"!{_LABEL}{_TARGET}"
_AUTOLINK = r"(?i:<((?:[a-z][a-z0-9+.-]*+://|mailto:|tel:)[^\s<>\x02]*+)>)"
_AUTOMAIL = r"<([^\s<>@\x02]++@[^\s<>@\x02]++)>"
_BREAK = r"(?: {2}|\\)\n"
_EMPHASIS = r"[*_]"


def build(md: Markdown) -> Registry[Pattern]:
    """Give the patterns in the order in which they are applied."""
    md.ESCAPED_CHARS = list(string.punctuation)
    patterns: Registry[Pattern] = Registry()
    for priority, (name, pattern) in enumerate(
        reversed(
            (
                ("code", Code(_CODE)),
                ("escape", EscapeInlineProcessor(_ESCAPE, md)),
                ("link", Link(_LINK, md)),
                ("image", Image(_IMAGE, md)),
                ("autolink", Autolink(_AUTOLINK, md)),
                ("automail", Autolink(_AUTOMAIL, md, "mailto:")),
                ("bare", BareAddress(addresses.BARE, md)),
                ("break", SubstituteTagInlineProcessor(_BREAK, "br")),
                ("entity", Entity(addresses.ENTITY, md)),
                ("emphasis", Emphasis(_EMPHASIS, md)),
            )
        )
    ):
        patterns.register(pattern, name, priority)
    return patterns


class Code(InlineProcessor):
    """Code between two runs of as many backticks."""

    def handleMatch(self, m: re.Match[str], data: str) -> Match:  # type: ignore[override]  # noqa: N802
        """Give the code, or nothing for an escaped character or a run without its like."""
        if not m[1]:
            return None, None, None
        closing = re.compile(f"(?<!`){m[1]}(?!`)").search(data, m.end())
        text = data[m.end() : closing.start()].strip() if closing else ""
        if not closing or not text:
            return None, None, None
        element = Element("code")
        element.text = AtomicString(text)
        return element, m.start(), closing.end()


class Link(InlineProcessor):
    """A link `[label](destination "title")`; the title is not shown. Whether it is allowed is judged later."""

    ANCESTOR_EXCLUDES = ("a",)

    def handleMatch(self, m: re.Match[str], data: str) -> Match:  # type: ignore[override]  # noqa: ARG002, N802
        """Give the link; one without label is labelled with its destination."""
        href, written = _destination(self, m)
        element = Element("a", {"href": href, WRITTEN: written})
        element.text = m[1] if m[1].strip() else AtomicString(href)
        return element, m.start(), m.end()


class Image(InlineProcessor):
    """An image `![description](destination "title")`."""

    def handleMatch(self, m: re.Match[str], data: str) -> Match:  # type: ignore[override]  # noqa: ARG002, N802
        """Give the image."""
        href, written = _destination(self, m)
        description = " ".join(addresses.decoded(self.unescape(m[1])).split())
        return Element("img", {"href": href, WRITTEN: written, "alt": description}), m.start(), m.end()


def _destination(pattern: InlineProcessor, m: re.Match[str]) -> tuple[str, str]:
    """Give the destination of a link or image, and what the source says there."""
    bracketed = m[3] is not None
    source = pattern.unescape(m[3] if bracketed else m[4])
    return addresses.decoded(source), f"]{m[2]}{'<' if bracketed else ''}{source}"


class Autolink(InlineProcessor):
    """An address between angle brackets."""

    ANCESTOR_EXCLUDES = ("a",)

    def __init__(self, pattern: str, md: Markdown, scheme: str = "") -> None:
        super().__init__(pattern, md)
        self._scheme = scheme

    def handleMatch(self, m: re.Match[str], data: str) -> Match:  # type: ignore[override]  # noqa: ARG002, N802
        """Give the link, labelled with the address itself."""
        return _address(self._scheme + m[1], m[1], f"<{m[1]}"), m.start(), m.end()


class BareAddress(InlineProcessor):
    """A web address in running text, without the punctuation that follows it."""

    ANCESTOR_EXCLUDES = ("a",)

    def handleMatch(self, m: re.Match[str], data: str) -> Match:  # type: ignore[override]  # noqa: ARG002, N802
        """Give the link, labelled with the address itself."""
        written = addresses.without_punctuation(m[0])
        return _address(written, written, written), m.start(), m.start() + len(written)


class Entity(InlineProcessor):
    """An entity of HTML: becomes its character, in the form in which later patterns leave it alone."""

    def handleMatch(self, m: re.Match[str], data: str) -> Match:  # type: ignore[override]  # noqa: ARG002, N802
        """Give the entity's characters; an unknown name stays text."""
        characters = addresses.decoded(m[0])
        if characters == m[0]:
            return None, None, None
        return "".join(f"{STX}{ord(character)}{ETX}" for character in characters), m.start(), m.end()


def _address(href: str, label: str, written: str) -> Element:
    element = Element("a", {"href": addresses.decoded(href), WRITTEN: written})
    element.text = AtomicString(addresses.decoded(label))
    return element
