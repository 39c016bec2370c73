"""What all planners need: links, cards, strings, and which entities have a page."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain, groupby
from typing import Any

import msgspec

from medqa import names
from medqa.archive import Archive, ListKey
from medqa.config import Locales, Strings, strings_for
from medqa.directory import Directory, Entity, R
from medqa.documents import Doctor, Hospital, Reply, Specialty, Thread, Topic
from medqa.excerpts import excerpt
from medqa.fields import Name
from medqa.pages import Card, Count, Link

DESCRIPTION = 155
"""Characters of a page's description; search engines show about as many."""


class Desk:
    """The archive together with what shows it: neighbours and strings."""

    def __init__(self, archive: Archive, neighbours: Mapping[str, Sequence[str]], locales: Locales) -> None:
        """Lay the archive out; `neighbours` gives the stems of each listed thread's related ones."""
        self.archive = archive
        self.neighbours = neighbours
        self.locales = locales
        self.language = archive.config.language
        self._cards: dict[str, Card] = {}
        self._positions: dict[ListKey, dict[str, int]] = {}

    # --- words ----------------------------------------------------------------------------------------------------

    def strings(self, language: str) -> Strings:
        """Give the strings for a language."""
        return strings_for(self.locales, language, self.language)

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
        url = f"/{entity.key}/" if self.has_page(entity) else ""
        return Link(entity.key, url, entity.name_in(language or self.language))

    def named(self, entity: Entity[Doctor] | Entity[Hospital] | None, name: Name) -> Link:
        """Give the link to a doctor or hospital under the name that a thread uses."""
        if entity is None:
            return Link("", "", name.text)
        link = self.entity(entity)
        return link if name.text == entity.slug else msgspec.structs.replace(link, text=name.text)

    def thread_link(self, stem: str, language: str) -> Link:
        """Give the link to a thread with its title as text, for a page in a language."""
        thread = self.archive.threads[stem]
        own = self.lang(thread)
        return Link(f"threads/{stem}", f"/threads/{stem}/", thread.title, "" if own == language else own)

    def topic_link(self, key: ListKey, language: str = "") -> Link:
        """Give the link to the FAQ of a topic, `faq/<specialty>/<topic>`."""
        specialty, topic = self.faq_parts(key)
        language = language or self.language
        words = {"topic": topic.name_in(language), "specialty": specialty.name_in(language)}
        return Link(key, f"/{key}/", self.say("topic_faq", language, **words))

    # --- who has a page -------------------------------------------------------------------------------------------

    def has_page(self, entity: Entity[Any]) -> bool:
        """Tell whether a doctor, hospital or specialty has a page: a record, a list, or for a specialty topics."""
        has_topics = entity.kind == "specialties" and entity.slug in self._faq_keys
        return entity.record is not None or entity.key in self.archive.lists or has_topics

    @cached_property
    def specialties(self) -> list[Entity[Specialty]]:
        """The specialties that have pages, in config's order, the others by name."""
        directory = self.archive.directories.specialties
        configured = [directory.find(entry.name) for entry in self.archive.config.specialties]
        order = {entity.slug: number for number, entity in reversed(list(enumerate(configured))) if entity}
        found = self._with_page(directory)
        return sorted(found, key=lambda entity: (order.get(entity.slug, len(order)), *_by_name(entity)))

    @cached_property
    def doctors(self) -> list[Entity[Doctor]]:
        """The doctors that have pages, by name."""
        return sorted(self._with_page(self.archive.directories.doctors), key=_by_name)

    @cached_property
    def hospitals(self) -> list[Entity[Hospital]]:
        """The hospitals that have pages, by name."""
        return sorted(self._with_page(self.archive.directories.hospitals), key=_by_name)

    def _with_page(self, directory: Directory[R]) -> list[Entity[R]]:
        return [entity for entity in directory.entities() if self.has_page(entity)]

    def topics_of(self, specialty: Entity[Specialty]) -> list[ListKey]:
        """Give the FAQ lists of a specialty, by the topics' names."""
        keys = self._faq_keys.get(specialty.slug, [])
        return sorted(keys, key=lambda key: _by_name(self.faq_parts(key)[1]))

    def faq_parts(self, key: ListKey) -> tuple[Entity[Specialty], Entity[Topic]]:
        """Give specialty and topic of a FAQ list."""
        _, specialty, topic = key.split("/")
        return self._specialty_by_slug[specialty], self._topic_by_slug[topic]

    @cached_property
    def topics(self) -> list[Entity[Topic]]:
        """All topics, by name."""
        return sorted(self.archive.directories.topics.entities(), key=_by_name)

    def faq_lists_of(self, topic: Entity[Topic]) -> list[ListKey]:
        """Give the FAQ lists of a topic, in the order of the specialties."""
        keys = (f"faq/{specialty.slug}/{topic.slug}" for specialty in self.specialties)
        return [key for key in keys if key in self.archive.lists]

    def doctors_of(self, specialty: Entity[Specialty]) -> list[Entity[Doctor]]:
        """Give the doctors of a specialty, by name."""
        return [doctor for doctor in self.doctors if specialty.slug in self._specialty_slugs.get(doctor.slug, ())]

    def specialties_of(self, doctor: Entity[Doctor]) -> list[Entity[Specialty]]:
        """Give the specialties of a doctor: the record's, and those in which replies were given."""
        return [each for each in self.specialties if each.slug in self._specialty_slugs.get(doctor.slug, ())]

    def doctors_at(self, hospital: Entity[Hospital]) -> list[Entity[Doctor]]:
        """Give the doctors of a hospital, by name."""
        return [doctor for doctor in self.doctors if hospital.slug in self._hospital_slugs.get(doctor.slug, ())]

    def entity_of(self, kind: str, slug: str) -> Entity[Any]:
        """Give the entity of a list's key."""
        return self._by_key[f"{kind}/{slug}"]

    def newest_of_all(self, count: int) -> list[str]:
        """Give the stems of the newest listed threads, newest first."""
        tails = (stem for each in self.specialties for stem in self.archive.lists.get(each.key, ())[-count:])
        return sorted(tails, key=lambda stem: (self.archive.threads[stem].asked, stem), reverse=True)[:count]

    @cached_property
    def _by_key(self) -> dict[str, Entity[Any]]:
        return {entity.key: entity for entity in chain[Entity[Any]](self.specialties, self.doctors, self.hospitals)}

    @cached_property
    def _served(self) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        """Doctor's slug → slugs of specialties, and of hospitals, from records and from listed replies."""
        known = self.archive.directories
        specialties: dict[str, set[str]] = {}
        hospitals: dict[str, set[str]] = {}
        for doctor in known.doctors.entities():
            record = doctor.record
            own = known.specialties.find(record.specialty) if record else None
            periods = (known.hospitals.find(period.hospital) for period in record.periods) if record else ()
            specialties[doctor.slug] = {own.slug} if own else set()
            hospitals[doctor.slug] = {hospital.slug for hospital in periods if hospital}
        for stem, thread in self.archive.threads.items():
            if self.archive.listed(stem):
                for reply in thread.replies:
                    if answering := known.doctors.find(reply.doctor):
                        specialty = known.specialties.find(reply.specialty) or self.specialty(thread)
                        specialties[answering.slug].add(specialty.slug)
                        if hospital := known.hospitals.find(self.archive.hospital(reply)):
                            hospitals[answering.slug].add(hospital.slug)
        return specialties, hospitals

    @property
    def _specialty_slugs(self) -> dict[str, set[str]]:
        return self._served[0]

    @property
    def _hospital_slugs(self) -> dict[str, set[str]]:
        return self._served[1]

    @cached_property
    def _faq_keys(self) -> dict[str, list[ListKey]]:
        keys = [key for key in self.archive.lists if key.startswith("faq/")]
        return {slug: list(group) for slug, group in groupby(keys, key=lambda key: key.split("/")[1])}

    @cached_property
    def _specialty_by_slug(self) -> dict[str, Entity[Specialty]]:
        return {entity.slug: entity for entity in self.archive.directories.specialties.entities()}

    @cached_property
    def _topic_by_slug(self) -> dict[str, Entity[Topic]]:
        return {entity.slug: entity for entity in self.archive.directories.topics.entities()}

    # --- threads on other pages -----------------------------------------------------------------------------------

    def lang(self, thread: Thread) -> str:
        """Give a thread's language."""
        return thread.lang or self.language

    def specialty(self, thread: Thread) -> Entity[Specialty]:
        """Give a thread's specialty: every name of one has an entity, or the build has stopped before."""
        found = self.archive.directories.specialties.find(thread.specialty)
        if found is None:
            raise LookupError(thread.specialty.text)
        return found

    def doctor_name(self, reply: Reply, language: str) -> str:
        """Give a doctor's name with the honorific."""
        link = self.named(self.archive.directories.doctors.find(reply.doctor), reply.doctor)
        return self.say("doctor_name", language, name=link.text)

    def cards(self, stems: Iterable[str]) -> tuple[Card, ...]:
        """Give the cards of threads for one page; where two would have the same link text, their stems are added."""
        cards = [self._card(stem) for stem in stems]
        labels = [card.label for card in cards]
        return tuple(
            msgspec.structs.replace(card, label=f"{card.label} – {card.key.partition('/')[2]}")  # noqa: RUF001 - a dash
            if labels.count(card.label) > 1
            else card
            for card in cards
        )

    def _card(self, stem: str) -> Card:
        if stem not in self._cards:
            self._cards[stem] = self._make_card(stem)
        return self._cards[stem]

    def _make_card(self, stem: str) -> Card:
        thread = self.archive.threads[stem]
        lang = self.lang(thread)
        replies = thread.replies
        doctor = self.doctor_name(replies[0], lang) if replies else ""
        words = {"title": thread.title, "date": self.strings(lang).format_date(thread.asked)}
        label = (
            self.say("card_label", lang, doctor=doctor, **words)
            if doctor
            else self.say("card_label_unanswered", lang, **words)
        )
        return Card(
            key=f"threads/{stem}",
            url=f"/threads/{stem}/",
            lang=lang,
            title=thread.title,
            label=label,
            asked=thread.asked,
            specialty=self.specialty(thread).name_in(lang),
            question=thread.question_excerpt,
            doctor=doctor,
            reply=thread.reply_excerpt,
        )

    def years(self, key: ListKey) -> dict[int, list[str]]:
        """Give the stems of a list by the year asked, each year's oldest first."""
        threads = self.archive.threads
        stems = self.archive.lists.get(key, ())
        return {year: list(group) for year, group in groupby(stems, key=lambda stem: threads[stem].asked.year)}

    def positions(self, key: ListKey) -> Mapping[str, int]:
        """Give the place of each stem in a list."""
        if key not in self._positions:
            self._positions[key] = {stem: at for at, stem in enumerate(self.archive.lists.get(key, ()))}
        return self._positions[key]

    def divided(self, key: ListKey) -> bool:
        """Tell whether a list has pages for its years: every specialty, and whatever does not fit on its entry page."""
        return key.startswith("specialties/") or len(self.archive.lists.get(key, ())) > self.archive.config.per_page

    def year_counts(self, key: ListKey) -> tuple[Count, ...]:
        """Give the links to a list's years, newest first."""
        if not self.divided(key):
            return ()
        years = self.years(key)
        return tuple(Count(self.year_link(key, year), len(years[year])) for year in sorted(years, reverse=True))

    def year_link(self, key: ListKey, year: int) -> Link:
        """Give the link to one year of a list."""
        return Link(f"{key}/{year}", f"/{key}/{year}/", str(year))

    def newest(self, key: ListKey) -> tuple[Card, ...]:
        """Give the newest threads of a list, newest first, as many as a page holds."""
        return self.cards(reversed(self.archive.lists.get(key, ())[-self.archive.config.per_page :]))


def _by_name(entity: Entity[Any]) -> tuple[str, str]:
    return names.key(entity.name), entity.slug
