"""What all tests share."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from jinja2 import Environment

from medqa.disk import Folder
from tests.projects import Project, small_archive

# A run is the same every time, so that a red one is the change's doing; MEDQA_SEARCH=1 looks where no run has looked.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None)
settings.load_profile("search" if os.environ.get("MEDQA_SEARCH") else "repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-cases", action="store_true", help="write what is made into tests/cases; review the diff")


@pytest.fixture
def update_cases(request: pytest.FixtureRequest) -> bool:
    """Tell whether expectations are to be rewritten instead of compared."""
    return bool(request.config.getoption("--update-cases"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give an archive without any document yet."""
    return Project(tmp_path / "archive")


@pytest.fixture
def archive(project: Project) -> Project:
    """Give a small archive that has been built."""
    return small_archive(project)


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_disks() -> Iterator[None]:
    """Nothing that tests write has to outlive a power cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        patch.setattr(Folder, "sync", lambda _: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    """Compile the same template for the same addresses once in a run: most of a small build's time goes there."""
    compiled: dict[tuple[str, ...], Any] = {}
    compile_ = Environment.compile

    def once(self: Environment, source: str, name: str, *rest: Any) -> Any:
        addresses = (self.filters["href"]("/"), self.filters["absolute"]("/"))  # what is constant is filtered early
        key = (source, name, *addresses)
        if key not in compiled:
            compiled[key] = compile_(self, source, name, *rest)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "compile", once)
        yield
