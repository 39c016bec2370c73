"""What is remembered between builds: the only reader and writer of `.cache/`.

Invariants:
- Everything here can be made again: the folder may be deleted at any time, and a file that is damaged, or was written
  by another version of medqa, reads as empty.
- A document's row depends on nothing but its key: the digest of its text, kind, stem, of the dialect it was parsed in
  and of medqa itself. So rows hold on every machine and are never corrected, only added and dropped.
- A page's fingerprint is there only while the file in the site is the one made from it: before files are replaced
  their fingerprints are deleted, and written again when all are in place.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from medqa.documents import Doctor, Document, Hospital, Page, Parsed, Specialty, Thread, Topic
from medqa.errors import Problem, UsageError
from medqa.sources import Kind

FOLDER = ".cache"
_FILE = "medqa.sqlite"
_FORMAT = "1"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS documents (key TEXT PRIMARY KEY, record BLOB NOT NULL, html BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pages (site TEXT, url TEXT, fingerprint BLOB NOT NULL, PRIMARY KEY (site, url))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sites (site TEXT PRIMARY KEY, mark TEXT NOT NULL) WITHOUT ROWID;
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


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A document as it travels between processes and lies in the cache."""

    key: str
    record: bytes
    """Document, terms and findings."""
    html: bytes
    """Part → HTML."""


def pack(key: str, parsed: Parsed, terms: bytes) -> Row:
    """Pack a parsed document."""
    record = msgspec.msgpack.encode((msgspec.msgpack.encode(parsed.document), terms, parsed.findings))
    return Row(key, record, msgspec.msgpack.encode(parsed.html))


_RECORD = msgspec.msgpack.Decoder(tuple[bytes, bytes, tuple[Problem, ...]])
_DOCUMENT = {kind: msgspec.msgpack.Decoder(type_) for kind, type_ in _TYPES.items()}
_HTML = msgspec.msgpack.Decoder(dict[str, str])


def unpack(kind: Kind, record: bytes) -> Remembered:
    """Unpack a document of a kind."""
    document, terms, findings = _RECORD.decode(record)
    return Remembered(_DOCUMENT[kind].decode(document), terms, findings)


class DamagedError(UsageError):
    """The memory could not be read, or not be written; it has been thrown away."""


@contextmanager
def opened(folder: Path | None, engine: str) -> Iterator["Cache"]:
    """Open, or begin, the memory in a folder for a build; None keeps it in memory for this build alone.

    Raises DamagedError where it turns out to be damaged on the way: a build that begins again finds it empty.
    """
    memory = Cache(folder, engine)
    try:
        yield memory
    except (sqlite3.DatabaseError, msgspec.DecodeError) as error:
        memory.close()
        memory.forget()
        raise DamagedError(f"{folder} cannot be used ({error}): is the disk full?") from error
    finally:
        memory.close()


class Cache:
    """The memory of one archive's builds."""

    def __init__(self, folder: Path | None, engine: str) -> None:
        """Open, or begin, the memory in a folder; None keeps it in memory for this build alone."""
        self._engine = f"{_FORMAT} {engine}"
        self._file = folder / _FILE if folder else None
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        try:
            self._base = self._open()
        except sqlite3.DatabaseError:
            self.forget()
            try:
                self._base = self._open()
            except sqlite3.DatabaseError as error:
                raise UsageError(f"{self._file} cannot be used ({error}): check the folder's rights") from error

    def _open(self) -> sqlite3.Connection:
        base = sqlite3.connect(self._file or ":memory:", isolation_level=None)
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("PRAGMA synchronous=NORMAL")
        tables = {name for (name,) in base.execute("SELECT name FROM sqlite_master")}
        known = base.execute("SELECT value FROM about WHERE name='engine'").fetchone() if "about" in tables else None
        if known != (self._engine,):
            base.close()
            self.forget()
            base = sqlite3.connect(self._file or ":memory:", isolation_level=None)
            base.execute("PRAGMA journal_mode=WAL")
            base.executescript(_SCHEMA)
            base.execute("INSERT OR REPLACE INTO about VALUES ('engine', ?)", (self._engine,))
        return base

    def forget(self) -> None:
        """Throw the file away."""
        if self._file:
            for suffix in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    self._file.with_name(self._file.name + suffix).unlink()

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Join all writes inside into one transaction."""
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")

    # --- documents ------------------------------------------------------------------------------------------------

    def records(self, keys: Mapping[str, Kind]) -> dict[str, Remembered]:
        """Give the remembered ones among these documents: key → document."""
        found: dict[str, Remembered] = {}
        for part in _chunks(list(keys)):
            marks = ",".join("?" * len(part))
            for key, record in self._base.execute(f"SELECT key, record FROM documents WHERE key IN ({marks})", part):  # noqa: S608 - only question marks
                found[key] = unpack(keys[key], record)
        return found

    def html(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Give the packed HTML of documents: key → bytes for `unpack_html`."""
        found: dict[str, bytes] = {}
        for part in _chunks(list(keys)):
            marks = ",".join("?" * len(part))
            found.update(self._base.execute(f"SELECT key, html FROM documents WHERE key IN ({marks})", part))  # noqa: S608 - only question marks
        return found

    def remember(self, rows: Iterable[Row]) -> None:
        """Add documents."""
        self._base.executemany(
            "INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", ((row.key, row.record, row.html) for row in rows)
        )

    def drop_all_but(self, keys: set[str]) -> None:
        """Forget documents of long ago: once more rows are unused than used."""
        (count,) = self._base.execute("SELECT count(*) FROM documents").fetchone()
        if count > 2 * len(keys) + 1_000:
            unused = [(key,) for (key,) in self._base.execute("SELECT key FROM documents") if key not in keys]
            self._base.executemany("DELETE FROM documents WHERE key = ?", unused)

    # --- pages ----------------------------------------------------------------------------------------------------

    def fingerprints(self, site: str, mark: str) -> dict[str, bytes]:
        """Give the fingerprints of a site's pages; none where the site is not as the last build left it."""
        known = self._base.execute("SELECT mark FROM sites WHERE site = ?", (site,)).fetchone()
        if known != (mark,):
            return {}
        return dict(self._base.execute("SELECT url, fingerprint FROM pages WHERE site = ?", (site,)))

    def invalidate(self, site: str, urls: Iterable[str]) -> None:
        """Forget the fingerprints of pages that are about to be replaced or removed."""
        with self.writing():
            self._base.executemany("DELETE FROM pages WHERE site = ? AND url = ?", ((site, url) for url in urls))

    def record_site(self, site: str, mark: str, fingerprints: Mapping[str, bytes]) -> None:
        """Remember that a site now stands complete with these pages; only what differs is written."""
        known = dict(self._base.execute("SELECT url, fingerprint FROM pages WHERE site = ?", (site,)))
        changed = [(site, url, value) for url, value in fingerprints.items() if known.get(url) != value]
        with self.writing():
            self._base.execute("INSERT OR REPLACE INTO sites VALUES (?, ?)", (site, mark))
            self._base.executemany("INSERT OR REPLACE INTO pages VALUES (?, ?, ?)", changed)
            gone = ((site, url) for url in known if url not in fingerprints)
            self._base.executemany("DELETE FROM pages WHERE site = ? AND url = ?", gone)


def unpack_html(packed: bytes) -> dict[str, str]:
    """Give part → HTML."""
    return _HTML.decode(packed)


def _chunks(keys: list[str], size: int = 900) -> Iterator[list[str]]:
    """Part keys into lists that fit SQLite's limit of parameters."""
    for start in range(0, len(keys), size):
        yield keys[start : start + size]
