"""Stage 7, write: the only writer of `site/`.

All new files are first written beside the site (in `.medqa-stage/` inside it, so that a rename suffices), then a
journal of what goes where, then each file is replaced at once. A build that is stopped before the journal is whole
leaves the old site; stopped later, the next run completes it from the journal. From there on nothing is written but
names: it goes on where the disk is full. How the site will be told from every other state of it, its mark, is settled
before that too: so whoever remembers what it was built from still knows it when it was completed by another run.

The same holds when the power fails: what is staged is on the disk before the journal is whole, and what is in place is
on the disk before the journal goes.

Every name is looked up below the folder that was opened at the start: a site that is deleted during the build is an
error, and not a new site with only half of the files.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from errno import ENOENT, EXDEV
from itertools import chain
from pathlib import Path
from stat import S_ISDIR, S_ISREG

import msgspec

from medqa import disk
from medqa.errors import UsageError
from medqa.locks import Lock

LIST = ".medqa"
"""File in the site that lists the paths medqa wrote, one a line."""
STAGE = ".medqa-stage"
"""Folder in the site, there while a build is at work, or after one was stopped."""
_NEW = f"{STAGE}/new"
_NEW_LIST = f"{STAGE}/list"
_JOURNAL = f"{STAGE}/journal"
_PART = f"{_JOURNAL}.part"
"""The journal, until it is whole. Its time will be that of the list: no two publications have the same."""
_HOLDER = f"{STAGE}/holder"
_HEADING = "# Files in this folder that medqa made, and may replace or remove. Do not edit.\n"
_A_FEW = 50
"""Paths that are looked for in the list as it is, before it is taken apart."""
_OLD, _BETWEEN = "the site is as it was", "the next build completes what this one began to publish"


class _Journal(msgspec.Struct, frozen=True):
    """What remains to be done once all files are staged."""

    place: tuple[str, ...]
    """Paths of files, and of folders that are new, in order; what is staged for the n-th is named n."""
    remove: tuple[str, ...]


class Written(msgspec.Struct, frozen=True):
    """What a publication did to the site's files."""

    replaced: tuple[str, ...]
    """Paths that are new or whose bytes changed."""
    removed: tuple[str, ...]
    added: frozenset[str]
    """Those of the replaced that are new."""

    def lines(self) -> Iterator[str]:
        """Give what an upload has to do, one a line: `A`, `M` or `D` (new, changed, removed) and a path."""
        yield from (f"{'A' if path in self.added else 'M'} {path}" for path in self.replaced)
        yield from (f"D {path}" for path in self.removed)


