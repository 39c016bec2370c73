"""What the editors' commands print."""

import sys
from collections.abc import Sequence

from medqa.editing.edits import Edit

FINE, PROBLEMS = 0, 1
"""Exit codes."""


def say(line: str) -> None:
    """Print a line."""
    print(line)  # noqa: T201 - a command talks to its user


def complain(line: str) -> None:
    """Print a line beside what was asked for."""
    print(line, file=sys.stderr)  # noqa: T201 - a command talks to its user


def count(number: int, word: str) -> str:
    """Write a number of things."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def show_edits(planned: Sequence[Edit]) -> None:
    """Print edits as a diff."""
    for edit in planned:
        say(edit.summary())
        for line in edit.diff():
            say(line)
