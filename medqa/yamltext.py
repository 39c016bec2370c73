"""Strict YAML: text in, text out, with the place of everything.

YAML's own types are a trap for editors (`no` is False, `12:30` is 750, `030` is 24), so every scalar stays the text
that was written and the model gives it a type. Read from libyaml's events: no object is ever built from a tag, and
anchors, aliases and merge keys are errors, so no document can grow beyond its file. The simple lines that most front
matter is made of are read without libyaml, to the same values and places.
"""

import re
from typing import Any, NoReturn

import msgspec
import yaml
from yaml._yaml import CParser

from medqa.errors import Problem, problem

_LOST_COMMENT = re.compile(r"[ \t]+#")
_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#[^\n]*", re.MULTILINE)
_CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: .*)?$", re.MULTILINE)
_LINE_BREAK = re.compile("\r\n|[\n\r]")
INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Control characters, byte order marks, and the line separators that YAML would count and no editor shows."""
_NESTING = 40
"""Levels: more than any front matter needs, less than Python's stack."""
_KEY = r"([A-Za-z_][A-Za-z0-9_-]{0,99})"
_QUOTED = r"""\"[^"\\\r\n]*"|'[^'\r\n]*'"""
# Unquoted, a simple value begins with a letter or digit and holds no mark by which YAML might read it as more.
_LINE = re.compile(
    rf"( *)(- |)(?:{_KEY}:(?: |(?=\n)))?({_QUOTED}|[^\W_][^:#\t\r\n]*(?<! )|\[[^\]\r\n]*\]|\{{[^}}\r\n]*\}}|)\n|[^\n]+"
)
"""Indentation, dash, key and value of a line `key: value` or `- value`; nothing of any other."""
_ENTRY = re.compile(rf"(?:{_KEY}: )?({_QUOTED}|[^\W_][^]\[{{}},:#?\t\r\n]*(?<! ))(, |$)|.+")
"""Key, value and comma of an entry between brackets; nothing of any other."""


class Scalar(msgspec.Struct, frozen=True):
    """A value as it was written."""

    text: str
    line: int
    column: int


class Sequence(msgspec.Struct, frozen=True):
    """A list."""

    items: "tuple[Node, ...]"
    line: int
    column: int


class Mapping(msgspec.Struct, frozen=True):
    """Keys with values, in the order written."""

    items: "dict[str, tuple[Scalar, Node]]"
    line: int
    column: int
    repeated: frozenset[str] = frozenset()
    """Keys that are given twice; `items` has the first of each."""


Node = Scalar | Sequence | Mapping


class _StopError(Exception):
    """What cannot be read past: the file gets this one error."""

    def __init__(self, found: Problem) -> None:
        self.found = found
        super().__init__(str(found))


def read(text: str, path: str, first_line: int = 1) -> tuple[Mapping, list[Problem]]:
    """Read one YAML document, a mapping, that begins on `first_line` of the file.

    Gives the mapping (empty when the text cannot be read, or is empty) and all problems found.
    """
    invisible = INVISIBLE.search(text)
    if invisible:
        place = (path, *_position(text, invisible.start(), first_line))
        message = f"an invisible character (U+{ord(invisible[0]):04X}) stands here"
        return Mapping({}, first_line, 1), [problem(place, "MQ103", message, "delete it")]
    if simple := _simple(text, first_line):
        return simple, []
    if found := conflict(text, path, first_line):
        return Mapping({}, first_line, 1), [found]
    return _from_events(text, path, first_line)


def conflict(text: str, path: str, first_line: int = 1) -> Problem | None:
    """Report the marks that git leaves where two people changed the same lines (MQ111)."""
    # Few texts have even one of the marks, for which the search is fastest.
    if not any(mark in text and mark * 7 in text for mark in "<>"):
        return None
    found = _CONFLICT.search(text)
    if found is None:
        return None
    place = (path, text.count("\n", 0, found.start()) + first_line, 1)
    hint = "keep the right one of the two versions and delete the lines <<<<<<<, ======= and >>>>>>>"
    return problem(place, "MQ111", "a merge conflict was left here", hint)


def comments(text: str, first_line: int = 1) -> list[tuple[int, str]]:
    """Give the comments of a text that `read` finds no fault with: line, and the words from '#' on."""
    if "#" not in text:
        return []
    quiet = _quiet(text)
    found = []
    for mark in _COMMENT.finditer(text):
        line = text.count("\n", 0, mark.start())
        place = (line, mark.start() - text.rfind("\n", 0, mark.start()) - 1)
        if not any(begin <= place < end for begin, end in quiet):
            found.append((first_line + line, mark[0].rstrip()))
    return found


