"""The words of pages: `templates/locales/*.yaml`, the archive's own over the packaged ones."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import msgspec

from medqa import sources, yamltext
from medqa.config import LOCALES, SECTION_KINDS, SOURCE_LANGUAGE, Config, Locales, Message, Strings, placeholders
from medqa.errors import Problem, problem, suggestion
from medqa.fields import Reader, is_language, wider_tags

_DATE_PARTS = frozenset({"day", "month", "month_number", "year"})
_MONTHS = 12
_SHOWN = 10
"""Missing strings that are named; the others are counted."""


def load_locales(root: Path, config: Config) -> tuple[Locales, list[Problem]]:
    """Read all locales; a locale of the archive's own adds to, and overrides, the packaged one of its name.

    Every language must have the strings that English has, with no other placeholders (MQ305). What cannot be used is
    replaced, so that whatever else is wrong is found in the same run.
    """
    problems: list[Problem] = []
    tables: dict[str, _Table] = {}
    fillable: dict[str, set[str]] = {}
    for folder in dict.fromkeys((sources.PACKAGED_TEMPLATES, root / sources.TEMPLATES)):
        for file in sorted((folder / "locales").glob("*.yaml")):
            if sources.name_fault(path := sources.shown_path(root, file)):
                continue  # which is told with the templates
            table = _read_table(file, path, problems)
            tables[file.stem] = tables[file.stem].under(table) if file.stem in tables else table
        # What medqa has values for, its own English tells; strings that an archive adds are for its own templates.
        fillable = {key: one.placeholders() for key, one in tables[SOURCE_LANGUAGE].messages.items()} | fillable
    english = tables[SOURCE_LANGUAGE]
    for table in tables.values():
        problems += _unfit(table, fillable)
        problems += _incomplete(table, english) if english.whole else ()
    problems += _unknown_language(config.language, tables)
    return {tag: table.strings(tag, english, fillable) for tag, table in tables.items()}, problems


def _unknown_language(language: str, known: Collection[str]) -> Iterator[Problem]:
    if not any(tag in known for tag in wider_tags(language)):
        hint = f"add {LOCALES}/{language}.yaml, or choose one of: {', '.join(known)}"
        message = f"there are no strings for the language '{language}'"
        yield problem((sources.CONFIG, 1, 1), "MQ305", message, hint)


class _Table(msgspec.Struct, frozen=True):
    """A locale file as read, perhaps not complete."""

    path: str
    sections: dict[str, tuple[str, ...]]
    months: tuple[str, ...]
    date_format: str
    messages: dict[str, Message]
    places: dict[str, tuple[str, int, int]]
    """Key of a message → path, line and column."""
    whole: bool
    """False where some of it could not be read: then nothing is said of what is missing."""

    def under(self, upper: "_Table") -> "_Table":
        """Give this table with all that `upper` says laid over it."""
        return _Table(
            upper.path,
            {**self.sections, **upper.sections},
            upper.months or self.months,
            upper.date_format or self.date_format,
            {**self.messages, **upper.messages},
            {**self.places, **upper.places},
            self.whole and upper.whole,
        )

    def strings(self, tag: str, english: "_Table", fillable: Mapping[str, Collection[str]]) -> Strings:
        """Give the strings of the language, English where something is missing, a key where it cannot be filled."""
        whole = english.under(self)
        messages = {
            key: message if message.placeholders() <= set(fillable.get(key, message.placeholders())) else Message(key)
            for key, message in whole.messages.items()
        }
        return Strings(tag, whole.sections, whole.months or ("",) * _MONTHS, whole.date_format, messages)


# --- one file ---------------------------------------------------------------------------------------------------------


def _read_table(file: Path, path: str, problems: list[Problem]) -> _Table:
    try:
        text = sources.read(file.parent, file.name).text
    except sources.UnreadableError as error:
        problems.append(msgspec.structs.replace(error.problem, path=path))
        text = ""
    node, found = yamltext.read(text, path)
    reader = Reader(node, path, ("sections", "months", "date", "messages"), found)
    if not is_language(file.stem):
        hint = "call the file en.yaml, zh-Hant.yaml, ar.yaml …"
        reader.report((1, 1), "MQ305", f"'{file.stem}' is not a language tag", hint)
    messages = dict(_messages(reader))
    table = _Table(
        path,
        _sections(reader),
        _months(reader),
        _date_format(reader),
        {key: message for key, (message, _) in messages.items()},
        {key: (path, *place) for key, (_, place) in messages.items()},
        not found,
    )
    problems.extend(found)
    return table


def _sections(reader: Reader) -> dict[str, tuple[str, ...]]:
    """Read the names that open sections."""
    entry = reader.below("sections", SECTION_KINDS)
    names = {kind: found for kind in SECTION_KINDS if entry and (found := entry.names(kind))}
    return {kind: tuple(name.text for name in found) for kind, found in names.items()}


def _months(reader: Reader) -> tuple[str, ...]:
    months = tuple(item.text for item in reader.items("months") if isinstance(item, yamltext.Scalar))
    if reader.has("months") and len(months) != _MONTHS:
        message, hint = f"12 months are needed, here are {len(months)}", "write months: [January, February, …]"
        reader.report(reader.place("months"), "MQ305", message, hint)
        return ()
    return months


def _date_format(reader: Reader) -> str:
    text = reader.text("date")
    try:
        unknown = placeholders(text) - _DATE_PARTS
    except ValueError as error:
        reader.report(reader.place("date"), "MQ305", *_bad_braces("date", error))
        return ""
    if unknown:
        reader.report(reader.place("date"), "MQ305", *_unfilled("date", unknown, _DATE_PARTS))
        return ""
    return text


def _messages(reader: Reader) -> Iterator[tuple[str, tuple[Message, tuple[int, int]]]]:
    """Give the messages that can be used, with their places."""
    entry = reader.open("messages")
    if entry is None:
        return
    for key in entry.keys:
        plural = entry.below(key, ("one", "other")) if entry.is_mapping(key) else None
        message = (
            Message(plural.text("other", required=True), plural.text("one")) if plural else Message(entry.text(key))
        )
        try:
            message.placeholders()
        except ValueError as error:
            entry.report(entry.place(key), "MQ305", *_bad_braces(key, error))
        else:
            if message.other:
                yield key, (message, entry.place(key))


# --- what can be wrong with a string ----------------------------------------------------------------------------------


def _bad_braces(key: str, error: ValueError) -> tuple[str, str]:
    return f"'{key}' has a bad placeholder: {error}", "write {n}; a brace that is meant as such is doubled: {{"


def _unfilled(key: str, unknown: Collection[str], known: Collection[str]) -> tuple[str, str]:
    given = ", ".join(f"{{{name}}}" for name in sorted(known)) or "none"
    return f"'{key}' has a placeholder that is not filled: {{{min(unknown)}}}", f"known here: {given}"


def _unfit(table: _Table, fillable: Mapping[str, Collection[str]]) -> Iterator[Problem]:
    """Look for section names with two meanings, and for placeholders other than those that there are values for."""
    kinds: dict[str, str] = {}
    for kind, word in ((kind, word) for kind, found in table.sections.items() for word in found):
        if kinds.setdefault(word.casefold(), kind) != kind:
            twice = f"'{word}' opens two kinds of sections"
            yield problem((table.path, 1, 1), "MQ305", twice, "let a name stand for one kind only")
    for key, message in sorted(table.messages.items()):
        if unknown := message.placeholders() - set(fillable.get(key, message.placeholders())):
            yield problem(table.places[key], "MQ305", *_unfilled(key, unknown, fillable[key]))


def _incomplete(table: _Table, english: _Table) -> Iterator[Problem]:
    """Compare what there is with what English has."""
    missing = [key for key, there in (("months", table.months), ("date", table.date_format)) if not there]
    missing += sorted(english.messages.keys() - table.messages.keys())
    if missing and table.whole:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        hint = f"translate what {LOCALES}/{SOURCE_LANGUAGE}.yaml has"
        yield problem((table.path, 1, 1), "MQ305", f"strings are missing: {', '.join(missing[:_SHOWN])}{more}", hint)
    for key in sorted(table.messages.keys() - english.messages.keys()):
        hint = suggestion(key, english.messages) or "strings of your own stand in the English file, too"
        yield problem(table.places[key], "MQ305", f"'{key}' is not a known string", hint)
