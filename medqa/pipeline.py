"""The build: seven stages, one direction.

    read → parse → index → plan → compare → render → write

A clean build is the same code with everything changed.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory
from typing import TypeVar

import msgspec

from medqa import corrections, outputs, plan, revisions, sources, work
from medqa.cache import FOLDER, DamagedError, opened
from medqa.config import Config
from medqa.delta import Delta
from medqa.errors import BuildFailedError, Problem
from medqa.intake import BuildOptions, Told, update
from medqa.making import Making
from medqa.outputs import Site
from medqa.parse import dialect
from medqa.progress import Clock, Show, silent
from medqa.revisions import Since

__all__ = ["Asked", "BuildOptions", "Checked", "Report", "ask", "build", "check", "first_difference", "verify"]

CHECKED = f"{FOLDER}/check"
"""Stands for a site where none is made."""
Done = TypeVar("Done")


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
        _pool(root, options) as pool,
        closing(_site(options)) as site,
        opened(options.cache, engine) as memory,
    ):
        told = update(root, options, memory, pool, clock)
        if _failing(told.problems):
            raise BuildFailedError([*told.problems, *_unfilled(told)])
        making = Making(root, told, site, engine)
        with clock.stage("make"):
            staged = making.stage(pool, clock)
        pool.close()  # the rest is this process's, and takes memory
        sources.require_content(root)  # deleted meanwhile, it would leave a site without a page
        with clock.stage("write"):
            written = site.publish(staged, making.paths(), told.state.commit)
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


def _pool(root: Path, options: BuildOptions) -> work.Pool:
    if not options.cluster:
        return work.Pool(options.jobs)
    from medqa.cluster import Cluster  # noqa: PLC0415 - Dask is an optional extra

    return work.Pool(options.jobs, Cluster(options.cluster, root))


def _site(options: BuildOptions) -> Site | Delta:
    """Open the folder that the build writes to: a whole site, or what differs from a published one."""
    return Delta(options.out, options.published) if options.published else Site(options.out)


class Asked(msgspec.Struct, frozen=True):
    """Which of the problems `check` is asked for, and how they count."""

    select: tuple[str, ...] = ()
    """Codes, or their beginnings, of the findings that are shown; none: all but notes."""
    ignore: tuple[str, ...] = ()
    """Those that are not shown."""
    strict: bool = False
    """Whether warnings count as errors do."""
    since: str = ""
    """A revision: only findings in files that changed since then are shown, and changed replies need a correction."""


_ALL = Asked()


class Checked(msgspec.Struct, frozen=True):
    """What `check` found."""

    problems: tuple[Problem, ...]
    """Errors, and the findings that were asked for."""
    counting: bool
    """Whether one of them counts as an error."""
    config: Config


def check(root: Path, options: BuildOptions, asked: Asked = _ALL, show: Show = silent) -> Checked:
    """Find the problems of the archive without making a page.

    A finding counts where config's `levels` say so, or config's profile or `strict` say so of all warnings. Raises
    UsageError where the revision that is asked for is not known.
    """
    with _no_garbage():
        return _despite_damage(lambda: _check(root, options, asked, Clock(show)))


def _check(root: Path, options: BuildOptions, asked: Asked, clock: Clock) -> Checked:
    since = revisions.since(root, asked.since) if asked.since else None
    with _unmade(root, options, clock) as (told, problems):
        settings = told.archive.config
        spoken = dialect(settings, told.desk.locales)
        unexplained = corrections.problems(root, since, spoken) if since else ()
    raising = {"error", "warning"} if asked.strict or settings.profile == "strict" else {"error"}
    shown = tuple(sorted({one for one in (*problems, *unexplained) if _wanted(one, asked, settings, since)}))
    return Checked(shown, any(settings.level(one.code) in raising for one in shown), settings)


def _wanted(found: Problem, asked: Asked, settings: Config, since: Since | None) -> bool:
    """Tell whether a problem was asked for: errors always are, since what is wrong with a file may hide the rest."""
    if found.severity == "error":
        return True
    if since and since.files.get(found.path, "D") == "D":
        return False
    selected = found.code.startswith(asked.select) if asked.select else settings.level(found.code) != "note"
    return selected and not (asked.ignore and found.code.startswith(asked.ignore))


def ask(
    root: Path,
    options: BuildOptions,
    question: Callable[[Told], Done],
    show: Show = silent,
    *,
    despite_errors: bool = False,
) -> Done:
    """Answer a question about the archive as its files tell it now, without making a page.

    Raises BuildFailedError with every error of the content, where there is one; `despite_errors` of some files the
    question is asked of the others.
    """
    with _no_garbage():
        return _despite_damage(lambda: _ask(root, options, question, Clock(show), despite_errors=despite_errors))


def _ask(
    root: Path, options: BuildOptions, question: Callable[[Told], Done], clock: Clock, *, despite_errors: bool
) -> Done:
    with _unmade(root, options, clock) as (told, problems):
        if _failing(problems) and not despite_errors:
            raise BuildFailedError(one for one in problems if one.severity == "error")
        return question(told)


@contextmanager
def _unmade(root: Path, options: BuildOptions, clock: Clock) -> Iterator[tuple[Told, list[Problem]]]:
    """Bring what is known of an archive up to date without making a page; gives also its problems, in no order."""
    sources.require_content(root)
    options = msgspec.structs.replace(options, out=root / CHECKED, examine=True)
    with _pool(root, options) as pool, opened(options.cache, sources.engine_digest()) as memory:
        told = update(root, options, memory, pool, clock)
        problems = [*told.problems, *_unfilled(told)]
        if not _failing(problems):
            told.state.commit("")
        yield told, problems


def _failing(problems: Iterable[Problem]) -> bool:
    return any(found.severity == "error" for found in problems)


def _unfilled(told: Told) -> list[Problem]:
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
