"""Stage 1, read: the only reader of what editors and owners write.

Gives texts with a digest each; knows folders and file names, nothing of what stands in a file.
"""

import hashlib
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from errno import EINVAL
from functools import cache
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Literal, get_args

import msgspec

from medqa.errors import Problem, UsageError, problem

Kind = Literal["threads", "doctors", "hospitals", "specialties", "topics", "pages"]
"""The folders of `content/`; a document's kind is the folder it lies in."""

KINDS: tuple[Kind, ...] = get_args(Kind)
CONFIG = "config.yaml"
CONTENT = "content"
STATIC = "static"
ASSETS = "assets"
"""Folder of `templates/` that is published as it is."""
TEMPLATES = "templates"
_PACKAGE = Path(__file__).resolve().parent
PACKAGED_TEMPLATES = next(
    (folder for folder in (_PACKAGE / TEMPLATES, _PACKAGE.parent / TEMPLATES) if folder.is_dir()), _PACKAGE / TEMPLATES
)
"""The templates that came with medqa: inside the installed package, or beside it in a checkout."""
STEM_BYTES = 100
_RESERVED = frozenset({*KINDS, ASSETS, "404", "archive", "faq", "index", "search"})
"""What the archive's own texts cannot be called: the first parts of all other addresses, also of pages to come."""


class Place(msgspec.Struct, frozen=True, order=True):
    """Where a document's file lies and what its name says."""

    kind: Kind
    stem: str
    path: str
    """Relative to the root, forward slashes, as the file system spells it."""


class Source(msgspec.Struct, frozen=True):
    """One text file as read."""

    path: str
    digest: str
    """The name under which git keeps its bytes."""
    text: str


class UnreadableError(Exception):
    """A file is not text or cannot be opened; carries the problem."""

    def __init__(self, found: Problem) -> None:
        """Keep the problem."""
        self.problem = found
        super().__init__(str(found))


def digest(*parts: bytes | str) -> str:
    """Give 32 hex digits that differ where the list of parts differs."""
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        state.update(len(data).to_bytes(8, "little"))
        state.update(data)
    return state.hexdigest()


def blob_id(data: bytes) -> str:
    """Give the name under which git keeps a file of these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def read(root: Path, path: str) -> Source:
    """Read a text file; a byte order mark is dropped, every line end becomes a newline.

    Raises UnreadableError with MQ101 (with the place of the first bad byte) or MQ112.
    """
    data = bytes_of(root, root / path)
    try:
        text = text_of(data)
    except UnicodeDecodeError as error:
        raise UnreadableError(_not_text(path, data, error.start)) from error
    if b"\0" in data:  # UTF-16 without a byte order mark, say, of which every byte is UTF-8
        raise UnreadableError(_not_text(path, data, data.index(0)))
    return Source(path, blob_id(data), text)


def text_of(data: bytes) -> str:
    """Give the text of a file's bytes; raises UnicodeDecodeError."""
    return _with_newlines(data.decode("utf-8").removeprefix("\ufeff"))


def _with_newlines(text: str) -> str:
    return text if "\r" not in text else text.replace("\r\n", "\n").replace("\r", "\n")


def _not_text(path: str, data: bytes, at: int) -> Problem:
    """Report the first byte of a file that is not UTF-8, or 0."""
    lines = _with_newlines(data[:at].decode("utf-8").removeprefix("\ufeff")).split("\n")
    hint = "save the file as UTF-8 (in most editors: Save as, Encoding)"
    return problem((path, len(lines), len(lines[-1]) + 1), "MQ101", f"byte 0x{data[at]:02x} is not UTF-8 text", hint)


def require_content(root: Path) -> None:
    """Raise UsageError where there is no `content/`: then nothing is to be made there, not even a cache."""
    if not (root / CONTENT).is_dir():
        raise UsageError(f"no folder '{CONTENT}' in {root}: name the archive's folder with --root")


def folder_fault(path: str) -> Problem:
    """Say that a folder cannot be gone through."""
    hint = "check its rights; where it is a link, put the folder itself here"
    return problem((_legible(path), 1, 1), "MQ112", "this folder cannot be read, or is a link", hint)


def name_fault(path: str) -> Problem | None:
    """Say why a path cannot be written down, or None."""
    kinds = set() if path.isprintable() else set(map(unicodedata.category, path))
    if not kinds & {"Cc", "Cs"}:
        return None
    fault = "the file's name has a line end or another control character"
    if "Cs" in kinds:  # how Python shows bytes that are not UTF-8
        fault = "the file's name is not UTF-8"
    return problem((_legible(path), 1, 1), "MQ109", fault, "rename the file")


def _legible(path: str) -> str:
    """Put a replacement character where a path cannot be shown."""
    return "".join("\ufffd" if unicodedata.category(character) in {"Cc", "Cs"} else character for character in path)


def place(path: str) -> Place | Problem:
    """Tell a document's kind and stem from its path, or why what lies there is none."""
    if fault := name_fault(path):
        return fault
    parts = path.split("/")
    name = unicodedata.normalize("NFC", parts[-1])
    at = (path, 1, 1)
    kind = next((known for known in KINDS if known in parts[1:2]), None)
    if kind is None or (kind != "threads" and len(parts) != len([CONTENT, kind, name])):
        where = f"{CONTENT}/threads/…/, or {CONTENT}/ followed by {', '.join(KINDS[1:])}"
        return problem(at, "MQ110", "the file lies outside the folders of the archive", f"documents lie in {where}")
    stem, dot, ending = name.rpartition(".")
    if not dot or ending != "md":
        return problem(
            at, "MQ110", "documents end in '.md'", f"move images and other files to {STATIC}/, or rename the file"
        )
    if kind == "pages" and stem in _RESERVED:
        message = f"'{stem}' cannot be an address: medqa keeps this name for pages of its own"
        return problem(at, "MQ109", message, f"choose another name, for example our-{stem}.md")
    if reason := stem_fault(stem):
        return problem(at, "MQ109", f"'{stem}' cannot be an address: {reason}", f"call it {_fitting(stem)}.md")
    return Place(kind, stem, path)


