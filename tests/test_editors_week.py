"""The week of docs/editors.md, played from the document alone in a fresh clone of the sample archive.

Blocks `console` are run: a line that begins with `$` is typed, what stands below it has to be said, `…` standing for
any text. What the document tells to do in an editor stands beside it in comments: `edit` a file, or `run` what others
do.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from medqa.importers import mapping
from medqa.schema import SINGULAR

ROOT = Path(__file__).resolve().parent.parent
WEEK = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
IMPORTING = (ROOT / "docs" / "importing.md").read_text(encoding="utf-8")
STEP = re.compile(
    r"^```console\n(?P<console>.*?)^```|^<!-- (?P<what>edit|run)(?P<words>.*?)-->", re.DOTALL | re.MULTILINE
)


def clone(folder: Path) -> Path:
    """Clone what an archive with medqa is made of, as it stands in the checkout."""
    source, archive = folder / "source", folder / "archive"
    source.mkdir()
    for name in ("build.py", "config.yaml", "content", "docs", "medqa", "static", "templates", ".gitignore"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, source / name)
    for command in ("init -q -b main", "add --all", "commit -q -m Archive"):
        run(f"git {command}", source)
    run(f"git clone -q {source} {archive}", folder)
    return archive


def run(command: str, folder: Path) -> str:
    """Run a line as a shell does; gives all that is said."""
    tools = folder.parent / "tools"
    tools.mkdir(exist_ok=True)
    if not (tools / "python").exists():
        (tools / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        (tools / "python").chmod(0o755)
    names = {
        f"GIT_{who}_{what}": "editor@archive.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    environment = {**os.environ, **names, "PATH": f"{tools}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    said = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environment, text=True, check=False, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return said.stdout


def typed(console: str) -> Iterator[tuple[str, str]]:
    """Give what is typed, and what is said then."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, _, said = part.partition("\n")
        yield command, said


def is_said(told: str, said: str) -> bool:
    """Tell whether it is: a line `…` stands for any lines, or none, a `…` inside one for any text."""
    lines = ("(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + "\n" for line in told.splitlines())
    return re.fullmatch("".join(lines), said) is not None


def edit(archive: Path, words: str) -> None:
    path, _, change = words.strip(" ").partition("\n")
    old, new = change.split("\n=>\n")
    file = archive / path
    text = file.read_text(encoding="utf-8")
    new = new.removesuffix("\n")
    assert text.count(old) == 1, (path, old)
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.skipif(not shutil.which("git"), reason="no git: the editors' week cannot be played")
def test_the_week_goes_as_the_document_says(tmp_path: Path) -> None:
    archive = clone(tmp_path)
    steps = 0
    for step in STEP.finditer(WEEK):
        if step["what"] == "edit":
            edit(archive, step["words"])
        elif step["what"]:
            for line in step["words"].strip().split("\n"):
                run(line, archive)
        for command, told in typed(step["console"] or ""):
            said = run(command, archive)
            assert is_said(told, said), f"{command}\n--- told\n{told}\n--- said\n{said}"
            steps += 1
    assert steps > 20
    assert run("git status --porcelain", archive) == ""


def test_the_mapping_of_the_document_is_the_example() -> None:
    block = IMPORTING.split("```yaml\n")[1].split("```")[0]
    example = (ROOT / "docs" / "examples" / "answers.yaml").read_text(encoding="utf-8")
    assert block == example.split("\n", 1)[1]
    for key in {*mapping.KEYS, *mapping.THREAD_KEYS, *mapping.REPLY_KEYS}:
        assert f"`{key}`" in IMPORTING, key


def test_every_schema_is_named() -> None:
    for name in SINGULAR.values():
        assert (ROOT / "docs" / f"{name}.schema.json").exists()
        assert f"`{name}`" in WEEK or f"{name}.schema.json" in WEEK
