"""Doctors, hospitals, specialties, topics and pages: a header and a free text."""

from typing import Any, get_args

from medqa import excerpts
from medqa.documents import Doctor, Hospital, Page, Period, Practice, Specialty, Text, Topic
from medqa.fields import Reader
from medqa.names import strip_honorifics
from medqa.parse.file import File

NESTED = {"periods": ("hospital", "from", "to")}
"""Field → the keys of the mappings that it holds."""
_CENTURY = 1_200
"""Months; nobody's review interval is longer."""


def _shared(file: File) -> dict[str, Any]:
    """Give the fields that all records have."""
    return {
        "stem": file.place.stem,
        "name": file.header.text("name", required=True),
        "aliases": file.header.names("aliases"),
        **_body(file),
    }


def _body(file: File) -> dict[str, Any]:
    """Render the text below the header."""
    body: Text | None = file.render("body", file.cut.body, file.cut.body_line, level=1)
    return {"body": body, "anchors": tuple(file.anchors), "links": tuple(file.links)}


def doctor(file: File) -> Doctor:
    """Parse a file of `content/doctors`."""
    header = file.header
    shared = _shared(file)
    return Doctor(
        **{**shared, "name": strip_honorifics(shared["name"])},
        names=tuple(strip_honorifics(name.text) for name in header.names("names")),
        title=header.text("title"),
        specialty=header.name("specialty"),
        status=header.choice("status", get_args(Practice)) or "active",  # type: ignore[arg-type]
        periods=tuple(filter(None, map(_period, header.each("periods", NESTED["periods"])))),
    )


def _period(entry: Reader) -> Period | None:
    hospital = entry.name("hospital", required=True)
    start, end = entry.day("from"), entry.day("to")
    if start and end and end < start:
        entry.report(entry.place("to"), "MQ210", f"the period ends on {end}, before it begins on {start}", "swap them?")
    return Period(hospital, start, end) if hospital else None


def hospital(file: File) -> Hospital:
    """Parse a file of `content/hospitals`."""
    return Hospital(**_shared(file), names=tuple(name.text for name in file.header.names("names")))


def specialty(file: File) -> Specialty:
    """Parse a file of `content/specialties`."""
    header = file.header
    return Specialty(
        **_shared(file),
        names=header.by_language("names"),
        schema=header.text("schema"),
        review_months=header.number("review_months", 0, high=_CENTURY),
    )


def topic(file: File) -> Topic:
    """Parse a file of `content/topics`."""
    header = file.header
    return Topic(
        **_shared(file),
        names=header.by_language("names"),
        synonyms=tuple(name.text for name in header.names("synonyms")),
        specialties=header.names("specialties"),
        excerpt=excerpts.excerpt(file.plain.get("body", "")),
    )


def page(file: File) -> Page:
    """Parse a file of `content/pages`."""
    title, lang = file.header.text("title", required=True), file.header.language("lang")
    shared = _body(file)
    return Page(
        **shared, stem=file.place.stem, title=title, lang=lang, excerpt=excerpts.excerpt(file.plain.get("body", ""))
    )
