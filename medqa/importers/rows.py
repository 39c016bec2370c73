"""Rows of a table (JSON, JSON lines, CSV) → drafts, by a mapping."""

import csv
import html
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from medqa import excerpts, names
from medqa.editing import tidying
from medqa.errors import UsageError, suggestion
from medqa.importers.draft import Draft, DraftReply, as_markdown, clean
from medqa.importers.mapping import FORMS, REPLY_KEYS, Template, text_of
from medqa.importers.mapping import Mapping as Plan
from medqa.importers.page_text import SEXES

Row = Mapping[str, Any]
_TITLE = 80
"""Characters of a title made of the question's beginning."""
_DAYS = frozenset({"asked", "replied"})


def read(file: Path, plan: Plan) -> list[Row]:
    """Read a table; raises UsageError where it is none."""
    form = plan.rows or file.suffix.lstrip(".").lower()
    if form not in FORMS:
        raise UsageError(f"{file}: write 'rows: {FORMS[0]}' (or {', '.join(FORMS[1:])}) into {plan.path}")
    text = text_of(file)
    if form == "csv":
        return list(_csv(file, text, plan))
    parts = text.split("\n") if form == "jsonl" else [text]
    found = [_json(file, number, part) for number, part in enumerate(parts, 1) if part.strip()]
    rows = [row for one in found for row in (one if isinstance(one, list) else [one])]
    if not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"{file}: each row has to be an object, {{column: value}}")
    return rows


def _csv(file: Path, text: str, plan: Plan) -> Iterator[Row]:
    """Read rows; refuses those in which a comma or quotation mark may have parted a text, which would be cut."""
    table = csv.DictReader(io.StringIO(text), restval="")
    try:
        named = table.fieldnames or []
        if twice := [column for column in _columns(plan) if named.count(column) > 1]:
            raise UsageError(f"{file}: several columns are called '{twice[0]}'")
        for row in table:
            if any(row.pop(None, ())):
                hint = "put texts with a comma in them between quotation marks"
                raise UsageError(f"{file}:{table.line_num}: this row has more values than there are columns: {hint}")
            yield row
    except csv.Error as error:
        hint = "look for a quotation mark that is not closed"
        raise UsageError(f"{file}: what begins behind line {table.line_num} is no CSV ({error}): {hint}") from error


