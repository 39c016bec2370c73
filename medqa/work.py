"""The two stages that are worth sharing among processes, parse and render, cut into chunks.

What goes to a worker and comes back is packed bytes. Workers that are copies of this process, made when all documents
are at hand, are not even sent the pages: they plan them. With one job, or one chunk, no process is started.
"""

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from itertools import chain, islice
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, cast

import msgspec

from medqa import cache, checks, related, sources
from medqa.cache import Documents, Remembered, Row
from medqa.compiled import Shelf
from medqa.config import Config, Locales
from medqa.documents import Document, Parsed, Thread
from medqa.errors import BuildFailedError, Problem, UsageError
from medqa.pages import Page
from medqa.parse import Dialect, parse
from medqa.sources import Place
from medqa.templates import Templates

PARSE_CHUNK = 100
RENDER_CHUNK = 300
"""Documents and pages in one chunk: large enough to be worth sending, small enough that no worker idles long."""

_HELD = 12_000
"""Documents that are kept unpacked: some 7 KB each."""

_MOST = 8
"""Processes, unless more are asked for: soon all others wait for what only one of them does."""
_GROUP = Path("/sys/fs/cgroup")
"""What the kernel tells of the control group of a container."""
_LIMITS = (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"))
"""Files with quota and period, in groups of the second and of the first version."""

Job = TypeVar("Job")
Result = TypeVar("Result")


def processors() -> int:
    """Tell how many processes have a processor each: of a machine's a container, or a CI job, may have a part only."""
    own = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, min(own, _quota(), _MOST))


