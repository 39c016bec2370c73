"""A thread, doctor, hospital, specialty or topic renamed, or made one with another, wherever the archive names it.

All is planned before anything is written: file names, references in front matter and settings, links in texts, and the
old name among the aliases of the new one, so that old addresses lead on. What people wrote stays: a name in running
text is only counted.
"""

import posixpath
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from medqa import frontmatter, names, sources
from medqa.directory import Entity
from medqa.editing import naming
from medqa.editing.holdings import Census, Holding, census
from medqa.editing.rewriting import Plan, Rewriting, Sense, held_at
from medqa.errors import UsageError, suggestion
from medqa.fields import Name
from medqa.sources import CONTENT, Kind
from medqa.yamltext import Scalar

if TYPE_CHECKING:
    from medqa.frontmatter import Value

KINDS: dict[str, Kind] = {
    "thread": "threads",
    "doctor": "doctors",
    "hospital": "hospitals",
    "specialty": "specialties",
    "topic": "topics",
}
_OTHER_NAMES = {"doctors": "names", "hospitals": "names", "topics": "synonyms"}
"""Kind → the field in which a record keeps its other names."""


class Wish(msgspec.Struct, frozen=True):
    """What is to be called otherwise."""

    kind: Kind
    old: str
    """A name or stem; of a thread a stem, or the path where two files bear it."""
    new: str
    """The new name; of a thread the new stem."""
    stem: str = ""
    """The new stem, where it is not to be made of the new name."""
    merge: bool = False
    """Whether the two are one."""


def plan(root: Path, wish: Wish) -> Plan:
    """Plan a renaming.

    Raises UsageError where there is nothing of the old name, the name is not clear, or the new one is taken and the
    wish does not say that the two are one.
    """
    known = census(root)
    return _thread(root, known, wish) if wish.kind == "threads" else _named(root, known, wish)


# --- threads ----------------------------------------------------------------------------------------------------------


def _thread(root: Path, known: Census, wish: Wish) -> Plan:
    path = _path_of_thread(known, wish.old)
    old, new = (unicodedata.normalize("NFC", one) for one in (_stem_of(path), wish.new.removesuffix(".md")))
    if old == new:
        raise UsageError(f"'{old}' is its name already")
    _require_stem(new)
    taken = known.paths.get(f"threads/{new}", [])
    mine = held_at(root, path)
    own = [name.text for name in mine.header.names("aliases")]
    if taken and not wish.merge:
        raise UsageError(f"there is a thread '{new}' already: choose another name, or add --merge if the two are one")
    if wish.merge and not taken:
        raise UsageError(f"there is no thread '{new}' to merge with: leave --merge away to rename")
    if not taken and new.casefold() in known.stems["threads"] and new not in own:
        raise UsageError(f"'{new}' is a former name of another thread, and leads there")
    to = taken[0] if taken else posixpath.join(posixpath.dirname(path), f"{new}.md")
    alone = len(known.paths[f"threads/{old}"]) == 1
    work = Rewriting(root, Sense("threads", old, new, {old: new}.get if alone else lambda _: None, path, to))
    work.everywhere(known)
    target = held_at(root, to) if taken else mine
    aliases = [name.text for name in target.header.names("aliases")]
    former = [*aliases, *(own if taken else ()), *([old] if alone else ())]
    work.set_field(target.place.path, "aliases", _once(one for one in former if one != new))
    if taken:
        work.drop(path)
        work.notes.append(f"the texts of {path} are not carried over: move what is to stay to {to} by hand")
    else:
        work.move(path, to)
    return work.plan(known)


def _path_of_thread(known: Census, old: str) -> str:
    """Find the file of a thread by its stem, or by its path."""
    stem = unicodedata.normalize("NFC", _stem_of(old))
    paths = known.paths.get(f"threads/{stem}", [])
    if "/" in old:
        paths = [path for path in paths if path == old or path.endswith(f"/{old.removeprefix('./')}")]
    if len(paths) > 1:
        raise UsageError(f"several files are called '{stem}': name one by its path: {', '.join(paths)}")
    if not paths:
        stems = [key.partition("/")[2] for key in known.paths if key.startswith("threads/")]
        raise UsageError(f"there is no thread '{old}'; {suggestion(stem, stems)}".rstrip("; "))
    return paths[0]


