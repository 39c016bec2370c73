"""An archive as other generators can be given it: plain records of threads, lists and texts, with Markdown bodies.

medqa itself reads the archive, so that all builds are of the same threads at the same addresses, in the same lists.
What a generator can work out by itself stays its own work: HTML, excerpts, who is newer and older, the pages of a list.
"""

import re
from collections.abc import Collection, Iterator
from itertools import chain
from pathlib import Path, PurePosixPath

import msgspec

from medqa import pages, plan, sections, sources, work
from medqa.cache import opened
from medqa.documents import Age, Asker
from medqa.intake import BuildOptions, Told, update
from medqa.parse import Dialect, dialect
from medqa.progress import Clock
from medqa.sections import Section

PER_PAGE = 20
"""Threads on a page of a list, in all generators' configurations and in medqa's by default."""
SECTIONS = {"question": "Question", "reply": "Reply", "follow_up": "Follow-up", "more_info": "More Info"}
_FILE_LINK = re.compile(r"\]\(([^()\s:]+)\.md(#[^()\s]*)?\)")
_FENCE = re.compile(r" {0,3}(```|~~~)")


class Ref(msgspec.Struct, frozen=True):
    """A name, and the address of its page; "" where it has none."""

    name: str
    url: str = ""


class Turn(msgspec.Struct, frozen=True):
    """A reply or a follow-up, its text apart."""

    kind: str
    date: str
    doctor: Ref | None = None
    hospital: Ref | None = None
    specialty: Ref | None = None


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """A thread. The body has a heading of level 2 before the question, before each turn and before More Info."""

    slug: str
    lang: str
    title: str
    headline: str
    asked: str
    asker: tuple[str, ...]
    """Name, age, sex, as far as they are told."""
    specialty: Ref
    turns: tuple[Turn, ...]
    topics: tuple[Ref, ...]
    """The FAQ pages of its topics in its specialty."""
    lists: tuple[str, ...]
    """Keys of the lists that it is in: `doctors/amelia-hart`."""
    years: tuple[str, ...]
    """Keys of the years of those that are divided into years: `doctors/amelia-hart/2019`."""
    body: str


class List(msgspec.Struct, frozen=True, kw_only=True):
    """The entry page of a list, without the threads."""

    key: str
    title: str
    total: int
    years: tuple[str, ...]
    """Newest first; () where the entry page shows the whole list."""
    specialties: tuple[Ref, ...]
    """Of a doctor or topic."""
    doctors: tuple[Ref, ...]
    """Of a specialty or hospital."""
    facts: tuple[str, ...]
    """What else its record tells, a line each."""
    body: str

    @property
    def kind(self) -> str:
        """Give `specialties`, `doctors`, `hospitals` or `faq`."""
        return self.key.partition("/")[0]


class Year(msgspec.Struct, frozen=True, kw_only=True):
    """One year of a list, without the threads."""

    key: str
    title: str
    entry: Ref
    earlier: str
    later: str
    """The nearest years with threads; "" where there are none."""


class Topic(msgspec.Struct, frozen=True):
    """A topic of the index A–Z: its letter, its name and its pages, named by specialty."""

    letter: str
    name: str
    pages: tuple[Ref, ...]


class Text(msgspec.Struct, frozen=True):
    """A text of the archive's own."""

    slug: str
    title: str
    body: str


class Content(msgspec.Struct, frozen=True):
    """An archive."""

    name: str
    base_url: str
    threads: tuple[Thread, ...]
    lists: tuple[List, ...]
    years: tuple[Year, ...]
    faqs: tuple[Ref, ...]
    """The FAQ page of each specialty, named by it."""
    topics: tuple[Topic, ...]
    texts: tuple[Text, ...]
    addresses: frozenset[str]
    """Of all pages that are compared."""


def read(root: Path, by_year: Collection[str]) -> Content:
    """Read a medqa archive; lists of the kinds `by_year` have pages for their years, all others only numbered pages."""
    with work.Pool(1) as pool, opened(None, sources.engine_digest()) as memory:
        told = update(root, BuildOptions(out=root / "site", cache=None), memory, pool, Clock())
        return _Reader(root, told, frozenset(by_year)).content()


