"""Stages 1 to 3: what the files of an archive tell now, and what is different from the last build."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from medqa import colours, index, related, sources, survey, work
from medqa.archive import Archive, Copied, Options, Outline
from medqa.cache import Memory, Remembered, State, Table
from medqa.checks import against, pictures
from medqa.compiled import Shelf
from medqa.config import Config, Locales, load_config
from medqa.errors import Problem
from medqa.index import Changes, Found, outline
from medqa.locales import load_locales
from medqa.parse import dialect
from medqa.plan import Desk
from medqa.progress import Clock
from medqa.sources import Place
from medqa.templates import Templates

SHELF = "templates"
"""Folder of the memory in which compiled templates are kept."""


class BuildOptions(msgspec.Struct, frozen=True):
    """How to build."""

    out: Path
    """The site's folder."""
    cache: Path | None
    """Folder of the memory; None: remember nothing."""
    jobs: int = 1
    """Processes, 1 or more."""
    cluster: str = ""
    """Address of a Dask scheduler whose workers are used instead of processes: `tcp://HOST:PORT`."""
    as_of: date | None = None
    """The day of the site, or a moment in it; None: the last commit's, else the newest day in the content."""
    drafts: bool = False
    published: Path | None = None
    """Manifest of the published site, where `out` is to hold only what differs from that."""
    examine: bool = False
    """Whether texts are examined, and threads compared with records: what `check` tells and a build does not."""
    why: tuple[str, ...] = ()
    """Addresses about which the report shall say why the page was, or was not, made again."""
    touched: frozenset[str] | None = None
    """Paths of all files and folders in which something may be different from the last build of this site that did not
    fail; None: nobody watched, and all are looked at."""


class Told(msgspec.Struct, frozen=True):
    """The archive as its files tell it now, and what that changes."""

    templates: Templates
    desk: Desk
    state: State
    library: work.Library
    changes: Changes
    problems: Sequence[Problem]
    """Errors and findings, in order."""

    @property
    def archive(self) -> Archive:
        """What pages are planned from."""
        return self.desk.archive


def update(root: Path, options: BuildOptions, memory: Memory, pool: work.Pool, clock: Clock) -> Told:
    """Read, parse, index and relate what has changed since the last build."""
    with clock.stage("read"):
        given = _read(root, memory)
        state = memory.state(_site_name(root, options.out), _epoch(given, options))
        tops = (sources.CONTENT, sources.STATIC)
        touched = None if state.fresh else options.touched
        folders: Table[survey.Folder] = state.table("folders", survey.Folder)
        surveyed = survey.survey(root, tops, folders, touched, state.get("checkout"))
        state.set("checkout", surveyed.checkout)
        sorted_out = _sort_out(surveyed)
        if state.fresh and len(sorted_out.documents) > work.PARSE_CHUNK:
            pool.start()  # there will be work, if only that of the pages
    with clock.stage("parse"):
        sure = not any(one.path == sources.CONFIG for one in given.problems)
        spoken = dialect(given.config, given.locales, sure=sure)
        library = work.Library(root, spoken, memory.documents, pool, examining=options.examine)
        documents, unparsed, terms, signed = _parse(library, sorted_out, clock)
        if unparsed or surveyed.removed:
            sources.require_content(root)  # deleted meanwhile, it is one error and not one for each document
    with clock.stage("index"):
        archive = Archive(given.config, Options(date.min, options.drafts), state)
        archive.read = library.read
        archive.options = Options(_day(root, options, archive, state, documents), options.drafts)
        changes = index.update(archive, state, documents, {**sorted_out.copies, **_assets(given, archive)})
    with clock.stage("related"):
        candidates = ((stem, _candidate(archive, library, stem, terms)) for stem in sorted(changes.ranked))
        twins: set[str] = set()
        if changes.ranked or state.fresh:
            found = related.update(state.rows("related"), candidates, options.jobs)
            _relate(archive, changes, found.lists)
            twins = _pair(archive, changes, found.twins)
        index.twins.check(changes, twins)
    if options.examine:
        with clock.stage("examine"):
            against.check(changes, state, signed)
            pictures.check(changes, root, sorted_out.copies)
    problems = sorted((*given.problems, *surveyed.problems, *sorted_out.problems, *unparsed, *changes.problems()))
    return Told(given.templates, Desk(archive, given.locales), state, library, changes, problems)


