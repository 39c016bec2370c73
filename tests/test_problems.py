"""Every mistake, case by case: what is said of it, where, and with what hint.

A case in `tests/cases/problems` is a whole archive in one text file:

    What it shows, in a sentence or two.
    ==> content/threads/a.md
    the file's lines
    ==> content/threads/b.md [crlf]
    the lines of a file that is written in a special way
    ==> problems [as of 2024-01-01]
    content/threads/a.md:3:7: MQ203 …
      hint: …

Special ways are `crlf`, `bom`, `utf-16`, `utf-16-le`, `latin-1`; `escaped`, where \\xNN is a byte and \\uNNNN a
character; `folder`; `pipe`; `link`, whose text is where it leads; `before`: so the file was in the last commit, and
what is found is what was changed since. `pytest --update-cases` writes the problems anew.
"""

import os
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from medqa import pipeline
from medqa.errors import CODES, BuildFailedError, Problem

CASES = sorted((Path(__file__).parent / "cases" / "problems").glob("*.txt"))
AS_OF = date(2024, 1, 1)
_PART = re.compile(
    r"^==> (?P<path>[^\n\[]*?)(?: \[(?P<ways>[^\]\n]+)\])?\n(?P<text>.*?)(?=^==> |\Z)", re.DOTALL | re.MULTILINE
)
_CODE = re.compile(r": (MQ\d{3}) ")


class Part(NamedTuple):
    path: str
    ways: tuple[str, ...]
    text: str

    def write(self, root: Path) -> None:
        file = root / self.path
        file.parent.mkdir(parents=True, exist_ok=True)
        if "folder" in self.ways:
            file.mkdir()
        elif "pipe" in self.ways:
            os.mkfifo(file)
        elif "link" in self.ways:
            file.symlink_to(self.text.strip())
        else:
            file.write_bytes(self.data())

    def data(self) -> bytes:
        text = self.text.replace("\n", "\r\n") if "crlf" in self.ways else self.text
        encoding = next((way for way in self.ways if way in {"utf-16", "utf-16-le", "latin-1"}), "utf-8")
        data = text.encode("utf-8-sig" if "bom" in self.ways else encoding)
        if "escaped" in self.ways:
            data = re.sub(rb"\\x([0-9a-f]{2})", lambda byte: bytes.fromhex(byte[1].decode()), data)
            data = re.sub(rb"\\u([0-9a-f]{4})", lambda one: chr(int(one[1], 16)).encode(), data)
        return data


class Case(NamedTuple):
    file: Path
    before: list[Part]
    files: list[Part]
    problems: Part

    @property
    def as_of(self) -> date:
        way = next((way for way in self.problems.ways if way.startswith("as of ")), None)
        return date.fromisoformat(way.removeprefix("as of ")) if way else AS_OF

    @property
    def codes(self) -> set[str]:
        return set(_CODE.findall(self.problems.text))

    @property
    def good_files(self) -> list[str]:
        """Documents, settings or templates of which nothing is said."""
        named = {line.partition(":")[0] for line in self.problems.text.splitlines() if not line.startswith(" ")}
        return [part.path for part in self.files if part.path not in named and "good" in part.path]


def read(file: Path) -> Case:
    found = [
        Part(part["path"], tuple((part["ways"] or "").split(", ")), part["text"])
        for part in _PART.finditer(file.read_text(encoding="utf-8"))
    ]
    assert found[-1].path == "problems", f"{file.name} does not end in its problems"
    before = [part for part in found if "before" in part.ways]
    return Case(file, before, [part for part in found[:-1] if part not in before], found[-1])


ALL_CASES = [read(file) for file in CASES]


def commit(root: Path) -> None:
    """Put a folder into git as it is."""
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    for arguments in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "x")):
        subprocess.run(["git", "-C", str(root), *arguments], check=True)


def built(root: Path, case: Case) -> list[Problem]:
    """Check the archive and build it: both have to tell of the same errors, and the check of all findings."""
    options = pipeline.BuildOptions(out=root / "site", cache=None, as_of=case.as_of)
    asked = pipeline.Asked(select=("MQ",), since="HEAD" if case.before else "")
    shown = pipeline.check(root, options, asked).problems
    try:
        found = list(pipeline.build(root, options).findings)
    except BuildFailedError as error:
        found = list(error.problems)
        assert not (root / "site").exists()
    assert [one for one in found if one.severity == "finding" and one not in shown] == []
    assert [one for one in shown if one.severity == "error" and one.code != "MQ220" and one not in found] == []
    return sorted({*shown, *(one for one in found if one.severity == "error")})


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.file.stem)
def test_case(case: Case, tmp_path: Path, *, update_cases: bool) -> None:
    (tmp_path / "content").mkdir()
    if case.before:
        for part in case.before:
            part.write(tmp_path)
        commit(tmp_path)
        shutil.rmtree(tmp_path / "content")
    for part in case.files:
        part.write(tmp_path)
    found = "".join(f"{one}\n" for one in built(tmp_path, case))
    if update_cases:
        before = case.file.read_text(encoding="utf-8").removesuffix(case.problems.text)
        case.file.write_text(before + found, encoding="utf-8")
        return
    assert found == case.problems.text
    lines = found.splitlines()
    assert len(lines[::2]) == len(set(lines[::2])), "nothing is said twice"
    assert all(line.startswith("  hint: ") for line in lines[1::2]), "each problem has a hint"


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_case_that_meets_it_and_one_beside_it_that_does_not(code: str) -> None:
    bad = [case for case in ALL_CASES if code in case.codes]
    assert bad
    names = {case.file.stem for case in ALL_CASES if not case.codes}
    assert [case for case in bad if case.good_files or f"{case.file.stem}-good" in names]
