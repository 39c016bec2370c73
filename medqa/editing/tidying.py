"""`fmt`: a file in the one form that medqa writes, and the faults mended that copying from web pages leaves.

Pure. Only white space changes in a text: the words of every section, a doctor's among them, stay as they are, one by
one. A tidy file stays as it is.
"""

import re
from collections.abc import Iterator

from medqa import frontmatter, names, sections, yamltext
from medqa.errors import Problem
from medqa.frontmatter import Order
from medqa.parse import KNOWN_KEYS, NESTED_KEYS
from medqa.sources import Kind

_DAYS = frozenset({"asked", "replied", "publish_on", "expires_on", "reviewed_on", "on", "from", "to"})
_DATE = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_FENCE = re.compile(r"[\s>*+\-0-9.]*(`{3,}|~{3,})")
"""Begins a line behind which nothing is to be touched, wherever in a list or quotation it stands."""
_BLOCK = re.compile(r"\s*(?:[-*+>#|`~]|\d+[.)](?:\s|$)|$)")
"""Begins a line that is no running text."""
_TITLE = re.compile(r"(?:^|[\s(\"'“‘「])(?:Mr|Mrs|Ms|Dr|Prof)\.$")
"""The end of a line that a name has to follow."""
_ABBREVIATION = re.compile(r"(?:^|[\s(\"'“‘「])(?:vs|e\.g|i\.e|approx|cf|Fig|St)\.$")
_LONGEST_ABBREVIATION = 10
"""Characters, with the one before it."""
_NUMBER = re.compile(r"(\s*)(\d{1,2})([.)])")
"""A number of a list, alone on its line."""
_ITEM = re.compile(r"\s*(\d{1,2})[.)](?=\s)")
_SECTION = re.compile(r"##(?!#)\s")


def order(kind: Kind) -> Order:
    """Give the order of the keys in the front matter of a kind."""
    return {"": KNOWN_KEYS[kind], **NESTED_KEYS}


def tidy(kind: Kind, path: str, text: str) -> str | list[Problem]:
    """Give a file's text in the form that medqa writes, or why its front matter cannot be read."""
    cut = sections.frame(text, path)
    if isinstance(cut, Problem):
        return [cut]
    node, problems = yamltext.read(cut.header, path, first_line=2)
    if problems:
        return problems
    header = frontmatter.formatted(cut.header, order(kind), _Mending(node).mend)
    body = tidy_text(cut.body)
    blank = "\n" if body and not cut.body.partition("\n")[0].strip() else ""
    return f"---\n{header}---\n{blank}{body}"


class _Mending:
    """Mends values of one document."""

    def __init__(self, node: yamltext.Mapping) -> None:
        specialty = node.items.get("specialty")
        self._specialty = specialty[1].text if specialty and isinstance(specialty[1], yamltext.Scalar) else ""

    def mend(self, key: str, text: str) -> str:
        """Write a day as 2023-07-06, and a title that names its specialty twice without the one behind the dash."""
        if key in _DAYS:
            return day(text)
        if key == "title" and self._specialty:
            return without_specialty(text, self._specialty, only_doubled=True)
        return text


def day(text: str) -> str:
    """Write a date given as year, month, day in figures as 2023-07-06; give any other text back."""
    found = _DATE.fullmatch(text.strip())
    return f"{found[1]}-{int(found[3]):02}-{int(found[4]):02}" if found else text


def without_specialty(title: str, specialty: str, *, only_doubled: bool = False) -> str:
    """Take the specialty from behind the last dash of a title, where web pages put it; also twice.

    With `only_doubled` it goes only where the rest of the title names it, too.
    """
    for dash in (" - ", " – ", " — ", " | "):
        head, found, tail = title.rpartition(dash)
        named = found and head.strip() and names.key(tail) == names.key(specialty)
        if named and not (only_doubled and names.key(specialty) not in names.key(head)):
            return without_specialty(head.rstrip(), specialty, only_doubled=only_doubled)
    return title


def tidy_text(text: str) -> str:
    """Mend the torn lines of a text, and leave one blank line where there are several; ends with a newline."""
    lines = list(_spaced(_joined(_trimmed(text.split("\n")))))
    whole = "\n".join(line for line, _ in lines).strip("\n")
    return f"{whole}\n" if whole.strip() else ""


_Line = tuple[str, bool]
"""A line, and whether it is code, in which nothing is to be touched."""


def _trimmed(lines: list[str]) -> Iterator[_Line]:
    """Mark code, and take white space from the ends of other lines; two spaces, which break the line, stay two."""
    fence = ""
    for line in lines:
        found = _FENCE.match(line)
        if fence:
            yield line, True
            if found and found[1].startswith(fence) and not line[found.end() :].strip(f" {fence[0]}"):
                fence = ""
        elif found:
            fence = found[1]
            yield line, True
        else:
            bare = line.rstrip(" \t")
            yield bare + "  " * (bool(bare) and line.endswith("  ")), False


def _joined(lines: Iterator[_Line]) -> Iterator[_Line]:
    """Join what was torn: "Dr." and the name, a list's number and its text."""
    held = ""
    blanks = 0
    last = 0
    for line, code in lines:
        if not held:
            last = 0 if _SECTION.match(line) else last
        elif code or (line.strip() and not _goes_on(held, line, blanks)):
            yield held, False
            yield from [("", False)] * blanks
            held, blanks = "", 0
        elif line.strip():
            line, held, blanks = f"{held} {line.lstrip()}", "", 0  # noqa: PLW2901 - one line made of two
        else:
            blanks += 1
            continue
        item = _ITEM.match(line)
        last = int(item[1]) if item else last
        if not code and _is_torn(line, last):
            number = _NUMBER.fullmatch(line)
            held, last = line, int(number[2]) if number else last
            continue
        yield line, code
    if held:
        yield held, False


def _is_torn(line: str, last: int) -> bool:
    """Tell whether a line may go on below: after number `last`, a list goes on with the next or begins again."""
    if not line.endswith((".", ")")):
        return False
    if number := _NUMBER.fullmatch(line):
        return int(number[2]) in {1, last + 1}
    end = line[-_LONGEST_ABBREVIATION:]
    return bool(_TITLE.search(end) or _ABBREVIATION.search(end))


def _goes_on(held: str, line: str, blanks: int) -> bool:
    """Tell whether a line is the rest of the one above it."""
    if _BLOCK.match(line):
        return False
    if _NUMBER.fullmatch(held):
        return blanks <= 1
    name = line.lstrip()
    return not blanks or bool(_TITLE.search(held) and name[:1].isalpha() and not name[:1].islower())


def _spaced(lines: Iterator[_Line]) -> Iterator[_Line]:
    """Leave one blank line of several, and one above a section's heading."""
    blank = True
    for line, code in lines:
        if not line and not code:
            blank = True
            continue
        if blank or (not code and _SECTION.match(line)):
            yield "", False
        yield line, code
        blank = False
