"""docs/checks.md explains the codes that medqa reports, all of them and no others."""

import re
from pathlib import Path

import pytest

from medqa import errors
from medqa.errors import CODES

ROOT = Path(__file__).resolve().parent.parent
CHECKS = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"^### (MQ\d{3}): (.+?)\n(.*?)(?=^##|\Z)", CHECKS, re.DOTALL | re.MULTILINE)


def test_every_code_is_explained_in_order_and_none_that_does_not_exist() -> None:
    assert {code: meaning for code, meaning, _ in ENTRIES} == CODES
    assert [code for code, _, _ in ENTRIES] == sorted(CODES)
    assert set(re.findall(r"MQ\d{3}", CHECKS)) == set(CODES)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry[0])
def test_every_code_has_a_wrong_and_a_right_example(entry: tuple[str, str, str]) -> None:
    explanation, wrong, right = re.split(r"^- (?:Wrong|Right):", entry[2], flags=re.MULTILINE)
    assert len(explanation.split()) >= 4
    assert wrong.strip()
    assert right.strip()


def test_every_code_is_reported_somewhere() -> None:
    modules = [file.read_text(encoding="utf-8") for file in (ROOT / "medqa").rglob("*.py") if file.name != "errors.py"]
    assert {code for text in modules for code in re.findall(r'"(MQ\d{3})"', text)} == set(CODES)


def test_codes_are_errors_below_five_hundred_and_findings_above() -> None:
    severities = {code: errors.problem(("x", 1, 1), code, "x").severity for code in CODES}
    assert {code for code, severity in severities.items() if severity == "finding"} == {c for c in CODES if c >= "MQ5"}