def _fitting(stem: str) -> str:
    """Give a name that can be an address and is like one that cannot."""
    letters = "".join(one if unicodedata.category(one)[0] in "LNM" else " " for one in stem.lower())
    short = "-".join(letters.split()).encode()[:STEM_BYTES].decode(errors="ignore").strip("-")
    return short or "night-cough-in-winter"


def stem_fault(stem: str) -> str:
    """Say why `stem` cannot be part of an address, or "".

    Allowed: 1–100 bytes of lower-case letters and digits of any script (with their combining marks), and hyphens.
    """
    if not stem:
        return "it is empty"
    for character in stem:
        if character != character.lower():
            return f"'{character}' is a capital letter"
        if character != "-" and unicodedata.category(character)[0] not in "LNM":
            return f"'{character}' is not a letter, digit or hyphen"
    if len(stem.encode()) > STEM_BYTES:
        return f"it is longer than {STEM_BYTES} bytes"
    return "" if stem.strip("-") else "it has no letter"


def files_below(root: Path, folder: str) -> Iterator[str]:
    """Give the paths of all files below a folder, sorted; hidden files and editors' backups are passed over.

    A folder that cannot be read, or is only a link, is given too: reading it as a file will fail.
    """
    unreadable: list[OSError] = []
    for at, folders, names in os.walk(root / folder, onerror=unreadable.append):
        linked = [name for name in folders if Path(at, name).is_symlink()]
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = Path(at).relative_to(root).as_posix()
        for name in sorted([*names, *linked]):
            if not name.startswith((".", "#")) and not name.endswith("~"):
                yield f"{below}/{name}"
    for error in unreadable:
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            yield Path(error.filename).relative_to(root).as_posix()


def bytes_of(root: Path, file: Path) -> bytes:
    """Read a file; raises UnreadableError with MQ112, also where a pipe or device would be read for ever."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
        try:
            stat = os.fstat(handle)
            if not S_ISREG(stat.st_mode) and not S_ISDIR(stat.st_mode):
                raise OSError(EINVAL, "Is not a file")
            return b"".join(iter(lambda: os.read(handle, stat.st_size + 1), b""))
        finally:
            os.close(handle)
    except OSError as error:
        place, hint = (shown_path(root, file), 1, 1), "check its rights; if it is a link, check where it leads"
        raise UnreadableError(problem(place, "MQ112", f"cannot be read: {error.strerror}", hint)) from error


def template_files(root: Path) -> dict[str, Path]:
    """Give all templates, assets and locales by name: the archive's own stand in front of the packaged ones."""
    found: dict[str, Path] = {}
    for folder in dict.fromkeys((PACKAGED_TEMPLATES, root / TEMPLATES)):
        if folder.is_dir():
            for path in files_below(folder.parent, folder.name):
                found[path.removeprefix(f"{folder.name}/")] = folder.parent / path
    return dict(sorted(found.items()))


def shown_path(root: Path, file: Path) -> str:
    """Name a file in a problem: relative to the root where it lies below it, else by its place in the package."""
    for base in (root, PACKAGED_TEMPLATES.parent):
        if file.is_relative_to(base):
            return file.relative_to(base).as_posix()
    return file.as_posix()


def last_commit(root: Path) -> datetime | None:
    """Give the moment of the last commit of the repository that holds the archive; None without git."""
    command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        said = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603 - fixed words
    except OSError:
        return None
    seconds = said.stdout.strip()
    return datetime.fromtimestamp(int(seconds), UTC) if seconds.isdigit() else None


_STANDS_ON = (
    "jinja2", "markdown", "msgspec", "phonenumbers", "pystemmer", "python-slugify", "python-stdnum", "pyyaml",
    "text-unidecode",
)  # fmt: skip
"""Packages whose releases may make other bytes of the same content."""


@cache
def engine_digest() -> str:
    """Give the digest of medqa itself: its modules, and the versions of what they stand on.

    Of those that are at work: what an update puts in their place while a preview runs is not.
    """
    modules = sorted((*_PACKAGE.rglob("*.py"), *_PACKAGE.rglob("*.toml")))
    texts = [part for file in modules for part in (file.relative_to(_PACKAGE).as_posix(), file.read_bytes())]
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return digest(python, unicodedata.unidata_version, *map(_version, _STANDS_ON), *texts)


def _version(package: str) -> str:
    """Give the version of an installed package, as the folder says that its installer left beside it."""
    start = f"{package.replace('-', '_')}-"
    for folder in sys.path:
        with suppress(OSError):  # a place where nothing is, or an archive
            for name in os.listdir(folder or "."):  # noqa: PTH208 - Path.iterdir makes an object of each
                if name.endswith(".dist-info") and name.lower().startswith(start):
                    return name.removesuffix(".dist-info")[len(start) :]
    from importlib.metadata import version  # noqa: PLC0415 - knows all the other forms, but its import takes 20 ms

    return version(package)
