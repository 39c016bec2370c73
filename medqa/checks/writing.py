"""What is broken in the text itself: lines, lists, headings, repetitions, letters that are not what they seem."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from functools import cache

from medqa.checks.passages import Passage, Subject, quoted
from medqa.checks.words import languages
from medqa.errors import Problem

_BROKEN = re.compile(r"\.\n(?<=[A-Za-z]\.\n)(?=[^\s#>*|-])")
# Both begin with a newline, for which the search is fast; so the text is given one in front of it.
_BARE_NUMBER = re.compile(r"\n[ ]{0,3}(\d{1,3}\.)[ \t]*(?=\n|\Z)")
_EMPTY_HEADING = re.compile(r"\n(###\#{0,3} [^\n]*)\s*(?=\n#|\Z)")
_DOUBLED = re.compile(r"(?i)[ ]*[-–—|:｜：/][ ]*([^-–—|:｜：/]{3,}?)[ ]*$")  # noqa: RUF001
_NO_ALT = re.compile(r"!\[\s*\]\(")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffd\ue000-\uf8ff\U000e0000-\U000e007f]+"
)
# Cyrillic, and those Greek letters that look like Latin ones: "α-blocker" and "TNFα" are as they should be.
_OTHERS = "\u0400-\u052f\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03bd"
_MIXED = re.compile(rf"[A-Za-z]*(?:[A-Za-z][{_OTHERS}]|[{_OTHERS}][A-Za-z])[A-Za-z{_OTHERS}]*|[\u2e80-\u2fd5]")
_ODD = re.compile(rf"[{_OTHERS}\u2e80-\u2fd5]")
_JOINERS = "\u200c\u200d"
_REPEATED, _LEAST_QUESTION, _LEAST_SENTENCE = 0.6, 120, 40
_PROBE = 30
_SENTENCE = re.compile(r"[^.!?。！？\n]+")  # noqa: RUF001 - as people type them


def broken(subject: Subject) -> Iterator[Problem]:
    """Report lines that end in an abbreviation (MQ705), list numbers without text (MQ706), empty headings (MQ707)."""
    for passage in subject.passages:
        text = passage.text
        for found in _BROKEN.finditer(text):
            end = found.end() - 1
            start = max(text.rfind(" ", 0, end), text.rfind("\n", 0, end)) + 1
            if (word := text[start:end].lstrip("(\"'")) in _abbreviations():
                hint = "join the line with the next one"
                yield passage.problem("MQ705", start, end, f"the line ends in '{word}'", hint)
        before = 0 if text.startswith("\n") else 1
        lines = f"\n{text}" if before else text
        for found in _BARE_NUMBER.finditer(lines):
            hint = "write the number in front of its text, on one line"
            yield passage.problem(
                "MQ706", found.start(1) - before, found.end(1) - before, f"the number '{found[1]}' has no text", hint
            )
        for found in _EMPTY_HEADING.finditer(lines) if "###" in text else ():
            if _next_level(lines, found.end()) <= len(found[1]) - len(found[1].lstrip("#")):
                hint = "write the text below it, or delete the heading"
                yield passage.problem(
                    "MQ707",
                    found.start(1) - before,
                    found.end(1) - before,
                    f"nothing stands below {quoted(found[1])}",
                    hint,
                )


@cache
def _abbreviations() -> frozenset[str]:
    return frozenset().union(*(one.words.abbreviations for one in languages()))


def _next_level(text: str, at: int) -> int:
    """Count the marks of the heading that follows; 0 at the end of the text."""
    rest = text[at + 1 : at + 7]
    return len(rest) - len(rest.lstrip("#"))


def repeated(subject: Subject) -> Iterator[Problem]:
    """Report a reply that repeats most of the question (MQ708)."""
    question = subject.passages[0].text
    if len(question) < _LEAST_QUESTION:
        return
    # Whoever repeats most of a text repeats what stands in its middle.
    probes = [question[at : at + _PROBE] for at in range(len(question) // 4, len(question), len(question) // 4)][:3]
    for passage in subject.replies:
        if len(passage.text) < _LEAST_QUESTION or not any(probe in passage.text for probe in probes):
            continue
        sentences = [one.strip() for one in _SENTENCE.findall(question)]
        long = [one for one in sentences if len(one) >= _LEAST_SENTENCE]
        again = [one for one in long if one in passage.text]
        if again and sum(map(len, again)) >= _REPEATED * sum(map(len, sentences)):
            start = passage.text.index(again[0])
            hint = "delete it; the question stands above the reply (a doctor's words need a correction)"
            yield passage.problem("MQ708", start, start + len(again[0]), "the reply repeats the question", hint)


def title(subject: Subject) -> Iterator[Problem]:
    """Report a title whose end is doubled: "… in Neurology - Neurology" (MQ709)."""
    text = subject.thread.title
    found = _DOUBLED.search(text) if any(mark in text for mark in "-–—|:｜：/") else None  # noqa: RUF001
    if found and text[: found.start()].casefold().endswith(found[1].casefold()):
        yield subject.problem(
            "title", "MQ709", f"the title says {quoted(found[1])} twice at its end", f"delete {quoted(found[0])}"
        )


def letters(subject: Subject) -> Iterator[Problem]:
    """Report words of two scripts (MQ710), invisible characters (MQ711), images without a description (MQ712)."""
    for passage in subject.passages:
        if passage.odd:
            if _ODD.search(passage.odd):
                yield from _mixed(passage)
            if _INVISIBLE.search(passage.odd):
                yield from _invisible(passage)
        for found in _NO_ALT.finditer(passage.text) if "![" in passage.text else ():
            hint = "write between the brackets what the picture shows: those who cannot see it will hear it"
            yield passage.problem("MQ712", *found.span(), "the image has no description", hint)


def _mixed(passage: Passage) -> Iterator[Problem]:
    for found in _MIXED.finditer(passage.text):
        odd = next(one for one in found[0] if not one.isascii())
        name = unicodedata.name(odd, f"U+{ord(odd):04X}")
        hint = f"write it anew: '{odd}' is {name}, which looks like another letter and is not found as one"
        what = "has letters of two scripts" if len(found[0]) > 1 else "only looks like a letter"
        yield passage.problem("MQ710", *found.span(), f"{quoted(found[0])} {what}", hint)


def _invisible(passage: Passage) -> Iterator[Problem]:
    for found in _INVISIBLE.finditer(passage.text):
        if found[0] in _JOINERS and not _beside_plain(passage.text, found.start()):
            continue
        start, (meant, width) = found.start(), _misread(passage.text, found.start())
        if meant:
            message, hint = f"letters that were read in a wrong encoding stand here for '{meant}'", f"write '{meant}'"
            yield passage.problem("MQ711", start - 1, start - 1 + width, message, hint)
            continue
        hint = "delete it; an editor that shows invisible characters helps"
        name = unicodedata.name(found[0][0], "a control character")
        message = f"an invisible character stands here: U+{ord(found[0][0]):04X}, {name}"
        yield passage.problem("MQ711", *found.span(), message, hint)


def _misread(text: str, at: int) -> tuple[str, int]:
    """Give the character of which UTF-8's bytes, read as Latin-1, stand around a place, and how many they are."""
    for width in (2, 3, 4):
        with suppress(UnicodeError):
            meant = text[at - 1 : at - 1 + width].encode("latin-1").decode()
            if at and len(meant) == 1:
                return meant, width
    return "", 0


def _beside_plain(text: str, at: int) -> bool:
    """Tell whether a joiner stands beside a Latin or Chinese letter, where it joins nothing."""
    beside = text[max(0, at - 1) : at + 2]
    return any((one.isascii() and one.isalnum()) or "\u3400" <= one <= "\u9fff" for one in beside)
