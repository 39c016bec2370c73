"""Addresses: which may be linked, and how they are written."""

from __future__ import annotations

import html
import re
import unicodedata
from enum import Enum
from html.entities import html5

from medqa.markup.characters import CJK, without_controls

ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|([a-zA-Z][a-zA-Z0-9]{1,31}));"
# An address ends where none can go on: at white space, quotation marks, brackets of other scripts, CJK characters.
_ENDS = rf"""\s<>"\\`^{{|}}\x02\x03\u2018\u2019\u201a-\u201f\u00ab\u00bb\u2026\u2039\u203a{CJK}"""
BARE = rf"(?<![A-Za-z0-9])(?i:https?)://(?=[^\W_]|\[)(?:[^{_ENDS}&]++|&amp;|&(?!#?[a-zA-Z0-9]++;))++"
"""A web address in running text, with the punctuation that may follow it."""
REL = "nofollow ugc noopener"
"""What a link to another site says of that site."""
_ENTITY = re.compile(ENTITY)
_WEB = re.compile(r"https?://[^/\\?#]", re.IGNORECASE)
_AMPERSAND = "&amp;"
_TRAILING = frozenset(".,;:!?'*_~")
_BRACKETS = {")": "(", "]": "["}
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


class Kind(Enum):
    """What an address leads to."""

    INSIDE = "a place in the archive, to be resolved"
    WEB = "a page elsewhere"
    CONTACT = "a mail address or telephone number"
    REFUSED = "nothing that may be linked"


def decoded(text: str) -> str:
    """Give a text with its entities resolved; those without semicolon or of unknown name stay."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(entity: re.Match[str]) -> str:
    name = entity[1]
    if name:
        return html5.get(name + ";", entity[0])
    return without_controls(html.unescape(entity[0]))


def canonical(href: str) -> str:
    """Give an address as it is judged and written: nothing invisible in it, spaces as %20."""
    if href.isascii() and href.isprintable():
        return href.strip().replace(" ", "%20")
    seen = "".join(character for character in href if unicodedata.category(character) not in _INVISIBLE)
    return "".join("%20" if character.isspace() else character for character in seen.strip())


def kind(address: str) -> Kind:
    """Judge a canonical address as a browser reads it: whatever stands before a colon is a scheme."""
    if not address or address[:2].replace("\\", "/") == "//":
        return Kind.REFUSED
    before, colon, _ = re.split(r"[/\\?#]", address, maxsplit=1)[0].partition(":")
    if not colon:
        return Kind.INSIDE
    if before.lower() in {"mailto", "tel"} and len(address) > len(before) + 1:
        return Kind.CONTACT
    return Kind.WEB if _WEB.match(address) else Kind.REFUSED


def without_punctuation(address: str) -> str:
    """Give a bare address without the punctuation and the closing brackets of the sentence around it."""
    end = len(address)
    surplus = {closing: address.count(closing) - address.count(opening) for closing, opening in _BRACKETS.items()}
    while (last := address[end - 1]) in _TRAILING or surplus.get(last, 0) > 0:
        if last in surplus:
            surplus[last] -= 1
        end -= len(_AMPERSAND) if address.endswith(_AMPERSAND, 0, end) else 1
    return address[:end]
