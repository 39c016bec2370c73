"""The archive as it is asked about: who is who, what is public, which lists there are, where links lead.

What is asked is read from the site's state piece by piece, and noted in its ledger: so that a page, or the check of a
document, is made again exactly when something that it was told is no longer so. The facts, as the ledger names them:

    thread:<stem>            how other pages see a thread, whether it has a page at all
    related:<stem>           which threads are nearest to it
    twins:<stem>             which threads say almost the same
    translations:<stem>      which threads say that they are translations of it
    name:<kind>/<name>       who is meant by a name, and whether they have a page
    entity:<key>             what is known of a doctor, hospital, specialty or topic
    roster:<kind>            who has a page, by name and order
    tally:<name>             how many listed threads there are of each length of waiting, age or sex
    staff:<key>              who answers in a specialty or at a hospital, and in which and where a doctor does
    list:<key>               what the entry page of a list shows of it: its years with counts, its newest threads
    there:<list>             whether there is such a list
    near:<list>              which FAQ lists of the specialty are nearest to it
    words:<specialty>        the words in the names of a specialty's topics
    years:<list>             which years a list has, and whether they have pages
    pages:<list>/<year>      how many pages a year has
    page:<list>/<year>/<n>   the threads of one of them
    beside:<list>/<stem>     which threads stand before and after a thread in a list
    lists:<kind>             the size of any list of a kind
    lists:faq/<specialty>    which FAQ lists a specialty has, and their sizes; lists:topic/<slug>: a topic
    file:<path>              the document at a path; document:<key>: where it lies and which anchors it has
    static:<path>, url:<url> whether there is such a file in `static/`, such a page
    alias:<url>              who claims an old address
    reached:<day>            whether the day of the build is that day or later
"""

import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from typing import Any, Literal

import msgspec

from medqa.cache import Ledger, State, Table
from medqa.config import Config
from medqa.directory import Directories, Entity, Oddity
from medqa.documents import Document, Reply, Thread
from medqa.fields import Name
from medqa.sources import STATIC, Kind, Place

ListKey = str
"""`specialties/<slug>`, `doctors/<slug>`, `hospitals/<slug>`, or `faq/<specialty>/<topic>`: also the list's address."""


class Options(msgspec.Struct, frozen=True):
    """What the content alone does not say."""

    as_of: date
    """The day for which the site is made."""
    drafts: bool = False
    """Whether drafts and embargoed threads are shown."""


class Claim(msgspec.Struct, frozen=True, array_like=True, order=True):
    """What a document says of an old address: that it leads to it now."""

    path: str
    """The file that says so."""
    line: int
    column: int
    text: str
    """The alias as it is written."""
    target: str


Shelf = tuple[tuple[str, str], ...]
"""(day asked, stem) of the threads of one year of a list, in this order."""


class Outline(msgspec.Struct, frozen=True, array_like=True):
    """What has to be known of all documents before any of them can be placed."""

    path: str
    key: str
    """Of its parse in the cache."""
    names: tuple[tuple[Kind, str], ...]
    """Every doctor, hospital, specialty and topic it names, once for each time."""
    aliased: bool = False
    """Whether it claims old addresses."""
    refers: bool = False
    """Whether it says anything of other documents, by a link or a reference."""
    terms: bytes = b""
    """Digest of the terms of a thread's text."""
    newest: date | None = None
    """The last day on which a thread was asked, answered, corrected or reviewed."""
    status: Literal["published", "draft", "withdrawn"] = "published"
    publish_on: date | None = None
    expires_on: date | None = None
    acks: tuple[str, ...] = ()
    """Codes of the findings that may stand in a thread."""


