"""What a page shows: one frozen type for each kind of page, and the pieces they share.

A template sees its page value, the config and the strings, and nothing else. So the value is the list of the page's
dependencies: two values that are equal give the same bytes. Cards and links carry the key of the record they show.
"""

from datetime import date
from typing import ClassVar, Literal

import msgspec

from medqa.charts import Columns, columns
from medqa.config import direction
from medqa.documents import Asker, Practice, Sex, Text


class Link(msgspec.Struct, frozen=True, cache_hash=True):
    """A way to another page of the site."""

    key: str
    """Of the record or list it leads to: `doctors/amelia-hart`."""
    url: str
    """Path on the site, before base_url's path is put in front; "" where there is a name but no page."""
    text: str
    lang: str = ""
    """Language of the text, where it is not the page's."""


class Count(msgspec.Struct, frozen=True):
    """A link to a list, and how many threads are in it."""

    link: Link
    count: int
    excerpt: str = ""


class Card(msgspec.Struct, frozen=True, cache_hash=True):
    """A thread as other pages show it, in the thread's own language."""

    key: str
    url: str
    lang: str
    title: str
    by: str
    """Who replied, and when it was asked: with the title it makes a link's text unlike any other card's on the page."""
    asked: date
    specialty: str
    question: str
    """Excerpt of the question."""
    doctor: str
    """With the honorific, as its language writes it; "" while the thread awaits a reply."""
    reply: str
    """Excerpt of the first reply."""
    words: str
    """Language of `doctor` and `by`: the thread's own, or the site's where there are no strings in that."""
    draft: bool
    """A draft or embargoed thread, shown in previews only."""

    @property
    def dir(self) -> str:
        """Writing direction of the thread's language."""
        return direction(self.lang)

    @property
    def words_dir(self) -> str:
        """Writing direction of the language of `doctor` and `by`."""
        return direction(self.words)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What every page has."""

    template: ClassVar[str]
    url: str
    """Path on the site, with a slash at both ends; `/404.html` and old addresses may name a file."""
    lang: str
    """Language of what the page shows."""
    title: str
    description: str = ""
    """One or two sentences for search engines, 160 characters at most."""
    crumbs: tuple[Link, ...] = ()
    """The way here from the home page, without this page."""
    noindex: bool = False
    canonical: str = ""
    """Path of the page that should stand in search results instead of this one."""
    links: tuple[str | None, ...] = ()
    """Where the numbered links of the page's texts lead; None: to nothing public, shown as plain text."""
    shows: str = ""
    """Key of the document whose texts the page shows."""

    @property
    def dir(self) -> str:
        """Writing direction of the page's language."""
        return direction(self.lang)

    @property
    def file(self) -> str:
        """Path of the file below the site's root."""
        return file_of(self.url)


def file_of(url: str) -> str:
    """Give the path, below the site's root, of the file that a page's address stands for."""
    return f"{url[1:]}index.html" if url.endswith("/") else url[1:]


class Correction(msgspec.Struct, frozen=True):
    """A change of a doctor's words after publication."""

    on: date
    by: str
    why: str


class ReplyBlock(msgspec.Struct, frozen=True, tag="reply"):
    """A doctor's answer on a thread page."""

    kind: ClassVar[str] = "reply"
    number: int
    """From 1, among the replies; the anchor is `reply-<number>`."""
    doctor: Link
    specialty: Link
    hospital: Link | None
    replied: date
    text: Text
    corrections: tuple[Correction, ...]


class FollowUpBlock(msgspec.Struct, frozen=True, tag="follow_up"):
    """A later question of the asker's; the anchor is `follow-up-<number>`."""

    kind: ClassVar[str] = "follow_up"
    number: int
    asked: date | None
    text: Text


