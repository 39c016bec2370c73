"""The home page, the indexes, the archive's own texts, and what stands at addresses without a page."""

import unicodedata
from collections import defaultdict
from typing import Any

from medqa import colours
from medqa.archive import FOLDERS
from medqa.directory import Entity
from medqa.documents import Doctor
from medqa.excerpts import is_wide
from medqa.pages import (
    CopiedFile,
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
from medqa.sources import STATIC

NEWEST = 10
"""Threads on the home page."""


def home(desk: Desk, _: str = "") -> HomePage:
    """Plan the home page."""
    counts = specialty_counts(desk)
    name = desk.archive.config.name
    desk.archive.note("lists:doctors")
    return HomePage(
        url="/",
        lang=desk.language,
        title=name,
        description=desk.description(desk.say("home_description", name=name)),
        threads=sum(count.count for count in counts),
        doctors=sum(1 for doctor in desk.doctors() if desk.archive.is_list(doctor.key)),
        first_year=min((year for each in desk.specialties() for year in desk.archive.years(each.key)), default=None),
        specialties=counts,
        newest=desk.cards(desk.newest_of_all(NEWEST)),
        texts=desk.texts(),
    )


def specialties(desk: Desk, _: str = "") -> SpecialtiesPage:
    """Plan the index of specialties."""
    title = desk.say("specialties")
    return SpecialtiesPage(
        url="/specialties/", lang=desk.language, title=title, crumbs=desk.crumbs(), specialties=specialty_counts(desk)
    )


def specialty_counts(desk: Desk) -> tuple[Count, ...]:
    """Give the specialties with the number of threads in each."""
    return tuple(_count(desk, entity) for entity in desk.specialties())


def _count(desk: Desk, entity: Entity[Any]) -> Count:
    desk.archive.note(f"lists:{entity.kind}")
    return Count(desk.entity(entity), desk.archive.total(entity.key))


def topics(desk: Desk, _: str = "") -> TopicsPage:
    """Plan the index of topics, by first letter."""
    groups: dict[str, list[TopicLine]] = defaultdict(list)
    for entity in desk.topics():
        name = entity.name_in(desk.language)
        links = tuple(
            Link(key, f"/{key}/", desk.faq_parts(key)[0].name_in(desk.language))
            for key in desk.faq_lists_of(entity.slug)
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


def doctors(desk: Desk, _: str = "") -> DoctorsPage:
    """Plan the index of doctors, by specialty; one who answers in several stands under each."""
    groups = []
    for entity in desk.specialties():
        counts = tuple(_doctor_count(desk, doctor) for doctor in desk.doctors_of(entity))
        if counts:
            groups.append(Group(entity.name_in(desk.language), counts))
    homeless = [doctor for doctor in desk.doctors() if not desk.specialties_of(doctor)]
    if homeless:
        groups.append(Group(desk.say("other"), tuple(_doctor_count(desk, doctor) for doctor in homeless)))
    return DoctorsPage(
        url="/doctors/", lang=desk.language, title=desk.say("doctors"), crumbs=desk.crumbs(), groups=tuple(groups)
    )


def _doctor_count(desk: Desk, doctor: Entity[Doctor]) -> Count:
    count = _count(desk, doctor)
    return Count(Link(count.link.key, count.link.url, desk.say("doctor_name", name=doctor.name)), count.count)


def hospitals(desk: Desk, _: str = "") -> HospitalsPage:
    """Plan the index of hospitals."""
    counts = tuple(_count(desk, entity) for entity in desk.hospitals())
    return HospitalsPage(
        url="/hospitals/", lang=desk.language, title=desk.say("hospitals"), crumbs=desk.crumbs(), hospitals=counts
    )


def text(desk: Desk, stem: str) -> TextPage:
    """Plan a page of the archive's own."""
    key = f"pages/{stem}"
    page = desk.page(stem)
    return TextPage(
        url=f"/{stem}/",
        lang=page.lang or desk.language,
        title=page.title,
        description=desk.description(page.excerpt),
        crumbs=desk.crumbs(language=page.lang),
        links=desk.links(key),
        shows=key,
        body=page.body,
    )


def not_found(desk: Desk, _: str = "") -> NotFoundPage:
    """Plan the page for addresses that do not exist."""
    return NotFoundPage(
        url="/404.html",
        lang=desk.language,
        title=desk.say("not_found"),
        noindex=True,
        specialties=specialty_counts(desk),
    )


def redirect(desk: Desk, url: str) -> RedirectPage:
    """Plan what leads from an old address, or from a folder without a page, to where it should."""
    target = desk.archive.claim(url) or FOLDERS[url]
    return RedirectPage(
        url=url,
        lang=desk.language,
        title=desk.say("redirect"),
        noindex=True,
        canonical=target,
        target=Link(target.strip("/"), target, target),
    )


def copy(desk: Desk, name: str) -> CopiedFile:
    """Plan a file that is published as it is."""
    copied = desk.archive.copied(name)
    url = f"/{name.removeprefix(f'{STATIC}/')}"
    more = colours.rules(desk.archive.config.colours) if name == colours.STYLES else ""
    return CopiedFile(url=url, lang="", title="", content=copied.digest, source=copied.shown, more=more)
