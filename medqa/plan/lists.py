"""Entry pages of lists (a specialty, doctor, hospital, topic), their years, and the FAQ of a specialty."""

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
from medqa.plan.desk import Desk, kept


def _entry(
    desk: Desk, key: ListKey, name: str, document: str, record: Specialty | Topic | Doctor | Hospital | None
) -> dict[str, Any]:
    """Give the fields that all entry pages have; `document` is the key of the record whose text they show."""
    total = desk.archive.total(key)
    return {
        "url": f"/{key}/",
        "lang": desk.language,
        "description": desk.say("page_description_list", name=name, n=total),
        "links": desk.links(document) if record else (),
        "shows": document if record and record.body else "",
        "total": total,
        "newest": desk.newest(key),
        "years": desk.year_counts(key),
        "body": record.body if record else None,
    }


def specialty(desk: Desk, slug: str) -> SpecialtyPage:
    """Plan the entry page of a specialty."""
    entity = desk.entity_of("specialties", slug)
    name = entity.name_in(desk.language)
    has_faq = bool(desk.topics_of(entity))
    return SpecialtyPage(
        **_entry(desk, entity.key, name, entity.key, entity.record),
        title=name,
        crumbs=desk.crumbs(desk.section("specialties")),
        faq=_faq_link(desk, entity, "faq_of") if has_faq else None,
        doctors=tuple(desk.entity(doctor) for doctor in desk.doctors_of(entity)),
    )


def doctor(desk: Desk, slug: str) -> DoctorPage:
    """Plan a doctor's page."""
    entity: Entity[Doctor] = desk.entity_of("doctors", slug)
    record = entity.record
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
            PeriodLine(desk.named("hospitals", period.hospital.text), period.start, period.end) for period in periods
        ),
    )


def hospital(desk: Desk, slug: str) -> HospitalPage:
    """Plan a hospital's page."""
    entity: Entity[Hospital] = desk.entity_of("hospitals", slug)
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
    link, elsewhere = desk.topic_link(key, desk.language), desk.faq_lists_of(entity.slug)
    record = entity.record
    return TopicPage(
        **_entry(desk, key, link.text, entity.key, record),
        title=link.text,
        crumbs=desk.crumbs(desk.section("specialties"), desk.entity(home), _faq_link(desk, home, "faq")),
        specialty=desk.entity(home),
        synonyms=record.synonyms if record else (),
        near=tuple(desk.topic_link(other, desk.language) for other in desk.archive.near_topics(key)),
        elsewhere=tuple(desk.topic_link(other, desk.language) for other in elsewhere if other != key),
    )


def faq(desk: Desk, slug: str) -> FaqPage:
    """Plan the FAQ of a specialty: its topics."""
    entity: Entity[Specialty] = desk.entity_of("specialties", slug)
    topics = []
    for key in desk.topics_of(entity):
        _, about = desk.faq_parts(key)
        link = Link(key, f"/{key}/", about.name_in(desk.language))
        topics.append(Count(link, desk.archive.total(key), about.record.excerpt if about.record else ""))
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


def year(desk: Desk, argument: str) -> YearPage:
    """Plan a page of a list's year, `<list> <year> <number>`: the oldest threads on the first."""
    key, *numbers = argument.split(" ")
    of, number = map(int, numbers)
    archive, size = desk.archive, desk.archive.config.per_page
    for fact in (f"years:{key}", f"pages:{key}/{of}", f"page:{key}/{of}/{number}"):
        archive.note(fact)
    years, stems = sorted(archive.years(key)), archive.shelf(key, of)
    turn, last = years.index(of), -(-len(stems) // size)
    entry, own_crumbs = _list_link(desk, key)
    words: dict[str, Any] = {"list": entry.text, "year": of, "number": number}
    title = desk.say("year_title" if number == 1 else "year_page_title", **words)
    return YearPage(
        url=archive.year_url(key, of, number),
        lang=desk.language,
        title=title,
        description=title,
        crumbs=desk.crumbs(*own_crumbs, entry, *([desk.year_link(key, of)] if number > 1 else [])),
        entry=entry,
        year=of,
        number=number,
        threads=desk.cards(stems[(number - 1) * size : number * size]),
        previous=_page_link(desk, key, of, number - 1, "older_page") if number > 1 else None,
        next=_page_link(desk, key, of, number + 1, "newer_page") if number < last else None,
        earlier=desk.year_link(key, years[turn - 1]) if turn else None,
        later=desk.year_link(key, years[turn + 1]) if turn + 1 < len(years) else None,
    )


def _page_link(desk: Desk, key: ListKey, year: int, number: int, text: str) -> Link:
    url = desk.archive.year_url(key, year, number)
    return Link(f"{key}/{year}/{number}", url, desk.say(text, number=number))


@kept
def _list_link(desk: Desk, key: ListKey) -> tuple[Link, tuple[Link, ...]]:
    """Give the link to a list's entry page, and the crumbs that lead to it."""
    kind, _, slug = key.partition("/")
    if kind == "faq":
        home, _ = desk.faq_parts(key)
        return desk.topic_link(key, desk.language), (
            desk.section("specialties"),
            desk.entity(home),
            _faq_link(desk, home, "faq"),
        )
    link = desk.entity(desk.entity_of(kind, slug))
    if kind == "doctors":
        link = Link(link.key, link.url, desk.say("doctor_name", name=link.text))
    return link, (desk.section(kind),)
