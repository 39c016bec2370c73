"""Where a thread contradicts itself: what the asker says and whom the reply greets, against the byline."""

import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from medqa.checks.passages import Glance, Passage, Subject, quoted
from medqa.documents import Age, Signature
from medqa.errors import Problem

_ALIKE = 0.75
"""Ratio of difflib's from which two different words may be one name."""
_LEAST_NAME = 4
_GREETING, _SIGNATURE = 120, 200
"""Characters at the beginning and at the end of a reply in which these are looked for."""
_SIGNED = ("Dr", "DR", "Doctor", "\u91ab", "\u533b")
"""What a signature has: a title, in Chinese 醫 or 医."""
_SEXES = {"female": "female", "male": "male", "sir": "male", "madam": "female"}
_TRANS = ("transgender", "trans man", "trans woman", "transsexual", "ftm", "mtf", "female to male", "male to female")
_FIRST_ADULT, _OLDEST = 10, 110


class Statement(NamedTuple):
    """What an asker says of his or her own age and sex."""

    passage: Passage
    start: int
    end: int
    sex: str
    age: int | None

    @property
    def trans(self) -> bool:
        """Whether the text is of somebody for whom one word is not the whole answer."""
        return any(word in self.passage.lower for word in _TRANS)

    def problem(self, code: str, byline: str) -> Problem:
        """Report that the byline says something else."""
        said = quoted(self.passage.text[self.start : self.end])
        hint = "ask who is right, and mend the byline ('asker') or say in 'ack' why both may stand"
        return self.passage.problem(code, self.start, self.end, f"the asker says {said}, the byline {byline}", hint)


def statements(subject: Subject) -> Iterator[Problem]:
    """Report the first statement of the asker's that is not what the byline says: MQ503 the sex, MQ504 the age.

    Nothing is said where another statement in the text agrees with the byline.
    """
    asker = subject.thread.asker
    if not asker.sex and asker.age is None:
        return
    told = [one for passage in subject.asked if "statements" in passage.hopes for one in _statements(passage)]
    of_sex = [one for one in told if one.sex]
    if asker.sex in {"female", "male"} and of_sex and not any(one.sex == asker.sex or one.trans for one in of_sex):
        yield of_sex[0].problem("MQ503", asker.sex)
    of_age = [one for one in told if one.age is not None]
    if asker.age and of_age and not any(_fits(one.age, asker.age) for one in of_age if one.age is not None):
        yield of_age[0].problem("MQ504", _shown(asker.age))


def _statements(passage: Passage) -> Iterator[Statement]:
    for found in passage.found("statements"):
        if passage.lower.startswith("'", found.end()):  # "a 12-year-old's aunt"
            continue
        groups = found.groupdict()
        sex = next((_SEXES[name] for name in _SEXES if groups.get(name)), "")
        age = int(groups["age"]) if groups.get("age") else None
        if age is not None and not _FIRST_ADULT <= age <= _OLDEST:
            age = None
        if sex or age is not None:
            yield Statement(passage, found.start(), found.end(), sex, age)


def _fits(said: int, byline: Age) -> bool:
    """Tell whether an age fits a byline, or did a year before or after."""
    low, high = (byline.low // 12,) * 2 if byline.months else (byline.low, byline.high or byline.low)
    return low - 1 <= said and (byline.open or said <= high + 1)


def _shown(age: Age) -> str:
    band = f"{age.low}~{age.high}" if age.high is not None else f"{age.low}{'+' if age.open else ''}"
    return f"{band} months" if age.months else band


def greetings(subject: Subject) -> Iterator[Problem]:
    """Report a reply that greets the asker as another sex (MQ505), or by almost the name of the byline (MQ506)."""
    asker = subject.thread.asker
    for passage in subject.replies if asker.sex or asker.name else ():
        found = next(Glance(passage.text[:_GREETING]).found("greetings"), None)
        if found is None:
            continue
        groups = found.groupdict()
        sex = next((name for name in _SEXES if groups.get(name)), "")
        if sex and asker.sex in {"female", "male"} and _SEXES[sex] != asker.sex:
            message = f"the reply greets {quoted(passage.text[slice(*found.span(sex))])}, the byline says {asker.sex}"
            hint = "find out who is right, and mend the byline ('asker'); a doctor's words need a correction"
            yield passage.problem("MQ505", *found.span(sex), message, hint)
        name = (groups.get("name") or "").removesuffix("'s").removesuffix("’s")  # noqa: RUF001
        if name and asker.name and _two_spellings(name, asker.name):
            hint = "write the name in one way: in the byline, or with a correction in the reply"
            message = f"the reply spells {quoted(name)}, the byline {quoted(asker.name)}"
            start = found.start("name")
            yield passage.problem("MQ506", start, start + len(name), message, hint)


def _two_spellings(one: str, other: str) -> bool:
    """Tell whether a name is almost another: the same letters but for accents, or a letter or two that differ."""
    words, others = one.split(), other.split()
    if {word.casefold() for word in words} & {word.casefold() for word in others}:
        return False
    return any(alike(word, known) for word in words for known in others)


def alike(one: str, other: str) -> bool:
    """Tell whether two different words are likely to be one name."""
    mine, theirs = letters(one), letters(other)
    if mine == theirs:
        return one.casefold() != other.casefold()
    if min(len(mine), len(theirs)) < _LEAST_NAME or mine[:1] != theirs[:1]:
        return False
    return SequenceMatcher(None, mine, theirs, autojunk=False).ratio() >= _ALIKE


def letters(name: str) -> str:
    """Give a name's letters without accents, case and what parts words."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", name))).casefold()


def signatures(subject: Subject) -> Iterator[Signature]:
    """Give whose names stand below the replies, and of which hospitals, where the front matter says something else."""
    for number, (passage, reply) in enumerate(zip(subject.replies, subject.thread.replies, strict=True), 1):
        begin = max(0, len(passage.text) - _SIGNATURE)
        if not any(mark in passage.text[begin:] for mark in _SIGNED):
            continue
        found = next(Glance(passage.text[begin:]).found("signatures"), None)
        if found is None:
            continue
        name, hospital = " ".join(found["name"].split()), " ".join((found["value"] or "").split())
        known = reply.hospital.text if reply.hospital else ""
        if name != reply.doctor.text or (hospital and hospital != known):
            yield Signature(
                number, name, hospital, *passage.place(begin + found.start("name"), begin + found.end("name"))
            )
