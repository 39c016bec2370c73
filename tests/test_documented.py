"""What the documents promise is there, and what is there is in the documents."""

import re
from pathlib import Path

import pytest

from medqa import cli
from medqa.config import Config, Statements
from medqa.parse import KNOWN_KEYS
from medqa.sources import Kind

ROOT = Path(__file__).resolve().parent.parent
CONTENT = (ROOT / "docs" / "content.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)")


@pytest.mark.parametrize("kind", KNOWN_KEYS)
def test_every_field_of_front_matter_is_documented(kind: Kind) -> None:
    missing = [key for key in KNOWN_KEYS[kind] if f"`{key}`" not in CONTENT]
    assert not missing


@pytest.mark.parametrize("key", [*Config.__struct_fields__, *Statements.__struct_fields__])
def test_every_setting_is_documented(key: str) -> None:
    assert f"`{key}`" in CONTENT.split("## config.yaml", 1)[1]


def options(command: str, capsys: pytest.CaptureFixture[str]) -> set[str]:
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    return set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)) - {"--help"}


def test_every_command_is_documented_and_every_option_beside_those_that_have_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    commands = CONTENT.split("## Commands", 1)[1]
    told = {
        (command, option)
        for names, of in re.findall(r"^\| (`--[^|]+) \| ([a-z, ]+) \|", commands, re.MULTILINE)
        for command in (cli._COMMANDS if of == "all" else of.split(", "))
        for option in re.findall(r"--[a-z-]+", names)
    }
    assert told == {(command, option) for command in cli._COMMANDS for option in options(command, capsys)}
    for command in cli._COMMANDS:
        assert "python build.py" + ("" if command == "build" else f" {command}") in commands


@pytest.mark.parametrize(("root", "name"), [(ROOT, "build.py"), (None, "medqa")])
def test_help_calls_the_program_as_it_was_called(
    capsys: pytest.CaptureFixture[str], root: Path | None, name: str
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["check", "--help"], default_root=root)
    assert capsys.readouterr().out.startswith(f"usage: {name} check ")


def test_no_document_names_an_option_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    known = set().union(*(options(command, capsys) for command in cli._COMMANDS))
    for file in DOCUMENTS:
        named = set(re.findall(r"build\.py[^`\n]*?(--[a-z-]+)", file.read_text(encoding="utf-8")))
        assert named <= known, file


def test_every_module_is_on_the_map() -> None:
    modules = {path.stem for path in (ROOT / "medqa").glob("*.py")} - {"__init__", "__main__"}
    packages = {path.parent.name + "/" for path in (ROOT / "medqa").glob("*/__init__.py")}
    missing = [name for name in sorted(modules | packages) if f"`{name}`" not in ARCHITECTURE]
    assert not missing


def test_documents_keep_their_length() -> None:
    assert len(README.splitlines()) <= 60
    assert len(ARCHITECTURE.splitlines()) <= 120


def anchors(file: Path) -> set[str]:
    """Give the anchors of a document's headings, as git hosts make them."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_links_of_documents_lead_somewhere(file: Path) -> None:
    text = re.sub(r"^```.*?^```|`[^`\n]+`", "", file.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for path, anchor in _LINK.findall(text):
        target = file.parent / path if path else file
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"
