"""What tells readers who an asker is: the kinds that HIPAA's Safe Harbor takes out of health data, and more.

Askers' words are looked through for all of them, doctors' words for what is never the reader's business: identity
numbers, e-mail addresses, mobile phones. More Info, which nobody in particular wrote to nobody in
particular, is passed over.
"""

import re
from collections.abc import Iterator

from medqa.checks.identities import identities
from medqa.checks.passages import Passage, Subject, quoted
from medqa.checks.words import Category
from medqa.documents import Age
from medqa.errors import Problem

_HINT = "take it out, or write '…' in its place"
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"(?i:https?://|www\.)[^\s<>()\u3000-\u303f\uff00-\uffef]+")
_NAMED: tuple[tuple[Category, str, str], ...] = (
    ("names", "MQ608", "a full name stands here: {}"),
    ("births", "MQ610", "a date of birth stands here: {}"),
    ("addresses", "MQ603", "a postal address stands here: {}"),
    ("records", "MQ605", "the number of a record or card stands here: {}"),
    ("messengers", "MQ606", "the name of an account stands here: {}"),
)
_KEPT_AGE = 89


def private(subject: Subject) -> Iterator[Problem]:
    """Report what tells who somebody is, in the words of askers and doctors."""
    for passage in (*subject.asked, *subject.replies):
        yield from _anywhere(passage)
    for passage in subject.asked:
        yield from _in_askers_words(passage)
    age = subject.thread.asker.age
    if age and not age.months and not age.open and max(age.low, age.high or 0) > _KEPT_AGE:
        yield subject.problem("asker", "MQ609", f"the byline tells an age over 89: {_years(age)}", "write 'age: 90+'")


def _years(age: Age) -> str:
    return f"{age.low}~{age.high}" if age.high else str(age.low)


def _anywhere(passage: Passage) -> Iterator[Problem]:
    if "@" in passage.text:
        for found in _EMAIL.finditer(passage.text):
            yield passage.problem("MQ602", *found.span(), f"an e-mail address stands here: {quoted(found[0])}", _HINT)
    if passage.long_numbers:
        yield from _numbers(passage)


def _numbers(passage: Passage) -> Iterator[Problem]:
    """Report identity numbers, and the phone numbers that are none."""
    addresses = (
        [found.span() for found in _URL.finditer(passage.text)]
        if "www." in passage.lower or "://" in passage.text
        else []
    )
    spans = [one for one in passage.long_numbers if not any(start <= one[0] < end for start, end in addresses)]
    known = list(identities(passage.text, spans))
    for one in known:
        message = f"an identity number of {one.country} stands here: {quoted(passage.text[one.start : one.end])}"
        yield passage.problem("MQ604", one.start, one.end, message, _HINT)
    for start, end in spans:
        if not any(one.start < end and start < one.end for one in known):
            yield from _phones(passage, start, end)


def _phones(passage: Passage, start: int, end: int) -> Iterator[Problem]:
    """Report phone numbers; in a doctor's words mobile ones alone, since hotlines and wards are for everybody."""
    from medqa.checks.phones import phone_numbers  # noqa: PLC0415 - knows the numbers of the world, and few texts have one

    before = max(0, start - 3)
    regions = [region for language in reversed(passage.languages) for region in language.words.regions]
    for at, until, number in phone_numbers(passage.text[before : end + 1], regions, mobile=passage.voice == "doctor"):
        message = f"a phone number stands here: {quoted(number)}"
        yield passage.problem("MQ601", before + at, before + until, message, _HINT)


def _in_askers_words(passage: Passage) -> Iterator[Problem]:
    lower = passage.lower
    if "://" in lower or "www." in lower:
        for found in _URL.finditer(passage.text):
            hint = "look whether it leads to the asker; take it out, or say in 'ack' why it may stand"
            address = found[0].rstrip(".,:;!?)'\"")
            message = f"a web address stands here: {quoted(address)}"
            yield passage.problem("MQ607", found.start(), found.start() + len(address), message, hint)
    for category, code, message in _NAMED:
        for found in passage.found(category) if category in passage.hopes else ():
            group = next((name for name, value in found.groupdict().items() if value), 0)
            yield passage.problem(
                code, *found.span(group), message.format(quoted(passage.text[slice(*found.span(group))])), _HINT
            )
    if "ages" in passage.hopes:
        yield from _ages(passage)


def _ages(passage: Passage) -> Iterator[Problem]:
    """Report ages over 89; where several patterns find one, the first of their places is told."""
    last = 0
    for start, end in sorted(found.span() for found in passage.found("ages")):
        if start >= last:
            last = end
            hint = "write 'over 90': so few are as old that the age tells who it is"
            message = f"an age over 89 is told: {quoted(passage.text[start:end])}"
            yield passage.problem("MQ609", start, end, message, hint)
