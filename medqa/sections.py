"""The frame of a document: front matter, and the sections of a thread."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Literal

import msgspec

from medqa.errors import Problem, problem, suggestion

SectionKind = Literal["question", "reply", "follow_up", "more_info"]
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_HEADING = re.compile(r"(#{1,2})(?:[ \t]+(.*?))?[ \t]*#*[ \t]*$")
_CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: .*)?$", re.MULTILINE)


class Frame(msgspec.Struct, frozen=True):
    """A file cut in two."""

    header: str
    """The YAML between the two lines `---`; begins on line 2 of the file."""
    body: str
    body_line: int
    """Line of the file on which the body begins."""


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
    conflict = _CONFLICT.search(text)
    if conflict:
        place = (path, text.count("\n", 0, conflict.start()) + 1, 1)
        hint = "keep the right one of the two versions and delete the lines <<<<<<<, ======= and >>>>>>>"
        return problem(place, "MQ111", "a merge conflict was left here", hint)
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        hint = "begin the file with a line '---', then 'key: value' lines, then '---' again"
        return problem((path, 1, 1), "MQ102", "there is no front matter", hint)
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        return problem((path, 1, 1), "MQ102", "the front matter is not closed", "put a line '---' below its last key")
    return Frame("\n".join(lines[1:end]) + "\n", "\n".join(lines[end + 1 :]), end + 2)


def split(cut: Frame, path: str, names: Mapping[str, SectionKind], problems: list[Problem]) -> list[Section]:
    """Part a thread's body at its `## Name` lines outside code.

    `names` maps case-folded section names to kinds. Adds to `problems`: MQ207 for any other heading of level 1 or 2,
    MQ208 for text before the first section, MQ219 for a code block that swallows the rest.
    """
    lines = cut.body.split("\n")
    opened: list[tuple[SectionKind, int]] = []
    text_before = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    for number, title, marks in _headings(lines, cut.body_line, path, problems):
        kind = names.get(_folded(title)) if len(marks) == len("##") else None
        if kind is None:
            problems.append(_not_a_section((path, cut.body_line + number, 1), marks, title, names))
            kind = _meant(title, names)  # so that one slip is one problem
        if kind:
            opened.append((kind, number))
        if number <= text_before:
            text_before = len(lines)
    if text_before < min((number for _, number in opened), default=len(lines)):
        at = (path, cut.body_line + text_before, 1)
        problems.append(problem(at, "MQ208", "text stands before the first section", "put '## Question' above it"))
    ends = [number for _, number in opened[1:]] + [len(lines)]
    return [
        Section(kind, cut.body_line + start, "\n".join(lines[start + 1 : end]).rstrip())
        for (kind, start), end in zip(opened, ends, strict=True)
    ]


def _headings(lines: list[str], first: int, path: str, problems: list[Problem]) -> Iterator[tuple[int, str, str]]:
    """Give (index, text, marks) of each heading of level 1 or 2 outside code."""
    fence, opened = "", 0
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip(" `~\t"):
                fence = ""
        elif mark:
            fence, opened = mark[1], number
        elif line.startswith("#") and (heading := _HEADING.match(line)):
            yield number, heading[2] or "", heading[1]
    if fence:
        problems.append(
            problem((path, first + opened, 1), "MQ219", "this code block is never closed", f"add a line '{fence}'")
        )


def _folded(title: str) -> str:
    return " ".join(title.split()).casefold()


def _meant(title: str, names: Mapping[str, SectionKind]) -> SectionKind | None:
    """Give the section that a misspelled heading stands for, None where it is like none."""
    near = get_close_matches(_folded(title), names, n=1, cutoff=0.6)
    return names[near[0]] if near else None


def _not_a_section(place: tuple[str, int, int], marks: str, title: str, names: Mapping[str, SectionKind]) -> Problem:
    if _folded(title) in names:
        return problem(place, "MQ207", f"'{marks} {title}' has one '#', a section has two", f"write '## {title}'")
    hint = "headings inside a section begin with '###'"
    near = suggestion(title, [name.capitalize() for name in names]) if title else ""
    return problem(place, "MQ207", f"'{marks} {title}' is not a section", f"{near}; {hint}" if near else hint)
