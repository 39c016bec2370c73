#!/usr/bin/env python3
"""Build the website of the archive that this file stands in: `python build.py --help` lists the commands."""

from pathlib import Path

if __name__ == "__main__":
    from medqa.cli import main

    raise SystemExit(main(default_root=Path(__file__).resolve().parent))
