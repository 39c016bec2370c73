"""What a thread says against what the archive knows: doctors' specialties and hospitals, signatures, reviews.

Looked for again where the thread has changed, or a record that it names, or the day of a review is reached.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from medqa import names
from medqa.archive import Archive, Outline
from medqa.cache import State, Table
from medqa.checks.contradictions import alike, letters
from medqa.checks.passages import quoted
from medqa.directory import Entity
from medqa.documents import Doctor, Hospital, Reply, Signature, Specialty, Thread, months_after
from medqa.errors import Problem, problem
from medqa.fields import Name
from medqa.index import Changes
from medqa.names import strip_honorifics

Signed = tuple[Signature, ...]


def check(changes: Changes, state: State, signed: Mapping[str, Signed]) -> None:
    """Compare the threads that changed, or went by what has; `signed` are the new signatures, by path."""
    archive = changes.archive
    signatures: Table[Signed] = state.table("signatures", Signed)
    due = changes.documents | changes.placed | changes.told("against")
    for key in sorted(key for key in due if key.startswith("threads/")):
        outline = archive.outlines.get(key)
        if key in changes.documents:
            new = signed.get(outline.path) if outline else None
            if new or signatures.get(key):
                signatures.put(key, new or None)
        if outline is None:
            continue  # which `Changes.forget` has heard of
        names_below = signatures.get(key) or ()
        found: list[Problem] = []
        if names_below or _worth_reading(archive, outline):
            thread = archive.thread(key.partition("/")[2])
            with archive.ledger.making(f"against {key}"):
                found += _problems(archive, thread, outline.path, names_below)
        changes.keep("against", key, found)


def _worth_reading(archive: Archive, outline: Outline) -> bool:
    """Tell whether a thread names anybody whose record says what it could contradict."""
    for kind, name in outline.names:
        if kind in {"doctors", "specialties"}:
            entity = archive.directories.of(kind).find(name)
            record = entity.record if entity else None
            if isinstance(record, Doctor) and (record.specialty or record.periods):
                return True
            if isinstance(record, Specialty) and record.review_months:
                return True
    return False


def _problems(archive: Archive, thread: Thread, path: str, signed: Signed) -> Iterator[Problem]:
    for number, reply in enumerate(thread.replies, 1):
        doctor = archive.directories.doctors.find(reply.doctor)
        if doctor and doctor.record:
            yield from _specialty(archive, thread, reply, doctor.record, path)
            yield from _hospital(archive, reply, doctor.record, path)
        for signature in signed:
            if signature.reply == number:
                yield from _signature(archive, reply, doctor, signature, path)
    yield from _review(archive, thread, path)


def _specialty(archive: Archive, thread: Thread, reply: Reply, doctor: Doctor, path: str) -> Iterator[Problem]:
    """Report a reply of another specialty than its doctor's (MQ507)."""
    known = archive.directories.specialties
    told, own = known.find(reply.specialty or thread.specialty), known.find(doctor.specialty)
    if told and own and told.key != own.key:
        place = (path, reply.doctor.line, reply.doctor.column)
        message = f"the reply counts as {told.name}, but {doctor.name} is of {own.name}"
        hint = f"write 'specialty: {own.name}' beside the doctor, if that is what the reply is about"
        yield problem(place, "MQ507", message, hint, width=len(reply.doctor.text))


def _hospital(archive: Archive, reply: Reply, doctor: Doctor, path: str) -> Iterator[Problem]:
    """Report a reply from a hospital at which its doctor did not work that day (MQ508)."""
    if not reply.hospital or not doctor.periods:
        return
    known = archive.directories.hospitals
    told = known.find(reply.hospital)
    there = [known.find(period.hospital) for period in doctor.periods if period.covers(reply.replied)]
    if told and told.key not in {one.key for one in there if one}:
        place = (path, reply.hospital.line, reply.hospital.column)
        where = next((one.name for one in there if one), "")
        said = f"was at {where}" if where else "was at no hospital that the record knows"
        hint = f"leave the hospital out: it is {where} on that day" if where else "add a period to the doctor's record"
        message = f"on {reply.replied} {doctor.name} {said}, not at {told.name}"
        yield problem(place, "MQ508", message, hint, width=len(reply.hospital.text))


def _signature(
    archive: Archive, reply: Reply, doctor: Entity[Doctor] | None, signature: Signature, path: str
) -> Iterator[Problem]:
    """Report a reply that is signed by almost the doctor's name (MQ506), by another (MQ509), from elsewhere (MQ508)."""
    place = (path, signature.line, signature.column)
    own = {reply.doctor.text, *((doctor.name, *doctor.record.names) if doctor and doctor.record else ())}
    name = strip_honorifics(signature.name)
    if not any(_same(name, one) for one in own):
        near = any(alike(name, one) or alike(letters(name), letters(one)) for one in own)
        code = "MQ506" if near else "MQ509"
        hint = "add the spelling to the doctor's 'names'" if near else "find out whose reply it is, and mend 'doctor'"
        message = f"the reply is signed {quoted(name)}, 'doctor' says {quoted(reply.doctor.text)}"
        yield problem(place, code, message, hint, width=signature.width)
    told = archive.directories.hospitals.find(archive.hospital(reply))
    signed = _hospital_in(archive, signature.hospital)
    if told and signed and told.key != signed.key:
        hint = "find out where the doctor worked on that day"
        message = f"the reply is signed from {quoted(signature.hospital)}, 'hospital' says {quoted(told.name)}"
        yield problem(place, "MQ508", message, hint, width=signature.width)


def _same(one: str, other: str) -> bool:
    """Tell whether two names are one but for case, and for first names that only one of them tells."""
    mine, theirs = set(names.key(one).split()), set(names.key(other).split())
    return mine <= theirs or theirs <= mine


def _hospital_in(archive: Archive, text: str) -> Entity[Hospital] | None:
    """Give the hospital that a signature names; None where the archive knows none of that name."""
    return archive.directories.hospitals.find(Name(text)) if text else None


def _review(archive: Archive, thread: Thread, path: str) -> Iterator[Problem]:
    """Report a thread whose replies are older than the specialty's review interval (MQ802)."""
    specialty = archive.directories.specialties.find(thread.specialty)
    months = specialty.record.review_months if specialty and specialty.record else 0
    replaced = thread.superseded_by or thread.duplicate_of or thread.status == "withdrawn"
    if not months or not thread.replies or replaced:
        return
    last = max(*(reply.replied for reply in thread.replies), thread.reviewed_on or date.min)
    day = months_after(last, months)
    if archive.reached(day):
        at = thread.replies[-1].doctor
        what = "was reviewed" if last == thread.reviewed_on else "was answered"
        hint = "have a doctor look at it, and write 'reviewed_by' and 'reviewed_on'; or 'superseded_by' a newer thread"
        yield problem(
            (path, at.line, at.column), "MQ802", f"the thread {what} on {last}: a review is due since {day}", hint
        )
