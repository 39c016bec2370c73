"""Threads that say almost the same: pairs whose vectors point almost the same way.

    percent = ⌊100·score(q → d) / score(d → d)⌋

is the cosine of the two, since what a document side is divided by stands in both scores. A thread is looked at with
those in its list; and, since these are never in each other's lists, with those of its title and doctor.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from medqa.related.nearest import SAME_LANGUAGE, within
from medqa.related.weights import Vectors

ALIKE: Final = 95
"""Percent from which on two are called twins: above those who share only a long title and a subject, which reach 93."""
LEAST: Final = 8
"""Terms that a thread must have: short texts are alike by chance."""
MOST: Final = 30
"""Threads of one title and doctor that the others are compared with: the first by stem."""

Pair = tuple[int, int, int]
"""(thread, its twin, percent): threads by number."""


def with_itself(
    starts: NDArray[np.int64], query: NDArray[np.uint16], document: NDArray[np.uint16]
) -> NDArray[np.int32]:
    """Return what threads score with themselves; 0 for those that are not found by others, or too short to compare."""
    sums = np.concatenate(([0], np.cumsum(query.astype(np.int64) * document)))
    scores = np.diff(sums[starts])
    scores[np.diff(starts) < LEAST] = 0
    return scores.astype(np.int32)


def in_lists(
    threads: NDArray[np.integer], near: NDArray[np.int32], close: NDArray[np.int32], own: NDArray[np.int32]
) -> Iterator[Pair]:
    """Yield some threads' twins among the nearest of each: `near`, `close` are their lists, `own` is of all threads."""
    scores = np.where(close >= SAME_LANGUAGE, close - SAME_LANGUAGE, close).astype(np.int64)
    yield from _alike(np.broadcast_to(threads[:, np.newaxis], near.shape), near, scores, own)


def in_groups(vectors: Vectors, groups: NDArray[np.int64], terms: int) -> Iterator[Pair]:
    """Yield twins among threads of one group; all of them are numbered by stem."""
    own = with_itself(vectors.starts, vectors.query, vectors.document)
    weight_of = np.zeros(terms, dtype=np.int64)
    for members in crowds(groups):
        lengths = vectors.starts[members + 1] - vectors.starts[members]
        inside = within(vectors.starts[members], lengths)
        asked, weights = vectors.terms[inside], vectors.query[inside]
        begins = np.concatenate(([0], np.cumsum(lengths)))
        for one in members[:MOST].tolist():
            found = slice(*vectors.starts[one : one + 2].tolist())
            weight_of[vectors.terms[found]] = vectors.document[found]
            scores = np.diff(np.concatenate(([0], np.cumsum(weights * weight_of[asked])))[begins])
            weight_of[vectors.terms[found]] = 0
            others = members != one
            yield from _alike(members[others], np.full(len(members) - 1, one), scores[others], own)


def crowds(groups: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield the threads of each group that has several, in their order."""
    order = np.argsort(groups, kind="stable")
    bounds = np.flatnonzero(np.diff(groups[order])) + 1
    firsts, lasts = np.concatenate(([0], bounds)), np.concatenate((bounds, [len(groups)]))
    for place in np.flatnonzero(lasts - firsts > 1).tolist():
        yield order[firsts[place] : lasts[place]]


def _alike(
    threads: NDArray[np.integer], others: NDArray[np.integer], scores: NDArray[np.int64], own: NDArray[np.int32]
) -> Iterator[Pair]:
    """Yield those of some pairs that are twins: `scores` are those of each pair."""
    most = own[others].astype(np.int64)
    hits = (most > 0) & (own[threads] > 0) & (100 * scores >= ALIKE * most)
    percents = np.minimum(100, 100 * scores[hits] // most[hits])
    yield from zip(threads[hits].tolist(), others[hits].tolist(), percents.tolist(), strict=True)
