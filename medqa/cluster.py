"""Chunks run on a Dask cluster, whose machines share the archive's folder: the only module that knows Dask.

Every worker has medqa installed and sees the archive under the same path. Nothing but packed bytes is sent: chunks one
way, results the other. Chunks are pure, so Dask may run one twice: what a worker that died has left is run by another.
A machine that would make other pages is refused, before anything is done or, where it joins later, at its first chunk.
"""

import asyncio
import logging
import pickle
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from medqa import rendering, sources, work
from medqa.errors import UsageError
from medqa.markup import dialect, front

try:
    import distributed
except ImportError as missing:
    raise UsageError(f"--cluster needs Dask ({missing}): pip install 'medqa[cluster]'") from missing

_dask: Any = distributed
"""Without its types: they say too little."""
CONNECTING = 10
"""Seconds in which a scheduler has to answer."""
WAITING = 30
"""Seconds without a worker, or without an answer of one, after which nothing more is expected."""

_LOADED = (rendering, work, dialect, front)
"""What chunks need, loaded when the digest is taken: medqa may be replaced on the disk while a worker lives."""
_ENGINE = sources.engine_digest()

Job = TypeVar("Job")
Result = TypeVar("Result")
View = Mapping[str, str]
"""What a machine runs and sees: aspect → digest or words."""
_FAULTS = {
    "medqa": "has no medqa that fits ({theirs}): install the same version there, and start it again",
    "Python": "runs Python {theirs}, this machine {ours}: use the same everywhere",
    "engine": "runs another version of medqa, or of a package it stands on: install the same, and start it again",
    "content": "does not see the archive in {root}: it has to be there under this path on every machine",
    "settings": "sees other settings or templates in {root} than this machine: it has to be the same folder",
}
"""Aspect in which machines may differ → what is wrong, in the order in which it is looked at."""
_SIZE_WARNING = "Sending large graph"
"""How Dask begins to say that a chunk is large: it is meant to be."""


class Cluster:
    """The workers of a Dask cluster: a crew for `work.Pool`."""

    apart = True

    def __init__(self, address: str, root: Path) -> None:
        """Find the cluster whose scheduler has this address, and make sure that it can build the archive in `root`.

        Raises UsageError where it cannot.
        """
        self._address = address
        for name in ("distributed", "distributed.client"):  # what went wrong is said once, in our words
            logging.getLogger(name).setLevel(logging.CRITICAL)
        _require_scheduler(address)
        self._client = _dask.Client(address, timeout=CONNECTING, set_as_default=False)
        try:
            self._width = self._examined(root)
            self._ticket = pickle.dumps((self._client.id, str(root), view(str(root))))
            self._executor = self._client.get_executor(pure=False)
            self._submitted = 0
        except BaseException:
            self._leave()
            raise

    def start(self) -> None:
        """Do nothing: they are at work, or were refused."""

    def width(self) -> int:
        """Tell how many workers there are, as of a moment ago."""
        if self._submitted >= self._width:
            self._submitted = 0
            self._width = max(1, len(self._workers()))
        return self._width

    def busy(self) -> bool:
        """Leave all to the cluster: what it is for is more than this machine can do."""
        return False

    def submit(self, function: Callable[[Job], Result], job: Job) -> Callable[[], Result]:
        """Send a chunk to whoever is free."""
        self._submitted += 1
        packed, name = pickle.dumps((function, job), pickle.HIGHEST_PROTOCOL), str(job)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", _SIZE_WARNING)
            future = self._executor.submit(run, self._ticket, packed)
        return lambda: self._result(future, name)

    def copied(self, function: Callable[[Any], Any]) -> None:
        """Say that nobody there can be a copy of this process."""

    def close(self) -> None:
        """Drop what is not done, and leave the cluster as it was."""
        with suppress(OSError, RuntimeError):
            self._executor.shutdown(wait=False)
        self._leave()

    def _leave(self) -> None:
        with suppress(OSError, RuntimeError):
            self._client.close(timeout=CONNECTING)

    def _result(self, future: "Future[bytes]", name: str) -> Any:
        try:
            packed = self._waited_for(future)
        except distributed.KilledWorker as error:
            again = "the workers' logs say why (memory?)"
            raise UsageError(f"worker after worker died at the same part of the work, {name}: {again}") from error
        except (OSError, CancelledError) as error:
            raise self._lost(error) from error
        result, failure = pickle.loads(packed)  # noqa: S301 - from a worker of ours
        if failure is not None:
            raise failure
        return result

    def _waited_for(self, future: "Future[bytes]") -> bytes:
        while True:
            try:
                return future.result(WAITING)
            except TimeoutError:
                if future.done():
                    raise
                if not self._workers():
                    raise UsageError(f"the cluster at {self._address} has no worker left") from None

    def _workers(self) -> Mapping[str, int]:
        """Give the workers' addresses, each with its threads."""
        try:
            return dict(self._client.nthreads())
        except (OSError, RuntimeError) as error:
            raise self._lost(error) from error

    def _lost(self, error: BaseException) -> UsageError:
        return UsageError(f"the cluster at {self._address} was lost ({type(error).__name__} {error}): build again")

    def _examined(self, root: Path) -> int:
        """Make sure that every machine would make the same pages; gives the number of workers."""
        with suppress(TimeoutError):
            self._client.wait_for_workers(1, timeout=WAITING)
        threads = self._workers()
        if not threads:
            raise UsageError(f"the cluster at {self._address} has no workers: start some with 'dask worker'")
        faults = self._faults(str(root), threads)
        if faults:
            others = f" (and {len(faults) - 1:,} more of its machines do not fit)" if len(faults) > 1 else ""
            raise UsageError(f"{faults[0]}{others}")
        return len(threads)

    def _faults(self, root: str, threads: Mapping[str, int]) -> list[str]:
        """Say of each machine that cannot take part why."""
        ours, seen = view(root), self._asked(self._client.run_on_scheduler, "")
        found = [f"the scheduler at {self._address} {why}"] if (why := fault(seen, view(""), "")) else []
        for name, seen in sorted(self._asked(self._client.run, root, on_error="return").items()):
            if why := fault(seen, ours, root) or _shared(threads.get(name, 1)):
                found.append(f"the worker at {name} {why}")
        return found

    def _asked(self, how: Callable[..., Any], root: str, **more: str) -> Any:
        """Have machines look at themselves; one that has no medqa gives the error that this is."""
        try:
            return self._client.sync(how, view, root, callback_timeout=WAITING, **more)
        except TimeoutError as error:
            said = f"has a machine that does not answer within {WAITING} seconds: is the archive's folder there?"
            raise UsageError(f"the cluster at {self._address} {said}") from error
        except OSError as error:
            raise self._lost(error) from error
        except Exception as error:  # noqa: BLE001 - whatever keeps it from loading medqa
            return error


