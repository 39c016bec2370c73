"""What is known of a template's text, and where that is kept from one build to the next.

Invariants of what is kept:
- It can be made again from the text: a file that is missing, damaged or of another version of medqa reads as absent.
- It depends on nothing but the template's name and text, medqa itself and Python: not on settings or strings, not on
  other templates.
- A template has one file, whatever it says: the newest knowledge replaces the older.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from medqa import sources

_MARK = 32
"""Bytes in front of what is kept, which vouch for it."""


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """What the text of one template says, whatever else there is; names come with their lines."""

    digest: str
    """Of its text."""
    error: tuple[int, str] | None = None
    """The line that makes it no template, and why; then nothing else is known of it."""
    templates: tuple[tuple[str, int], ...] = ()
    """Names of the templates it extends, includes or imports; "" for a name that is computed."""
    unknown: tuple[tuple[str, int], ...] = ()
    """Names that nobody defines: neither it nor those who call it."""
    uses: tuple[tuple[str, str, int], ...] = ()
    """(`config` or `t`, the name that follows it): "*" where it stands alone or the name is computed."""
    code: bytes = b""
    """The program that writes it, for this Python."""

    def after(self, owner: str) -> set[str]:
        """Give the names that follow `config.` or `t.`."""
        return {name for whose, name, _ in self.uses if whose == owner}


class Shelf(msgspec.Struct, frozen=True):
    """The folder in which compiled templates are kept; without one, nothing is kept."""

    folder: Path | None = None
    engine: str = ""
    """Digest of medqa itself."""

    def get(self, name: str, digest: str) -> Compiled | None:
        """Give what is known of a template whose text has a digest."""
        if self.folder is None:
            return None
        try:
            kept = self._file(name).read_bytes()
        except OSError:
            return None
        mark, data = kept[:_MARK], kept[_MARK:]
        if mark != self._mark(data):
            return None
        known = msgspec.msgpack.decode(data, type=Compiled)
        return known if known.digest == digest else None

    def put(self, name: str, known: Compiled) -> None:
        """Keep what is known of a template; a folder that cannot be written keeps nothing."""
        if self.folder is None:
            return
        data = msgspec.msgpack.encode(known)
        file = self._file(name)
        staged = file.with_name(f"{file.name}-{os.getpid()}")
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            staged.write_bytes(self._mark(data) + data)
            staged.replace(file)

    def _file(self, name: str) -> Path:
        return (self.folder or Path()) / sources.digest(name)

    def _mark(self, data: bytes) -> bytes:
        """Vouch for data: what is not whole, or was written for another Python, must not run."""
        return sources.digest(self.engine, sys.version, data).encode()