class Listing(msgspec.Struct, frozen=True, array_like=True):
    """What other pages know of a thread."""

    title: str
    lang: str
    """The thread's own; "" for the site's."""
    asked: date
    question: str
    """Excerpt of the question."""
    reply: str
    """Excerpt of the first reply."""
    doctor: str
    """Who replied first, by the name that the thread uses; "" while it awaits a reply."""
    specialty: str
    """In the thread's language."""
    standing: Literal["public", "gone", "hidden"]
    draft: bool
    """Whether only previews show it."""
    listed: bool
    """Whether it stands in lists: duplicates of other threads are in none."""
    lists: tuple[ListKey, ...] = ()
    """The lists it is in, its specialty's first."""
    staff: tuple[tuple[str, str], ...] = ()
    """(doctor's key, key of the specialty or hospital) for each reply."""
    original: str = ""
    """Stem of the thread that this one translates."""
    first_doctor: str = ""
    """Slug of the doctor who replied first."""
    pinned: tuple[str, ...] = ()
    terms: bytes = b""
    """Digest of the terms of its text."""
    published: bool = True
    superseded: bool = False
    """Whether it says that another, which is public, replaces it."""
    tallied: tuple[str, ...] = ()
    """What is counted of it, in the order of TALLIES; () where it is not listed."""

    def ranked(self) -> tuple[object, ...]:
        """Give what ranks it among the nearest of others; () where it is not to be found among them."""
        if not self.listed or not self.published:
            return ()
        return self.title, self.lang, self.first_doctor, self.pinned, self.terms, self.asked.year, self.superseded

    def seen(self) -> tuple[object, ...]:
        """Give what other pages may show of it."""
        return (
            self.title, self.lang, self.asked, self.question, self.reply, self.doctor, self.specialty, self.standing,
            self.draft,
        )  # fmt: skip


Forms = dict[str, dict[str, int]]
"""Kind → form of a name → how often it stands in the archive."""


TALLIES = ("waits", "ages", "sexes")
"""What is counted of all threads: days to the first reply, decade of the asker's age, sex; "" stands for untold."""


class Names(msgspec.Struct, frozen=True):
    """Every name in the archive: few enough to be read at every build."""

    forms: Forms = {}
    slugs: dict[str, str] = {}
    """Form → the address made of it, which takes long."""
    oddities: dict[str, list[Oddity]] = {}
    """Kind → what is odd about its names."""


class Address(msgspec.Struct, frozen=True, array_like=True):
    """What stands at an address."""

    owner: str
    """What sort of thing it belongs to: `thread`, `list`, `text`, `alias`, `static`, …"""
    planner: str
    argument: str


class Copied(msgspec.Struct, frozen=True, array_like=True):
    """A file that is published as it is."""

    shown: str
    """Its path, for problems."""
    digest: str