def _stem_of(path: str) -> str:
    return posixpath.basename(path).removesuffix(".md")


def _require_stem(stem: str) -> None:
    if fault := sources.stem_fault(stem):
        raise UsageError(f"'{stem}' cannot be an address: {fault}; how about '{naming.stem_for(stem)}'?")


# --- doctors, hospitals, specialties, topics --------------------------------------------------------------------------


def _named(root: Path, known: Census, wish: Wish) -> Plan:
    kind, new = wish.kind, wish.new
    directory = known.directories.of(kind)
    entity = _entity(known, kind, wish.old)
    other = directory.find(new) if not wish.stem or wish.merge else None
    if other and other.slug == entity.slug:
        other = None
    if other and not wish.merge:
        hint = "add --merge if the two are one, or --stem NAME if they only share the name"
        raise UsageError(f"'{other.name}' is in the archive already: {hint}")
    if wish.merge and not other:
        raise UsageError(f"there is no '{new}' to merge with: leave --merge away to rename")
    one = _One(root, known, kind, entity, wish.old)
    if other and other.record:
        return one.merged(other)
    if other:
        return one.renamed(other.name, other.slug, also=[entity.name])
    name = _clean_name(kind, new)
    return one.renamed(name, _new_stem(known, kind, entity, name, wish.stem), also=[])


def _entity(known: Census, kind: Kind, old: str) -> Entity[Any]:
    directory = known.directories.of(kind)
    text = names.strip_honorifics(old) if kind == "doctors" else old
    if several := directory.ambiguous(Name(text)):
        raise UsageError(f"'{old}' fits several: write one of {', '.join(several)}")
    entity = directory.find(text) or directory.by_slug(old)
    if entity is None:
        all_names = [one.name for one in directory.entities()]
        raise UsageError(f"nothing in {CONTENT} is called '{old}'; {suggestion(text, all_names)}".rstrip("; "))
    return entity


def _clean_name(kind: Kind, name: str) -> str:
    text = " ".join(name.split())
    if not text:
        raise UsageError("a name is needed")
    if fault := naming.fault(text):
        raise UsageError(f"'{text}': {fault}")
    return names.strip_honorifics(text) if kind == "doctors" else text


def _new_stem(known: Census, kind: Kind, entity: Entity[Any], name: str, stem: str) -> str:
    """Choose the last part of the new address: as told, as the name spells it, or, chosen by hand once, as it is."""
    if stem:
        _require_stem(stem)
        if stem != entity.slug and stem.casefold() in known.stems[kind]:
            raise UsageError(f"'{stem}' is the name, or a former name, of another file in {CONTENT}/{kind}")
        return stem
    spelled = names.slug(name)
    by_hand = entity.record is not None and entity.slug != names.slug(entity.name)
    if by_hand or not spelled or spelled == entity.slug:
        return entity.slug
    own = {alias.text for alias in entity.record.aliases} if entity.record else set()
    taken = known.stems[kind] | {one.slug for one in known.directories.of(kind).entities()}
    return naming.free(spelled, taken - own - {entity.slug})


