"""Classes of characters that the dialect treats in a way of its own."""

from __future__ import annotations

import re
from functools import cache

# Cc without tab and newline; lone surrogates, which no file can hold; noncharacters, which no page may.
_DROPPED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_WIDE_INDENT = re.compile("(?m)^[ \u00a0\u3000]+")

# Chinese and Japanese letters with their punctuation and full-width forms. Korean is left out: it puts spaces
# between words.
CJK = (
    "\u2e80-\u2fdf\u2ff0-\u303f\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3200-\u321e\u3220-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\ufe10-\ufe1f\ufe30-\ufe4f\uff01-\uff9f\uffe0-\uffe6"
    "\U0001b000-\U0001b2ff\U00020000-\U0003fffd"
)
# Quotation marks, ellipsis, dash and middle dot are used by Latin and Chinese texts alike.
SHARED_MARKS = "\u2018\u2019\u201c\u201d\u2014\u2026\u00b7"


@cache
def _cjk() -> re.Pattern[str]:
    return re.compile(f"[{CJK}]")  # such sets take milliseconds to compile, and many archives have no use for them


@cache
def _cjk_break() -> re.Pattern[str]:
    # It begins with the newline, for which the search is fast.
    return re.compile(f"\n(?:(?<=[{CJK}]\n)(?=[{CJK}{SHARED_MARKS}])|(?<=[{SHARED_MARKS}]\n)(?=[{CJK}]))")


def normal(text: str) -> str:
    """Give a text with newlines as line ends, spaces for tabs and wide indents, and no control characters."""
    if text.isprintable():
        return text  # a line, as nearly all are: it has none of these
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _DROPPED.sub("", text)
    if "\t" in text:
        text = text.expandtabs(4)
    if "\u3000" in text or "\u00a0" in text:
        text = _WIDE_INDENT.sub(lambda indent: indent[0].replace("\u3000", "  ").replace("\u00a0", " "), text)
    return text


def without_controls(text: str) -> str:
    """Give a text without the characters that no text of the site holds."""
    return _DROPPED.sub("", text)


def has_cjk(text: str) -> bool:
    """Tell whether a text holds any Chinese or Japanese character."""
    return _cjk().search(text) is not None


def mark_cjk_breaks(text: str, mark: str) -> str:
    """Put a mark (one character) in the place of each newline that parts two CJK characters."""
    return _cjk_break().sub(mark, text)
