"""How problems are shown: to people with the line they stand on, to programs, to GitHub, as SARIF."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from medqa import sources
from medqa.console import count
from medqa.errors import CODES, Problem

_WIDEST = 100
"""Columns of a source line that are shown: of longer ones what stands around the problem."""
_BEFORE = 40
Level = Callable[[Problem], str]
"""Gives how much a problem counts: error, warning, note."""


# --- for people -------------------------------------------------------------------------------------------------------


def text(root: Path, problems: Sequence[Problem]) -> Iterator[str]:
    """Write problems with the lines they stand on, and then how many there are of each code."""
    path, lines = "", list[str]()
    for found in problems:
        if found.path != path:
            path, lines = found.path, _lines(root, found.path)
        yield found.head
        yield from _excerpt(lines, found)
        if found.hint:
            yield f"  hint: {found.hint}"
    errors = sum(1 for found in problems if found.severity == "error")
    counts = Counter(found.code for found in problems if found.severity == "finding")
    of_each = ", ".join(f"{number:,} {code}" for code, number in sorted(counts.items()))
    total = f"{count(errors, 'error')}, {count(len(problems) - errors, 'finding')}"
    yield f"{total}: {of_each}" if of_each else total


def excerpt(root: Path, found: Problem) -> list[str]:
    """Give the line that a problem stands on with marks below; nothing where it cannot be read."""
    return list(_excerpt(_lines(root, found.path), found))


def _excerpt(lines: Sequence[str], found: Problem) -> Iterator[str]:
    if 0 < found.line <= len(lines) and lines[found.line - 1].strip():
        yield from _marked(lines[found.line - 1], found)


def _lines(root: Path, path: str) -> list[str]:
    """Give the lines of a file of the archive; none where it cannot be read, or is no text."""
    try:
        return sources.text_of(sources.bytes_of(root, root / path)).split("\n")
    except (sources.UnreadableError, UnicodeDecodeError):
        return []


def _marked(line: str, found: Problem) -> Iterator[str]:
    """Write the part of a line that a problem is about, and below it what it is about."""
    at = min(found.column - 1, len(line))
    first = max(0, at - _BEFORE) if len(line) > _WIDEST else 0
    last = min(len(line), first + _WIDEST)
    shown, begin = line[first:last], "…" if first else ""
    under = min(max(1, found.width), max(1, last - at))
    space = _columns(begin + _visible(line[first:at]))
    marks = max(1, _columns(_visible(line[at : at + under])))
    yield f"    {begin}{_visible(shown)}{'…' if last < len(line) else ''}"
    yield f"    {' ' * space}{'^' * marks}"


def _visible(line: str) -> str:
    """Put something that is seen, as wide as one letter, in place of what is not."""
    return line if line.isprintable() else "".join(one if one.isprintable() else "\N{MIDDLE DOT}" for one in line)


def _columns(line: str) -> int:
    """Count the columns that a line takes on a terminal: Chinese letters take two, combining marks none."""
    return len(line) if line.isascii() else sum(map(_width, line))


@cache
def _width(one: str) -> int:
    return 0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1


# --- for programs -----------------------------------------------------------------------------------------------------


def github(problems: Iterable[Problem], level: Level, folder: str = "") -> Iterator[str]:
    """Write problems as GitHub shows them beside their lines; `folder/` is where the archive lies in its repository."""
    names = {"error": "error", "warning": "warning", "note": "notice"}
    for found in problems:
        said = f"{found.message}\n{found.hint}" if found.hint else found.message
        place = f"file={_escaped(_below(folder, found.path), ':,')},line={found.line},col={found.column}"
        yield f"::{names[level(found)]} {place},title={found.code}::{_escaped(said)}"


def _escaped(said: str, more: str = "") -> str:
    for character in f"%\r\n{more}":
        said = said.replace(character, f"%{ord(character):02X}")
    return said


def as_json(problems: Sequence[Problem], **more: object) -> str:
    """Write problems as one object."""
    return msgspec.json.encode({"problems": problems, **more}).decode()


def sarif(
    problems: Sequence[Problem], level: Level, version: str, defaults: Mapping[str, str], folder: str = ""
) -> str:
    """Write problems as SARIF 2.1.0, the form that code scanners exchange.

    `defaults` are the levels of all codes, `folder/` is where the archive lies in its repository.
    """
    codes = list(CODES)
    rules = [
        {
            "id": code,
            "shortDescription": {"text": _sentence(CODES[code])},
            "help": {"text": f"docs/checks.md explains {code}, with an example of what is wrong and of what is right."},
            "defaultConfiguration": {"level": "none" if defaults[code] == "off" else defaults[code]},
        }
        for code in codes
    ]
    results = [_result(found, codes.index(found.code), level(found), folder) for found in problems]
    driver = {"name": "medqa", "version": version, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    return msgspec.json.encode({"$schema": schema, "version": "2.1.0", "runs": [run]}).decode()


def _result(found: Problem, rule: int, level: str, folder: str) -> dict[str, Any]:
    region = {"startLine": found.line, "startColumn": found.column, "endColumn": found.column + max(1, found.width)}
    place = {"artifactLocation": {"uri": _uri(_below(folder, found.path)), "uriBaseId": "%SRCROOT%"}, "region": region}
    said = f"{_sentence(found.message)} {_sentence(found.hint)}" if found.hint else _sentence(found.message)
    return {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": level,
        "message": {"text": said},
        "locations": [{"physicalLocation": place}],
        # What is wrong and in which file: so a line put in above it makes no new result of it.
        "partialFingerprints": {"medqa/v1": sources.digest(found.path, found.code, found.message)},
    }


def _below(folder: str, path: str) -> str:
    """Give the path in the repository of a file of the archive; one that lies elsewhere keeps its own."""
    return path if path.startswith("/") else folder + path


def _uri(path: str) -> str:
    """Write a path as a part of an address."""
    unsafe = re.compile(r"[^\w./~-]", re.ASCII)
    return unsafe.sub(lambda one: "".join(f"%{byte:02X}" for byte in one[0].encode(errors="replace")), path)


def _sentence(words: str) -> str:
    return words if words.endswith((".", "?", "!")) else f"{words}."
