"""The two stages that are worth sharing among processes, parse and render, cut into chunks.

What goes to a worker and comes back is packed bytes. With one job, or one chunk, no process is started.
"""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from medqa import cache, related, sources
from medqa.cache import Cache, Row
from medqa.config import Config, Locales
from medqa.documents import Document, Parsed, Thread
from medqa.errors import BuildFailedError, Problem
from medqa.pages import Page
from medqa.parse import Dialect, parse
from medqa.sources import Place
from medqa.templates import Templates

PARSE_CHUNK = 200
RENDER_CHUNK = 300
"""Documents and pages in one chunk: large enough to be worth sending, small enough that no worker idles long."""

Job = TypeVar("Job")
Result = TypeVar("Result")


class Pool:
    """Runs chunks in processes that are started when they are first needed."""

    def __init__(self, jobs: int) -> None:
        """Use this many processes."""
        self._jobs = jobs
        self._executor: ProcessPoolExecutor | None = None

    def map(self, function: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """Give the results in the order of the jobs; only a few jobs are made ahead of their turn."""
        waiting = iter(jobs)
        first = list(islice(waiting, 2))
        if self._jobs == 1 or len(first) < 2:  # noqa: PLR2004 - one chunk cannot be shared
            yield from map(function, chain(first, waiting))
            return
        running: deque[Future[Result]] = deque()
        for job in chain(first, waiting):
            running.append(self._started().submit(function, job))
            if len(running) > 2 * self._jobs:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()

    def _started(self) -> ProcessPoolExecutor:
        if self._executor is None:
            # "fork" would copy whatever threads and locks the parent has (a preview server's, say).
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["medqa.work"])
            self._executor = ProcessPoolExecutor(self._jobs, mp_context=context, initializer=_end_with_parent)
        return self._executor

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """Let a worker end when the build does, however that ends: one that is killed cannot say goodbye."""
    threading.Thread(target=_exit_after, args=[multiprocessing.parent_process()], daemon=True).start()


def _exit_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


# --- parse ------------------------------------------------------------------------------------------------------------


class Read(msgspec.Struct, frozen=True):
    """A document of the archive, its long texts left in the cache."""

    place: Place
    key: str
    """Under which the cache has its HTML."""
    document: Document
    terms: bytes
    """Packed term counts of a thread; b"" for other documents."""


class _ParseJob(msgspec.Struct, frozen=True):
    root: Path
    spoken: Dialect
    places: tuple[Place, ...]


def parse_all(
    root: Path, places: Sequence[Place], spoken: Dialect, memory: Cache, pool: Pool
) -> tuple[list[Read], list[Place], list[Problem]]:
    """Parse all documents, or take them from memory: documents, the places of those that failed, problems."""
    problems: list[Problem] = []
    broken: list[Place] = []
    keys: dict[Place, str] = {}
    for place in places:
        try:
            keys[place] = _key(place, sources.read(root, place.path).digest, spoken)
        except sources.UnreadableError as error:
            broken.append(place)
            problems.append(error.problem)
    if broken:
        sources.require_content(root)  # deleted meanwhile, it is one error and not one for each document
    known = memory.records({key: place.kind for place, key in keys.items()})
    unknown = [place for place, key in keys.items() if key not in known]
    jobs = [_ParseJob(root, spoken, tuple(part)) for part in _chunks(unknown, PARSE_CHUNK)]
    with memory.writing():
        for job, results in zip(jobs, pool.map(_parse_chunk, jobs), strict=True):
            for place, result in zip(job.places, results, strict=True):
                if isinstance(result, Row):
                    memory.remember([result])
                    keys[place] = result.key
                    known[result.key] = cache.unpack(place.kind, result.record)
                else:
                    problems += result
                    broken.append(place)
        memory.drop_all_but(set(keys.values()))
    read = []
    for place in (place for place in keys if keys[place] in known):
        remembered = known[keys[place]]
        read.append(Read(place, keys[place], remembered.document, remembered.terms))
        problems += (msgspec.structs.replace(found, path=place.path) for found in remembered.findings)
    return read, broken, problems


