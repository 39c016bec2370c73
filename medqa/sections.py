"""The frame of a document: front matter, and the sections of a thread."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple

import msgspec

from medqa import yamltext
from medqa.errors import Problem, nearest, problem
from medqa.markup import grammar
from medqa.markup.characters import normal

SectionKind = Literal["question", "reply", "follow_up", "more_info"]
_UNSPACED = re.compile(r" {0,3}##([^#\s].*)")
"""A heading but for the space after its marks."""
_OPENING = re.compile(r"---[^\S\n]*(?:\n|\Z)")
"""The line that begins the front matter."""
_CLOSING = re.compile(rf"\n{_OPENING.pattern}")
"""The line that ends the front matter, from the newline before it."""
_MARKED = re.compile(r"\n[^\S\n]*([#`~])[^\n]*")
"""A line that may be a heading or a fence, from the newline before it: so begun, the search is fast."""


class Frame(msgspec.Struct, frozen=True):
    """A file cut in two."""

    header: str
    """The YAML between the two lines `---`; begins on line 2 of the file."""
    body: str
    body_line: int
    """Line of the file on which the body begins; its last line where it has no body."""


class Names(msgspec.Struct, frozen=True):
    """What opens a section."""

    own: Mapping[str, SectionKind]
    """Case-folded names in English and the thread's language."""
    elsewhere: Callable[[str], tuple[SectionKind, str] | None]
    """Gives the section that a case-folded name opens in another language, and that language's tag."""


class Section(msgspec.Struct, frozen=True):
    """One section of a thread."""

    kind: SectionKind
    heading_line: int
    text: str
    """What stands below the heading."""

    @property
    def line(self) -> int:
        """Line of the file on which the text begins."""
        return self.heading_line + 1


def frame(text: str, path: str) -> Frame | Problem:
    """Part a file into front matter and body."""
    if conflict := yamltext.conflict(text, path):
        return conflict
    opening = _OPENING.match(text)
    if opening is None:
        hint = "begin the file with a line '---', then 'key: value' lines, then '---' again"
        return problem((path, 1, 1), "MQ102", "there is no front matter", hint)
    closing = _CLOSING.search(text, opening.end() - 1)
    if closing is None:
        return problem((path, 1, 1), "MQ102", "the front matter is not closed", "put a line '---' below its last key")
    header = text[opening.end() : closing.start() + 1]
    return Frame(header, text[closing.end() :], text.count("\n", 0, closing.end()) + 1)


def split(cut: Frame, path: str, names: Names, problems: list[Problem]) -> list[Section]:
    """Part a thread's body at its `## Name` lines outside code.

    Adds to `problems`: MQ207 for any other heading of level 1 or 2, MQ208 for text before the first section, MQ219 for
    a code block that swallows the rest. What is meant for a section's heading opens it: one slip is one problem.
    """
    body = cut.body
    judged = list(_judged(cut, path, names, problems))
    for line, heading in judged:
        if heading.message:
            problems.append(problem((path, line.number, 1), "MQ207", heading.message, heading.hint))
    before = body[: judged[0][0].at if judged else None]
    if text := before.lstrip():
        place = (path, cut.body_line + before.count("\n", 0, -len(text)), 1)
        problems.append(problem(place, "MQ208", "text stands before the first section", "put '## Question' above it"))
    opened = [(heading.kind, line) for line, heading in judged if heading.kind]
    ends = [*(line.at for _, line in opened), len(body)][1:]
    return [
        Section(kind, line.number, body[line.below : end].rstrip())
        for (kind, line), end in zip(opened, ends, strict=False)  # one end too few where no section was opened
    ]


# --- headings ---------------------------------------------------------------------------------------------------------


class _Line(NamedTuple):
    """A line of the body."""

    at: int
    """Place of its first character in the body."""
    below: int
    """Place of the next line's."""
    number: int
    """In the file."""


class _Judged(msgspec.Struct, frozen=True):
    """A heading of level 1 or 2, or what was meant for one: a section's name under any other heading."""

    kind: SectionKind | None
    """The section that it opens."""
    message: str = ""
    hint: str = ""
    language: str = ""
    """Of its name, where that is not the thread's."""