def _require_scheduler(address: str) -> None:
    """Raise UsageError where no scheduler listens: Dask's client would wait for some that are none."""
    try:
        kind = asyncio.run(asyncio.wait_for(_kind(address), CONNECTING))
    except Exception as error:
        said = str(error) or f"no answer in {CONNECTING} seconds"
        raise UsageError(f"no Dask scheduler answers at {address} ({said})") from error
    if kind != "Scheduler":
        raise UsageError(f"what answers at {address} is a Dask {kind.lower()}: name the scheduler's address")


async def _kind(address: str) -> str:
    settings = _dask.Security().get_connection_args("client")
    async with _dask.rpc(address, connection_args=settings, timeout=CONNECTING) as peer:
        return str((await peer.identity())["type"])


def _shared(threads: int) -> str:
    """Say that a process would run several chunks at a time: none would be done sooner."""
    return (
        f"has {threads} threads: start workers with --nworkers -1 --nthreads 1, one for each core"
        if threads > 1
        else ""
    )


# --- on every machine -------------------------------------------------------------------------------------------------


def view(root: str) -> View:
    """Look at this machine, and at the archive as it is seen from here; "" for no archive."""
    seen = {"Python": f"{sys.version_info.major}.{sys.version_info.minor}", "engine": _ENGINE}
    if root:
        seen["content"] = "seen" if Path(root, sources.CONTENT).is_dir() else "not seen"
        seen["settings"] = _settings(Path(root))
    return seen


def _settings(root: Path) -> str:
    files = {**sources.template_files(root), sources.CONFIG: root / sources.CONFIG}
    return sources.digest(*(part for name, file in files.items() for part in (name, _bytes(file))))


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # the build will say so
        return b""


def fault(seen: View | Exception, ours: View, root: str) -> str:
    """Say why a machine that sees this cannot take part, or ""."""
    theirs = {"medqa": str(seen)} if isinstance(seen, Exception) else seen
    differing = (aspect for aspect in _FAULTS if theirs.get(aspect) != ours.get(aspect))
    aspect = next(differing, "")
    return _FAULTS[aspect].format(theirs=theirs.get(aspect), ours=ours.get(aspect), root=root) if aspect else ""


_at_work = threading.Lock()
"""A worker with several threads runs one chunk at a time: neither Markdown nor templates are made for more."""
_fits: set[str] = set()
"""The build for which this worker was found to fit."""


def run(ticket: bytes, packed: bytes) -> bytes:
    """Run a chunk on a worker; gives its packed result, or the error that it ended with.

    The ticket tells whose chunk it is: the build, the archive, and what is seen of it there.
    """
    try:
        with _at_work:
            _require_fit(*pickle.loads(ticket))  # noqa: S301 - from the build that this worker serves
            function, job = pickle.loads(packed)  # noqa: S301 - the same
            return pickle.dumps((function(job), None), pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001 - it is raised where the build is
        return _packed_error(error)


def _require_fit(build: str, root: str, ours: View) -> None:
    if build not in _fits:
        if why := fault(view(root), ours, root):
            raise UsageError(f"the worker at {distributed.get_worker().address} {why}")
        _fits.clear()
        _fits.add(build)


def _packed_error(error: Exception) -> bytes:
    """Pack an error with where it was raised; of one that cannot be packed only that is left."""
    place = "".join(traceback.format_tb(error.__traceback__))
    error.add_note(f"on a worker:\n{place}")
    with suppress(Exception):
        packed = pickle.dumps((None, error))
        pickle.loads(packed)  # noqa: S301 - packed here
        return packed
    return pickle.dumps((None, RuntimeError(f"{type(error).__name__} {error}\non a worker:\n{place}")))
