"""Relatedness: the terms of a thread's text, and for each thread its nearest others.

Terms are weighted by TF-IDF, with two changes: both factors are whole numbers on a coarse scale, so that an edit
elsewhere in the archive seldom moves a weight; and the side that is found is divided by norm^3/4 instead of the norm,
which favours threads that say more. There is no floating point anywhere: floats and libm differ between machines, and
a list that differs is a page that differs.

The tables of characters are Unicode's, as Python ships them: two versions of Python agree on all characters that both
know.
"""

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain, groupby, pairwise
from math import isqrt
from operator import add, attrgetter
from typing import TYPE_CHECKING, Any, Final

import msgspec
from Stemmer import Stemmer  # type: ignore[import-not-found]

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

HEADING_WEIGHT: Final = 3
TOPIC_WEIGHT: Final = 6
HEAVIEST: Final = 64
"""Terms kept of each thread."""

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
_COLUMN_BITS: Final = 31
_COLUMN_MASK: Final = (1 << _COLUMN_BITS) - 1
_SAME_LANGUAGE: Final = 1 << 62
_CELLS: Final = 4_000_000
"""Scores held at a time, 8 bytes each."""


class Candidate(msgspec.Struct, frozen=True):
    """What the ranking knows of a published thread."""

    stem: str
    """The thread's identity; no two candidates share one."""
    terms: bytes
    """`term_counts`, as MessagePack: 1 KB where the dict takes 10, and a hundred thousand are held at a time."""
    lang: str
    """Language tag. Languages are one only if their tags are."""
    title_key: tuple[str, ...]
    """What makes two cards look alike: the title and who replied."""
    pinned: tuple[str, ...] = ()
    """Stems that the editors put first, in their order; those that are no candidates are passed over."""


def term_counts(
    *,
    title: str,
    headline: str,
    question: str,
    replies: Sequence[str],
    topics: Sequence[str],
) -> dict[str, int]:
    """Return the weighted number of occurrences of each term, in the terms' order.

    Title and headline (the asker's own; by default the title, and then counted once) weigh 3, the words of topic names
    6, plain text of question and replies 1.
    """
    heading = title if headline == title else f"{title}\n{headline}"
    tokens = _tokens("\n".join((question, *replies)))
    tokens += HEADING_WEIGHT * _tokens(heading)
    tokens += TOPIC_WEIGHT * _tokens("\n".join(topics))
    counts = Counter(tokens)
    del counts[""]
    return {term: counts[term] for term in sorted(counts)}


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


def neighbours(candidates: Sequence[Candidate], count: int = 4) -> dict[str, tuple[str, ...]]:
    """Return for each thread the stems of its nearest others, at most `count`, in the order of the threads' stems.

    Pinned threads come first, then those of the thread's own language, then others; within each the best score, and
    among equals the first stem. Threads that share nothing of weight are left out, and so is a thread whose title key
    is the thread's own or stands in the list already. The order of `candidates` does not matter.

    Raises ValueError when two candidates share a stem.
    """
    threads = sorted(candidates, key=attrgetter("stem"))
    by_stem = {thread.stem: thread for thread in threads}
    if len(by_stem) < len(threads):
        message = "two candidates share a stem"
        raise ValueError(message)
    nearest = {}
    for thread, keys in zip(threads, _rank_keys(threads), strict=True):
        pinned = (by_stem[stem] for stem in thread.pinned if stem in by_stem)
        ranked = (threads[column] for column in _best_first(keys, 2 * count + 8))
        nearest[thread.stem] = _distinct(thread, chain(pinned, ranked), count)
    return nearest


def _distinct(thread: Candidate, hits: Iterable[Candidate], count: int) -> tuple[str, ...]:
    """Return the stems of the first hits that differ in title key from the thread and from each other."""
    taken = {thread.title_key: ""}
    for hit in hits:
        if len(taken) > count:
            break
        taken.setdefault(hit.title_key, hit.stem)
    return tuple(taken.values())[1:]


def _best_first(keys: "NDArray[np.int64]", expected: int) -> Iterator[int]:
    """Yield the columns of rank keys, greatest key first; those past the expected number are sorted when asked for."""
    if keys.size > expected:
        keys.partition(keys.size - expected)
        yield from _columns(keys[-expected:])
        keys = keys[:-expected]
    yield from _columns(keys)


def _columns(keys: "NDArray[np.int64]") -> Iterator[int]:
    """Yield the columns of rank keys, greatest key first."""
    keys.sort()
    for key in keys[::-1].tolist():
        yield _COLUMN_MASK - (key & _COLUMN_MASK)


