"""Why a thread's similar threads are what they are, in words for its editors."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

import msgspec

from medqa import related
from medqa.archive import Archive, Listing
from medqa.errors import UsageError
from medqa.intake import Told

if TYPE_CHECKING:
    from medqa.related.explained import Explanation, Near

UNIT_BITS: Final = 20
"""Scores are shown in units of 2^20."""
_TERMS: Final = 8
"""Shown of each."""
_MEANT: Final = 3
"""Stems that are suggested for one that does not exist."""


class Part(msgspec.Struct, frozen=True):
    """What a term has of a score."""

    term: str
    """The stem of a word, two neighbouring ones of a heading, or two Chinese characters."""
    share: float
    """In per cent, with one decimal."""


class Similar(msgspec.Struct, frozen=True):
    """One of the others."""

    stem: str
    title: str
    score: float
    """In units of 2^20, with one decimal."""
    pinned: bool
    other_language: bool
    superseded: bool
    """Whether it is found only where it is pinned, and so scores nothing."""
    terms: tuple[Part, ...]
    """The largest first."""
    more_terms: int
    """How many others had their share."""
    why_not: str = ""
    """Why it is not shown, where that is not for its place alone."""


class PassedOver(msgspec.Struct, frozen=True):
    """One that is pinned and cannot be shown."""

    stem: str
    why: str


class Answer(msgspec.Struct, frozen=True):
    """All about the list of a thread."""

    stem: str
    title: str
    path: str
    candidate: bool
    """Whether it has a list, and may be in those of others."""
    standing: str
    """The same in words."""
    shown: tuple[Similar, ...]
    kept: tuple[Similar, ...]
    passed_over: tuple[PassedOver, ...]


def answer(told: Told, stem: str) -> Answer:
    """Explain the list of a thread; raises UsageError where there is no such thread."""
    archive, key = told.archive, f"threads/{stem}"
    listing, outline = archive.listings.get(stem), archive.outlines.get(key)
    if listing is None or outline is None:
        raise UsageError(_unknown(archive, stem))
    found: Explanation | None = None
    if listing.ranked():
        terms = told.library.terms(archive.place(key, outline), outline.key)
        found = related.explain(told.state.rows("related"), stem, terms)
    return Answer(
        stem=stem,
        title=listing.title,
        path=outline.path,
        candidate=found is not None,
        standing=_standing(archive, stem, listing),
        shown=tuple(_similar(archive, stem, one) for one in found.shown) if found else (),
        kept=tuple(_similar(archive, stem, one) for one in found.kept) if found else (),
        passed_over=tuple(_passed_over(archive, found.no_candidates)) if found else (),
    )


def _unknown(archive: Archive, stem: str) -> str:
    """Say that there is no such thread, and which may have been meant: those that begin so, else those like it."""
    stems = [key.partition("/")[2] for key in archive.outlines.keys("threads/")]
    begun = [known for known in stems if stem and known.startswith(stem)]
    near = begun[:_MEANT] or get_close_matches(stem, stems, n=_MEANT)
    meant = f"did you mean {' or '.join(near)}?" if near else "write its file's name without '.md'"
    return f"there is no thread '{stem}': {meant}"


def _standing(archive: Archive, stem: str, listing: Listing) -> str:
    """Say whether a thread is a candidate for the lists of others, and if not, why."""
    if not listing.ranked():
        return f"no candidate: it {_obstacle(archive, stem, listing)}"
    if listing.superseded:
        other = archive.thread(stem).superseded_by
        return f"superseded by {other.text if other else 'another'}: it has a list, and is in others only where pinned"
    return "a candidate: it has a list, and may be in those of others"


def _obstacle(archive: Archive, stem: str, listing: Listing) -> str:
    """Say why a thread is no candidate, as what "it" does."""
    one, thread = archive.outline(f"threads/{stem}"), archive.thread(stem)
    if one.status == "withdrawn":
        return "is withdrawn"
    if listing.standing == "gone":
        return f"has expired: expires_on is {one.expires_on}"
    if one.status == "draft":
        return "is a draft"
    if listing.standing == "hidden":
        return f"is not public yet: publish_on is {one.publish_on}"
    return f"is a duplicate of {thread.duplicate_of.text if thread.duplicate_of else 'another'}"


def _similar(archive: Archive, asked: str, near: "Near") -> Similar:
    listing = archive.listings.get(near.stem)
    if listing is None:
        raise LookupError(near.stem)
    whole = max(1, near.score)
    return Similar(
        stem=near.stem,
        title=listing.title,
        score=_tenths(near.score, 1 << UNIT_BITS),
        pinned=near.pinned,
        other_language=not near.same_language,
        superseded=listing.superseded,
        terms=tuple(Part(term, _tenths(100 * product, whole)) for term, product in near.terms[:_TERMS]),
        more_terms=len(near.terms[_TERMS:]),
        why_not=_likeness(asked, near.like),
    )


def _likeness(asked: str, like: str) -> str:
    if not like:
        return ""
    return f"title and doctor are those of {'the thread itself' if like == asked else like}"


def _tenths(number: int, unit: int) -> float:
    """Give a number in a unit with one decimal: rounded as whole numbers are, so that it is the same everywhere."""
    return (20 * number + unit) // (2 * unit) / 10


def _passed_over(archive: Archive, stems: Sequence[str]) -> Iterator[PassedOver]:
    for stem in stems:
        listing = archive.listings.get(stem)
        yield PassedOver(stem, f"it {_obstacle(archive, stem, listing)}" if listing else "there is no such thread")


# --- as text ----------------------------------------------------------------------------------------------------------


def lines(found: Answer) -> Iterator[str]:
    """Write an answer for people."""
    yield f"{found.stem}: {found.title}"
    yield found.path
    yield found.standing
    if not found.candidate:
        return
    yield from _section("shown, in the order of the page", found.shown, 1)
    yield from _section("next, and not shown", found.kept, len(found.shown) + 1)
    if found.passed_over:
        yield "pinned, and passed over:"
        yield from (f"   {one.stem}: {one.why}" for one in found.passed_over)


def _section(heading: str, several: Sequence[Similar], first: int) -> Iterator[str]:
    yield f"{heading}:" if several else f"{heading}: none"
    for number, one in enumerate(several, start=first):
        marks = ["pinned"] * one.pinned + ["other language"] * one.other_language + ["superseded"] * one.superseded
        yield f"{number:>2} {', '.join([f'{one.stem}  {one.score:.1f}', *marks])}"
        yield f"   {one.title}"
        parts = [f"{part.term} {part.share:.1f} %" for part in one.terms]
        more = [f"{one.more_terms} more"] if one.more_terms else []
        yield f"   {', '.join([*parts, *more]) or 'no term of weight is in both'}"
        if one.why_not:
            yield f"   not shown: {one.why_not}"
