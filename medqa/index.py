"""Stage 3, index: documents → archive.

Pure: the same documents, config and date give the same archive, in whatever order they come.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

import msgspec

from medqa import links, references, sources
from medqa.archive import Archive, ListKey, Located, Options, Redirect
from medqa.config import Config
from medqa.directory import Directories, Directory, R
from medqa.documents import Doctor, Document, Hospital, Page, Specialty, Thread, Topic
from medqa.errors import Problem, problem
from medqa.fields import Name
from medqa.sources import Kind, Place

_UNFIT = re.compile(r"[\s?#\\%]")
"""What no old path can hold."""
_LONGEST = 255
"""Bytes of a file's name."""


class Found(msgspec.Struct, frozen=True):
    """What the stages before gave: documents, and the files that gave none."""

    documents: Sequence[Located]
    broken: Sequence[Place]
    """Files that could not be parsed: references to them are no further problems."""
    statics: frozenset[str]
    """Paths below `static/`."""


def index(found: Found, config: Config, options: Options) -> tuple[Archive, list[Problem]]:
    """Build the archive, and report all that does not fit together."""
    problems: list[Problem] = []
    doubles = _doubles([*(place for place, _ in found.documents), *found.broken])
    problems += (_double(place, first) for place, first in doubles.items())
    documents = sorted(located for located in found.documents if located[0] not in doubles)
    unread = [*found.broken, *doubles]
    threads = {place.stem: thread for place, thread in documents if isinstance(thread, Thread)}
    directories = _directories(documents, {place.kind for place in unread})
    problems += directories.problems
    expired = {stem for stem, thread in threads.items() if thread.expires_on and thread.expires_on <= options.as_of}
    withdrawn = {stem for stem, thread in threads.items() if thread.status == "withdrawn"}
    archive = Archive(
        config=config,
        options=options,
        directories=directories,
        places={f"{place.kind}/{place.stem}": place for place, _ in documents},
        threads=threads,
        pages={place.stem: page for place, page in documents if isinstance(page, Page)},
        public=frozenset(
            stem for stem, thread in threads.items() if _is_public(thread, options) and stem not in expired
        ),
        gone=frozenset(expired | withdrawn),
        lists={},
        translations={},
        links={},
        redirects=(),
    )
    archive = msgspec.structs.replace(archive, lists=_lists(archive), translations=_translations(archive))
    problems += references.problems(archive, {place.stem for place in unread if place.kind == "threads"})
    redirects, alias_problems = _redirects(archive, documents)
    resolved, link_problems = links.resolve_all(archive, documents, unread, found.statics)
    problems += alias_problems + link_problems
    return msgspec.structs.replace(archive, links=resolved, redirects=redirects), problems


def _is_public(thread: Thread, options: Options) -> bool:
    """Tell whether a thread that has not expired is to be seen."""
    if thread.status == "withdrawn" or options.drafts:
        return thread.status != "withdrawn"
    return thread.status == "published" and (thread.publish_on is None or thread.publish_on <= options.as_of)


def _doubles(places: Iterable[Place]) -> dict[Place, Place]:
    """Give the files whose name another has already, with that other: the first, by path, of the name."""
    seen: dict[tuple[Kind, str], Place] = {}
    doubles: dict[Place, Place] = {}
    for place in sorted(places):
        first = seen.setdefault((place.kind, place.stem.casefold()), place)
        if first is not place:
            doubles[place] = first
    return doubles


def _double(place: Place, first: Place) -> Problem:
    message = f"'{place.stem}' is also the name of {first.path}"
    return problem((place.path, 1, 1), "MQ211", message, "rename one of the two files")


def _directories(documents: Sequence[Located], incomplete: Collection[Kind]) -> Directories:
    """Find out who and what is named in the archive; `incomplete` are the kinds of which some files gave nothing."""
    named: dict[Kind, list[tuple[str, Name]]] = defaultdict(list)
    for place, document in documents:
        for kind, name in _names(document):
            named[kind].append((place.path, name))

    def directory(kind: Kind, record: type[R]) -> Directory[R]:
        records = [(place, one) for place, one in documents if isinstance(one, record)]
        return Directory(kind, records, named[kind], complete=kind not in incomplete)

    return Directories(
        directory("doctors", Doctor),
        directory("hospitals", Hospital),
        directory("specialties", Specialty),
        directory("topics", Topic),
    )


