"""The committed schemas are those of the model, and take what the parser takes.

`pytest --update-cases` writes them anew.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from medqa import frontmatter, schema, sections, yamltext
from medqa.documents import Parsed
from medqa.schema import SINGULAR
from medqa.sources import Kind
from tests.parsing import WHOLE, WHOLE_BODY, outcome

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def made(kind: Kind) -> dict[str, Any]:
    """Make a schema; the table of settings describes other things."""
    text = (DOCS / "content.md").read_text(encoding="utf-8").split("## config.yaml")[0]
    return schema.schema(kind, schema.described(text))


@pytest.mark.parametrize("kind", SINGULAR)
def test_the_committed_schema_is_that_of_the_model(kind: Kind, *, update_cases: bool) -> None:
    file = DOCS / f"{SINGULAR[kind]}.schema.json"
    text = json.dumps(made(kind), indent=2, ensure_ascii=False) + "\n"
    if update_cases:
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text
    Draft7Validator.check_schema(made(kind))


def typed(value: Any, *, all_types: bool) -> Any:
    """Give values the types that YAML plug-ins give them: in some, quoted, only what is empty is no text."""
    match value:
        case dict():
            return {key: typed(part, all_types=all_types) for key, part in value.items()}
        case list():
            return [typed(part, all_types=all_types) for part in value]
        case "true" | "false" if all_types:
            return value == "true"
        case "":
            return None
        case str() if all_types and value.isascii() and value.isdigit() and not value.startswith("0"):
            return int(value)
        case _:
            return value


def takes(kind: Kind, header: str) -> bool:
    node, problems = yamltext.read(header, "x.md")
    assert not problems
    value = frontmatter.value_of(node)
    validator = Draft7Validator(made(kind))
    verdicts = {validator.is_valid(typed(value, all_types=all_types)) for all_types in (True, False)}
    assert len(verdicts) == 1, header
    return bool(verdicts.pop())


@pytest.mark.parametrize("kind", SINGULAR)
def test_the_sample_archive_is_valid(kind: Kind) -> None:
    for file in sorted((ROOT / "content" / kind).rglob("*.md")):
        cut = sections.frame(file.read_text(encoding="utf-8"), file.name)
        assert isinstance(cut, sections.Frame)
        assert takes(kind, cut.header), file


def test_a_thread_with_every_field_is_valid() -> None:
    assert takes("threads", WHOLE)
    assert isinstance(outcome(f"---\n{WHOLE}---\n{WHOLE_BODY}"), Parsed)


BASE: dict[Kind, str] = {
    "threads": "title: A\nspecialty: B\nasked: 2020-01-01\n",
    "doctors": "name: A\n",
    "hospitals": "name: A\n",
    "specialties": "name: A\n",
    "topics": "name: A\n",
    "pages": "title: A\n",
}
LINES: tuple[tuple[Kind, str], ...] = (
    ("threads", "titel: x"),
    ("threads", "title:"),
    ("threads", "question: [a]"),
    ("threads", "question: 2023"),
    ("threads", "question: true"),
    ("threads", "asked: 2020-1-1"),
    ("threads", "asked: soon"),
    ("threads", "asked: 2020/01/01"),
    ("threads", "asker: Ana"),
    ("threads", "asker: {age: 35, sex: male}"),
    ("threads", "asker: {age: 0}"),
    ("threads", "asker: {age: 30 ~ 39, sex: other}"),
    ("threads", "asker: {age: 90+}"),
    ("threads", "asker: {age: 8 months}"),
    ("threads", "asker: {age: 8 months, size: 2}"),
    ("threads", "asker: {age: old}"),
    ("threads", "asker: {sex: f}"),
    ("threads", "asker:"),
    ("threads", "replies: [{doctor: A, replied: 2020-01-02}]"),
    ("threads", "replies: {doctor: A, replied: 2020-01-02}"),
    ("threads", "replies: [{doctor: A}]"),
    ("threads", "replies: [{replied: 2020-01-02}]"),
    ("threads", "replies: [{doctor: A, replied: 2020-01-02, text: x}]"),
    ("threads", "follow_ups: [{asked: 2020-01-02}, {}]"),
    ("threads", "follow_ups: [{when: 2020-01-02}]"),
    ("threads", "topics: one"),
    ("threads", "topics: [one, 2]"),
    ("threads", "topics: [{one: two}]"),
    ("threads", "topics:"),
    ("threads", "status: Draft"),
    ("threads", "status: withdrawn"),
    ("threads", "urgent: yes"),
    ("threads", "urgent: true"),
    ("threads", "translated_by: machine"),
    ("threads", "translated_by: nobody"),
    ("threads", "corrections: [{on: 2020-02-01, why: x, reply: 1}]"),
    ("threads", "corrections: [{on: 2020-02-01}]"),
    ("threads", "corrections: [{on: 2020-02-01, why: x, reply: one}]"),
    ("threads", "ack: {MQ501: planned}"),
    ("threads", "ack: {MQ999: planned}"),
    ("threads", "ack: {MQ101: planned}"),
    ("doctors", "status: active"),
    ("doctors", "status: away"),
    ("doctors", "names: [a, b]"),
    ("doctors", "periods: [{hospital: A, from: 2020-01-01}]"),
    ("doctors", "periods: [{from: 2020-01-01}]"),
    ("doctors", "periods: [{hospital: A, since: 2020-01-01}]"),
    ("hospitals", "aliases: a"),
    ("hospitals", "periods: []"),
    ("specialties", "names: {zh-Hant: 神經科}"),
    ("specialties", "names: [a]"),
    ("specialties", "review_months: 12"),
    ("specialties", "review_months: year"),
    ("topics", "synonyms: [a]"),
    ("topics", "names: {de: Schlaf}\nspecialties: [A]"),
    ("pages", "lang: en"),
    ("pages", "name: x"),
)


@pytest.mark.parametrize(("kind", "line"), LINES, ids=lambda value: value)
def test_a_schema_takes_what_the_parser_takes(kind: Kind, line: str) -> None:
    key = line.partition(":")[0]
    header = "".join(f"{one}\n" for one in BASE[kind].splitlines() if not one.startswith(f"{key}:")) + f"{line}\n"
    replies = 1 if key == "replies" else 0
    if key == "corrections":
        header, replies = header + "doctor: A\nreplied: 2020-01-02\n", 1
    body = "## Question\nWhy?\n" + "## Reply\nSo.\n" * replies if kind == "threads" else ""
    if key == "follow_ups":
        body += "## Follow-up\nAnd?\n" * 2
    found = outcome(f"---\n{header}---\n{body}", kind)
    assert takes(kind, header) == isinstance(found, Parsed), found
