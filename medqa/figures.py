"""The archive in numbers: how many threads there are, what they are about, and which of them others lead to."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from medqa import waiting
from medqa.archive import Archive
from medqa.intake import Told
from medqa.pages import Band, GlancePage
from medqa.plan.glance import glance
from medqa.waiting import Waiting

_NAMED = 20
"""Threads that are listed by name."""


class Figures(msgspec.Struct, frozen=True):
    """Numbers of threads."""

    public: int
    """With a page of their own."""
    duplicates: int
    """Public ones that stand in no list, since another stands for them."""
    superseded: int
    """Others that are in similar threads only where they are pinned."""
    awaiting_reply: int
    """Public ones without a reply."""
    drafts: int
    embargoed: int
    """Not public yet."""
    gone: int
    """Withdrawn or expired."""
    in_no_cards: int
    """Public ones but for duplicates that are nobody's similar threads."""
    in_no_cards_share: float
    """Of the public ones but for duplicates, in per cent with one decimal."""
    unreached: int
    """Those among them that are not the next newer or older thread of another's specialty either."""
    unreached_stems: tuple[str, ...]
    """The first of them by stem."""
    years: Mapping[str, int]
    """Year asked → threads that stand in lists; so in all of the following, which are those of the page `/archive/`."""
    specialties: Mapping[str, int]
    median_days_to_reply: int | None
    """Half of the first replies came within so many days."""
    days_to_reply: Mapping[str, int]
    """Span of days, "2-3" or "31+" → threads."""
    ages: Mapping[str, int]
    """Years of life, "30-39" or "90+", or "not stated" → threads."""
    sexes: Mapping[str, int]
    waiting: Waiting
    """Who waits for a doctor."""


def figures(told: Told) -> Figures:
    """Count the threads of an archive."""
    listings = [*told.archive.listings.under("")]
    public = [(stem, one) for stem, one in listings if one.standing == "public"]
    hidden = [one for _, one in listings if one.standing == "hidden"]
    listed = [stem for stem, one in public if one.listed]
    cards = {stem for _, stems in told.archive.neighbours.under("") for stem in stems}
    apart = [stem for stem in listed if stem not in cards]
    beside = _beside(told.archive)
    whole = max(1, len(listed))
    unreached = [stem for stem in apart if stem not in beside]
    return Figures(
        public=len(public),
        duplicates=len(public) - len(listed),
        superseded=sum(1 for _, one in public if one.listed and one.superseded),
        awaiting_reply=sum(1 for _, one in public if not one.doctor),
        drafts=sum(1 for one in hidden if not one.published),
        embargoed=sum(1 for one in hidden if one.published),
        gone=len(listings) - len(public) - len(hidden),
        in_no_cards=len(apart),
        in_no_cards_share=(2000 * len(apart) + whole) // (2 * whole) / 10,
        unreached=len(unreached),
        unreached_stems=tuple(unreached[:_NAMED]),
        **_glance(glance(told.desk)),
        waiting=waiting.waiting(told),
    )


def _glance(page: GlancePage) -> dict[str, Any]:
    """Give what the page of figures shows."""
    return {
        "years": {str(year): count for year, count in page.years},
        "specialties": {one.link.text: one.count for one in page.specialties},
        "median_days_to_reply": page.median,
        "days_to_reply": _spans(page.waits),
        "ages": _told(_spans(page.ages), page.ageless),
        "sexes": _told({sex: count for sex, count in page.sexes if sex}, dict(page.sexes).get("", 0)),
    }


def _spans(bands: Iterable[Band]) -> dict[str, int]:
    """Name bands: 1, 2-3, 31+."""
    return {
        str(one.low) if one.low == one.high else f"{one.low}-{one.high}" if one.high is not None else f"{one.low}+":
        one.count for one in bands
    }  # fmt: skip


def _told(counts: dict[str, int], untold: int) -> dict[str, int]:
    return {**counts, "not stated": untold} if untold else counts


def _beside(archive: Archive) -> set[str]:
    """Give the threads that are next to another in their specialty's list: all but one that is alone there."""
    lists: dict[str, list[str]] = defaultdict(list)
    for key, shelf in archive.shelves.under("specialties/"):
        lists[key.rpartition("/")[0]] += (stem for _, stem in shelf)
    return {stem for stems in lists.values() if len(stems) > 1 for stem in stems}


def lines(found: Figures) -> Iterator[str]:
    """Write the numbers for people."""
    rows = (
        (found.public, _plural(found.public, "public thread")),
        (found.duplicates, f"  {_plural(found.duplicates, 'duplicate')} of others, in no list"),
        (found.superseded, "  superseded, which are in similar threads only where pinned"),
        (found.awaiting_reply, "  awaiting a reply"),
        (found.drafts, _plural(found.drafts, "draft")),
        (found.embargoed, "not public yet"),
        (found.gone, "withdrawn or expired"),
        (found.in_no_cards, f"in nobody's similar threads ({found.in_no_cards_share:.1f} % of those in lists)"),
        (found.unreached, "  that no other thread's newer or older leads to either"),
    )
    width = max(len(f"{number:,}") for number, _ in rows)
    yield from (f"{number:>{width},} {words}" for number, words in rows)
    yield from (f"{'':{width}}   {stem}" for stem in found.unreached_stems)
    if more := found.unreached - len(found.unreached_stems):
        yield f"{'':{width}}   and {more:,} more"
    yield from waiting.lines(found.waiting)
    yield from _table("by year", found.years)
    yield from _table("by specialty", found.specialties)
    yield from _table("by days to the first reply", found.days_to_reply)
    if (days := found.median_days_to_reply) is not None:
        yield f"  half of all replies: within {days:,} {_plural(days, 'day')}"
    yield from _table("by age", found.ages)
    yield from _table("by sex", found.sexes)


def _table(heading: str, counts: Mapping[str, int]) -> Iterator[str]:
    """Write counts under a heading; nothing where there are none."""
    if counts:
        yield from ("", f"{heading}:")
        yield from (f"  {name}: {number:,}" for name, number in counts.items())


def _plural(number: int, word: str) -> str:
    return word if number == 1 else f"{word}s"
