"""What threads say of each other and of dates: checked once the whole archive is known."""

from collections.abc import Collection, Iterator
from datetime import date
from itertools import islice

from medqa.archive import Archive
from medqa.documents import Thread
from medqa.errors import Problem, problem, suggestion
from medqa.fields import Name

_SLIPS = 4
"""Letters by which a misspelt stem may be longer or shorter."""
_MOST_ALIKE = 1_000
_CHAINS = ("superseded_by", "duplicate_of", "translation_of")
"""References that may not lead in a circle."""


def problems(archive: Archive, broken: Collection[str]) -> list[Problem]:
    """Report references to no thread (MQ212) or in a circle (MQ218), and dates in the future (MQ216, MQ501).

    `broken` are the stems of threads that could not be parsed.
    """
    found: list[Problem] = []
    for stem, thread in archive.threads.items():
        path = archive.places[f"threads/{stem}"].path
        for field, name in _references(thread):
            at = (path, name.line, name.column)
            if name.text not in archive.threads and name.text not in broken:
                hint = suggestion(name.text, _alike(archive, name.text)) or "write the other file's name without '.md'"
                found.append(problem(at, "MQ212", f"'{field}' names no thread: '{name.text}'", hint))
            elif name.text == stem:
                found.append(problem(at, "MQ218", f"'{field}' names the thread itself", "delete it"))
            elif field in _CHAINS and min(circle := _circle(archive, stem, field), default="") == stem:
                message = f"'{field}' leads in a circle: {' → '.join((*circle, stem))}"
                found.append(problem(at, "MQ218", message, "delete it in the thread that should stand last"))
        found += _dates(thread, path, archive.options.as_of)
    return found


def _references(thread: Thread) -> Iterator[tuple[str, Name]]:
    for field in _CHAINS:
        name: Name | None = getattr(thread, field)
        if name:
            yield field, name
    for name in thread.related:
        yield "related", name


def _alike(archive: Archive, stem: str) -> list[str]:
    """Give the stems worth comparing with a wrong one: a hundred thousand would take seconds."""
    alike = (known for known in archive.threads if known[:3] == stem[:3] and abs(len(known) - len(stem)) <= _SLIPS)
    return list(islice(alike, _MOST_ALIKE))


def _circle(archive: Archive, stem: str, field: str) -> list[str]:
    """Give the stems that following a field from a thread leads through and back to it; [] where it ends elsewhere."""
    way: dict[str, None] = {}
    at = stem
    while at in archive.threads and at not in way:
        way[at] = None
        name: Name | None = getattr(archive.threads[at], field)
        at = name.text if name else ""
    return list(way) if at == stem else []


def _dates(thread: Thread, path: str, as_of: date) -> Iterator[Problem]:
    limit = next_year(as_of)
    for day in thread.days:
        if day.on > as_of:
            code, far = ("MQ216", "more than a year ") if day.on > limit else ("MQ501", "")
            message = f"'{day.field}' is {day.on}, {far}after {as_of}, the day of this build"
            yield problem((path, day.line, day.column), code, message, "check the year, or build with --as-of DATE")


def next_year(day: date) -> date:
    """Give the same day of the next year; 1 March for 29 February."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 3, 1)
