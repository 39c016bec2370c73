"""Markdown → safe HTML, plain words, anchors, links. The only module that knows the Markdown library.

The dialect is that of one configured Python-Markdown instance (`dialect`), built on first use and reused. Its parts:
`grammar` (what a line begins), `containers` and `blocks` (lines → elements), `spans` and `emphasis` (what stands inside
a line), `pairing` (which marks of emphasis belong together), `addresses` and `destinations` (which links are allowed,
what becomes of them), `outline` (levels and ids of headings), `writing` (elements → HTML and plain words), `positions`
(where in the file a link stands). Plain texts, which are nearly all, are not given to it: `front` writes the very same
by itself. A render keeps nothing for the next one. One thread at a time may render.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from medqa.markup.rendered import Finding, Link, Rendered

if TYPE_CHECKING:
    from collections.abc import Callable

    from medqa.markup.dialect import Dialect

__all__ = ["Finding", "Link", "Rendered", "headings", "render", "resolve"]

# No text can hold these: "<" is escaped in texts, a quotation mark in attributes.
_PLACEHOLDER = re.compile(r'<a href="medqa:(\d+)">(.*?)</a>|<img src="medqa:(\d+)" alt="([^"]*)">', re.DOTALL)
_HEADING = re.compile(r'<h([2-6]) id="([^"]+)">(.*?)</h\1>', re.DOTALL)
_TAG = re.compile("<[^>]*>")


def render(
    text: str,
    *,
    level: int,
    line: int = 1,
    first_link: int = 0,
    taken: set[str] | None = None,
    fast: bool = True,
) -> Rendered:
    """Render a text that stands under a heading of `level` and begins on `line` of its file.

    Links inside the archive get the placeholders `medqa:N`, N counting from `first_link`. `taken` holds the ids that
    the page uses already; the ids of the text's headings are added to it. Without `fast` the library reads plain
    texts, too: the result is the same. Raises nothing, whatever the text.
    """
    from medqa.markup import front  # noqa: PLC0415  many commands only resolve what was rendered before

    if taken is None:
        taken = set()
    made = front.render(text, level=level, taken=taken) if fast else None
    return made or _dialect().render(text, level=level, line=line, first_link=first_link, taken=taken)


def resolve(html: str, address: Callable[[int], str | None]) -> str:
    """Put addresses, already escaped, in place of the placeholders of rendered HTML.

    Where `address` gives None for a placeholder's number, the label or the image's description stands without link.
    """
    if '"medqa:' not in html:  # as of most texts
        return html
    return _PLACEHOLDER.sub(lambda found: _resolved(found, address), html)


def headings(html: str) -> list[tuple[str, str]]:
    """Give (id, words as HTML) of the highest headings in rendered HTML, in their order."""
    found = _HEADING.findall(html)
    highest = min((level for level, _, _ in found), default="")
    return [(anchor, _TAG.sub("", words).strip() or anchor) for level, anchor, words in found if level == highest]


def _resolved(found: re.Match[str], address: Callable[[int], str | None]) -> str:
    if found[1]:
        target = address(int(found[1]))
        label = resolve(found[2], address)  # a label may hold an image
        return label if target is None else f'<a href="{target}">{label}</a>'
    target = address(int(found[3]))
    return found[4] if target is None else f'<img src="{target}" alt="{found[4]}">'


@cache
def _dialect() -> Dialect:
    from medqa.markup.dialect import Dialect  # noqa: PLC0415  importing the library costs 40 ms

    return Dialect()
