"""The home page, the indexes, the archive's own texts, and what stands at addresses without a page."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from medqa.directory import Entity
from medqa.documents import Doctor
from medqa.excerpts import is_wide
from medqa.pages import (
    Count,
    DoctorsPage,
    Group,
    HomePage,
    HospitalsPage,
    Link,
    NotFoundPage,
    RedirectPage,
    SpecialtiesPage,
    TextPage,
    TopicGroup,
    TopicLine,
    TopicsPage,
)
from medqa.plan.desk import Desk

NEWEST = 10
"""Threads on the home page."""
_FOLDERS = {"/threads/": "/specialties/", "/faq/": "/topics/"}
"""Addresses a reader may guess that have no page of their own → where they lead."""


def home(desk: Desk) -> HomePage:
    """Plan the home page."""
    counts = _specialty_counts(desk)
    name = desk.archive.config.name
    return HomePage(
        url="/",
        lang=desk.language,
        title=name,
        description=desk.description(desk.say("home_description", name=name)),
        threads=sum(count.count for count in counts),
        doctors=sum(1 for doctor in desk.doctors if doctor.key in desk.archive.lists),
        first_year=min((year for each in desk.specialties for year in desk.years(each.key)), default=None),
        specialties=counts,
        newest=desk.cards(desk.newest_of_all(NEWEST)),
        texts=tuple(
            Link(f"pages/{stem}", f"/{stem}/", page.title) for stem, page in sorted(desk.archive.pages.items())
        ),
    )


def specialties(desk: Desk) -> SpecialtiesPage:
    """Plan the index of specialties."""
    title = desk.say("specialties")
    return SpecialtiesPage(
        url="/specialties/", lang=desk.language, title=title, crumbs=desk.crumbs(), specialties=_specialty_counts(desk)
    )


def _specialty_counts(desk: Desk) -> tuple[Count, ...]:
    return tuple(_count(desk, entity) for entity in desk.specialties)


def _count(desk: Desk, entity: Entity[Any]) -> Count:
    return Count(desk.entity(entity), len(desk.archive.lists.get(entity.key, ())))


def topics(desk: Desk) -> TopicsPage:
    """Plan the index of topics, by first letter."""
    groups: dict[str, list[TopicLine]] = defaultdict(list)
    for entity in desk.topics:
        name = entity.name_in(desk.language)
        links = tuple(
            Link(key, f"/{key}/", desk.faq_parts(key)[0].name_in(desk.language)) for key in desk.faq_lists_of(entity)
        )
        if links:
            groups[_letter(name, entity.slug)].append(TopicLine(name, links))
    other = desk.say("other")
    ordered = [TopicGroup(letter or other, tuple(lines)) for letter, lines in sorted(groups.items(), key=_letter_order)]
    return TopicsPage(
        url="/topics/", lang=desk.language, title=desk.say("topics"), crumbs=desk.crumbs(), groups=tuple(ordered)
    )


def _letter(name: str, slug: str) -> str:
    """Give the letter under which a topic stands: a Chinese one by its romanised address; "" for no letter."""
    first = slug[0] if is_wide(name[0]) else unicodedata.normalize("NFD", name)[0]
    return first.upper() if first.isalpha() else ""


def _letter_order(group: tuple[str, list[TopicLine]]) -> tuple[bool, str]:
    return not group[0], group[0]


def doctors(desk: Desk) -> DoctorsPage:
    """Plan the index of doctors, by specialty; one who answers in several stands under each."""
    groups = []
    for entity in desk.specialties:
        counts = tuple(_doctor_count(desk, doctor) for doctor in desk.doctors_of(entity))
        if counts:
            groups.append(Group(entity.name_in(desk.language), counts))
    homeless = [doctor for doctor in desk.doctors if not desk.specialties_of(doctor)]
    if homeless:
        groups.append(Group(desk.say("other"), tuple(_doctor_count(desk, doctor) for doctor in homeless)))
    return DoctorsPage(
        url="/doctors/", lang=desk.language, title=desk.say("doctors"), crumbs=desk.crumbs(), groups=tuple(groups)
    )


def _doctor_count(desk: Desk, doctor: Entity[Doctor]) -> Count:
    count = _count(desk, doctor)
    return Count(Link(count.link.key, count.link.url, desk.say("doctor_name", name=doctor.name)), count.count)


def hospitals(desk: Desk) -> HospitalsPage:
    """Plan the index of hospitals."""
    counts = tuple(_count(desk, entity) for entity in desk.hospitals)
    return HospitalsPage(
        url="/hospitals/", lang=desk.language, title=desk.say("hospitals"), crumbs=desk.crumbs(), hospitals=counts
    )


def text(desk: Desk, stem: str) -> TextPage:
    """Plan a page of the archive's own."""
    page, key = desk.archive.pages[stem], f"pages/{stem}"
    return TextPage(
        url=f"/{stem}/",
        lang=page.lang or desk.language,
        title=page.title,
        description=desk.description(page.excerpt),
        crumbs=desk.crumbs(language=page.lang),
        links=desk.archive.links.get(key, ()),
        shows=key,
        body=page.body,
    )


def not_found(desk: Desk) -> NotFoundPage:
    """Plan the page for addresses that do not exist."""
    return NotFoundPage(
        url="/404.html",
        lang=desk.language,
        title=desk.say("not_found"),
        noindex=True,
        specialties=_specialty_counts(desk),
    )


def redirects(desk: Desk) -> Iterator[RedirectPage]:
    """Plan what leads from old addresses, and from folders without a page, to where it should."""
    targets = {**_FOLDERS, **{redirect.url: redirect.target for redirect in desk.archive.redirects}}
    for url, target in targets.items():
        yield RedirectPage(
            url=url,
            lang=desk.language,
            title=desk.say("redirect"),
            noindex=True,
            canonical=target,
            target=Link(target.strip("/"), target, target),
        )