def _judged(cut: Frame, path: str, names: Names, problems: list[Problem]) -> Iterator[tuple[_Line, _Judged]]:
    """Give the headings outside code with their lines; a foreign language is a fault of the first of them only."""
    language = ""
    for text, at, number in _outside_code(cut, path, problems):
        if _is_deep(text, names):
            continue
        if heading := _judge(normal(text), names):
            line = _Line(at, at + len(text) + 1, number)
            yield line, _Judged(heading.kind) if heading.language and language else heading
            language = language or heading.language


def _is_deep(line: str, names: Names) -> bool:
    """Tell whether a line is sure to be a heading inside a section, or text: as most of those with marks are."""
    return (
        line[:3] == "###"
        and line.isascii()
        and line.isprintable()
        and "  " not in line
        and line.strip("# ").casefold() not in names.own
    )


def _outside_code(cut: Frame, path: str, problems: list[Problem]) -> Iterator[tuple[str, int, int]]:
    """Give the lines outside code that begin with "#", their places in the body and numbers in the file.

    A code block that is not closed is MQ219.
    """
    fence, opened, at, number = "", 0, 0, cut.body_line
    for found in _MARKED.finditer("\n" + cut.body):
        number += cut.body.count("\n", at, found.start())
        line, at = found[0][1:], found.start()
        if fence:
            if found[1] == fence[0] and grammar.closes(normal(line), fence):
                fence = ""
        elif found[1] == "#":
            yield line, at, number
        else:
            fence, opened = grammar.fence(normal(line)), number
    if fence:
        place = (path, opened, 1)
        problems.append(problem(place, "MQ219", "this code block is never closed", f"add a line '{fence}'"))


def _judge(line: str, names: Names) -> _Judged | None:
    """Judge a line of the dialect; None for text and for headings of other levels."""
    heading = grammar.heading(line)
    unspaced = None if heading else _UNSPACED.match(line)
    if heading and heading[0] > len("##"):
        return _too_deep(heading, names)
    if heading:
        marks, title = "#" * heading[0], heading[1]
    elif unspaced:
        marks, title = "##", unspaced[1].strip()
    else:
        return None
    name = " ".join(title.split()).casefold()
    elsewhere = None if name in names.own else names.elsewhere(name)
    kind = elsewhere[0] if elsewhere else names.own.get(name)
    if kind is None:
        return None if unspaced else _unknown(marks, title, name, names)
    if fault := _fault(line, marks, unspaced=bool(unspaced)):
        return _Judged(kind, f"'{line.strip()}' {fault}", f"begin the line with '## {title}'")
    if elsewhere:
        hint = f"add 'lang: {elsewhere[1]}' to the front matter, or write '## {_shown(names, kind)}'"
        return _Judged(kind, f"'## {title}' is a section in another language", hint, elsewhere[1])
    return _Judged(kind)


def _too_deep(heading: tuple[int, str], names: Names) -> _Judged | None:
    """Judge a heading inside a section: with the very name of one it would put words into the wrong mouth."""
    level, title = heading
    name = " ".join(title.split()).casefold()
    kind = names.own.get(name)
    if kind is None or _shown(names, kind).casefold() != name:
        return None
    return _Judged(kind, f"'{'#' * level} {title}' has {level} '#', a section has two", f"write '## {title}'")


def _fault(line: str, marks: str, *, unspaced: bool) -> str:
    """Say why a line with a section's name opens none, or ""."""
    if unspaced:
        return "has no space behind its marks"
    if len(marks) == 1:
        return "has one '#', a section has two"
    return "" if line.startswith("#") else "does not begin at the start of its line"


def _unknown(marks: str, title: str, name: str, names: Names) -> _Judged:
    near = nearest(name, names.own)
    sections = ", ".join(dict.fromkeys(_shown(names, kind) for kind in names.own.values()))
    hint = f"did you mean '## {near.capitalize()}'?" if near else f"sections are {sections};"
    kind = names.own.get(near)
    return _Judged(kind, f"'{marks} {title}' is not a section", f"{hint} headings inside a section begin with '###'")


def _shown(names: Names, kind: SectionKind) -> str:
    """Give the first name of a section."""
    return next((name.capitalize() for name, other in names.own.items() if other == kind), kind)
