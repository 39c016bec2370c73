"""The build: seven stages, one direction.

    read → parse → index → plan → compare → render → write

A clean build is the same code with everything changed.
"""

import gc
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from itertools import chain, islice
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import msgspec

from medqa import index, manifest, outputs, plan, related, sources, survey, work
from medqa.archive import Archive, Copied, Options, Outline
from medqa.cache import FOLDER, DamagedError, Memory, Remembered, State, opened
from medqa.compiled import Shelf
from medqa.config import Config, Locales, load_config
from medqa.delta import Delta
from medqa.errors import BuildFailedError, Problem
from medqa.index import Changes, Found, outline
from medqa.locales import load_locales
from medqa.outputs import Site
from medqa.pages import Page, file_of
from medqa.parse import dialect
from medqa.plan import Desk
from medqa.progress import Clock, Show, silent
from medqa.sources import Place
from medqa.templates import Templates

SHELF = "templates"
"""Folder of the memory in which compiled templates are kept."""
CHECKED = f"{FOLDER}/check"
"""Stands for a site where none is made."""
Done = TypeVar("Done")


class BuildOptions(msgspec.Struct, frozen=True):
    """How to build."""

    out: Path
    """The site's folder."""
    cache: Path | None
    """Folder of the memory; None: remember nothing."""
    jobs: int = 1
    """Processes, 1 or more."""
    as_of: date | None = None
    """The day for which the site is made; None: the last commit's, else the newest in the content."""
    drafts: bool = False
    base_url: str = ""
    """Where the site is looked at, instead of config's base_url: a preview stands at the root of its own server."""
    published: Path | None = None
    """Manifest of the published site, where `out` is to hold only what differs from that."""
    why: tuple[str, ...] = ()
    """Addresses about which the report shall say why the page was, or was not, made again."""


class Report(msgspec.Struct, frozen=True):
    """What a build did."""

    threads: int
    """Public threads."""
    pages: int
    """Pages of the site, and files copied to it."""
    rendered: Mapping[str, str]
    """Address of each page that was made again → why."""
    written: tuple[str, ...]
    """Files whose bytes are new."""
    removed: tuple[str, ...]
    changes: tuple[str, ...]
    """What an upload has to do: `A`, `M` or `D` (new, changed, removed) and a path."""
    answers: Mapping[str, str]
    """Address that was asked about → why the page there was, or was not, made again."""
    as_of: date
    seconds: Mapping[str, float]
    """Stage → wall-clock seconds."""
    peak_memory: int
    """Bytes: this process's most, and the largest worker's."""
    findings: tuple[Problem, ...]


def build(root: Path, options: BuildOptions, show: Show = silent) -> Report:
    """Build the site of the archive in `root`; `show` is told how far it is.

    Raises BuildFailedError with every problem of the content, leaving the site as it was; UsageError where the folders
    do not fit.
    """
    with _no_garbage():
        return _despite_damage(lambda: _build(root, options, Clock(show)))


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Let nobody look for circles among a build's millions of values: there are next to none, and it takes a sixth."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _build(root: Path, options: BuildOptions, clock: Clock) -> Report:
    sources.require_content(root)
    engine = sources.engine_digest()
    with (
        closing(_site(options)) as site,
        work.Pool(options.jobs) as pool,
        opened(options.cache, engine) as memory,
    ):
        told = update(root, options, memory, pool, clock)
        if any(found.severity == "error" for found in told.problems):
            raise BuildFailedError([*told.problems, *_unfilled(told)])
        making = Making(root, told, site, engine)
        with clock.stage("make"):
            staged = making.stage(pool, clock)
        sources.require_content(root)  # deleted meanwhile, it would leave a site without a page
        with clock.stage("write"):
            written = site.publish(staged, making.paths())
            told.state.commit(site.mark())
            told.library.tidy(
                lambda: {one.key for _, one in told.archive.outlines.under("")}, told.archive.sizes.get("pages") or 0
            )
        return Report(
            threads=told.archive.sizes.get("public") or 0,
            pages=told.archive.sizes.get("pages") or 0,
            rendered=making.why,
            written=written.replaced,
            removed=written.removed,
            changes=tuple(written.lines()),
            answers={url: making.answer(url) for url in options.why},
            as_of=told.archive.options.as_of,
            seconds={stage: round(seconds, 3) for stage, seconds in clock.seconds.items()},
            peak_memory=1024 * (getrusage(RUSAGE_SELF).ru_maxrss + getrusage(RUSAGE_CHILDREN).ru_maxrss),
            findings=tuple(found for found in told.problems if found.severity == "finding"),
        )


