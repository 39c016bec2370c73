"""Where each thread stands in the archive: whether it is to be seen, how others show it, in which lists it is."""

from collections.abc import Iterator
from functools import lru_cache
from sys import intern
from typing import Literal

from medqa import references
from medqa.archive import Archive, Listing, ListKey, Outline
from medqa.documents import Age, Document, Sex, Thread
from medqa.errors import Problem, problem
from medqa.index.changes import Changes
from medqa.index.filing import Before, names_in
from medqa.index.lists import Moves

_PLANNERS = {"public": "thread", "gone": "gone", "hidden": ""}


def place(changes: Changes, before: Before, moves: Moves) -> set[str]:
    """Place what changed, and what went by facts that have changed; gives the keys of all that was placed."""
    archive = changes.archive
    changes.tell_days()
    dirty = set(before) | changes.told("place")
    for key in dirty:
        if key.startswith("threads/"):
            listing, outline = archive.listings.get(key.partition("/")[2]), archive.outlines.get(key)
            if (listing and listing.standing) != (outline and _standing(archive, outline)):
                changes.tell(f"standing:{key.partition('/')[2]}")
    dirty |= changes.told("place")
    for key in sorted(dirty):
        new: Listing | None = None
        outline = archive.outlines.get(key)
        if outline:
            with archive.ledger.making(f"place {key}"):
                document = archive.read(Archive.place(key, outline), outline.key)
                if isinstance(document, Thread):
                    new = _listing(archive, document, outline)
                changes.keep("place", key, _problems(archive, document, outline.path))
        if key.startswith("threads/"):
            _list(changes, key.partition("/")[2], new, moves)
    return dirty


def _standing(archive: Archive, one: Outline) -> Literal["public", "gone", "hidden"]:
    """Tell whether a thread is to be seen, or is gone: withdrawn or expired."""
    expired = one.expires_on is not None and archive.reached(one.expires_on)
    if expired or one.status == "withdrawn":
        return "gone"
    if archive.options.drafts:
        return "public"
    embargoed = one.publish_on is not None and not archive.reached(one.publish_on)
    return "public" if one.status == "published" and not embargoed else "hidden"


def _is_public(archive: Archive, stem: str) -> bool:
    archive.note(f"standing:{stem}")
    one = archive.outlines.get(f"threads/{stem}")
    return one is not None and _standing(archive, one) == "public"


def _listing(archive: Archive, thread: Thread, outline: Outline) -> Listing:
    known = archive.directories
    specialty = known.specialties.find(thread.specialty)
    standing = _standing(archive, outline)
    listed = standing == "public" and not (thread.duplicate_of and _is_public(archive, thread.duplicate_of.text))
    first = thread.replies[0] if thread.replies else None
    doctor = known.doctors.find(first.doctor) if first else None
    name = first.doctor.text if first else ""
    return Listing(
        title=thread.title,
        lang=thread.lang,
        asked=thread.asked,
        question=thread.question_excerpt,
        reply=thread.reply_excerpt,
        doctor=doctor.name if doctor and name == doctor.slug else name,
        specialty=specialty.name_in(thread.lang or archive.config.language) if specialty else "",
        standing=standing,
        draft=thread.status != "published" or bool(thread.publish_on and not archive.reached(thread.publish_on)),
        listed=listed,
        # Many threads share the same keys: held once, they take a fraction of the memory.
        lists=tuple(dict.fromkeys(map(intern, _lists_of(archive, thread)))) if listed else (),
        staff=tuple((intern(doctor), intern(other)) for doctor, other in _staff(archive, thread)) if listed else (),
        original=thread.translation_of.text if thread.translation_of and standing == "public" else "",
        first_doctor=doctor.slug if doctor else "",
        pinned=tuple(name.text for name in thread.related),
        terms=outline.terms,
        published=outline.status == "published",
        superseded=thread.superseded_by is not None and _is_public(archive, thread.superseded_by.text),
        tallied=_tallied(_waited(thread), thread.asker.age, thread.asker.sex) if listed else (),
    )


def _waited(thread: Thread) -> int | None:
    """Give the days from the question to the first reply; None while there is none."""
    first = min((reply.replied for reply in thread.replies), default=None)
    return (first - thread.asked).days if first else None


@lru_cache(1 << 12)  # many threads share the same: held once
def _tallied(waited: int | None, age: Age | None, sex: Sex) -> tuple[str, str, str]:
    """Write down what is counted of a thread, in the order of TALLIES."""
    return "" if waited is None else str(waited), str(age.decade) if age else "", sex


def _lists_of(archive: Archive, thread: Thread) -> Iterator[ListKey]:
    known = archive.directories
    specialty = known.specialties.find(thread.specialty)
    if specialty:
        yield specialty.key
        yield from (f"faq/{specialty.slug}/{topic.slug}" for topic in map(known.topics.find, thread.topics) if topic)
    for reply in thread.replies:
        if doctor := known.doctors.find(reply.doctor):
            yield doctor.key
        if hospital := known.hospitals.find(archive.hospital(reply)):
            yield hospital.key


def _staff(archive: Archive, thread: Thread) -> Iterator[tuple[str, str]]:
    """Give who answered, in which specialty and where."""
    known = archive.directories
    for reply in thread.replies:
        doctor = known.doctors.find(reply.doctor)
        specialty = known.specialties.find(reply.specialty) or known.specialties.find(thread.specialty)
        hospital = known.hospitals.find(archive.hospital(reply))
        yield from ((doctor.key, other.key) for other in (specialty, hospital) if doctor and other)


def _problems(archive: Archive, document: Document, path: str) -> Iterator[Problem]:
    """Report names that fit several records (MQ213), and a thread's dates that lie in the future."""
    for kind, name in names_in(document):
        directory = archive.directories.of(kind)
        directory.find(name)  # so that whoever asks where a name stands finds this document
        if stems := directory.ambiguous(name):
            hint = f"write one of: {', '.join(stems)}"
            yield problem((path, name.line, name.column), "MQ213", f"'{name.text}' fits several records", hint)
    if isinstance(document, Thread):
        yield from references.dates(archive, document, path)


def _list(changes: Changes, stem: str, new: Listing | None, moves: Moves) -> None:
    """Put a thread's listing in place of the one before."""
    archive = changes.archive
    old = archive.listings.get(stem)
    if old != new:
        step = _public(new) - _public(old)
        archive.sizes.put("public", (archive.sizes.get("public") or 0) + step)
        archive.listings.put(stem, new)
        moves.move(stem, old, new)
        if (old and old.seen()) != (new and new.seen()):
            changes.tell(f"thread:{stem}")
        if (old.ranked() if old else ()) != (new.ranked() if new else ()):
            changes.ranked.add(stem)
        _translate(changes, stem, old.original if old else "", new.original if new else "")
    changes.want(f"/threads/{stem}/", "thread", _PLANNERS[new.standing] if new else "", stem)


def _public(listing: Listing | None) -> bool:
    return listing is not None and listing.standing == "public"


def _translate(changes: Changes, stem: str, before: str, now: str) -> None:
    """Note of which thread this one says that it is a translation."""
    table = changes.archive.translated
    for original in {before, now} - {""} if before != now else ():
        others = set(table.get(original) or ()) - {stem} | ({stem} if original == now else set())
        table.put(original, tuple(sorted(others)) or None)
        changes.tell(f"translations:{original}")
