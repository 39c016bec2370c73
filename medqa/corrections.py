"""The doctors' words: what has become of replies since a revision, and whether a correction says so.

A published reply is what a doctor said on a day. Whoever changes its words says so in `corrections`: who, when, why.
White space, marks of formatting and the numbers of lists are no words.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

from medqa import markup, sources
from medqa.documents import Correction, Parsed, Reply, Thread
from medqa.errors import Problem, problem
from medqa.parse import Dialect, parse
from medqa.revisions import Since, texts_at
from medqa.sections import Section
from medqa.sources import Place

_LIST_NUMBER = re.compile(r"^ *\d{1,9}\.(?: +|$)", re.MULTILINE)
_WORD = re.compile(r"\w+")
_SHOWN = 6
"""Words of a change that a message quotes."""
_THREADS = f"{sources.CONTENT}/threads/"
Spoken = tuple[Reply, Section, str]
"""A reply, its section, and its words without white space."""


def problems(root: Path, since: Since, spoken: Dialect) -> Iterator[Problem]:
    """Report replies whose words are others than at a revision without a correction (MQ220).

    A thread is the same one whatever folder it lies in, and under a new name where it has the old one among its
    `aliases`. Nothing is said of files that could not be parsed, then or now.
    """
    changed = {path: status for path, status in since.files.items() if path.startswith(_THREADS)}
    old = texts_at(root, since.base, sorted(path for path, status in changed.items() if status != "A"))
    before = {path: thread for path, data in sorted(old.items()) if (thread := _then(path, data, spoken))}
    by_stem = {thread.document.stem: thread for thread in before.values() if isinstance(thread.document, Thread)}
    for path in sorted(path for path, status in changed.items() if status != "D"):
        now = _now(root, path, spoken)
        if now and isinstance(now.document, Thread):
            stems = (now.document.stem, *(alias.text for alias in now.document.aliases))
            last = before.get(path) or next((by_stem[stem] for stem in stems if stem in by_stem), None)
            if last:
                yield from _compare(path, last, now)


def _then(path: str, data: bytes, spoken: Dialect) -> Parsed | None:
    try:
        return _parsed(path, sources.text_of(data), spoken)
    except UnicodeDecodeError:
        return None


def _now(root: Path, path: str, spoken: Dialect) -> Parsed | None:
    try:
        return _parsed(path, sources.read(root, path).text, spoken)
    except sources.UnreadableError:
        return None


def _parsed(path: str, text: str, spoken: Dialect) -> Parsed | None:
    place = sources.place(path)
    parsed = parse(place, text, spoken) if isinstance(place, Place) else None
    return parsed if isinstance(parsed, Parsed) else None


def _compare(path: str, last: Parsed, now: Parsed) -> Iterator[Problem]:
    """Compare the replies of a thread with those of before."""
    told = _new_corrections(last, now)
    left = _replies(last)
    for number, (reply, section, words) in enumerate(_replies(now), 1):
        before = _take_same(left, reply, words)
        if before and before[2] != words:
            yield from _unexplained(path, reply, before[1], section, told.get(number))
    for reply, _, _ in left:  # every correction may be of what is gone
        if not told:
            message = f"a reply by {reply.doctor.text} on {reply.replied} is gone, and no correction says so"
            hint = "put it back, or add 'corrections: [{on: …, by: …, why: …}]'"
            yield problem((path, 1, 1), "MQ220", message, hint)


def _replies(parsed: Parsed) -> list[Spoken]:
    sections = [section for _, section in parsed.sections if section.kind == "reply"]
    replies = parsed.document.replies if isinstance(parsed.document, Thread) else ()
    return [
        (reply, section, "".join(markup.render(_LIST_NUMBER.sub("", section.text), level=2).plain.split()))
        for reply, section in zip(replies, sections, strict=True)
    ]


def _take_same(left: list[Spoken], reply: Reply, words: str) -> Spoken | None:
    """Take from the replies of before the one that this one was: by words, else doctor and day, else one of the two."""
    tests = (
        lambda one: one[2] == words,
        lambda one: (one[0].doctor.text, one[0].replied) == (reply.doctor.text, reply.replied),
        lambda one: one[0].replied == reply.replied,
        lambda one: one[0].doctor.text == reply.doctor.text,
    )
    same = next((one for test in tests for one in left if test(one)), None)
    if same:
        left.remove(same)
    return same


def _new_corrections(last: Parsed, now: Parsed) -> Mapping[int, Correction]:
    """Give the corrections that were not there before, by the number of their reply."""
    before = last.document.corrections if isinstance(last.document, Thread) else ()
    after = now.document.corrections if isinstance(now.document, Thread) else ()
    return {one.reply: one for one in after if one not in before}


def _unexplained(
    path: str, reply: Reply, before: Section, now: Section, correction: Correction | None
) -> Iterator[Problem]:
    """Report a change that no correction tells of, or one that does not say whose it is."""
    if correction and correction.by:
        return
    line, column, width, said = _first_difference(before.text, now.text, now.line)
    hint = "write who changed it, when and why: 'corrections: [{on: 2024-01-05, by: …, why: …, reply: 1}]'"
    message = f"words of {reply.doctor.text}'s reply were changed{said}"
    if correction:
        message, hint = f"{message}; the correction does not say by whom", "add 'by: …' to the correction"
    yield problem((path, line, column), "MQ220", message, hint, width=width)


def _first_difference(before: str, now: str, line: int) -> tuple[int, int, int, str]:
    """Give line, column and width of the first word that is another, and what was changed to what."""
    old, new = list(_WORD.finditer(before)), list(_WORD.finditer(now))
    pairs = enumerate(zip_longest(old, new))
    at = next((at for at, (one, other) in pairs if not one or not other or one[0] != other[0]), None)
    if at is None:  # signs alone have changed
        return line, 1, 1, ""
    start, end = new[at].span() if at < len(new) else (len(now), len(now))
    row = now.count("\n", 0, start)
    column = start - (now.rfind("\n", 0, start) + 1) + 1
    was, becomes = (" ".join(word[0] for word in words[at : at + _SHOWN]) for words in (old, new))
    return line + row, column, max(1, end - start), f": '{was} …' → '{becomes} …'"
