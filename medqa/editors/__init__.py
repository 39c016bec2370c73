"""The commands that write what editors write: `new`, `import`, `fmt`, `rename`.

Here are their options; what they do is imported only when one of them is run, since help must not wait for it.
"""

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

Command = tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[Path, argparse.Namespace], int]]
"""Words for help, what adds its options, what runs it: that gives the exit code."""
KINDS = ("thread", "doctor", "hospital", "specialty", "topic")


def _add_dry_run(command: argparse.ArgumentParser) -> None:
    command.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")


def _add_new(command: argparse.ArgumentParser) -> None:
    for name, words in _OPTIONS_OF_NEW.items():
        command.add_argument(f"--{name}", metavar="TEXT", help=words)
    command.add_argument("--stem", metavar="NAME", help="the file's name without '.md' (default: made of the title)")
    command.add_argument("--no-input", action="store_true", help="ask nothing: what is not given stays out")
    _add_dry_run(command)


_OPTIONS_OF_NEW = {
    "title": "title of the page",
    "question": "the asker's own headline",
    "specialty": "specialty",
    "asked": "day on which it was asked (default: today)",
    "asker-name": "name of the asker",
    "asker-age": "age of the asker: 35, 30~39, 90+, 8 months",
    "asker-sex": "female, male or other",
    "doctor": "doctor who replied",
    "replied": "day of the reply (default: the day asked)",
    "hospital": "hospital, where it is not the one of the doctor's record",
    "topics": "topics, parted by commas",
    "lang": "language, where it is not the archive's",
}


def _add_import(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="saved pages (.txt), folders of them, a table"
    )
    command.add_argument("--mapping", type=Path, metavar="FILE", help="which column of a table becomes what (see docs)")
    command.add_argument("--format", choices=("text", "json"), default="text", help="how to report (default: text)")
    _add_dry_run(command)


def _add_fmt(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files or folders (default: all content)")
    command.add_argument("--check", action="store_true", help="write nothing; exit code 1 where a file is not tidy")
    command.add_argument(
        "--strip-images", action="store_true", help="also take place and device out of the images in static/"
    )


def _add_rename(command: argparse.ArgumentParser) -> None:
    command.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    command.add_argument("old", metavar="OLD", help="its name until now, or its file's name without '.md'")
    command.add_argument("new", metavar="NEW", help="its new name; of a thread: its file's new name without '.md'")
    command.add_argument("--stem", default="", metavar="NAME", help="its file's new name, where NEW does not spell it")
    command.add_argument("--merge", action="store_true", help="the two are one: what OLD has goes to NEW")
    _add_dry_run(command)


def _running(module: str) -> Callable[[Path, argparse.Namespace], int]:
    """Give what runs a command, imported when it is run."""
    return lambda root, options: int(import_module(f"medqa.editors.{module}").run(root, options))


COMMANDS: dict[str, Command] = {
    "new": ("write the file of a new thread, a draft", _add_new, _running("new")),
    "import": ("bring in saved pages or the rows of a table", _add_import, _running("importing")),
    "fmt": ("write files in one form, and mend torn lines", _add_fmt, _running("fmt")),
    "rename": ("rename or merge a thread, doctor … everywhere", _add_rename, _running("rename")),
}
