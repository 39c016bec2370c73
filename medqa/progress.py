"""How far a build is: seconds by stage, and who is shown what on the way.

The clock only ever tells; nothing that is built depends on it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TextIO, TypeVar

import msgspec

Item = TypeVar("Item")
_OFTEN = 0.1
"""Seconds between two looks at how far it is."""


class Step(msgspec.Struct, frozen=True):
    """How far a stage is."""

    stage: str
    done: int
    total: int
    """Number of files or pages that the stage goes through; 0 where nobody knows."""
    seconds: float
    """Since the stage began."""
    ended: bool = False


Show = Callable[[Step], None]


def silent(_: Step) -> None:
    """Show nothing."""


class Clock:
    """Measures the stages, and tells how far they are."""

    def __init__(self, show: Show = silent) -> None:
        """Begin with no stage measured."""
        self.seconds: dict[str, float] = {}
        self._show = show
        self._stage = ""
        self._began = perf_counter()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure what is done inside as a part of a stage."""
        self._stage, self._began = name, perf_counter()
        self._show(Step(name, 0, 0, 0.0))
        try:
            yield
        finally:
            seconds = perf_counter() - self._began
            self.seconds[name] = self.seconds.get(name, 0.0) + seconds
            self._show(Step(name, 0, 0, seconds, ended=True))

    def count(self, items: Iterable[Item], total: int) -> Iterator[Item]:
        """Give the items of a stage, and tell now and then how many have been taken."""
        told = 0.0
        for number, item in enumerate(items):
            now = perf_counter() - self._began
            if now - told >= _OFTEN:
                told = now
                self._show(Step(self._stage, number, total, now))
            yield item


class Bar:
    """A bar on a terminal, in place, gone when all is done."""

    _WIDTH = 30

    def __init__(self, stream: TextIO) -> None:
        """Draw on a terminal."""
        self._stream = stream
        self._began = perf_counter()
        self._drawn = ""

    def __call__(self, step: Step) -> None:
        """Draw how far it is; not before it has taken a while."""
        if perf_counter() - self._began < 5 * _OFTEN:
            return
        text = "" if step.ended else _words(step)
        if step.total and not step.ended:
            full = self._WIDTH * step.done // step.total
            text = f"{step.stage:<8}[{'#' * full}{'.' * (self._WIDTH - full)}] {step.done:,} of {step.total:,}"
        self._stream.write(f"\r{text:<{len(self._drawn)}}" if text else f"\r{'':<{len(self._drawn)}}\r")
        self._stream.flush()
        self._drawn = text


class Lines:
    """A line for each stage that takes long, and one now and then while it does: for logs."""

    _LONG = 10.0
    """Seconds between two lines."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Say lines."""
        self._say = say
        self._next = self._LONG

    def __call__(self, step: Step) -> None:
        """Say how far it is, if it is time to."""
        if step.ended:
            if self._next > self._LONG:
                self._say(f"{step.stage}: done in {step.seconds:.0f} s")
            self._next = self._LONG
        elif step.seconds >= self._next:
            self._next = step.seconds + self._LONG
            self._say(_words(step))


def _words(step: Step) -> str:
    return f"{step.stage}: {step.done:,} of {step.total:,}" if step.total else f"{step.stage} …"
