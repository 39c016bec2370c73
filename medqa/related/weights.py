"""What a term weighs in a thread: TF·idf in whole numbers, and the two sides of a thread, looking and found.

Both factors are on a coarse scale, so that an edit elsewhere in the archive seldom moves a weight; and the side that is
found is divided by norm^3/4 instead of the norm, which favours threads that say more. There is no floating point
anywhere: floats and libm differ between machines, and a list that differs is a page that differs.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import isqrt
from typing import Final

HEAVIEST: Final = 64
"""Terms kept of each thread."""


def inverse_frequencies(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Return for each term idf = ⌊2·log2(N'/df)⌋, N' being the power of two at or above the number of threads."""
    frequencies: Counter[str] = Counter()
    for terms in counts:
        frequencies.update(terms.keys())
    power = 1 << max(0, len(counts) - 1).bit_length()
    return {term: (power**2 // df**2).bit_length() - 1 for term, df in frequencies.items()}


def heaviest(counts: Mapping[str, int], idf: Mapping[str, int]) -> dict[str, int]:
    """Return the weights TF·idf of a thread's heaviest terms, ties by term; weights of 0 are left out."""
    ranked = sorted((-term_frequency(tf) * idf[term], term) for term, tf in counts.items())[:HEAVIEST]
    return {term: -weight for weight, term in ranked if weight}


@lru_cache(maxsize=1 << 12)
def term_frequency(tf: int) -> int:
    """Return TF = 4 + ⌊4·log2 tf⌋."""
    return 4 + (tf**4).bit_length() - 1


def sides(weights: Sequence[int]) -> tuple[list[int], list[int]]:
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
