"""Tables of values by key: read one by one when they are asked for, written together at the end."""

import sqlite3
from collections.abc import Iterator
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


class Rows:
    """Large values, of bytes: they are read and written at once, and not held."""

    def __init__(self, base: sqlite3.Connection, name: str, *, fresh: bool) -> None:
        """Look at the table `name`; a `fresh` one is known to be empty."""
        self._base = base
        self._name = name
        self.fresh = fresh
        base.execute(f"CREATE TABLE IF NOT EXISTS {name} (key TEXT PRIMARY KEY, value BLOB NOT NULL)")

    def read(self, key: str) -> bytes:
        """Give the value of a key; raises DatabaseError where it has none, or a damaged one."""
        row = self._base.execute(f"SELECT value FROM {self._name} WHERE key = ?", (key,)).fetchone()  # noqa: S608 - the same
        if row is None:
            raise sqlite3.DatabaseError(f"{self._name} has no {key}")
        return unsealed(key, row[0])

    def write(self, key: str, value: bytes) -> None:
        """Set the value of a key."""
        self._base.execute(f"INSERT OR REPLACE INTO {self._name} VALUES (?, ?)", (key, sealed(key, value)))  # noqa: S608 - the same

    def clear(self) -> None:
        """Remove all values."""
        self._base.execute(f"DELETE FROM {self._name}")  # noqa: S608 - the same


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
        found = {key: value for key, value in self._known.items() if value is not None and key.startswith(prefix)}
        for key, row in self._rows(prefix) if not self._fresh else ():
            if key not in self._known:
                found[key] = self._decode(unsealed(key, row))
        for key in sorted(found):
            yield key, found[key]

    def _rows(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        asked = f"SELECT key, value FROM {self._name} WHERE key >= ? AND key < ? ORDER BY key"  # noqa: S608 - a name of our own
        return iter(self._base.execute(asked, (prefix, prefix + _END)))

    def keys(self, prefix: str = "") -> list[str]:
        """Give the keys that begin with a prefix, in order."""
        return sorted({*self._put_under(prefix), *self._stored_under(prefix)})

    def first(self, prefix: str) -> str | None:
        """Give the first key that begins with a prefix; None where there is none."""
        here = min(self._put_under(prefix), default=None)
        stored = next(self._stored_under(prefix), None)
        return min(filter(None, (here, stored)), default=None)

    def _put_under(self, prefix: str) -> Iterator[str]:
        return (key for key, value in self._known.items() if value is not None and key.startswith(prefix))

    def _stored_under(self, prefix: str) -> Iterator[str]:
        """Give the stored keys that begin with a prefix, in order, without those removed since."""
        if not self._fresh:
            asked = f"SELECT key FROM {self._name} WHERE key >= ? AND key < ? ORDER BY key"  # noqa: S608 - a name of our own
            for (key,) in self._base.execute(asked, (prefix, prefix + _END)):
                if key not in self._known or self._known[key] is not None:
                    yield key

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
