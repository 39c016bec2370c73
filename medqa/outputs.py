"""Stage 7, write: the only writer of `site/`.

All new files are first written beside the site (`.medqa-stage/` inside it, so that a rename suffices), then a journal
of what goes where, then each file is replaced at once. A build that is stopped before the journal is whole leaves the
old site; stopped later, the next run completes it from the journal.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

import msgspec

from medqa.errors import UsageError

LIST = ".medqa"
"""File in the site that lists the paths medqa wrote, one a line."""
_STAGE = ".medqa-stage"
_JOURNAL = "journal"
_HEADING = "# Files in this folder that medqa made, and may replace or remove. Do not edit.\n"


class _Journal(msgspec.Struct, frozen=True):
    """What remains to be done once all files are staged."""

    replace: tuple[str, ...]
    """Paths in order; the file staged for the n-th is named n."""
    remove: tuple[str, ...]
    paths: tuple[str, ...] | None
    """The site's list of files, where it changes."""


class Written(msgspec.Struct, frozen=True):
    """What a publication did to the site's files."""

    replaced: tuple[str, ...]
    """Paths that are new or whose bytes changed."""
    removed: tuple[str, ...]


class Site:
    """A folder with a published site, kept from other builds until it is closed."""

    def __init__(self, folder: Path) -> None:
        """Look at the folder; completes a publication that was interrupted.

        Raises UsageError where the folder holds files but no list of medqa's, or another build is at work on it.
        """
        self.folder = folder
        self._paths: frozenset[str] | None = None
        self._lock: int | None = None
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is not a folder: choose another with --out")
        try:
            self._keep_others_out()
            self._recover()
        except BaseException:
            self.close()
            raise
        if folder.is_dir() and not (folder / LIST).exists() and any(folder.iterdir()):
            self.close()
            raise UsageError(f"{folder} holds files that medqa did not make: empty it, or choose another with --out")

    def close(self) -> None:
        """Let other builds in."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def paths(self) -> frozenset[str]:
        """Give the paths that medqa wrote."""
        if self._paths is None:
            self._paths = listed(self.folder)
        return self._paths

    def mark(self) -> str:
        """Give what tells this state of the site from every other: "" for no site."""
        try:
            stat = (self.folder / LIST).stat()
        except FileNotFoundError:
            return ""
        return f"{stat.st_mtime_ns} {stat.st_size} {stat.st_ino}"

    def stage(self, files: Iterable[tuple[str, bytes]]) -> list[str]:
        """Write files beside the site; gives the paths of those that differ from what stands there.

        Raises UsageError where a file that medqa did not write stands in the way.
        """
        own = self.paths()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._keep_others_out()
        stage = self.folder / _STAGE
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(parents=True)
        differ: list[str] = []
        for path, data in files:
            standing = _bytes(self.folder / path)
            if standing == data:
                continue
            obstacle = self._in_the_way(path, own) if standing is None else path
            if obstacle is not None and obstacle not in own:
                shutil.rmtree(stage)
                raise UsageError(f"{self.folder / obstacle} was not made by medqa: move it to static/, or delete it")
            (stage / str(len(differ))).write_bytes(data)
            differ.append(path)
        return differ

    def _in_the_way(self, path: str, own: frozenset[str]) -> str | None:
        """Find what is not medqa's and stands where a new file, or a folder for it, is to be."""
        for folder in (path[:at] for at, character in enumerate(path) if character == "/"):
            if folder not in own and (self.folder / folder).is_file():
                return folder
        for at, folders, names in os.walk(self.folder / path):
            below = Path(at).relative_to(self.folder).as_posix()
            if not folders and not names:
                return below  # medqa leaves no folder empty
            if foreign := [name for name in names if f"{below}/{name}" not in own]:
                return f"{below}/{foreign[0]}"
        return None

    def discard(self) -> None:
        """Throw away what was staged, unless it is another build's."""
        if self._lock is None:
            return
        shutil.rmtree(self.folder / _STAGE, ignore_errors=True)
        with suppress(OSError):
            self.folder.rmdir()  # only if it is empty: the site that was never there

    def publish(self, staged: Sequence[str], paths: frozenset[str] | None) -> Written:
        """Put the staged files in place, then remove what is in the site's list and not in `paths`; None: nothing."""
        before = frozenset() if paths is None else self.paths()
        removed = () if paths is None else tuple(sorted(before - paths))
        changed = paths is not None and paths != before
        if staged or removed or changed or not (self.folder / LIST).exists():
            journal = _Journal(tuple(staged), removed, tuple(sorted(paths)) if paths is not None and changed else None)
            self._write_synced(self.folder / _STAGE / _JOURNAL, msgspec.json.encode(journal))
            self._replay(journal)
        else:
            self.discard()
        return Written(tuple(staged), removed)

    def _keep_others_out(self) -> None:
        """Lock the folder, if it is there, until it is closed: two builds would mix what they stage."""
        if self._lock is not None or not self.folder.is_dir():
            return
        self._lock = os.open(self.folder, os.O_RDONLY)
        try:
            flock(self._lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            self.close()
            raise UsageError(f"another build is at work on {self.folder}: wait until it is done") from None
        except OSError:
            pass  # the file system knows no locks

    # --- the journal ----------------------------------------------------------------------------------------------

    def _recover(self) -> None:
        """Complete, or throw away, what an interrupted run left."""
        stage = self.folder / _STAGE
        try:
            journal = msgspec.json.decode((stage / _JOURNAL).read_bytes(), type=_Journal)
        except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
            shutil.rmtree(stage, ignore_errors=True)
        else:
            self._replay(journal)

    def _replay(self, journal: _Journal) -> None:
        """Do what a journal says; what is done already is passed over."""
        stage = self.folder / _STAGE
        self._clear_way(journal)
        for number, path in enumerate(journal.replace):
            staged, file = stage / str(number), self.folder / path
            if staged.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                staged.replace(file)
        for path in journal.remove:
            self._remove(path)
        self._write_list(journal.paths)
        shutil.rmtree(stage)

    def _clear_way(self, journal: _Journal) -> None:
        """Remove early what stands where a folder, or a file in place of a folder, is to be."""
        new = set(journal.replace)
        folders = {path[:at] for path in new for at, character in enumerate(path) if character == "/"}
        for path in journal.remove:
            if path in folders or any(path[:at] in new for at, character in enumerate(path) if character == "/"):
                self._remove(path)

    def _remove(self, path: str) -> None:
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            (self.folder / path).unlink()
        for parent in Path(path).parents:
            with suppress(OSError):
                if parent.parts:
                    (self.folder / parent).rmdir()

    def _write_list(self, paths: tuple[str, ...] | None) -> None:
        """Write the list where paths changed; else only its time, which marks this state of the site."""
        self._paths = None
        file = self.folder / LIST
        if paths is None and file.exists():
            os.utime(file)
            return
        text = _HEADING + "".join(f"{path}\n" for path in paths or ())
        staged = self.folder / _STAGE / "list"
        self._write_synced(staged, text.encode())
        staged.replace(file)

    def _write_synced(self, file: Path, data: bytes) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(file.name + ".part")
        with temporary.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)


def listed(folder: Path) -> frozenset[str]:
    """Give the paths that medqa wrote, as the list in a site's folder names them."""
    try:
        text = (folder / LIST).read_bytes().decode()
    except FileNotFoundError:
        return frozenset()
    return frozenset(path for path in text.removeprefix(_HEADING).split("\n") if path and _inside(path))


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _inside(path: str) -> bool:
    """Tell whether a listed path lies in the site: the list may have been tampered with."""
    return not path.startswith("/") and ".." not in path.split("/")
