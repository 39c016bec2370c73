"""The archive's settings and the words of its pages: `config.yaml` and `templates/locales/*.yaml`."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Any, Literal, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from medqa import sources, yamltext
from medqa.errors import CODES, Problem, problem, suggestion
from medqa.fields import Localized, Reader, wider_tags

SOURCE_LANGUAGE = "en"
"""The language whose locale is complete by definition; the others are compared with it."""

Level = Literal["error", "warning", "off"]
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_STATEMENTS = ("notice", "contact", "funding", "advertising", "licence")
_KEYS = (
    "name",
    "base_url",
    "language",
    "timezone",
    "per_page",
    "specialties",
    "levels",
    "profile",
    "statements",
    "emergency",
)


class ConfiguredSpecialty(msgspec.Struct, frozen=True):
    """One entry of `specialties`: its place in the list is its place on the pages."""

    name: str
    schema: str = ""
    """The member of schema.org's MedicalSpecialty, where there is one: Neurology → Neurologic."""
    line: int = 0
    column: int = 0


class Statements(msgspec.Struct, frozen=True):
    """What the archive says of itself at the foot of its pages; each may be given by language."""

    notice: Localized = msgspec.field(default_factory=dict[str, str])
    """Replaces the words "not medical advice" of the locale."""
    contact: Localized = msgspec.field(default_factory=dict[str, str])
    """Where readers write to: an e-mail address or a web address."""
    funding: Localized = msgspec.field(default_factory=dict[str, str])
    advertising: Localized = msgspec.field(default_factory=dict[str, str])
    licence: Localized = msgspec.field(default_factory=dict[str, str])


class Config(msgspec.Struct, frozen=True):
    """The archive's settings. Closed: a key that is not here is an error."""

    name: str = "Medical Q&A"
    """The archive's name, in titles and at the head of each page."""
    base_url: str = "https://example.org"
    """The published site's address, without a slash at the end; its path, if any, stands before every link."""
    language: str = SOURCE_LANGUAGE
    """Language of all pages but threads that name their own."""
    timezone: str = "UTC"
    """The time zone in which the archive's dates are meant (IANA name)."""
    per_page: int = 20
    """Threads on one page of a list, 1 to 200."""
    specialties: tuple[ConfiguredSpecialty, ...] = ()
    """Specialties in the order in which pages list them; others follow by name."""
    levels: Mapping[str, Level] = msgspec.field(default_factory=dict[str, Level])
    """Code of a finding → error (counts for the exit code), warning (default) or off."""
    profile: Literal["public", "strict"] = "public"
    """strict: every finding counts for the exit code of `check`, as with --strict."""
    statements: Statements = Statements()
    emergency: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    """Region → emergency number, shown in urgent-care notices."""

    @property
    def path_prefix(self) -> str:
        """The path of base_url without a slash at the end: "" or "/archive"."""
        return urlsplit(self.base_url).path.rstrip("/")


def load_config(root: Path) -> tuple[Config, list[Problem]]:
    """Read `config.yaml`; without the file every setting has its default, and so has a setting that is wrong."""
    if not (root / sources.CONFIG).exists():
        return Config(), []
    try:
        source = sources.read(root, sources.CONFIG)
    except sources.UnreadableError as error:
        return Config(), [error.problem]
    node, problems = yamltext.read(source.text, sources.CONFIG)
    reader = Reader(node, sources.CONFIG, _KEYS, problems)
    default = Config()
    config = Config(
        name=reader.text("name") or default.name,
        base_url=_base_url(reader) or default.base_url,
        language=reader.language("language") or default.language,
        timezone=_timezone(reader) or default.timezone,
        per_page=reader.number("per_page", default.per_page, high=200),
        specialties=_specialties(reader),
        levels=_levels(reader),
        profile=cast("Any", reader.choice("profile", ("public", "strict"))) or default.profile,
        statements=_statements(reader),
        emergency=reader.texts("emergency"),
    )
    return config, problems


