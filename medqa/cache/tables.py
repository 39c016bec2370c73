"""Tables of values by key: read one by one when they are asked for, written together at the end."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar
from zlib import crc32

import msgspec

V = TypeVar("V")
_SUM = 4
"""Bytes of the sum that stands in front of each value: SQLite itself does not notice a value that went bad."""
_END = "\U0010ffff"
"""After every key that begins alike."""


def sealed(key: str, value: bytes) -> bytes:
    """Put a sum in front of a value."""
    return crc32(value, crc32(key.encode())).to_bytes(_SUM, "little") + value


def unsealed(key: str, row: bytes) -> bytes:
    """Give the value behind its sum; raises DatabaseError where the two do not fit."""
    value = row[_SUM:]
    if row[:_SUM] != crc32(value, crc32(key.encode())).to_bytes(_SUM, "little"):
        raise sqlite3.DatabaseError(f"{key} is damaged")
    return value


class Table(Generic[V]):
    """A table as it will be once the build has succeeded: what was put into it stands in front of what is stored."""

    def __init__(self, base: sqlite3.Connection, name: str, type_: Any, *, fresh: bool) -> None:
        """Look at the table `name` of values of a type; a `fresh` one is known to be empty."""
        self._base = base
        self._name = name
        self._fresh = fresh
        self._decode = msgspec.msgpack.Decoder(type_).decode
        self._known: dict[str, V | None] = {}
        self._changed: set[str] = set()
        base.execute(f"CREATE TABLE IF NOT EXISTS {name} (key TEXT PRIMARY KEY, value BLOB NOT NULL)")

    def get(self, key: str) -> V | None:
        """Give the value of a key, None where there is none."""
        if key in self._known:
            return self._known[key]
        if self._fresh:
            return None
        row = self._base.execute(f"SELECT value FROM {self._name} WHERE key = ?", (key,)).fetchone()  # noqa: S608 - a name of our own
        value: V | None = self._decode(unsealed(key, row[0])) if row else None
        self._known[key] = value
        return value

    def put(self, key: str, value: V | None) -> None:
        """Set the value of a key; None removes it."""
        self._known[key] = value
        self._changed.add(key)

    def under(self, prefix: str) -> Iterator[tuple[str, V]]:
        """Give all keys that begin with a prefix, in order, and their values."""
        for key in self.keys(prefix):
            value = self.get(key)
            if value is not None:
                yield key, value

    def keys(self, prefix: str = "", limit: int = -1) -> list[str]:
        """Give the keys that begin with a prefix, in order; with a limit at least one of them, if there is one."""
        here = {key for key, value in self._known.items() if value is not None and key.startswith(prefix)}
        if not self._fresh:
            stored = self._base.execute(
                f"SELECT key FROM {self._name} WHERE key >= ? AND key < ? ORDER BY key LIMIT ?",  # noqa: S608 - a name of our own
                (prefix, prefix + _END, limit),
            )
            here.update(key for (key,) in stored if self._known.get(key, here) is not None)
        return sorted(here)

    def save(self) -> None:
        """Write what was put."""
        encode = msgspec.msgpack.Encoder().encode
        values = ((key, self._known[key]) for key in sorted(self._changed))
        kept = ((key, sealed(key, encode(value))) for key, value in values if value is not None)
        self._base.executemany(f"INSERT OR REPLACE INTO {self._name} VALUES (?, ?)", kept)  # noqa: S608 - a name of our own
        if not self._fresh:
            gone = ((key,) for key in self._changed if self._known[key] is None)
            self._base.executemany(f"DELETE FROM {self._name} WHERE key = ?", gone)  # noqa: S608 - a name of our own
        self._changed.clear()

    def load(self, keys: Iterable[str]) -> None:
        """Read many values at once that will be asked for."""
        if self._fresh:
            return
        missing = [key for key in dict.fromkeys(keys) if key not in self._known]
        for start in range(0, len(missing), 900):  # SQLite's limit of parameters
            part = missing[start : start + 900]
            marks = ",".join("?" * len(part))
            rows = self._base.execute(f"SELECT key, value FROM {self._name} WHERE key IN ({marks})", part)  # noqa: S608
            found = {key: self._decode(unsealed(key, value)) for key, value in rows}
            self._known.update((key, found.get(key)) for key in part)
