"""Reading typed values out of YAML mappings: the same words for the same mistakes in content, config and locales."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache

import msgspec

from medqa import yamltext
from medqa.errors import Problem, nearest, problem, suggestion

_DATE = re.compile(r"([0-9]{4})([-/])([0-9]{2})\2([0-9]{2})")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Name(msgspec.Struct, frozen=True):
    """A reference or name as written, and where."""

    text: str
    line: int = 0
    column: int = 0


class Reader:
    """Takes the fields out of one mapping; what is wrong is added to `problems`, and the field reads as absent.

    An empty value equals an absent key. A key that is not `known` is a problem with a suggestion.
    """

    def __init__(self, node: yamltext.Mapping, path: str, known: Collection[str], problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self.line, self.column = node.line, node.column
        self._unsure = set(node.repeated)
        self._keys = node.items
        self._values: dict[str, yamltext.Node] = {}
        for key, (at, value) in node.items.items():
            if key not in known:
                self.report((at.line, at.column), "MQ108", f"'{key}' is not a known key", suggestion(key, known))
                self._unsure.add(nearest(key, known))
            elif not (isinstance(value, yamltext.Scalar) and not value.text.strip()):
                self._values[key] = value

    def report(self, at: tuple[int, int], code: str, message: str, hint: str = "") -> None:
        """Add a problem at (line, column) of the file."""
        self.problems.append(problem((self.path, *at), code, message, hint))

    def place(self, key: str) -> tuple[int, int]:
        """Give the (line, column) of a field's value; of the mapping itself where the field is absent."""
        value = self._values.get(key, self)
        return value.line, value.column

    def has(self, key: str) -> bool:
        """Tell whether the field is there and not empty."""
        return key in self._values

    def unsure(self, key: str) -> bool:
        """Tell whether the field was reported as misspelt or given twice: that it is absent is no further problem."""
        return key in self._unsure

    def text(self, key: str, *, required: bool = False) -> str:
        """Give a text on one line, without white space around it; "" when absent."""
        value = self._values.get(key)
        if isinstance(value, yamltext.Scalar):
            return " ".join(value.text.split())
        if value:
            hint = f"write one value behind '{key}:', between double quotes if it begins with a bracket or a dash"
            self.report((value.line, value.column), "MQ202", f"'{key}' is one text, not a list or mapping", hint)
        elif required and not self.unsure(key):
            self.report((self.line, self.column), "MQ201", f"'{key}' is missing", f"add a line '{key}: …'")
        return ""

    def name(self, key: str, *, required: bool = False) -> Name | None:
        """Give a reference with its place, accents composed as in the names of files."""
        text = self.text(key, required=required)
        return Name(unicodedata.normalize("NFC", text), *self.place(key)) if text else None

    def day(self, key: str, *, required: bool = False) -> date | None:
        """Give a date written YYYY-MM-DD or YYYY/MM/DD."""
        text = self.text(key, required=required)
        if not text:
            return None
        day = _day(text)
        if day is None:
            hint = "write YYYY-MM-DD, for example 2023-07-06"
            self.report(self.place(key), "MQ203", f"'{key}' is not a date: '{text}'", hint)
        return day

    def choice(self, key: str, allowed: Collection[str]) -> str:
        """Give one of the allowed words, "" when absent."""
        text = self.text(key)
        if text and text not in allowed:
            words = ", ".join(allowed)
            self.report(self.place(key), "MQ204", f"'{key}' cannot be '{text}'", f"write one of: {words}")
            return ""
        return text

    def flag(self, key: str) -> bool:
        """Give true or false; false when absent."""
        return self.choice(key, ("true", "false")) == "true"

    def number(self, key: str, default: int, low: int = 1, high: int = 10_000) -> int:
        """Give a whole number between low and high."""
        text = self.text(key)
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):  # noqa: PLR2004 - int() of a long text is slow
            hint = f"write a whole number from {low} to {high}"
            self.report(self.place(key), "MQ202", f"'{key}' cannot be '{text}'", hint)
            return default
        return int(text)

    def language(self, key: str) -> str:
        """Give a language tag such as en or zh-Hant, "" when absent."""
        text = self.text(key)
        return text if text and self._check_language(text, self.place(key)) else ""

    def _check_language(self, tag: str, at: tuple[int, int]) -> bool:
        if is_language(tag):
            return True
        self.report(at, "MQ204", f"'{tag}' is not a language tag", "write en, zh-Hant, ar …")
        return False

    def names(self, key: str) -> tuple[Name, ...]:
        """Give a list of texts; a single text counts as a list of one. Repetitions are dropped."""
        found: dict[str, Name] = {}
        for item in self.items(key):
            if not isinstance(item, yamltext.Scalar):
                self.report((item.line, item.column), "MQ202", f"'{key}' holds texts only", f"write {key}: [one, two]")
            elif item.text.strip():
                text = unicodedata.normalize("NFC", " ".join(item.text.split()))
                found.setdefault(text, Name(text, item.line, item.column))
        return tuple(found.values())

    def items(self, key: str) -> tuple[yamltext.Node, ...]:
        """Give the nodes of a list; a single value counts as a list of one."""
        value = self._values.get(key)
        if value is None:
            return ()
        return value.items if isinstance(value, yamltext.Sequence) else (value,)

    def below(self, key: str, known: Collection[str]) -> "Reader | None":
        """Give the reader of a mapping inside this one, None when absent."""
        node = self._values.get(key)
        return self.mapping(node, key, known) if node else None

    def open(self, key: str) -> "Reader | None":
        """Give the reader of a mapping with any keys, None when absent."""
        node = self._values.get(key)
        return self.below(key, list(node.items) if isinstance(node, yamltext.Mapping) else ())

    @property
    def keys(self) -> tuple[str, ...]:
        """The known keys that are there and not empty, in their order."""
        return tuple(self._values)

    def is_mapping(self, key: str) -> bool:
        """Tell whether a field holds keys and values."""
        return isinstance(self._values.get(key), yamltext.Mapping)

    def each(self, key: str, known: Collection[str]) -> "list[Reader]":
        """Give readers for a list of mappings."""
        readers = [self.mapping(item, key, known) for item in self.items(key)]
        return [reader for reader in readers if reader]

    def mapping(self, node: yamltext.Node, key: str, known: Collection[str]) -> "Reader | None":
        """Give a reader for a node that has to be a mapping."""
        if isinstance(node, yamltext.Mapping):
            return Reader(node, self.path, known, self.problems)
        hint = f"write {{{', '.join(f'{one}: …' for one in list(known)[:2])}}}" if known else "write {key: value}"
        self.report((node.line, node.column), "MQ202", f"'{key}' needs keys and values", hint)
        return None

    def texts(self, key: str) -> dict[str, str]:
        """Give a mapping with any keys to texts."""
        return {word.text: text for word, text in self._texts(key)}

    def by_language(self, key: str) -> dict[str, str]:
        """Give a mapping of language tags to texts."""
        found = self._texts(key)
        for tag, _ in found:
            self._check_language(tag.text, (tag.line, tag.column))
        return {tag.text: text for tag, text in found}

    def localized(self, key: str) -> "Localized":
        """Give a text, or a mapping language → text; a plain text stands under the key ""."""
        if isinstance(self._values.get(key), yamltext.Scalar):
            return {"": self.text(key)}
        return self.by_language(key)

    def _texts(self, key: str) -> list[tuple[yamltext.Scalar, str]]:
        """Give the keys, with their places, and texts of a mapping."""
        entry = self.open(key)
        if entry is None:
            return []
        return [(entry._keys[word][0], text) for word in entry.keys if (text := entry.text(word))]  # noqa: SLF001


@lru_cache(maxsize=1 << 12)
def _day(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    try:
        return date(int(match[1]), int(match[3]), int(match[4])) if match else None
    except ValueError:
        return None  # no day of the calendar


Localized = Mapping[str, str]
"""Language tag → text; "" is the text for every other language."""


def in_language(texts: Localized, language: str, default: str) -> str:
    """Choose the text for a language, else for its wider tags, else the plain one, else the default language's."""
    for tag in (*wider_tags(language), "", *wider_tags(default)):
        if tag in texts:
            return texts[tag]
    return next(iter(texts.values()), "")


def is_language(tag: str) -> bool:
    """Tell whether a text has the form of a language tag: en, zh-Hant."""
    return bool(_LANGUAGE.fullmatch(tag))


@lru_cache(maxsize=256)
def wider_tags(language: str) -> tuple[str, ...]:
    """Give a tag and its prefixes: zh-Hant-TW, zh-Hant, zh."""
    parts = language.split("-")
    return tuple("-".join(parts[:count]) for count in range(len(parts), 0, -1))