class _One(msgspec.Struct, frozen=True):
    """A doctor, hospital, specialty or topic that is to be called otherwise."""

    root: Path
    known: Census
    kind: Kind
    entity: Entity[Any]
    spelling: str
    """What it was called when this was asked for: one of its names."""

    def renamed(self, name: str, to: str, also: list[str]) -> Plan:
        """Give it another name and stem, and `also` among its other names; to keep an old address takes a record."""
        directory, entity = self.known.directories.of(self.kind), self.entity
        found = directory.find(name)
        shared = bool(found and found.slug not in {entity.slug, to}) or bool(directory.ambiguous(Name(name)))
        work = Rewriting(self.root, self._sense(name, to, shared=shared))
        work.everywhere(self.known)
        other = _OTHER_NAMES.get(self.kind, "")
        if entity.record:
            held = held_at(self.root, directory.path(entity.slug))
            own = [alias.text for alias in held.header.names("aliases") if alias.text != to]
            work.set_field(held.place.path, "name", name)
            if other and also:
                work.set_field(held.place.path, other, _once([*(one.text for one in held.header.names(other)), *also]))
            if to != entity.slug:
                work.set_field(held.place.path, "aliases", _once([*own, entity.slug]))
                work.move(held.place.path, self._path(to))
        elif to != entity.slug:
            fields: dict[str, Value] = {"name": name, **({other: also} if other else {})}
            work.create(self._path(to), {**fields, "aliases": [entity.slug] if entity.slug else []})
        return work.plan(self.known)

    def merged(self, other: Entity[Any]) -> Plan:
        """Make it one with another, under that one's name and record; what only its own record says is added."""
        directory, entity = self.known.directories.of(self.kind), self.entity
        target = held_at(self.root, directory.path(other.slug))
        work = Rewriting(
            self.root, self._sense(other.name, other.slug, shared=bool(directory.ambiguous(Name(other.name))))
        )
        work.everywhere(self.known)
        aliases = [alias.text for alias in target.header.names("aliases")]
        field = _OTHER_NAMES.get(self.kind, "")
        called = [one.text for one in target.header.names(field)] if field else []
        if entity.record:
            gone = held_at(self.root, directory.path(entity.slug))
            aliases += (alias.text for alias in gone.header.names("aliases"))
            called += _other_names(gone, field) if field else []
            _carry_over(work, gone, target, {"name", "aliases", field})
            work.drop(gone.place.path)
        if field:
            spelled = (one for one in [*called, entity.name] if names.key(one) != names.key(other.name))
            work.set_field(target.place.path, field, _once(spelled))
        former = (one for one in [*aliases, entity.slug] if one and one != other.slug)
        work.set_field(target.place.path, "aliases", _once(former))
        return work.plan(self.known)

    def _path(self, stem: str) -> str:
        return f"{CONTENT}/{self.kind}/{stem}.md"

    def _sense(self, name: str, to: str, *, shared: bool) -> Sense:
        """Say which references become which: the stem a stem, the name as it was spelled the new name.

        Where the new name is `shared` with another, only the stem says who is meant.
        """
        stem, record = self.entity.slug, self.entity.record is not None
        gone = to != stem and self.kind not in _OTHER_NAMES and self.known.directories.of(self.kind).by_slug(to)
        spelled = set(self.known.directories.of(self.kind).names_of(self.entity)) if gone else set()
        spelled |= {names.key(self.entity.name), names.key(names.strip_honorifics(self.spelling))}

        def renames(text: str) -> str | None:
            if record and text == stem:
                return to if text != to else None
            if names.key(text) in spelled:
                return to if shared else name
            return None

        return Sense(
            kind=self.kind,
            old_stem=stem,
            new_stem=to,
            renames=renames,
            old_path=self._path(stem) if record else "",
            new_path=self._path(to),
            old_name=self.entity.name,
        )


def _other_names(held: Holding, field: str) -> list[str]:
    """Give the other names that a record has, those by language among them."""
    localized = held.header.texts("names").values() if held.header.is_mapping("names") else ()
    return _once([*localized, *(one.text for one in held.header.names(field))])


def _carry_over(work: Rewriting, gone: Holding, target: Holding, apart: set[str]) -> None:
    """Give a record what only the other one says; what both say stays as the target has it, and is told."""
    for key, (_, node) in gone.node.items.items():
        if key in apart or (isinstance(node, Scalar) and not node.text.strip()):
            continue
        if target.header.has(key):
            if frontmatter.value_of(node) != frontmatter.value_of(target.node.items[key][1]):
                work.notes.append(f"'{key}' of {gone.place.path} is not carried over: {target.place.path} has its own")
        else:
            work.set_field(target.place.path, key, frontmatter.value_of(node))
    if gone.cut.body.strip():
        if target.cut.body.strip():
            work.notes.append(f"the text of {gone.place.path} is not carried over: {target.place.path} has its own")
        else:
            work.set_body(target.place.path, gone.cut.body)


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
