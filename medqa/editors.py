"""The commands that write what editors write: `new`, `import`, `fmt`, `rename`."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from medqa.errors import BuildFailedError, UsageError

if TYPE_CHECKING:
    from medqa.editing.drafting import Desk, Field
    from medqa.editing.edits import Edit
    from medqa.importers import Outcome
    from medqa.intake import Told

Command = tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[Path, argparse.Namespace], int]]
"""Words for help, what adds its options, what runs it: that gives the exit code."""
FINE, PROBLEMS = 0, 1
_KINDS = ("thread", "doctor", "hospital", "specialty", "topic")
_SHOWN = 10
"""Threads that an import tells of one by one."""
_BATCH = 100
"""Imported threads that are written together."""
_IMAGES = (".jpg", ".jpeg", ".png", ".webp", ".gif")
_OTHER_IMAGES = (".heic", ".heif", ".avif", ".tif", ".tiff")
"""Images that may tell where they were taken, and cannot be mended."""


def say(line: str) -> None:
    """Print a line."""
    print(line)  # noqa: T201 - a command talks to its user


def complain(line: str) -> None:
    """Print a line beside what was asked for."""
    print(line, file=sys.stderr)  # noqa: T201 - a command talks to its user


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _add_dry_run(command: argparse.ArgumentParser) -> None:
    command.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")


# --- new --------------------------------------------------------------------------------------------------------------


def _add_new(command: argparse.ArgumentParser) -> None:
    for name, words in _OPTIONS_OF_NEW.items():
        command.add_argument(f"--{name}", metavar="TEXT", help=words)
    command.add_argument("--stem", metavar="NAME", help="the file's name without '.md' (default: made of the title)")
    command.add_argument("--no-input", action="store_true", help="ask nothing: what is not given stays out")
    _add_dry_run(command)


_OPTIONS_OF_NEW = {
    "title": "title of the page",
    "question": "the asker's own headline",
    "specialty": "specialty",
    "asked": "day on which it was asked (default: today)",
    "asker-name": "name of the asker",
    "asker-age": "age of the asker: 35, 30~39, 90+, 8 months",
    "asker-sex": "female, male or other",
    "doctor": "doctor who replied",
    "replied": "day of the reply (default: the day asked)",
    "hospital": "hospital, where it is not the one of the doctor's record",
    "topics": "topics, parted by commas",
    "lang": "language, where it is not the archive's",
}


def _new(root: Path, options: argparse.Namespace) -> int:
    from medqa.editing import drafting, edits  # noqa: PLC0415 - help must not wait for it

    desk = _remembered(root)
    asking = sys.stdin.isatty() and not options.no_input
    given: dict[str, str] = {}
    for field in drafting.FIELDS:
        if field.needs and not given.get(field.needs):
            continue
        told = getattr(options, field.key)
        default = {"asked": datetime.now(UTC).date().isoformat(), "replied": given.get("asked", "")}.get(field.key, "")
        if told is None and asking:
            given[field.key] = _ask(desk, field, default, given)
        else:
            given[field.key] = _judged(desk, field, default if told is None else told, given)
    stem = options.stem or (_ask_stem(desk, given["title"]) if asking else desk.stem(given["title"]))
    edit = desk.edit(given, stem)
    if options.dry_run:
        _show_edits([edit])
        return FINE
    edits.apply(root, [edit])
    say(f"wrote {edit.path}: a draft. Put in the texts, delete 'status: draft', and run 'check'")
    return FINE


def _remembered(root: Path) -> "Desk":
    """Ask the archive for its names: by its memory, so that it takes a moment however large it is."""
    from medqa import pipeline, sources  # noqa: PLC0415 - help must not wait for it
    from medqa.cache import FOLDER  # noqa: PLC0415
    from medqa.editing.drafting import Desk  # noqa: PLC0415
    from medqa.parse import dialect  # noqa: PLC0415

    def desk(told: "Told") -> Desk:
        archive = told.archive
        files = sources.files_below(root, f"{sources.CONTENT}/threads")
        stems = {Path(path).stem.casefold() for path in files}
        stems |= {url.split("/")[2].casefold() for url in archive.claims.keys("/threads/")}
        return Desk(dialect(archive.config, told.desk.locales), archive.directories, stems)

    options = pipeline.BuildOptions(out=root / "site", cache=root / FOLDER, jobs=os.cpu_count() or 1)
    return pipeline.ask(root, options, desk, despite_errors=True)


def _judged(desk: "Desk", field: "Field", answer: str, given: dict[str, str]) -> str:
    """Take an option's value; raises UsageError where it cannot be."""
    if fault := desk.fault(field, answer, given):
        raise UsageError(f"--{field.key.replace('_', '-')}: {fault}")
    for name, near in desk.unknown(field, answer):
        meant = f"; near: {', '.join(near)}" if near else ""
        complain(f"note: '{name}' is new in this archive{meant}")
    return answer


