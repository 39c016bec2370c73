"""What the archive was at a revision of its repository, and which of its files have changed since; asks git."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from medqa.errors import UsageError

Status = Literal["A", "M", "D"]


class Since(msgspec.Struct, frozen=True):
    """What has changed since a revision, committed or not."""

    base: str
    """The commit from which this branch and the revision went apart: what came into the revision later is not ours."""
    files: dict[str, Status]
    """Path below the archive's root → added, modified or deleted."""


def since(root: Path, revision: str) -> Since:
    """Find the files of the archive that changed since a revision.

    Raises UsageError where there is no such revision, or its history is not here.
    """
    base = _said(root, "merge-base", "--end-of-options", revision, "HEAD").decode().strip()
    told = _said(root, "diff", "--name-status", "--no-renames", "--relative", "-z", base, "--", ".").decode(
        "utf-8", "surrogateescape"
    )
    parts = told.split("\0")[:-1]
    files: dict[str, Status] = {path: _status(letter) for letter, path in zip(parts[::2], parts[1::2], strict=True)}
    new = _said(root, "ls-files", "--others", "--exclude-standard", "-z", "--", ".").decode("utf-8", "surrogateescape")
    files.update(dict.fromkeys(new.split("\0")[:-1], "A"))
    return Since(base, files)


def prefix(root: Path) -> str:
    """Give where the archive lies in its repository, `archive/`; "" at its top, and without git."""
    try:
        return _prefix(root).decode(errors="replace")
    except UsageError:
        return ""


def _prefix(root: Path) -> bytes:
    return _said(root, "rev-parse", "--show-prefix").rstrip(b"\n")


def _status(letter: str) -> Status:
    """Give a change its letter; a file of which the type has changed, say, counts as modified."""
    return letter if letter in {"A", "D"} else "M"  # type: ignore[return-value]  # one of the three


def texts_at(root: Path, base: str, paths: Iterable[str]) -> dict[str, bytes]:
    """Give the bytes that files had at a commit; those that were not there are left out."""
    asked = [path for path in paths if "\n" not in path]  # by such a name git is not asked, nor a document called
    begin = f"{base}:".encode() + _prefix(root)
    names = b"".join(begin + path.encode("utf-8", "surrogateescape") + b"\n" for path in asked)
    answer = _said(root, "cat-file", "--batch", given=names)
    found: dict[str, bytes] = {}
    at = 0
    for path in asked:
        end = answer.index(b"\n", at)
        head = answer[at:end].split(b" ")
        at = end + 1
        if head[-1].isdigit():  # else "missing"
            size = int(head[-1])
            found[path] = answer[at : at + size]
            at += size + 1
    return found


def _said(root: Path, *arguments: str, given: bytes = b"") -> bytes:
    environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, input=given, capture_output=True, env=environment, check=False)  # noqa: S603 - fixed words
    except OSError as error:
        raise UsageError(f"git cannot be asked what has changed: {error.strerror}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = said[0] if said else "the two have no commit in common: fetch more of the history (fetch-depth: 0)"
        raise UsageError(f"git cannot tell what has changed: {reason}")
    return done.stdout
