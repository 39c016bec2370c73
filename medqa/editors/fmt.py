"""`fmt`: files in one form, torn lines mended; images without metadata."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from medqa import images, sources
from medqa.console import FINE, PROBLEMS, count, say
from medqa.editing import edits, tidying
from medqa.editing.edits import Edit
from medqa.errors import UsageError

_OTHER_IMAGES = (".heic", ".heif", ".avif", ".tif", ".tiff")
"""Images that may tell where they were taken, and cannot be mended."""


def run(root: Path, options: argparse.Namespace) -> int:
    """Tidy the files that were named, or all; with --check only say which are not tidy."""
    sources.require_content(root)
    planned: list[Edit] = []
    faults: list[str] = []
    seen = 0
    for path in _chosen(root, options.files, with_images=options.strip_images):
        made = _image_edit(root, path) if path.startswith(f"{sources.STATIC}/") else _text_edit(root, path)
        seen += 1
        if isinstance(made, list):
            faults += made
        elif made:
            planned.append(made)
    for fault in faults:
        say(fault)
    for edit in planned:
        say(f"{'not tidy:' if options.check else 'tidied'} {edit.path}")
    if not options.check:
        edits.apply(root, planned)
    say(f"{count(seen, 'file')}: {len(planned):,} {'not tidy' if options.check else 'tidied'}, {len(faults):,} left")
    return PROBLEMS if faults or (options.check and planned) else FINE


def _chosen(root: Path, files: Sequence[Path], *, with_images: bool) -> list[str]:
    """Give the paths of the documents, and images, that were named; of all where none was."""
    tops = (sources.CONTENT, *((sources.STATIC,) if with_images else ()))
    everything = [path for top in tops for path in sources.files_below(root, top)]
    known = [path for path in everything if _is_ours(path)]
    if not files:
        return known
    chosen: list[str] = []
    for file in files:
        here = file.resolve()
        full = here if here.exists() and here.is_relative_to(root) else (root / file).resolve()
        below = full.relative_to(root).as_posix() if full.is_relative_to(root) else ""
        found = [path for path in known if path == below or path.startswith(f"{below}/")]
        if not found:
            where = f"{sources.CONTENT}/ or, with --strip-images, {sources.STATIC}/"
            raise UsageError(f"{file}: no document or image of this archive lies there, in {where}")
        chosen += found
    return list(dict.fromkeys(chosen))


def _is_ours(path: str) -> bool:
    if path.startswith(f"{sources.STATIC}/"):
        return path.lower().endswith((*images.SUFFIXES, *_OTHER_IMAGES))
    return isinstance(sources.place(path), sources.Place)


def _text_edit(root: Path, path: str) -> Edit | list[str] | None:
    place = sources.place(path)
    try:
        data, text = sources.bytes_of(root, root / path), sources.read(root, path).text
    except sources.UnreadableError as error:
        return [str(error.problem)]
    tidy = tidying.tidy(place.kind, path, text) if isinstance(place, sources.Place) else [place]
    if isinstance(tidy, list):
        return [str(found) for found in tidy]
    return Edit(path, data, tidy.encode()) if tidy.encode() != data else None


def _image_edit(root: Path, path: str) -> Edit | list[str] | None:
    try:
        data = sources.bytes_of(root, root / path)
        bare = images.stripped(data)
    except sources.UnreadableError as error:
        return [str(error.problem)]
    except images.NotAnImageError as error:
        return [f"{path}: {error}"]
    return Edit(path, data, bare) if bare != data else None
