"""Who and what is meant by a name: the doctors, hospitals, specialties and topics of an archive."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from itertools import chain
from typing import Any, Generic, TypeVar

import msgspec

from medqa import names
from medqa.documents import Doctor, Hospital, Record, Specialty, Topic
from medqa.errors import Problem, problem
from medqa.fields import Localized, Name, wider_tags
from medqa.sources import Kind, Place

_CLOSE = 0.85
"""Ratio of difflib's from which two names may be one, misspelt."""
R = TypeVar("R", bound=Record)


class Entity(msgspec.Struct, Generic[R], frozen=True):
    """A doctor, hospital, specialty or topic, with or without a record."""

    kind: Kind
    slug: str
    name: str
    record: R | None

    @property
    def key(self) -> str:
        """Its identity in the whole archive: `doctors/amelia-hart`."""
        return f"{self.kind}/{self.slug}"

    def name_in(self, language: str) -> str:
        """Give its name in a language, where the record tells one."""
        localized: Localized = getattr(self.record, "names", {}) if isinstance(self.record, Specialty | Topic) else {}
        return next((localized[tag] for tag in wider_tags(language) if tag in localized), self.name)


Place3 = tuple[str, int, int]
"""Path, line, column."""


class Oddity(msgspec.Struct, frozen=True, array_like=True):
    """What is odd about a name that has no record; where it first stands is asked only when it has to be said."""

    spelling: str
    near: str
    """The spelling of a record that it may be a slip of; "" where it collides."""
    group: tuple[str, ...] = ()
    """All spellings, itself among them, whose address would be the same."""


class Directory(Generic[R]):
    """All entities of one kind, from the records and from the names by which the archive refers to them."""

    def __init__(
        self,
        kind: Kind,
        records: Iterable[tuple[Place, R]],
        forms: Mapping[str, int],
        *,
        note: Callable[[str], None] = lambda _: None,
        slug: Callable[[str], str] = names.slug,
    ) -> None:
        """Index the records by stem and names, then the names that have none; `forms` counts how often each is used.

        `note` is told the fact `name:<kind>/<name>` at each look-up.
        """
        self.kind = kind
        self._note = note
        self._records: dict[str, Entity[R]] = {}
        self._by_name: dict[str, list[Entity[R]]] = {}
        self._nameless: dict[str, Entity[R]] = {}
        self._paths: dict[str, str] = {}
        for place, record in records:
            entity = Entity(kind, record.stem, record.name, record)
            self._records[record.stem] = entity
            self._paths[record.stem] = place.path
            for spelling in dict.fromkeys(map(names.key, _spellings(record))):
                self._by_name.setdefault(spelling, []).append(entity)
        self._add_nameless(forms, slug)
        self._by_slug = {entity.slug: entity for known in self._by_name.values() for entity in known} | self._records

    def _add_nameless(self, forms: Mapping[str, int], slug: Callable[[str], str]) -> None:
        """Make entities of the names without a record: under the form that is used most."""
        best: dict[str, tuple[int, str]] = {}
        for form, count in forms.items():
            if count < 1 or form in self._records:
                continue
            spelling = names.key(form)
            if spelling not in self._by_name:
                at = (-count, form)
                best[spelling] = min(best.get(spelling, at), at)
        for spelling in sorted(best):
            form = best[spelling][1]
            self._nameless[spelling] = Entity(self.kind, slug(form), form, None)
        self._by_name.update((spelling, [entity]) for spelling, entity in self._nameless.items())

    # --- who is meant ---------------------------------------------------------------------------------------------

    def find(self, name: Name | str | None) -> Entity[R] | None:
        """Give who is meant by a record's stem or by a name; None where nobody is.

        Of several it gives the first: they are an error, but what else is wrong shall be found in the same run.
        """
        if name is None:
            return None
        text = name if isinstance(name, str) else name.text
        spelling = names.key(text)
        self._note(f"name:{self.kind}/{spelling}")
        return self._records.get(text) or next(iter(self._by_name.get(spelling, ())), None)

    def by_slug(self, slug: str) -> Entity[R] | None:
        """Give the one of an address; the fact is `entity:<key>`."""
        self._note(f"entity:{self.kind}/{slug}")
        return self._by_slug.get(slug)

    def entities(self) -> list[Entity[R]]:
        """Give all, each once, by slug; the fact is `roster:<kind>`."""
        self._note(f"roster:{self.kind}")
        return [self._by_slug[slug] for slug in sorted(self._by_slug)]

    def names_of(self, entity: Entity[R]) -> list[str]:
        """Give the keys of all names under which `find` gives an entity."""
        found = [spelling for spelling, known in self._by_name.items() if entity.slug in [one.slug for one in known]]
        return [*found, names.key(entity.slug)]

    def differences(self, other: "Directory[R]") -> tuple[set[str], set[str]]:
        """Give the names that mean something else in another directory, and the slugs of the entities that differ."""
        meanings = _differing(self._by_name, other._by_name)  # noqa: SLF001 - one of its kind
        slugs = _differing(self._by_slug, other._by_slug)  # noqa: SLF001
        return meanings | {names.key(slug) for slug in slugs}, slugs

    def path(self, stem: str) -> str:
        """Give the path of a record's file."""
        return self._paths[stem]

    # --- what is wrong --------------------------------------------------------------------------------------------

    def ambiguous(self, name: Name) -> list[str]:
        """Give the stems of the records that share a name, where several do and it is no stem itself."""
        known = self._by_name.get(names.key(name.text), ())
        return sorted(one.slug for one in known) if len(known) > 1 and name.text not in self._records else []

    def oddities(self) -> list[Oddity]:
        """Give the names without a record that collide (MQ214), or are near to one that has a record (MQ502)."""
        groups: dict[str, list[str]] = {}
        for spelling, entity in self._nameless.items():
            groups.setdefault(entity.slug, []).append(spelling)
        named = (spelling for spelling in self._by_name if spelling not in self._nameless)
        close = _Spellings(named if self._nameless else ())
        found: list[Oddity] = []
        for spelling, entity in self._nameless.items():
            group = groups[entity.slug]
            if not entity.slug or len(group) > 1 or entity.slug in self._records:
                found.append(Oddity(spelling, "", tuple(group)))
            elif near := close.nearest(spelling):
                found.append(Oddity(spelling, near))
        return found

    def problems(self, oddities: Iterable[Oddity], first: Mapping[str, Place3]) -> list[Problem]:
        """Say what is odd; `first` tells where each of the odd names stands first.

        Of names that collide, all but the one that stands first are told of the one before them.
        """
        found: list[Problem] = []
        taken: dict[str, str] = {stem: entity.name for stem, entity in self._records.items()}
        for odd in sorted(oddities, key=lambda odd: first[odd.spelling]):
            entity, place = self._nameless[odd.spelling], first[odd.spelling]
            if odd.near:
                found.append(self._close(place, entity.name, odd.near))
                continue
            if not entity.slug or entity.slug in taken:
                found.append(self._collision(place, entity, taken.get(entity.slug, "")))
            taken[entity.slug] = entity.name
        return found

    def _collision(self, place: Place3, entity: Entity[R], other: str) -> Problem:
        hint = f"add a record with a file name of its own: content/{self.kind}/….md with 'name: {entity.name}'"
        if entity.slug in self._records:
            hint = f"write '{other}' if that is who is meant; else {hint}"
        if entity.slug:
            message = f"'{entity.name}' and '{other}' would both have the address '{entity.slug}'"
        else:
            message = f"no address can be spelled from '{entity.name}'"
        return problem(place, "MQ214", message, hint)

    def _close(self, place: Place3, form: str, near: str) -> Problem:
        entity = self._by_name[near][0]
        own = names.key(entity.name) == near
        said = f"'{entity.name}'" if own else f"'{near}', a name of '{entity.name}',"
        hint = f"write '{entity.name if own else near}', or give '{form}' a record, or a place among the names in "
        message = f"'{form}' has no record, but {said} has one"
        return problem(place, "MQ502", message, hint + self.path(entity.slug))


