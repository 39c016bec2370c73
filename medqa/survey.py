"""Stage 1, read: which files of the archive are new, changed or gone since the last build.

A file is known by its git blob id. On a working machine the stamps of a folder's files (size, times, inode) tell that
nothing in it has changed. In a fresh checkout all stamps are new and not even looked at: the ids are git's own, where
its index can be trusted; else the files are hashed.
"""

import os
import re
import subprocess
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from time import time_ns

import msgspec

from medqa import sources
from medqa.cache import Table
from medqa.errors import Problem

_RACY = 2_000_000_000
"""Nanoseconds: a file whose times are younger may change again without a change of its times (FAT counts in 2 s)."""
_MANY = 200
"""Files from which on it is worth asking git."""
_DISTRUSTED = ("filter", "ident", "working-tree-encoding", "eol=crlf")
"""Attributes by which a file in the checkout may differ from its blob."""

_ENTRY = re.compile(r"(?<![^\0])H 100[67]\d\d ([0-9a-f]+) 0\t([^\0]+)")
"""A line of git's index. Another letter means unmerged, skipped or assumed unchanged; 120000 is a link."""

Stamp = tuple[str, int, int, int, int]
"""Name, size, time of change, time of the last change of anything, inode."""


class Folder(msgspec.Struct, frozen=True, array_like=True):
    """The files of one folder, as they were last looked at."""

    stamps: bytes
    """Packed stamps in the order of the names; a file whose times are too young to be trusted has one that none has."""
    blobs: bytes
    """Packed: name → blob id."""


class Survey(msgspec.Struct, frozen=True):
    """What is different from the last build."""

    changed: Mapping[str, str]
    """Path → blob id of the files that are new or changed."""
    removed: Sequence[str]
    """Paths of the files that are no more."""
    problems: Sequence[Problem]
    """Of files and folders that cannot be read."""
    checkout: str
    """What tells this checkout of the archive from another."""


class _Look(msgspec.Struct, frozen=True):
    """What was seen of one folder, beside what is remembered of it."""

    path: str
    stamps: Sequence[Stamp]
    blobs: Mapping[str, str]
    """Name → blob id, as remembered."""
    sure: frozenset[str]
    """Names of the files that are as they were."""


def survey(
    root: Path,
    tops: Sequence[str],
    folders: Table[Folder],
    touched: Collection[str] | None = None,
    last_checkout: str = "",
) -> Survey:
    """Look at the files below some folders of the archive, and bring what is remembered of them up to date.

    `touched` are the paths of all files and folders in which something may be different from what is remembered: then
    only the folders that these lie in are looked at, and new ones. None: anything may. `last_checkout` is the one in
    which the archive was last looked at, "" where that is not known.
    """
    now = time_ns()
    checkout = _checkout(root / tops[0])
    stamped = touched is not None or last_checkout in {"", checkout}
    known = dict(folders.under("")).get if touched is None else folders.get
    walk = _Walk(root, tops, frozenset(tops if touched is None else touched), folders, stamped=stamped)
    looks: list[_Look] = []
    for path, stamps in walk:
        last = known(path)
        if not stamped or last is None or last.stamps != _pack(stamps):
            looks.append(_compared(path, stamps, last, stamped=stamped))
    git = _git_blobs(root, tops) if sum(len(one.stamps) - len(one.sure) for one in looks) >= _MANY else {}
    changed: dict[str, str] = {}
    removed: list[str] = []
    for look in looks:
        found = _identified(root, look, git, walk.problems)
        changed.update((f"{look.path}/{name}", blob) for name, blob in found.items() if blob != look.blobs.get(name))
        removed += (f"{look.path}/{name}" for name in look.blobs if name not in found)
        if stamped or found != look.blobs or known(look.path) is None:
            settled = [_settled(one, now) if one[0] in found else _unsure(one[0]) for one in look.stamps]
            folders.put(look.path, Folder(_pack(settled), _pack(found)))
    for path in walk.gone():
        removed += (f"{path}/{name}" for name in _blobs(known(path)))
        folders.put(path, None)
    return Survey(changed, removed, walk.problems, checkout)


