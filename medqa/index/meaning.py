"""Who is meant by the names in the archive: the directories, and what has changed in them."""

from collections.abc import Mapping

from medqa import names, sources
from medqa.archive import Archive, Forms, Names
from medqa.directory import Directories, Directory, Oddity, R
from medqa.documents import Doctor, Document, Hospital, Specialty, Topic
from medqa.index.changes import Changes
from medqa.index.filing import Before, names_in
from medqa.sources import Kind, Place


def know(changes: Changes, before: Before) -> None:
    """Read the records, count the names, and tell of each name that means something else than before."""
    archive = changes.archive
    archive.records = _records(archive)
    last = archive.names.get("all") or Names()
    forms = _counted(last.forms, before, archive)
    slugs = dict(last.slugs)
    archive.directories = _directories(archive, archive.records, forms, slugs)
    records = {key for key in before if not key.startswith("threads/")}
    if forms == last.forms and not records:
        return
    if changes.fresh:
        changes.entities |= {entity.key for one in archive.directories.each() for entity in one.entities()}
        differing: set[str] = {one.kind for one in archive.directories.each()}
    else:
        old = {key: one for key, one in archive.records.items() if key not in records}
        for key in records:
            outline = before[key]
            if outline:
                old[key] = archive.read(Archive.place(key, outline), outline.key)
        differing = _compare(changes, _directories(archive, old, last.forms, slugs))
    oddities: dict[str, list[Oddity]] = {
        one.kind: one.oddities() if one.kind in differing else last.oddities.get(one.kind, [])
        for one in archive.directories.each()
    }
    used = {form for one in forms.values() for form in one}
    archive.names.put("all", Names(forms, {form: slugs[form] for form in slugs if form in used}, oddities))


def _records(archive: Archive) -> dict[str, Document]:
    """Read all documents that are no threads."""
    kinds = sorted(kind for kind in sources.KINDS if kind != "threads")
    return {
        key: archive.read(Archive.place(key, one), one.key)
        for kind in kinds
        for key, one in archive.outlines.under(f"{kind}/")
    }


def _counted(last: Forms, before: Before, archive: Archive) -> Forms:
    """Count the forms of names, from those of the last build and what has changed."""
    forms = {kind: dict(counts) for kind, counts in last.items()}
    for key, old in before.items():
        new = archive.outlines.get(key)
        for step, outline in ((-1, old), (1, new)):
            for kind, form in outline.names if outline else ():
                counts = forms.setdefault(kind, {})
                counts[form] = counts.get(form, 0) + step
    return {kind: {form: count for form, count in counts.items() if count} for kind, counts in forms.items()}


def _directories(archive: Archive, records: Mapping[str, Document], forms: Forms, slugs: dict[str, str]) -> Directories:
    def slug(form: str) -> str:
        if form not in slugs:
            slugs[form] = names.slug(form)
        return slugs[form]

    def directory(kind: Kind, record: type[R]) -> Directory[R]:
        own = []
        for key in sorted(records):
            one, outline = records[key], archive.outlines.get(key)
            if isinstance(one, record):
                own.append((Place(kind, one.stem, outline.path if outline else ""), one))
        return Directory(kind, own, forms.get(kind, {}), note=archive.note, slug=slug)

    return Directories(
        directory("doctors", Doctor),
        directory("hospitals", Hospital),
        directory("specialties", Specialty),
        directory("topics", Topic),
    )


def _compare(changes: Changes, last: Directories) -> set[str]:
    """Tell of what differs from the directories of the last build; gives the kinds of which something does."""
    differing: set[str] = set()
    for one, other in zip(changes.archive.directories.each(), last.each(), strict=True):
        meanings, slugs = one.differences(other)
        changes.tell(*(f"name:{one.kind}/{name}" for name in meanings))
        changes.tell(*(f"entity:{one.kind}/{slug}" for slug in slugs))
        changes.entities |= {f"{one.kind}/{slug}" for slug in slugs}
        if slugs:
            changes.tell(f"roster:{one.kind}")
        if slugs or meanings:
            differing.add(one.kind)
    return differing


def judge(changes: Changes) -> None:
    """Say what is odd about names (MQ214, MQ502): where each stands first, by path, line and column."""
    archive = changes.archive
    incomplete = {place.kind for place in changes.broken}
    oddities = (archive.names.get("all") or Names()).oddities
    found = []
    for directory in archive.directories.each():
        odd = oddities.get(directory.kind, ())
        if odd and directory.kind not in incomplete:
            first = _first_places(archive, directory.kind, {one.spelling for one in odd})
            found += directory.problems(odd, first)
    changes.keep("names", "all", found)


def _first_places(archive: Archive, kind: str, spellings: set[str]) -> dict[str, tuple[str, int, int]]:
    """Find where names stand first: among the documents that were placed by what they mean."""
    first: dict[str, tuple[str, int, int]] = {}
    nodes = archive.ledger.told(f"name:{kind}/{spelling}" for spelling in spellings)
    for key in sorted(node.removeprefix("place ") for node in nodes if node.startswith("place ")):
        outline = archive.outlines.get(key)
        document = archive.document(key)
        if outline is None or document is None:
            continue
        for its_kind, name in names_in(document):
            spelling = names.key(name.text)
            if its_kind == kind and spelling in spellings:
                place = (outline.path, name.line, name.column)
                first[spelling] = min(first.get(spelling, place), place)
    return first