def _rank_keys(threads: Sequence[Candidate]) -> Iterator["NDArray[np.int64]"]:
    """Yield for each thread one number for each thread it shares weight with, itself included; the greater the nearer.

    From the top: 1 bit "same language", 31 bits of score, 31 bits that fall as the column rises (so that ties go to
    the first stem). No two keys of a thread are equal, so that any way of selecting gives the same.
    """
    import numpy as np  # noqa: PLC0415 (takes 0.1 s, scipy.sparse 0.4 s; most commands need neither)

    codes = {lang: code for code, lang in enumerate(sorted({thread.lang for thread in threads}))}
    langs = np.array([codes[thread.lang] for thread in threads], dtype=np.int32)
    for row, (columns, scores) in enumerate(_scores(threads)):
        hit = scores > 0
        columns, scores = columns[hit], scores[hit].astype(np.int64)  # noqa: PLW2901 (the same, without zeros)
        same = (langs[columns] == langs[row]) * np.int64(_SAME_LANGUAGE)
        yield same | scores << _COLUMN_BITS | _COLUMN_MASK - columns.astype(np.int64)


def _scores(threads: Sequence[Candidate]) -> Iterator[tuple["NDArray[np.int32]", "NDArray[np.int32]"]]:
    """Yield for each thread the columns of the threads that share a term with it, in any order, and their scores."""
    query, document = _vectors(threads)
    transposed = document.T.tocsr()
    step = max(1, _CELLS // max(1, len(threads)))
    for start in range(0, len(threads), step):
        product = query[start : start + step] @ transposed
        ends = product.indptr.tolist()
        for begin, end in pairwise(ends):
            yield product.indices[begin:end], product.data[begin:end]


def _vectors(threads: Sequence[Candidate]) -> "tuple[csr_array[Any], csr_array[Any]]":
    """Return the threads' query and document sides, (threads, terms), int32."""
    import numpy as np  # noqa: PLC0415
    from scipy.sparse import csr_array  # noqa: PLC0415

    idf = _inverse_frequencies(threads)
    column = {term: number for number, term in enumerate(idf)}
    columns, query, document, ends = array("i"), array("i"), array("i"), array("q", [0])
    for thread in threads:
        weights = _heaviest(_decoded(thread), idf)
        columns.extend(column[term] for term in weights)
        for side, values in zip((query, document), _sides(tuple(weights.values())), strict=True):
            side.extend(values)
        ends.append(len(columns))
    shape = len(threads), len(column)
    sides = (np.asarray(side, dtype=np.int32) for side in (query, document))
    first, second = (csr_array((side, np.asarray(columns), np.asarray(ends)), shape=shape) for side in sides)
    return first, second


def _decoded(thread: Candidate) -> dict[str, int]:
    return msgspec.msgpack.decode(thread.terms, type=dict[str, int])


def _inverse_frequencies(threads: Sequence[Candidate]) -> dict[str, int]:
    """Return for each term idf = ⌊2·log2(N'/df)⌋, N' being the power of two at or above the number of threads."""
    frequencies: Counter[str] = Counter()
    for thread in threads:
        frequencies.update(_decoded(thread).keys())
    power = 1 << max(0, len(threads) - 1).bit_length()
    return {term: (power**2 // df**2).bit_length() - 1 for term, df in frequencies.items()}


def _heaviest(counts: Mapping[str, int], idf: Mapping[str, int]) -> dict[str, int]:
    """Return the weights TF·idf of a thread's heaviest terms, ties by term; weights of 0 are left out."""
    heaviest = sorted((-_term_frequency(tf) * idf[term], term) for term, tf in counts.items())[:HEAVIEST]
    return {term: -weight for weight, term in heaviest if weight}


@lru_cache(maxsize=1 << 12)
def _term_frequency(tf: int) -> int:
    """Return TF = 4 + ⌊4·log2 tf⌋."""
    return 4 + (tf**4).bit_length() - 1


def _sides(weights: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return a thread's weights as the one who looks (divided by the norm) and as the one found (by norm^¾).

    Both are scaled by 2^12. By Cauchy-Schwarz a score is at most the product of their lengths, about 2^24·norm^¼. With
    tf below 2^43 (terabytes of text) TF is at most 175, with 2^31 threads idf is at most 62; so the norm is below
    2^17, and a score below 2^29: 32 bits hold it.
    """
    if not weights:
        return [], []
    square = sum(weight * weight for weight in weights)
    query_norm = isqrt(square << 16)
    document_norm = isqrt(isqrt(isqrt(square**3 << 64)))
    return [(w << 20) // query_norm for w in weights], [(w << 20) // document_norm for w in weights]
