"""Disks that fail: what a build changes below an open folder is counted, and from some change on refused."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from medqa.disk import Folder
from medqa.outputs import Site
from tests.projects import file_of, url_of

STAGE = ".medqa-stage"
TAKES_ROOM = frozenset({"open", "write", "mkdir", "replace", "utime", "fsync", "sync"})
ALL = frozenset({*TAKES_ROOM, "unlink", "rmdir"})


class PowerCutError(BaseException):
    """Nothing runs after it."""


class Disk:
    """Counts changes, and refuses those of some kinds from the one with a given number on."""

    def __init__(self, last: int, kinds: frozenset[str], refuse: Callable[[], BaseException]) -> None:
        self.last = last
        self.kinds = kinds
        self.refuse = refuse
        self.changes = 0
        self.whole = 0
        """How many changes there had been when the journal was whole; 0: it never was."""
        self.unsynced: set[int] = set()
        """Inodes of files that a power cut empties."""
        self._written: set[int] = set()
        self._moved = False

    def change(self, kind: str) -> None:
        if kind in self.kinds:
            self.changes += 1
            if self.changes > self.last:
                raise self.refuse()

    def lose(self, folder: Path) -> None:
        """Empty the files that were not synced."""
        for at, _, names in os.walk(folder):
            for file in (Path(at, name) for name in names):
                if file.stat().st_ino in self.unsynced:
                    os.truncate(file, 0)

    def done(self, kind: str, paths: tuple[Any, ...]) -> None:
        """Note what is in place, and what of it would survive."""
        if kind == "sync":
            self.unsynced.clear()
            self._moved = False
        elif kind == "replace" and paths[1] == f"{STAGE}/journal":
            self.whole = self.changes
        elif kind == "unlink" and paths[0] == f"{STAGE}/journal":
            assert not self._moved, "the journal goes before what it says is on the disk"
        elif kind != "fsync" and not str(paths[-1]).startswith(STAGE):
            self._moved = True

    def counting(self, kind: str, function: Any) -> Any:
        def changing(*given: Any, **options: Any) -> Any:
            if kind in {"fsync", "sync"} or not {"dir_fd", "src_dir_fd"}.isdisjoint(options):
                self.change(kind)
            function(*given, **options)
            self.done(kind, given)

        return changing

    def opening(self, function: Any) -> Any:
        def opened(path: Any, flags: int, *rest: Any, **options: Any) -> int:
            if not flags & os.O_CREAT or "dir_fd" not in options:
                return int(function(path, flags, *rest, **options))
            self.change("open")
            handle = int(function(path, flags, *rest, **options))
            self._written.add(handle)
            self.unsynced.add(os.fstat(handle).st_ino)
            return handle

        return opened

    def writing(self, function: Any) -> Any:
        def write(handle: int, data: Any) -> int:
            if handle in self._written:
                self.change("write")
            return int(function(handle, data))

        return write

    def closing(self, function: Any) -> Any:
        def close(handle: int) -> None:
            self._written.discard(handle)
            function(handle)

        return close


@contextmanager
def _disk(disk: Disk) -> Iterator[Disk]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("mkdir", "replace", "utime", "fsync", "unlink", "rmdir"):
            patch.setattr(os, name, disk.counting(name, getattr(os, name)))
        patch.setattr(os, "open", disk.opening(os.open))
        patch.setattr(os, "write", disk.writing(os.write))
        patch.setattr(os, "close", disk.closing(os.close))
        patch.setattr(Folder, "sync", disk.counting("sync", Folder.sync))
        yield disk


NEVER = 1_000_000


@contextmanager
def power_cut(folder: Path, after: int = NEVER) -> Iterator[Disk]:
    """Let the power fail after so many changes: nothing is tidied up, and files below a folder that were not synced
    are empty, but locks are free.
    """
    close = Site.close

    def closed(site: Site) -> None:
        try:
            close(site)
        except PowerCutError:
            if site._lock._open_note is not None:
                os.close(site._lock._open_note)
            site._lock.folder.close()
            raise

    with _disk(Disk(after, ALL, PowerCutError)) as disk, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Site, "close", closed)
        try:
            yield disk
        except PowerCutError:
            disk.lose(folder)
            raise


@contextmanager
def refusing(number: int, after: int = NEVER, kinds: frozenset[str] = ALL) -> Iterator[Disk]:
    """Let changes of some kinds fail with an error's number, from one on."""
    with _disk(Disk(after, kinds, lambda: OSError(number, os.strerror(number)))) as disk:
        yield disk


def dead_links(files: Mapping[str, bytes], urls: Iterable[str]) -> set[str]:
    """Follow all links from some pages on, those that are there; give the links that lead to no file."""
    waiting = [url for url in urls if file_of(url) in files]
    seen, dead = set(waiting), set()
    while waiting:
        path = file_of(waiting.pop())
        if path not in files:
            dead.add(path)
        elif path.endswith(".html"):
            found = set(re.findall(r'(?:href="|url=)(/[^"#]*)', files[path].decode())) - seen
            seen |= found
            waiting += found
    return dead


def complaint(old: Mapping[str, bytes], new: Mapping[str, bytes], found: Mapping[str, bytes]) -> str:
    """Say what is wrong with the files of a site on its way from old to new ones; "" where nothing is."""
    site = {path: data for path, data in found.items() if not path.startswith(f"{STAGE}/") and not path.endswith("/")}
    if torn := [path for path, data in site.items() if data not in {old.get(path), new.get(path)}]:
        return f"neither old nor new: {torn}"
    if gone := [path for path in old.keys() & new.keys() if path not in site]:
        return f"not there: {gone}"
    pages = [url_of(path) for path in old.keys() & new.keys() if path.endswith(".html")]
    if dead := dead_links(site, pages):
        return f"links lead nowhere: {sorted(dead)}"
    if f"{STAGE}/journal" not in found and site not in (old, new):
        return "neither the old site nor the new one, and no journal"
    return ""
