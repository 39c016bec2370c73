"""The archive at a glance: what the threads in its lists are about, who asked, how soon a doctor replied."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import accumulate, pairwise
from typing import get_args

from medqa.documents import OLDEST, Sex
from medqa.pages import Band, GlancePage
from medqa.plan.desk import Desk
from medqa.plan.indexes import specialty_counts

_WAITS = (0, 1, 2, 4, 8, 31, None)
"""First day of each span of waiting that is counted together; the last is open."""
_LIFETIME = 100
"""Years of an archive."""


def glance(desk: Desk, _: str = "") -> GlancePage:
    """Plan the page of figures."""
    archive = desk.archive
    counts = tuple(count for count in specialty_counts(desk) if count.count)
    waits, ages, sexes = map(archive.tally, ("waits", "ages", "sexes"))
    days, decades = _numbers(waits), _numbers(ages)
    threads = sum(count.count for count in counts)
    title = desk.say("glance")
    return GlancePage(
        url="/archive/",
        lang=desk.language,
        title=title,
        description=desk.description(desk.say("glance_description", name=archive.config.name)),
        crumbs=desk.crumbs(),
        threads=threads,
        years=_years(archive.years(count.link.key) for count in counts),
        specialties=counts,
        median=_median(days),
        waits=_bands(days, _WAITS),
        awaiting=waits.get("", 0),
        ages=_bands(decades, _decades(decades)),
        ageless=ages.get("", 0),
        sexes=tuple((sex, sexes[sex]) for sex in (*get_args(Sex)[1:], "") if sex in sexes),
    )


def _numbers(tally: Mapping[str, int]) -> dict[int, int]:
    """Give what is counted by number, in order; without the threads that tell none."""
    return {number: tally[str(number)] for number in sorted(int(told) for told in tally if told)}


def _years(lists: Iterable[Mapping[int, int]]) -> tuple[tuple[int, int], ...]:
    """Add up the years of lists, in order; a year without a thread between others has none."""
    found: Counter[int] = Counter()
    for years in lists:
        found.update(years)
    first, last = min(found, default=0), max(found, default=-1)
    mistyped = last - first > _LIFETIME  # 0214, say
    return tuple((year, found[year]) for year in (sorted(found) if mistyped else range(first, last + 1)))


def _median(counts: Mapping[int, int]) -> int | None:
    """Give the smallest number that at least half of all do not exceed; None where there is none."""
    half = sum(counts.values()) / 2
    reached = zip(counts, accumulate(counts.values()), strict=True)
    return next((number for number, so_far in reached if so_far >= half), None)


def _bands(counts: Mapping[int, int], begins: Iterable[int | None]) -> tuple[Band, ...]:
    """Count together what lies between one beginning and the next; without a next, all that follow."""
    return tuple(
        Band(low, None if end is None else end - 1, sum(counts[one] for one in counts if _within(one, low, end)))
        for low, end in pairwise(begins)
        if low is not None
    )


def _within(one: int, low: int, end: int | None) -> bool:
    return low <= one and (end is None or one < end)


def _decades(counts: Mapping[int, int]) -> list[int | None]:
    """Give where the bands of ages begin, and the last ends."""
    oldest = max(counts, default=0)
    return [*range(min(counts, default=10), oldest + 1, 10), None if oldest == OLDEST else oldest + 10]