def _base_url(reader: Reader) -> str:
    text = reader.text("base_url").rstrip("/")
    try:
        parts = urlsplit(text)
        fits = parts.scheme in {"http", "https"} and parts.hostname and not parts.query and not parts.fragment
    except ValueError:
        fits = None
    if text and (not fits or re.search(r"[\s<>\"']", text)):
        hint = "write https://www.example.org or https://example.org/archive"
        reader.report(reader.place("base_url"), "MQ204", f"'{text}' is not a web address", hint)
        return ""
    return text


def _timezone(reader: Reader) -> str:
    text = reader.text("timezone")
    try:
        if text:
            ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reader.report(reader.place("timezone"), "MQ204", f"'{text}' is not a time zone", "write Asia/Taipei, UTC …")
        return ""
    return text


def _specialties(reader: Reader) -> tuple[ConfiguredSpecialty, ...]:
    found: list[ConfiguredSpecialty] = []
    for node in reader.items("specialties"):
        if isinstance(node, yamltext.Scalar):
            name, schema = " ".join(node.text.split()), ""
        else:
            entry = reader.mapping(node, "specialties", ("name", "schema"))
            name, schema = (entry.text("name", required=True), entry.text("schema")) if entry else ("", "")
        if name:
            found.append(ConfiguredSpecialty(name, schema, node.line, node.column))
    return tuple(found)


def _levels(reader: Reader) -> dict[str, Level]:
    findings = [code for code in CODES if code >= "MQ5"]
    entry = reader.below("levels", findings)
    if entry is None:
        return {}
    chosen = {code: entry.choice(code, ("error", "warning", "off")) for code in findings}
    return {code: cast("Level", level) for code, level in chosen.items() if level}


def _statements(reader: Reader) -> Statements:
    entry = reader.below("statements", _STATEMENTS)
    return Statements(*(entry.localized(key) for key in _STATEMENTS)) if entry else Statements()


class Message(msgspec.Struct, frozen=True):
    """One string of the interface: `t.read_more`, `t.questions(n=3)`."""

    other: str
    one: str = ""

    def __str__(self) -> str:
        """Give the words as they stand."""
        return self.other

    def __call__(self, **values: object) -> str:
        """Fill in the {placeholders}; with n=1 the singular is taken where the language has one."""
        return (self.one if self.one and values.get("n") == 1 else self.other).format_map(values)

    def placeholders(self) -> set[str]:
        """Give the names in braces."""
        return {
            name for text in (self.other, self.one) for _, name, _, _ in Formatter().parse(text) if name is not None
        }


class Strings(msgspec.Struct, frozen=True):
    """The words of one language."""

    language: str
    sections: Mapping[str, tuple[str, ...]]
    """question, reply, follow_up, more_info → the names that open such a section in a thread."""
    months: tuple[str, ...]
    date_format: str
    """How a date is written, from {day}, {month}, {month_number} and {year}."""
    messages: Mapping[str, Message]

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """The language's writing direction."""
        return direction(self.language)

    def format_date(self, day: date) -> str:
        """Write a date as the language does."""
        month = self.months[day.month - 1]
        return self.date_format.format(day=day.day, month=month, month_number=day.month, year=day.year)


SECTION_KINDS = ("question", "reply", "follow_up", "more_info")
Locales = Mapping[str, Strings]
"""Language tag → its strings; holds at least the config's language and English."""


def direction(language: str) -> Literal["ltr", "rtl"]:
    """Give the writing direction of a language tag."""
    return "rtl" if language.split("-", maxsplit=1)[0].lower() in _RIGHT_TO_LEFT else "ltr"


def strings_for(locales: Locales, language: str, default: str) -> Strings:
    """Give the strings of a language, of its wider tags, or else of the default language."""
    for tag in (*wider_tags(language), *wider_tags(default)):
        if tag in locales:
            return locales[tag]
    return locales[SOURCE_LANGUAGE]