def _checkout(folder: Path) -> str:
    """Tell a folder from one at the same place in another checkout; may differ where something in it was renamed."""
    try:
        stat = folder.stat()
    except OSError:
        return ""
    return f"{stat.st_dev} {stat.st_ino} {stat.st_ctime_ns}"


def _settled(stamp: Stamp, now: int) -> Stamp:
    return stamp if max(stamp[2], stamp[3]) <= now - _RACY else _unsure(stamp[0])


def _unsure(name: str) -> Stamp:
    """Give a stamp that the file will not have when it is looked at next."""
    return name, -2, 0, 0, 0


def _compared(path: str, stamps: Sequence[Stamp], last: Folder | None, *, stamped: bool) -> _Look:
    """Tell which files of a folder are as they were, as far as stamps tell it."""
    trusted = frozenset(_STAMPS.decode(last.stamps)) if last and stamped else frozenset()
    return _Look(path, stamps, _blobs(last), frozenset(one[0] for one in stamps if one in trusted))


def _identified(root: Path, look: _Look, git: Mapping[str, str], problems: list[Problem]) -> dict[str, str]:
    """Give name → blob id of the files of a folder, hashed where nobody knows it."""
    found: dict[str, str] = {}
    for name, *_ in look.stamps:
        path = f"{look.path}/{name}"
        try:
            found[name] = look.blobs[name] if name in look.sure else git.get(path) or _hashed(root, path)
        except sources.UnreadableError as error:
            problems.append(sources.folder_fault(path) if (root / path).is_dir() else error.problem)
    return found


_STAMPS = msgspec.msgpack.Decoder(list[Stamp])
_pack = msgspec.msgpack.Encoder().encode


def _blobs(known: Folder | None) -> dict[str, str]:
    return msgspec.msgpack.decode(known.blobs, type=dict[str, str]) if known else {}


def _hashed(root: Path, path: str) -> str:
    return sources.blob_id(sources.bytes_of(root, root / path))


# --- the way through the folders --------------------------------------------------------------------------------------


class _Walk:
    """Goes through the folders in which something may be different; hidden files and editors' backups are passed over.

    Of what was touched it looks at the folder that it lies in and, where it is a folder itself, at all below it: one
    that was renamed may have come whole. Other folders are left out, unless nobody remembers them.
    """

    def __init__(
        self, root: Path, tops: Sequence[str], touched: frozenset[str], folders: Table[Folder], *, stamped: bool
    ) -> None:
        self.problems: list[Problem] = []
        self._root = root
        self._touched = touched
        self._folders = folders
        self._stamp = _stamp if stamped else _unstamped
        nearest = {self._nearest(path, tops) for path in touched if path.partition("/")[0] in tops and path not in tops}
        covered = {path for path in nearest if not touched.isdisjoint(_ways(path))}
        self._starts = nearest - covered | (touched & {*tops})
        self._seen: set[str] = set()
        self._left_out: set[str] = set()

    def _nearest(self, path: str, tops: Sequence[str]) -> str:
        """Give the folder above a path that is remembered: what lies between is new, or hidden."""
        return next(above for above in [*_ways(path)][1:] if above in tops or self._folders.get(above))

    def __iter__(self) -> Iterator[tuple[str, list[Stamp]]]:
        """Give each folder with the stamps of its files by name."""
        waiting = [(path, path in self._touched) for path in self._starts]
        while waiting:
            path, whole = waiting.pop()
            try:
                entries = os.scandir(self._root / path)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError:
                self.problems.append(sources.folder_fault(path))
                continue
            with entries:
                inner, stamps = _look(path, entries, self.problems, self._stamp)
            for folder in inner:
                if whole or folder in self._touched or not self._folders.get(folder):
                    waiting.append((folder, True))
                elif folder not in self._starts:
                    self._left_out.add(folder)
            self._seen.add(path)
            yield path, stamps

    def gone(self) -> list[str]:
        """Give the folders that are remembered and were not met, once all has been gone through."""
        remembered = {path for start in self._starts for path in self._folders.keys(start)}
        return sorted(path for path in remembered - self._seen if self._was_due(path))

    def _was_due(self, path: str) -> bool:
        """Tell whether a folder would have been met, were it there: one above it was looked at, and it not left out."""
        for one in _ways(path):
            if one in self._left_out:
                return False
            if one in self._seen or one in self._starts:
                return True
        return False


