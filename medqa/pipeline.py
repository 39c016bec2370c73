"""The build: seven stages, one direction.

    read → parse → index → plan → compare → render → write

A clean build is the same code with everything changed.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from itertools import chain
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import msgspec

from medqa import index, links, manifest, outputs, plan, related, sources, work
from medqa.archive import Archive, Options
from medqa.cache import Cache, DamagedError, opened
from medqa.config import Config, Locales, load_config
from medqa.documents import Thread
from medqa.errors import BuildFailedError, Problem
from medqa.locales import load_locales
from medqa.outputs import Site
from medqa.pages import CopiedFile, Page, ThreadPage
from medqa.parse import dialect
from medqa.plan import Desk
from medqa.templates import Templates

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


class Report(msgspec.Struct, frozen=True):
    """What a build did."""

    threads: int
    """Public threads."""
    addresses: frozenset[str]
    """Of all pages of the site, and of the files copied to it."""
    rendered: Mapping[str, str]
    """Address of each page that was made again → why."""
    written: tuple[str, ...]
    """Files whose bytes are new."""
    removed: tuple[str, ...]
    as_of: date
    seconds: Mapping[str, float]
    """Stage → wall-clock seconds."""
    peak_memory: int
    """Bytes: this process's most, and the largest worker's."""
    findings: tuple[Problem, ...]

    @property
    def pages(self) -> int:
        """How many pages and copied files the site has."""
        return len(self.addresses)

    def why(self, url: str) -> str:
        """Say why the page at an address was, or was not, made again; the address may come from a browser."""
        path = unquote(urlsplit(url).path).strip("/")
        url = next((known for known in ("/" + path, f"/{path}/") if known in self.addresses), url)
        kept = "not made again: nothing that it shows has changed"
        return self.rendered.get(url) or (kept if url in self.addresses else "there is no such page")


class Loaded(msgspec.Struct, frozen=True):
    """All that the content gives, before pages are planned."""

    templates: Templates
    desk: Desk
    documents: tuple[work.Read, ...]
    copies: tuple[sources.Copy, ...]
    broken: tuple[sources.Place, ...]
    """Files that could not be parsed."""
    problems: tuple[Problem, ...]


class Clock:
    """Measures the stages."""

    def __init__(self) -> None:
        """Begin with no stage measured."""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure what is done inside as a part of a stage."""
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - start


def build(root: Path, options: BuildOptions) -> Report:
    """Build the site of the archive in `root`.

    Raises BuildFailedError with every problem of the content, leaving the site as it was; UsageError where the folders
    do not fit.
    """
    return _despite_damage(lambda: _build(root, options))


def _build(root: Path, options: BuildOptions) -> Report:
    sources.require_content(root)
    clock, engine = Clock(), sources.engine_digest()
    name = _site_name(root, options.out)
    with (
        closing(Site(options.out)) as site,
        work.Pool(options.jobs) as pool,
        opened(options.cache, engine) as memory,
    ):
        loaded = load(root, options, memory, pool, clock)
        pages = plan_pages(loaded, clock)
        with clock.stage("compare"):
            printer = manifest.Printer(loaded.templates, engine)
            prints = {page.url: printer.fingerprint(page) for page in pages}
            kinds = {page.url: (type(page), prints[page.url]) for page in pages}
            todo = manifest.compare(kinds, memory.fingerprints(name, site.mark()))
        with clock.stage("render"):
            staged = _stage(root, loaded, _in_order(pages, todo, site.paths()), site, memory, pool)
        with clock.stage("write"):
            memory.invalidate(name, (*todo.stale, *todo.orphaned))
            written = site.publish(staged, frozenset(page.file for page in pages))
            memory.record_site(name, site.mark(), prints)
    return Report(
        threads=len(loaded.desk.archive.public),
        addresses=frozenset(prints),
        rendered=todo.stale,
        written=written.replaced,
        removed=written.removed,
        as_of=loaded.desk.archive.options.as_of,
        seconds={stage: round(seconds, 3) for stage, seconds in clock.seconds.items()},
        peak_memory=1024 * (getrusage(RUSAGE_SELF).ru_maxrss + getrusage(RUSAGE_CHILDREN).ru_maxrss),
        findings=tuple(found for found in loaded.problems if found.severity == "finding"),
    )


def check(root: Path, options: BuildOptions, *, strict: bool = False) -> tuple[list[Problem], list[Problem]]:
    """Find the problems of the archive without making a page: all of them, and those that count as errors.

    A finding counts where config's `levels` say so, or config's profile or `strict` say so of all.
    """
    return _despite_damage(lambda: _check(root, options, strict=strict))


def _check(root: Path, options: BuildOptions, *, strict: bool) -> tuple[list[Problem], list[Problem]]:
    sources.require_content(root)
    with work.Pool(options.jobs) as pool, opened(options.cache, sources.engine_digest()) as memory:
        loaded = load(root, options, memory, pool, Clock())
        try:
            plan_pages(loaded, Clock())
            problems: Sequence[Problem] = sorted(set(loaded.problems))
        except BuildFailedError as error:
            problems = error.problems
    settings = loaded.desk.archive.config
    everything = strict or settings.profile == "strict"
    raised = {code for code, level in settings.levels.items() if level == "error"}
    counting = [found for found in problems if found.severity == "error" or everything or found.code in raised]
    return list(problems), counting


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


