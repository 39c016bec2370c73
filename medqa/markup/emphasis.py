"""Emphasis as the library is to read it.

The library's own pairing loses letters (`*a**b*c` comes out without the c); `pairing` has the dialect's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from markdown.inlinepatterns import InlineProcessor
from markdown.util import ETX, INLINE_PLACEHOLDER_PREFIX, STX, AtomicString

from medqa.markup.pairing import DEEPEST, Tag, tags
from medqa.markup.writing import TEXT

if TYPE_CHECKING:
    import re

_ESCAPES = {ord(mark): f"{STX}{ord(mark)}{ETX}" for mark in "*_"}


class Emphasis(InlineProcessor):
    """Reads all emphasis of a text at once."""

    def handleMatch(  # type: ignore[override]  # noqa: N802  the library's name
        self, m: re.Match[str], data: str
    ) -> tuple[Element | None, int, int]:
        """Give what begins with the first pair of marks; marks that are left over stay text."""
        found = tags(data)
        if not found:
            return None, m.start(), len(data)
        return _build(data, found), found[0].start, len(data)


def _build(data: str, found: list[Tag]) -> Element:
    """Give the elements from the first tag to the end of the text, no deeper than a reader could follow."""
    outer = Element(TEXT)  # the library takes two looks at an element and its children, one at theirs
    path, hidden = [SubElement(outer, TEXT)], 0
    for tag, end in zip(found, [tag.start for tag in found[1:]] + [len(data)], strict=True):
        if hidden or (tag.opens and len(path) > DEEPEST):
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
