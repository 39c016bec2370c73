"""Elements → HTML and plain words.

The tree holds text as characters. What is written as HTML is closed: these tags with these attributes, all else is
escaped. Every block begins on a line of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from medqa.markup.characters import mark_cjk_breaks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

Event = Literal["open", "text", "tail", "close"]

TEXT = "text"
"""Tag of an element of which only the content is shown."""

_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "a": ("href", "rel"),
    "img": ("src", "alt"),
    "ol": ("start",),
    "div": ("class", "tabindex"),
    "th": ("class",),
    "td": ("class",),
    **{f"h{level}": ("id",) for level in range(2, 7)},
    **dict.fromkeys(("p", "ul", "li", "strong", "em", "code", "pre", "blockquote", "br", "hr"), ()),
    **dict.fromkeys(("table", "thead", "tbody", "tr"), ()),
}
_EMPTY = frozenset(("br", "hr", "img"))
_INLINE = frozenset(("a", "strong", "em", "code", "img", TEXT))
_BLOCKS = _ATTRIBUTES.keys() - _INLINE - {"th", "td", "br"}
_GAP = "\x00"
_JOINED = "\x01"


def walk(root: Element) -> Iterator[tuple[Event, Element]]:
    """Give the opening, text, end and tail of every element below `root`, in the order of the document."""
    stack = [(root, iter(root))]
    while stack:
        parent, children = stack[-1]
        child = next(children, None)
        if child is not None:
            yield "open", child
            if child.text:
                yield "text", child
            stack.append((child, iter(child)))
            continue
        stack.pop()
        if stack:
            yield "close", parent
            if parent.tail:
                yield "tail", parent


def html(root: Element) -> str:
    """Write the content of `root`."""
    out: list[str] = []
    for event, element in walk(root):
        tag = element.tag
        if event == "text":
            out.append(escaped(element.text or ""))
        elif event == "tail":
            out.append(escaped(element.tail or ""))
        elif tag not in _ATTRIBUTES:
            continue
        elif event == "open":
            if tag in _BLOCKS and out and not out[-1].endswith("\n"):
                out.append("\n")
            out.append(_opening(element))
        else:
            out.append("" if tag in _EMPTY else f"</{tag}>")
            if tag in _BLOCKS or tag == "br":
                out.append("\n")
    return "".join(out).strip("\n")


def _opening(element: Element) -> str:
    values = ((name, element.get(name)) for name in _ATTRIBUTES[element.tag])
    attributes = "".join(f' {name}="{escaped(value, quotes=True)}"' for name, value in values if value is not None)
    return f"<{element.tag}{attributes}>"


def escaped(text: str, *, quotes: bool = False) -> str:
    """Write a text as HTML, `quotes` for one between quotation marks."""
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if quotes:
        return text.replace('"', "&quot;")
    # No text looks like a placeholder, not even to a search that is careless about where tags begin.
    return text.replace('"medqa:', "&quot;medqa:") if '"' in text else text


def plain(root: Element) -> str:
    """Give the words of `root` on one line, list markers kept, blocks parted by a space."""
    out: list[str] = []
    numbers: list[int | None] = []
    for event, element in walk(root):
        tag = element.tag
        if event == "text":
            out.append(element.text or "")
        elif event == "tail":
            out.append(element.tail or "")
        elif tag == "img" and event == "open":
            out.append(element.get("alt", ""))
        elif tag not in _INLINE:
            out.append(" ")
            if tag in {"ol", "ul"}:
                _count(element, numbers, opened=event == "open")
            elif tag == "li" and event == "open":
                out.append(_marker(numbers))
    return " ".join("".join(out).split())


def _count(element: Element, numbers: list[int | None], *, opened: bool) -> None:
    if opened:
        numbers.append(int(element.get("start", "1")) if element.tag == "ol" else None)
    else:
        numbers.pop()


def _marker(numbers: list[int | None]) -> str:
    number = numbers[-1]
    if number is None:
        return "- "
    numbers[-1] = number + 1
    return f"{number}. "


def join_cjk_lines(root: Element) -> None:
    """Take out the newlines between two CJK characters, also where markup stands between them; not in code blocks."""
    slots: list[tuple[Event, Element]] = []
    parts: list[str] = []
    code = False
    for event, element in walk(root):
        if event in {"text", "tail"} and not code:
            slots.append((event, element))
            parts.append((element.text if event == "text" else element.tail) or "")
        elif event in {"open", "close"} and (element.tag not in _INLINE or element.tag == "img"):
            code = element.tag == "pre" and event == "open"
            slots.append((event, element))
            parts.append(_GAP)
    together = "".join(parts)
    marked = mark_cjk_breaks(together, _JOINED)
    if marked != together:
        _put_back(slots, parts, marked)


def _put_back(slots: list[tuple[Event, Element]], parts: list[str], marked: str) -> None:
    at = 0
    for (event, element), part in zip(slots, parts, strict=True):
        kept = marked[at : at + len(part)].replace(_JOINED, "")
        at += len(part)
        if event == "text":
            element.text = kept
        elif event == "tail":
            element.tail = kept
