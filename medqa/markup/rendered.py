"""What rendering a text gives."""

from __future__ import annotations

import msgspec


class Link(msgspec.Struct, frozen=True):
    """A link or image inside the archive, to be resolved when the archive is known."""

    href: str
    """The destination as written, entities and backslash escapes resolved: `../2015/eyelid.md#reply-1`."""
    line: int
    """Line of the file, from 1."""
    column: int
    """Column of the destination's first character, from 1."""
    image: bool = False


class Finding(msgspec.Struct, frozen=True):
    """A remark about a text that was rendered all the same."""

    code: str
    """MQ702: a link that is not allowed; MQ703: an image from outside."""
    line: int
    column: int
    message: str
    hint: str


class Rendered(msgspec.Struct, frozen=True):
    """A text as HTML and as plain words, with what other stages need to know of it."""

    html: str
    """Safe HTML; the addresses of `links` are placeholders `medqa:N`."""
    plain: str
    """The words without markup on one line, white space folded."""
    anchors: tuple[str, ...]
    """Ids of the headings, in their order."""
    links: tuple[Link, ...]
    """The first is the one of placeholder `first_link`."""
    findings: tuple[Finding, ...]
