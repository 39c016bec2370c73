"""For each thread of an archive its nearest others."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import msgspec

from medqa.related.weights import heaviest, inverse_frequencies, sides

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

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

    idf = inverse_frequencies([_decoded(thread) for thread in threads])
    column = {term: number for number, term in enumerate(idf)}
    columns, query, document, ends = array("i"), array("i"), array("i"), array("q", [0])
    for thread in threads:
        weights = heaviest(_decoded(thread), idf)
        columns.extend(column[term] for term in weights)
        for side, part in zip((query, document), sides(tuple(weights.values())), strict=True):
            side.extend(part)
        ends.append(len(columns))
    shape = len(threads), len(column)
    values = (np.asarray(side, dtype=np.int32) for side in (query, document))
    first, second = (csr_array((side, np.asarray(columns), np.asarray(ends)), shape=shape) for side in values)
    return first, second


def _decoded(thread: Candidate) -> dict[str, int]:
    return msgspec.msgpack.decode(thread.terms, type=dict[str, int])
