"""What is known of an archive's ranked threads, as it is stored.

A thread keeps its number as long as it is ranked. What many threads have in common lies in columns, and is read whole.
The texts are counted and inverted once, as of the last computation in full; threads that have changed since are
`moved`: their counts lie apart, and what the postings say of them no longer counts.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from hashlib import blake2b
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from medqa.related import rows
from medqa.related.candidate import Candidate, unpacked
from medqa.related.rows import Column, Postings, Stems, Store, Vocabulary
from medqa.related.weights import Counts, Vectors, inverse_frequencies, vectors

GONE: Final = 0
FOUND: Final = 1
ONLY_LOOKS: Final = 2
COMMON: Final = 1024
"""Of a term that more threads have, the postings name only those in which it weighs something."""
EVER: Final = 1 << 15
"""After every year."""
_LEAST: Final = 1000
"""Threads of closed years from which on these alone tell how frequent a term is."""


class About(msgspec.Struct, array_like=True):
    """What holds for all threads."""

    numbers: int
    """How many numbers have been given, to threads that are no more as well."""
    terms: int
    buckets: int
    based: int
    """How many threads the counts and postings were made of."""
    until: int
    """Terms are as frequent as in the threads asked before this year."""
    counted: int
    """How many these are."""
    kept: int
    """Length of a full list."""
    languages: list[str]
    moved: list[int]
    """Threads whose text, or whose terms' weights, are others than when the postings were made."""
    common: bytes
    """Terms that more than `COMMON` threads had then."""


_ABOUT = msgspec.msgpack.Decoder(About)
_PINS = msgspec.msgpack.Decoder(dict[str, tuple[str, ...]])


class Register:
    """The ranked threads of an archive, as the last build left them."""

    def __init__(self, store: Store) -> None:
        """Read what every update needs."""
        self.store = store
        self.about = about = _ABOUT.decode(store.read("about"))
        self.standing = Column(store, "standing", np.uint8, length=about.numbers)
        self.languages = Column(store, "languages", np.int32, length=about.numbers)
        self.groups = Column(store, "groups", np.int64, length=about.numbers)
        self.years = Column(store, "years", np.int32, length=about.numbers)
        self.near = Column(store, "near", np.int32, length=about.numbers, width=about.kept)
        self.close = Column(store, "close", np.int32, length=about.numbers, width=about.kept)
        self.whole = Column(store, "whole", np.bool_, length=about.numbers)
        self.own = Column(store, "own", np.int32, length=about.numbers)
        """What each scores with itself, as `twins.with_itself` gives it."""
        self.frequencies = Column(store, "frequencies", np.int32, length=about.terms)
        living = int(np.count_nonzero(self.standing.values))
        self.order = Column(store, "order", np.int32, length=living)
        """Numbers of the threads, by stem."""
        self.stems = Stems(store)
        self.vocabulary = Vocabulary(store, about.buckets, about.terms)
        self.pins = _PINS.decode(store.read("pins"))
        self.place_of_moved = {number: place for place, number in enumerate(about.moved)}
        self.moved = rows.read_counts(store, "moved", np.arange(len(about.moved)))

    @cached_property
    def postings(self) -> Postings:
        """Term → threads, as of the last computation in full."""
        return Postings(self.store)

    @cached_property
    def common(self) -> frozenset[int]:
        """Terms whose postings do not name all threads that have them."""
        return frozenset(np.frombuffer(self.about.common, dtype=np.int32).tolist())

    def place(self, stem: str) -> tuple[int, bool]:
        """Give where a stem stands, or would stand, in the order, and whether it does."""
        low, high = 0, len(self.order.values)
        while low < high:
            middle = (low + high) // 2
            if self.stems[int(self.order.values[middle])] < stem:
                low = middle + 1
            else:
                high = middle
        return low, low < len(self.order.values) and self.stems[int(self.order.values[low])] == stem

    def number(self, stem: str) -> int | None:
        """Give the number of a stem, None where no ranked thread has it."""
        place, there = self.place(stem)
        return int(self.order.values[place]) if there else None

    def leave(self, stem: str) -> None:
        """Let a stem be that of no ranked thread."""
        place, there = self.place(stem)
        if there:
            self.standing.put([self.order.values[place]], GONE)
            self.order.replace(np.delete(self.order.values, place))

    def enter(self, stem: str) -> int:
        """Give the number of a stem, a new one where it has none."""
        place, there = self.place(stem)
        if there:
            return int(self.order.values[place])
        number = self.about.numbers
        self.about.numbers += 1
        self.stems.add(number, stem)
        for column in (self.standing, self.languages, self.groups, self.years, self.own):
            column.add([0])
        self.near.add(np.full((1, self.about.kept), -1))
        self.close.add(np.zeros((1, self.about.kept)))
        self.whole.add([True])
        self.order.replace(np.insert(self.order.values, place, number))
        return number

    def language(self, tag: str) -> int:
        """Give the number of a language."""
        if tag not in self.about.languages:
            self.about.languages.append(tag)
        return self.about.languages.index(tag)

    def counted(self, number: int) -> bool:
        """Tell whether a thread is one of those that say how frequent terms are."""
        return bool(self.years.values[number] < self.about.until)

    def ranks(self) -> NDArray[np.int32]:
        """Give the place of each number in the order."""
        ranks = np.zeros(self.about.numbers, dtype=np.int32)
        ranks[self.order.values] = np.arange(len(self.order.values))
        return ranks

    def counts(self, numbers: Iterable[int]) -> Counts:
        """Give the counts of some threads, in the order given."""
        numbers = list(numbers)
        base = sorted({number for number in numbers if number not in self.place_of_moved})
        read = rows.joined([self.moved, rows.read_counts(self.store, "counts", np.array(base, dtype=np.int64))])
        places = dict(zip(base, range(len(self.about.moved), len(read.starts)), strict=False)) | self.place_of_moved
        return rows.chosen(read, np.array([places[number] for number in numbers], dtype=np.int64))

    def idf(self) -> NDArray[np.int64]:
        """Give what each term weighs."""
        return inverse_frequencies(self.frequencies.values.astype(np.int64), self.about.counted)

    def move(self, counts: Mapping[int, Counts]) -> None:
        """Set the counts of some threads, each of one."""
        touched = {self._place_of_moved(number) for number in counts}
        parts = [one(self.moved, place) for place in range(len(self.moved.starts) - 1)]
        parts += [EMPTY] * (len(self.about.moved) - len(parts))
        for number, known in counts.items():
            parts[self.place_of_moved[number]] = known
        self.moved = rows.joined(parts)
        rows.write_counts(self.store, "moved", self.moved, sorted(set(map(rows.row_of_counts, touched))))

    def _place_of_moved(self, number: int) -> int:
        if number not in self.place_of_moved:
            self.place_of_moved[number] = len(self.about.moved)
            self.about.moved.append(number)
        return self.place_of_moved[number]

    def save(self) -> None:
        """Write what has changed."""
        traits, lists = (self.standing, self.languages, self.groups, self.years), (self.near, self.close, self.whole)
        for part in (*traits, *lists, self.own, self.frequencies, self.order, self.stems, self.vocabulary):
            part.save()
        self.about.terms = self.vocabulary.size
        self.store.write("pins", msgspec.msgpack.encode(self.pins))
        self.store.write("about", msgspec.msgpack.encode(self.about))


