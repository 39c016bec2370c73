"""What all tests share."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from medqa.disk import Folder
from tests.browsing import chromium
from tests.projects import Project, small_archive

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Give a real browser; without one the test is skipped."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_disks() -> Iterator[None]:
    """Nothing that tests write has to outlive a power cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        patch.setattr(Folder, "sync", lambda _: None)
        yield