class Site:
    """A folder with a published site, kept from other builds until it is closed."""

    def __init__(self, folder: Path) -> None:
        """Look at the folder, made if there is none; completes a publication that was interrupted.

        Raises UsageError where the folder holds files but no list of medqa's, or another build is at work on it.
        """
        self.folder = folder
        self._paths: frozenset[str] | None = None
        self._list: bytes | None = None
        self._asked = 0
        self._added: list[str] = []
        self._recovered: tuple[str, ...] = ()
        """Paths that the completion of an interrupted publication touched."""
        self._parts: dict[str, int] = {}
        """Path of a file, or of a new folder with all that is in it → number under which it is staged."""
        self._tops: dict[str, str] = {"": ""}
        """Folder → the uppermost new one on the way to it."""
        self._lock = Lock(folder, _HOLDER)
        self._at = self._lock.folder
        try:
            with self._explained(_BETWEEN):
                self._refuse_foreign(LIST, STAGE)
                self._lock.sign()
                self._recover()
                self._refuse_foreign(LIST)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let other builds in."""
        self.discard()
        self._lock.close()

    # --- what stands ----------------------------------------------------------------------------------------------

    def paths(self) -> frozenset[str]:
        """Give the paths that medqa wrote."""
        if self._paths is None:
            self._paths = listed(self.folder)
        return self._paths

    def mark(self) -> str:
        """Give what tells this state of the site from every other: "" for no site."""
        return _mark(self._at.stat(LIST))

    def _owns(self, path: str) -> bool:
        """Tell whether medqa wrote what stands at a path: for a file or two the list need not be taken apart."""
        self._asked += 1
        if self._paths is not None or self._asked > _A_FEW:
            return path in self.paths()
        if self._list is None:
            self._list = b"\n" + (self._at.read(LIST) if self._at.stat(LIST) else b"")
        return b"\n%s\n" % path.encode() in self._list

    def _refuse_foreign(self, *signs: str) -> None:
        """Refuse a folder with files in it and none of medqa's signs."""
        names = self._at.names()
        if names - {STAGE} and names.isdisjoint(signs):
            raise UsageError(
                f"{self.folder} holds files that medqa did not make: empty it, or choose another with --out"
            )

    # --- staging --------------------------------------------------------------------------------------------------

    def stage(self, files: Iterable[tuple[str, bytes]]) -> list[str]:
        """Write files beside the site; gives the paths of those that differ from what stands there.

        Raises UsageError where a file that medqa did not write stands in the way, or the disk refuses.
        """
        with self._explained(_OLD):
            self._clear_stage()
            self._at.make(_NEW)
        differ: list[str] = []
        for path, data in files:
            try:
                if self._stage(path, data):
                    differ.append(path)
            except OSError as error:
                raise self._refusal(error, _OLD, path) from error
        return differ

    def _stage(self, path: str, data: bytes) -> bool:
        """Write a file beside the site, unless it stands in the site as it is."""
        part, standing = self._new_folder(path.rpartition("/")[0]), None
        if not part:
            standing = self._stands(path, data)
            if standing:
                return False
            part = path
        if standing is None:
            self._added.append(path)
        staged = f"{_NEW}/{self._parts.setdefault(part, len(self._parts))}{path[len(part) :]}"
        self._at.make(staged.rpartition("/")[0], below=_NEW)
        self._at.write(staged, data)
        return True

    def _new_folder(self, folder: str) -> str:
        """Give the uppermost folder on a way that the site does not have; "" where it has them all."""
        if folder not in self._tops:
            above = self._new_folder(folder.rpartition("/")[0])
            if above:
                return above
            self._tops[folder] = "" if self._is_folder(folder) else folder
        return self._tops[folder]

    def _is_folder(self, path: str) -> bool:
        stat = self._at.stat(path)
        if not stat:
            return False
        if not S_ISDIR(stat.st_mode):
            self._refuse_unless(self._owns(path), path)
            return False
        if stat.st_dev != self._at.device:
            raise OSError(EXDEV, os.strerror(EXDEV), path)
        return True

    def _stands(self, path: str, data: bytes) -> bool | None:
        """Tell whether a file stands in the site as it is to be, None for no file.

        Nothing but medqa's own may stand in its place.
        """
        stat = self._at.stat(path)
        if not stat:
            return None
        if S_ISDIR(stat.st_mode):
            foreign = self._foreign_in(path)
            self._refuse_unless(foreign is None, foreign or path)
            return None
        if S_ISREG(stat.st_mode) and stat.st_size == len(data) and self._at.read(path) == data:
            return True
        self._refuse_unless(self._owns(path), path)
        return False

    def _foreign_in(self, path: str) -> str | None:
        """Find what is not medqa's in a folder; medqa leaves no folder empty."""
        for at, folders, names in os.walk(self.folder / path):
            below = Path(at).relative_to(self.folder).as_posix()
            if not folders and not names:
                return below
            if foreign := [name for name in names if f"{below}/{name}" not in self.paths()]:
                return f"{below}/{foreign[0]}"
        return None

    def _refuse_unless(self, fine: bool, path: str) -> None:  # noqa: FBT001 - reads as a sentence
        if not fine:
            raise UsageError(f"{self.folder / path} was not made by medqa: move it to static/, or delete it")

    def discard(self) -> None:
        """Throw away what was staged, unless a whole journal names it."""
        with suppress(OSError):
            if not self._at.stat(_JOURNAL):
                self._clear_stage()

    # --- publication ----------------------------------------------------------------------------------------------

    def publish(self, staged: Sequence[str], paths: frozenset[str] | None, keep: Callable[[str], object]) -> Written:
        """Put the staged files in place, then remove what is in the site's list and not in `paths`; None: nothing.

        `keep` is told the mark that the site will have, when nothing can go wrong any more but a sudden end; what it
        raises leaves the site as it was. Raises UsageError where the disk refuses.
        """
        before = frozenset() if paths is None else self.paths()
        removed = tuple(sorted(before - (paths or frozenset())))
        changed = paths is not None and (paths != before or not self._at.stat(LIST))
        if staged or changed:
            # What a page shows goes after the page.
            journal = _Journal(tuple(self._parts), tuple(sorted(removed, key=lambda path: not path.endswith(".html"))))
            with self._explained(_OLD):
                if paths is not None and changed:
                    self._at.write(_NEW_LIST, "".join((_HEADING, *(f"{path}\n" for path in sorted(paths)))).encode())
                self._at.write(_PART, msgspec.json.encode(journal))
                self._at.date(_NEW_LIST, _PART)
                self._at.sync()
            keep(_mark(self._at.stat(_NEW_LIST) or self._at.stat(LIST), self._at.stat(_PART)))
            with self._explained(_OLD):
                self._at.move(_PART, _JOURNAL)
            with self._explained(_BETWEEN):
                self._at.sync_names(STAGE)
                self._replay(journal, begun=False)
        else:
            keep(self.mark())
        redone, self._recovered = self._recovered, ()
        replaced = dict.fromkeys((*staged, *(path for path in redone if self._at.stat(path))))
        gone = dict.fromkeys((*removed, *(path for path in redone if not self._at.stat(path))))
        return Written(tuple(replaced), tuple(gone), frozenset(self._added))

    def _recover(self) -> None:
        """Complete, or throw away, what an interrupted run left."""
        try:
            journal = msgspec.json.decode(self._at.read(_JOURNAL), type=_Journal)
        except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
            with suppress(OSError):
                self._clear_stage()
        else:
            self._replay(journal, begun=True)
            self._recovered = (*chain.from_iterable(map(self._files_in, journal.place)), *journal.remove)

    def _files_in(self, path: str) -> Iterator[str]:
        """Give the path of a file, or those of all files in a folder."""
        if (self.folder / path).is_file():
            yield path
        for at, _, names in os.walk(self.folder / path):
            below = Path(at).relative_to(self.folder).as_posix()
            yield from sorted(f"{below}/{name}" for name in names)

    def _replay(self, journal: _Journal, *, begun: bool) -> None:
        """Do what a journal says; where that was begun, what is done already is passed over."""
        for number, path in enumerate(journal.place):
            if not self._place(f"{_NEW}/{number}", path, journal) and not begun:
                raise _gone(path)
        for path in journal.remove:
            self._at.remove_with_folders(path)
        self._paths = self._list = None
        try:
            self._at.move(_NEW_LIST, LIST)
        except FileNotFoundError:  # no path is new or gone: its time marks this state of the site
            self._at.date(LIST, _JOURNAL)
        if not begun and not self._at.stat(LIST):
            raise _gone(LIST)
        self._at.sync()
        self._clear_stage()

    def _place(self, part: str, path: str, journal: _Journal) -> bool:
        """Put in place what is staged; tells whether it was there."""
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            self._at.move(part, path)
            return True
        if not self._at.stat(part):
            return False
        above = {path[:at] for at, character in enumerate(path) if character == "/"}
        for other in journal.remove:  # some of it stands in the way
            if other == path or other in above or other.startswith(f"{path}/"):
                self._at.remove_with_folders(other)
        if folder := path.rpartition("/")[0]:
            self._at.make(folder)
        self._at.move(part, path)
        return True

    def _clear_stage(self) -> None:
        """Remove what is staged; the journal first, for without it the rest is of no account."""
        self._parts, self._tops = {}, {"": ""}
        if self._at.stat(_JOURNAL):
            self._at.remove(_JOURNAL)
            self._at.sync_names(STAGE)
        for path in (_PART, _NEW_LIST):
            self._at.remove(path)
        self._at.remove_tree(_NEW)

    # --- what the disk refuses ------------------------------------------------------------------------------------

    @contextmanager
    def _explained(self, state: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._refusal(error, state) from error

    def _refusal(self, error: OSError, state: str, path: str = "") -> UsageError:
        name = path or error.filename2 or error.filename
        at = self.folder / name if isinstance(name, str) and self._at.stands() else self.folder
        return disk.refusal(error, at, state)


def listed(folder: Path) -> frozenset[str]:
    """Give the paths that medqa wrote, as the list in a site's folder names them."""
    try:
        text = (folder / LIST).read_bytes().decode()
    except FileNotFoundError:
        return frozenset()
    return frozenset(path for path in text.removeprefix(_HEADING).split("\n") if path and _inside(path))


def _mark(site_list: os.stat_result | None, dated: os.stat_result | None = None) -> str:
    """Tell a list from every other, as it is or as it will be once it is as old as another file."""
    return f"{(dated or site_list).st_mtime_ns} {site_list.st_size} {site_list.st_ino}" if site_list else ""


def _gone(path: str) -> FileNotFoundError:
    return FileNotFoundError(ENOENT, os.strerror(ENOENT), path)


def _inside(path: str) -> bool:
    """Tell whether a listed path lies in the site: the list may have been tampered with."""
    return not path.startswith("/") and ".." not in path.split("/")
