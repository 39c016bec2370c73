"""What checks look at: the texts of a thread, each with whose words they are and where in the file they stand."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal

from medqa.checks.words import Category, Language, spoken, vocabulary
from medqa.documents import Parsed, Thread
from medqa.errors import Problem, problem
from medqa.sections import Section

Voice = Literal["asker", "doctor", "editor"]
_VOICES: Mapping[str, Voice] = {"question": "asker", "follow_up": "asker", "reply": "doctor", "more_info": "editor"}

# Digits become "0", what may part them "-", everything else "a": so numbers are found by their shape, in a fraction of
# the time that a pattern takes on the text itself.
_SHAPE = bytes(48 if 48 <= at <= 57 else 45 if at in b" -.()/+" else 97 for at in range(256))  # noqa: PLR2004 - ASCII
_PLAIN = bytes(range(32, 127)) + b"\t\n"
_LONG_NUMBER = re.compile(rb"0[0-]{6,}|00a00a000")
"""Seven digits and more; in Italian identity numbers letters part them."""
_TYPED = dict(zip("‘’“”„«»–—…\u00a0", '\'\'"""""--. ', strict=True))  # noqa: RUF001 - as people type them
"""Typographic marks → plain ones."""
_LEAST_DIGITS = 7


class Glance:
    """The beginning or the end of a text, that is looked through for patterns."""

    short = True

    def __init__(self, text: str) -> None:
        """Look at a text."""
        self.text = text

    @cached_property
    def lower(self) -> str:
        """The text in lower case and with plain marks, letter for letter: places here are places in the text."""
        lower = self.text.lower()
        if len(lower) != len(self.text):
            lower = self.text
        for mark in _TYPED.keys() & set(self.odd):
            lower = lower.replace(mark, _TYPED[mark])
        return lower

    @cached_property
    def vocabulary(self) -> set[str]:
        """The words of the text in lower case."""
        return vocabulary(self.lower)

    @cached_property
    def languages(self) -> tuple[Language, ...]:
        """The languages that the text may be written in."""
        return spoken(self.odd)

    @cached_property
    def odd(self) -> str:
        """The text without the letters and signs of plain English, of which nothing is left mostly."""
        return self.text.encode(errors="replace").translate(None, _PLAIN).decode()

    def found(self, category: Category) -> Iterator[re.Match[str]]:
        """Find what the patterns of a category find in the text."""
        for language in self.languages:
            yield from language.found(category, self)


class Passage(Glance):
    """One section's text, as it stands in the file."""

    short = False

    def __init__(self, path: str, section: Section) -> None:
        """Look at a section of the file at a path."""
        super().__init__(section.text)
        self.path = path
        self.voice = _VOICES[section.kind]
        self._line = section.line

    @cached_property
    def hopes(self) -> set[Category]:
        """The categories of which something may be found."""
        return set[Category]().union(*(one.categories(self) for one in self.languages))

    @cached_property
    def long_numbers(self) -> Sequence[tuple[int, int]]:
        """Where seven and more digits stand together, with spaces and the like between them."""
        shape = self.text.encode("ascii", "replace").translate(_SHAPE)
        if b"000" not in shape and b"00-00" not in shape:
            return ()
        spans = (found.span() for found in _LONG_NUMBER.finditer(shape))
        return tuple((start, end) for start, end in spans if shape.count(b"0", start, end) >= _LEAST_DIGITS)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    def problem(self, code: str, start: int, end: int, message: str, hint: str) -> Problem:
        """Report what stands from `start` to `end`; where these are on two lines, what is on the first."""
        line, column, width = self.place(start, end)
        return problem((self.path, line, column), code, message, hint, width=width)

    def place(self, start: int, end: int) -> tuple[int, int, int]:
        """Give (line, column, width on that line) of what stands from `start` to `end`."""
        row = bisect_right(self._starts, start) - 1
        below = self._starts[row + 1] - 1 if row + 1 < len(self._starts) else len(self.text)
        return self._line + row, start - self._starts[row] + 1, max(1, min(end, below) - start)


class Subject:
    """A thread with its texts."""

    def __init__(self, path: str, parsed: Parsed, thread: Thread) -> None:
        """Look at a thread that was parsed from the file at `path`."""
        self.path = path
        self.thread = thread
        self.places = parsed.places
        """Field of the front matter → its (line, column)."""
        self.passages = tuple(Passage(path, section) for _, section in parsed.sections)
        self.asked = tuple(one for one in self.passages if one.voice == "asker")
        self.replies = tuple(one for one in self.passages if one.voice == "doctor")

    def problem(self, field: str, code: str, message: str, hint: str) -> Problem:
        """Report what is odd about a field of the front matter."""
        return problem((self.path, *self.places.get(field, (1, 1))), code, message, hint)


def quoted(text: str, longest: int = 60) -> str:
    """Give words of a text between quotation marks, on one line and not too many of them."""
    line = " ".join(text.split())
    return f"'{line}'" if len(line) <= longest else f"'{line[:longest].rstrip()}…'"
