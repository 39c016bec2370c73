"""What a thread says of other threads and of dates: checked against the whole archive."""

from collections.abc import Collection, Iterator
from itertools import islice

from medqa.archive import Archive
from medqa.documents import Thread, months_after
from medqa.errors import Problem, problem, suggestion
from medqa.fields import Name

_SLIPS = 4
"""Letters by which a misspelt stem may be longer or shorter."""
_MOST_ALIKE = 1_000
_CHAINS = ("superseded_by", "duplicate_of", "translation_of")
"""References that may not lead in a circle."""


def problems(archive: Archive, thread: Thread, path: str, broken: Collection[str]) -> Iterator[Problem]:
    """Report references to no thread (MQ212), in a circle (MQ218), or to a thread that is replaced itself (MQ803).

    `broken` are the stems of threads that could not be parsed.
    """
    for field, name in references(thread):
        at = (path, name.line, name.column)
        if not archive.has(f"threads/{name.text}"):
            if name.text not in broken:
                hint = suggestion(name.text, _alike(archive, name.text)) or "write the other file's name without '.md'"
                yield problem(at, "MQ212", f"'{field}' names no thread: '{name.text}'", hint)
        elif name.text == thread.stem:
            yield problem(at, "MQ218", f"'{field}' names the thread itself", "delete it")
        elif min(circle := _circle(archive, thread, field) if field in _CHAINS else [], default="") == thread.stem:
            message = f"'{field}' leads in a circle: {' → '.join((*circle, thread.stem))}"
            yield problem(at, "MQ218", message, "delete it in the thread that should stand last")
        elif field == "superseded_by" and not circle and (next_one := archive.thread(name.text).superseded_by):
            message = f"'{name.text}', which replaces this thread, is itself replaced by '{next_one.text}'"
            last = _last(archive, next_one.text)
            yield problem(at, "MQ803", message, f"write 'superseded_by: {last}'", width=len(name.text))


def references(thread: Thread) -> Iterator[tuple[str, Name]]:
    """Give each reference to another thread with its field."""
    for field in _CHAINS:
        name: Name | None = getattr(thread, field)
        if name:
            yield field, name
    for name in thread.related:
        yield "related", name


def _alike(archive: Archive, stem: str) -> list[str]:
    """Give the stems worth comparing with a wrong one: a hundred thousand would take seconds."""
    alike = (known for known in archive.stems_like(stem) if abs(len(known) - len(stem)) <= _SLIPS)
    return list(islice(alike, _MOST_ALIKE))


def _circle(archive: Archive, thread: Thread, field: str) -> list[str]:
    """Give the stems that following a field from a thread leads through and back to it; [] where it ends elsewhere."""
    way: dict[str, None] = {}
    at = thread.stem
    while archive.has(f"threads/{at}") and at not in way:
        way[at] = None
        name: Name | None = getattr(archive.thread(at), field)
        at = name.text if name else ""
    return list(way) if at == thread.stem else []


def _last(archive: Archive, stem: str) -> str:
    """Give the thread at the end of the chain of those that replace a thread."""
    seen: set[str] = set()
    while stem not in seen and archive.has(f"threads/{stem}") and (after := archive.thread(stem).superseded_by):
        seen.add(stem)
        stem = after.text
    return stem


def dates(archive: Archive, thread: Thread, path: str) -> Iterator[Problem]:
    """Report dates after the day of the build: MQ501, or MQ216 where it is more than a year."""
    if not thread.days or archive.reached(max(day.on for day in thread.days)):
        return
    as_of = archive.options.as_of
    for day in thread.days:
        if not archive.reached(day.on):
            code, far = ("MQ216", "more than a year ") if day.on > months_after(as_of, 12) else ("MQ501", "")
            message = f"'{day.field}' is {day.on}, {far}after {as_of}, the day of this build"
            yield problem((path, day.line, day.column), code, message, "check the year, or build with --as-of DATE")
