"""An update of what is known: a few threads are others than before, and every list comes out as if all were new.

A list stays true as long as two things hold: those in it are as close as they were, and whoever is not in it is farther
than its last (the floor), or looks like one in it that is nearer, or like the thread itself. So a thread that changed
leaves the lists it is in, and as what it is now is offered to all lists: a comparison with each floor. A list is made
anew where its own thread changed; where it became too short to be shown; and where one left behind whom another that
looks alike may have been waiting.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from medqa.related.candidate import Candidate
from medqa.related.nearest import SAME_LANGUAGE, best, key
from medqa.related.register import (
    EMPTY,
    FOUND,
    GONE,
    ONLY_LOOKS,
    Register,
    counting,
    counts_of,
    group_of,
    weighed,
)
from medqa.related.rows import chosen
from medqa.related.twins import with_itself
from medqa.related.weights import Counts, Vectors, power_above

_SHARE: Final = 64
_FEW: Final = 16
"""Each thread that changes is scored with all: some ten milliseconds where there are 100,000, of which a computation in
full takes the 1,600-fold."""
_HOLDERS: Final = 8
"""How many threads may have a term whose weight changed for each of them whose vector may be another."""
_ABOVE_ALL: Final = np.iinfo(np.int32).max


def bound(threads: int) -> int:
    """Tell how many threads may change at a time: with more of them it is faster to begin anew."""
    return _FEW + threads // _SHARE


def revise(register: Register, changes: Mapping[str, Candidate | None], shown: int) -> set[int] | None:
    """Make some threads what they are now, None for no ranked thread.

    Gives the numbers of the threads whose lists may be others than before, or be shown in another way. None where the
    weights of too many threads are others: then the register is of no more use.
    """
    most = bound(len(register.order.values))
    if len(changes) > most:
        return None
    standing, groups = register.standing.values.copy(), register.groups.values.copy()
    before = {number for stem in changes if (number := register.number(stem)) is not None}
    new = _recounted(register, changes, before, most)
    if new is None:
        return None
    register.move({**dict.fromkeys(before, EMPTY), **new})
    gone = before | {number for number in new if number < len(standing)}
    lists = _Lists(register, shown)
    lists.leave(gone, _crowded(gone, standing, groups))
    lists.enter(sorted(new))
    return lists.touched


def _crowded(gone: set[int], standing: NDArray[np.uint8], groups: NDArray[np.int64]) -> set[int]:
    """Give those of the threads that change that looked like some that do not."""
    alike = np.isin(groups, groups[list(gone)]) & (standing == FOUND)
    alike[list(gone)] = False
    crowds = set(groups[alike].tolist())
    return {number for number in gone if int(groups[number]) in crowds}


# --- who is there, and what it weighs ---------------------------------------------------------------------------------


def _recounted(
    register: Register, changes: Mapping[str, Candidate | None], before: set[int], most: int
) -> dict[int, Counts] | None:
    """Enter what the threads are now.

    Gives the counts of the ranked ones among them, and of all others whose terms weigh another amount now, by number.
    """
    about, frequencies = register.about, register.frequencies
    numbers = sorted(before)
    counts = register.counts(numbers)
    lost = [_terms(counts, place) for place, number in enumerate(numbers) if register.counted(number)]
    new = _entered(register, changes)
    if not _same_scale(register):
        return None
    won = [counts.terms for number, counts in new.items() if register.counted(number)]
    frequencies.add(np.zeros(register.vocabulary.size - len(frequencies.values), dtype=np.int32))
    idf = register.idf()
    for step, several in ((-1, lost), (1, won)):
        for terms in several:
            frequencies.put(terms, frequencies.values[terms] + step)
    now = register.idf()
    stepped = np.flatnonzero(idf != now)
    holders = _holders(register, stepped, most)
    if holders is None:
        return None
    affected = _affected(register, sorted(holders - before - new.keys()), idf, now)
    about.terms = register.vocabulary.size
    return None if len(affected) + len(changes) > most else {**affected, **new}


def _entered(register: Register, changes: Mapping[str, Candidate | None]) -> dict[int, Counts]:
    """Enter what the threads are now; gives the counts of those that are ranked, by number."""
    new: dict[int, Counts] = {}
    for stem, candidate in changes.items():
        register.pins.pop(stem, None)
        if candidate is None:
            register.leave(stem)
            continue
        if candidate.pinned:
            register.pins[stem] = candidate.pinned
        number = register.enter(stem)
        register.standing.put([number], ONLY_LOOKS if candidate.superseded else FOUND)
        register.languages.put([number], register.language(candidate.lang))
        register.groups.put([number], group_of(candidate.title_key))
        register.years.put([number], candidate.year)
        new[number] = counts_of(candidate, register.vocabulary)
    return new


def _same_scale(register: Register) -> bool:
    """Tell whether frequencies count as before: in threads of the same years, against the same power of two."""
    about = register.about
    until, counted = counting(register.years.values[register.order.values])
    same = until == about.until and power_above(counted) == power_above(about.counted)
    about.counted = counted
    return same


def _holders(register: Register, terms: NDArray[np.int64], most: int) -> set[int] | None:
    """Give the threads that have one of some terms; None where they are too many."""
    found: set[int] = set()
    for term in terms.tolist():
        if term in register.common:
            return None
        found.update(register.postings[term][0].tolist())
    moved = np.array(register.about.moved, dtype=np.int64)
    found.difference_update(register.about.moved)
    found.update(np.repeat(moved, np.diff(register.moved.starts))[np.isin(register.moved.terms, terms)].tolist())
    return found if len(found) <= _HOLDERS * most else None


def _affected(
    register: Register, numbers: list[int], before: NDArray[np.int64], now: NDArray[np.int64]
) -> dict[int, Counts]:
    """Give the counts of those threads whose heaviest terms, or what these weigh, are others with another idf."""
    counts, standing = register.counts(numbers), register.standing.values[numbers]
    one, other = weighed(counts, before, standing), weighed(counts, now, standing)
    places = (place for place in range(len(numbers)) if _vector(one, place) != _vector(other, place))
    return {numbers[place]: chosen(counts, np.array([place])) for place in places}


def _vector(vectors: Vectors, place: int) -> tuple[bytes, ...]:
    inside = slice(*vectors.starts[place : place + 2].tolist())
    return tuple(side[inside].tobytes() for side in (vectors.terms, vectors.query, vectors.document))


def _terms(counts: Counts, place: int) -> NDArray[np.int32]:
    return counts.terms[slice(*counts.starts[place : place + 2].tolist())]


# --- the lists --------------------------------------------------------------------------------------------------------


class _Lists:
    """The lists of all threads, while some leave them and others enter."""

    def __init__(self, register: Register, shown: int) -> None:
        self._register = register
        self._shown = shown
        self._scores = _Scores(register)
        self._ranks = register.ranks()
        self.touched: set[int] = set()
        self._waiting: set[int] = set()
        """Threads whose lists have to be made anew."""

    def leave(self, gone: set[int], crowded: set[int]) -> None:
        """Take threads out of all lists; `crowded` are those that look like others who stay."""
        register = self._register
        leaving = np.zeros(register.about.numbers + 1, dtype=bool)  # the last stands for −1, nobody
        leaving[list(gone)] = True
        hit = leaving[register.near.values]
        for row in np.flatnonzero(hit.any(axis=1)).tolist():
            near, stay = register.near.values[row], ~hit[row]
            if not crowded.isdisjoint(near[hit[row]].tolist()):
                self._waiting.add(row)
            entries = zip(near[stay].tolist(), register.close.values[row][stay].tolist(), strict=True)
            self._set(row, [entry for entry in entries if entry[0] >= 0], whole=bool(register.whole.values[row]))
        for row in gone:
            self._set(row, [], whole=True)

    def enter(self, new: list[int]) -> None:
        """Make the lists of these threads, and put them into those of others."""
        register = self._register
        self._waiting.difference_update(new)
        floors = self._floors()
        floors[new] = _ABOVE_ALL
        for number, (terms, query, document) in zip(new, self._scores.vectors(new), strict=True):
            register.own.put([number], with_itself(np.array([0, len(terms)]), query, document))
            self._offer(number, self._closeness(number, self._scores.of_askers(terms, document)), floors)
            self._remake(number, self._closeness(number, self._scores.of_found(terms, query)))
        waiting = self._waiting | {row for row in self.touched if self._is_short(row)}
        ranked = sorted(row for row in waiting if register.standing.values[row] != GONE)
        for number, (terms, query, _) in zip(ranked, self._scores.vectors(ranked), strict=True):
            self._remake(number, self._closeness(number, self._scores.of_found(terms, query)))

    def _closeness(self, number: int, scores: NDArray[np.int32]) -> NDArray[np.int32]:
        languages = self._register.languages.values
        scores[(languages == languages[number]) & (scores > 0)] += SAME_LANGUAGE
        return scores

    def _floors(self) -> NDArray[np.int32]:
        """Give how close one has to be, at least, to have a place in each list."""
        register = self._register
        lengths = np.count_nonzero(register.near.values >= 0, axis=1)
        floors: NDArray[np.int32] = register.close.values[np.arange(len(lengths)), lengths - 1]
        floors[lengths == 0] = _ABOVE_ALL
        floors[register.whole.values] = 1
        floors[register.standing.values == GONE] = _ABOVE_ALL
        floors[list(self._waiting)] = _ABOVE_ALL
        return floors

    def _offer(self, number: int, close: NDArray[np.int32], floors: NDArray[np.int32]) -> None:
        """Put a thread into the lists in which it belongs."""
        register, own = self._register, int(self._register.groups.values[number])
        for row in np.flatnonzero(close >= floors).tolist():
            if int(register.groups.values[row]) != own:
                closeness = int(close[row])
                if self._insert(row, number, closeness) and not register.whole.values[row]:
                    floors[row] = register.close.values[row][len(self._entries(row)) - 1]

    def _insert(self, row: int, number: int, closeness: int) -> bool:
        """Put a thread into a list, unless another that looks like it is nearer, or all are."""
        register, kept = self._register, self._register.about.kept
        entries, whole = self._entries(row), bool(register.whole.values[row])
        mine = self._key(number, closeness)
        if not whole and mine < self._key(*entries[-1]):
            return False
        group = register.groups.values[number]
        twin = next((entry for entry in entries if register.groups.values[entry[0]] == group), None)
        if twin is not None:
            if mine < self._key(*twin):
                return False
            entries.remove(twin)
        entries.append((number, closeness))
        entries.sort(key=lambda entry: self._key(*entry), reverse=True)
        self._set(row, entries[:kept], whole=whole and len(entries) <= kept)
        return True

    def _key(self, number: int, closeness: int) -> int:
        return key(closeness, int(self._ranks[number]))

    def _remake(self, row: int, close: NDArray[np.int32]) -> None:
        """Make a list anew."""
        register, kept = self._register, self._register.about.kept
        groups = register.groups.values
        found = best(close, self._ranks, groups, int(groups[row]), kept)
        entries = list(zip(found, close[found].tolist(), strict=True))
        self._set(row, entries, whole=len(found) < kept)

    def _entries(self, row: int) -> list[tuple[int, int]]:
        near, close = self._register.near.values[row].tolist(), self._register.close.values[row].tolist()
        return [(number, closeness) for number, closeness in zip(near, close, strict=True) if number >= 0]

    def _is_short(self, row: int) -> bool:
        register = self._register
        return not register.whole.values[row] and register.near.values[row, self._shown - 1] < 0

    def _set(self, row: int, entries: list[tuple[int, int]], *, whole: bool) -> None:
        register = self._register
        padded = [*entries, *[(-1, 0)] * (register.about.kept - len(entries))]
        register.near.put([row], [[number for number, _ in padded]])
        register.close.put([row], [[closeness for _, closeness in padded]])
        register.whole.put([row], whole)
        self.touched.add(row)


class _Scores:
    """What any thread scores with all others, as what they are now."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._idf = register.idf()
        self._numbers = np.array(register.about.moved, dtype=np.int64)
        self._moved = weighed(register.moved, self._idf, register.standing.values[self._numbers])

    def vectors(self, numbers: list[int]) -> Iterator[tuple[NDArray[np.int32], NDArray[np.uint16], NDArray[np.uint16]]]:
        """Yield terms and both sides of some threads."""
        register = self._register
        found = weighed(register.counts(numbers), self._idf, register.standing.values[numbers])
        for first, stop in zip(found.starts[:-1].tolist(), found.starts[1:].tolist(), strict=True):
            yield found.terms[first:stop], found.query[first:stop], found.document[first:stop]

    def of_askers(self, terms: NDArray[np.int32], document: NDArray[np.uint16]) -> NDArray[np.int32]:
        """Give what a thread scores with each that may look for it."""
        return self._sums(terms, document, 1, self._moved.query)

    def of_found(self, terms: NDArray[np.int32], query: NDArray[np.uint16]) -> NDArray[np.int32]:
        """Give what each thread scores with one that looks for others."""
        return self._sums(terms, query, 2, self._moved.document)

    def _sums(
        self, terms: NDArray[np.int32], weights: NDArray[np.uint16], side: int, moved: NDArray[np.uint16]
    ) -> NDArray[np.int32]:
        register = self._register
        signed = weights.astype(np.int32)
        scores = np.zeros(register.about.numbers, dtype=np.int32)
        for term, weight in zip(terms.tolist(), signed, strict=True):
            posting = register.postings[term]
            scores[posting[0]] += posting[side] * weight
        weight_of = np.zeros(register.vocabulary.size, dtype=np.int32)
        weight_of[terms] = signed
        sums = np.concatenate(([0], np.cumsum(weight_of[self._moved.terms] * moved.astype(np.int64))))
        scores[self._numbers] = np.diff(sums[self._moved.starts])
        return scores
