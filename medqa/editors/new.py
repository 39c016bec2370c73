"""`new`: asks for what a new thread needs, on a terminal, and writes its file."""

import argparse
import sys
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from medqa import pipeline, sources, work
from medqa.cache import FOLDER
from medqa.console import FINE, complain, say
from medqa.editing import drafting, edits
from medqa.editing.drafting import Desk, Field
from medqa.errors import UsageError
from medqa.intake import Told
from medqa.parse import dialect


def run(root: Path, options: argparse.Namespace) -> int:
    """Ask, or take the options, and write the file."""
    desk = _remembered(root)
    asking = sys.stdin.isatty() and not options.no_input
    given: dict[str, str] = {}
    for field in drafting.FIELDS:
        told = getattr(options, field.key)
        if field.needs and not given.get(field.needs):
            if told:
                raise UsageError(f"--{field.key} belongs to a reply: give --{field.needs}, too")
            continue
        default = {"asked": datetime.now(UTC).date().isoformat(), "replied": given.get("asked", "")}.get(field.key, "")
        if told is None and asking:
            given[field.key] = _ask(desk, field, default, given)
        else:
            given[field.key] = _judged(desk, field, default if told is None else told, given)
    stem = options.stem or (_ask_stem(desk, given["title"]) if asking else desk.stem(given["title"]))
    edit = desk.edit(given, stem)
    if options.dry_run:
        for line in edit.shown():
            say(line)
        return FINE
    edits.apply(root, [edit])
    say(f"wrote {edit.path}: a draft. Put in the texts, delete 'status: draft', and run 'check'")
    return FINE


def _remembered(root: Path) -> Desk:
    """Ask the archive for its names: by its memory, so that it takes a moment however large it is."""

    def desk(told: Told) -> Desk:
        archive = told.archive
        files = sources.files_below(root, f"{sources.CONTENT}/threads")
        stems = {unicodedata.normalize("NFC", Path(path).stem).casefold() for path in files}
        stems |= {url.split("/")[2].casefold() for url in archive.claims.keys("/threads/")}
        return Desk(dialect(archive.config, told.desk.locales), archive.directories, stems)

    options = pipeline.BuildOptions(out=root / "site", cache=root / FOLDER, jobs=work.processors())
    return pipeline.ask(root, options, desk, despite_errors=True)


def _judged(desk: Desk, field: Field, answer: str, given: dict[str, str]) -> str:
    """Take an option's value; raises UsageError where it cannot be."""
    if fault := desk.fault(field, answer, given):
        raise UsageError(f"--{field.key.replace('_', '-')}: {fault}")
    for name, near in desk.unknown(field, answer):
        meant = f"; near: {', '.join(near)}" if near else ""
        complain(f"note: '{name}' is new in this archive{meant}")
    return answer


def _ask(desk: Desk, field: Field, default: str, given: dict[str, str]) -> str:
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


def _ask_stem(desk: Desk, title: str) -> str:
    proposed = desk.stem(title)
    while True:
        stem = _prompt(f"name of the file, which is the address for good [{proposed}]: ", ()).strip() or proposed
        if not (fault := desk.stem_fault(stem, title)):
            return stem
        say(f"  {fault}")


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
