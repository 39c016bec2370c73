"""Pictures that tell where, when or with what they were taken (MQ611)."""

from collections.abc import Mapping
from pathlib import Path
from shlex import quote

from medqa import images, sources
from medqa.archive import Copied
from medqa.errors import Problem, problem
from medqa.index import Changes


def check(changes: Changes, root: Path, copies: Mapping[str, Copied | None]) -> None:
    """Look into the files of `static/` that are new, changed or gone."""
    for path, copied in sorted(copies.items()):
        if path.lower().endswith(images.SUFFIXES):
            changes.keep("picture", path, _problems(root, path) if copied else [])


def _problems(root: Path, path: str) -> list[Problem]:
    try:
        told = images.tells(sources.bytes_of(root, root / path))
    except sources.UnreadableError:
        return []  # which the copying tells
    if not told:
        return []
    hint = f"readers can read it, too; 'fmt --strip-images {quote(path)}' takes it out, and no pixel changes"
    return [problem((path, 1, 1), "MQ611", f"the image tells more than it shows: {', '.join(told)}", hint)]
