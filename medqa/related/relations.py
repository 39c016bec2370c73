"""For each ranked thread of an archive its nearest others, kept up to date.

    counts of terms → weights → the nearest of each

Whatever was changed in whatever order, the lists are those that a computation from nothing gives.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
import numpy as np

from medqa.related.candidate import Candidate
from medqa.related.register import Register, weighed
from medqa.related.revision import revise
from medqa.related.rows import Store
from medqa.related.twins import Pair, crowds, in_groups, in_lists
from medqa.related.whole import Threads, gather, relate

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHOWN: Final = 4
KEPT: Final = 8
"""Nearest that are kept of each thread: so many may change or go before its list has to be made anew."""
_MOVED: Final = 1024
_SHARE: Final = 32
"""So many threads, and so large a share of all, may have changed since the postings were made: they are read, and
weighed, at each update."""

Shown = dict[str, tuple[str, ...]]
"""Stem → stems of its nearest others, nearest first."""
Twins = dict[str, tuple[tuple[str, int], ...]]
"""Stem → stems of those that say almost the same, by stem, and how alike they are in percent."""


class Update(msgspec.Struct, frozen=True):
    """What may be other than before; () where there is no such candidate any more, or nothing."""

    lists: Shown
    twins: Twins


class Relations:
    """Who is nearest to whom."""

    def __init__(self, store: Store, *, jobs: int = 1, shown: int = SHOWN, kept: int = KEPT) -> None:
        """Use what a store knows of the last update, and so many processors; lists have at most `shown` of others."""
        self._store = store
        self._jobs = jobs
        self._shown = shown
        self._kept = max(shown, kept, 1)

    def update(self, changed: Iterable[tuple[str, Candidate | None]]) -> Update:
        """Make some threads, given by stem, what they are now; None: they are no candidates.

        The first time no more than one of the threads is held at a time.
        """
        if self._store.fresh:
            return self._anew(None, changed)
        changes = dict(changed)
        if not changes:
            return Update({}, {})
        register = Register(self._store)
        pinning, groups = _pinning(register, changes), _groups(register, changes)
        touched = None if self._overgrown(register) else revise(register, changes, self._shown)
        if touched is None:
            return self._anew(Register(self._store), changes.items())
        register.save()
        pinning |= _pinning(register, changes)
        stems = {*pinning, *changes, *(register.stems[number] for number in touched)}
        lists = {stem: _shown(register, stem, self._shown) for stem in sorted(stems)}
        twins = dict.fromkeys(changes, ()) | _twins(register, touched, groups, self._shown)
        return Update(lists, twins)

    def _overgrown(self, register: Register) -> bool:
        """Tell whether so many threads have been changed that counts and postings should be made anew."""
        return register.about.kept != self._kept or len(register.about.moved) > _MOVED + register.about.based // _SHARE

    def _anew(self, register: Register | None, changed: Iterable[tuple[str, Candidate | None]]) -> Update:
        """Relate all threads: those that are known and did not change, and the others as they are now."""
        threads, gone = gather(register, changed)
        lists, pairs = relate(threads, self._shown, self._kept, self._jobs, self._store)
        near = [[number for number in row if number >= 0] for row in lists.near.tolist()]
        shown = {**dict.fromkeys(gone, ()), **dict(_all_shown(threads, near, self._shown))}
        return Update(shown, dict.fromkeys(shown, ()) | _by_stem(pairs, threads.stems))


def _pinning(register: Register, changes: Mapping[str, Candidate | None]) -> set[str]:
    """Give the stems of those that pin a thread which changed."""
    return {stem for stem, pins in register.pins.items() if not changes.keys().isdisjoint(pins)}


def _shown(register: Register, stem: str, count: int) -> tuple[str, ...]:
    """Give the list of a thread as it is shown."""
    number = register.number(stem)
    if number is None:
        return ()
    return tuple(register.stems[other] for other in shown(register, number, count))


def shown(register: Register, number: int, count: int = SHOWN) -> list[int]:
    """Give the numbers of a thread's list as it is shown."""
    pins = (register.number(other) for other in register.pins.get(register.stems[number], ()))
    near = register.near.values[number].tolist()
    hits = [other for other in (*pins, *near) if other is not None and other >= 0]
    return _distinct(number, hits, register.groups.values, count)


def _all_shown(threads: Threads, near: list[list[int]], count: int) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Give all lists as they are shown, each with its thread's stem."""
    numbers = {stem: number for number, stem in enumerate(threads.stems)} if threads.pins else {}
    groups = threads.traits.groups
    for number, (stem, row) in enumerate(zip(threads.stems, near, strict=True)):
        hits = row
        if stem in threads.pins:
            pins = [numbers[other] for other in threads.pins[stem] if other in numbers]
            hits = _distinct(number, [*pins, *row], groups, count)
        yield stem, tuple([threads.stems[other] for other in hits[:count]])


def _distinct(number: int, hits: Iterable[int], groups: "NDArray[np.int64]", count: int) -> list[int]:
    """Give the first hits that do not look like the thread or each other: what is pinned comes before what is near."""
    taken = {int(groups[number]): number}
    for hit in hits:
        taken.setdefault(int(groups[hit]), hit)
    return list(taken.values())[1 : count + 1]


# --- twins ------------------------------------------------------------------------------------------------------------


class _Named(Protocol):
    def __getitem__(self, number: int, /) -> str: ...


def _groups(register: Register, changes: Mapping[str, Candidate | None]) -> set[int]:
    """Give the groups of the threads that change, as long as they have not."""
    numbers = (register.number(stem) for stem in changes)
    return {int(register.groups.values[number]) for number in numbers if number is not None}


def _twins(register: Register, touched: set[int], groups: set[int], shown: int) -> Twins:
    """Give the twins of threads whose lists may be others than before, and of all in their groups and in some others.

    Within a group all may have others than before: with which of them a thread is compared depends on who is in it.
    """
    members = _members(register, groups | set(register.groups.values[list(touched)].tolist()))
    near, close = register.near.values[members, :shown], register.close.values[members, :shown]
    pairs = list(in_lists(members, near, close, register.own.values))
    places = list(crowds(register.groups.values[members]))
    if places:
        crowd = members[np.sort(np.concatenate(places))]
        vectors = weighed(register.counts(crowd.tolist()), register.idf(), register.standing.values[crowd])
        found = in_groups(vectors, register.groups.values[crowd], register.vocabulary.size)
        pairs += [(int(crowd[one]), int(crowd[other]), percent) for one, other, percent in found]
    return dict.fromkeys((register.stems[number] for number in members.tolist()), ()) | _by_stem(pairs, register.stems)


def _members(register: Register, groups: set[int]) -> "NDArray[np.int32]":
    """Give the threads of some groups, by stem."""
    order, wanted = register.order.values, np.array(sorted(groups), dtype=np.int64)
    if not len(wanted):
        return order[:0]
    theirs = register.groups.values[order]
    members: NDArray[np.int32] = order[wanted[np.searchsorted(wanted, theirs).clip(max=len(wanted) - 1)] == theirs]
    return members


def _by_stem(pairs: Iterable[Pair], stems: _Named) -> Twins:
    found: dict[str, list[tuple[str, int]]] = {}
    for one, other, percent in pairs:
        found.setdefault(stems[one], []).append((stems[other], percent))
    return {stem: tuple(sorted(twins)) for stem, twins in found.items()}