def _site(options: BuildOptions) -> Site | Delta:
    """Open the folder that the build writes to: a whole site, or what differs from a published one."""
    return Delta(options.out, options.published) if options.published else Site(options.out)


def check(
    root: Path, options: BuildOptions, show: Show = silent, *, strict: bool = False
) -> tuple[list[Problem], list[Problem]]:
    """Find the problems of the archive without making a page: all of them, and those that count as errors.

    A finding counts where config's `levels` say so, or config's profile or `strict` say so of all.
    """
    with _no_garbage():
        return _despite_damage(lambda: _check(root, options, Clock(show), strict=strict))


def _check(root: Path, options: BuildOptions, clock: Clock, *, strict: bool) -> tuple[list[Problem], list[Problem]]:
    sources.require_content(root)
    options = msgspec.structs.replace(options, out=root / CHECKED)
    with work.Pool(options.jobs) as pool, opened(options.cache, sources.engine_digest()) as memory:
        told = update(root, options, memory, pool, clock)
        problems = sorted({*told.problems, *_unfilled(told)})
        if not any(found.severity == "error" for found in problems):
            told.state.commit("")
    settings = told.archive.config
    everything = strict or settings.profile == "strict"
    raised = {code for code, level in settings.levels.items() if level == "error"}
    counting = [found for found in problems if found.severity == "error" or everything or found.code in raised]
    return problems, counting


def _unfilled(told: "Told") -> list[Problem]:
    """Report strings that cannot be filled (MQ305): of English ones only a page of each kind can tell."""
    found: list[Problem] = []
    seen: set[str] = set()
    for url, address in told.archive.pages.under("") if told.state.fresh else ():
        if address.planner not in seen:
            seen.add(address.planner)
            try:
                plan.plan(told.desk, url, address)
            except BuildFailedError as error:
                found += error.problems
            except LookupError:  # what the page shows is wrong itself
                seen.discard(address.planner)
    return found


def _despite_damage(attempt: Callable[[], Done]) -> Done:
    """Make a second attempt, without memory, where the memory turned out to be damaged."""
    try:
        return attempt()
    except DamagedError:
        return attempt()


def verify(root: Path, options: BuildOptions) -> str:
    """Build the site from nothing beside the one that stands, and name the first difference; "" where there is none."""
    with TemporaryDirectory(prefix="medqa-verify-") as folder:
        clean = Path(folder) / "site"
        build(root, msgspec.structs.replace(options, out=clean, cache=None))
        return first_difference(options.out, clean)


def first_difference(one: Path, other: Path) -> str:
    """Name the first file, by path, in which two sites differ, or that only one has; "" where they are equal."""
    for path in sorted(outputs.listed(one) | outputs.listed(other)):
        here, there = one / path, other / path
        if not here.exists():
            return f"{path} is missing"
        if not there.exists():
            return f"{path} should not be there"
        if here.read_bytes() != there.read_bytes():
            return f"{path} is not the same"
    return ""


def _site_name(root: Path, out: Path) -> str:
    """Name a site in the memory so that the name holds wherever the archive is checked out."""
    return os.path.relpath(out, root)


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
        given = _read(root, options.base_url, memory)
        state = memory.state(_site_name(root, options.out), _epoch(given, options))
        tops = (sources.CONTENT, sources.STATIC)
        found = survey.survey(root, tops, state.table("folders", survey.Folder))
        sorted_out = _sort_out(found)
    with clock.stage("parse"):
        sure = not any(one.path == sources.CONFIG for one in given.problems)
        library = work.Library(root, dialect(given.config, given.locales, sure=sure), memory.documents, pool)
        documents, unparsed = _parse(library, sorted_out, clock)
        if unparsed or found.removed:
            sources.require_content(root)  # deleted meanwhile, it is one error and not one for each document
    with clock.stage("index"):
        archive = Archive(given.config, Options(date.min, options.drafts), state)
        archive.read = library.read
        archive.options = Options(_day(root, options, archive, documents), options.drafts)
        changes = index.update(archive, state, documents, {**sorted_out.copies, **_assets(root, archive, given)})
    with clock.stage("related"):
        _relate(archive, library, changes)
    problems = sorted({*given.problems, *found.problems, *sorted_out.problems, *unparsed, *changes.problems()})
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


