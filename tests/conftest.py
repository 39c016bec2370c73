"""What all tests share."""

from pathlib import Path

import pytest

from tests.projects import Project


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
