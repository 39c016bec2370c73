"""`new`: a thread to be, asked for field by field; each answer is judged by the parser that the build uses."""

import posixpath
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

import msgspec

from medqa import frontmatter
from medqa.directory import Directories
from medqa.documents import Parsed
from medqa.editing import naming, tidying
from medqa.editing.edits import Edit, new_file
from medqa.errors import UsageError
from medqa.fields import Name
from medqa.names import strip_honorifics
from medqa.parse import Dialect, parse
from medqa.sources import CONTENT, Kind, Place, stem_fault

if TYPE_CHECKING:
    from medqa.frontmatter import Value

QUESTION, REPLY = "(Put the asker's words here.)", "(Put the doctor's words here.)"
"""What stands for the texts until they are written; while they stand, the thread is a draft."""
_NEAR = 3
"""Names that are suggested."""


class Field(msgspec.Struct, frozen=True):
    """One thing that `new` asks for; its option is its name with hyphens."""

    key: str
    words: str
    required: bool = False
    names: Kind | None = None
    """Whose names complete it."""
    several: bool = False
    """Whether it takes several, parted by commas."""
    needs: str = ""
    """The field without which it is not asked for."""


FIELDS = (
    Field("title", "title of the page", required=True),
    Field("question", "the asker's own headline, where it is not the title"),
    Field("specialty", "specialty", required=True, names="specialties"),
    Field("asked", "day on which it was asked", required=True),
    Field("asker_name", "name of the asker"),
    Field("asker_age", "age of the asker: 35, 30~39, 90+, 8 months"),
    Field("asker_sex", "sex of the asker: female, male, other"),
    Field("doctor", "doctor who replied; none while it awaits a reply", names="doctors"),
    Field("replied", "day of the reply", needs="doctor"),
    Field("hospital", "hospital, where it is not the one of the doctor's record", names="hospitals", needs="doctor"),
    Field("topics", "topics, parted by commas", names="topics", several=True),
    Field("lang", "language, where it is not the archive's: zh-Hant, en"),
)
"""What is asked, in order."""


class Desk:
    """Judges answers about a thread to be, and writes its file."""

    def __init__(self, spoken: Dialect, directories: Directories, stems: Collection[str]) -> None:
        """`stems` are those of all threads and their former ones, with their case folded."""
        self._spoken = spoken
        self._directories = directories
        self._stems = stems

    def choices(self, field: Field) -> list[str]:
        """Give the names that the archive knows for a field, those without a record in the form used most."""
        if field.names is None:
            return []
        return sorted({entity.name for entity in self._directories.of(field.names).entities()})

    def fault(self, field: Field, answer: str, given: dict[str, str]) -> str:
        """Say why an answer cannot be, "" where it can; given are the answers before it."""
        if not answer:
            return f"a {field.words} is needed" if field.required else ""
        if fault := naming.fault(answer):
            return fault
        for one in _parted(field, answer):
            if field.names and (several := self._ambiguous(field.names, one)):
                return f"'{one}' fits several records: write one of {', '.join(several)}"
        before, after = self._problems(given), self._problems({**given, field.key: answer})
        return next((found for found in after if found not in before), "")

    def unknown(self, field: Field, answer: str) -> list[tuple[str, list[str]]]:
        """Give the names in an answer that the archive does not know yet, each with those that are near."""
        if field.names is None:
            return []
        directory = self._directories.of(field.names)
        choices = self.choices(field)
        folded = {name.casefold(): name for name in choices}
        found = []
        for one in _parted(field, answer):
            bare = strip_honorifics(one) if field.names == "doctors" else one
            if directory.find(bare) is None:
                near = get_close_matches(bare.casefold(), folded, n=_NEAR)
                found.append((one, [folded[name] for name in near]))
        return found

    def stem(self, title: str) -> str:
        """Propose a stem that is free."""
        return naming.free(naming.stem_for(title), self._stems)

    def stem_fault(self, stem: str, title: str) -> str:
        """Say why a stem cannot be, "" where it can."""
        if fault := stem_fault(stem):
            return f"'{stem}' cannot be an address: {fault}"
        taken = stem.casefold() in self._stems
        return f"there is, or was, a thread '{stem}' already: '{self.stem(title)}' is free" if taken else ""

    def edit(self, given: dict[str, str], stem: str) -> Edit:
        """Give the file to write; raises UsageError where an answer, or the stem, cannot be."""
        if fault := self.stem_fault(stem, given["title"]):
            raise UsageError(fault)
        if problems := self._problems(given):
            raise UsageError("; ".join(problems))
        entity = self._directories.specialties.find(given["specialty"])
        folder = entity.slug if entity else naming.stem_for(given["specialty"])
        path = posixpath.join(CONTENT, "threads", folder, tidying.day(given["asked"])[:4], f"{stem}.md")
        return new_file(path, document(given))

    def _ambiguous(self, kind: Kind, name: str) -> Sequence[str]:
        bare = strip_honorifics(name) if kind == "doctors" else name
        return self._directories.of(kind).ambiguous(Name(bare))

    def _problems(self, given: dict[str, str]) -> list[str]:
        """Say what would be wrong with the file, if it were written now."""
        sample = {
            "title": "x",
            "specialty": "x",
            "asked": "2000-01-01",
            **{key: one for key, one in given.items() if one},
        }
        if sample.get("doctor"):
            sample.setdefault("replied", sample["asked"])
        found = parse(Place("threads", "x", ""), document(sample), self._spoken)
        return [] if isinstance(found, Parsed) else [_said(one.message, one.hint) for one in found]


def _said(message: str, hint: str) -> str:
    return f"{message}: {hint}" if hint else message


def _parted(field: Field, answer: str) -> list[str]:
    parts = answer.split(",") if field.several else [answer]
    return [part.strip() for part in parts if part.strip()]


def document(given: dict[str, str]) -> str:
    """Write the file of a thread to be: a draft whose texts are still to come."""
    told = {field.key: given.get(field.key, "").strip() for field in FIELDS}
    fields: dict[str, Value] = {
        "title": told["title"],
        "question": told["question"] if told["question"] != told["title"] else "",
        "specialty": told["specialty"],
        "asker": {key: told[f"asker_{key}"] for key in ("name", "age", "sex") if told[f"asker_{key}"]},
        "asked": tidying.day(told["asked"]),
        "doctor": strip_honorifics(told["doctor"]),
        "hospital": told["hospital"],
        "replied": tidying.day(told["replied"] or (told["asked"] if told["doctor"] else "")),
        "topics": _parted(next(field for field in FIELDS if field.key == "topics"), told["topics"]),
        "status": "draft",
        "lang": told["lang"],
    }
    reply = f"\n## Reply\n\n{REPLY}\n" if told["doctor"] else ""
    return f"---\n{frontmatter.write(fields)}---\n\n## Question\n\n{QUESTION}\n{reply}"
