"""Stage 1, read: which files of the archive are new, changed or gone since the last build.

A file is known by its git blob id. On a working machine the stamps of a folder's files (size, times, inode) tell that
nothing in it has changed. In a fresh checkout all stamps are new, and the ids are git's own, where its index can be
trusted; else the files are hashed.
"""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    """Packed stamps in the order of the names; b"" where they are too young to be trusted."""
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


def survey(root: Path, tops: Sequence[str], folders: Table[Folder]) -> Survey:
    """Look at all files below some folders of the archive, and bring what is remembered of them up to date."""
    now = time_ns()
    last = dict(folders.under(""))
    changed: dict[str, str] = {}
    removed: list[str] = []
    problems: list[Problem] = []
    doubtful: list[tuple[str, list[Stamp], Folder | None]] = []
    seen: set[str] = set()
    for path, stamps in _walk(root, tops, problems):
        seen.add(path)
        known = last.get(path)
        if known is None or not known.stamps or known.stamps != _pack(stamps):
            doubtful.append((path, stamps, known))
    blobs = _git_blobs(root, tops) if sum(len(stamps) for _, stamps, _ in doubtful) >= _MANY else {}
    for path, stamps, known in doubtful:
        before = _blobs(known)
        old = dict(zip(before, _STAMPS.decode(known.stamps), strict=True)) if known and known.stamps else {}
        found: dict[str, str] = {}
        for stamp in stamps:
            name = stamp[0]
            file = f"{path}/{name}"
            if old.get(name) == stamp:
                found[name] = before[name]
                continue
            try:
                found[name] = blobs.get(file) or _hashed(root, file)
            except sources.UnreadableError as error:
                problems.append(sources.folder_fault(file) if (root / file).is_dir() else error.problem)
                continue
            if found[name] != before.get(name):
                changed[file] = found[name]
        removed += (f"{path}/{name}" for name in before if name not in found)
        young = any(max(stamp[2], stamp[3]) > now - _RACY for stamp in stamps) or len(found) < len(stamps)
        folders.put(path, Folder(b"" if young else _pack(stamps), _pack(found)))
    for path in last.keys() - seen:
        removed += (f"{path}/{name}" for name in _blobs(last[path]))
        folders.put(path, None)
    return Survey(changed, removed, problems)


_STAMPS = msgspec.msgpack.Decoder(list[Stamp])
_pack = msgspec.msgpack.Encoder().encode


def _blobs(known: Folder | None) -> dict[str, str]:
    return msgspec.msgpack.decode(known.blobs, type=dict[str, str]) if known else {}


def _hashed(root: Path, path: str) -> str:
    return sources.blob_id(sources.bytes_of(root, root / path))


def _walk(root: Path, tops: Sequence[str], problems: list[Problem]) -> Iterator[tuple[str, list[Stamp]]]:
    """Give each folder with the stamps of its files by name; hidden files and editors' backups are passed over."""
    waiting = list(tops)
    while waiting:
        path = waiting.pop()
        try:
            entries = os.scandir(root / path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            problems.append(sources.folder_fault(path))
            continue
        with entries:
            folders, stamps = _look(path, entries, problems)
        waiting += folders
        yield path, stamps


def _look(path: str, entries: Iterable["os.DirEntry[str]"], problems: list[Problem]) -> tuple[list[str], list[Stamp]]:
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
            try:
                stat = entry.stat()
                stamps.append((name, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino))
            except OSError:  # a link that leads nowhere: reading it will say so
                stamps.append((name, -1, 0, 0, 0))
    stamps.sort()
    return folders, stamps


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