class ThreadPage(Page, frozen=True, kw_only=True):
    """One question with its replies."""

    template: ClassVar[str] = "thread.html"
    draft: bool
    """A draft or embargoed thread, shown in previews only."""
    headline: str
    """The asker's own headline; "" where it is the title."""
    specialty: Link
    asker: Asker
    asked: date
    asks: tuple[str, ...]
    """What a long question asks, sentence by sentence."""
    question: Text
    turns: tuple[ReplyBlock | FollowUpBlock, ...]
    """Replies and follow-ups in their order; () while the thread awaits a reply."""
    urgent: bool
    superseded_by: Link | None
    duplicate_of: Link | None
    translations: tuple[Link, ...]
    translated_by: Literal["", "person", "machine"]
    reviewed_by: str
    reviewed_on: date | None
    age_years: int
    """Whole years since the last reply or review, on the day of the build."""
    review_due: bool
    """Whether the specialty's review interval has passed."""
    more_info: Text | None
    more_info_by: Literal["", "doctor", "editor", "machine"]
    references: tuple[str, ...]
    """Texts or web addresses."""
    related: tuple[Card, ...]
    faq: tuple[Link, ...]
    """FAQ pages of its own topics, then those of the nearest others of its specialty."""
    newer: Link | None
    older: Link | None

    @property
    def replies(self) -> int:
        """How many of the turns are replies."""
        return sum(isinstance(turn, ReplyBlock) for turn in self.turns)


class GonePage(Page, frozen=True, kw_only=True):
    """In place of a withdrawn or expired thread: nothing of it is shown."""

    template: ClassVar[str] = "gone.html"


class HomePage(Page, frozen=True, kw_only=True):
    """The entrance."""

    template: ClassVar[str] = "home.html"
    threads: int
    doctors: int
    first_year: int | None
    specialties: tuple[Count, ...]
    newest: tuple[Card, ...]
    texts: tuple[Link, ...]
    """The archive's own pages: about, privacy."""


class SpecialtiesPage(Page, frozen=True, kw_only=True):
    """All specialties."""

    template: ClassVar[str] = "specialties.html"
    specialties: tuple[Count, ...]


class ListPage(Page, frozen=True, kw_only=True):
    """The entry of a long list: its newest threads, and its years where it is divided."""

    total: int
    newest: tuple[Card, ...]
    years: tuple[Count, ...]
    """Newest year first; () where `newest` is the whole list."""
    body: Text | None
    """Introduction, biography or FAQ answer."""


class SpecialtyPage(ListPage, frozen=True, kw_only=True):
    """One specialty."""

    template: ClassVar[str] = "specialty.html"
    faq: Link | None
    doctors: tuple[Link, ...]


class PeriodLine(msgspec.Struct, frozen=True):
    """Where a doctor worked, and when."""

    hospital: Link
    start: date | None
    end: date | None


class DoctorPage(ListPage, frozen=True, kw_only=True):
    """One doctor."""

    template: ClassVar[str] = "doctor.html"
    other_names: tuple[str, ...]
    position: str
    """The doctor's title: "Consultant neurologist"."""
    specialties: tuple[Link, ...]
    status: Practice
    periods: tuple[PeriodLine, ...]


class HospitalPage(ListPage, frozen=True, kw_only=True):
    """One hospital."""

    template: ClassVar[str] = "hospital.html"
    other_names: tuple[str, ...]
    doctors: tuple[Link, ...]
    """Who replied from there, or whose record names it."""


class TopicPage(ListPage, frozen=True, kw_only=True):
    """The FAQ of a topic within a specialty."""

    template: ClassVar[str] = "topic.html"
    specialty: Link
    synonyms: tuple[str, ...]
    near: tuple[Link, ...]
    """The nearest topics of the specialty."""
    elsewhere: tuple[Link, ...]
    """The same topic in other specialties."""