def load_locales(root: Path, config: Config) -> tuple[Locales, list[Problem]]:
    """Read all locales; a locale of the archive's own adds to, and overrides, the packaged one of its name.

    Every language must have the strings that English has, with the same placeholders (MQ305).
    """
    problems: list[Problem] = []
    tables: dict[str, _Table] = {}
    for folder in dict.fromkeys((sources.PACKAGED_TEMPLATES, root / sources.TEMPLATES)):
        for file in sorted((folder / "locales").glob("*.yaml")):
            table = _read_table(file, sources.shown_path(root, file), problems)
            tables[file.stem] = tables[file.stem].under(table) if file.stem in tables else table
    if not problems:
        for table in tables.values():
            problems.extend(_missing_strings(table, tables[SOURCE_LANGUAGE]))
        if not any(tag in tables for tag in wider_tags(config.language)):
            message = f"there are no strings for the language '{config.language}'"
            hint = f"add templates/locales/{config.language}.yaml, or choose one of: {', '.join(tables)}"
            problems.append(problem((sources.CONFIG, 1, 1), "MQ305", message, hint))
    return {tag: table.strings(tag, tables[SOURCE_LANGUAGE]) for tag, table in tables.items()}, problems


class _Table(msgspec.Struct, frozen=True):
    """A locale file as read, perhaps not complete."""

    path: str
    sections: dict[str, tuple[str, ...]]
    months: tuple[str, ...]
    date_format: str
    messages: dict[str, Message]

    def under(self, upper: "_Table") -> "_Table":
        """Give this table with all that `upper` says laid over it."""
        return _Table(
            upper.path,
            {**self.sections, **upper.sections},
            upper.months or self.months,
            upper.date_format or self.date_format,
            {**self.messages, **upper.messages},
        )

    def strings(self, tag: str, source: "_Table") -> Strings:
        """Give the strings of the language, English where something is missing."""
        whole = source.under(self)
        return Strings(tag, whole.sections, whole.months, whole.date_format, whole.messages)


def _read_table(file: Path, path: str, problems: list[Problem]) -> _Table:
    try:
        text = sources.read(file.parent, file.name).text
    except sources.UnreadableError as error:
        problems.append(msgspec.structs.replace(error.problem, path=path))
        text = ""
    node, found = yamltext.read(text, path)
    reader = Reader(node, path, ("sections", "months", "date", "messages"), found)
    sections = reader.below("sections", SECTION_KINDS)
    words = {kind: tuple(name.text for name in sections.names(kind)) for kind in SECTION_KINDS} if sections else {}
    months = tuple(name.text for name in reader.names("months"))
    if reader.has("months") and len(months) != 12:  # noqa: PLR2004 - months of a year
        reader.report(reader.place("months"), "MQ305", f"12 months are needed, here are {len(months)}")
    table = _Table(path, {kind: names for kind, names in words.items() if names}, months, reader.text("date"), {})
    table.messages.update(_read_messages(node, path, found))
    problems.extend(found)
    return table


def _read_messages(node: yamltext.Mapping, path: str, problems: list[Problem]) -> dict[str, Message]:
    _, messages = node.items.get("messages", (None, None))
    if not isinstance(messages, yamltext.Mapping):
        return {}
    found: dict[str, Message] = {}
    reader = Reader(messages, path, list(messages.items), problems)
    for key, (_, value) in messages.items.items():
        if isinstance(value, yamltext.Mapping):
            plural = Reader(value, path, ("one", "other"), problems)
            message = Message(plural.text("other", required=True), plural.text("one"))
        else:
            message = Message(reader.text(key))
        try:
            message.placeholders()
        except ValueError as error:
            reader.report((value.line, value.column), "MQ305", f"'{key}' has a bad placeholder: {error}", "write {n}")
            continue
        found[key] = message
    return found


def _missing_strings(table: _Table, source: _Table) -> list[Problem]:
    """Compare a locale with the English one."""
    place = (table.path, 1, 1)
    found = []
    missing = source.messages.keys() - table.messages.keys()
    if missing:
        found.append(problem(place, "MQ305", f"strings are missing: {', '.join(sorted(missing))}", "translate them"))
    found += (
        problem(place, "MQ305", f"'{key}' is not a known string", suggestion(key, source.messages))
        for key in sorted(table.messages.keys() - source.messages.keys())
    )
    for key in sorted(table.messages.keys() & source.messages.keys()):
        needed = source.messages[key].placeholders()
        if not table.messages[key].placeholders() <= needed:
            known = ", ".join(f"{{{name}}}" for name in sorted(needed)) or "none"
            found.append(
                problem(place, "MQ305", f"'{key}' has a placeholder that is not filled", f"known here: {known}")
            )
    return found
