"""All of an archive's ranked threads at once: gathered, related, and written down as the register reads them."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from medqa.related import rows
from medqa.related.candidate import Candidate
from medqa.related.nearest import Lists, Traits, nearest
from medqa.related.register import (
    COMMON,
    EMPTY,
    FOUND,
    ONLY_LOOKS,
    About,
    Register,
    counting,
    group_of,
    weighed,
)
from medqa.related.rows import Column, Stems, Store
from medqa.related.weights import Counts, Vectors, factors, inverse_frequencies

_PART: Final = 1 << 20
"""Numbers looked at together."""
_Value = TypeVar("_Value", bound=np.generic)
_COUNTS = msgspec.msgpack.Decoder(dict[str, int])


class Threads(msgspec.Struct, frozen=True):
    """The ranked threads of an archive, numbered by stem."""

    stems: Sequence[str]
    standing: NDArray[np.uint8]
    years: NDArray[np.int32]
    tags: Sequence[str]
    """Languages by number."""
    traits: Traits
    counts: Counts
    words: Sequence[str]
    """Terms by number."""
    pins: Mapping[str, tuple[str, ...]]


class _Numbers(dict[str, int]):
    """Word → its number: the next for one that is new."""

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


# --- gathered ---------------------------------------------------------------------------------------------------------


def gather(register: Register | None, changes: Mapping[str, Candidate | None]) -> Threads:
    """Gather what is known of unchanged threads, and what the others are now."""
    candidates = [changes[stem] for stem in sorted(changes)]
    new = [candidate for candidate in candidates if candidate is not None]
    known = _Numbers(register.vocabulary.all() if register else ())
    tags = _Numbers((tag, number) for number, tag in enumerate(register.about.languages if register else ()))
    threads = Threads(
        [one.stem for one in new],
        np.array([ONLY_LOOKS if one.superseded else FOUND for one in new], dtype=np.uint8),
        np.array([one.year for one in new], dtype=np.int32),
        [],
        Traits(
            np.array([tags[one.lang] for one in new], dtype=np.int32),
            np.array([group_of(one.title_key) for one in new], dtype=np.int64),
        ),
        _counted(new, known),
        [],
        {one.stem: one.pinned for one in new if one.pinned},
    )
    both = _merged(_unchanged(register, changes), threads) if register else threads
    return msgspec.structs.replace(both, tags=list(tags), words=sorted(known, key=known.__getitem__))


def _counted(candidates: Iterable[Candidate], numbers: _Numbers) -> Counts:
    """Give the counts of threads."""
    terms, frequencies, starts = array("i"), bytearray(), array("q", [0])
    number = numbers.__getitem__
    for candidate in candidates:
        counts = _COUNTS.decode(candidate.terms)
        terms.extend(map(number, counts))
        frequencies += factors(counts.values())
        starts.append(len(terms))
    return Counts(
        np.frombuffer(starts, dtype=np.int64),
        np.frombuffer(terms, dtype=np.int32),
        np.frombuffer(frequencies, dtype=np.uint8),
    )


def _unchanged(register: Register, changes: Mapping[str, Candidate | None]) -> Threads:
    """Give what is known of threads that did not change."""
    stems = register.stems.all(register.about.numbers)
    numbers = [number for number in register.order.values.tolist() if stems[number] not in changes]
    return Threads(
        [stems[number] for number in numbers],
        register.standing.values[numbers],
        register.years.values[numbers],
        [],
        Traits(register.languages.values[numbers], register.groups.values[numbers]),
        register.counts(numbers),
        [],
        {stem: pins for stem, pins in register.pins.items() if stem not in changes},
    )


def _merged(one: Threads, other: Threads) -> Threads:
    """Give the threads of two groups together, by stem."""
    stems = [*one.stems, *other.stems]
    order = np.array(sorted(range(len(stems)), key=stems.__getitem__), dtype=np.int64)

    def both(first: NDArray[_Value], second: NDArray[_Value]) -> NDArray[_Value]:
        return np.concatenate((first, second))[order]

    return Threads(
        sorted(stems),
        both(one.standing, other.standing),
        both(one.years, other.years),
        [],
        Traits(both(one.traits.languages, other.traits.languages), both(one.traits.groups, other.traits.groups)),
        rows.chosen(rows.joined((one.counts, other.counts)), order),
        [],
        {**one.pins, **other.pins},
    )


# --- related and written ----------------------------------------------------------------------------------------------


def relate(threads: Threads, kept: int, jobs: int, store: Store) -> Lists:
    """Relate all threads, and write down what the next update has to know."""
    number = len(threads.stems)
    until, counted = counting(threads.years)
    size = len(threads.words)
    frequencies = _uses(threads.counts, size, threads.years < until)
    vectors = weighed(threads.counts, inverse_frequencies(frequencies, counted), threads.standing)
    lists = nearest(vectors, threads.traits, kept, size, jobs)
    store.clear()
    common = _write_postings(store, threads.counts, vectors, size)
    rows.write_counts(store, "counts", threads.counts)
    rows.write_counts(store, "moved", EMPTY)
    columns: dict[str, NDArray[Any]] = {
        "standing": threads.standing,
        "languages": threads.traits.languages,
        "groups": threads.traits.groups,
        "years": threads.years,
        "near": lists.near,
        "close": lists.close,
        "whole": lists.whole,
        "frequencies": frequencies.astype(np.int32),
        "order": np.arange(number, dtype=np.int32),
    }
    for name, values in columns.items():
        Column(store, name, values.dtype, values).save()
    stems = Stems(store)
    for place, stem in enumerate(threads.stems):
        stems.add(place, stem)
    stems.save()
    store.write("pins", msgspec.msgpack.encode(threads.pins))
    buckets = rows.write_vocabulary(store, threads.words)
    about = About(number, size, buckets, number, until, counted, kept, list(threads.tags), [], common.tobytes())
    store.write("about", msgspec.msgpack.encode(about))
    return lists


def _uses(counts: Counts, size: int, threads: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Tell how many of some threads have each term."""
    uses = np.zeros(size, dtype=np.int64)
    chosen = np.repeat(threads, np.diff(counts.starts))
    for first in range(0, len(chosen), _PART):
        part = slice(first, first + _PART)
        uses += np.bincount(counts.terms[part][chosen[part]], minlength=size)
    return uses


def _write_postings(store: Store, counts: Counts, vectors: Vectors, size: int) -> NDArray[np.int32]:
    """Write who has which term; gives the terms that more than `COMMON` have."""
    everybody = np.ones(len(counts.starts) - 1, dtype=bool)
    common = _uses(counts, size, everybody) > COMMON
    others = ~common[counts.terms]
    others[vectors.places] = False
    places = np.flatnonzero(others)
    threads = (np.searchsorted(counts.starts, places, side="right") - 1).astype(np.int32)
    rows.write_postings(store, vectors, (threads, counts.terms[places]), size)
    return np.flatnonzero(common).astype(np.int32)
