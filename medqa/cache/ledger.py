"""Who was told what: for each part of a site the facts that it was made from.

A fact is named by a string, say `thread:numb-hand`; whoever asks for it while a part is being made is noted. When the
fact changes, the parts that were told it are made again. Facts are kept as 32-bit sums: two that share one cause work
that turns out to be needless, and no more.
"""

import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from itertools import repeat
from typing import TypeVar
from zlib import crc32

_NODES = "CREATE TABLE IF NOT EXISTS nodes (id INTEGER PRIMARY KEY, name TEXT NOT NULL, reads BLOB NOT NULL)"
_READERS = "CREATE TABLE IF NOT EXISTS readers (fact INTEGER NOT NULL, node INTEGER NOT NULL)"
_INDEX = "CREATE INDEX IF NOT EXISTS readers_by_fact ON readers (fact, node)"
_WAITING = 200_000
"""Notes held before they are written."""

T = TypeVar("T")


class Ledger:
    """The notes of one site."""

    def __init__(self, base: sqlite3.Connection, *, fresh: bool) -> None:
        """Open the notes; `fresh` ones are known to be empty."""
        self._base = base
        self._fresh = fresh
        self._told: set[int] | None = None
        self._nodes: list[tuple[int, str, bytes]] = []
        self._waiting: list[tuple[int, int]] = []
        base.execute(_NODES)
        base.execute(_READERS)

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
        """Note what is asked inside as told to a part, in place of what it was told before."""
        outer, self._told = self._told, set()
        try:
            yield
        finally:
            told, self._told = self._told, outer
        self._keep(node, told)

    def _keep(self, node: str, reads: set[int]) -> None:
        identity = _identity(node)
        if not self._fresh:
            row = self._base.execute("SELECT reads FROM nodes WHERE id = ?", (identity,)).fetchone()
            before = set(array("I", row[0])) if row else set()
            if before == reads and row:
                return
            gone = ((fact, identity) for fact in before - reads)
            self._base.executemany("DELETE FROM readers WHERE fact = ? AND node = ?", gone)
            self._waiting += zip(reads - before, repeat(identity))
        else:
            self._waiting += zip(reads, repeat(identity))
        self._nodes.append((identity, node, array("I", sorted(reads)).tobytes()))
        if len(self._waiting) > _WAITING:
            self._write()

    def forget(self, node: str) -> None:
        """Forget a part that is no more."""
        self._keep(node, set())
        self._write()
        self._base.execute("DELETE FROM nodes WHERE id = ?", (_identity(node),))

    def told(self, facts: Iterable[str]) -> set[str]:
        """Give the names of the parts that were told one of these facts, or one that shares its sum."""
        self._write()
        if self._fresh:
            self._base.execute(_INDEX)  # else each fact would be looked for from end to end
        found: set[str] = set()
        for fact in sorted(set(map(_sum, facts))):
            rows = self._base.execute(
                "SELECT name FROM readers JOIN nodes ON nodes.id = readers.node WHERE fact = ?", (fact,)
            )
            found.update(name for (name,) in rows)
        return found

    def save(self) -> None:
        """Write what is waiting."""
        self._write()
        self._base.execute(_INDEX)

    def _write(self) -> None:
        self._base.executemany("INSERT OR REPLACE INTO nodes VALUES (?, ?, ?)", self._nodes)
        self._base.executemany("INSERT INTO readers VALUES (?, ?)", self._waiting)
        self._nodes.clear()
        self._waiting.clear()


def _sum(fact: str) -> int:
    return crc32(fact.encode())


def _identity(node: str) -> int:
    return int.from_bytes(blake2b(node.encode(), digest_size=8).digest(), "little", signed=True)
