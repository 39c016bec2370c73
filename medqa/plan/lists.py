"""Entry pages of lists (a specialty, doctor, hospital, topic), their years, and the FAQ of a specialty."""

from collections.abc import Iterator
from typing import Any

from medqa.archive import ListKey
from medqa.directory import Entity
from medqa.documents import Doctor, Hospital, Specialty, Topic
from medqa.pages import (
    Count,
    DoctorPage,
    FaqPage,
    HospitalPage,
    Link,
    PeriodLine,
    SpecialtyPage,
    TopicPage,
    YearPage,
)
from medqa.plan.desk import Desk


def _entry(
    desk: Desk, key: ListKey, name: str, document: str, record: Specialty | Topic | Doctor | Hospital | None
) -> dict[str, Any]:
    """Give the fields that all entry pages have; `document` is the key of the record whose text they show."""
    total = len(desk.archive.lists.get(key, ()))
    return {
        "url": f"/{key}/",
        "lang": desk.language,
        "description": desk.say("page_description_list", name=name, n=total),
        "links": desk.archive.links.get(document, ()) if record else (),
        "shows": document if record and record.body else "",
        "total": total,
        "newest": desk.newest(key),
        "years": desk.year_counts(key),
        "body": record.body if record else None,
    }


def specialty(desk: Desk, entity: Entity[Specialty]) -> SpecialtyPage:
    """Plan the entry page of a specialty."""
    name = entity.name_in(desk.language)
    has_faq = bool(desk.topics_of(entity))
    return SpecialtyPage(
        **_entry(desk, entity.key, name, entity.key, entity.record),
        title=name,
        crumbs=desk.crumbs(desk.section("specialties")),
        faq=_faq_link(desk, entity, "faq_of") if has_faq else None,
        doctors=tuple(desk.entity(doctor) for doctor in desk.doctors_of(entity)),
    )


def doctor(desk: Desk, entity: Entity[Doctor]) -> DoctorPage:
    """Plan a doctor's page."""
    record, known = entity.record, desk.archive.directories
    periods = record.periods if record else ()
    return DoctorPage(
        **_entry(desk, entity.key, entity.name, entity.key, record),
        title=desk.say("doctor_name", name=entity.name),
        crumbs=desk.crumbs(desk.section("doctors")),
        other_names=record.names if record else (),
        position=record.title if record else "",
        specialties=tuple(desk.entity(each) for each in desk.specialties_of(entity)),
        status=record.status if record else "active",
        periods=tuple(
            PeriodLine(desk.named(known.hospitals.find(period.hospital), period.hospital), period.start, period.end)
            for period in periods
        ),
    )


def hospital(desk: Desk, entity: Entity[Hospital]) -> HospitalPage:
    """Plan a hospital's page."""
    return HospitalPage(
        **_entry(desk, entity.key, entity.name, entity.key, entity.record),
        title=entity.name,
        crumbs=desk.crumbs(desk.section("hospitals")),
        other_names=entity.record.names if entity.record else (),
        doctors=tuple(desk.entity(each) for each in desk.doctors_at(entity)),
    )


def topic(desk: Desk, key: ListKey) -> TopicPage:
    """Plan the FAQ of a topic within a specialty, `faq/<specialty>/<topic>`."""
    home, entity = desk.faq_parts(key)
    link, elsewhere = desk.topic_link(key), desk.faq_lists_of(entity)
    record = entity.record
    return TopicPage(
        **_entry(desk, key, link.text, entity.key, record),
        title=link.text,
        crumbs=desk.crumbs(desk.section("specialties"), desk.entity(home), _faq_link(desk, home, "faq")),
        specialty=desk.entity(home),
        synonyms=record.synonyms if record else (),
        elsewhere=tuple(desk.topic_link(other) for other in elsewhere if other != key),
    )


def faq(desk: Desk, entity: Entity[Specialty]) -> FaqPage:
    """Plan the FAQ of a specialty: its topics."""
    topics = []
    for key in desk.topics_of(entity):
        _, about = desk.faq_parts(key)
        link = Link(key, f"/{key}/", about.name_in(desk.language))
        topics.append(Count(link, len(desk.archive.lists[key]), about.record.excerpt if about.record else ""))
    title = desk.say("faq_of", specialty=entity.name_in(desk.language))
    return FaqPage(
        url=f"/faq/{entity.slug}/",
        lang=desk.language,
        title=title,
        description=title,
        crumbs=desk.crumbs(desk.section("specialties"), desk.entity(entity)),
        specialty=desk.entity(entity),
        topics=tuple(topics),
    )


def _faq_link(desk: Desk, entity: Entity[Specialty], key: str) -> Link:
    text = desk.say(key, specialty=entity.name_in(desk.language))
    return Link(f"faq/{entity.slug}", f"/faq/{entity.slug}/", text)


def years(desk: Desk, key: ListKey) -> Iterator[YearPage]:
    """Plan the pages of a list's years, where it is divided."""
    if desk.divided(key):
        found = desk.years(key)
        for at, year in enumerate(order := sorted(found)):
            earlier = order[at - 1] if at else None
            later = order[at + 1] if at + 1 < len(order) else None
            yield from _year(desk, key, year, found[year], earlier, later)


def _year(
    desk: Desk, key: ListKey, year: int, stems: list[str], earlier: int | None, later: int | None
) -> Iterator[YearPage]:
    """Plan the numbered pages of one year, the oldest threads on the first."""
    size = desk.archive.config.per_page
    entry, own_crumbs = _list_link(desk, key)
    pages = [stems[start : start + size] for start in range(0, len(stems), size)]
    first = desk.year_link(key, year)
    for number, part in enumerate(pages, 1):
        words: dict[str, Any] = {"list": entry.text, "year": year, "number": number}
        title = desk.say("year_title" if number == 1 else "year_page_title", **words)
        yield YearPage(
            url=_page_url(key, year, number),
            lang=desk.language,
            title=title,
            description=title,
            crumbs=desk.crumbs(*own_crumbs, entry, *([first] if number > 1 else [])),
            entry=entry,
            year=year,
            number=number,
            threads=desk.cards(part),
            previous=_page_link(desk, key, year, number - 1, "older_page") if number > 1 else None,
            next=_page_link(desk, key, year, number + 1, "newer_page") if number < len(pages) else None,
            earlier=desk.year_link(key, earlier) if earlier else None,
            later=desk.year_link(key, later) if later else None,
        )


def _page_url(key: ListKey, year: int, number: int) -> str:
    return f"/{key}/{year}/" if number == 1 else f"/{key}/{year}/page/{number}/"


def _page_link(desk: Desk, key: ListKey, year: int, number: int, text: str) -> Link:
    return Link(f"{key}/{year}/{number}", _page_url(key, year, number), desk.say(text, number=number))


def _list_link(desk: Desk, key: ListKey) -> tuple[Link, tuple[Link, ...]]:
    """Give the link to a list's entry page, and the crumbs that lead to it."""
    kind, _, slug = key.partition("/")
    if kind == "faq":
        home, _ = desk.faq_parts(key)
        return desk.topic_link(key), (desk.section("specialties"), desk.entity(home), _faq_link(desk, home, "faq"))
    link = desk.entity(desk.entity_of(kind, slug))
    if kind == "doctors":
        link = Link(link.key, link.url, desk.say("doctor_name", name=link.text))
    return link, (desk.section(kind),)
