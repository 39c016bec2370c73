"""The terms of a thread's text, and how often each occurs.

The tables of characters are Unicode's, as Python ships them: two versions of Python agree on all characters that both
know.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import groupby
from operator import add
from typing import Final

from Stemmer import Stemmer  # type: ignore[import-not-found]

HEADING_WEIGHT: Final = 3
TOPIC_WEIGHT: Final = 6
STOP_WORDS: Final = frozenset(
    """
    a about after again all also although always am an and another any anyone anything are aren as at be because
    been before being between both but by can cannot could couldn did didn do does doesn doing don done dont down
    during each else ever every few for from further get getting go goes going got had hadn has hasn have haven
    having he her here herself him himself his how however if im in into is isn it its itself ive just let ll many
    may maybe me might mine more most much must my myself not now of off on once one only or other our out over own
    quite rather re really shall she should shouldn since so some someone something still such than that the their
    them themselves then there these they this those though through thus to too unless until up us ve very was wasn
    we were weren what when where whether which while who why will with within without won would wouldn yet you your
    yours yourself
    """.split(),  # noqa: SIM905 (words read as text)
)
"""English function words, and what an apostrophe leaves of them (don't: don, t)."""

_LATIN = (
    r"a-z\u00df-\u00f6\u00f8-\u02af\u1d00-\u1d25\u1e00-\u1eff"
    r"\u2c60-\u2c7f\ua722-\ua787\ua78b-\ua7ff\uab30-\uab5a\uab60-\uab68"
)
_HAN = r"\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_KANA = r"\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\U0001b000-\U0001b16f"
_HANGUL = r"\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff"
_LATIN_WORD = re.compile(f"[0-9{_LATIN}]+")
_MARK = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_LATIN_MARKS = re.compile(f"{_MARK}(?<=[{_LATIN}]{_MARK}){_MARK}*")
_TYPOGRAPHY = "‘’“”–—…\u00a0"  # noqa: RUF001 (the characters meant)
"""Parts words as a space does. Most English texts are plain ASCII without it."""
_ASCII_WORDS = bytes(ord(chr(code).lower()) if chr(code).isalnum() else ord(" ") for code in range(128)) + bytes(128)
"""What becomes of each ASCII character: words in lower case, parted by spaces."""
_INVISIBLE = re.compile("[\u00ad\u200c\u200d\u2060\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]")
"""Soft hyphens, joiners, variation selectors: they shape a word and are no part of it."""

_MOST_WORDS: Final = 1 << 16
"""Words whose stems are kept."""


def term_counts(
    *,
    title: str,
    headline: str,
    question: str,
    replies: Sequence[str],
    topics: Sequence[str],
) -> dict[str, int]:
    """Return the weighted number of occurrences of each term, in no particular order.

    Title and headline (the asker's own; by default the title, and then counted once) weigh 3, the words of topic names
    6, plain text of question and replies 1.
    """
    heading = title if headline == title else f"{title}\n{headline}"
    tokens = _tokens("\n".join((question, *replies)))
    tokens += HEADING_WEIGHT * _tokens(heading)
    tokens += TOPIC_WEIGHT * _tokens("\n".join(topics))
    counts = Counter(tokens)
    del counts[""]
    return counts


def _tokens(text: str) -> list[str]:
    """Return the terms of a text with repetition, in no particular order, and "" for words that are none."""
    if text.isascii():
        return _english(text)
    for mark in _TYPOGRAPHY:
        text = text.replace(mark, " ")
    if text.isascii():
        return _english(text)
    # No step below looks beyond white space, and each is slow: an English text has few words that need them.
    parts = text.split()
    tokens = _english(" ".join([part for part in parts if part.isascii()]))
    return tokens + _other(_normalised(" ".join([part for part in parts if not part.isascii()])))


def _english(text: str) -> list[str]:
    """Return the terms of an ASCII text."""
    words = text.encode().translate(_ASCII_WORDS).decode().split()
    return list(map(_stems.__getitem__, words))


def _other(text: str) -> list[str]:
    """Return the terms of a normalised text."""
    tokens = [_stems[word] for word in _LATIN_WORD.findall(text)]
    cjk_run, other_run = _runs()
    for run in cjk_run.findall(text):
        tokens += run
        tokens += map(add, run, run[1:])
    for run in other_run.findall(text):
        tokens += _words(run)
    return tokens


@cache
def _runs() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what finds runs of Chinese, Japanese and Korean, and of other alphabets than these and the Latin one."""
    cjk = f"{_HAN}{_KANA}{_HANGUL}"  # such sets take milliseconds to compile, and many archives have no use for them
    return re.compile(f"[{cjk}]+"), re.compile(f"[^\\x00-\\x7f{_LATIN}{cjk}]+")


def _normalised(text: str) -> str:
    """Return the text in NFKC and lower case, without the marks of Latin letters (Ménière: meniere)."""
    folded = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text).lower())
    return unicodedata.normalize("NFC", _LATIN_MARKS.sub("", unicodedata.normalize("NFD", folded)))


class _Stems(dict[str, str]):
    """Latin word → its English stem; "" for a stop word, a single letter, a number.

    Knows every word that was looked up, up to a limit: stemming one takes ten times as long as finding it here.
    """

    def __missing__(self, word: str) -> str:
        if len(self) >= _MOST_WORDS:
            self.clear()
        kept = len(word) > 1 and not word.isdigit() and word not in STOP_WORDS
        self[word] = stem = _stemmer.stemWord(word) if kept else ""
        return stem


_stems: Final = _Stems()
_stemmer: Final = Stemmer("english", 0)
"""Snowball's, compiled, without a memory of its own."""


@lru_cache(maxsize=1 << 14)
def _words(run: str) -> tuple[str, ...]:
    """Return the words of a run that is neither ASCII nor Latin nor CJK: letters with their marks (Hindi, Thai)."""
    parts = groupby(run, lambda character: unicodedata.category(character)[0] in "LM")
    words = ("".join(characters) for inside, characters in parts if inside)
    return tuple(word for word in words if any(map(str.isalpha, word)))
