"""Why a thread's nearest others are what they are: the numbers that ranked them, taken apart into terms."""

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from medqa.related.candidate import unpacked
from medqa.related.register import Register, weighed
from medqa.related.relations import SHOWN, shown
from medqa.related.rows import Store

Share = tuple[str, int]
"""A term that two threads have, and the product of its weights in both."""


class Near(msgspec.Struct, frozen=True):
    """One of those that stand in a thread's list, or nearly do."""

    stem: str
    score: int
    """Sum of the terms' products; 0 for one that is found only where it is pinned."""
    same_language: bool
    pinned: bool
    terms: tuple[Share, ...]
    """All that made the score, the largest first; ties by term."""
    like: str = ""
    """Stem of the thread that it looks like, which is the reason why it is not shown."""


class Explanation(msgspec.Struct, frozen=True):
    """The list of a thread."""

    shown: tuple[Near, ...]
    """In the order of the page."""
    kept: tuple[Near, ...]
    """The next ones, nearest first, pinned ones before them."""
    no_candidates: tuple[str, ...]
    """Stems that are pinned and passed over."""


def explain(store: Store, stem: str, terms: bytes, count: int = SHOWN) -> Explanation | None:
    """Explain the list of a thread from what a store knows, which is up to date; None where it is no candidate.

    `terms` are the thread's own, `packed`. So many of others are shown.
    """
    register = Register(store)
    number = register.number(stem)
    if number is None:
        return None
    pins = {other: register.number(other) for other in register.pins.get(stem, ())}
    first = shown(register, number, count)
    pinned = [other for other in pins.values() if other is not None]
    near = [other for other in register.near.values[number].tolist() if other >= 0]
    rest = [other for other in dict.fromkeys((*pinned, *near)) if other not in first]
    account = _Account(register, number, terms, [*first, *rest], frozenset(pinned))
    return Explanation(
        shown=tuple(account.of(other) for other in first),
        kept=tuple(account.of(other, (number, *first)) for other in rest),
        no_candidates=tuple(other for other, known in pins.items() if known is None),
    )


class _Account:
    """The weights of a thread that looks, and of some that it may find."""

    def __init__(
        self, register: Register, number: int, terms: bytes, others: Sequence[int], pinned: frozenset[int]
    ) -> None:
        self._register = register
        self._number = number
        self._pinned = pinned
        self._places = {other: place for place, other in enumerate(others, start=1)}
        numbers = [number, *others]
        self._vectors = weighed(register.counts(numbers), register.idf(), register.standing.values[numbers])
        words, _ = unpacked(terms)
        self._words = dict(zip(register.vocabulary.numbers(words), words, strict=True))
        self._query = dict(self._weights(0, self._vectors.query))

    def of(self, other: int, before: Iterable[int] = ()) -> Near:
        """Account for one of the others; `before` stand those that it must not look like."""
        register = self._register
        groups, languages = register.groups.values, register.languages.values
        found = self._weights(self._places[other], self._vectors.document)
        shares = ((self._words[term], self._query[term] * weight) for term, weight in found if term in self._query)
        terms = sorted((share for share in shares if share[1]), key=lambda share: (-share[1], share[0]))
        like = next((one for one in before if groups[one] == groups[other]), None)
        return Near(
            stem=register.stems[other],
            score=sum(product for _, product in terms),
            same_language=bool(languages[other] == languages[self._number]),
            pinned=other in self._pinned,
            terms=tuple(terms),
            like="" if like is None else register.stems[like],
        )

    def _weights(self, place: int, side: NDArray[np.uint16]) -> Iterable[tuple[int, int]]:
        inside = slice(*self._vectors.starts[place : place + 2].tolist())
        return zip(self._vectors.terms[inside].tolist(), side[inside].tolist(), strict=True)
