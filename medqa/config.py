"""The archive's settings, from `config.yaml`, and the words of its pages as values."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Any, Literal, cast, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from medqa import sources, yamltext
from medqa.errors import CODES, NOTES, BuildFailedError, Problem, problem
from medqa.fields import Localized, Reader, wider_tags

SOURCE_LANGUAGE = "en"
"""The language whose locale is complete by definition; the others are compared with it."""

Level = Literal["error", "warning", "note", "off"]
Mode = Literal["light", "dark"]
MODES: tuple[Mode, ...] = get_args(Mode)
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
    "colours",
    "markdown_front",
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


class Colour(msgspec.Struct, frozen=True):
    """A colour of the archive's own, in place of the one that the style sheet has under its name."""

    name: str
    mode: Mode
    value: str
    """`#rrggbb`, in small letters."""
    place: tuple[int, int]
    """Line and column."""


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
    """Code of a finding → error (counts for the exit code), warning, note (shown when asked for) or off."""
    profile: Literal["public", "strict"] = "public"
    """strict: every warning counts for the exit code of `check`, as with --strict."""
    statements: Statements = Statements()
    emergency: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    """Region → emergency number, shown in urgent-care notices."""
    colours: tuple[Colour, ...] = ()
    """Colours in place of those of `assets/site.css`, by their names there; for light mode, dark mode or both."""
    markdown_front: bool = True
    """Whether plain texts are rendered without the Markdown library: the same bytes in a tenth of the time."""

    def level(self, code: str) -> Level:
        """Give how much what has a code counts."""
        if code < "MQ5":
            return "error"
        return self.levels.get(code) or ("note" if code in NOTES else "warning")

    @property
    def path_prefix(self) -> str:
        """The path of base_url without a slash at the end: "" or "/archive"."""
        return urlsplit(self.base_url).path.rstrip("/")


def load_config(root: Path) -> tuple[Config, list[Problem]]:
    """Read `config.yaml`; without the file every setting has its default, and so has a setting that is wrong."""
    file = root / sources.CONFIG
    if not (file.exists() or file.is_symlink()):
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
        colours=tuple(_colours(reader)),
        markdown_front=reader.choice("markdown_front", ("true", "false")) != "false",
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
    chosen = {code: entry.choice(code, get_args(Level)) for code in findings}
    return {code: cast("Level", level) for code, level in chosen.items() if level}


def _statements(reader: Reader) -> Statements:
    entry = reader.below("statements", _STATEMENTS)
    return Statements(*(entry.localized(key) for key in _STATEMENTS)) if entry else Statements()


def _colours(reader: Reader) -> Iterator[Colour]:
    entry = reader.open("colours")
    if entry is None:
        return
    for key in entry.keys:
        modes = entry.below(key, MODES) if entry.is_mapping(key) else None
        for mode in MODES:
            of, name = (modes, mode) if modes else (entry, key)
            if value := _colour(of, name):
                yield Colour(key, mode, value, of.place(name))


def _colour(reader: Reader, key: str) -> str:
    """Read #abc or #aabbcc, also without its first character, which YAML takes for the beginning of a remark."""
    text = reader.text(key)
    digits = text.removeprefix("#").lower()
    if text and not re.fullmatch(r"[0-9a-f]{3}|[0-9a-f]{6}", digits):
        hint = 'write "#0d3f43": six digits from 0 to f, for red, green and blue'
        reader.report(reader.place(key), "MQ204", f"'{text}' is not a colour", hint)
        return ""
    return "#" + "".join(digit * 2 if len(digits) == len("abc") else digit for digit in digits) if text else ""


class Message(msgspec.Struct, frozen=True):
    """One string of the interface: `t.read_more`, `t.questions(n=3)`."""

    other: str
    one: str = ""

    def __str__(self) -> str:
        """Give the words as they stand."""
        return self.other

    def __call__(self, **values: object) -> str:
        """Fill in the {placeholders}; with n=1 the singular is taken where the language has one.

        Raises UnfilledError where there is no value for one of them.
        """
        text = self.one if self.one and values.get("n") == 1 else self.other
        try:
            return text.format_map(values)
        except KeyError as error:
            raise UnfilledError(text, str(error.args[0]), values) from error

    def placeholders(self) -> set[str]:
        """Give the names in braces."""
        return placeholders(self.other) | placeholders(self.one)


class UnfilledError(BuildFailedError):
    """A string has a placeholder for which there is no value: of English ones only their use can tell (MQ305)."""

    def __init__(self, text: str, name: str, values: Collection[str]) -> None:
        """Say what cannot be filled in."""
        self._message = f"there is no value for '{{{name}}}' in '{text}'"
        known = ", ".join(f"{{{value}}}" for value in sorted(values)) or "none"
        super().__init__([problem((LOCALES, 1, 1), "MQ305", self._message, f"known here: {known}")])

    def __str__(self) -> str:
        """Give the message alone: a template that fails by it has a place of its own."""
        return self._message


def placeholders(text: str) -> set[str]:
    """Give the names in braces; raises ValueError where braces hold anything but a name."""
    names = set()
    for _, name, form, conversion in Formatter().parse(text):
        if name is not None:
            if form or conversion or not name.isidentifier():
                raise ValueError(f"braces hold a name and nothing else, not '{{{name}…}}'")
            names.add(name)
    return names


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


LOCALES = f"{sources.TEMPLATES}/locales"
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
