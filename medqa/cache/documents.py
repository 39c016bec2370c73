"""What each text was parsed to, by digest.

A row depends on nothing but its key: the digest of the text, of its kind and stem, of the dialect it was parsed in and
of medqa itself. So rows hold on every machine and are never corrected, only added and dropped.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from medqa.cache import files
from medqa.cache.tables import sealed, unsealed
from medqa.documents import Doctor, Document, Examined, Hospital, Page, Parsed, Specialty, Thread, Topic
from medqa.errors import Problem, UsageError
from medqa.sources import Kind

_FILE = "medqa.sqlite"
_FORMAT = "4"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS documents (key TEXT PRIMARY KEY, record BLOB NOT NULL, html BLOB NOT NULL,
    examined BLOB);
INSERT OR IGNORE INTO about VALUES ('count', '0');
"""
_TYPES: dict[Kind, type[Document]] = {
    "threads": Thread,
    "doctors": Doctor,
    "hospitals": Hospital,
    "specialties": Specialty,
    "topics": Topic,
    "pages": Page,
}


class Remembered(msgspec.Struct, frozen=True):
    """A parsed document without its HTML."""

    document: Document
    terms: bytes
    """Term counts of a thread, packed; b"" for other documents."""
    findings: tuple[Problem, ...]
    examined: Examined = Examined()
    """What was found in its texts, where these were examined and that was asked for."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A document as it travels between processes and lies in the cache."""

    key: str
    record: bytes
    """Document, terms and findings."""
    html: bytes
    """Part → HTML."""
    examined: bytes | None
    """What was found in its texts; None where these were not examined."""


def pack(key: str, parsed: Parsed, terms: bytes, examined: Examined | None) -> Row:
    """Pack a parsed document, with what was found in its texts, if these were examined."""
    record = msgspec.msgpack.encode((msgspec.msgpack.encode(parsed.document), terms, parsed.findings))
    found = None if examined is None else msgspec.msgpack.encode(examined)
    return Row(key, record, msgspec.msgpack.encode(parsed.html), found)


_FOUND = msgspec.msgpack.Decoder(Examined)
_RECORD = msgspec.msgpack.Decoder(tuple[bytes, bytes, tuple[Problem, ...]])
_DOCUMENT = {kind: msgspec.msgpack.Decoder(type_) for kind, type_ in _TYPES.items()}
_HTML = msgspec.msgpack.Decoder(dict[str, str])


def unpack(kind: Kind, record: bytes, examined: bytes | None = None) -> Remembered:
    """Unpack a document of a kind."""
    document, terms, findings = _RECORD.decode(record)
    return Remembered(_DOCUMENT[kind].decode(document), terms, findings, unpack_found(examined or b""))


def unpack_found(packed: bytes) -> Examined:
    """Unpack what was found in a document's texts."""
    return _FOUND.decode(packed) if packed else Examined()


class Documents:
    """What each text of an archive was parsed to."""

    def __init__(self, folder: Path | None, engine: str) -> None:
        """Open, or begin, the memory in a folder; None keeps it in memory for this build alone."""
        self._engine = f"{_FORMAT} {engine}"
        self._file = folder / _FILE if folder else None
        self._new: Path | None = None
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        try:
            self._base = self._open()
        except sqlite3.DatabaseError as error:
            if files.in_use(error):
                raise
            self.forget()
            try:
                self._base = self._open()
            except sqlite3.DatabaseError as error:
                raise UsageError(f"{self._file} cannot be used ({error}): check the folder's rights") from error

    def _open(self) -> sqlite3.Connection:
        if self._file and self._file.exists():
            base = files.connected(self._file)
            tables = {name for (name,) in base.execute("SELECT name FROM sqlite_master")}
            if "about" in tables:
                known = base.execute("SELECT value FROM about WHERE name='engine'").fetchone()
                if known == (self._engine,):
                    return base
            base.close()
        base, self._new = files.begun(self._file)
        base.executescript(_SCHEMA)
        base.execute("INSERT OR REPLACE INTO about VALUES ('engine', ?)", (self._engine,))
        return base

    def forget(self) -> None:
        """Throw the file away."""
        for file in (self._file, self._new):
            if file:
                files.remove(file)

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()
        if self._new:
            files.remove(self._new)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Join all writes inside into one transaction."""
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if not self._new:  # what is new is thrown away as a whole
                self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")
        if self._new and self._file:
            self._base.close()
            files.put_in_place(self._new, self._file)
            self._new = None
            self._base = files.connected(self._file)

    # --- documents ------------------------------------------------------------------------------------------------

    def html(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Give the packed HTML of documents: key → bytes for `unpack_html`."""
        found: dict[str, bytes] = {}
        for part in _chunks(list(keys)):
            marks = ",".join("?" * len(part))
            rows = self._base.execute(f"SELECT key, html FROM documents WHERE key IN ({marks})", part)  # noqa: S608 - only question marks
            found.update((key, unsealed(key, html)) for key, html in rows)
        return found

    def record(self, key: str) -> bytes | None:
        """Give one packed document; None where it is not remembered."""
        return self._one("record", key)

    def examined(self, key: str) -> bytes | None:
        """Give what was found in one document's texts, packed; None where that is not remembered."""
        return self._one("examined", key)

    def _one(self, column: str, key: str) -> bytes | None:
        row = self._base.execute(f"SELECT {column} FROM documents WHERE key = ?", (key,)).fetchone()  # noqa: S608 - a name of our own
        return unsealed(key, row[0]) if row and row[0] is not None else None

    def known(self, keys: Iterable[str], *, examined: bool = False) -> set[str]:
        """Give those of the keys that are remembered; with `examined` those whose texts were examined, too."""
        more = " AND examined IS NOT NULL" if examined else ""
        found: set[str] = set()
        for part in _chunks(list(keys)):
            marks = ",".join("?" * len(part))
            rows = self._base.execute(f"SELECT key FROM documents WHERE key IN ({marks}){more}", part)  # noqa: S608 - only question marks
            found.update(key for (key,) in rows)
        return found

    def remember(self, rows: Sequence[Row]) -> None:
        """Add documents."""
        kept = (
            (
                row.key,
                sealed(row.key, row.record),
                sealed(row.key, row.html),
                None if row.examined is None else sealed(row.key, row.examined),
            )
            for row in rows
        )
        self._base.executemany("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)", kept)
        self._base.execute("UPDATE about SET value = value + ? WHERE name = 'count'", (len(rows),))

    def overgrown(self, used: int) -> bool:
        """Tell whether more documents are remembered that are not used than that are."""
        (count,) = self._base.execute("SELECT value FROM about WHERE name = 'count'").fetchone()
        return int(count) > 2 * used + 1_000

    def drop_all_but(self, keys: Collection[str]) -> None:
        """Forget documents of long ago."""
        with self.writing():
            unused = [(key,) for (key,) in self._base.execute("SELECT key FROM documents") if key not in keys]
            self._base.executemany("DELETE FROM documents WHERE key = ?", unused)
            self._base.execute(
                "UPDATE about SET value = (SELECT count(*) FROM documents) WHERE name = 'count'",
            )


def unpack_html(packed: bytes) -> dict[str, str]:
    """Give part → HTML."""
    return _HTML.decode(packed)


def _chunks(keys: list[str], size: int = 900) -> Iterator[list[str]]:
    """Part keys into lists that fit SQLite's limit of parameters."""
    for start in range(0, len(keys), size):
        yield keys[start : start + size]