def _quota() -> int:
    """Give how many processors' time the control group may use; many where there is no limit."""
    for files in _LIMITS:
        try:
            quota, period = map(int, " ".join((_GROUP / file).read_text() for file in files).split())
        except (OSError, ValueError):  # no such file; "max"
            continue
        if quota > 0 and period > 0:
            return -(-quota // period)
    return _MOST


class Crew(Protocol):
    """Whoever runs the chunks: processes of this machine, or those of a cluster."""

    apart: bool
    """Whether it may see the archive's files otherwise than this process does: later, or not at all."""

    def start(self) -> None:
        """Come to work before there is any."""

    def width(self) -> int:
        """Tell how many chunks it runs at one time, as of now."""

    def busy(self) -> bool:
        """Tell whether all have enough to do, so that the next chunk is sooner done here."""

    def submit(self, function: Callable[[Job], Result], job: Job) -> Callable[[], Result]:
        """Take a chunk; gives what waits for its result."""

    def copied(self, function: Callable[[Job], Result]) -> Callable[[Job], Result] | None:
        """Give what may be submitted in place of a function that cannot be sent; None where only that can be run."""

    def close(self) -> None:
        """Let everybody go; what has not been run is dropped."""


class Pool:
    """Has chunks run by a crew."""

    def __init__(self, jobs: int, crew: Crew | None = None) -> None:
        """Use this many processes, which are started when they are first needed; or another crew."""
        self._crew = crew or (Processes(jobs) if jobs > 1 else None)

    @property
    def apart(self) -> bool:
        """Whether those who run chunks may see the archive's files otherwise than this process does."""
        return self._crew is not None and self._crew.apart

    def start(self) -> None:
        """Have those start who run chunks while this process is small: it is copied, and each copy grows apart."""
        if self._crew is not None:
            self._crew.start()

    def copied(self, function: Callable[[Job], Result]) -> Callable[[Job], Result] | None:
        """Have chunks run by copies of this process, so that a function knows there what it knows here by now.

        Gives what may be mapped in its place; None where those who run chunks cannot be copies.
        """
        return function if self._crew is None else self._crew.copied(function)

    def map(self, function: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """Give the results in the order of the jobs; only a few jobs are made ahead of their turn."""
        waiting = iter(jobs)
        first = list(islice(waiting, 2))
        if self._crew is None or len(first) < 2:  # noqa: PLR2004 - one chunk cannot be shared
            yield from map(function, chain(first, waiting))
            return
        running: deque[Callable[[], Result]] = deque()
        for job in chain(first, waiting):
            running.append(_done(function(job)) if self._crew.busy() else self._crew.submit(function, job))
            if len(running) > 2 * self._crew.width():
                yield running.popleft()()
        while running:
            yield running.popleft()()

    def close(self) -> None:
        """Let those go who run chunks: from now on they run here."""
        crew, self._crew = self._crew, None
        if crew is not None:
            crew.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _done(result: Result) -> Callable[[], Result]:
    return lambda: result


class Processes:
    """Processes of this machine beside this one, started when they are first needed."""

    apart = False

    def __init__(self, jobs: int) -> None:
        """Use this many with this one: what it runs itself need not travel."""
        self._jobs = jobs
        self._executor: ProcessPoolExecutor | None = None
        self._forked = False
        """Whether those that were started are copies of this process."""
        self._submitted: deque[Future[Any]] = deque()

    def start(self) -> None:
        """Start them."""
        self.submit(_nothing, None)

    def width(self) -> int:
        """Tell how many they are."""
        return self._jobs

    def busy(self) -> bool:
        """Tell whether each has a chunk at work and one waiting."""
        self._submitted = deque(one for one in self._submitted if not one.done())
        return len(self._submitted) >= 2 * (self._jobs - 1)

    def submit(self, function: Callable[[Job], Result], job: Job) -> Callable[[], Result]:
        """Have a chunk run by the next that is free; or here, once one was killed, where memory ran out say."""
        try:
            future = self._started().submit(function, job)
        except BrokenExecutor:
            return _done(function(job))
        self._submitted.append(future)

        def result() -> Result:
            try:
                return future.result()
            except BrokenExecutor:
                return function(job)

        return result

    def _started(self) -> ProcessPoolExecutor:
        if self._executor is None:
            self._forked = bool(_inherited) or _may_be_copied()
            context = multiprocessing.get_context("fork" if self._forked else "forkserver")
            context.set_forkserver_preload(["medqa.work", "medqa.rendering"])
            self._executor = ProcessPoolExecutor(self._jobs - 1, mp_context=context, initializer=_end_with_parent)
        return self._executor

    def copied(self, function: Callable[[Job], Result]) -> Callable[[Job], Result] | None:
        """End those that were started: others will be, copies of this process as it is now, when they are needed."""
        if self._executor is not None and self._forked:
            self.close()
        if self._executor is not None or not _may_be_copied():
            return None
        _inherited[:] = [function]
        return _run_inherited

    def close(self) -> None:
        """End them."""
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(cancel_futures=True)
        _inherited.clear()


_inherited: list[Callable[[Any], Any]] = []
"""What copies of this process can do without being sent it: one function, or none."""


def _run_inherited(job: Any) -> Any:
    (function,) = _inherited
    return function(job)


def _may_be_copied() -> bool:
    """Tell whether this process may be copied.

    A copy has everything at hand, but also the locks that other threads of the process hold (a preview server's, say),
    and elsewhere than on Linux system libraries that bear no copying.
    """
    return sys.platform == "linux" and threading.active_count() == 1


def _nothing(_: None) -> None:
    pass


def _end_with_parent() -> None:
    """Let a worker end when the build does, however that ends: one that is killed cannot say goodbye."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the build lets its workers go
    gc.disable()  # as the build itself does
    threading.Thread(target=_exit_after, args=[multiprocessing.parent_process()], daemon=True).start()


def _exit_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


# --- parse ------------------------------------------------------------------------------------------------------------


class _ParseJob(msgspec.Struct, frozen=True):
    root: Path
    spoken: Dialect
    places: tuple[Place, ...]
    examining: bool

    def __str__(self) -> str:
        return f"{self.places[0].path} … {self.places[-1].path}"


_Results = dict[Place, Row | list[Problem]]


class Library:
    """The parsed documents of an archive: those that are remembered, and those that have to be parsed."""

    def __init__(self, root: Path, spoken: Dialect, memory: Documents, pool: Pool, *, examining: bool = False) -> None:
        """Keep the documents of an archive, parsed in a dialect, in a memory; examine their texts, or not."""
        self._root = root
        self._spoken = spoken
        self._packed = _packed(spoken)
        self._memory = memory
        self._pool = pool
        self._examining = examining
        self._held: OrderedDict[str, Remembered] = OrderedDict()
        self._texts: dict[str, bytes] = {}
        """Key → packed HTML of what was parsed, where all is at hand."""
        self.at_hand = False
        """Whether all that was to be parsed was, and is held with its HTML: no memory has to be asked to make pages."""

    def parse(self, files: Sequence[tuple[Place, str]]) -> Iterator[tuple[Place, str, Remembered | list[Problem]]]:
        """Give for each of some files, (place, blob id), its key and document, or what is wrong with it.

        What is remembered is not parsed. The key is that of the bytes that were parsed: a file may change at any time.
        """
        keys = {place: _key(place, blob, self._packed) for place, blob in files}
        known = self._memory.known(keys.values(), examined=self._examining)
        self.at_hand = not known and len(keys) <= _HELD and not self._examining
        for place, key in keys.items():
            if key in known:
                remembered = self._remembered(place, key)
                yield place, key, self._with_examined(place, key, remembered) if self._examining else remembered
        unknown = [place for place, key in keys.items() if key not in known]
        jobs = [self._job(tuple(part)) for part in _chunks(unknown, PARSE_CHUNK)]
        with self._memory.writing():
            for job, results in zip(jobs, self._pool.map(_parse_chunk, jobs), strict=True):
                parsed = self._as_seen_here(dict(zip(job.places, results, strict=True)), keys)
                self._memory.remember([result for result in parsed.values() if isinstance(result, Row)])
                for place, result in parsed.items():
                    if isinstance(result, Row):
                        remembered = cache.unpack(place.kind, result.record, result.examined)
                        if self.at_hand:
                            self._texts[result.key] = result.html
                        yield place, result.key, self._hold(result.key, remembered)
                    else:
                        yield place, "", result

    def _as_seen_here(self, results: _Results, keys: Mapping[Place, str]) -> _Results:
        """Parse again what others may have read before, or after, it became what stands here."""
        if not self._pool.apart:
            return results
        doubtful = [place for place, one in results.items() if not isinstance(one, Row) or one.key != keys[place]]
        again = _parse_chunk(self._job(tuple(doubtful)))
        return {**results, **dict(zip(doubtful, again, strict=True))}

    def read(self, place: Place, key: str) -> Document:
        """Give a document of the archive."""
        return self._remembered(place, key).document

    def terms(self, place: Place, key: str) -> bytes:
        """Give the packed term counts of a thread."""
        return self._remembered(place, key).terms

    def html(self, files: Mapping[str, Place]) -> dict[str, bytes]:
        """Give the packed HTML of documents: key → bytes for `unpack_html`."""
        found = {key: self._texts[key] for key in files.keys() & self._texts.keys()}
        found.update(self._memory.html(files.keys() - found.keys()))
        for key in files.keys() - found.keys():
            found[key] = self._parsed_again(files[key], key).html
        return found

    def tidy(self, keys: Callable[[], Collection[str]], used: int) -> None:
        """Forget documents of long ago, once they are more than those in use."""
        if self._memory.overgrown(used):
            self._memory.drop_all_but(keys())

    def _remembered(self, place: Place, key: str) -> Remembered:
        held = self._held.get(key)
        if held is None:
            record = self._memory.record(key)
            packed = self._parsed_again(place, key).record if record is None else record
            held = self._hold(key, cache.unpack(place.kind, packed))
        return held

    def _with_examined(self, place: Place, key: str, remembered: Remembered) -> Remembered:
        """Add what was found in a document's texts, of which it is known that they were examined."""
        packed = self._memory.examined(key)
        if packed is None:
            packed = self._parsed_again(place, key).examined or b""
        return msgspec.structs.replace(remembered, examined=cache.unpack_found(packed))

    def _job(self, places: tuple[Place, ...]) -> _ParseJob:
        return _ParseJob(self._root, self._spoken, places, self._examining)

    def _hold(self, key: str, one: Remembered) -> Remembered:
        self._held[key] = one
        if len(self._held) > _HELD:
            self._held.popitem(last=False)
        return one

    def _parsed_again(self, place: Place, key: str) -> Row:
        """Parse what the memory has lost, from the file that it was parsed from, if that is as it was.

        Raises LostError where it is not: it may be asked for as it was in the last build, or change at this moment.
        """
        (parsed,) = _parse_chunk(self._job((place,)))
        if not isinstance(parsed, Row) or parsed.key != key:
            raise cache.LostError(f"{place.path} is not remembered as it was")
        self._memory.remember([parsed])
        return parsed


def _key(place: Place, blob: str, packed: bytes) -> str:
    """Name what a document's parse depends on, besides medqa itself, for which the whole cache stands."""
    return sources.digest(place.kind, place.stem, blob, packed)


def _parse_chunk(job: _ParseJob) -> list[Row | list[Problem]]:
    """Parse some files, step by step for all of them: so that each step finds its code and data at hand."""
    packed = _packed(job.spoken)
    read = [_read(job.root, place) for place in job.places]
    parsed = [
        parse(place, source.text, job.spoken) if isinstance(source, sources.Source) else source
        for place, source in zip(job.places, read, strict=True)
    ]
    terms = [_terms(one) if isinstance(one, Parsed) else b"" for one in parsed]
    found = [
        checks.examine(place.path, one) if job.examining and isinstance(one, Parsed) else None
        for place, one in zip(job.places, parsed, strict=True)
    ]
    return [
        cache.pack(_key(place, source.digest, packed), one, counts, examined)
        if isinstance(one, Parsed) and isinstance(source, sources.Source)
        else cast("list[Problem]", one)
        for place, source, one, counts, examined in zip(job.places, read, parsed, terms, found, strict=True)
    ]


def _read(root: Path, place: Place) -> sources.Source | list[Problem]:
    try:
        return sources.read(root, place.path)
    except sources.UnreadableError as error:
        return [error.problem]


def _packed(spoken: Dialect) -> bytes:
    return msgspec.msgpack.encode(spoken, order="deterministic")


def _terms(parsed: Parsed) -> bytes:
    """Count the terms of a thread, packed in their order."""
    thread = parsed.document
    if not isinstance(thread, Thread):
        return b""
    replies = [words for part, words in parsed.plain.items() if part.startswith(("reply-", "follow-up-"))]
    counts = related.term_counts(
        title=thread.title,
        headline=thread.question,
        question=parsed.plain["question"],
        replies=replies,
        topics=[topic.text for topic in thread.topics],
    )
    return related.packed(counts)


# --- render -----------------------------------------------------------------------------------------------------------


class _RenderJob(msgspec.Struct, frozen=True):
    root: Path
    config: Config
    locales: Locales
    shelf: Shelf
    stamp: str
    """Of the templates and settings: what a worker has compiled for another stamp is of no use."""
    pages: tuple[Page, ...]
    html: Mapping[str, bytes]
    """Key of a document (`threads/<stem>`) → its packed HTML."""

    def __str__(self) -> str:
        return f"{self.pages[0].url} … {self.pages[-1].url}"


Texts = Callable[[Collection[str]], Mapping[str, bytes]]
"""Gives the packed HTML of documents by their keys, `threads/<stem>`."""


def render_all(
    root: Path, templates: Templates, pages: Iterable[Page], texts: Texts, pool: Pool
) -> Iterator[tuple[str, bytes]]:
    """Render pages in their order: (path below the site's root, bytes).

    Raises BuildFailedError with MQ304, once for each place in a template that failed.
    """
    jobs = (_render_job(root, templates, part, texts) for part in parts(pages))
    return collected(pool.map(_render_chunk, jobs))


Rendered = tuple[list[tuple[str, bytes]], list[Problem]]
"""Files, (path below the site's root, bytes), and what failed."""


def collected(rendered: Iterable[Rendered]) -> Iterator[tuple[str, bytes]]:
    """Give the files of chunks as they come.

    Raises BuildFailedError at the end, with MQ304 once for each place in a template that failed.
    """
    failures: dict[tuple[str, int], Problem] = {}
    for files, failed in rendered:
        for found in failed:
            failures.setdefault((found.path, found.line), found)
        yield from files
    if failures:
        raise BuildFailedError(failures.values())


def _render_job(root: Path, templates: Templates, pages: Sequence[Page], texts: Texts) -> _RenderJob:
    html = texts({page.shows for page in pages if page.shows})
    given = (templates.config, templates.locales, templates.shelf, templates.stamp)
    return _RenderJob(root, *given, tuple(pages), html)


def parts(pages: Iterable[Job]) -> Iterator[list[Job]]:
    """Part pages, or what stands for them, into chunks."""
    waiting = iter(pages)
    while part := list(islice(waiting, RENDER_CHUNK)):
        yield part


_compiled: dict[str, Templates] = {}
"""A worker's templates by stamp, kept from chunk to chunk."""


def _render_chunk(job: _RenderJob) -> Rendered:
    if job.stamp not in _compiled:
        templates = Templates(job.root, job.config, job.locales, job.shelf)
        if templates.stamp != job.stamp:
            raise UsageError(f"the templates of {job.root} are no longer what they were: build again")
        _compiled.clear()
        _compiled[job.stamp] = templates
    return render_pages(_compiled[job.stamp], job.pages, job.html)


def render_pages(templates: Templates, pages: Iterable[Page], html: Mapping[str, bytes]) -> Rendered:
    """Render pages: their files, and what failed."""
    files: list[tuple[str, bytes]] = []
    failed: list[Problem] = []
    for page in pages:
        texts = cache.unpack_html(html[page.shows]) if page.shows else {}
        try:
            files.append((page.file, templates.render(page, texts)))
        except BuildFailedError as error:
            failed += error.problems
    return files, failed


def _chunks(items: Sequence[Job], size: int) -> Iterator[Sequence[Job]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
