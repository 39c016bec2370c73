"""What a term weighs in a thread: TF·idf in whole numbers, and the two sides of a thread, looking and found.

Both factors are on a coarse scale, so that an edit elsewhere in the archive seldom moves a weight; and the side that is
found is divided by norm^3/4 instead of the norm, which favours threads that say more. There is no floating point
anywhere: floats and libm differ between machines, and a list that differs is a page that differs.

Whatever the definition, the rest of the package goes by this: a thread has at most `HEAVIEST` terms with two whole
numbers each, below 2^16; they depend on nothing but its counts and `inverse_frequencies`; a score is below `LIMIT`.
"""

from collections.abc import Iterable
from functools import lru_cache
from math import isqrt
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HEAVIEST: Final = 64
"""Terms kept of each thread."""
LIMIT: Final = 1 << 29
"""Above every score. By Cauchy-Schwarz a score is at most the product of the lengths of its two sides, about
2^24·norm^¼. With tf below 2^43 (terabytes of text) TF is at most 175, with 2^31 threads idf is at most 62; so the norm
is below 2^17, and a score below 2^29. A term's own weight is below 2^14, and so its sides are below 2^16."""
_WEIGHT_BITS: Final = 14
_CHUNK: Final = 4096
"""Threads weighed at a time."""


class Counts(msgspec.Struct, frozen=True):
    """How often terms occur in threads: of each its terms in their order."""

    starts: "NDArray[np.int64]"
    """Where each thread begins among the following, and where the last one ends."""
    terms: "NDArray[np.int32]"
    """Numbers of terms."""
    factors: "NDArray[np.uint8]"
    """`term_frequency` of each."""


class Vectors(msgspec.Struct, frozen=True):
    """What threads' heaviest terms weigh."""

    starts: "NDArray[np.int64]"
    places: "NDArray[np.int32]"
    """Where each term stands in the counts."""
    terms: "NDArray[np.int32]"
    query: "NDArray[np.uint16]"
    """As one who looks for others."""
    document: "NDArray[np.uint16]"
    """As one who is found."""


@lru_cache(maxsize=1 << 12)
def term_frequency(tf: int) -> int:
    """Return TF = 4 + ⌊4·log2 tf⌋."""
    return 4 + (tf**4).bit_length() - 1


def inverse_frequencies(frequencies: "NDArray[np.int64]", threads: int) -> "NDArray[np.int64]":
    """Return idf = ⌊2·log2(N'/df)⌋, N' being the power of two at or above the number of threads that were counted.

    A term that none of them has counts as one that one of them has.
    """
    import numpy as np  # noqa: PLC0415 - takes 0.1 s, and most commands do without

    ratios = power_above(threads) ** 2 // np.maximum(frequencies, 1) ** 2
    return np.searchsorted(1 << np.arange(63), ratios, side="right") - 1


def power_above(threads: int) -> int:
    """Return the power of two at or above a number of threads."""
    return 1 << max(0, threads - 1).bit_length()


def vectors(counts: Counts, idf: "NDArray[np.int64]") -> Vectors:
    """Return what threads' heaviest terms weigh, ties by term; weights of 0 are left out."""
    import numpy as np  # noqa: PLC0415

    number = len(counts.starts) - 1
    most = int(np.minimum(np.diff(counts.starts), HEAVIEST).sum())
    starts = np.zeros(number + 1, dtype=np.int64)
    columns: list[NDArray[Any]] = [np.empty(most, dtype=type_) for type_ in (np.int32, np.int32, np.uint16, np.uint16)]
    end = 0
    for first in range(0, number, _CHUNK):
        stop = min(first + _CHUNK, number)
        lengths, *parts = _weighed(counts, idf, first, stop)
        np.cumsum(lengths, out=starts[first + 1 : stop + 1])
        starts[first + 1 : stop + 1] += end
        begin, end = end, int(starts[stop])
        for column, part in zip(columns, parts, strict=True):
            column[begin:end] = part
    return Vectors(starts, *(column[:end] for column in columns))


def _weighed(counts: Counts, idf: "NDArray[np.int64]", first: int, stop: int) -> "tuple[NDArray[Any], ...]":
    """Return of some threads the lengths of the vectors, places, terms and both sides."""
    import numpy as np  # noqa: PLC0415

    starts = counts.starts[first : stop + 1] - counts.starts[first]
    inside = slice(counts.starts[first], counts.starts[stop])
    terms = counts.terms[inside]
    weights = counts.factors[inside].astype(np.int64) * idf[terms]
    owner = np.repeat(np.arange(stop - first), np.diff(starts))
    place = np.arange(len(terms))
    # One number for each term, in the order wanted: by thread, then by falling weight, then by term.
    most = (1 << _WEIGHT_BITS) - 1
    keys = owner << 32 + _WEIGHT_BITS | (most - weights) << 32 | place
    keys.sort()
    weights = most - (keys >> 32 & most)
    kept = (place - starts[owner] < HEAVIEST) & (weights > 0)
    weights, owner, places = weights[kept], owner[kept], keys[kept] & (1 << 32) - 1
    lengths = np.bincount(owner, minlength=stop - first)
    ends = np.cumsum(lengths)
    squares = np.concatenate(([0], np.cumsum(weights * weights)))
    sides = _norms(squares[ends] - squares[ends - lengths])
    query, document = ((weights << 20) // norm[owner] for norm in sides)
    return lengths, places + counts.starts[first], terms[places], query, document


def _norms(squares: "NDArray[np.int64]") -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
    """Return what threads' weights are divided by, from the sums of their squares."""
    import numpy as np  # noqa: PLC0415

    found, which = np.unique(squares, return_inverse=True)
    both = np.array([norms(max(1, square)) for square in found.tolist()], dtype=np.int64).reshape(-1, 2)
    return both[which, 0], both[which, 1]


def norms(square: int) -> tuple[int, int]:
    """Return norm and norm^¾, times 2^8, given the sum of the squares; the weights times 2^20 are divided by them."""
    return isqrt(square << 16), isqrt(isqrt(isqrt(square**3 << 64)))


def factors(frequencies: Iterable[int]) -> bytes:
    """Return TF of each number of occurrences: all that is kept of it."""
    return bytes(map(term_frequency, frequencies))