class Archive:
    """Everything that pages are planned from."""

    def __init__(self, config: Config, options: Options, state: State) -> None:
        """Look at the archive that a site's state tells of."""
        self.config = config
        self.options = options
        self.directories = Directories.empty()
        self.ledger: Ledger = state.ledger
        self.note: Callable[[str], None] = state.ledger.note
        self.read: Callable[[Place, str], Document]
        """Gives a document by its place and its key in the cache."""
        self.outlines: Table[Outline] = state.table("outlines", Outline)
        """Key of a document (`threads/<stem>`) → its outline."""
        self.listings: Table[Listing] = state.table("listings", Listing)
        """Stem → listing of each thread."""
        self.folded: Table[str] = state.table("folded", str)
        """Key with its case folded → key, where the two differ."""
        self.names: Table[Names] = state.table("names", Names)
        self.counts: Table[dict[int, int]] = state.table("lists", dict[int, int])
        """List → year → number of threads."""
        self.shelves: Table[Shelf] = state.table("shelves", Shelf)
        """`<list>/<year>` → its threads."""
        self.empty: Table[tuple[str, ...]] = state.table("empty", tuple[str, ...])
        """`lists` → the lists that stand even while they are empty."""
        self.staff_of: Table[dict[str, int]] = state.table("staff", dict[str, int])
        """Key of a doctor, specialty, hospital → keys of those they have replies with → how many replies."""
        self.together: Table[dict[ListKey, int]] = state.table("together", dict[str, int])
        """FAQ list → another of its specialty → number of threads that stand in both."""
        self.near: Table[tuple[ListKey, ...]] = state.table("near", tuple[str, ...])
        """FAQ list → the nearest others of its specialty, best first."""
        self.topic_words: Table[dict[ListKey, dict[str, int]]] = state.table("topic_words", dict[str, dict[str, int]])
        """Slug of a specialty → FAQ list → stem in the topic's names → what it weighs."""
        self.translated: Table[tuple[str, ...]] = state.table("translations", tuple[str, ...])
        """Stem → stems of the threads that say they are translations of it."""
        self.claims: Table[tuple[Claim, ...]] = state.table("claims", tuple[Claim, ...])
        """Old address → who claims it; the first by path gets it."""
        self.claimed: Table[dict[str, Claim]] = state.table("claimed", dict[str, Claim])
        """Key of a document → old address → what it claims of it."""
        self.neighbours: Table[tuple[str, ...]] = state.table("neighbours", tuple[str, ...])
        """Stem → stems of the nearest threads."""
        self.twins: Table[tuple[tuple[str, int], ...]] = state.table("twins", tuple[tuple[str, int], ...])
        """Stem → stems of threads that say almost the same, and how alike they are in percent."""
        self.pages: Table[Address] = state.table("pages", Address)
        """Address of a page → who plans it."""
        self.sizes: Table[int] = state.table("sizes", int)
        """`public` → number of threads that have a page, `pages` → of all pages and copied files; and one of TALLIES
        with what is told, `ages/30` → number of listed threads that tell it."""
        self.copies: Table[Copied] = state.table("copies", Copied)
        """`static/<path>`, or `assets/<path>` for one of the templates' → the file that is published as it is."""
        self.templates: Table[dict[str, str]] = state.table("templates", dict[str, str])
        """`digests` → name of a template → digest of it and all that it uses."""
        self.records: Mapping[str, Document] = {}
        """Key → record or page of the archive's own: all that are no threads."""

    # --- documents ------------------------------------------------------------------------------------------------

    def document(self, key: str) -> Document | None:
        """Give a document by its key, `threads/<stem>`."""
        if key in self.records:
            return self.records[key]
        outline = self.outlines.get(key)
        return self.read(self.place(key, outline), outline.key) if outline else None

    def thread(self, stem: str) -> Thread:
        """Give a thread; raises LookupError where there is none."""
        found = self.document(f"threads/{stem}")
        if isinstance(found, Thread):
            return found
        raise LookupError(stem)

    def outline(self, key: str) -> Outline:
        """Give the outline of a document; raises LookupError where there is none."""
        found = self.outlines.get(key)
        if found is None:
            raise LookupError(key)
        return found

    @staticmethod
    def place(key: str, outline: Outline) -> Place:
        """Give a document's place."""
        kind, _, stem = key.partition("/")
        return Place(kind, stem, outline.path)  # type: ignore[arg-type]

    def has(self, key: str) -> bool:
        """Tell whether there is such a document."""
        self.note(f"document:{key}")
        return self.outlines.get(key) is not None

    def path(self, key: str) -> str:
        """Give the path of a document's file; raises LookupError where there is none."""
        self.note(f"document:{key}")
        return self.outline(key).path

    def reached(self, day: date) -> bool:
        """Tell whether the day of the build is that day or a later one."""
        self.note(f"reached:{day}")
        return self.options.as_of >= day

    # --- threads --------------------------------------------------------------------------------------------------

    def listing(self, stem: str) -> Listing | None:
        """Give what other pages may show of a thread; None where there is no such thread."""
        self.note(f"thread:{stem}")
        return self.listings.get(stem)

    def public(self, stem: str) -> bool:
        """Tell whether a thread has a page that shows it."""
        listing = self.listing(stem)
        return listing is not None and listing.standing == "public"

    def target(self, reference: Name | None) -> str | None:
        """Give the stem of the public thread that another refers to."""
        return reference.text if reference and self.public(reference.text) else None

    def related(self, stem: str) -> tuple[str, ...]:
        """Give the stems of a thread's nearest others."""
        self.note(f"related:{stem}")
        return self.neighbours.get(stem) or ()

    def twins_of(self, stem: str) -> tuple[tuple[str, int], ...]:
        """Give the stems of the threads found to say almost the same as a thread, and how alike they are in percent."""
        self.note(f"twins:{stem}")
        return self.twins.get(stem) or ()

    def translations(self, stem: str, original: Name | None) -> list[str]:
        """Give the public threads that are translations of a thread, or of which it is one."""
        self.note(f"translations:{stem}")
        found = set(self.translated.get(stem) or ())
        if original and self.has(f"threads/{original.text}"):
            self.note(f"translations:{original.text}")
            found |= {original.text, *(self.translated.get(original.text) or ())}
        return [other for other in sorted(found - {stem}) if self.public(other)]

    def hospital(self, reply: Reply) -> Name | None:
        """Give the hospital of a reply: the one it names, else the doctor's on that day."""
        doctor = self.directories.doctors.find(reply.doctor)
        return reply.hospital or (doctor.record.hospital_on(reply.replied) if doctor and doctor.record else None)

    # --- lists ----------------------------------------------------------------------------------------------------

    def years(self, key: ListKey) -> dict[int, int]:
        """Give the years of a list with the number of threads in each; the asker notes which fact it goes by."""
        return self.counts.get(key) or {}

    def shelf(self, key: ListKey, year: int) -> tuple[str, ...]:
        """Give the stems of a year of a list by (asked, stem); the asker notes which fact it goes by."""
        return tuple(stem for _, stem in self.shelves.get(f"{key}/{year}") or ())

    def staff(self, key: str) -> tuple[str, ...]:
        """Give the keys of those who answer in a specialty or at a hospital, or of those that a doctor answers in."""
        self.note(f"staff:{key}")
        return tuple(self.staff_of.get(key) or ())

    def tally(self, name: str) -> dict[str, int]:
        """Give how many listed threads tell what, for one of TALLIES; "" stands for those that tell nothing."""
        self.note(f"tally:{name}")
        return {key.removeprefix(f"{name}/"): count for key, count in self.sizes.under(f"{name}/")}

    def total(self, key: ListKey) -> int:
        """Give the number of threads in a list."""
        return sum(self.years(key).values())

    def is_list(self, key: ListKey) -> bool:
        """Tell whether there is such a list, be it empty; the asker notes which fact it goes by."""
        return self.counts.get(key) is not None

    def has_list(self, key: ListKey) -> bool:
        """Tell whether there is such a list, be it empty."""
        self.note(f"there:{key}")
        return self.is_list(key)

    def newest(self, key: ListKey, count: int) -> list[str]:
        """Give the newest threads of a list, newest first."""
        self.note(f"list:{key}")
        found: list[str] = []
        for year in sorted(self.years(key), reverse=True):
            if len(found) >= count:
                break
            found += reversed(self.shelf(key, year))
        return found[:count]

    def beside(self, key: ListKey, stem: str, asked: date) -> tuple[str | None, str | None]:
        """Give the stems that stand before and after a thread, asked on a day, in a list."""
        self.note(f"beside:{key}/{stem}")
        shelf, place = self.shelves.get(f"{key}/{asked.year}") or (), (asked.isoformat(), stem)
        at = bisect_left(shelf, place)
        if shelf[at : at + 1] != (place,):
            return None, None
        before = shelf[at - 1][1] if at else self._across(key, asked.year, -1)
        after = shelf[at + 1][1] if at + 1 < len(shelf) else self._across(key, asked.year, 1)
        return before, after

    def _across(self, key: ListKey, year: int, step: Literal[-1, 1]) -> str | None:
        """Give the stem that stands before the first thread of a year of a list, or after the last."""
        years = sorted(self.years(key))
        at = years.index(year) + step
        return self.shelf(key, years[at])[min(step, 0)] if 0 <= at < len(years) else None

    def is_long(self, key: ListKey, years: Mapping[int, int] | None = None) -> bool:
        """Tell whether a list has pages for its years: every specialty, and what would make an endless entry page."""
        counts = self.years(key) if years is None else years
        return key.startswith("specialties/") or sum(counts.values()) > LONG * self.config.per_page

    @staticmethod
    def year_url(key: ListKey, year: int, number: int = 1) -> str:
        """Give the address of a page of a list's year."""
        return f"/{key}/{year}/" if number == 1 else f"/{key}/{year}/page/{number}/"

    def year_urls(self, key: ListKey) -> Iterator[str]:
        """Give the addresses of the pages of a list's years; none where they have no pages."""
        self.note(f"years:{key}")
        for year, number in self.year_pages(key, self.years(key)):
            self.note(f"pages:{key}/{year}")
            yield self.year_url(key, year, number)

    def year_pages(self, key: ListKey, years: Mapping[int, int]) -> Iterator[tuple[int, int]]:
        """Give the pages, as year and number, that a list has for its years where those are such."""
        for year, count in years.items() if self.is_long(key, years) else ():
            yield from ((year, number) for number in range(1, -(-count // self.config.per_page) + 1))

    def faq_lists(self, specialty: str) -> list[ListKey]:
        """Give the FAQ lists of a specialty."""
        self.note(f"lists:faq/{specialty}")
        return self.counts.keys(f"faq/{specialty}/")

    def topic_lists(self, topic: str) -> list[ListKey]:
        """Give the FAQ lists of a topic, by specialty."""
        self.note(f"lists:topic/{topic}")
        keys = (f"faq/{specialty.slug}/{topic}" for specialty in self.directories.specialties.entities())
        return [key for key in keys if self.is_list(key)]

    def near_topics(self, key: ListKey) -> tuple[ListKey, ...]:
        """Give the FAQ lists that are nearest to one, best first."""
        self.note(f"near:{key}")
        return self.near.get(key) or ()

    def topics_about(self, specialty: str, stems: Collection[str]) -> list[ListKey]:
        """Give the FAQ lists of a specialty whose topics are named by some of these stems, best first."""
        self.note(f"words:{specialty}")
        topics = (self.topic_words.get(specialty) or {}).items()
        scores = {key: sum(weight for stem, weight in words.items() if stem in stems) for key, words in topics}
        return sorted((key for key, score in scores.items() if score), key=lambda key: (-scores[key], key))

    # --- who has a page -------------------------------------------------------------------------------------------

    def has_page(self, entity: Entity[Any]) -> bool:
        """Tell whether a doctor, hospital or specialty has a page: a record, a list, or for a specialty topics.

        It is part of the facts `name:` and `entity:`, and of the roster.
        """
        if entity.record is not None or self.is_list(entity.key):
            return True
        return entity.kind == "specialties" and self.counts.first(f"faq/{entity.slug}/") is not None

    def address(self, key: str) -> str | None:
        """Give the address of a document: `threads/x` → `/threads/x/`; None where it has no page."""
        kind, _, slug = key.partition("/")
        if kind == "pages":
            return f"/{slug}/"
        if kind == "threads":
            return f"/threads/{slug}/" if self.public(slug) else None
        if kind == "topics":
            return next((f"/{found}/" for found in self.topic_lists(slug)), "/topics/")
        return f"/{key}/"

    def key_of(self, path: str) -> str | None:
        """Give the key of the document whose file lies at a path."""
        self.note(f"file:{path}")
        kind, stem = path.split("/")[1:2], path.rpartition("/")[2].removesuffix(".md")
        key = f"{kind[0]}/{stem}" if kind else ""
        outline = self.outlines.get(key)
        return key if outline and composed(outline.path) == path else None

    def anchors(self, key: str) -> tuple[str, ...]:
        """Give the ids on a document's page."""
        self.note(f"document:{key}")
        document = self.document(key)
        return document.anchors if document else ()

    def has_url(self, url: str) -> bool:
        """Tell whether there is a page, or a copied file, at an address."""
        self.note(f"url:{url}")
        return self.pages.get(url) is not None

    def has_static(self, path: str) -> bool:
        """Tell whether there is a file in `static/`."""
        self.note(f"static:{path}")
        return self.copies.get(f"{STATIC}/{path}") is not None

    def claim(self, url: str) -> str:
        """Give where an old address leads; "" where nobody claims it."""
        self.note(f"alias:{url}")
        claims = self.claims.get(url)
        return claims[0].target if claims else ""

    def copied(self, name: str) -> Copied:
        """Give a file that is published as it is."""
        self.note(f"copy:{name}")
        found = self.copies.get(name)
        if found is None:
            raise LookupError(name)
        return found

    def stems_like(self, stem: str, letters: int = 3, limit: int = 1_000) -> Iterator[str]:
        """Give the stems of threads that begin alike."""
        for key in self.outlines.keys(f"threads/{stem[:letters]}")[:limit]:
            yield key.partition("/")[2]


FOLDERS = {"/threads/": "/specialties/", "/faq/": "/topics/"}
"""Addresses a reader may guess that have no page of their own → where they lead."""
LONG = 3
"""Pages that a list must fill before its years get pages of their own."""


def composed(path: str) -> str:
    """Give a path with accents composed: some file systems take them apart."""
    return unicodedata.normalize("NFC", path)