def _parse(library: work.Library, files: _Sorted, clock: Clock) -> tuple[Found, list[Problem]]:
    documents: list[tuple[Place, Outline, tuple[Problem, ...]]] = []
    broken: list[Place] = []
    problems: list[Problem] = []
    for place, key, parsed in clock.count(library.parse(files.documents), len(files.documents)):
        if isinstance(parsed, Remembered):
            findings = tuple(msgspec.structs.replace(found, path=place.path) for found in parsed.findings)
            documents.append((place, outline(place, key, parsed.document, parsed.terms), findings))
        else:
            broken.append(place)
            problems += parsed
    return Found(documents, broken, files.removed), problems


def _day(root: Path, options: BuildOptions, archive: Archive, found: Found) -> date:
    """Give the day of the build: as told, else the last commit's, else the newest in the content."""
    if day := options.as_of or sources.last_commit_date(root):
        return day
    other = {*found.removed, *(place.path for place in found.broken), *(place.path for place, _, _ in found.documents)}
    standing = (one.newest for _, one in archive.outlines.under("threads/") if one.path not in other)
    days = (*standing, *(one.newest for _, one, _ in found.documents))
    return max(filter(None, days), default=date(1970, 1, 1))


def _assets(root: Path, archive: Archive, given: "_Given") -> dict[str, Copied | None]:
    """Give the files among the templates that are published as they are, and those that were and are no more."""
    assets: dict[str, Copied | None] = {
        name: Copied(sources.shown_path(root, file), sources.blob_id(sources.bytes_of(root, file)))
        for name, file in given.templates.files.items()
        if name.startswith(f"{sources.ASSETS}/")
    }
    gone = (name for name in archive.copies.keys(f"{sources.ASSETS}/") if name not in assets)
    assets.update(dict.fromkeys(gone))
    return assets


def _epoch(given: "_Given", options: BuildOptions) -> str:
    """Name what everything depends on, so that no difference is taken of it."""
    everything = (given.config, given.locales, options.drafts)
    return sources.digest(msgspec.msgpack.encode(everything, order="deterministic"))


def _relate(archive: Archive, library: work.Library, changes: Changes) -> None:
    """Find the nearest threads anew where a thread that may be near has changed."""
    if not changes.ranked:
        return
    keys = archive.outlines.keys("threads/")
    nearest = related.neighbours([one for key in keys if (one := _candidate(archive, library, key))])
    gone = {key for key in changes.placed if key.startswith("threads/")}.difference(keys)
    for key in (*keys, *gone):
        stem = key.partition("/")[2]
        now = nearest.get(stem) or None
        if now != archive.neighbours.get(stem):
            archive.neighbours.put(stem, now)
            changes.tell(f"related:{stem}")


def _candidate(archive: Archive, library: work.Library, key: str) -> related.Candidate | None:
    """Give a thread as a candidate for the lists of others: one that is listed and no draft."""
    stem = key.partition("/")[2]
    listing, one = archive.listings.get(stem), archive.outline(key)
    if listing is None or not listing.ranked():
        return None
    terms = library.terms(archive.place(key, one), one.key)
    language = listing.lang or archive.config.language
    return related.Candidate(stem, terms, language, (listing.title, listing.first_doctor), listing.pinned)


class _Given(msgspec.Struct, frozen=True):
    """The settings, and all that pages are made with."""

    config: Config
    locales: Locales
    templates: Templates
    problems: tuple[Problem, ...]


def _read(root: Path, base_url: str, memory: Memory) -> _Given:
    settings, problems = load_config(root)
    if base_url:
        settings = msgspec.structs.replace(settings, base_url=base_url)
    locales, unworded = load_locales(root, settings)
    shelf = Shelf(memory.folder / SHELF if memory.folder else None, memory.engine)
    templates = Templates(root, settings, locales, shelf)
    found = (*problems, *unworded, *templates.problems())
    return _Given(settings, locales, templates, found)