def _key(place: Place, digest: str, spoken: Dialect) -> str:
    """Name what a document's parse depends on, besides medqa itself, for which the whole cache stands."""
    return sources.digest(place.kind, place.stem, digest, msgspec.msgpack.encode(spoken, order="deterministic"))


def _parse_chunk(job: _ParseJob) -> list[Row | list[Problem]]:
    return [_parse_one(job.root, place, job.spoken) for place in job.places]


def _parse_one(root: Path, place: Place, spoken: Dialect) -> Row | list[Problem]:
    try:
        source = sources.read(root, place.path)
    except sources.UnreadableError as error:
        return [error.problem]
    parsed = parse(place, source.text, spoken)
    if not isinstance(parsed, Parsed):
        return parsed
    return cache.pack(_key(place, source.digest, spoken), parsed, _terms(parsed))


def _terms(parsed: Parsed) -> bytes:
    """Count the terms of a thread."""
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
    return msgspec.msgpack.encode(counts)


# --- render -----------------------------------------------------------------------------------------------------------


class _RenderJob(msgspec.Struct, frozen=True):
    root: Path
    config: Config
    locales: Locales
    stamp: str
    """Of the templates and settings: what a worker has compiled for another stamp is of no use."""
    pages: tuple[Page, ...]
    html: Mapping[str, bytes]
    """Key of a document in the cache → its packed HTML."""
    keys: Mapping[str, str]
    """Key of a document (`threads/<stem>`) → key in the cache."""


def render_all(
    root: Path, templates: Templates, pages: Sequence[Page], read: Iterable[Read], memory: Cache, pool: Pool
) -> Iterator[tuple[str, bytes]]:
    """Render pages in their order: (path below the site's root, bytes).

    Raises BuildFailedError with MQ304, once for each place in a template that failed.
    """
    keys = {f"{one.place.kind}/{one.place.stem}": one.key for one in read}
    jobs = (_render_job(root, templates, part, keys, memory) for part in _chunks(pages, RENDER_CHUNK))
    failures: dict[tuple[str, int], Problem] = {}
    for files, failed in pool.map(_render_chunk, jobs):
        for found in failed:
            failures.setdefault((found.path, found.line), found)
        yield from files
    if failures:
        raise BuildFailedError(failures.values())


def _render_job(
    root: Path, templates: Templates, pages: Sequence[Page], keys: Mapping[str, str], memory: Cache
) -> _RenderJob:
    shown = {page.shows: keys[page.shows] for page in pages if page.shows}
    html = memory.html(shown.values())
    return _RenderJob(root, templates.config, templates.locales, templates.stamp, tuple(pages), html, shown)


_compiled: dict[str, Templates] = {}
"""A worker's templates by stamp, kept from chunk to chunk."""


def _render_chunk(job: _RenderJob) -> tuple[list[tuple[str, bytes]], list[Problem]]:
    if job.stamp not in _compiled:
        _compiled.clear()
        _compiled[job.stamp] = Templates(job.root, job.config, job.locales)
    return render_pages(_compiled[job.stamp], job.pages, job.html, job.keys)


def render_pages(
    templates: Templates, pages: Iterable[Page], html: Mapping[str, bytes], keys: Mapping[str, str]
) -> tuple[list[tuple[str, bytes]], list[Problem]]:
    """Render pages: their files, and what failed."""
    files: list[tuple[str, bytes]] = []
    failed: list[Problem] = []
    for page in pages:
        texts = cache.unpack_html(html[keys[page.shows]]) if page.shows else {}
        try:
            files.append((page.file, templates.render(page, texts)))
        except BuildFailedError as error:
            failed += error.problems
    return files, failed


def _chunks(items: Sequence[Job], size: int) -> Iterator[Sequence[Job]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
