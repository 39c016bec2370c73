"""What an archive holds, read from its files alone: also of one with errors, and without any memory.

For commands that write. What cannot be read is passed over: `check` reports it.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec

from medqa import frontmatter, names, sections, sources, yamltext
from medqa.config import load_config
from medqa.directory import Directories, Directory
from medqa.documents import Parsed
from medqa.fields import Reader
from medqa.locales import load_locales
from medqa.parse import KNOWN_KEYS, Dialect, dialect, parse
from medqa.sections import Frame
from medqa.sources import Kind, Place
from medqa.yamltext import Mapping

_PEOPLE: dict[tuple[str, ...], Kind] = {
    ("specialty",): "specialties",
    ("doctor",): "doctors",
    ("hospital",): "hospitals",
    ("topics",): "topics",
    ("replies", "doctor"): "doctors",
    ("replies", "hospital"): "hospitals",
    ("replies", "specialty"): "specialties",
}
_STEMS = ("related", "superseded_by", "duplicate_of", "translation_of")
REFERENCES: dict[Kind, dict[tuple[str, ...], Kind]] = {
    "threads": {**_PEOPLE, **{(key,): "threads" for key in _STEMS}},
    "doctors": {("specialty",): "specialties", ("periods", "hospital"): "hospitals"},
    "topics": {("specialties",): "specialties"},
    "hospitals": {},
    "specialties": {},
    "pages": {},
}
"""Kind of a document → keys that lead to a value of its front matter → the kind of what that names."""
IN_PASSING: dict[tuple[str, ...], Kind] = {("reviewed_by",): "doctors", ("corrections", "by"): "doctors"}
"""The same of what may name a doctor or anybody else, and gives nobody a page."""


class Holding(msgspec.Struct, frozen=True):
    """One document as it stands."""

    place: Place
    text: str
    cut: Frame
    node: Mapping
    """The front matter; its lines count from 1."""

    @property
    def header(self) -> Reader:
        """Its fields; faults are for `check` to report."""
        return Reader(self.node, self.place.path, KNOWN_KEYS[self.place.kind], [])

    def references(self) -> Iterator[tuple[Kind, str]]:
        """Give what every name and stem in its front matter refers to, and what that is called there."""
        known = REFERENCES[self.place.kind]
        for keys, value in frontmatter.values(self.node):
            kind = known.get(keys)
            if kind and value.strip():
                yield kind, name_of(kind, value)

    def with_header(self, header: str) -> str:
        """Give the whole text with another front matter."""
        start = self.text.index("\n") + 1
        return self.text[:start] + header + self.text[start + len(self.cut.header) :]


def name_of(kind: Kind, value: str) -> str:
    """Give the name that a value holds, as the model reads it."""
    text = unicodedata.normalize("NFC", " ".join(value.split()))
    return names.strip_honorifics(text) if kind == "doctors" else text


def holdings(root: Path) -> Iterator[tuple[Place, "Holding | None"]]:
    """Give all documents by path, with None for those whose front matter cannot be read."""
    for path in sources.files_below(root, sources.CONTENT):
        place = sources.place(path)
        if isinstance(place, Place):
            try:
                yield place, holding(place, sources.read(root, path).text)
            except sources.UnreadableError:
                yield place, None


def holding(place: Place, text: str) -> Holding | None:
    """Give one document, None where its front matter cannot be read."""
    cut = sections.frame(text, place.path)
    if not isinstance(cut, Frame):
        return None
    node, problems = yamltext.read(cut.header, place.path)
    return None if problems or not node.items else Holding(place, text, cut, node)


class Census(msgspec.Struct, frozen=True):
    """Who and what is named in an archive, and which names are taken."""

    spoken: Dialect
    directories: Directories
    forms: dict[Kind, Counter[str]]
    """Kind → form of a name → how often it is used."""
    stems: dict[Kind, set[str]]
    """Kind → stems and former stems, case folded."""
    paths: dict[str, list[str]]
    """`threads/<stem>` → the paths of the files that bear it: one, where all is well."""
    origins: dict[str, str]
    """Origin of an imported thread → its path."""


def census(root: Path) -> Census:
    """Look through all documents of an archive."""
    sources.require_content(root)
    config, problems = load_config(root)
    locales, _ = load_locales(root, config)
    spoken = dialect(config, locales, sure=not problems)
    forms: dict[Kind, Counter[str]] = {kind: Counter() for kind in sources.KINDS}
    stems: dict[Kind, set[str]] = {kind: set() for kind in sources.KINDS}
    records: dict[Kind, list[tuple[Place, object]]] = {kind: [] for kind in sources.KINDS}
    paths: dict[str, list[str]] = defaultdict(list)
    origins: dict[str, str] = {}
    for place, held in holdings(root):
        stems[place.kind].add(place.stem.casefold())
        paths[f"{place.kind}/{place.stem}"].append(place.path)
        if held is None:
            continue
        header = held.header
        stems[place.kind] |= {name.text.casefold() for name in header.names("aliases")}
        for kind, value in held.references():
            forms[kind][value] += 1
        if place.kind == "threads":
            if origin := header.text("origin"):
                origins.setdefault(origin, place.path)
        elif isinstance(parsed := parse(place, held.text, spoken), Parsed):
            records[place.kind].append((place, parsed.document))
    for one in config.specialties:
        forms["specialties"][one.name] += 1
    return Census(spoken, _directories(records, forms), forms, stems, paths, origins)


def _directories(records: dict[Kind, list], forms: dict[Kind, Counter[str]]) -> Directories:  # type: ignore[type-arg]
    kinds: tuple[Kind, ...] = ("doctors", "hospitals", "specialties", "topics")
    return Directories(*(Directory(kind, records[kind], forms[kind]) for kind in kinds))
