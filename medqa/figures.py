"""The archive in numbers: how many threads there are, and which of them readers of others are led to."""

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from medqa import waiting
from medqa.archive import Archive
from medqa.intake import Told
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
        waiting=waiting.waiting(told),
    )


def _beside(archive: Archive) -> set[str]:
    """Give the threads that are next to another in their specialty's list: all but one that is alone there."""
    lists: dict[str, list[str]] = defaultdict(list)
    for key, shelf in archive.shelves.under("specialties/"):
        lists[key.rpartition("/")[0]] += (stem for _, stem in shelf)
    return {stem for stems in lists.values() if len(stems) > 1 for stem in stems}


def lines(found: Figures) -> Iterator[str]:
    """Write the numbers for people."""
    rows = (
        (found.public, "public threads"),
        (found.duplicates, "  duplicates of others, which are in no list"),
        (found.superseded, "  superseded, which are in similar threads only where pinned"),
        (found.awaiting_reply, "  awaiting a reply"),
        (found.drafts, "drafts"),
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