def _ask(desk: "Desk", field: "Field", default: str, given: dict[str, str]) -> str:
    """Ask until there is an answer that can be."""
    choices = desk.choices(field)
    while True:
        words = f"{field.words} [{default}]: " if default else f"{field.words}: "
        answer = _prompt(words, choices).strip() or default
        if fault := desk.fault(field, answer, given):
            say(f"  {fault}")
            continue
        unknown = desk.unknown(field, answer)
        for name, near in unknown:
            say(f"  '{name}' is new in this archive" + (f"; near: {', '.join(near)}" if near else ""))
        if not any(near for _, near in unknown) or _prompt("  keep it? [y/N] ", ()).strip().lower() in {"y", "yes"}:
            return answer


def _ask_stem(desk: "Desk", title: str) -> str:
    proposed = desk.stem(title)
    return _prompt(f"name of the file, which is the address for good [{proposed}]: ", ()).strip() or proposed


def _prompt(words: str, choices: Sequence[str]) -> str:
    """Read a line; the tabulator completes the last of the names in it."""
    try:
        import readline  # noqa: PLC0415 - only where somebody types
    except ImportError:
        return _typed(words)

    def complete(text: str, number: int) -> str | None:
        fitting = [name for name in choices if name.casefold().startswith(text.casefold())]
        return fitting[number] if number < len(fitting) else None

    readline.set_completer(complete)
    readline.set_completer_delims(",")
    readline.parse_and_bind("tab: complete")
    return _typed(words)


def _typed(words: str) -> str:
    try:
        return input(words)
    except EOFError:  # Ctrl-D
        raise UsageError("stopped: nothing was written") from None


# --- import -----------------------------------------------------------------------------------------------------------


def _add_import(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="saved pages (.txt), folders of them, a table"
    )
    command.add_argument("--mapping", type=Path, metavar="FILE", help="which column of a table becomes what (see docs)")
    command.add_argument("--format", choices=("text", "json"), default="text", help="how to report (default: text)")
    _add_dry_run(command)


def _import(root: Path, options: argparse.Namespace) -> int:
    from medqa import importers  # noqa: PLC0415 - help must not wait for it
    from medqa.editing import edits  # noqa: PLC0415
    from medqa.editing.holdings import census  # noqa: PLC0415

    outcomes: list[Outcome] = []
    batch: list[Edit] = []
    try:
        for outcome, files in importers.plan(importers.drafts(options.files, options.mapping), census(root)):
            outcomes.append(outcome)
            batch += files
            if len(batch) >= _BATCH and not options.dry_run:
                edits.apply(root, batch)
                batch = []
    except BuildFailedError as error:
        for found in error.problems:
            say(str(found))
        return PROBLEMS
    if not options.dry_run:
        edits.apply(root, batch)
    if options.format == "json":
        say(msgspec.json.encode({"threads": outcomes}).decode())
    else:
        for line in _import_lines(outcomes, dry=options.dry_run):
            say(line)
    return PROBLEMS if any(one.state == "refused" for one in outcomes) else FINE


def _import_lines(outcomes: Sequence["Outcome"], *, dry: bool) -> Iterator[str]:
    """Tell what was mapped, repaired and left: of a few threads one by one, of many in numbers."""
    few = len(outcomes) <= _SHOWN
    refused = [one for one in outcomes if one.state == "refused"]
    for one in outcomes if few else refused[:_SHOWN]:
        yield from _outcome_lines(one)
    if len(refused) > _SHOWN and not few:
        yield f"and {len(refused) - _SHOWN:,} more that were refused: --format json lists all"
    if not few:
        yield from _sums("mapped", (word for one in outcomes for word in one.mapped))
        yield from _sums("repaired", (_without_numbers(word) for one in outcomes for word in one.repaired))
        yield from _sums("left", (_without_numbers(word) for one in outcomes for word in one.left))
    states = Counter(one.state for one in outcomes)
    records = sum(len(one.records) for one in outcomes)
    yield (
        f"{_count(states['new'], 'thread')} {'to write' if dry else 'written'}, "
        f"{states['known']:,} known already, {len(refused):,} refused"
        + (f"; {_count(records, 'record')} for names that would share an address" if records else "")
    )


def _outcome_lines(one: "Outcome") -> Iterator[str]:
    if one.state == "known":
        yield f"{one.origin}: known already, {one.path}"
        return
    yield f"{one.origin}: {one.path or 'refused'}"
    yield from (f"  problem:  {words}" for words in one.problems)
    if one.mapped:
        yield f"  mapped:   {', '.join(one.mapped)}"
    yield from (f"  repaired: {words}" for words in one.repaired)
    yield from (f"  left:     {words}" for words in one.left)
    yield from (f"  record:   {path}" for path in one.records)


def _sums(word: str, items: Iterable[str]) -> Iterator[str]:
    """Count what is alike."""
    counts = Counter(items).most_common(_SHOWN)
    if counts:
        yield f"{word}: {', '.join(f'{item} ({count:,})' for item, count in counts)}"