class _Sorted(msgspec.Struct, frozen=True):
    """Changed files by what they are."""

    documents: Sequence[tuple[Place, str]]
    """Each with its blob id."""
    removed: Sequence[str]
    copies: Mapping[str, Copied | None]
    problems: Sequence[Problem]


def _sort_out(found: survey.Survey) -> _Sorted:
    documents: list[tuple[Place, str]] = []
    copies: dict[str, Copied | None] = {}
    problems: list[Problem] = []
    for path, blob in sorted(found.changed.items()):
        if path.startswith(f"{sources.STATIC}/"):
            copies[path] = Copied(path, blob)
        elif isinstance(place := sources.place(path), Place):
            documents.append((place, blob))
        else:
            problems.append(place)
    static = f"{sources.STATIC}/"
    copies.update((path, None) for path in found.removed if path.startswith(static))
    return _Sorted(documents, [path for path in found.removed if not path.startswith(static)], copies, problems)


def _parse(
    library: work.Library, files: _Sorted, clock: Clock
) -> tuple[Found, list[Problem], dict[str, bytes], dict[str, against.Signed]]:
    """Give what is different, what is wrong with it, threads' terms by the keys of their parses, signatures by path."""
    terms: dict[str, bytes] = {}
    signed: dict[str, against.Signed] = {}
    documents: list[tuple[Place, Outline, tuple[Problem, ...]]] = []
    broken: list[Place] = []
    problems: list[Problem] = []
    for place, key, parsed in clock.count(library.parse(files.documents), len(files.documents)):
        if isinstance(parsed, Remembered):
            told = (*parsed.findings, *parsed.examined.findings)
            findings = tuple(msgspec.structs.replace(found, path=place.path) for found in told)
            documents.append((place, outline(place, key, parsed.document, parsed.terms), findings))
            if parsed.terms:
                terms[key] = parsed.terms
            if parsed.examined.signatures:
                signed[place.path] = parsed.examined.signatures
        else:
            broken.append(place)
            problems += parsed
    return Found(documents, broken, files.removed), problems, terms, signed


def _day(root: Path, options: BuildOptions, archive: Archive, state: State, found: Found) -> date:
    """Give the day of the build: as told, else the last commit's, else the newest in the content."""
    day = options.as_of or sources.last_commit(root)
    if isinstance(day, datetime):
        day = day.astimezone(ZoneInfo(archive.config.timezone)).date()
    newest = None if day else _newest(archive, state.get("newest"), found)
    state.set("newest", newest.isoformat() if newest else "")
    return day or newest or date(1970, 1, 1)


def _newest(archive: Archive, known: str, found: Found) -> date | None:
    """Give the newest day in the content; `known` is what it was in the last build, "" where nobody looked."""
    other = {*found.removed, *(place.path for place in found.broken), *(place.path for place, _, _ in found.documents)}
    before = date.fromisoformat(known) if known else None
    if before and not any(_day_in(archive, path) == before for path in other):
        standing: Iterable[date | None] = [before]
    else:
        standing = (one.newest for _, one in archive.outlines.under("threads/") if one.path not in other)
    return max(filter(None, (*standing, *(one.newest for _, one, _ in found.documents))), default=None)


def _day_in(archive: Archive, path: str) -> date | None:
    """Give the newest day in a document as it was in the last build."""
    place = sources.place(path)
    one = archive.outlines.get(f"{place.kind}/{place.stem}") if isinstance(place, Place) else None
    return one.newest if one else None


