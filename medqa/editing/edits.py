"""Changes to the files of an archive: planned as values, shown as a diff, then written all or not at all.

The only writer of what editors write.
"""

import difflib
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from medqa import sources
from medqa.errors import UsageError

_NEW = ".medqa-new-"
"""Begins the name of a file that is about to take its place: hidden, so that nothing reads it."""


class Edit(msgspec.Struct, frozen=True):
    """What becomes of one file."""

    path: str
    """Where it lies, relative to the root; of a new file, where it will."""
    old: bytes | None
    """Its bytes when the edit was planned; None for a new file."""
    new: bytes | None
    """Its bytes afterwards; None where it is to be gone."""
    to: str = ""
    """Where it moves to; "" where it stays."""

    @property
    def target(self) -> str:
        """Where its new bytes will lie."""
        return self.to or self.path

    def summary(self) -> str:
        """Say in one line what is done."""
        if self.new is None:
            return f"delete {self.path}"
        if self.old is None:
            return f"write  {self.path}"
        return f"move   {self.path} to {self.to}" if self.to else f"change {self.path}"

    def shown(self) -> Iterator[str]:
        """Give the lines that show what is done: a summary, and a diff."""
        yield self.summary()
        yield from self.diff()

    def diff(self) -> Iterator[str]:
        """Give the lines of a unified diff."""
        old, new = _lines(self.old), _lines(self.new)
        names = (
            self.path if self.old is not None else "/dev/null",
            self.target if self.new is not None else "/dev/null",
        )
        yield from difflib.unified_diff(old, new, *names, lineterm="", n=1)


def _lines(data: bytes | None) -> list[str]:
    return (data or b"").decode(errors="replace").splitlines()


def new_file(path: str, text: str) -> Edit:
    """Plan a file that is not there yet."""
    return Edit(path, None, text.encode())


def apply(root: Path, edits: Sequence[Edit]) -> None:
    """Make all edits, or none: what has been done is undone where the file system refuses one.

    Raises UsageError, before anything is written, where a file has changed since the edit was planned or something
    stands where a new one is to be.
    """
    for edit in edits:
        _require(root, edit)
    writing = _Writing(root)
    try:
        for number, edit in enumerate(edits):
            writing.stage(number, edit)
        for number, edit in enumerate(edits):
            writing.make(number, edit)
    except BaseException:
        writing.undo()
        raise
    for edit in edits:
        if edit.new is None or edit.to:
            _remove_empty(root, (root / edit.path).parent)


class _Writing:
    """Edits on their way to the disk, and what it takes to go back."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._staged: dict[int, Path] = {}
        self._folders: list[Path] = []
        self._made: list[Edit] = []

    def stage(self, number: int, edit: Edit) -> None:
        """Write the new bytes beside the place where they are to lie."""
        if edit.new is None:
            return
        target = _place(self._root, edit)
        self._folders += _make_folders(target.parent)
        self._staged[number] = target.with_name(f"{_NEW}{number}-{os.getpid()}")
        self._staged[number].write_bytes(edit.new)
        if edit.old is not None:
            self._staged[number].chmod((self._root / edit.path).stat().st_mode & 0o777)

    def make(self, number: int, edit: Edit) -> None:
        """Put the new bytes in their place, and take away the old."""
        self._made.append(edit)
        if number in self._staged:
            self._staged[number].replace(_place(self._root, edit))
        if edit.new is None or edit.to:
            (self._root / edit.path).unlink()

    def undo(self) -> None:
        """Put back what stood there before."""
        for temporary in self._staged.values():
            temporary.unlink(missing_ok=True)
        for edit in reversed(self._made):
            if edit.to or edit.old is None:
                (self._root / edit.target).unlink(missing_ok=True)
            if edit.old is not None:
                (self._root / edit.path).write_bytes(edit.old)
        for folder in reversed(self._folders):
            with suppress(OSError):
                folder.rmdir()


def _require(root: Path, edit: Edit) -> None:
    """Raise UsageError where a file is no longer what it was, or the place for a new one is taken."""
    file = root / edit.path
    now = file.read_bytes() if file.is_file() else None
    if now != edit.old:
        said = "stands there already" if edit.old is None else "has been changed meanwhile"
        raise UsageError(f"{edit.path} {said}: nothing was written")
    if edit.to and (root / edit.to).exists():
        raise UsageError(f"{edit.to} stands there already: nothing was written")


def _place(root: Path, edit: Edit) -> Path:
    """Give where the new bytes go: of a file that is only a link, where that leads."""
    place = root / edit.target
    return place.resolve() if place.is_symlink() and not edit.to else place


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder and those above it; gives those that were not there, the innermost last."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _remove_empty(root: Path, folder: Path) -> None:
    """Remove a folder that nothing lies in any more, and those above it, down to those of the archive."""
    kinds = {root / sources.CONTENT / kind for kind in sources.KINDS}
    while folder not in kinds and (root / sources.CONTENT) in folder.parents:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
