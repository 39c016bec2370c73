#!/usr/bin/env python3
"""Build the website of the archive that this file stands in: `python build.py --help` lists the commands."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent


def use_own_environment() -> None:
    """Go on with the Python of `.venv`, which `make site` set up, where this one lacks what medqa needs."""
    own = HERE / ".venv" / "bin" / "python"
    if find_spec("msgspec") is None and own.exists() and Path(sys.prefix) != HERE / ".venv":
        os.execv(own, [str(own), __file__, *sys.argv[1:]])  # noqa: S606 - the project's own environment


if __name__ == "__main__":
    use_own_environment()
    try:
        from medqa.cli import program
    except ModuleNotFoundError as error:
        raise SystemExit(f"a package of medqa's is not installed: {error.name}. Run 'make site' once") from None
    program(default_root=HERE)
