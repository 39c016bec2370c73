"""Strict YAML: text in, text out, with the place of everything.

YAML's own types are a trap for editors (`no` is False, `12:30` is 750, `030` is 24), so every scalar stays the text
that was written and the model gives it a type. Read from libyaml's events: no object is ever built from a tag, and
anchors, aliases and merge keys are errors, so no document can grow beyond its file.
"""

import re
from typing import Any, NoReturn

import msgspec
import yaml
from yaml._yaml import CParser

from medqa.errors import Problem, problem

_LOST_COMMENT = re.compile(r"[ \t]+#")
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What libyaml counts as the end of a line."""
_NESTING = 40
"""Levels: more than any front matter needs, less than Python's stack."""


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
    reader = _Reader(text, path, first_line)
    try:
        return reader.document(), reader.problems
    except _StopError as stop:
        return Mapping({}, first_line, 1), [*reader.problems, stop.found]
    except yaml.YAMLError as error:
        return Mapping({}, first_line, 1), [*reader.problems, _syntax_problem(error, text, path, first_line)]


class _Reader:
    """Walks libyaml's events once, building nodes."""

    def __init__(self, text: str, path: str, first_line: int) -> None:
        self._parser: Any = CParser(text)  # its types are those of PyYAML's events, which say too little of each kind
        self._lines = _LINE_BREAK.split(text)
        self._path = path
        self._first_line = first_line
        self._depth = 0
        self.problems: list[Problem] = []

    def document(self) -> Mapping:
        self._parser.get_event()  # stream start
        if isinstance(self._parser.get_event(), yaml.StreamEndEvent):
            return Mapping({}, self._first_line, 1)
        event = self._parser.get_event()
        if isinstance(event, yaml.ScalarEvent) and not event.value:
            node: Node = Mapping({}, self._first_line, 1)
        else:
            node = self._node(event)
        self._parser.get_event()  # document end
        extra = self._parser.get_event()
        if not isinstance(extra, yaml.StreamEndEvent):
            self._stop(extra.start_mark, "MQ103", "a second YAML document begins here", "one is enough: delete '---'")
        if not isinstance(node, Mapping):
            raise _StopError(
                problem((self._path, node.line, node.column), "MQ103", "expected keys and values", "write 'key: value'")
            )
        return node

    def _node(self, event: Any) -> Node:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._stop(
                event.start_mark,
                "MQ106",
                "anchors (&) and aliases (*) are not used here",
                "write the value out, or quote it if it begins with '&' or '*'",
            )
        if getattr(event, "tag", None):
            self._stop(event.start_mark, "MQ106", f"the tag '{event.tag}' is not used here", "quote the value")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        self._depth += 1
        if self._depth > _NESTING:
            self._stop(event.start_mark, "MQ103", "nested too deeply", "front matter is never that deep")
        node: Node = self._sequence(event) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(event)
        self._depth -= 1
        return node

    def _scalar(self, event: Any) -> Scalar:
        line, column = self._place(event.start_mark)
        if not event.style and event.value:
            self._check_lost_text(event.end_mark.line, event.end_mark.column)
        return Scalar(event.value, line, column)

    def _check_lost_text(self, line: int, column: int) -> None:
        """Report text after ' #', which YAML drops although the editor may have meant it: `pain in my #4 finger`."""
        rest = self._lines[line][column:]
        if _LOST_COMMENT.match(rest):
            at = (self._path, self._first_line + line, column + 1)
            message = f"YAML would drop '{rest.strip()}' as a comment"
            hint = "put the value between double quotes; comments stand on lines of their own"
            self.problems.append(problem(at, "MQ107", message, hint))

    def _sequence(self, start: Any) -> Sequence:
        line, column = self._place(start.start_mark)
        items = []
        while not isinstance(event := self._parser.get_event(), yaml.SequenceEndEvent):
            items.append(self._node(event))
        return Sequence(tuple(items), line, column)

    def _mapping(self, start: Any) -> Mapping:
        line, column = self._place(start.start_mark)
        items: dict[str, tuple[Scalar, Node]] = {}
        while not isinstance(event := self._parser.get_event(), yaml.MappingEndEvent):
            key = self._node(event)
            if not isinstance(key, Scalar):
                self._stop(event.start_mark, "MQ103", "a key must be a word", "write 'key: value'")
            if key.text == "<<":
                self._stop(event.start_mark, "MQ106", "merge keys (<<) are not used here", "write the values out")
            colon = event.end_mark
            value = self._node(self._parser.get_event())
            if isinstance(value, Scalar) and not value.text:  # `title: #1 concern` is a key without a value
                self._check_lost_text(colon.line, colon.column + 1)
            if key.text in items:
                first = items[key.text][0].line
                at = (self._path, key.line, key.column)
                message = f"'{key.text}' is given twice, first on line {first}"
                self.problems.append(problem(at, "MQ105", message, "keep one of the two"))
            else:
                items[key.text] = (key, value)
        return Mapping(items, line, column)

    def _place(self, mark: Any) -> tuple[int, int]:
        return self._first_line + mark.line, mark.column + 1

    def _stop(self, mark: Any, code: str, message: str, hint: str) -> NoReturn:
        line, column = self._place(mark)
        raise _StopError(problem((self._path, line, column), code, message, hint))


def _syntax_problem(error: yaml.YAMLError, text: str, path: str, first_line: int) -> Problem:
    """Say a libyaml error in an editor's words."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:  # a ReaderError has a position in the text but no line
        at = max(0, min(getattr(error, "position", 0) or 0, len(text)))
        line, column = text.count("\n", 0, at), at - (text.rfind("\n", 0, at) + 1)
        message = "a control character stands here"
        return problem((path, first_line + line, column + 1), "MQ103", message, "delete the invisible character")
    said = str(getattr(error, "problem", "") or "cannot be read")
    place = (path, first_line + mark.line, mark.column + 1)
    if "mapping values are not allowed" in said:
        return problem(place, "MQ104", "a value with ': ' in it must be quoted", 'write  key: "text: more text"')
    hint = "a tab may not indent YAML: use spaces" if "tab" in said else "check quotes, brackets and indentation above"
    return problem(place, "MQ103", said, hint)