class Making:
    """Finds out which pages have to be made again, and makes them."""

    def __init__(self, root: Path, told: Told, site: Site | Delta, engine: str) -> None:
        """Look at what has changed, and at the site that stands."""
        self._root = root
        self._told = told
        self._site = site
        self._printer = manifest.Printer(told.templates, engine)
        self._trusted = told.state.mark() == site.mark() != ""
        """Whether the site is as the last build left it, so that its fingerprints tell what stands there."""
        self.why: dict[str, str] = {}
        """Address of a page that is made → why."""

    def paths(self) -> frozenset[str] | None:
        """Give the paths of all files that the site has from now on; None where they are what they were."""
        changes = self._told.changes
        if not self._trusted or self._told.state.fresh:
            return frozenset(map(file_of, self._told.archive.pages.keys()))
        if not changes.added and not changes.removed:
            return None
        return (self._site.paths() - set(map(file_of, changes.removed))) | set(map(file_of, changes.added))

    def answer(self, url: str) -> str:
        """Say why the page at an address was, or was not, made again; the address may come from a browser."""
        path = unquote(urlsplit(url).path).strip("/")
        pages = self._told.archive.pages
        known = next((one for one in ("/" + path, f"/{path}/") if pages.get(one)), "")
        kept = "not made again: nothing that it shows has changed"
        return self.why.get(known) or (kept if known else "there is no such page")

    def stage(self, pool: work.Pool, clock: Clock) -> list[str]:
        """Make what has to be made, and stage it; gives the paths of the files whose bytes are new."""
        told = self._told
        urls = self._in_order(self._doubtful())
        counted = clock.count(urls, len(urls))
        last = told.state.last_prints(urls) if self._trusted else {}
        told.state.drop_prints(told.changes.removed)
        copies = sum(self._planner(url) == "copy" for url in urls)  # which come first
        copied = ((page.file, self._copied(page)) for page in self._stale(islice(counted, copies), last))
        pages = self._stale(counted, last)
        files = chain(copied, work.render_all(self._root, told.templates, pages, self._html, pool))
        return self._site.stage(files)

    def _stale(self, urls: Iterable[str], last: Mapping[str, bytes]) -> Iterator[Page]:
        """Plan pages, and give those of which something is not as it was."""
        told = self._told
        for url in urls:
            address = told.archive.pages.get(url)
            if address is None:
                continue
            page = plan.plan(told.desk, url, address)
            now, before = self._printer.fingerprint(page), last.get(url)
            if now != before or told.state.fresh:
                told.state.put_print(url, now)
            if now != before:
                self.why[url] = manifest.why(type(page), now, before)
                yield page

    def _planner(self, url: str) -> str:
        address = self._told.archive.pages.get(url)
        return address.planner if address else ""

    def _copied(self, page: Page) -> bytes:
        """Read a file that is published as it is."""
        name = self._told.archive.pages.get(page.url)
        files, own = self._told.templates.files, name.argument if name else ""
        return (files[own] if own in files else self._root / own).read_bytes()

    def _doubtful(self) -> set[str]:
        """Give the addresses of the pages that may not be as they were."""
        told, archive = self._told, self._told.archive
        stamp = told.templates.stamp
        if told.state.fresh or not self._trusted or told.state.get("templates") != stamp:
            told.state.set("templates", stamp)
            return set(archive.pages.keys())
        nodes = archive.ledger.told(told.changes.facts)
        placed = {f"/{key}/" for key in told.changes.placed if key.startswith("threads/")}
        return {node for node in nodes if node.startswith("/")} | placed | told.changes.added

    def _in_order(self, urls: set[str]) -> list[str]:
        """Put pages into the order of publication: no page that stands ever links to one that is not there yet."""
        standing = self._site.paths() if not self._trusted or self._told.state.fresh else None
        return sorted(urls, key=lambda url: (self._rank(url, standing), url))

    def _rank(self, url: str, standing: frozenset[str] | None) -> int:
        planner = self._planner(url)
        if planner in {"copy", ""}:
            return 0 if planner else 4
        if url in self._told.changes.added if standing is None else file_of(url) not in standing:
            return 1
        return 2 if planner == "thread" else 3

    def _html(self, keys: Collection[str]) -> dict[str, bytes]:
        archive = self._told.archive
        places = {key: (archive.place(key, one), one.key) for key in keys if (one := archive.outlines.get(key))}
        html = self._told.library.html({key: place for place, key in places.values()})
        return {key: html[places[key][1]] for key in keys}