class _Reader:
    """Makes records of medqa's pages and of the sources' Markdown."""

    def __init__(self, root: Path, told: Told, by_year: frozenset[str]) -> None:
        self._root = root
        self._by_year = by_year
        self._desk = told.desk
        self._archive = told.archive
        self._dialect: Dialect = dialect(self._archive.config, told.desk.locales, sure=True)

    def content(self) -> Content:
        found = [
            page
            for page in (plan.plan(self._desk, url, one) for url, one in self._archive.pages.under(""))
            if not isinstance(page, pages.RedirectPage | pages.GonePage | pages.CopiedFile | pages.GlancePage)
        ]
        lists = tuple(self._list(page) for page in found if isinstance(page, pages.ListPage))
        years = [page for page in found if isinstance(page, pages.YearPage) and self._divided(page.entry.key)]
        others = [page.url for page in found if not isinstance(page, pages.YearPage)]
        return Content(
            name=self._archive.config.name,
            base_url=self._archive.config.base_url,
            threads=tuple(self._thread(page) for page in found if isinstance(page, pages.ThreadPage)),
            lists=lists,
            years=tuple(_year(page) for page in years if page.number == 1),
            faqs=tuple(_ref(page.specialty, page.url) for page in found if isinstance(page, pages.FaqPage)),
            topics=tuple(topic for page in found if isinstance(page, pages.TopicsPage) for topic in _topics(page)),
            texts=tuple(
                Text(page.url.strip("/"), page.title, self._body(page.shows))
                for page in found
                if isinstance(page, pages.TextPage)
            ),
            addresses=frozenset(chain(others, (page.url for page in years), *map(_numbered, lists))),
        )

    def _divided(self, key: str) -> bool:
        return key.partition("/")[0] in self._by_year and self._archive.is_long(key)

    def _thread(self, page: pages.ThreadPage) -> Thread:
        slug = page.url.split("/")[2]
        listing = self._archive.listings.get(slug)
        lists = tuple(sorted(listing.lists)) if listing else ()
        return Thread(
            slug=slug,
            lang=page.lang,
            title=page.title,
            headline=page.headline,
            asked=page.asked.isoformat(),
            asker=_asker(page.asker),
            specialty=_ref(page.specialty),
            turns=tuple(_turn(turn) for turn in page.turns),
            topics=tuple(_ref(link) for link in page.faq),
            lists=lists,
            years=tuple(f"{key}/{page.asked.year}" for key in lists if self._divided(key)),
            body=self._thread_body(page.shows, self._archive.thread(slug).lang),
        )

    def _list(self, page: pages.ListPage) -> List:
        specialties: tuple[pages.Link, ...] = ()
        doctors: tuple[pages.Link, ...] = ()
        facts: list[str] = []
        match page:
            case pages.SpecialtyPage() | pages.HospitalPage():
                doctors = page.doctors
            case pages.DoctorPage():
                specialties = page.specialties
                facts = [page.position, *(_period(period) for period in page.periods)]
            case pages.TopicPage():
                specialties = (page.specialty,)
                facts = [", ".join(page.synonyms), *(link.text for link in page.elsewhere)]
            case _:
                raise TypeError(page)
        key = page.url.strip("/")
        return List(
            key=key,
            title=page.title,
            total=page.total,
            years=tuple(count.link.text for count in page.years) if self._divided(key) else (),
            specialties=tuple(map(_ref, specialties)),
            doctors=tuple(map(_ref, doctors)),
            facts=tuple(filter(None, facts)),
            body=self._body(page.shows) if page.shows else "",
        )

    def _thread_body(self, key: str, language: str) -> str:
        """Give a thread's Markdown: question, turns, More Info, in this order."""
        path = self._archive.outline(key).path
        cut = sections.frame(sources.read(self._root, path).text, path)
        if not isinstance(cut, sections.Frame):
            raise TypeError(path)
        found = sections.split(cut, path, self._dialect.section_names(language, sure=True), [])
        ordered = sorted(found, key=_order)
        return "\n\n".join(f"## {SECTIONS[one.kind]}\n\n{self._markdown(one.text)}" for one in ordered) + "\n"

    def _body(self, key: str) -> str:
        outline = self._archive.outlines.get(key)
        if outline is None:
            return ""
        cut = sections.frame(sources.read(self._root, outline.path).text, outline.path)
        return self._markdown(cut.body) if isinstance(cut, sections.Frame) else ""

    def _markdown(self, text: str) -> str:
        """Give a text with links to addresses, not files, and without what some generator takes for its own marks."""
        linked = _FILE_LINK.sub(self._address, text.strip("\n"))
        return linked.replace("{{", "&#123;&#123;").replace("{%", "&#123;%").replace("{#", "&#123;#")

    def _address(self, link: re.Match[str]) -> str:
        path = PurePosixPath(link[1])
        kind = next((kind for kind in sources.KINDS if kind in path.parts), "threads")
        return f"]({self._archive.address(f'{kind}/{path.name}') or '/'}{link[2] or ''})"


def _numbered(one: List) -> Iterator[str]:
    """Give the addresses of a list's pages behind its entry page."""
    last = 1 if one.years else -(-one.total // PER_PAGE)
    return (f"/{one.key}/page/{number}/" for number in range(2, last + 1))


def _order(section: Section) -> int:
    """Order of a section on the page."""
    return {"question": 0, "more_info": 2}.get(section.kind, 1)


def _ref(link: pages.Link, url: str = "") -> Ref:
    return Ref(link.text, url or link.url)


def _turn(turn: pages.ReplyBlock | pages.FollowUpBlock) -> Turn:
    if isinstance(turn, pages.FollowUpBlock):
        return Turn("follow_up", turn.asked.isoformat() if turn.asked else "")
    hospital = _ref(turn.hospital) if turn.hospital else None
    return Turn("reply", turn.replied.isoformat(), _ref(turn.doctor), hospital, _ref(turn.specialty))


def _asker(asker: Asker) -> tuple[str, ...]:
    age = f"{_age(asker.age)} old" if asker.age else ""
    return tuple(filter(None, (asker.name, age, asker.sex)))


def _age(age: Age) -> str:
    if age.high:
        return f"{age.low}–{age.high} years"  # noqa: RUF001 - a span
    return f"{age.low} months" if age.months else f"{age.low}{'+' if age.open else ''} years"


def _period(period: pages.PeriodLine) -> str:
    years = [str(day.year) if day else "" for day in (period.start, period.end)]
    return f"{period.hospital.text}, {'–'.join(years)}"  # noqa: RUF001 - a span


def _year(page: pages.YearPage) -> Year:
    return Year(
        key=page.url.strip("/"),
        title=page.title,
        entry=_ref(page.entry),
        earlier=page.earlier.text if page.earlier else "",
        later=page.later.text if page.later else "",
    )


def _topics(page: pages.TopicsPage) -> Iterator[Topic]:
    for group in page.groups:
        for topic in group.topics:
            yield Topic(group.letter, topic.name, tuple(map(_ref, topic.links)))
