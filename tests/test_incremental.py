"""Incremental equals clean, byte for byte, after every step of random edit scripts.

MEDQA_SCRIPTS=200 makes the search longer: so many scripts of each kind.
"""

import os
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medqa import work
from medqa.errors import BuildFailedError, Problem
from medqa.related import twins
from tests.accidents import Accidents
from tests.drafts import State, first_archive
from tests.editors import Editors, script
from tests.edits import EDITS
from tests.edits_around import BREAKS
from tests.projects import LIST, Project

SCRIPTS = int(os.environ.get("MEDQA_SCRIPTS", "2"))
Step = list[tuple[str, int]]
_number = count()


@pytest.fixture(autouse=True, scope="module")
def many_twins() -> Iterator[None]:
    """Threads that have much in common count as twins, so that pairs come and go."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(twins, "ALIKE", 60)
        patch.setattr(twins, "MOST", 2)
        yield


class Run:
    """A script being carried out on one archive, with one site and one cache."""

    def __init__(self, folder: Path, accidents: int | None = None) -> None:
        self.project = Project(folder / "archive")
        self.accidents = None if accidents is None else Accidents(self.project, accidents)
        self.editors = Editors(self.project)
        self.said: list[Step] = []
        self.built = self.failed = 0
        self.found: set[str] = set()
        """Codes of the findings that there were."""
        self.files: dict[str, bytes] = {}
        self.stamps: dict[str, tuple[int, int]] = {}
        self._templates: dict[str, str] = {}
        self._compiled: dict[str, Any] = {}
        self.check()

    def step(self, edits: Step) -> None:
        """Edit, build, compare; what cannot be built is mended before the next step."""
        self.said.append(edits)
        self.editors.edit(edits)
        self.check()

    def check(self) -> None:
        clean = self.clean()
        if isinstance(clean, list):
            self.failed += 1
            self.check_failure(clean)
            self.editors.mend()
        else:
            self.built += 1
            self.check_site(*clean)
            self.editors.keep()

    def clean(self) -> tuple[dict[str, bytes], tuple[Problem, ...]] | list[Problem]:
        """Build from nothing, with nothing that the builds of the site left in this process.

        Gives the files and the findings, or the problems.
        """
        sources = self.editors.state.sources()
        templates = {path: text for path, text in sources.items() if path.startswith("templates/")}
        if templates != self._templates:
            self._templates, self._compiled = templates, {}
        kept, work._compiled = work._compiled, self._compiled
        try:
            return self.project.clean_build(**self.editors.options())
        except BuildFailedError as error:
            return list(error.problems)
        finally:
            work._compiled = kept

    def check_failure(self, problems: list[Problem]) -> None:
        """The same is wrong, and the site is untouched."""
        assert self.project.problems(**self.editors.options()) == problems, self.story()
        assert self.project.files() == self.files, self.story()
        assert self.project.stamps() == self.stamps, self.story()

    def check_site(self, clean: dict[str, bytes], findings: tuple[Problem, ...]) -> None:
        """The site and the findings are those of the clean build, and what did not change was not written."""
        before, stamps, options = self.files, self.stamps, self.editors.options()
        accident, more = self.accidents.happen(options) if self.accidents else ("", {})
        self.said += [[(f"accident: {accident}", 0)]] if accident else []
        report = self.project.build(**options, **more)
        after, now = self.files, self.stamps = self.project.files(), self.project.stamps()
        differing = sorted(path for path in after.keys() | clean.keys() if after.get(path) != clean.get(path))
        assert not differing, f"{differing}\n{self.story()}"
        assert report.findings == findings, self.story()
        self.found |= {one.code for one in findings}
        if accident == "_stop":
            return
        changed = {path for path in after if path != LIST and after[path] != before.get(path)}
        assert set(report.written) == changed, self.story()
        assert set(report.removed) == before.keys() - after.keys(), self.story()
        touched = {path for path in now if path != LIST and now[path] != stamps.get(path)}
        assert touched == changed, self.story()

    def check_links(self) -> None:
        """Every address in the site leads to a file of it."""
        files = self.project.files()
        base = self.editors.state.config["base_url"].split("/", 3)
        prefix = f"/{base[3]}" if len(base) > 3 else ""
        known = {f"{prefix}/{name}" for path in files for name in (path, path.removesuffix("index.html"))}
        for path, data in files.items():
            links = re.findall(r'(?:href|src)="(/[^"#]*)', data.decode()) if path.endswith(".html") else []
            assert not [link for link in links if link not in known], f"{path}\n{self.story()}"

    def story(self) -> str:
        """Say how to see it again."""
        return "\n".join(f"run.step({step})" for step in self.said)


@pytest.mark.parametrize("seed", range(SCRIPTS))
def test_incremental_equals_clean_after_every_step(seed: int, tmp_path: Path) -> None:
    run = Run(tmp_path)
    for step in script(seed):
        run.step(step)
    run.check_links()
    assert run.built > run.failed >= len(BREAKS)
    assert "MQ704" in run.found


@pytest.mark.parametrize("seed", range(SCRIPTS))
def test_incremental_equals_clean_whatever_becomes_of_its_memory(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache is deleted, damaged, of an older state; builds are stopped, or run in two processes."""
    monkeypatch.setattr(work, "PARSE_CHUNK", 9)
    monkeypatch.setattr(work, "RENDER_CHUNK", 20)
    run = Run(tmp_path, accidents=seed)
    for step in script(1_000 + seed):
        run.step(step)


@settings(max_examples=2 * SCRIPTS, deadline=None, derandomize=True)
@given(steps=st.lists(st.lists(st.tuples(st.sampled_from(sorted(EDITS)), st.integers(0, 99)), max_size=3), max_size=4))
def test_incremental_equals_clean_whatever_the_script(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step]
) -> None:
    """Short scripts, which are cut down to the edits that matter when one fails."""
    run = Run(tmp_path_factory.mktemp(f"script-{next(_number)}"))
    for step in steps:
        run.step(step)


@pytest.mark.parametrize("name", sorted(EDITS.keys() - {"nothing", "delete the cache"}))
def test_an_edit_changes_what_a_build_reads(name: str) -> None:
    """Else the scripts would show less than they seem to."""
    untouched = first_archive()
    states = [first_archive() for _ in range(8)]
    for seed, state in enumerate(states):
        state.files["templates/gone.html"] = untouched.files["templates/gone.html"] = ""  # something to drop
        EDITS[name](state, Random(seed))
    assert any(read(state) != read(untouched) for state in states)


def read(state: State) -> tuple[object, ...]:
    return state.sources(), state.as_of, state.previews