def _assets(given: "_Given", archive: Archive) -> dict[str, Copied | None]:
    """Give the files among the templates that are published as they are, and those that were and are no more."""
    assets: dict[str, Copied | None] = dict(given.assets)
    gone = (name for name in archive.copies.keys(f"{sources.ASSETS}/") if name not in assets)
    assets.update(dict.fromkeys(gone))
    return assets


def _epoch(given: "_Given", options: BuildOptions) -> str:
    """Name what everything depends on, so that no difference is taken of it."""
    everything = (given.config, given.locales, options.drafts, options.examine)
    return sources.digest(msgspec.msgpack.encode(everything, order="deterministic"))


def _relate(archive: Archive, changes: Changes, nearest: Mapping[str, tuple[str, ...]]) -> None:
    """Keep the lists of the nearest threads, and tell of those that are others than before."""
    for stem, now in nearest.items():
        if now != (archive.neighbours.get(stem) or ()):
            archive.neighbours.put(stem, now or None)
            changes.tell(f"related:{stem}")


def _pair(archive: Archive, changes: Changes, twins: Mapping[str, tuple[tuple[str, int], ...]]) -> set[str]:
    """Keep who says almost the same as whom, and tell of whom it is others than before; gives their stems."""
    differing = {stem for stem, now in twins.items() if now != (archive.twins.get(stem) or ())}
    for stem in differing:
        archive.twins.put(stem, twins[stem] or None)
        changes.tell(f"twins:{stem}")
    return differing


def _candidate(archive: Archive, library: work.Library, stem: str, terms: dict[str, bytes]) -> related.Candidate | None:
    """Give a thread as a candidate for the lists of others: one that is listed and no draft.

    What has just been counted is taken from `terms`, and let go of.
    """
    listing = archive.listings.get(stem)
    if listing is None or not listing.ranked():
        return None
    key = f"threads/{stem}"
    one = archive.outline(key)
    return related.Candidate(
        stem=stem,
        terms=terms.pop(one.key, b"") or library.terms(archive.place(key, one), one.key),
        lang=listing.lang or archive.config.language,
        title_key=(listing.title, listing.first_doctor),
        year=listing.asked.year,
        pinned=listing.pinned,
        superseded=listing.superseded,
    )


def _site_name(root: Path, out: Path) -> str:
    """Name a site in the memory so that the name holds wherever the archive is checked out."""
    return os.path.relpath(out, root)


class _Given(msgspec.Struct, frozen=True):
    """The settings, and all that pages are made with."""

    config: Config
    locales: Locales
    templates: Templates
    assets: Mapping[str, Copied]
    problems: tuple[Problem, ...]


def _read(root: Path, memory: Memory) -> _Given:
    settings, problems = load_config(root)
    locales, unworded = load_locales(root, settings)
    shelf = Shelf(memory.folder / SHELF if memory.folder else None, memory.engine)
    templates = Templates(root, settings, locales, shelf)
    assets: dict[str, Copied] = {}
    unreadable: list[Problem] = []
    for name, file in templates.files.items():
        if name.startswith(f"{sources.ASSETS}/"):
            try:
                blob = sources.blob_id(sources.bytes_of(root, file))
            except sources.UnreadableError as error:
                unreadable.append(error.problem)
            else:
                assets[name] = Copied(sources.shown_path(root, file), blob)
    found = (*problems, *unworded, *templates.problems(), *unreadable, *_coloured(root, settings, templates))
    return _Given(settings, locales, templates, assets, found)


def _coloured(root: Path, settings: Config, templates: Templates) -> Iterator[Problem]:
    """Look at the archive's own colours together with those of its style sheet."""
    file = templates.files.get(colours.STYLES)
    if settings.colours and file:
        with suppress(sources.UnreadableError):  # which is reported where it is copied
            css = sources.bytes_of(root, file).decode(errors="replace")
            yield from colours.problems(settings.colours, css)