def _differing(one: Mapping[str, object], other: Mapping[str, object]) -> set[str]:
    return {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}


class _Spellings:
    """Finds the spelling that is one slip away: in few steps, since an archive may name thousands without a record."""

    def __init__(self, spellings: Iterable[str]) -> None:
        self._by_letters: dict[str, str] = {}
        self._without: dict[str, list[str]] = {}
        for spelling in spellings:
            letters = _letters(spelling)
            self._by_letters.setdefault(letters, spelling)
            for rest in _slips(letters):
                self._without.setdefault(rest, []).append(letters)

    def nearest(self, spelling: str) -> str:
        """Give the spelling that differs in a letter, in accents or in what parts words; "" where there is none."""
        if not self._without:
            return ""
        letters = _letters(spelling)
        near = dict.fromkeys(chain.from_iterable(self._without.get(rest, ()) for rest in _slips(letters)))
        closest = get_close_matches(letters, near, n=1, cutoff=_CLOSE)
        return self._by_letters[closest[0]] if closest else ""


def _letters(spelling: str) -> str:
    """Give the letters and digits of a name, without accents."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", spelling)))


def _slips(letters: str) -> list[str]:
    """Give letters as they are, and without each one: two words that share one of these are a slip apart."""
    return [letters, *{letters[:at] + letters[at + 1 :]: None for at in range(len(letters))}]


def _spellings(record: Record) -> list[str]:
    """Give all names under which a record may be referred to."""
    match record:
        case Doctor() | Hospital():
            return [record.name, *record.names]
        case Specialty():
            return [record.name, *record.names.values()]
        case Topic():
            return [record.name, *record.names.values(), *record.synonyms]


class Directories(msgspec.Struct, frozen=True):
    """The four directories of an archive."""

    doctors: Directory[Doctor]
    hospitals: Directory[Hospital]
    specialties: Directory[Specialty]
    topics: Directory[Topic]

    @classmethod
    def empty(cls) -> "Directories":
        """Give the directories of an archive in which nothing is named."""
        return cls(
            Directory("doctors", (), {}),
            Directory("hospitals", (), {}),
            Directory("specialties", (), {}),
            Directory("topics", (), {}),
        )

    def each(self) -> tuple[Directory[Any], ...]:
        """Give all four."""
        return self.doctors, self.hospitals, self.specialties, self.topics

    def of(self, kind: str) -> Directory[Any]:
        """Give the directory of a kind."""
        return next(one for one in self.each() if one.kind == kind)
