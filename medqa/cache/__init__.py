"""What is remembered between builds: the only reader and writer of `.cache/`.

Two kinds of memory, in files of their own:
- `documents`: what each text was parsed to, by digest. It depends on nothing else, so it holds everywhere.
- `state`: what one site was built from, and what each of its parts was made of. It is the starting point of the next
  build of that site, which works on the difference.

Everything here can be made again: the folder may be deleted at any time, and a file that is damaged, or was written by
another version of medqa, reads as empty.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from medqa.cache.documents import Documents, Remembered, Row, pack, unpack, unpack_found, unpack_html
from medqa.cache.files import in_use, sweep
from medqa.cache.ledger import Ledger, Note
from medqa.cache.state import State
from medqa.cache.tables import Table
from medqa.errors import UsageError

__all__ = [
    "FOLDER", "DamagedError", "Documents", "Ledger", "LostError", "Memory", "Note", "Remembered", "Row", "State",
    "Table", "opened", "pack", "unpack", "unpack_found", "unpack_html",
]  # fmt: skip

_ROOM = 1 << 20
"""Bytes: the least that a memory takes."""
FOLDER = ".cache"


class DamagedError(UsageError):
    """The memory could not be read, or not be written; it has been thrown away."""


class LostError(sqlite3.DatabaseError):
    """Something was remembered, and is no longer: one part of the memory does not fit another."""


class Memory:
    """All that is remembered of one archive's builds."""

    def __init__(self, folder: Path | None, engine: str) -> None:
        """Open, or begin, the memory in a folder; None keeps it in memory for this build alone."""
        self.folder = folder
        self.engine = engine
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            sweep(folder)
        self.documents = Documents(folder, engine)
        self._states: list[State] = []

    def state(self, site: str, epoch: str) -> State:
        """Give what is remembered of a site; `epoch` tells apart what no difference can be taken of."""
        state = State(self.folder, site, f"{self.engine} {epoch}")
        self._states.append(state)
        return state

    def close(self) -> None:
        """Let go of the files; what was not committed is forgotten."""
        self.documents.close()
        for state in self._states:
            state.close()

    def forget(self) -> None:
        """Throw away all that was opened."""
        self.documents.forget()
        for state in self._states:
            state.forget()


@contextmanager
def opened(folder: Path | None, engine: str) -> Iterator[Memory]:
    """Open, or begin, the memory in a folder for a build; None keeps it in memory for this build alone.

    Raises DamagedError where it turns out to be damaged on the way: a build that begins again finds it empty;
    UsageError where another build writes to it.
    """
    memory: Memory | None = None
    try:
        memory = Memory(folder, engine)
        yield memory
    except (sqlite3.DatabaseError, msgspec.DecodeError) as error:
        if in_use(error):
            raise UsageError(f"another build is at work with {folder}: wait until it is done") from None
        said = _said(folder, error)
        if memory is not None:
            memory.close()
            memory.forget()
        raise DamagedError(said) from error
    finally:
        if memory is not None:
            memory.close()


def _said(folder: Path | None, error: Exception) -> str:
    if isinstance(error, LostError):
        return f"{error}: build again"
    advice = "the disk is full, make room" if _is_full(folder) else "is the disk full?"
    return f"{folder} cannot be used ({error}): {advice}"


def _is_full(folder: Path | None) -> bool:
    """Tell whether a folder's disk has too little room for a memory: SQLite itself may call that an I/O error."""
    try:
        return folder is not None and shutil.disk_usage(folder).free < _ROOM
    except OSError:
        return False
