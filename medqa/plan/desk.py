"""What all planners need: links, cards, strings, and which entities have a page."""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial, wraps
from typing import Any, TypeVar, TypeVarTuple

import msgspec

from medqa import links, names
from medqa.archive import Archive, Listing, ListKey
from medqa.config import Locales, Strings, strings_for
from medqa.directory import Entity
from medqa.documents import Doctor, Hospital, Page, Specialty, Thread, Topic
from medqa.excerpts import excerpt
from medqa.pages import Card, Count, Link
from medqa.sources import Kind

T = TypeVar("T")
Asked = TypeVarTuple("Asked")
DESCRIPTION = 155
"""Characters of a page's description; search engines show about as many."""


def kept(answer: Callable[["Desk", *Asked], T]) -> Callable[["Desk", *Asked], T]:
    """Let a question be answered once for all pages that ask it; each of them is told the facts of the answer."""

    @wraps(answer)
    def give(desk: "Desk", *asked: *Asked) -> T:
        known = desk.answers.get((answer, asked))
        if known is None:
            known = desk.answers[answer, asked] = desk.archive.ledger.hear(partial(answer, desk, *asked))
        desk.archive.ledger.note_all(known[1])
        given: T = known[0]
        return given

    return give


class Desk:
    """The archive together with the words of its pages."""

    def __init__(self, archive: Archive, locales: Locales) -> None:
        """Lay the archive out."""
        self.archive = archive
        self.locales = locales
        self.language = archive.config.language
        self.answers: dict[object, tuple[Any, tuple[int, ...]]] = {}
        """What was asked → the answer, and the facts that it was made from: see `kept`."""
        self._cards: dict[str, Card] = {}
        self._strings: dict[str, Strings] = {}

    # --- words ----------------------------------------------------------------------------------------------------

    def strings(self, language: str) -> Strings:
        """Give the strings for a language."""
        if language not in self._strings:
            self._strings[language] = strings_for(self.locales, language, self.language)
        return self._strings[language]

    def say(self, key: str, /, language: str = "", **values: object) -> str:
        """Give a message in a language, by default the site's."""
        return self.strings(language or self.language).messages[key](**values)

    def description(self, text: str) -> str:
        """Cut a text down to a page's description."""
        return excerpt(text, DESCRIPTION)

    # --- links ----------------------------------------------------------------------------------------------------

    def section(self, name: str, language: str = "") -> Link:
        """Give the crumb of an index page: specialties, topics, doctors, hospitals."""
        return Link(name, f"/{name}/", self.say(name, language))

    def crumbs(self, *links: Link, language: str = "") -> tuple[Link, ...]:
        """Give the way from the home page."""
        return (Link("home", "/", self.say("home", language)), *links)

    def entity(self, entity: Entity[Any], language: str = "") -> Link:
        """Give the link to a doctor, hospital or specialty; without an address where it has no page."""
        url = f"/{entity.key}/" if self.archive.has_page(entity) else ""
        return Link(entity.key, url, entity.name_in(language or self.language))

    @kept
    def named(self, kind: Kind, name: str) -> Link:
        """Give the link to the doctor or hospital that a name means, under that name; no key where it means nobody."""
        entity = self.archive.directories.of(kind).find(name)
        if entity is None:
            return Link("", "", name)
        link = self.entity(entity)
        return link if name == entity.slug else msgspec.structs.replace(link, text=name)

    @kept
    def specialty_link(self, name: str, language: str) -> Link:
        """Give the link to the specialty that a name means."""
        return self.entity(self.specialty(name), language)

    @kept
    def specialty_crumbs(self, name: str, language: str) -> tuple[Link, ...]:
        """Give the way from the home page to what belongs to the specialty that a name means."""
        links = self.section("specialties", language), self.specialty_link(name, language)
        return self.crumbs(*links, language=language)

    def thread_link(self, stem: str, language: str) -> Link:
        """Give the link to a thread with its title as text, for a page in a language."""
        listing = self.listing(stem)
        own = listing.lang or self.language
        return Link(f"threads/{stem}", f"/threads/{stem}/", listing.title, "" if own == language else own)

    @kept
    def topic_link(self, key: ListKey, language: str) -> Link:
        """Give the link to the FAQ of a topic, `faq/<specialty>/<topic>`."""
        specialty, topic = self.faq_parts(key)
        words = {"topic": topic.name_in(language), "specialty": specialty.name_in(language)}
        return Link(key, f"/{key}/", self.say("topic_faq", language, **words))

    # --- documents ------------------------------------------------------------------------------------------------

    def links(self, key: str) -> tuple[str | None, ...]:
        """Give where the links in a document's texts lead."""
        self.archive.note(f"document:{key}")
        outline = self.archive.outline(key)
        document = self.archive.document(key)
        if document is None:
            raise LookupError(key)
        return links.targets(self.archive, self.archive.place(key, outline), document)

    def page(self, stem: str) -> Page:
        """Give a text of the archive's own."""
        self.archive.note(f"document:pages/{stem}")
        found = self.archive.document(f"pages/{stem}")
        if isinstance(found, Page):
            return found
        raise LookupError(stem)

    def texts(self) -> tuple[Link, ...]:
        """Give the links to the archive's own texts."""
        self.archive.note("roster:pages")
        found = (one for one in self.archive.records.values() if isinstance(one, Page))
        return tuple(Link(f"pages/{page.stem}", f"/{page.stem}/", page.title) for page in found)

    # --- who has a page -------------------------------------------------------------------------------------------

    @kept
    def specialties(self) -> tuple[Entity[Specialty], ...]:
        """Give the specialties that have pages, in config's order, the others by name."""
        known = self.archive.directories.specialties
        configured = [known.find(entry.name) for entry in self.archive.config.specialties]
        order = {entity.slug: number for number, entity in reversed(list(enumerate(configured))) if entity}
        found = filter(self.archive.has_page, known.entities())
        return tuple(sorted(found, key=lambda entity: (order.get(entity.slug, len(order)), _by_name(entity))))

    @kept
    def doctors(self) -> tuple[Entity[Doctor], ...]:
        """Give the doctors that have pages, by name."""
        return tuple(sorted(filter(self.archive.has_page, self.archive.directories.doctors.entities()), key=_by_name))

    @kept
    def hospitals(self) -> tuple[Entity[Hospital], ...]:
        """Give the hospitals that have pages, by name."""
        return tuple(sorted(filter(self.archive.has_page, self.archive.directories.hospitals.entities()), key=_by_name))

    def topics_of(self, specialty: Entity[Specialty]) -> list[ListKey]:
        """Give the FAQ lists of a specialty, by the topics' names."""
        keys = self.archive.faq_lists(specialty.slug)
        return sorted(keys, key=lambda key: _by_name(self.faq_parts(key)[1]))

    def faq_parts(self, key: ListKey) -> tuple[Entity[Specialty], Entity[Topic]]:
        """Give specialty and topic of a FAQ list."""
        _, specialty, topic = key.split("/")
        known = self.archive.directories
        return _there(known.specialties.by_slug(specialty), key), _there(known.topics.by_slug(topic), key)

    def topics(self) -> list[Entity[Topic]]:
        """Give all topics, by name."""
        return sorted(self.archive.directories.topics.entities(), key=_by_name)

    @kept
    def faq_lists_of(self, topic: str) -> tuple[ListKey, ...]:
        """Give the FAQ lists of a topic, in the order of the specialties."""
        there = set(self.archive.topic_lists(topic))
        keys = (f"faq/{specialty.slug}/{topic}" for specialty in self.specialties())
        return tuple(key for key in keys if key in there)

    def doctors_of(self, specialty: Entity[Specialty]) -> list[Entity[Doctor]]:
        """Give the doctors of a specialty, by name: whose records say so, or who have replied in it."""
        known = self.archive.directories
        told = {
            doctor.key
            for doctor in known.doctors.entities()
            if doctor.record and (own := known.specialties.find(doctor.record.specialty)) and own.slug == specialty.slug
        }
        return self._staff(specialty.key, told)

    def doctors_at(self, hospital: Entity[Hospital]) -> list[Entity[Doctor]]:
        """Give the doctors of a hospital, by name: whose records say so, or who have replied from there."""
        known = self.archive.directories
        told = {
            doctor.key
            for doctor in known.doctors.entities()
            for period in (doctor.record.periods if doctor.record else ())
            if (own := known.hospitals.find(period.hospital)) and own.slug == hospital.slug
        }
        return self._staff(hospital.key, told)

    def _staff(self, key: str, told: set[str]) -> list[Entity[Doctor]]:
        working = told | {other for other in self.archive.staff(key) if other.startswith("doctors/")}
        return [doctor for doctor in self.doctors() if doctor.key in working]

    def specialties_of(self, doctor: Entity[Doctor]) -> list[Entity[Specialty]]:
        """Give the specialties of a doctor: the record's, and those in which replies were given."""
        own = self.archive.directories.specialties.find(doctor.record.specialty) if doctor.record else None
        working = {*self.archive.staff(doctor.key), own.key if own else ""}
        return [each for each in self.specialties() if each.key in working]

    def entity_of(self, kind: str, slug: str) -> Entity[Any]:
        """Give the entity of a list's key."""
        return _there(self.archive.directories.of(kind).by_slug(slug), f"{kind}/{slug}")

    def newest_of_all(self, count: int) -> list[str]:
        """Give the stems of the newest listed threads, newest first."""
        tails = (stem for each in self.specialties() for stem in self.archive.newest(each.key, count))
        return sorted(tails, key=lambda stem: (self.listing(stem).asked, stem), reverse=True)[:count]

    # --- threads on other pages -----------------------------------------------------------------------------------

    def listing(self, stem: str) -> Listing:
        """Give what other pages show of a thread that is there."""
        return _there(self.archive.listing(stem), stem)

    def lang(self, thread: Thread) -> str:
        """Give a thread's language."""
        return thread.lang or self.language

    @kept
    def specialty(self, name: str) -> Entity[Specialty]:
        """Give the specialty that a name means: every name of one has an entity, or the build has stopped before."""
        return _there(self.archive.directories.specialties.find(name), name)

    def cards(self, stems: Iterable[str]) -> tuple[Card, ...]:
        """Give the cards of threads for one page; where two would have the same link text, their stems are added."""
        cards = tuple(self._card(stem) for stem in stems)
        texts = Counter((card.title, card.by) for card in cards)
        if len(texts) == len(cards):
            return cards
        return tuple(
            msgspec.structs.replace(card, by=f"{card.by} – {card.key.partition('/')[2]}")  # noqa: RUF001 - a dash
            if texts[card.title, card.by] > 1
            else card
            for card in cards
        )

    def _card(self, stem: str) -> Card:
        listing = self.listing(stem)
        if stem not in self._cards:
            self._cards[stem] = self._make_card(stem, listing)
        return self._cards[stem]

    def _make_card(self, stem: str, listing: Listing) -> Card:
        lang = listing.lang or self.language
        doctor = self.say("doctor_name", lang, name=listing.doctor) if listing.doctor else ""
        asked = self.strings(lang).format_date(listing.asked)
        by = (
            self.say("card_by", lang, doctor=doctor, date=asked)
            if doctor
            else self.say("card_by_unanswered", lang, date=asked)
        )
        return Card(
            key=f"threads/{stem}",
            url=f"/threads/{stem}/",
            lang=lang,
            title=listing.title,
            by=by,
            asked=listing.asked,
            specialty=listing.specialty,
            question=listing.question,
            doctor=doctor,
            reply=listing.reply,
            words=self.strings(lang).language,
            draft=listing.draft,
        )

    # --- lists ----------------------------------------------------------------------------------------------------

    def year_counts(self, key: ListKey) -> tuple[Count, ...]:
        """Give the links to a list's years, newest first; () where they have no pages."""
        self.archive.note(f"list:{key}")
        if not self.archive.is_long(key):
            return ()
        years = self.archive.years(key)
        return tuple(Count(self.year_link(key, year), years[year]) for year in sorted(years, reverse=True))

    def year_link(self, key: ListKey, year: int) -> Link:
        """Give the link to one year of a list."""
        return Link(f"{key}/{year}", self.archive.year_url(key, year), str(year))

    def newest(self, key: ListKey) -> tuple[Card, ...]:
        """Give the newest threads of a list, newest first: as many as a page holds, or all where that is the list."""
        long = self.archive.is_long(key)
        count = self.archive.config.per_page if long else self.archive.total(key)
        return self.cards(self.archive.newest(key, count))


def _there(found: T | None, what: str) -> T:
    """Give what has to be there, since the index has seen to it."""
    if found is None:
        raise LookupError(what)
    return found


def _by_name(entity: Entity[Any]) -> tuple[str, str]:
    return names.key(entity.name), entity.slug
