"""Databases in files: begun beside the one they replace, and put in its place when they are whole."""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

_NEW = ".new"
PATIENCE = 5.0
"""Seconds to wait for another process that writes."""


def connected(file: Path) -> sqlite3.Connection:
    """Open a database; a transaction is what is put between BEGIN and COMMIT."""
    base = sqlite3.connect(file, timeout=PATIENCE, isolation_level=None)
    try:
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("PRAGMA synchronous=NORMAL")
    except sqlite3.DatabaseError:
        base.close()
        raise
    return base


def in_use(error: Exception) -> bool:
    """Tell whether nothing is wrong with a database but that another process has been writing to it for long."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def begun(file: Path | None) -> tuple[sqlite3.Connection, Path | None]:
    """Begin a database that will be put in place of a file; None: one in memory.

    It need not survive a crash, since it has no name until it is whole: so nothing is written twice, or waited for.
    """
    new = file.with_name(f"{file.name}-{os.getpid()}{_NEW}") if file else None
    if new:
        remove(new)
    base = sqlite3.connect(new or ":memory:", isolation_level=None)
    base.execute("PRAGMA journal_mode=OFF")
    base.execute("PRAGMA synchronous=OFF")
    base.execute("PRAGMA locking_mode=EXCLUSIVE")
    return base, new


def put_in_place(new: Path, file: Path) -> None:
    """Give a whole database its name. Whoever has the old one open goes on with that."""
    remove(file)
    new.replace(file)


def remove(file: Path) -> None:
    """Remove a database with what belongs to it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            file.with_name(file.name + suffix).unlink()


def sweep(folder: Path) -> None:
    """Remove what was begun by processes that are no more."""
    for file in folder.glob(f"*{_NEW}"):
        number = file.name.removesuffix(_NEW).rpartition("-")[2]
        if not (number.isdigit() and _lives(int(number))):
            with suppress(OSError):
                file.unlink()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return process != os.getpid()