def load(root: Path, options: BuildOptions, memory: Cache, pool: work.Pool, clock: Clock) -> Loaded:
    """Read, parse and index; `problems` holds everything found, errors among them."""
    with clock.stage("read"):
        given = _read(root, options.base_url)
    with clock.stage("parse"):
        sure = not any(found.path == sources.CONFIG for found in given.problems)
        spoken = dialect(given.config, given.locales, sure=sure)
        read, broken, unparsed = work.parse_all(root, given.places, spoken, memory, pool)
    with clock.stage("index"):
        documents = [(one.place, one.document) for one in read]
        found = index.Found(documents, broken, frozenset(copy.path for copy in given.copies))
        day = options.as_of or sources.last_commit_date(root) or _newest_day(read)
        archive, unfit = index.index(found, given.config, Options(day, options.drafts))
    with clock.stage("related"):
        neighbours = related.neighbours(_candidates(archive, read))
    problems = tuple(_wanted((*given.problems, *unparsed, *unfit), read, given.config))
    desk = Desk(archive, neighbours, given.locales)
    return Loaded(given.templates, desk, tuple(read), given.copies, tuple(broken), problems)


class _Given(msgspec.Struct, frozen=True):
    """What lies in the archive's folder, before any document is parsed."""

    config: Config
    locales: Locales
    templates: Templates
    places: Sequence[sources.Place]
    copies: tuple[sources.Copy, ...]
    problems: tuple[Problem, ...]


def _read(root: Path, base_url: str) -> _Given:
    settings, problems = load_config(root)
    if base_url:
        settings = msgspec.structs.replace(settings, base_url=base_url)
    locales, unworded = load_locales(root, settings)
    templates = Templates(root, settings, locales)
    places, misplaced = sources.content(root)
    copies, unreadable = sources.copies(root, templates.files)
    found = (*problems, *unworded, *templates.problems(), *misplaced, *unreadable)
    return _Given(settings, locales, templates, places, tuple(copies), found)


def _wanted(problems: Sequence[Problem], read: Sequence[work.Read], settings: Config) -> Iterator[Problem]:
    """Leave out the findings that config's `levels` turn off, or a thread's `ack` gives a reason for."""
    acks = {one.place.path: one.document.ack for one in read if isinstance(one.document, Thread) and one.document.ack}
    for found in problems:
        silenced = settings.levels.get(found.code) == "off" or found.code in acks.get(found.path, {})
        if found.severity == "error" or not silenced:
            yield found


def plan_pages(loaded: Loaded, clock: Clock) -> list[Page]:
    """Plan all pages; raises BuildFailedError with all problems where one is an error."""
    problems = list(loaded.problems)
    with clock.stage("plan"):
        try:
            pages = [*map(_copied, loaded.copies), *plan.plan(loaded.desk)]
        except BuildFailedError as error:  # a string that cannot be filled
            raise BuildFailedError([*problems, *error.problems]) from error
        problems += plan.collisions(loaded.desk, pages)
        documents = [(one.place, one.document) for one in loaded.documents]
        problems += links.dead_addresses(documents, loaded.broken, {page.url for page in pages})
    if any(found.severity == "error" for found in problems):
        raise BuildFailedError(problems)
    return pages


def _newest_day(read: Sequence[work.Read]) -> date:
    """Give the newest date on which something was asked, replied, corrected or reviewed."""
    days = (day.on for one in read if isinstance(one.document, Thread) for day in one.document.days)
    return max(days, default=date(1970, 1, 1))


def _candidates(archive: Archive, read: Sequence[work.Read]) -> list[related.Candidate]:
    """Give the threads that may be neighbours: listed ones that are no drafts."""
    found = []
    for one in read:
        thread = one.document
        if not isinstance(thread, Thread) or thread.status != "published" or not archive.listed(thread.stem):
            continue
        if archive.places[f"threads/{thread.stem}"] != one.place:
            continue  # the second of two files with one name, which is an error by itself
        doctor = archive.directories.doctors.find(thread.replies[0].doctor) if thread.replies else None
        look = (thread.title, doctor.slug if doctor else "")
        pinned = tuple(name.text for name in thread.related)
        found.append(related.Candidate(thread.stem, one.terms, thread.lang or archive.config.language, look, pinned))
    return found


def _copied(copy: sources.Copy) -> CopiedFile:
    return CopiedFile(url=f"/{copy.path}", lang="", title="", content=copy.digest, source=copy.shown)


def _in_order(pages: Sequence[Page], todo: manifest.Plan, standing: frozenset[str]) -> list[Page]:
    """Give what is to be made, in the order of publication: files and new pages, changed threads, lists."""
    stale = [page for page in pages if page.url in todo.stale]
    return sorted(stale, key=lambda page: (_rank(page, standing), page.url))


def _stage(root: Path, loaded: Loaded, stale: Sequence[Page], site: Site, memory: Cache, pool: work.Pool) -> list[str]:
    """Make pages and stage them; gives the paths of the files whose bytes are new."""
    files = {copy.path: copy.file for copy in loaded.copies}
    copied = ((page.file, files[page.file].read_bytes()) for page in stale if isinstance(page, CopiedFile))
    made = [page for page in stale if not isinstance(page, CopiedFile)]
    try:
        return site.stage(chain(copied, work.render_all(root, loaded.templates, made, loaded.documents, memory, pool)))
    except BaseException:
        site.discard()
        raise


def _rank(page: Page, standing: frozenset[str]) -> int:
    """Order of publication: no page that stands ever links to one that is not there yet."""
    if isinstance(page, CopiedFile):
        return 0
    if page.file not in standing:
        return 1
    return 2 if isinstance(page, ThreadPage) else 3
