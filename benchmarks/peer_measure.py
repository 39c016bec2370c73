"""What a command costs: processor time and memory of all its processes, and the files it writes."""

import ctypes
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

INTERVAL = 0.1
"""Seconds between two looks at the memory."""
_PR_SET_CHILD_SUBREAPER = 36


class Run(msgspec.Struct, frozen=True):
    """One run of a command."""

    cpu: float
    """Seconds, user and system, of the process and of all its descendants that have ended."""
    wall: float
    pss: int
    """Bytes: the most that all processes together held at any look; shared pages are counted once."""
    rss: int
    """Bytes: the most that the largest process held."""
    written: int
    """Files whose content or time of change is new after the run."""
    files: int
    """Files that stand after the run."""
    size: int
    """Bytes of these."""


class CommandFailedError(Exception):
    """A command ended with another exit code than 0; the message has its last words."""


def run(command: Sequence[str], folder: Path, output: Path, environment: Mapping[str, str], limit: float = 600) -> Run:
    """Run a command in a folder, for `limit` seconds at most, and count the files that it writes below `output`."""
    before = _files(output)
    log = folder.parent / f"{folder.name}.log"
    with log.open("wb") as words:
        start = time.perf_counter()
        # A group of its own, so that what the command leaves behind can be found.
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **environment}, stdout=words, stderr=words, process_group=0
        )
        watch = _Watch(process.pid)
        watch.start()
        timer = threading.Timer(limit, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            left = list(_left(process.pid))
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            timer.cancel()
            watch.stop()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        end = log.read_text(encoding="utf-8", errors="replace")[-3000:]
        raise CommandFailedError(f"{' '.join(command)} ended with {process.returncode}:\n{end}")
    after = _files(output)
    return Run(
        cpu=sum(each.ru_utime + each.ru_stime for each in (usage, *left)),
        wall=wall,
        pss=watch.peak,
        rss=max(each.ru_maxrss for each in (usage, *left)) * (1 if sys.platform == "darwin" else 1024),
        written=sum(1 for path, state in after.items() if before.get(path) != state),
        files=len(after),
        size=sum(size for _, _, size in after.values()),
    )


def adopt_orphans() -> None:
    """Become the parent of processes whose parent has ended, on Linux.

    A server of worker processes may outlive the program that started it by a moment; its time, which has all the
    workers' time in it, is told only to a parent that waits for it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _left(group: int) -> Iterator[resource.struct_rusage]:
    """Wait for the adopted processes of a group, and give what they used."""
    while True:
        try:
            yield os.wait4(-group, 0)[2]
        except ChildProcessError:
            return


def _files(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Give the files below a folder with what tells that one was written: inode, time of change, size."""
    return {path: (stat.st_ino, stat.st_mtime_ns, stat.st_size) for path, stat in _walk(str(folder))}


def _walk(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    if not Path(folder).is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path)
            else:
                yield entry.path, entry.stat(follow_symlinks=False)


class _Watch(threading.Thread):
    """Looks at the memory of a process and its descendants until it is stopped. Linux only: elsewhere it sees 0."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._over = threading.Event()
        self.peak = 0

    def run(self) -> None:
        """Look until the end."""
        while not self._over.wait(INTERVAL):
            self.peak = max(self.peak, sum(map(_pss, _tree(self._pid))))

    def stop(self) -> None:
        """Stop looking."""
        self._over.set()
        self.join()


def _tree(pid: int) -> Iterator[int]:
    """Give a process and its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:  # it has just ended
            continue
        for child in children:
            yield from _tree(int(child))


def _pss(pid: int) -> int:
    """Give the bytes that a process holds, its share of shared pages; 0 where it has ended."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)