def _ways(path: str) -> Iterator[str]:
    """Give a path, and all folders above it."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def _look(
    path: str,
    entries: Iterable["os.DirEntry[str]"],
    problems: list[Problem],
    stamp: Callable[["os.DirEntry[str]"], Stamp],
) -> tuple[list[str], list[Stamp]]:
    """Give the folders in a folder, and the stamps of its files."""
    folders: list[str] = []
    stamps: list[Stamp] = []
    shown = [entry for entry in entries if entry.name[0] != "."]
    printable = path.isprintable() and "".join([entry.name for entry in shown]).isprintable()
    for entry in shown:
        name = entry.name
        if entry.is_dir(follow_symlinks=False):
            folders.append(f"{path}/{name}")
        elif name[0] != "#" and name[-1] != "~":
            if fault := None if printable else sources.name_fault(f"{path}/{name}"):
                problems.append(fault)
                continue
            stamps.append(stamp(entry))
    stamps.sort()
    return folders, stamps


def _stamp(entry: "os.DirEntry[str]") -> Stamp:
    try:
        stat = entry.stat()
    except OSError:  # a link that leads nowhere: reading it will say so
        return entry.name, -1, 0, 0, 0
    return entry.name, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def _unstamped(entry: "os.DirEntry[str]") -> Stamp:
    return _unsure(entry.name)


# --- git --------------------------------------------------------------------------------------------------------------


def _git_blobs(root: Path, tops: Sequence[str]) -> dict[str, str]:
    """Give path → blob id of the files that are as git's index has them; {} where it cannot be trusted."""
    if not _trusted(root):
        return {}
    listed = _git(root, "ls-files", "-s", "-t", "-v", "-z", "--", *tops)
    modified = _git(root, "diff-files", "--name-only", "--relative", "-z", "--", *tops)
    if listed is None or modified is None:
        return {}
    blobs = {path: blob for blob, path in _ENTRY.findall(os.fsdecode(listed))}
    for path in os.fsdecode(modified).split("\0"):
        blobs.pop(path, None)
    return blobs


def _trusted(root: Path) -> bool:
    """Tell whether a file that is unmodified for git has the bytes of its blob: no filter, no other line ends."""
    said = _git(root, "rev-parse", "--show-object-format", "--git-path", "info/attributes")
    form, *paths = (said or b"").decode().split("\n")
    if form != "sha1":
        return False
    crlf = _git(root, "config", "--get", "core.autocrlf")
    if (crlf or b"false").strip() != b"false":
        return False
    named = _git(root, "ls-files", "-z", "--full-name", "--", ":(top).gitattributes", ":(top)**/.gitattributes")
    top = _git(root, "rev-parse", "--show-toplevel")
    files = [root / paths[0]] if paths else []
    files += (
        Path(os.fsdecode((top or b"").strip()), os.fsdecode(name)) for name in (named or b"").split(b"\0") if name
    )
    own = _git(root, "config", "--path", "--get", "core.attributesFile")
    files.append(Path(os.fsdecode((own or b"").strip()) or "~/.config/git/attributes").expanduser())
    return not any(word in _text(file) for file in files for word in _DISTRUSTED)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _git(root: Path, *words: str) -> bytes | None:
    """Run git; None where it fails or is not there."""
    command = ["git", "-C", str(root), *words]
    environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        said = subprocess.run(command, capture_output=True, env=environment, check=False)  # noqa: S603 - words of our own
    except OSError:
        return None
    return said.stdout if said.returncode == 0 else None
