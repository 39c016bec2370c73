"""What editors type as a name, and names of files to be: from a title to a stem that is free."""

import re
import unicodedata
from collections.abc import Container

from medqa import names, sources

_LONG = 72
"""Characters of a proposed name: what still fits a line of a list, and an address that is read aloud."""
_APOSTROPHES = re.compile("['’]")  # noqa: RUF001 - as people type it
_FALLBACK = "question"


def fault(typed: str) -> str:
    """Say why a text cannot be written, "" where it can: what is not UTF-8 arrives as halves of characters."""
    if any("\ud800" <= character <= "\udfff" for character in typed):
        return "this is not UTF-8 text: set the terminal, or the script, to UTF-8"
    return ""


def stem_for(title: str) -> str:
    """Give the stem that a title proposes: in Latin letters, Chinese ones as they are read, at most 72 characters.

    Latin, since such an address can be typed, dictated and sent in a message without turning into percent signs. Where
    a script cannot be spelled so, its own letters stay.
    """
    stem = names.slug(_APOSTROPHES.sub("", title))
    if not stem:
        letters = (one if unicodedata.category(one)[0] in "LNM" else " " for one in title.lower())
        stem = "-".join(unicodedata.normalize("NFC", "".join(letters)).split())
        stem = stem.encode()[: sources.STEM_BYTES - 8].decode(errors="ignore").strip("-")
    if len(stem) > _LONG:
        stem = stem[: _LONG + 1].rpartition("-")[0] or stem[:_LONG]
    return _FALLBACK if sources.stem_fault(stem) else stem


def free(stem: str, taken: Container[str]) -> str:
    """Give the stem, or the first of stem-2, stem-3 … that is not taken; what is taken is told with its case folded."""
    number, proposed = 1, stem
    while proposed.casefold() in taken:
        number += 1
        proposed = f"{stem}-{number}"
    return proposed
