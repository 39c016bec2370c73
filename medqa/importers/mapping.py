"""How the columns of a table become threads: a small YAML file, typed and closed like config.yaml."""

import re
from collections.abc import Mapping as Map
from pathlib import Path

import msgspec

from medqa import sources, yamltext
from medqa.errors import BuildFailedError, UsageError
from medqa.fields import Reader

KEYS = ("rows", "thread", "reply", "group", "origin", "defaults", "values", "dates", "separator", "text")
THREAD_KEYS = (
    "title", "question", "specialty", "asker_name", "asker_age", "asker_sex", "asked", "topics", "lang", "text",
    "more_info", "more_info_by",
)  # fmt: skip
REPLY_KEYS = ("doctor", "hospital", "specialty", "replied", "text")
_BRACES = re.compile(r"\{([^{}]+)\}")
FORMS = ("json", "jsonl", "csv")


class Template(msgspec.Struct, frozen=True):
    """A column, or a text with columns between braces."""

    text: str
    filled: bool
    """Whether there are braces to be filled; else the text is the column's name."""
    line: int
    column: int

    @property
    def columns(self) -> list[str]:
        """The columns that it needs."""
        return _BRACES.findall(self.text) if self.filled else [self.text]

    def fill(self, texts: Map[str, str]) -> str:
        """Put a row's texts in; a column that the row lacks is empty."""
        if not self.filled:
            return texts.get(self.text, "")
        return _BRACES.sub(lambda name: texts.get(name[1], ""), self.text)


class Mapping(msgspec.Struct, frozen=True):
    """What is made of which column."""

    path: str
    rows: str
    """Form of the file: json, jsonl, csv; "" by the ending of its name."""
    thread: Map[str, Template]
    reply: Map[str, Template]
    group: Template | None
    """Rows with one value of this are one thread, with a reply each."""
    origin: Template | None
    """By what a thread is known again; default: the file's name with the group's value, or the row's number."""
    defaults: Map[str, str]
    """Field → its text where the column is empty."""
    values: Map[str, Map[str, str]]
    """Field → text in the table → text to write."""
    dates: str
    """Form of the dates, as strptime has it; "" for year, month, day in figures."""
    separator: str
    """Parts the topics of one column."""
    markdown: bool
    """Whether the table's texts are Markdown already."""


def text_of(file: Path) -> str:
    """Read a file that is to be brought in, or tells how; raises UsageError where it is no text, or not there."""
    try:
        return sources.read(file.parent, file.name).text
    except sources.UnreadableError as error:
        place = f"{file}:{error.problem.line}" if error.problem.code == "MQ101" else file
        raise UsageError(f"{place}: {error.problem.message}; {error.problem.hint}") from error


def read(file: Path) -> Mapping:
    """Read a mapping; raises BuildFailedError with all that is wrong with it, UsageError where it is not there."""
    node, problems = yamltext.read(text_of(file), str(file))
    reader = Reader(node, str(file), KEYS, problems)
    values = reader.open("values")
    found = Mapping(
        path=str(file),
        rows=reader.choice("rows", FORMS),
        thread=_templates(reader, "thread", THREAD_KEYS),
        reply=_templates(reader, "reply", REPLY_KEYS),
        group=_template(reader, "group"),
        origin=_template(reader, "origin"),
        defaults=_defaults(reader),
        values={key: values.texts(key) for key in values.keys} if values else {},
        dates=reader.text("dates"),
        separator=reader.text("separator") or ";",
        markdown=reader.choice("text", ("plain", "markdown")) == "markdown",
    )
    for part, key in (("thread", "text"), ("reply", "text")):
        if key not in (found.thread if part == "thread" else found.reply) and (part == "thread" or found.reply):
            reader.report(reader.place(part), "MQ201", f"'{part}' has no '{key}'", f"write {part}: {{{key}: column}}")
    if problems:
        raise BuildFailedError(problems)
    return found


def _defaults(reader: Reader) -> dict[str, str]:
    entry = reader.below("defaults", (*THREAD_KEYS, *REPLY_KEYS))
    return {key: entry.text(key) for key in entry.keys} if entry else {}


def _templates(reader: Reader, part: str, known: tuple[str, ...]) -> dict[str, Template]:
    entry = reader.below(part, known)
    found = {key: _template(entry, key) for key in entry.keys} if entry else {}
    return {key: template for key, template in found.items() if template}


def _template(reader: Reader, key: str) -> Template | None:
    """Read a column's name, or a text with names between braces."""
    text = reader.text(key)
    if not text:
        return None
    filled = "{" in text or "}" in text
    if filled and re.search(r"[{}]", _BRACES.sub("", text)):
        message = f"'{key}' has a brace without its other half"
        reader.report(reader.place(key), "MQ202", message, 'write "{column} and {column}"')
        return None
    return Template(text, filled, *reader.place(key))
