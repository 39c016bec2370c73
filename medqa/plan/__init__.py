"""Stage 4, plan: archive → pages.

Pure. Each page is made by one function from the archive and the key of what it shows, so that it can be planned by
itself; what it asked the archive on the way is noted in the ledger.
"""

from collections.abc import Callable, Mapping

from medqa.archive import Address
from medqa.pages import Page
from medqa.plan import glance, indexes, lists, threads
from medqa.plan.desk import Desk

__all__ = ["Desk", "plan", "template_of"]

_PLANNERS: Mapping[str, Callable[[Desk, str], Page]] = {
    "home": indexes.home,
    "not_found": indexes.not_found,
    "specialties": indexes.specialties,
    "topics": indexes.topics,
    "doctors": indexes.doctors,
    "hospitals": indexes.hospitals,
    "text": indexes.text,
    "glance": glance.glance,
    "redirect": indexes.redirect,
    "copy": indexes.copy,
    "thread": threads.thread,
    "gone": threads.gone,
    "specialty": lists.specialty,
    "faq": lists.faq,
    "doctor": lists.doctor,
    "hospital": lists.hospital,
    "topic": lists.topic,
    "year": lists.year,
}


def template_of(planner: str) -> str:
    """Give the template of the pages that a planner plans."""
    kind: type[Page] = _PLANNERS[planner].__annotations__["return"]
    return kind.template


def plan(desk: Desk, url: str, address: Address) -> Page:
    """Plan the page at an address, and note what it was made from."""
    with desk.archive.ledger.making(url):
        return _PLANNERS[address.planner](desk, address.argument)
