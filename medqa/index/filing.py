"""Which document has which name: every file gets its place, and of two with one name the first by path."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b

import msgspec

from medqa import references, sources
from medqa.archive import Archive, Outline, composed
from medqa.documents import Doctor, Document, Page, Thread, Topic
from medqa.errors import Problem, problem
from medqa.fields import Name
from medqa.index.changes import Changes
from medqa.sources import Kind, Place

Before = Mapping[str, Outline | None]
"""Key of a document that changed → its outline before, None where there was none."""


class Found(msgspec.Struct, frozen=True):
    """What is different from the last build, as far as files tell."""

    documents: Sequence[tuple[Place, Outline, tuple[Problem, ...]]]
    """Files that are new or changed, with the findings of their parse."""
    broken: Sequence[Place]
    """Files that could not be parsed."""
    removed: Collection[str]
    """Paths of files that are no more, or are no documents any more."""


def outline(place: Place, key: str, document: Document, terms: bytes = b"") -> Outline:
    """Give what has to be known of a document before any can be placed."""
    named = tuple(_named(kind, name.text) for kind, name in names_in(document))
    aliased = not isinstance(document, Page) and bool(document.aliases)
    if not isinstance(document, Thread):
        return Outline(place.path, key, named, aliased=aliased, refers=bool(document.links))
    newest = max((day.on for day in document.days), default=None)
    return Outline(
        path=place.path,
        key=key,
        names=named,
        aliased=aliased,
        refers=bool(document.links) or any(references.references(document)),
        terms=blake2b(terms, digest_size=8).digest(),
        newest=newest,
        status=document.status,
        publish_on=document.publish_on,
        expires_on=document.expires_on,
        acks=tuple(document.ack),
    )


@lru_cache(1 << 16)
def _named(kind: Kind, name: str) -> tuple[Kind, str]:
    """Give a name with its kind: many documents have the same ones, which are held once."""
    return kind, name


def names_in(document: Document) -> Iterable[tuple[Kind, Name]]:
    """Give every name of a doctor, hospital, specialty or topic in a document."""
    match document:
        case Thread():
            yield "specialties", document.specialty
            yield from (("topics", topic) for topic in document.topics)
            for reply in document.replies:
                yield "doctors", reply.doctor
                if reply.hospital:
                    yield "hospitals", reply.hospital
                if reply.specialty:
                    yield "specialties", reply.specialty
        case Doctor():
            if document.specialty:
                yield "specialties", document.specialty
            yield from (("hospitals", period.hospital) for period in document.periods)
        case Topic():
            yield from (("specialties", specialty) for specialty in document.specialties)


def file(changes: Changes, found: Found) -> dict[str, Outline | None]:
    """File the documents by key; gives the outlines before, of all that are another now."""
    archive = changes.archive
    parsed = {place.path: (outline, findings) for place, outline, findings in found.documents}
    gone = {*parsed, *found.removed, *(place.path for place in found.broken)}
    changes.broken += found.broken
    before: dict[str, Outline | None] = {}
    for folded, places in _by_name(found).items():
        key = archive.folded.get(folded) or folded
        standing = archive.outlines.get(key)
        if standing is not None:
            before[key] = standing
            if standing.path not in gone:
                places.add(Archive.place(key, standing))
        ranked = sorted(places)
        first = ranked[0] if ranked else None
        changes.errors += (_double(other, ranked[0]) for other in ranked[1:])
        changes.broken += ranked[1:]
        if first is None or (first.path in gone and first.path not in parsed):
            _take(changes, key, None, folded, before)
        elif first.path in parsed:
            now, findings = parsed[first.path]
            own = f"{first.kind}/{first.stem}"
            if own != key:
                _take(changes, key, None, folded, before)
            _take(changes, own, now, folded, before)
            changes.keep("parse", own, findings)
    return {key: old for key, old in before.items() if old != archive.outlines.get(key)}


def _by_name(found: Found) -> dict[str, set[Place]]:
    """Give the places that may be filed anew by what makes two files one document."""
    names: dict[str, set[Place]] = defaultdict(set)
    for place in (*(place for place, _, _ in found.documents), *found.broken):
        names[_folded(place)].add(place)
    for path in found.removed:
        removed = sources.place(path)
        if isinstance(removed, Place):
            names.setdefault(_folded(removed), set())
    return names


def _take(changes: Changes, key: str, now: Outline | None, folded: str, before: dict[str, Outline | None]) -> None:
    """Put a document, or none, in the place of what had its key."""
    archive = changes.archive
    old = archive.outlines.get(key)
    before.setdefault(key, old)
    if old == now:
        return
    changes.tell(f"document:{key}", *(f"file:{composed(one.path)}" for one in (old, now) if one))
    archive.outlines.put(key, now)
    if folded != key:
        archive.folded.put(folded, key if now else None)
    if now is None:
        changes.forget(key)


def _folded(place: Place) -> str:
    return f"{place.kind}/{place.stem.casefold()}"


def _double(place: Place, first: Place) -> Problem:
    message = f"'{place.stem}' is also the name of {first.path}"
    return problem((place.path, 1, 1), "MQ211", message, "rename one of the two files")
