"""What happens to the memory of builds, and to builds, between two edits: at random, and never to the archive."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from tests.faults import PowerCutError, power_cut
from tests.projects import Project

PAGE = 4096
"""Bytes that are damaged at once: what a disk loses is a block."""


class Accidents:
    """Happen to the builds of one project."""

    def __init__(self, project: Project, seed: int) -> None:
        self._project = project
        self._random = Random(seed)
        self._older = project.root / "older-cache"

    def happen(self, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Let something happen, or nothing, before a build; gives its name, and further options of the build."""
        chance = self._random.random()
        if not self._project.cache.exists():
            return "", {}
        if chance < 0.04:
            return "two processes", {"jobs": 2}
        if chance < 0.3:
            accident = self._random.choice([self._delete, self._damage, self._go_back, self._keep, self._stop])
            accident(options)
            more = {"jobs": 2} if accident == self._delete and self._random.random() < 0.5 else {}
            return accident.__name__, more
        return "", {}

    def _delete(self, _: object) -> None:
        self._project.remove(".cache")

    def _damage(self, _: object) -> None:
        file = self._random.choice(sorted(self._project.cache.rglob("*.sqlite")) or [None])
        if file:
            data = bytearray(file.read_bytes())
            for at in self._blocks(len(data)):
                data[at : at + PAGE] = bytes([self._random.choice([0, 0xC1])]) * len(data[at : at + PAGE])
            file.write_bytes(data)

    def _blocks(self, size: int) -> Iterator[int]:
        yield from (self._random.randrange(0, max(size, 1), PAGE) for _ in range(self._random.randint(1, 9)))

    def _keep(self, _: object) -> None:
        """Keep the memory as it is now, to come back later."""
        shutil.rmtree(self._older, ignore_errors=True)
        shutil.copytree(self._project.cache, self._older)

    def _go_back(self, _: object) -> None:
        """Put an older memory in place, as a CI job may find it."""
        if self._older.exists():
            self._project.remove(".cache")
            shutil.copytree(self._older, self._project.cache)

    def _stop(self, options: dict[str, Any]) -> None:
        """Stop a build at one of its changes to the site."""
        with suppress(PowerCutError), power_cut(Path(self._project.site), self._random.randint(0, 60)):
            self._project.build(**options)