def _names(document: Document) -> Iterable[tuple[Kind, Name]]:
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


def _lists(archive: Archive) -> dict[ListKey, tuple[str, ...]]:
    """Put each listed thread into the lists of its specialty, topics, doctors and hospitals."""
    lists: dict[ListKey, list[str]] = defaultdict(list)
    for topic in archive.directories.topics.entities():
        for specialty in topic.record.specialties if topic.record and topic.record.body else ():
            if home := archive.directories.specialties.find(specialty):
                lists[f"faq/{home.slug}/{topic.slug}"] = []
    listed = sorted((thread.asked, stem) for stem, thread in archive.threads.items() if archive.listed(stem))
    for _, stem in listed:
        for key in dict.fromkeys(_lists_of(archive, archive.threads[stem])):
            lists[key].append(stem)
    return {key: tuple(stems) for key, stems in sorted(lists.items())}


def _lists_of(archive: Archive, thread: Thread) -> Iterable[ListKey]:
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


def _translations(archive: Archive) -> dict[str, tuple[str, ...]]:
    """Join each original with its translations, and these with each other."""
    groups: dict[str, set[str]] = defaultdict(set)
    for stem in archive.public:
        original = archive.threads[stem].translation_of
        if original and original.text in archive.threads:
            groups[original.text] |= {stem, original.text}
    public = {key: sorted(group & archive.public) for key, group in groups.items()}
    return {stem: tuple(other for other in group if other != stem) for group in public.values() for stem in group}


def _redirects(archive: Archive, documents: Sequence[Located]) -> tuple[tuple[Redirect, ...], list[Problem]]:
    """Lead old stems and old paths to what stands in their place now."""
    found: dict[str, Redirect] = {}
    problems: list[Problem] = []
    for place, document in documents:
        for alias in getattr(document, "aliases", ()):
            for url, target in _alias(archive, place, alias, problems):
                other = found.setdefault(url, Redirect(url, target, place.path, alias))
                if other.name is not alias:
                    message = f"'{alias.text}' is also an alias in {other.path}"
                    at = (place.path, alias.line, alias.column)
                    problems.append(problem(at, "MQ215", message, "an old address can lead to one page only"))
    return tuple(found[url] for url in sorted(found)), problems


def _alias(archive: Archive, place: Place, alias: Name, problems: list[Problem]) -> list[tuple[str, str]]:
    """Give (old address, new address) pairs of an alias: several for a topic, none where the target has no page."""
    text = unicodedata.normalize("NFC", alias.text)
    at = (place.path, alias.line, alias.column)
    if text.startswith("/"):
        parts = text.strip("/").split("/")
        if any(not part or part[0] == "." or len(part.encode()) > _LONGEST for part in parts) or _UNFIT.search(text):
            problems.append(problem(at, "MQ109", f"'{text}' is not a path", "write /old/page.html or /old/page/"))
            return []
        url = text if "." in text.rpartition("/")[2] else text.rstrip("/") + "/"
        return [(url, target)] if (target := _standing(archive, place)) else []
    if fault := sources.stem_fault(text):
        problems.append(problem(at, "MQ109", f"'{text}' cannot be an old name: {fault}", "an old path begins with '/'"))
        return []
    if f"{place.kind}/{text}" in archive.places:
        message = f"'{text}' is the name of another file"
        problems.append(problem(at, "MQ215", message, "delete the alias, or rename that file"))
        return []
    if place.kind == "topics":
        keys = [key for key in archive.lists if key.startswith("faq/") and key.endswith(f"/{place.stem}")]
        return [(f"/{key.removesuffix(place.stem)}{text}/", f"/{key}/") for key in keys]
    return [(f"/{place.kind}/{text}/", target)] if (target := _standing(archive, place)) else []


def _standing(archive: Archive, place: Place) -> str | None:
    """Give a document's address; also of a thread that is gone, whose address says so."""
    key = f"{place.kind}/{place.stem}"
    return f"/{key}/" if place.kind == "threads" and place.stem in archive.gone else archive.address(key)
