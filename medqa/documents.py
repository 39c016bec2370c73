"""What an archive's files say, as frozen values: threads, doctors, hospitals, specialties, topics, pages.

A document's long texts are kept apart from it (`Text` is only their digest): indexing and planning a hundred thousand
threads needs their fields, not their words.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal

import msgspec

from medqa.errors import Problem
from medqa.fields import Localized, Name
from medqa.markup import Link
from medqa.sections import Section

Sex = Literal["", "female", "male", "other"]
Status = Literal["published", "draft", "withdrawn"]
Practice = Literal["active", "retired", "deceased"]

OLDEST = 90
"""From this age on askers are counted together."""


class Text(msgspec.Struct, frozen=True):
    """A rendered text that is kept apart: which part of its document it is, and the digest of its HTML."""

    part: str
    """`question`, `reply-1`, `follow-up-1`, `more-info`; `body` of a record."""
    digest: str


class Age(msgspec.Struct, frozen=True):
    """An asker's age: 35, 30–39, 90+, 8 months."""

    low: int
    high: int | None = None
    """Last year of a band, None for a single age."""
    open: bool = False
    """True for "90+"."""
    months: bool = False
    """True where low is in months, else years."""

    @property
    def decade(self) -> int:
        """The year that begins its ten years of life, at most OLDEST; of a band its middle counts, of "70+" the 70."""
        years = self.low // 12 if self.months else (self.low + (self.low if self.high is None else self.high)) // 2
        return min(years // 10 * 10, OLDEST)


class Asker(msgspec.Struct, frozen=True):
    """Who asked, as far as is told."""

    name: str = ""
    age: Age | None = None
    sex: Sex = ""


class Reply(msgspec.Struct, frozen=True, tag="reply"):
    """A doctor's answer."""

    doctor: Name
    replied: date
    hospital: Name | None
    specialty: Name | None
    text: Text


class FollowUp(msgspec.Struct, frozen=True, tag="follow_up"):
    """A later question of the asker's."""

    asked: date | None
    text: Text


class Correction(msgspec.Struct, frozen=True):
    """A change of a doctor's words after publication."""

    on: date
    by: str
    why: str
    reply: int
    """Number of the reply, from 1."""


def months_after(day: date, months: int) -> date:
    """Give the day some months later: at most the last there is; for 31 November, say, the first of December."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return date(year, month + 2, 1)


class Day(msgspec.Struct, frozen=True):
    """A date with its field's name and place."""

    on: date
    field: str
    line: int
    column: int


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """A question with its replies: one file of `content/threads`."""

    stem: str
    title: str
    question: str
    """The asker's own headline, the title where none is given."""
    specialty: Name
    asker: Asker
    asked: date
    turns: tuple[Reply | FollowUp, ...]
    """Replies and follow-ups in the order of the file."""
    topics: tuple[Name, ...] = ()
    related: tuple[Name, ...] = ()
    """Pinned neighbours: stems."""
    aliases: tuple[Name, ...] = ()
    """Old stems, or old paths that begin with "/"."""
    status: Status = "published"
    publish_on: date | None = None
    """Not public before this day."""
    expires_on: date | None = None
    """Not public from this day on."""
    lang: str
    """Language tag; "" is the site's."""
    translation_of: Name | None = None
    translated_by: Literal["", "person", "machine"] = ""
    reviewed_by: Name | None = None
    reviewed_on: date | None
    superseded_by: Name | None = None
    duplicate_of: Name | None = None
    urgent: bool = False
    noindex: bool = False
    more_info_by: Literal["", "doctor", "editor", "machine"] = ""
    corrections: tuple[Correction, ...]
    ack: Mapping[str, str]
    """Code of a finding → why it may stand."""
    references: tuple[str, ...]
    """`sources`: texts or addresses."""
    consent: str = ""
    origin: str = ""
    question_text: Text
    more_info: Text | None
    question_excerpt: str
    reply_excerpt: str
    """Of the first reply."""
    asks: tuple[str, ...]
    """The question's sentences that end in "?", when the question is long."""
    anchors: tuple[str, ...]
    links: tuple[Link, ...]
    days: tuple[Day, ...]
    """The dates that may not lie in the future."""

    @property
    def replies(self) -> tuple[Reply, ...]:
        """The doctors' answers alone."""
        return tuple(turn for turn in self.turns if isinstance(turn, Reply))


class Period(msgspec.Struct, frozen=True):
    """Where a doctor worked, and when."""

    hospital: Name
    start: date | None
    """First day; None: since ever."""
    end: date | None
    """Last day; None: still."""

    def covers(self, day: date) -> bool:
        """Tell whether the doctor worked there on that day."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What every document but a thread has: a name of its file, and one free text."""

    stem: str
    body: Text | None
    anchors: tuple[str, ...]
    links: tuple[Link, ...]


class _Named(_Told, frozen=True, kw_only=True):
    """What threads refer to by name."""

    name: str
    aliases: tuple[Name, ...]
    """Old stems, or old paths that begin with "/"."""


class Doctor(_Named, frozen=True, kw_only=True):
    """Who answers."""

    names: tuple[str, ...]
    """Other names and spellings under which threads may refer to the doctor."""
    title: str
    specialty: Name | None
    status: Practice
    periods: tuple[Period, ...]

    def hospital_on(self, day: date) -> Name | None:
        """Give the hospital of the first period that covers the day."""
        return next((period.hospital for period in self.periods if period.covers(day)), None)


class Hospital(_Named, frozen=True, kw_only=True):
    """Where doctors work."""

    names: tuple[str, ...]


class Specialty(_Named, frozen=True, kw_only=True):
    """A field of medicine: the archive's first division."""

    names: Localized
    schema: str
    """The member of schema.org's MedicalSpecialty, "" for none."""
    review_months: int
    """Months after which a reply should be looked at again; 0: never."""


class Topic(_Named, frozen=True, kw_only=True):
    """What many ask about, with the FAQ's answer as its body."""

    names: Localized
    synonyms: tuple[str, ...]
    specialties: tuple[Name, ...]
    excerpt: str
    """Beginning of the FAQ answer."""


class Page(_Told, frozen=True, kw_only=True):
    """A text of the archive's own: about, privacy, editorial policy."""

    title: str
    lang: str
    excerpt: str


Record = Doctor | Hospital | Specialty | Topic
Document = Thread | Record | Page


class Signature(msgspec.Struct, frozen=True):
    """Whose name stands below a reply."""

    reply: int
    """Number of the reply, from 1."""
    name: str
    hospital: str
    """"" where the signature names none."""
    line: int
    column: int
    width: int


class Examined(msgspec.Struct, frozen=True):
    """What was found in a document's texts."""

    findings: tuple[Problem, ...] = ()
    signatures: tuple[Signature, ...] = ()
    """Those that say something else than the front matter, letter by letter."""


class Parsed(msgspec.Struct, frozen=True):
    """All that one source gives."""

    document: Document
    html: Mapping[str, str]
    """Part → its HTML; links inside the archive are placeholders."""
    plain: Mapping[str, str]
    """Part → its words without markup."""
    sections: tuple[tuple[str, Section], ...]
    """(part, section) of a thread in the order of the file: what it was made of."""
    places: Mapping[str, tuple[int, int]]
    """Field of the front matter → its (line, column)."""
    findings: tuple[Problem, ...]
