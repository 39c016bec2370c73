"""Short texts made of long ones: excerpts for cards, and the questions inside a question."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import chain

EXCERPT = 280
"""Characters of an excerpt, at most, the ellipsis not counted."""
LONG_QUESTION = 600
"""Characters from which a question gets a box with what it asks; a Chinese character counts as three."""
_MOST_ASKS = 5
_WIDE = (
    "[\u2e80-\u303f\u3040-\u30ff\u3100-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)
_AFTER_WIDE_MARK = re.compile("(?<=[、。，．：；！？」』）]) ")  # noqa: RUF001
"""The space between two paragraphs that were joined, behind a mark that brings its own."""
_CLOSING = "\"'”’」』）)"  # noqa: RUF001
"""Quotation marks and brackets that may follow the end of a sentence."""
_ABBREVIATED = r"(?<!\b[DM][rs]\.\s)(?<!\bMrs\.\s)(?<!\bvs\.\s)(?<!\be\.g\.\s)(?<!\bi\.e\.\s)"
# It begins with the sentence's own end, which is rare: the search is fast.
_SENTENCE_END = re.compile(
    f"[.!?…。！？](?:\\s{_ABBREVIATED}|(?<=[.!?…])[\"'”’)]\\s|(?<=[。！？])(?![。！？”’」』）]))"  # noqa: RUF001
)
_ASKED = ("?", "？")  # noqa: RUF001


@cache
def _wide() -> re.Pattern[str]:
    return re.compile(_WIDE)  # takes milliseconds, and English texts have no use for it


def is_wide(character: str) -> bool:
    """Tell whether a character is Chinese, Japanese or Korean: a line may break after it, no space parts words."""
    return not character.isascii() and bool(_wide().match(character))


def excerpt(plain: str, limit: int = EXCERPT) -> str:
    """Give the beginning of a text of one line, cut after a word or a CJK character, with an ellipsis where cut."""
    if not plain.isascii():
        plain = _AFTER_WIDE_MARK.sub("", plain[: 2 * limit + 2])  # at most every second character goes
    if len(plain) <= limit:
        return plain
    cut = limit
    if not _may_cut(plain, cut):
        cut = next((at for at in range(limit, limit // 2, -1) if _may_cut(plain, at)), limit)
    while _is_joined(plain, cut):
        cut -= 1
        if not cut:
            return plain[:limit] + "…"
    return plain[:cut].rstrip(" .,;:-–—。、，；：（(「『“‘…") + "…"  # noqa: RUF001


def _may_cut(text: str, at: int) -> bool:
    """Tell whether a text may be cut before its character `at`."""
    before, after = text[at - 1], text[at]
    return before == " " or after == " " or is_wide(before) or is_wide(after)


def _is_joined(text: str, at: int) -> bool:
    """Tell whether a character belongs to the one before it: an accent, or a part of an emoji made of several."""
    tone = "\U0001f3fb" <= text[at] <= "\U0001f3ff"
    return tone or unicodedata.category(text[at])[0] == "M" or "\u200d" in text[at - 1 : at + 1]


def _weight(plain: str) -> int:
    """Count characters, Chinese ones as three."""
    return len(plain) + 2 * len(_wide().findall(plain))


def sentences(plain: str) -> Iterator[str]:
    """Part a text of one line into sentences, roughly; good enough to find the questions."""
    items = plain.replace(" •", "\n•").replace(" ▪", "\n▪")
    start = 0
    for end in chain((found.end() for found in _SENTENCE_END.finditer(items)), (len(items),)):
        for part in items[start:end].split("\n"):
            if sentence := part.strip():
                yield sentence
        start = end


def asks(plain: str) -> tuple[str, ...]:
    """Give the sentences of a long question that end in a question mark, the first five; () for a short question."""
    if len(plain) < LONG_QUESTION and (plain.isascii() or _weight(plain) < LONG_QUESTION):
        return ()
    found: dict[str, None] = {}
    for sentence in sentences(plain):
        if sentence.rstrip(_CLOSING).endswith(_ASKED) and len(sentence) <= EXCERPT:
            found[sentence] = None
            if len(found) == _MOST_ASKS:
                break
    return tuple(found)