def _without_numbers(words: str) -> str:
    """Take numbers and quoted texts out of a remark, so that remarks of one kind are alike."""
    import re  # noqa: PLC0415

    return re.sub(r"'[^']*'|\d+", "…", words)[:80]


# --- fmt --------------------------------------------------------------------------------------------------------------


def _add_fmt(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files or folders (default: all content)")
    command.add_argument("--check", action="store_true", help="write nothing; exit code 1 where a file is not tidy")
    command.add_argument(
        "--strip-images", action="store_true", help="also take place and device out of the images in static/"
    )


def _fmt(root: Path, options: argparse.Namespace) -> int:
    from medqa import sources  # noqa: PLC0415 - help must not wait for it
    from medqa.editing import edits  # noqa: PLC0415

    sources.require_content(root)
    planned: list[Edit] = []
    faults: list[str] = []
    seen = 0
    for path in _chosen(root, options.files, images=options.strip_images):
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
    say(f"{_count(seen, 'file')}: {len(planned):,} {'not tidy' if options.check else 'tidied'}, {len(faults):,} left")
    return PROBLEMS if faults or (options.check and planned) else FINE


def _chosen(root: Path, files: Sequence[Path], *, images: bool) -> list[str]:
    """Give the paths of the documents, and images, that were named; of all where none was."""
    from medqa import sources  # noqa: PLC0415

    tops = (sources.CONTENT, *((sources.STATIC,) if images else ()))
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
    from medqa import sources  # noqa: PLC0415

    if path.startswith(f"{sources.STATIC}/"):
        return path.lower().endswith((*_IMAGES, *_OTHER_IMAGES))
    return isinstance(sources.place(path), sources.Place)


def _text_edit(root: Path, path: str) -> "Edit | list[str] | None":
    from medqa import sources  # noqa: PLC0415
    from medqa.editing import tidying  # noqa: PLC0415
    from medqa.editing.edits import Edit  # noqa: PLC0415

    place = sources.place(path)
    try:
        data, text = sources.bytes_of(root, root / path), sources.read(root, path).text
    except sources.UnreadableError as error:
        return [str(error.problem)]
    tidy = tidying.tidy(place.kind, path, text) if isinstance(place, sources.Place) else [place]
    if isinstance(tidy, list):
        return [str(found) for found in tidy]
    return Edit(path, data, tidy.encode()) if tidy.encode() != data else None


def _image_edit(root: Path, path: str) -> "Edit | list[str] | None":
    from medqa import sources  # noqa: PLC0415
    from medqa.editing import images  # noqa: PLC0415
    from medqa.editing.edits import Edit  # noqa: PLC0415

    try:
        data = sources.bytes_of(root, root / path)
        bare = images.stripped(data)
    except sources.UnreadableError as error:
        return [str(error.problem)]
    except images.NotAnImageError as error:
        return [f"{path}: {error}"]
    return Edit(path, data, bare) if bare != data else None


# --- rename -----------------------------------------------------------------------------------------------------------


def _add_rename(command: argparse.ArgumentParser) -> None:
    command.add_argument("kind", choices=_KINDS, metavar="KIND", help=", ".join(_KINDS))
    command.add_argument("old", metavar="OLD", help="its name until now, or its file's name without '.md'")
    command.add_argument("new", metavar="NEW", help="its new name; of a thread: its file's new name without '.md'")
    command.add_argument("--stem", default="", metavar="NAME", help="its file's new name, where NEW does not spell it")
    command.add_argument("--merge", action="store_true", help="the two are one: what OLD has goes to NEW")
    _add_dry_run(command)


def _rename(root: Path, options: argparse.Namespace) -> int:
    from medqa.editing import edits, renaming  # noqa: PLC0415 - help must not wait for it

    kind = renaming.KINDS[options.kind]
    plan = renaming.plan(root, renaming.Wish(kind, options.old, options.new, options.stem, options.merge))
    if options.dry_run:
        _show_edits(plan.edits)
    else:
        edits.apply(root, plan.edits)
        for edit in plan.edits:
            say(edit.summary())
    for note in plan.notes:
        say(f"note: {note}")
    say(f"{_count(len(plan.edits), 'file')} {'to change' if options.dry_run else 'changed'}")
    return FINE


def _show_edits(planned: Sequence["Edit"]) -> None:
    """Print edits as a diff."""
    for edit in planned:
        say(edit.summary())
        for line in edit.diff():
            say(line)


COMMANDS: dict[str, Command] = {
    "new": ("write the file of a new thread, a draft", _add_new, _new),
    "import": ("bring in saved pages or the rows of a table; nothing is overwritten", _add_import, _import),
    "fmt": ("write files in one form, and mend torn lines", _add_fmt, _fmt),
    "rename": ("rename or merge a thread, doctor, hospital, specialty or topic everywhere", _add_rename, _rename),
}