def _json(file: Path, line: int, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: what begins on line {line} is no JSON: {error}") from error


def drafts(rows: Sequence[Row], plan: Plan, source: str) -> Iterator[Draft]:
    """Make drafts of rows; `source` names the file.

    Raises UsageError where the mapping names a column that no row has.
    """
    _require_columns(rows, plan)
    for key, numbered in _groups(rows, plan):
        yield _Maker(plan, f"{source}#{key}").draft(numbered)


def _require_columns(rows: Iterable[Row], plan: Plan) -> None:
    known = {column: None for row in rows for column in row}
    for column, template in _columns(plan).items():
        if known and column not in known:
            hint = suggestion(column, known)
            raise UsageError(f"{plan.path}:{template.line}:{template.column}: no row has a column '{column}'; {hint}")


def _columns(plan: Plan) -> dict[str, Template]:
    """Give the columns that a mapping names, each with the first that names it."""
    templates = (*plan.thread.values(), *plan.reply.values(), *filter(None, (plan.group, plan.origin)))
    return {column: template for template in reversed(templates) for column in template.columns}


_Numbered = list[tuple[int, Row]]


def _groups(rows: Sequence[Row], plan: Plan) -> Iterator[tuple[str, _Numbered]]:
    """Give the rows of each thread, with their numbers from 1; the key is the group's value, or the row's number."""
    if plan.group is None:
        yield from ((str(number), [(number, row)]) for number, row in enumerate(rows, 1))
        return
    groups: dict[str, _Numbered] = {}
    for number, row in enumerate(rows, 1):
        groups.setdefault(_filled(plan.group, row) or str(number), []).append((number, row))
    yield from groups.items()


def _filled(template: Template, row: Row) -> str:
    """Fill a template with a row's values, on one line."""
    return " ".join(template.fill(_texts(row, template)).split())


def _texts(row: Row, template: Template) -> dict[str, str]:
    return {column: _text(row.get(column)) for column in template.columns}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(map(_text, value))
    return clean(html.unescape(str(value)))


class _Maker:
    """Makes one draft."""

    def __init__(self, plan: Plan, origin: str) -> None:
        self._plan = plan
        self._made = Draft(origin=origin, asker={}, turns=[], topics=[], repaired=[], left=[])

    def draft(self, numbered: _Numbered) -> Draft:
        """Make the thread of the first row, with a reply of each row that has one."""
        made, plan, row = self._made, self._plan, numbered[0][1]
        if plan.origin:
            made.origin = _filled(plan.origin, row) or made.origin
        for key in ("title", "question", "specialty", "asked", "lang", "more_info_by"):
            setattr(made, key, self._value(plan.thread, key, row))
        made.topics = self._topics(row)
        made.asker = self._asker(row)
        made.text = self._body(plan.thread, "text", row, "question")
        made.more_info = self._body(plan.thread, "more_info", row, "More Info")
        made.title = tidying.without_specialty(made.title, made.specialty) if made.title else self._title(row)
        question = plan.thread.get("text")
        for number, other in numbered:
            if self._raw(question, other) not in {"", self._raw(question, row)}:
                made.left.append(f"row {number}: another question than that of row {numbered[0][0]}")
            self._reply(number, other)
        return made

    def _value(self, templates: Mapping[str, Template], key: str, row: Row) -> str:
        """Give a field's text: the column's, in the words of `values`, or the default."""
        found = _filled(templates[key], row) if key in templates else ""
        found = self._plan.values.get(key, {}).get(found, found) or self._plan.defaults.get(key, "")
        return self._day(found) if key in _DAYS and found else found

    def _day(self, text: str) -> str:
        if self._plan.dates:
            try:
                return datetime.strptime(text, self._plan.dates).date().isoformat()  # noqa: DTZ007 - only its day is used
            except ValueError:
                return tidying.day(text)
        day = text[:10] if text[10:11] in {"T", " "} else text  # a time behind it is nobody's business
        return tidying.day(day)

    def _topics(self, row: Row) -> list[str]:
        template = self._plan.thread.get("topics")
        if template is None:
            found = self._plan.defaults.get("topics", "").split(self._plan.separator)
        elif len(template.columns) == 1 and isinstance(value := row.get(template.columns[0]), list):
            found = [_text(one) for one in value]
        else:
            found = _filled(template, row).split(self._plan.separator)
        wording = self._plan.values.get("topics", {})
        topics: dict[str, str] = {}
        for one in found:
            text = " ".join(wording.get(one.strip(), one).split())
            topics.setdefault(names.key(text), text)
        return [text for text in topics.values() if text]

    def _asker(self, row: Row) -> dict[str, str]:
        told = {key: self._value(self._plan.thread, f"asker_{key}", row) for key in ("name", "age", "sex")}
        if told["sex"] and told["sex"].lower() not in SEXES:
            self._made.left.append(f"asker_sex: '{told['sex']}' is no sex that medqa knows")
        told["sex"] = SEXES.get(told["sex"].lower(), "")
        return {key: value for key, value in told.items() if value}

    def _title(self, row: Row) -> str:
        """Make a title of the headline, else of the question's beginning."""
        text = self._made.question or " ".join(self._raw(self._plan.thread.get("text"), row).split())
        self._made.repaired.append("title: made of the question's beginning")
        return excerpts.excerpt(text, _TITLE) if len(text) > _TITLE else text

    def _raw(self, template: Template | None, row: Row) -> str:
        return template.fill(_texts(row, template)) if template else ""

    def _body(self, templates: Mapping[str, Template], key: str, row: Row, part: str) -> str:
        text = self._raw(templates.get(key), row)
        text = text if self._plan.markdown else as_markdown(text)
        tidy = tidying.tidy_text(text).rstrip("\n")
        if torn := sum(map(bool, text.split("\n"))) - sum(map(bool, tidy.split("\n"))):
            self._made.repaired.append(f"{part}: {torn} torn lines joined")
        return tidy

    def _reply(self, number: int, row: Row) -> None:
        """Add the reply of a row; one that says again what another of the thread says is left."""
        templates, made = self._plan.reply, self._made
        text = self._body(templates, "text", row, f"row {number}") if templates else ""
        if not text:
            return
        told = {key: self._value(templates, key, row) for key in REPLY_KEYS if key != "text"}
        reply = DraftReply(text=text, **told)
        reply.doctor = names.strip_honorifics(reply.doctor)
        reply.specialty = "" if names.key(reply.specialty) == names.key(made.specialty) else reply.specialty
        if any((other.doctor, other.text) == (reply.doctor, reply.text) for other in made.replies):
            made.left.append(f"row {number}: the same reply again")
        else:
            made.turns.append(reply)
