"""A preview for tests: the server as a process of its own, as editors run it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Condition, Event, Thread
from time import monotonic
from typing import Self

from medqa.outputs import STAGE
from tests.projects import Project
from tests.sites import AS_OF, ROOT

PATIENCE = 60.0
"""Seconds: nothing takes so long, even where the machine is busy."""


class Serving:
    """`build.py serve` on an archive, from start to stop."""

    def __init__(self, project: Project, *more: str) -> None:
        self.folder = project.cache / "preview"
        command = [sys.executable, str(ROOT / "build.py"), "serve", "--root", str(project.root), "--jobs", "1"]
        self.process = subprocess.Popen(
            [*command, "--as-of", str(AS_OF), *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        self.said: list[str] = []
        self._news = Condition()
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.address = self.hears("preview at").split()[2].rstrip("/")

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            with self._news:
                self.said.append(line.rstrip())
                self._news.notify_all()

    def hears(self, words: str, since: int = 0) -> str:
        """Wait until it says something with these words; gives the line."""
        found: list[str] = []

        def said() -> bool:
            found[:] = [line for line in self.said[since:] if words in line]
            return bool(found)

        with self._news:
            assert self._news.wait_for(said, PATIENCE), (words, self.said)
        return found[0]

    def is_at_work(self) -> None:
        """Wait until a build is at work."""
        pause, end = Event(), monotonic() + PATIENCE
        while not (self.folder / STAGE / "holder").exists():
            assert monotonic() < end
            pause.wait(0.002)

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Stop it as Ctrl-C does, which every process of its group hears, or otherwise; gives its exit code."""
        with suppress(ProcessLookupError):
            if how is signal.SIGINT:
                os.killpg(self.process.pid, how)
            else:
                self.process.send_signal(how)
        code = self.process.wait(PATIENCE)
        self._listener.join(PATIENCE)
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._listener.join(PATIENCE)
        if self.process.stdout:
            self.process.stdout.close()


def git(root: Path, *words: str | Iterable[str]) -> None:
    """Run git in an archive."""
    names = ("-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "gc.auto=0")
    subprocess.run(["git", *names, *map(str, words)], cwd=root, check=True, capture_output=True)
