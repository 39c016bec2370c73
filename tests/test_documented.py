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
EDITORS = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("editors.md", "importing.md"))
SCALE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KNOWN_KEYS)
def test_every_field_of_front_matter_is_documented(kind: Kind) -> None:
    missing = [key for key in KNOWN_KEYS[kind] if f"`{key}`" not in CONTENT]
    assert not missing


@pytest.mark.parametrize("key", [*Config.__struct_fields__, *Statements.__struct_fields__])
def test_every_setting_is_documented(key: str) -> None:
    assert f"`{key}`" in CONTENT.split("## config.yaml", 1)[1]


def test_every_command_and_option_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    commands = CONTENT.split("## Commands", 1)[1]
    for command in cli._COMMANDS:
        with pytest.raises(SystemExit):
            cli.main([command, "--help"])
        options = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)) - {"--help"}
        assert options, command
        for option in options:
            assert option in commands, f"{command} {option}"
        assert "python build.py" + ("" if command == "build" else f" {command}") in commands


def test_no_document_names_an_option_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    known = set()
    for command in cli._COMMANDS:
        with pytest.raises(SystemExit):
            cli.main([command, "--help"])
        known |= set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))
    named = set(re.findall(r"build\.py[^`\n]*?(--[a-z-]+)", CONTENT + README + ARCHITECTURE + SCALE + EDITORS))
    assert named <= known


def test_every_module_is_on_the_map() -> None:
    modules = {path.stem for path in (ROOT / "medqa").glob("*.py")} - {"__init__", "__main__"}
    packages = {path.parent.name + "/" for path in (ROOT / "medqa").glob("*/__init__.py")}
    missing = [name for name in sorted(modules | packages) if f"`{name}`" not in ARCHITECTURE]
    assert not missing


def test_documents_keep_their_length_and_links_lead_somewhere() -> None:
    assert len(README.splitlines()) <= 60
    assert len(ARCHITECTURE.splitlines()) <= 120
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
