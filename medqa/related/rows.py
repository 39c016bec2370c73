"""How what is known of an archive's threads is stored: in rows of some ten kilobytes, read and written when needed."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final, Protocol
from zlib import crc32

import msgspec
import numpy as np
from numpy.typing import NDArray

from medqa.related.nearest import sorted_by, within
from medqa.related.weights import Counts, Vectors

_ROWS: Final = 1024
"""Threads, or terms, in a row of a column."""
_COUNTED: Final = 16
"""Threads in a row of counts."""
_NAMED: Final = 64
"""Threads in a row of stems."""
_BUCKET: Final = 128
"""Terms in a row of the vocabulary, about."""
_ENTRIES: Final = 4096
"""Entries in a row of postings, unless a term alone has more."""
_SORTED: Final = 256 * _ENTRIES
"""Entries of postings that are sorted together."""


class Store(Protocol):
    """Where rows lie."""

    @property
    def fresh(self) -> bool:
        """Whether it was empty when it was opened."""

    def read(self, key: str) -> bytes:
        """Give a row; raises what a damaged memory raises where there is none."""

    def write(self, key: str, value: bytes) -> None:
        """Put a row in place of the one before."""

    def clear(self) -> None:
        """Drop all rows."""


class Shelf:
    """Rows in memory: a store for one use."""

    def __init__(self) -> None:
        self._rows: dict[str, bytes] = {}

    @property
    def fresh(self) -> bool:
        """Whether it is empty."""
        return not self._rows

    def read(self, key: str) -> bytes:
        """Give a row; raises KeyError where there is none."""
        return self._rows[key]

    def write(self, key: str, value: bytes) -> None:
        """Put a row in place of the one before."""
        self._rows[key] = value

    def clear(self) -> None:
        """Drop all rows."""
        self._rows.clear()


class Column:
    """One value, or a few, of each of some things that are numbered."""

    def __init__(
        self, store: Store, name: str, type_: Any, values: Any = None, length: int = 0, width: int = 0
    ) -> None:
        """Take all values, or read as many as there are, each of `width` numbers (0: one)."""
        self._store = store
        self._name = name
        self._dirty: set[int] = set()
        if values is None:
            rows = [store.read(f"{name}/{row}") for row in range(-(-length // _ROWS))]
            self.values: NDArray[Any] = np.frombuffer(bytearray().join(rows), dtype=type_)
            self.values = self.values.reshape(length, width) if width else self.values
        else:
            self.values = np.ascontiguousarray(values, dtype=type_)
            self._touch(np.arange(len(self.values)))

    def put(self, numbers: Any, values: Any) -> None:
        """Set the values of some."""
        self.values[numbers] = values
        self._touch(np.asarray(numbers))

    def add(self, values: Any) -> None:
        """Set the values of more."""
        before = len(self.values)
        self.values = np.concatenate((self.values, np.asarray(values, dtype=self.values.dtype)))
        self._touch(np.arange(before, len(self.values)))

    def replace(self, values: NDArray[Any]) -> None:
        """Set all values, of which most are as they were."""
        both = min(len(values), len(self.values))
        differing = np.flatnonzero(values[:both] != self.values[:both])
        self.values = values
        last = max(0, len(values) - 1)  # its row may have become shorter
        self._touch(np.concatenate((differing, np.arange(both, len(values)), [last])))

    def _touch(self, numbers: NDArray[np.int64]) -> None:
        self._dirty.update(
            (numbers // _ROWS).tolist() if len(numbers) < _ROWS else np.unique(numbers // _ROWS).tolist()
        )

    def save(self) -> None:
        """Write what has changed."""
        for row in sorted(self._dirty):
            self._store.write(f"{self._name}/{row}", self.values[row * _ROWS : (row + 1) * _ROWS].tobytes())
        self._dirty.clear()


# --- words ------------------------------------------------------------------------------------------------------------

_STEMS = msgspec.msgpack.Decoder(list[str])
_NUMBERS = msgspec.msgpack.Decoder(dict[str, int])


class Stems:
    """The stems of threads by number."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[int, list[str]] = {}
        self._dirty: set[int] = set()

    def __getitem__(self, number: int) -> str:
        return self._row(number // _NAMED)[number % _NAMED]

    def _row(self, row: int) -> list[str]:
        if row not in self._known:
            self._known[row] = _STEMS.decode(self._store.read(f"stems/{row}"))
        return self._known[row]

    def add(self, number: int, stem: str) -> None:
        """Give a stem the next number."""
        row, place = divmod(number, _NAMED)
        if place:
            self._row(row).append(stem)
        else:
            self._known[row] = [stem]
        self._dirty.add(row)

    def all(self, length: int) -> list[str]:
        """Give all stems."""
        return [stem for row in range(-(-length // _NAMED)) for stem in self._row(row)]

    def save(self) -> None:
        """Write what has changed."""
        for row in sorted(self._dirty):
            self._store.write(f"stems/{row}", msgspec.msgpack.encode(self._known[row]))
        self._dirty.clear()


class Vocabulary:
    """Numbers of terms, in as many rows as the number says."""

    def __init__(self, store: Store, buckets: int, size: int) -> None:
        self._store = store
        self._buckets = buckets
        self._known: dict[int, dict[str, int]] = {}
        self._dirty: set[int] = set()
        self.size = size

    def numbers(self, terms: Iterable[str]) -> list[int]:
        """Give the numbers of terms; new ones get the next."""
        return [self._number(term) for term in terms]

    def _number(self, term: str) -> int:
        bucket = crc32(term.encode()) % self._buckets
        known = self._bucket(bucket)
        if term not in known:
            known[term] = self.size
            self.size += 1
            self._dirty.add(bucket)
        return known[term]

    def _bucket(self, bucket: int) -> dict[str, int]:
        if bucket not in self._known:
            self._known[bucket] = _NUMBERS.decode(self._store.read(f"terms/{bucket}"))
        return self._known[bucket]

    def all(self) -> dict[str, int]:
        """Give all terms with their numbers."""
        return {term: number for bucket in range(self._buckets) for term, number in self._bucket(bucket).items()}

    def save(self) -> None:
        """Write what has changed."""
        for bucket in sorted(self._dirty):
            self._store.write(f"terms/{bucket}", msgspec.msgpack.encode(self._known[bucket]))
        self._dirty.clear()


def write_vocabulary(store: Store, terms: Sequence[str]) -> int:
    """Write the vocabulary of terms that are numbered as they stand; gives the number of rows."""
    buckets: list[dict[str, int]] = [{} for _ in range(1 + len(terms) // _BUCKET)]
    for number, term in enumerate(terms):
        buckets[crc32(term.encode()) % len(buckets)][term] = number
    for bucket, known in enumerate(buckets):
        store.write(f"terms/{bucket}", msgspec.msgpack.encode(known))
    return len(buckets)


# --- counts -----------------------------------------------------------------------------------------------------------


def write_counts(store: Store, name: str, counts: Counts, rows: Iterable[int] | None = None) -> None:
    """Write the counts of threads that are numbered as they stand; or some rows of them."""
    number = len(counts.starts) - 1
    for row in range(-(-number // _COUNTED)) if rows is None else rows:
        starts = counts.starts[row * _COUNTED : (row + 1) * _COUNTED + 1]
        inside = slice(starts[0], starts[-1])
        lengths = np.diff(starts).astype(np.uint32)
        parts = (np.uint32(len(lengths)), lengths, counts.terms[inside], counts.factors[inside])
        store.write(f"{name}/{row}", b"".join(part.tobytes() for part in parts))


def row_of_counts(place: int) -> int:
    """Give the row in which the counts of a thread lie."""
    return place // _COUNTED


def read_counts(store: Store, name: str, numbers: NDArray[np.int64]) -> Counts:
    """Read the counts of some threads, in rising order of numbers."""
    rows, which = np.unique(numbers // _COUNTED, return_inverse=True)
    read = joined([_counts(store.read(f"{name}/{row}")) for row in rows.tolist()])
    return chosen(read, which * _COUNTED + numbers % _COUNTED)


def _counts(row: bytes) -> Counts:
    (number,) = np.frombuffer(row, dtype=np.uint32, count=1)
    lengths = np.frombuffer(row, dtype=np.uint32, count=number, offset=4)
    total = int(lengths.sum())
    begin = 4 + lengths.nbytes
    terms = np.frombuffer(row, dtype=np.int32, count=total, offset=begin)
    factors = np.frombuffer(row, dtype=np.uint8, count=total, offset=begin + terms.nbytes)
    return Counts(np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))), terms, factors)


def joined(parts: Sequence[Counts]) -> Counts:
    """Give the counts of all threads of some parts, one part after the other."""
    lengths = [np.diff(part.starts) for part in parts]
    return Counts(
        np.concatenate(([0], np.cumsum(np.concatenate([np.zeros(0, dtype=np.int64), *lengths])))),
        np.concatenate([np.zeros(0, dtype=np.int32), *(part.terms for part in parts)]),
        np.concatenate([np.zeros(0, dtype=np.uint8), *(part.factors for part in parts)]),
    )


def chosen(counts: Counts, threads: NDArray[np.int64]) -> Counts:
    """Give the counts of some threads, in the order given."""
    lengths = counts.starts[threads + 1] - counts.starts[threads]
    places = within(counts.starts[threads], lengths)
    return Counts(np.concatenate(([0], np.cumsum(lengths))), counts.terms[places], counts.factors[places])


# --- postings ---------------------------------------------------------------------------------------------------------

Posting = tuple[NDArray[np.int32], NDArray[np.uint16], NDArray[np.uint16]]
"""Threads that have a term, what it weighs in each when that looks for others, and when it is found."""


class Postings:
    """Term → the threads that have it, as of some time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._firsts = np.frombuffer(store.read("firsts"), dtype=np.int32)
        self._rows: dict[int, tuple[NDArray[np.int64], Posting]] = {}

    def __getitem__(self, term: int) -> Posting:
        row = int(np.searchsorted(self._firsts, term, side="right")) - 1
        if row + 1 >= len(self._firsts):  # it was not known then
            return _entries(b"")
        if row not in self._rows:
            self._rows[row] = self._read(row)
        begins, (threads, query, document) = self._rows[row]
        first, stop = begins[term - self._firsts[row] : term - self._firsts[row] + 2].tolist()
        return threads[first:stop], query[first:stop], document[first:stop]

    def _read(self, row: int) -> tuple[NDArray[np.int64], Posting]:
        value = self._store.read(f"postings/{row}")
        size = int(self._firsts[row + 1] - self._firsts[row])
        lengths = np.frombuffer(value, dtype=np.uint32, count=size)
        return np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))), _entries(value[lengths.nbytes :])


def _entries(value: bytes) -> Posting:
    size = len(value) // 8
    threads = np.frombuffer(value, dtype=np.int32, count=size)
    query = np.frombuffer(value, dtype=np.uint16, count=size, offset=4 * size)
    return threads, query, np.frombuffer(value, dtype=np.uint16, count=size, offset=6 * size)


def write_postings(
    store: Store, vectors: Vectors, others: tuple[NDArray[np.int32], NDArray[np.int32]], size: int
) -> None:
    """Write who has which of `size` terms: by their vectors, and by pairs (threads, terms) that weigh nothing."""
    number = len(vectors.starts) - 1
    owners = np.repeat(np.arange(number, dtype=np.int32), np.diff(vectors.starts))
    lengths = np.bincount(vectors.terms, minlength=size) + np.bincount(others[1], minlength=size)
    begins = np.concatenate(([0], np.cumsum(lengths)))
    firsts = _bounds(begins, _ENTRIES)
    store.write("firsts", firsts.astype(np.int32).tobytes())
    rows = iter(range(len(firsts)))
    for low, high in pairwise(_bounds(begins, _SORTED).tolist()):  # in parts, for the memory that it takes
        own, more = (np.flatnonzero((terms >= low) & (terms < high)) for terms in (vectors.terms, others[1]))
        threads = np.concatenate((owners[own], others[0][more]))
        order = sorted_by(np.concatenate((vectors.terms[own], others[1][more])))
        nothing = np.zeros(len(more), dtype=np.uint16)
        query, document = (np.concatenate((side[own], nothing)) for side in (vectors.query, vectors.document))
        columns = (threads[order], query[order], document[order])
        for first, stop in pairwise([*firsts[(firsts >= low) & (firsts < high)].tolist(), high]):
            inside = slice(begins[first] - begins[low], begins[stop] - begins[low])
            parts = (lengths[first:stop].astype(np.uint32), *(column[inside] for column in columns))
            store.write(f"postings/{next(rows)}", b"".join(part.tobytes() for part in parts))


def _bounds(begins: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Part terms into rows of about so many entries: the first term of each, and the number of terms."""
    size = len(begins) - 1
    changes = np.flatnonzero(np.diff(begins[:-1] // most)) + 1
    return np.unique(np.concatenate(([0], changes, [size])))
