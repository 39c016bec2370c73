"""Who was told what: for each part of a site the facts that it was made from.

A fact is named by a string, say `thread:numb-hand`; whoever asks for it while a part is being made is noted. When the
fact changes, the parts that were told it are made again. Facts are kept as 32-bit sums: two that share one cause work
that turns out to be needless, and no more. For the same reason a note is never taken back: a part that was told a fact
once counts as told, until all is noted anew.

The notes of a first build are many, and written at its end: for each fact one row with all its readers. What later
builds add stands beside them, a row for each note.
"""

import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from itertools import pairwise
from typing import TypeVar
from zlib import crc32

from medqa.cache.tables import sealed, unsealed

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS nodes (id INTEGER PRIMARY KEY, name TEXT NOT NULL, reads BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS first_readers (fact INTEGER PRIMARY KEY, nodes BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS later_readers (fact INTEGER, node INTEGER, PRIMARY KEY (fact, node)) WITHOUT ROWID",
)
_WAITING = 5_000
"""Parts held before they are written."""

T = TypeVar("T")
Note = tuple[str, bytes]
"""A part, and the sums of the facts that it was told."""


class Ledger:
    """The notes of one site."""

    def __init__(self, base: sqlite3.Connection, *, fresh: bool) -> None:
        """Open the notes; `fresh` ones are known to be empty."""
        self._base = base
        self._fresh = fresh
        self._told: set[int] | None = None
        self._nodes: list[tuple[int, str, bytes]] = []
        self._aside: list[Note] | None = None
        self._facts, self._readers = array("I"), array("q")
        """New notes, of the same length: a fact, and who was told it."""
        for table in _SCHEMA:
            base.execute(table)

    def note(self, fact: str) -> None:
        """Note that the part being made, if one is, was told a fact."""
        if self._told is not None:
            self._told.add(_sum(fact))

    def hear(self, ask: Callable[[], T]) -> tuple[T, tuple[int, ...]]:
        """Give an answer and the facts that it was made from, to be noted wherever the answer is given."""
        outer, self._told = self._told, set()
        try:
            answer = ask()
        finally:
            heard, self._told = self._told, outer
        return answer, tuple(heard)

    def note_all(self, facts: tuple[int, ...]) -> None:
        """Note what was heard."""
        if self._told is not None:
            self._told.update(facts)

    @contextmanager
    def making(self, node: str) -> Iterator[None]:
        """Note what is asked inside as told to a part."""
        outer, self._told = self._told, set()
        try:
            yield
        finally:
            told, self._told = self._told, outer
        self._keep(node, array("I", told).tobytes())

    @contextmanager
    def aside(self) -> Iterator[list[Note]]:
        """Keep no notes, but give those of the parts made inside: a copy of this process takes them for it."""
        outer, self._aside = self._aside, []
        try:
            yield self._aside
        finally:
            self._aside = outer

    def take(self, notes: Iterable[Note]) -> None:
        """Keep notes that were taken aside."""
        for node, reads in notes:
            self._keep(node, reads)

    def _keep(self, node: str, reads: bytes) -> None:
        if self._aside is not None:
            self._aside.append((node, reads))
            return
        identity, new = _identity(node), array("I", reads)
        if not self._fresh:
            row = self._base.execute("SELECT reads FROM nodes WHERE id = ?", (identity,)).fetchone()
            before = array("I", row[0]) if row else array("I")
            new = array("I", {*new} - {*before})
            if row and not new:
                return
            reads = (before + new).tobytes()
        self._facts += new
        self._readers.extend([identity] * len(new))
        self._nodes.append((identity, node, reads))
        if len(self._nodes) >= _WAITING:
            self._write_nodes()

    def forget(self, node: str) -> None:
        """Forget a part that is no more."""
        self._write_nodes()
        self._base.execute("DELETE FROM nodes WHERE id = ?", (_identity(node),))

    def told(self, facts: Iterable[str]) -> set[str]:
        """Give the names of the parts that were told one of these facts, or one that shares its sum."""
        self._write_nodes()
        sums = set(map(_sum, facts))
        nodes = {node for fact, node in zip(self._facts, self._readers, strict=True) if fact in sums}
        for fact in sorted(sums) if not self._fresh else ():
            nodes.update(self._stored(fact))
        named = (self._base.execute("SELECT name FROM nodes WHERE id = ?", (node,)).fetchone() for node in nodes)
        return {row[0] for row in named if row}

    def _stored(self, fact: int) -> Iterator[int]:
        """Give the parts that were told a fact in earlier builds."""
        row = self._base.execute("SELECT nodes FROM first_readers WHERE fact = ?", (fact,)).fetchone()
        yield from array("q", unsealed(str(fact), row[0])) if row else ()
        yield from (node for (node,) in self._base.execute("SELECT node FROM later_readers WHERE fact = ?", (fact,)))

    def save(self) -> None:
        """Write what is waiting."""
        self._write_nodes()
        if self._fresh:
            kept = ((fact, sealed(str(fact), nodes)) for fact, nodes in _by_fact(self._facts, self._readers))
            self._base.executemany("INSERT INTO first_readers VALUES (?, ?)", kept)
        else:
            notes = zip(self._facts, self._readers, strict=True)
            self._base.executemany("INSERT OR IGNORE INTO later_readers VALUES (?, ?)", notes)
        del self._facts[:], self._readers[:]

    def _write_nodes(self) -> None:
        self._base.executemany("INSERT OR REPLACE INTO nodes VALUES (?, ?, ?)", self._nodes)
        self._nodes.clear()


def _by_fact(facts: Sequence[int], readers: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """Give each fact once, with all its readers."""
    import numpy as np  # noqa: PLC0415 - takes 0.1 s, and sorting without it takes longer only where there are many

    if not facts:
        return
    order = np.argsort(np.asarray(facts), kind="stable")
    sorted_facts = np.asarray(facts)[order]
    nodes = np.asarray(readers)[order].tobytes()
    begins = [0, *(np.flatnonzero(np.diff(sorted_facts)) + 1).tolist(), len(sorted_facts)]
    size = 8  # bytes of a node
    for (begin, end), fact in zip(pairwise(begins), sorted_facts[begins[:-1]].tolist(), strict=True):
        yield fact, nodes[size * begin : size * end]


def _sum(fact: str) -> int:
    return crc32(fact.encode())


def _identity(node: str) -> int:
    return int.from_bytes(blake2b(node.encode(), digest_size=8).digest(), "little", signed=True)
