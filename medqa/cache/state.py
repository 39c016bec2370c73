"""What one site was built from: the tables of its archive, the notes of its parts, the fingerprints of its pages.

A build changes the state in one transaction, which is committed once the site stands. So a build that fails, for
whatever reason, leaves the state of the last one that did not.
"""

import sqlite3
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from medqa.cache import files
from medqa.cache.ledger import Ledger
from medqa.cache.tables import Rows, Table

V = TypeVar("V")
_FORMAT = "2"
_WAITING = 5_000
"""Fingerprints held before they are written."""
_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE prints (url TEXT PRIMARY KEY, print BLOB NOT NULL) WITHOUT ROWID;
"""


class State:
    """The memory of one site."""

    def __init__(self, folder: Path | None, site: str, epoch: str) -> None:
        """Open, or begin, the state of a site; that of another epoch gives the fingerprints of its pages alone."""
        self._epoch = f"{_FORMAT} {epoch}"
        name = blake2b(site.encode(), digest_size=6).hexdigest()
        self._file = folder / f"site-{name}.sqlite" if folder else None
        self._new: Path | None = None
        self._last: sqlite3.Connection | None = self._open()
        self.fresh = self._last is None or self._told(self._last, "epoch") != self._epoch
        self._base = self._begin() if self.fresh or self._last is None else self._last
        if not self.fresh:
            self._base.execute("BEGIN IMMEDIATE")
        self._tables: list[Table[Any]] = []
        self._prints: list[tuple[str, bytes]] = []
        self.ledger = Ledger(self._base, fresh=self.fresh)

    def _open(self) -> sqlite3.Connection | None:
        """Open the state of the last build; None where there is none that can be read."""
        if self._file is None or not self._file.exists():
            return None
        base: sqlite3.Connection | None = None
        try:
            base = files.connected(self._file)
            if self._told(base, "epoch"):
                return base
        except sqlite3.DatabaseError as error:
            if files.in_use(error):
                raise
        if base:
            base.close()
        self.forget()
        return None

    def _begin(self) -> sqlite3.Connection:
        """Begin a new state beside the last one."""
        base, self._new = files.begun(self._file)
        base.executescript(_SCHEMA)
        base.execute("BEGIN")
        self._tell(base, "epoch", self._epoch)
        return base

    def table(self, name: str, type_: type[V] | Any) -> Table[V]:
        """Give one of its tables."""
        table: Table[V] = Table(self._base, name, type_, fresh=self.fresh)
        self._tables.append(table)
        return table

    def rows(self, name: str) -> Rows:
        """Give one of its tables of large values."""
        return Rows(self._base, name, fresh=self.fresh)

    # --- what holds for the site as a whole -----------------------------------------------------------------------

    def get(self, name: str) -> str:
        """Give what was set under a name; "" where nothing was."""
        return self._told(self._base, name)

    def set(self, name: str, value: str) -> None:
        """Set what holds for the site as a whole."""
        self._tell(self._base, name, value)

    def mark(self) -> str:
        """Give the mark of the site that the fingerprints tell of; "" where they tell of none."""
        return self._told(self._last, "mark") if self._last else ""

    # --- pages ----------------------------------------------------------------------------------------------------

    def last_prints(self, urls: Iterable[str]) -> dict[str, bytes]:
        """Give the fingerprints that pages had at the end of the last build."""
        if self._last is None:
            return {}
        asked = "SELECT print FROM prints WHERE url = ?"
        rows = ((url, self._last.execute(asked, (url,)).fetchone()) for url in urls)
        return {url: row[0] for url, row in rows if row}

    def put_print(self, url: str, fingerprint: bytes) -> None:
        """Set the fingerprint of a page."""
        self._prints.append((url, fingerprint))
        if len(self._prints) >= _WAITING:
            self._write_prints()

    def _write_prints(self) -> None:
        self._base.executemany("INSERT OR REPLACE INTO prints VALUES (?, ?)", self._prints)
        self._prints.clear()

    def forget_pages(self, urls: Iterable[str]) -> None:
        """Forget pages that are no more."""
        for url in urls if not self.fresh else ():
            self.ledger.forget(url)
        self._base.executemany("DELETE FROM prints WHERE url = ?", ((url,) for url in urls))

    # --- the end --------------------------------------------------------------------------------------------------

    def commit(self, mark: str) -> None:
        """Keep everything: this is what the site with this mark was built from."""
        self._write_prints()
        for table in self._tables:
            table.save()
        self.ledger.save()
        self.set("mark", mark)
        self._base.execute("COMMIT")
        if self.fresh and self._file and self._new:
            files.put_in_place(self._new, self._file)

    def close(self) -> None:
        """Let go of the file; what was not committed is forgotten."""
        for base in {self._base, self._last} - {None}:
            if base is not None:
                base.close()
        if self._new:
            files.remove(self._new)

    def forget(self) -> None:
        """Throw the file away."""
        for file in (self._file, self._new):
            if file:
                files.remove(file)

    @staticmethod
    def _told(base: sqlite3.Connection, name: str) -> str:
        known = base.execute("SELECT 1 FROM sqlite_master WHERE name = 'about'").fetchone()
        row = base.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone() if known else None
        return str(row[0]) if row else ""

    @staticmethod
    def _tell(base: sqlite3.Connection, name: str, value: str) -> None:
        base.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, value))