def _quiet(text: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Give where values begin and end (line and column, from 0): inside them '#' is a letter like others."""
    parser: Any = CParser(text)
    places = []
    while not isinstance(event := parser.get_event(), yaml.StreamEndEvent):
        if isinstance(event, yaml.ScalarEvent):
            begin: Any = event.start_mark
            end: Any = event.end_mark
            places.append(((begin.line, begin.column), (end.line, end.column)))
    return places


def _from_events(text: str, path: str, first_line: int) -> tuple[Mapping, list[Problem]]:
    """Read any text that has no invisible characters; gives what `read` does."""
    reader = _Reader(text, path, first_line)
    try:
        return reader.document(), reader.problems
    except _StopError as stop:
        return Mapping({}, first_line, 1), [*reader.problems, stop.found]
    except yaml.YAMLError as error:
        (line, column), code, message, hint = _Fault(error, _LINE_BREAK.split(text)).explained()
        found = problem((path, first_line + line, column + 1), code, message, hint)
        return Mapping({}, first_line, 1), [*reader.problems, found]


# --- the lines that nearly all front matter is made of ----------------------------------------------------------------


_Row = tuple[str, str, str, str]
"""Indentation, dash, key and value of a line."""
_Entry = tuple[str, Node | None, int, int]
"""Key ("" in a list) and value (None where it is not simple), line and column."""


def _simple(text: str, first_line: int) -> Mapping | None:
    """Read lines of simple keys and values, lists and mappings of such below them or beside them; None for any other.

    Gives what libyaml's events give, in a third of the time.
    """
    rows: list[_Row] = _LINE.findall(text)
    items: dict[str, tuple[Scalar, Node]] = {}
    at = 0
    while at < len(rows):
        indent, dash, key, value = rows[at]
        line = first_line + at
        at += 1
        if value:
            node = _simple_node(value, line, len(key) + 3)
        else:
            begin, at = at, _block_end(rows, at)
            node = _simple_block(rows[begin:at], line + 1)
        if indent or dash or not key or key in items or node is None:
            return None
        items[key] = Scalar(key, line, 1), node
    return Mapping(items, first_line, 1) if items else None


def _block_end(rows: list[_Row], begin: int) -> int:
    """Give the row after those that begin as row `begin` does."""
    for at in range(begin + 1, len(rows)):
        if rows[at][:2] != rows[begin][:2]:
            return at
    return len(rows)


def _simple_block(rows: list[_Row], first_line: int) -> Node | None:
    """Read the list or mapping below a key."""
    if not rows or not (rows[0][0] or rows[0][1]):
        return None
    indent, dash = len(rows[0][0]), rows[0][1]
    entries = [
        (key, _simple_node(value, line, indent + (len(key) + 3 if key else 3)), line, indent + 1)
        for line, (_, _, key, value) in enumerate(rows, first_line)
    ]
    return (
        _simple_sequence(entries, first_line, indent + 1) if dash else _simple_mapping(entries, first_line, indent + 1)
    )


def _simple_node(value: str, line: int, column: int) -> Node | None:
    """Read a value; None where it may be none, or more."""
    begin = value[:1]
    if begin in {"[", "{"}:
        return _between_brackets(value, line, column)
    if begin in {'"', "'"}:
        return Scalar(value[1:-1], line, column)
    return Scalar(value, line, column) if value else None


def _between_brackets(text: str, line: int, column: int) -> Node | None:
    """Read `[value, value]` or `{key: value, key: value}`."""
    entries = []
    at = column + 1
    for key, value, comma in _ENTRY.findall(text[1:-1]):
        beside = at + len(key) + 2 if key else at
        entries.append((key, _simple_node(value, line, beside), line, at))
        at = beside + len(value) + len(comma)
    if entries and comma:
        return None
    make = _simple_sequence if text[0] == "[" else _simple_mapping
    return make(entries, line, column)


def _simple_sequence(entries: list[_Entry], line: int, column: int) -> Sequence | None:
    items = [node for key, node, _, _ in entries if node and not key]
    return Sequence(tuple(items), line, column) if len(items) == len(entries) else None


def _simple_mapping(entries: list[_Entry], line: int, column: int) -> Mapping | None:
    items = {key: (Scalar(key, on, at), node) for key, node, on, at in entries if key and node}
    return Mapping(items, line, column) if len(items) == len(entries) else None


# --- all other YAML ---------------------------------------------------------------------------------------------------


def _position(text: str, at: int, first_line: int) -> tuple[int, int]:
    """Give line and column of a character."""
    before = _LINE_BREAK.split(text[:at])
    return first_line + len(before) - 1, len(before[-1]) + 1


class _Reader:
    """Walks libyaml's events once, building nodes."""

    def __init__(self, text: str, path: str, first_line: int) -> None:
        self._next: Any = CParser(text).get_event  # PyYAML's types of events say too little of each kind
        self._lines = _LINE_BREAK.split(text) if " #" in text or "\t#" in text else []
        self._path = path
        self._first_line = first_line
        self._depth = 0
        self._brackets = 0
        self.problems: list[Problem] = []

    def document(self) -> Mapping:
        self._next()  # stream start
        if isinstance(self._next(), yaml.StreamEndEvent):
            return Mapping({}, self._first_line, 1)
        event = self._next()
        if isinstance(event, yaml.ScalarEvent) and not event.value:
            node: Node = Mapping({}, self._first_line, 1)
        else:
            node = self._node(event)
        self._next()  # document end
        extra = self._next()
        if not isinstance(extra, yaml.StreamEndEvent):
            self._stop(extra.start_mark, "MQ103", "a second YAML document begins here", "one is enough: delete '---'")
        if not isinstance(node, Mapping):
            raise _StopError(
                problem((self._path, node.line, node.column), "MQ103", "expected keys and values", "write 'key: value'")
            )
        return node

    def _node(self, event: Any) -> Node:
        if event.anchor:  # every alias has one
            self._stop(event.start_mark, "MQ106", *_ANCHOR)
        if event.tag:
            self._stop(event.start_mark, "MQ106", *_TAG)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        self._depth += 1
        self._brackets += bool(event.flow_style)
        if self._depth > _NESTING:
            self._stop(event.start_mark, "MQ103", "nested too deeply", "no field needs that: check the indentation")
        node: Node = self._sequence(event) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(event)
        self._depth -= 1
        self._brackets -= bool(event.flow_style)
        return node

    def _scalar(self, event: Any) -> Scalar:
        text, (line, column) = event.value, self._place(event.start_mark)
        if not event.style:
            if self._lines:
                self._check_lost_text(event.end_mark.line, event.end_mark.column)
        elif not text.isprintable() and INVISIBLE.search(text):
            hint = "delete the backslash and the letter or number behind it"
            message = "this text would hold an invisible character"
            self.problems.append(problem((self._path, line, column), "MQ103", message, hint))
        return Scalar(text, line, column)

    def _check_lost_text(self, line: int, column: int) -> None:
        """Report text after ' #', which YAML drops although the editor may have meant it: `pain in my #4 finger`.

        Between brackets it ends the reading: the closing bracket is lost with it.
        """
        if line < len(self._lines) and (lost := _LOST_COMMENT.match(self._lines[line], column)):
            at = (self._path, self._first_line + line, lost.end())
            message = f"YAML would drop '{self._lines[line][lost.end() - 1 :].rstrip()}' as a comment"
            hint = "put the value between double quotes; comments stand on lines of their own"
            found = problem(at, "MQ107", message, hint)
            if self._brackets:
                raise _StopError(found)
            self.problems.append(found)

    def _sequence(self, start: Any) -> Sequence:
        line, column = self._place(start.start_mark)
        items = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event))
        return Sequence(tuple(items), line, column)

    def _mapping(self, start: Any) -> Mapping:
        line, column = self._place(start.start_mark)
        items: dict[str, tuple[Scalar, Node]] = {}
        repeated: set[str] = set()
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._node(event)
            if not isinstance(key, Scalar):
                self._stop(event.start_mark, "MQ103", "a key must be a word", "write 'key: value'")
            if key.text == "<<":
                self._stop(event.start_mark, "MQ106", "merge keys (<<) are not used here", "write the values out")
            value = self._node(self._next())
            if key.text in items:
                repeated.add(key.text)
                first = items[key.text][0].line
                at = (self._path, key.line, key.column)
                message = f"'{key.text}' is given twice, first on line {first}"
                self.problems.append(problem(at, "MQ105", message, "keep one of the two"))
            else:
                items[key.text] = (key, value)
        return Mapping(items, line, column, frozenset(repeated))

    def _place(self, mark: Any) -> tuple[int, int]:
        return self._first_line + mark.line, mark.column + 1

    def _stop(self, mark: Any, code: str, message: str, hint: str) -> NoReturn:
        line, column = self._place(mark)
        raise _StopError(problem((self._path, line, column), code, message, hint))


