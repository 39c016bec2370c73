"""Who waits for a doctor: questions without a reply, and replies that are due for a review; by specialty and doctor."""

from collections.abc import Iterator
from datetime import date

import msgspec

from medqa.archive import Listing
from medqa.intake import Told

_NAMED = 10
"""Doctors and specialties that are listed for people."""
_DUE = "MQ802"


class Queue(msgspec.Struct, frozen=True):
    """Threads that wait for the same doctor, or in the same specialty."""

    name: str
    """As threads write it."""
    threads: tuple[str, ...]
    """Stems, those that have waited longest first."""
    since: date
    """When the first of them was asked."""


class Waiting(msgspec.Struct, frozen=True):
    """The doctors' desk, longest queues first."""

    unanswered: tuple[Queue, ...]
    """Public questions without a reply, by specialty."""
    overdue: tuple[Queue, ...]
    """Threads due for a review, by specialty."""
    overdue_by_doctor: tuple[Queue, ...]
    """The same by the doctor who replied first."""


def waiting(told: Told) -> Waiting:
    """Tell who waits for whom."""
    public = [(stem, one) for stem, one in told.archive.listings.under("") if one.standing == "public"]
    found = told.changes.findings.under("against threads/")
    due = {key.partition("/")[2] for key, several in found if any(one.code == _DUE for one in several)}
    overdue = [(stem, one) for stem, one in public if stem in due]
    return Waiting(
        unanswered=_queues((one.specialty, stem, one) for stem, one in public if not one.doctor),
        overdue=_queues((one.specialty, stem, one) for stem, one in overdue),
        overdue_by_doctor=_queues((one.doctor, stem, one) for stem, one in overdue),
    )


def _queues(threads: Iterator[tuple[str, str, Listing]]) -> tuple[Queue, ...]:
    by_name: dict[str, list[tuple[date, str]]] = {}
    for name, stem, listing in threads:
        by_name.setdefault(name, []).append((listing.asked, stem))
    queues = [
        Queue(name, tuple(stem for _, stem in sorted(several)), min(several)[0]) for name, several in by_name.items()
    ]
    return tuple(sorted(queues, key=lambda one: (-len(one.threads), one.name)))


def lines(found: Waiting) -> Iterator[str]:
    """Write the queues for people."""
    for title, queues in (
        ("awaiting a reply, by specialty", found.unanswered),
        ("due for a review, by specialty", found.overdue),
        ("due for a review, by doctor", found.overdue_by_doctor),
    ):
        if queues:
            yield f"{title}:"
            yield from (
                f"  {len(one.threads):,} {one.name}: the oldest asked on {one.since}, {one.threads[0]}"
                for one in queues[:_NAMED]
            )
            if len(queues) > _NAMED:
                yield f"  and {len(queues) - _NAMED:,} more"
