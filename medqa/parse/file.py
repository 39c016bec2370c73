"""One file in the course of being parsed: its header's reader, and what its texts gave so far."""

from collections.abc import Mapping
from datetime import date
from typing import cast

import msgspec

from medqa import markup
from medqa.config import SECTION_KINDS, SOURCE_LANGUAGE, Config, Locales
from medqa.documents import Day, Text
from medqa.errors import Problem, problem
from medqa.fields import Reader, wider_tags
from medqa.sections import Frame, Names, Section, SectionKind
from medqa.sources import Place, digest

TEXT_DIGEST = 16
"""Hex digits of a text's digest: 64 bits."""
PAGE_IDS = frozenset({"main", "question", "more-info", "asks", "notice", "share", "similar", "faq", "neighbours"})
"""Ids that templates give to the parts of a page; no heading of a text gets one of them."""


class Dialect(msgspec.Struct, frozen=True):
    """What parsing needs to know of the site."""

    language: str
    names: Mapping[str, Mapping[str, str]]
    """Language tag → case-folded section name → section kind."""
    fast: bool = True
    """Whether plain texts may be rendered without the Markdown library."""
    sure: bool = True
    """False where the settings have errors: then the site's language may not be the one meant."""

    def section_names(self, language: str, *, sure: bool = True) -> Names:
        """Give the names that open a section in a thread of a language: its own and the English ones.

        Where the language is not sure, those of all languages.
        """
        own = next((self.names[tag] for tag in wider_tags(language or self.language) if tag in self.names), {})
        tables = [own, *(() if sure and self.sure else self.names.values()), self.names.get(SOURCE_LANGUAGE, {})]
        names = {name: kind for table in tables for name, kind in table.items()}
        return Names(cast("Mapping[str, SectionKind]", names), self._elsewhere)

    def _elsewhere(self, name: str) -> tuple[SectionKind, str] | None:
        """Give the section that a name opens in the first language that knows it, and that language's tag."""
        known = ((kinds[name], tag) for tag, kinds in self.names.items() if name in kinds)
        return cast("tuple[SectionKind, str] | None", next(known, None))


def dialect(config: Config, locales: Locales, *, sure: bool = True) -> Dialect:
    """Take from the settings, which may not be sure, and from the locales what parsing needs."""
    names = {
        tag: {name.casefold(): kind for kind in SECTION_KINDS for name in strings.sections.get(kind, ())}
        for tag, strings in sorted(locales.items())
    }
    return Dialect(config.language, names, config.markdown_front, sure)


class File:
    """Collects what one file gives: HTML and plain words by part, anchors, links, dates, problems."""

    def __init__(self, place: Place, cut: Frame, header: Reader, spoken: Dialect) -> None:
        """Begin with the file cut in two and its header read."""
        self.place = place
        self.cut = cut
        self.header = header
        self.dialect = spoken
        self.html: dict[str, str] = {}
        self.plain: dict[str, str] = {}
        self.anchors: list[str] = []
        self.links: list[markup.Link] = []
        self.days: list[Day] = []
        self.sections: list[tuple[str, Section]] = []
        self._taken = set(PAGE_IDS)

    @property
    def problems(self) -> list[Problem]:
        """All that was found wrong so far."""
        return self.header.problems

    @property
    def failed(self) -> bool:
        """Whether an error was found."""
        return any(found.severity == "error" for found in self.problems)

    def report(self, at: tuple[int, int], code: str, message: str, hint: str = "") -> None:
        """Add a problem at (line, column)."""
        self.problems.append(problem((self.place.path, *at), code, message, hint))

    def render(self, part: str, text: str, line: int, level: int) -> Text | None:
        """Render a text that begins on `line` as a part of the document; None when there is no text.

        `level` is that of the heading it stands under. Parts are rendered in the order of the file, since ids and the
        numbers of links go through the whole document.
        """
        if not text.strip():
            return None
        start = len(self.links)
        made = markup.render(text, level=level, line=line, first_link=start, taken=self._taken, fast=self.dialect.fast)
        for found in made.findings:
            self.report((found.line, found.column), found.code, found.message, found.hint)
        self.html[part], self.plain[part] = made.html, made.plain
        self.anchors += made.anchors
        self.links += made.links
        return Text(part, digest(made.html)[:TEXT_DIGEST])

    def anchor(self, name: str) -> str:
        """Keep an id for a part of the page, which links may lead to."""
        self._taken.add(name)
        self.anchors.append(name)
        return name

    def day(self, reader: Reader, key: str, *, required: bool = False) -> date | None:
        """Read a date that may not lie in the future."""
        on = reader.day(key, required=required)
        if on:
            self.days.append(Day(on, key, *reader.place(key)))
        return on
