"""What commands print, and how they end."""

import sys

FINE, PROBLEMS, WRONG_USE = 0, 1, 2
"""Exit codes."""


def say(line: str) -> None:
    """Print a line."""
    print(line)  # noqa: T201 - a command talks to its user


def complain(line: str) -> None:
    """Print a line beside what was asked for."""
    print(line, file=sys.stderr)  # noqa: T201 - a command talks to its user


def count(number: int, word: str) -> str:
    """Write "1 error", "2,000 errors"."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