EMPTY: Final = Counts(np.zeros(2, dtype=np.int64), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.uint8))


def one(counts: Counts, place: int) -> Counts:
    """Give the counts of one thread of several."""
    first, stop = counts.starts[place : place + 2].tolist()
    return Counts(np.array([0, stop - first]), counts.terms[first:stop], counts.factors[first:stop])


def group_of(title_key: tuple[str, ...]) -> int:
    """Give the number that all who look alike have."""
    return int.from_bytes(blake2b(msgspec.msgpack.encode(title_key), digest_size=8).digest(), "little", signed=True)


def counts_of(candidate: Candidate, vocabulary: Vocabulary) -> Counts:
    """Give the counts of one thread; terms that are new get numbers."""
    words, factors = unpacked(candidate.terms)
    terms = np.array(vocabulary.numbers(words), dtype=np.int32)
    return Counts(np.array([0, len(terms)]), terms, np.frombuffer(factors, dtype=np.uint8))


def counting(years: NDArray[np.int32]) -> tuple[int, int]:
    """Tell before which year the threads were asked that say how frequent terms are, and how many these are.

    Those of the newest year do not, so that what is added from day to day changes nobody's weights; where there are few
    others, all do.
    """
    newest = int(years.max(initial=0))
    closed = int(np.count_nonzero(years < newest))
    return (newest, closed) if closed >= _LEAST else (EVER, len(years))


def weighed(counts: Counts, idf: NDArray[np.int64], standing: NDArray[np.uint8]) -> Vectors:
    """Give what threads' heaviest terms weigh; nothing as those found where they only look."""
    result = vectors(counts, idf)
    hidden = np.repeat(standing != FOUND, np.diff(result.starts))
    result.document[hidden] = 0
    return result