# --- what libyaml says, in an editor's words --------------------------------------------------------------------------

_ANCHOR = (
    "anchors (&) and aliases (*) are not used here",
    "put a value that begins with '&' or '*' between double quotes",
)
_TAG = ("tags (!) are not used here", "put a value that begins with '!' between double quotes")
_KEY_VALUE = ("this line is no 'key: value'", "write a colon and a space after the key; indent a text that goes on")
_TAB = ("a tab stands where YAML is indented", "use spaces")
_OPEN_BRACKET = (
    "this bracket is not closed, or a comma or quotation mark is missing inside",
    "texts with a comma, bracket, '#' or ': ' in them stand between double quotes",
)
_OPEN_QUOTE = ("this quotation mark is never closed", "put the same mark at the end of the value")
_ESCAPE = ("a backslash stands here", "write it twice, or put the value between '…' instead of \"…\"")
_OUT_OF_LINE = (
    "this is not in line with what stands above",
    "keys, or dashes, of one group begin in one column; close every quotation mark and bracket above",
)
_CLOSING = ('"', "'", "]", "}")
_WHOLE_VALUE = 'put the whole value between double quotes; a quotation mark inside them is written \\"'
_COLON = "a value with ': ' in it must be quoted"


Explained = tuple[tuple[int, int], str, str, str]
"""Place (line and column, from 0), code, message, hint."""


