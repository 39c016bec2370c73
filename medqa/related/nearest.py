"""For each thread of an archive its nearest others, all at once."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from medqa.related.weights import LIMIT, Vectors

SAME_LANGUAGE: Final = 2 * LIMIT
"""What closeness has more than the score where two threads have one language."""
NUMBER_BITS: Final = 31
_NUMBER_MASK: Final = (1 << NUMBER_BITS) - 1
_CELLS: Final = 2_000_000
"""Scores held at a time."""
_MANY: Final = 40_000_000
"""Products from which on numba's import, and the loading of what it compiled, are worth their half second."""
_BLOCK: Final = 8192
"""Threads whose scores fit into the processor's nearest cache; at most 2^16."""
_ASKING: Final = 1024
"""Threads that look for others in one piece of work."""


class Lists(msgspec.Struct, frozen=True):
    """The nearest others of each thread, nearest first, of each group of threads that look alike the nearest alone."""

    near: NDArray[np.int32]
    """(threads, kept): number of a thread, -1 where there is none."""
    close: NDArray[np.int32]
    """(threads, kept): the score, and `SAME_LANGUAGE` on top where both have one language."""
    whole: NDArray[np.bool_]
    """Whether nothing was left out, but for groups that are in the list."""


class Traits(msgspec.Struct, frozen=True):
    """What besides the text decides who is in whose list."""

    languages: NDArray[np.int32]
    """Number of each thread's language."""
    groups: NDArray[np.int64]
    """Those who look alike have one number."""


def nearest(vectors: Vectors, traits: Traits, kept: int, terms: int, jobs: int = 1) -> Lists:
    """Return the nearest of each thread; ties go to the lower number.

    Threads that share nothing of weight are left out, and those of the thread's own group.
    """
    uses = np.bincount(vectors.terms, minlength=terms)
    compute = _compiled if int((uses * uses).sum()) > _MANY else _by_rows
    return compute(vectors, traits, kept, terms, jobs)


