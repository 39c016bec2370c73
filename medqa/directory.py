"""Who and what is meant by a name: the doctors, hospitals, specialties and topics of an archive."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import chain
from typing import Generic, TypeVar

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


class Directory(Generic[R]):
    """All entities of one kind; built once, from the records and from every reference in the archive."""

    def __init__(
        self,
        kind: Kind,
        records: Iterable[tuple[Place, R]],
        references: Iterable[tuple[str, Name]],
        *,
        complete: bool = True,
    ) -> None:
        """Index the records by stem and names, then the names (with the paths they stand in) that have none.

        Where a record could not be read, and so the records are not `complete`, nothing is said of names without one.
        """
        self.kind = kind
        self._complete = complete
        self.problems: list[Problem] = []
        self._records: dict[str, Entity[R]] = {}
        self._by_name: dict[str, list[Entity[R]]] = {}
        self._paths: dict[str, str] = {}
        for place, record in records:
            entity = Entity(kind, record.stem, record.name, record)
            self._records[record.stem] = entity
            self._paths[record.stem] = place.path
            for spelling in dict.fromkeys(map(names.key, _spellings(record))):
                self._by_name.setdefault(spelling, []).append(entity)
        self._add_nameless(references)

    def _add_nameless(self, references: Iterable[tuple[str, Name]]) -> None:
        """Make entities of the names without a record; report MQ213 and MQ214."""
        forms: dict[str, Counter[str]] = {}
        first: dict[str, tuple[str, int, int]] = {}
        for path, name in references:
            spelling = names.key(name.text)
            if self._by_stem(name.text):
                continue
            known = self._by_name.get(spelling, ())
            if len(known) > 1:
                self._report_ambiguous((path, name.line, name.column), name.text, known)
            if not known:
                forms.setdefault(spelling, Counter())[name.text] += 1
                place = (path, name.line, name.column)
                first[spelling] = min(first.get(spelling, place), place)
        close = _Spellings(self._by_name if forms else ())
        taken: dict[str, str] = {stem: entity.name for stem, entity in self._records.items()}
        for spelling in sorted(forms, key=first.__getitem__):
            form = max(sorted(forms[spelling]), key=forms[spelling].__getitem__)
            entity: Entity[R] = Entity(self.kind, names.slug(form), form, None)
            if not self._complete:
                pass
            elif not entity.slug or entity.slug in taken:
                self._report_collision(first[spelling], entity, taken.get(entity.slug, ""))
            elif near := close.nearest(spelling):
                self._report_close(first[spelling], form, near)
            taken[entity.slug] = form
            self._by_name[spelling] = [entity]

    def find(self, name: Name | str | None) -> Entity[R] | None:
        """Give who is meant by a record's stem or by a name; None where nobody is.

        Of several it gives the first: they are an error, but what else is wrong shall be found in the same run.
        """
        if name is None:
            return None
        text = name if isinstance(name, str) else name.text
        return self._by_stem(text) or next(iter(self._by_name.get(names.key(text), ())), None)

    def entities(self) -> list[Entity[R]]:
        """Give all, each once, by slug."""
        found = {entity.slug: entity for known in self._by_name.values() for entity in known}
        return [found[slug] for slug in sorted(found)]

    def path(self, stem: str) -> str:
        """Give the path of a record's file."""
        return self._paths[stem]

    def _by_stem(self, text: str) -> Entity[R] | None:
        return self._records.get(text)

    def _report_ambiguous(self, place: tuple[str, int, int], name: str, known: Iterable[Entity[R]]) -> None:
        stems = ", ".join(sorted(entity.slug for entity in known))
        self.problems.append(problem(place, "MQ213", f"'{name}' fits several records", f"write one of: {stems}"))

    def _report_collision(self, place: tuple[str, int, int], entity: Entity[R], other: str) -> None:
        hint = f"add a record with a file name of its own: content/{self.kind}/….md with 'name: {entity.name}'"
        if entity.slug in self._records:
            hint = f"write '{other}' if that is who is meant; else {hint}"
        if entity.slug:
            message = f"'{entity.name}' and '{other}' would both have the address '{entity.slug}'"
        else:
            message = f"no address can be spelled from '{entity.name}'"
        self.problems.append(problem(place, "MQ214", message, hint))

    def _report_close(self, place: tuple[str, int, int], form: str, near: str) -> None:
        entity = self._by_name[near][0]
        own = names.key(entity.name) == near
        said = f"'{entity.name}'" if own else f"'{near}', a name of '{entity.name}',"
        hint = f"write '{entity.name if own else near}', or give '{form}' a record, or a place among the names in "
        self.problems.append(
            problem(place, "MQ502", f"'{form}' has no record, but {said} has one", hint + self.path(entity.slug))
        )


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

    @property
    def problems(self) -> list[Problem]:
        """All that is wrong with names."""
        return [
            found for each in (self.doctors, self.hospitals, self.specialties, self.topics) for found in each.problems
        ]


References = Mapping[Kind, list[tuple[str, Name]]]
"""Kind → (path, name) of every reference to one of that kind."""
