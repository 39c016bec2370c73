"""Random editors at work on the archive of a project."""

from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

from tests.drafts import first_archive
from tests.edits import EDITS
from tests.edits_around import BREAKS
from tests.projects import Project


class Editors:
    """Edit the archive of a project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.state = first_archive()
        self._valid = deepcopy(self.state)
        self._written: dict[str, str] = {}
        self.save()

    def edit(self, edits: list[tuple[str, int]]) -> None:
        """Make some edits, each with its seed, and save."""
        for name, seed in edits:
            EDITS[name](self.state, Random(seed))
            if name == "delete the cache" and self.project.cache.exists():
                self.project.remove(".cache")
        self.save()

    def save(self) -> None:
        """Write the files that changed, remove those that are gone, and the folders that are empty then."""
        now = self.state.sources()
        for path in self._written.keys() - now.keys():
            self.project.remove(path)
            for folder in (self.project.root / path).parents:
                if not any(folder.iterdir()) and folder.name != "content":
                    folder.rmdir()
        for path, text in now.items():
            if self._written.get(path) != text:
                self.project.write(path, text)
        self._written = now

    def keep(self) -> None:
        """Take the present state for one that can be built."""
        self._valid = deepcopy(self.state)

    def mend(self) -> None:
        """Go back to the last state that could be built."""
        self.state = deepcopy(self._valid)
        self.save()

    def options(self) -> dict[str, Any]:
        return {"as_of": self.state.as_of, "drafts": self.state.previews}


def script(seed: int) -> Iterator[list[tuple[str, int]]]:
    """Give the steps of a random script that makes every edit once, one to three a step; what breaks stands alone."""
    random = Random(seed)
    names = sorted(EDITS)
    random.shuffle(names)
    step: list[tuple[str, int]] = []
    for name in names:
        if name in BREAKS:
            yield [(name, 0)]
        else:
            step.append((name, random.randrange(1_000_000)))
            if random.random() < 0.6 or len(step) == 3:
                yield step
                step = []
    yield step