def keys(close: NDArray[np.int32], ranks: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return numbers that rise with closeness, and where that is equal fall with the rank."""
    return close.astype(np.int64) << NUMBER_BITS | _NUMBER_MASK - ranks.astype(np.int64)


def key(closeness: int, rank: int) -> int:
    """Return such a number."""
    return closeness << NUMBER_BITS | _NUMBER_MASK - rank


def best(
    close: NDArray[np.int32], ranks: NDArray[np.int32], groups: NDArray[np.int64], own: int, kept: int
) -> list[int]:
    """Return the numbers of the closest of those with a closeness, one of each group and none of the own."""
    hits = np.flatnonzero((close > 0) & (groups != own))
    order = keys(close[hits], ranks[hits])
    taken: dict[int, int] = {}
    wanted = 2 * kept
    while True:
        some = len(order) > wanted
        first = np.argpartition(order, len(order) - wanted)[-wanted:] if some else np.arange(len(order))
        first = hits[first[np.argsort(order[first])[::-1]]]
        taken.clear()
        for group, number in zip(groups[first].tolist(), first.tolist(), strict=True):
            taken.setdefault(group, number)
        if len(taken) >= kept or not some:
            return list(taken.values())[:kept]
        wanted *= 8


def _none(threads: int, kept: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    return np.full((threads, kept), -1, dtype=np.int32), np.zeros((threads, kept), dtype=np.int32)


# --- by numpy ---------------------------------------------------------------------------------------------------------


def _by_rows(vectors: Vectors, traits: Traits, kept: int, terms: int, _jobs: int) -> Lists:
    """Take the rows of the table of scores, a few at a time."""
    number = len(traits.groups)
    near, close = _none(number, kept)
    whole = np.zeros(number, dtype=bool)
    ranks = np.arange(number, dtype=np.int32)
    for row, scores in enumerate(_scores(vectors, number, terms)):
        same = (traits.languages == traits.languages[row]) & (scores > 0)
        closeness = scores + np.where(same, SAME_LANGUAGE, 0).astype(np.int32)
        found = best(closeness, ranks, traits.groups, int(traits.groups[row]), kept)
        near[row, : len(found)] = found
        close[row, : len(found)] = closeness[found]
        whole[row] = len(found) < kept
    return Lists(near, close, whole)


def _scores(vectors: Vectors, number: int, terms: int) -> Iterator[NDArray[np.int32]]:
    """Yield for each thread its score with every thread."""
    begins, owners, order = inverted(vectors, terms)
    found = vectors.document[order].astype(np.float64)
    step = max(1, _CELLS // max(1, number))
    for first in range(0, number, step):
        rows = min(step, number - first)
        inside = slice(vectors.starts[first], vectors.starts[first + rows])
        asked, weights = vectors.terms[inside], vectors.query[inside].astype(np.float64)
        row = np.repeat(np.arange(rows), np.diff(vectors.starts[first : first + rows + 1]))
        lengths = begins[asked + 1] - begins[asked]
        at = within(begins[asked], lengths)
        cells = np.repeat(row * number, lengths) + owners[at]
        # Sums of whole numbers below 2^53 are exact in this type, the only one that numpy sums by cell.
        sums = np.bincount(cells, np.repeat(weights, lengths) * found[at], minlength=rows * number)
        yield from sums.astype(np.int32).reshape(rows, number)


def inverted(vectors: Vectors, terms: int) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """Return where each term begins in what follows: the threads that have it, and their places in the vectors."""
    number = len(vectors.starts) - 1
    order = sorted_by(vectors.terms)
    owners = np.repeat(np.arange(number, dtype=np.int32), np.diff(vectors.starts))[order]
    begins = np.concatenate(([0], np.cumsum(np.bincount(vectors.terms, minlength=terms))))
    return begins, owners, order


def sorted_by(numbers: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the places of numbers in their order, equal ones as they stand."""
    order = numbers.astype(np.int64) << 32 | np.arange(len(numbers))
    order.sort()  # many times as fast as a stable argsort
    return order & (1 << 32) - 1


def within(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places in some slices, one slice after the other."""
    ends = np.cumsum(lengths)
    places: NDArray[np.int64] = np.repeat(starts - (ends - lengths), lengths)
    places += np.arange(len(places))
    return places


# --- by numba ---------------------------------------------------------------------------------------------------------


class _Block(msgspec.Struct, frozen=True):
    """Some threads of one language, by term."""

    language: int
    threads: NDArray[np.int32]
    begins: NDArray[np.uint32]
    places: NDArray[np.uint16]
    found: NDArray[np.uint16]


def _compiled(vectors: Vectors, traits: Traits, kept: int, terms: int, jobs: int) -> Lists:
    """Let each thread look for others in one block of threads after the other, its own language's first.

    Only where those do not fill its list is it told of other languages.
    """
    from medqa.related import kernels  # noqa: PLC0415 - numba's import takes half a second

    number = len(traits.groups)
    near, close = _none(number, kept)
    counts = np.zeros(number, dtype=np.int64)

    def look(asking: NDArray[np.int32], blocks: Sequence[_Block]) -> None:
        for block in blocks:
            same = SAME_LANGUAGE if block.language == traits.languages[asking[0]] else 0
            own = (block.threads, block.begins, block.places, block.found)
            asked = (asking, vectors.starts, vectors.terms, vectors.query)
            kernels.look(*asked, *own, traits.groups, same, near, close, counts)

    with ThreadPoolExecutor(jobs) as pool:
        blocks = list(pool.map(lambda part: _block(vectors, terms, part), _parts(traits, _BLOCK)))
        for own_language in (True, False):
            waiting = []
            for language, part in _parts(traits, _ASKING):
                asking = part if own_language else part[counts[part] < kept]
                those = [block for block in blocks if (block.language == language) == own_language]
                if len(asking) and those:
                    waiting.append(pool.submit(look, asking, those))
            for one in waiting:
                one.result()
    return Lists(near, close, counts < kept)


def _parts(traits: Traits, size: int) -> Iterator[tuple[int, NDArray[np.int32]]]:
    """Yield the threads of each language in parts, each with the language."""
    for language in np.unique(traits.languages).tolist():
        threads = np.flatnonzero(traits.languages == language).astype(np.int32)
        for first in range(0, len(threads), size):
            yield language, threads[first : first + size].copy()


def _block(vectors: Vectors, terms: int, part: tuple[int, NDArray[np.int32]]) -> _Block:
    """Turn the vectors of some threads round."""
    language, threads = part
    starts = vectors.starts[threads]
    lengths = vectors.starts[threads + 1] - starts
    at = within(starts, lengths)
    order = sorted_by(vectors.terms[at])
    at = at[order]
    begins = np.zeros(terms + 1, dtype=np.uint32)
    np.cumsum(np.bincount(vectors.terms[at], minlength=terms), out=begins[1:])
    places = np.repeat(np.arange(len(threads), dtype=np.uint16), lengths)[order]
    return _Block(language, threads, begins, places, vectors.document[at])
