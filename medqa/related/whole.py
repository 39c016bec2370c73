"""All of an archive's ranked threads at once: gathered, related, and written down as the register reads them."""

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from medqa.related import rows
from medqa.related.candidate import Candidate, unpacked
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
from medqa.related.twins import Pair, in_groups, in_lists, with_itself
from medqa.related.weights import Counts, Vectors, inverse_frequencies

_PART: Final = 1 << 20
"""Numbers looked at together."""
_Value = TypeVar("_Value", bound=np.generic)


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


def gather(
    register: Register | None, changed: Iterable[tuple[str, Candidate | None]]
) -> tuple[Threads, Collection[str]]:
    """Gather what is known of unchanged threads, and what the others are now; gives also those that are no more."""
    numbers = _Numbers(register.vocabulary.all() if register else ())
    tags = _Numbers((tag, number) for number, tag in enumerate(register.about.languages if register else ()))
    threads, gone = _given(changed, numbers, tags)
    if register:
        threads = _joined(_unchanged(register, {*threads.stems, *gone}), threads)
    return msgspec.structs.replace(
        _by_stem(threads), tags=list(tags), words=sorted(numbers, key=numbers.__getitem__)
    ), gone


def _given(
    changed: Iterable[tuple[str, Candidate | None]], numbers: _Numbers, tags: _Numbers
) -> tuple[Threads, Collection[str]]:
    """Take threads as they come, one after the other; gives also the stems of those that are none."""
    stems, standing, years, languages, groups = [], bytearray(), array("i"), array("i"), array("q")
    terms, several, starts = array("i"), bytearray(), array("q", [0])
    pins: dict[str, tuple[str, ...]] = {}
    gone: list[str] = []
    for stem, one in changed:
        if one is None:
            gone.append(stem)
            continue
        stems.append(stem)
        standing.append(ONLY_LOOKS if one.superseded else FOUND)
        years.append(one.year)
        languages.append(tags[one.lang])
        groups.append(group_of(one.title_key))
        if one.pinned:
            pins[stem] = one.pinned
        words, factors = unpacked(one.terms)
        terms.extend(map(numbers.__getitem__, words))
        several += factors
        starts.append(len(terms))
    counts = Counts(_array(starts, np.int64), _array(terms, np.int32), _array(several, np.uint8))
    traits = Traits(_array(languages, np.int32), _array(groups, np.int64))
    return Threads(stems, _array(standing, np.uint8), _array(years, np.int32), [], traits, counts, [], pins), gone


def _array(values: "array[int] | bytearray", type_: type[_Value]) -> NDArray[_Value]:
    return np.frombuffer(values, dtype=type_)


def _unchanged(register: Register, changed: Collection[str]) -> Threads:
    """Give what is known of threads that did not change."""
    stems = register.stems.all(register.about.numbers)
    numbers = [number for number in register.order.values.tolist() if stems[number] not in changed]
    return Threads(
        [stems[number] for number in numbers],
        register.standing.values[numbers],
        register.years.values[numbers],
        [],
        Traits(register.languages.values[numbers], register.groups.values[numbers]),
        register.counts(numbers),
        [],
        {stem: pins for stem, pins in register.pins.items() if stem not in changed},
    )


def _joined(one: Threads, other: Threads) -> Threads:
    """Give the threads of two groups, one group after the other."""
    return Threads(
        [*one.stems, *other.stems],
        np.concatenate((one.standing, other.standing)),
        np.concatenate((one.years, other.years)),
        [],
        Traits(
            np.concatenate((one.traits.languages, other.traits.languages)),
            np.concatenate((one.traits.groups, other.traits.groups)),
        ),
        rows.joined((one.counts, other.counts)),
        [],
        {**one.pins, **other.pins},
    )


def _by_stem(threads: Threads) -> Threads:
    """Give threads in the order of their stems."""
    stems = sorted(threads.stems)
    if stems == threads.stems:
        return threads
    order = np.array(sorted(range(len(stems)), key=threads.stems.__getitem__), dtype=np.int64)
    return Threads(
        stems,
        threads.standing[order],
        threads.years[order],
        [],
        Traits(threads.traits.languages[order], threads.traits.groups[order]),
        rows.chosen(threads.counts, order),
        [],
        threads.pins,
    )


# --- related and written ----------------------------------------------------------------------------------------------


def relate(threads: Threads, shown: int, kept: int, jobs: int, store: Store) -> tuple[Lists, list[Pair]]:
    """Relate all threads, and write down what the next update has to know; gives also who are twins."""
    number = len(threads.stems)
    until, counted = counting(threads.years)
    size = len(threads.words)
    frequencies = _uses(threads.counts, size, threads.years < until)
    vectors = weighed(threads.counts, inverse_frequencies(frequencies, counted), threads.standing)
    lists = nearest(vectors, threads.traits, kept, size, jobs)
    own = with_itself(vectors.starts, vectors.query, vectors.document)
    pairs = [
        *in_lists(np.arange(number), lists.near[:, :shown], lists.close[:, :shown], own),
        *in_groups(vectors, threads.traits.groups, size),
    ]
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
        "own": own,
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
    return lists, pairs


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