class _Fault:
    """A libyaml error, and the lines in which it was met."""

    def __init__(self, error: yaml.YAMLError, lines: list[str]) -> None:
        self._said = str(getattr(error, "problem", "") or "cannot be read")
        self._context = str(getattr(error, "context", "") or "")
        at = getattr(error, "problem_mark", None)
        begin = getattr(error, "context_mark", None) or at
        self._at = (at.line, at.column) if at else (0, 0)
        self._begin = (begin.line, begin.column) if begin else self._at
        self._lines = lines

    def explained(self) -> Explained:
        """Say what is wrong, and what to do."""
        if self._text(self._at)[1][:1] == "\t" or "tab" in self._said:
            return self._at, "MQ103", *_TAB
        if "mapping values" in self._said:
            return self._colon()
        for words, place, code, message_and_hint in (
            ("simple key", self._begin, "MQ103", _KEY_VALUE),
            ("anchor", self._begin, "MQ106", _ANCHOR),
            ("alias", self._begin, "MQ106", _ANCHOR),
            ("tag", self._begin, "MQ106", _TAG),
            ("parsing a quoted", self._at, "MQ103", _ESCAPE),
            ("scanning a quoted", self._begin, "MQ103", _OPEN_QUOTE),
        ):
            if words in self._context:
                return place, code, *message_and_hint
        return self._inside_brackets() if "flow" in self._context else self._elsewhere()

    def _text(self, place: tuple[int, int]) -> tuple[str, str]:
        """Part a line at a place."""
        line = self._lines[place[0]] if place[0] < len(self._lines) else ""
        return line[: place[1]], line[place[1] :]

    def _colon(self) -> Explained:
        """Explain a colon where no key can stand."""
        before, _ = self._text(self._at)
        if ":" in before:
            return self._at, "MQ104", _COLON, 'write  key: "text: more text"'
        if before[:1].isspace():
            hint = "keys of one group begin in one column; a text with ': ' in it stands between double quotes"
            return self._at, "MQ104", _COLON, hint
        above = max(self._at[0] - 1, 0)  # what stands there was read as the beginning of this key
        return (above, 0), "MQ103", *_KEY_VALUE

    def _inside_brackets(self) -> Explained:
        if self._text(self._at)[1][:1] == ":" and self._at[0] == self._begin[0]:
            return self._at, "MQ104", _COLON, 'write  {key: "text: more text"}'
        return self._begin, "MQ103", *_OPEN_BRACKET

    def _elsewhere(self) -> Explained:
        place = self._begin if "block scalar" in self._context else self._at
        before, after = self._text(place)
        before = before.rstrip()
        if "any token" in self._said or before.endswith((":", "-")):
            return place, "MQ103", f"a value cannot begin with '{after[:1]}'", "put the value between double quotes"
        if before.endswith(_CLOSING):
            return place, "MQ103", f"text follows a closing {before[-1]}", _WHOLE_VALUE
        if "expected key" in self._said or "indicator" in self._said or "document start" in self._said:
            return place, "MQ103", *_OUT_OF_LINE
        return place, "MQ103", self._said, "check quotation marks, brackets and indentation above"