class YearPage(Page, frozen=True, kw_only=True):
    """One page of one year of a list, oldest thread first."""

    template: ClassVar[str] = "year.html"
    entry: Link
    """The list's entry page."""
    year: int
    number: int
    """From 1; the first page holds the year's oldest threads."""
    threads: tuple[Card, ...]
    previous: Link | None
    """The page before it in this year."""
    next: Link | None
    earlier: Link | None
    """The nearest earlier year that has threads."""
    later: Link | None


class FaqPage(Page, frozen=True, kw_only=True):
    """The topics of a specialty."""

    template: ClassVar[str] = "faq.html"
    specialty: Link
    topics: tuple[Count, ...]


class Group(msgspec.Struct, frozen=True):
    """A part of an index page."""

    heading: str
    items: tuple[Count, ...]


class TopicLine(msgspec.Struct, frozen=True):
    """A topic with its pages, one for each specialty that has it."""

    name: str
    links: tuple[Link, ...]


class TopicGroup(msgspec.Struct, frozen=True):
    """The topics under one letter."""

    letter: str
    topics: tuple[TopicLine, ...]


class TopicsPage(Page, frozen=True, kw_only=True):
    """All topics, A–Z."""

    template: ClassVar[str] = "topics.html"
    groups: tuple[TopicGroup, ...]


class DoctorsPage(Page, frozen=True, kw_only=True):
    """All doctors, by specialty."""

    template: ClassVar[str] = "doctors.html"
    groups: tuple[Group, ...]


class HospitalsPage(Page, frozen=True, kw_only=True):
    """All hospitals."""

    template: ClassVar[str] = "hospitals.html"
    hospitals: tuple[Count, ...]


class TextPage(Page, frozen=True, kw_only=True):
    """A text of the archive's own: about, privacy, editorial policy."""

    template: ClassVar[str] = "text.html"
    body: Text | None


class Band(msgspec.Struct, frozen=True):
    """What is counted together: ages, days of waiting."""

    low: int
    high: int | None
    """The last that belongs to it; None: all that follow."""
    count: int


class GlancePage(Page, frozen=True, kw_only=True):
    """The archive in numbers, of all threads that stand in lists."""

    template: ClassVar[str] = "archive.html"
    threads: int
    years: tuple[tuple[int, int], ...]
    """Year asked and its threads, from the first year to the last, those without any among them."""
    specialties: tuple[Count, ...]
    """Those that have threads."""
    median: int | None
    """Days within which half of those with a reply had their first; None where none has one."""
    waits: tuple[Band, ...]
    """By days from the question to the first reply."""
    awaiting: int
    ages: tuple[Band, ...]
    """By the asker's age in years, from the youngest that there are to the oldest."""
    ageless: int
    """Threads that do not tell it."""
    sexes: tuple[tuple[Sex, int], ...]
    """Those that there are, "" last, for threads that do not tell it."""

    @property
    def chart(self) -> Columns:
        """The years as columns."""
        return columns(self.years)


class NotFoundPage(Page, frozen=True, kw_only=True):
    """What a server shows for an address that does not exist."""

    template: ClassVar[str] = "404.html"
    specialties: tuple[Count, ...]


class RedirectPage(Page, frozen=True, kw_only=True):
    """At an old address: leads to the new one."""

    template: ClassVar[str] = "redirect.html"
    target: Link


class CopiedFile(Page, frozen=True, kw_only=True):
    """A file that is published as it is: an asset of the templates, or one of `static/`."""

    template: ClassVar[str] = ""
    content: str
    """Digest of its bytes."""
    source: str
    """Path of the file, as problems show it."""
    more: str = ""
    """What is written behind it."""


KINDS: tuple[type[Page], ...] = (
    ThreadPage,
    GonePage,
    HomePage,
    SpecialtiesPage,
    SpecialtyPage,
    DoctorPage,
    HospitalPage,
    TopicPage,
    YearPage,
    FaqPage,
    TopicsPage,
    DoctorsPage,
    HospitalsPage,
    TextPage,
    GlancePage,
    NotFoundPage,
    RedirectPage,
)
"""Every kind of page that a template makes."""
