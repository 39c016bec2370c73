"""The other way of `yamltext`: front matter written, and changed in one place with the rest left as it is.

Own code, not a round-trip library: `yamltext` has read the text already and refuses whatever such a library is good for
(anchors, tags, merges), its comments stand on lines, and a library's layout would not be the one that is read fastest.
All functions take texts without faults (`yamltext.read` found none) and give such texts.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec

from medqa import yamltext
from medqa.yamltext import Node, Scalar

WIDTH = 120
"""Characters up to which a list or mapping stays on one line."""
Value: TypeAlias = "str | Sequence[Value] | Mapping[str, Value]"
"""What may be written: texts, lists, mappings."""
Order = Mapping[str, Sequence[str]]
"""Field → its keys in their order; "" has those of the document."""
# Begins with a letter, digit or slash, and holds nothing by which YAML might read it as more.
_PLAIN = re.compile(r"(?:[^\W_]|/(?=\w))(?:(?!: | #|:$)[^\n\t])*(?<! )")
_PLAIN_IN_BRACKETS = re.compile(r"(?:[^\W_]|/(?=\w))[^\[\]{},:#?\n\t]*(?<! )")
_QUOTED = re.compile(r"\"(?:[^\"\\\n]|\\[^\n])*\"|'(?:[^'\n]|'')*'")
_SERVER = "# yaml-language-server:"
"""Begins the comment that tells editors' YAML plug-ins where the schema lies: it has to stand above the keys."""


class _Entry(msgspec.Struct):
    """A key of the document with its value and the comments that go with it."""

    key: str
    node: Node
    line: int
    last: int
    """The last line on which a part of the value begins."""
    comments: list[tuple[int, str]] = []


def write(fields: Mapping[str, Value]) -> str:
    """Write fields in the order given; those that are empty are left out."""
    lines: list[str] = []
    for key, value in fields.items():
        if value:
            lines += _lay_out(_Entry(key, _node(value), 0, 0))
    return "".join(f"{line}\n" for line in lines)


def formatted(text: str, order: Order, mend: Callable[[str, str], str] = lambda _, text: text) -> str:
    """Write a text in the one layout that medqa has: keys in their order, no quotes but where they are needed.

    `mend` is given each key with its text, and gives the text to write. Comments stay with what stands below them;
    those at the top that a blank line sets apart stay at the top.
    """
    top, entries, tail = _entries(text)
    known = order[""]
    entries.sort(key=lambda entry: _rank(known, entry.key))
    lines = [comment for _, comment in top]
    for entry in entries:
        if all(line <= entry.line for line, _ in entry.comments):
            entry.node = _sorted(entry.node, order.get(entry.key, ()))
        entry.node = _mended(entry.node, entry.key, mend)
        lines += _lay_out(entry)
    lines += (comment for _, comment in tail)
    return "".join(f"{line}\n" for line in lines)


def with_field(text: str, key: str, value: Value, order: Order) -> str:
    """Give a field a new value, or take it out where that is empty; a new field goes to its place in the order."""
    _, entries, _ = _entries(text)
    if any(entry.line == entries[0].line for entry in entries[1:]):  # all between two braces
        return with_field(formatted(text, order), key, value, order)
    lines = text.splitlines()
    new = _lay_out(_Entry(key, _node(value), 0, 0)) if value else []
    at = next((number for number, entry in enumerate(entries) if entry.key == key), None)
    if at is not None:
        begin = entries[at].line - 1
        kept = [comment for line, comment in entries[at].comments if line > entries[at].line]
        lines[begin : _end(text, entries, at)] = kept + new
    else:
        rank = _rank(order[""], key)
        before = [number for number, entry in enumerate(entries) if _rank(order[""], entry.key) < rank]
        place = _end(text, entries, before[-1]) if before else (entries[0].line - 1 if entries else 0)
        lines[place:place] = new
    return "".join(f"{line}\n" for line in lines)


def with_names(text: str, rename: Callable[[tuple[str, ...], str], str | None], order: Order) -> str:
    """Write other texts in place of some values, all else untouched.

    `rename` is given the keys that lead to a value and its text; it gives the new text, None to leave it, or "" to take
    it out: of its list, with the mapping of a list that it stands in, or with its key. What comes to be in a list twice
    is there once. A field of which something goes, or whose values go over several lines, is laid out anew.
    """
    _, entries, _ = _entries(text)
    for entry in reversed(entries):
        changes: list[tuple[Scalar, str]] = []
        node = _renamed(entry.node, (entry.key,), rename, changes)
        in_place: str | None = text if node and _count(node) == _count(entry.node) else None
        for value, new in sorted(changes, key=lambda change: (change[0].line, change[0].column), reverse=True):
            in_place = _with_scalar(in_place, value, new) if in_place else None
        if changes:
            text = in_place or with_field(text, entry.key, value_of(node) if node else "", order)
    return text


def _renamed(
    node: Node,
    keys: tuple[str, ...],
    rename: Callable[[tuple[str, ...], str], str | None],
    changes: list[tuple[Scalar, str]],
) -> Node | None:
    """Give a value with its texts renamed, None where it is taken out; each change is added to `changes`."""
    match node:
        case Scalar():
            new = rename(keys, node.text)
            if new is None or new == node.text:
                return node
            changes.append((node, new))
            return Scalar(new, node.line, node.column) if new else None
        case yamltext.Sequence():
            items = {_same(item): item for one in node.items if (item := _renamed(one, keys, rename, changes))}
            return yamltext.Sequence(tuple(items.values()), node.line, node.column) if items else None
        case yamltext.Mapping():
            pairs = {key: (at, _renamed(one, (*keys, key), rename, changes)) for key, (at, one) in node.items.items()}
            kept = {key: (at, one) for key, (at, one) in pairs.items() if one}
            return yamltext.Mapping(kept, node.line, node.column) if len(kept) == len(pairs) else None


def _same(node: Node) -> object:
    """Give what two items of a list have in common that are one."""
    return node.text.casefold() if isinstance(node, Scalar) else id(node)


def _count(node: Node) -> int:
    """Count the values below a node."""
    match node:
        case Scalar():
            return 1
        case yamltext.Sequence():
            return sum(map(_count, node.items))
        case yamltext.Mapping():
            return sum(_count(value) for _, value in node.items.values())


def _with_scalar(text: str, at: Scalar, new: str) -> str | None:
    """Write another text in place of one value; None where the value goes over several lines."""
    lines = text.split("\n")
    line = lines[at.line - 1]
    before, after = line[: at.column - 1], line[at.column - 1 :]
    quoted = _QUOTED.match(after)
    old = quoted[0] if quoted else at.text
    if not after.startswith(old) or not old:
        return None
    in_brackets = bool(re.search(r"[\[{]", re.sub(_QUOTED, "", before)))
    lines[at.line - 1] = before + scalar(new, in_brackets=in_brackets) + after[len(old) :]
    return "\n".join(lines)


def values(node: Node, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give all texts with the keys that lead to them."""
    match node:
        case Scalar():
            yield keys, node.text
        case yamltext.Sequence():
            for item in node.items:
                yield from values(item, keys)
        case yamltext.Mapping():
            for key, (_, value) in node.items.items():
                yield from values(value, (*keys, key))


def value_of(node: Node) -> Value:
    """Give what a node says, without its places."""
    match node:
        case Scalar():
            return node.text
        case yamltext.Sequence():
            return [value_of(item) for item in node.items]
        case yamltext.Mapping():
            return {key: value_of(value) for key, (_, value) in node.items.items()}


def scalar(text: str, *, in_brackets: bool = False) -> str:
    """Write a text as a value, quoted where it has to be; its white space is folded, as reading does."""
    folded = " ".join(text.split())
    plain = _PLAIN_IN_BRACKETS if in_brackets else _PLAIN
    if not folded and not in_brackets:
        return ""
    if plain.fullmatch(folded):
        return folded
    if '"' not in folded and "\\" not in folded:
        return f'"{folded}"'
    if "'" not in folded:
        return f"'{folded}'"
    escaped = folded.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# --- a text as its entries --------------------------------------------------------------------------------------------

_Comments = list[tuple[int, str]]


def _entries(text: str) -> tuple[_Comments, list[_Entry], _Comments]:
    """Part a text: the comments at its top, its entries in their order, the comments below them."""
    node, problems = yamltext.read(text, "")
    if problems:
        raise ValueError(str(problems[0]))
    entries = [_Entry(key.text, value, key.line, _last(value), []) for key, value in node.items.values()]
    top, tail = [], []
    first = entries[0].line if entries else 0
    blank = max((line for line, words in enumerate(text.split("\n")[:first], 1) if not words.strip()), default=0)
    for line, comment in yamltext.comments(text):
        owner = next((entry for entry in entries if line <= entry.last), None)
        if line < first and (line < blank or comment.startswith(_SERVER)):
            top.append((line, comment))
        elif owner:
            owner.comments.append((line, comment))
        else:
            tail.append((line, comment))
    return top, entries, tail


def _last(node: Node) -> int:
    match node:
        case Scalar():
            return node.line
        case yamltext.Sequence():
            return max([node.line, *map(_last, node.items)])
        case yamltext.Mapping():
            return max([node.line, *(_last(value) for _, value in node.items.values())])


def _end(text: str, entries: list[_Entry], at: int) -> int:
    """Give the index of the line behind an entry, comments and blank lines behind it left out."""
    limit = entries[at + 1].line - 1 if at + 1 < len(entries) else len(text.splitlines())
    lines = text.splitlines()
    comments = {line for line, _ in yamltext.comments(text)}
    while limit > entries[at].last and (not lines[limit - 1].strip() or limit in comments):
        limit -= 1
    return limit


def _rank(known: Sequence[str], key: str) -> int:
    return known.index(key) if key in known else len(known)


def _sorted(node: Node, known: Sequence[str]) -> Node:
    """Give a mapping, or the mappings of a list, with their keys in order."""
    match node:
        case yamltext.Mapping():
            items = sorted(node.items.items(), key=lambda item: _rank(known, item[0]))
            return yamltext.Mapping(dict(items), node.line, node.column)
        case yamltext.Sequence():
            return yamltext.Sequence(tuple(_sorted(item, known) for item in node.items), node.line, node.column)
        case _:
            return node


def _mended(node: Node, key: str, mend: Callable[[str, str], str]) -> Node:
    match node:
        case Scalar():
            return Scalar(mend(key, node.text), node.line, node.column)
        case yamltext.Sequence():
            return yamltext.Sequence(tuple(_mended(item, key, mend) for item in node.items), node.line, node.column)
        case yamltext.Mapping():
            items = {name: (at, _mended(value, name, mend)) for name, (at, value) in node.items.items()}
            return yamltext.Mapping(items, node.line, node.column)


def _node(value: Value) -> Node:
    match value:
        case str():
            return Scalar(value, 0, 0)
        case Mapping():
            items = {key: (Scalar(key, 0, 0), _node(one)) for key, one in value.items() if one}
            return yamltext.Mapping(items, 0, 0)
        case _:
            return yamltext.Sequence(tuple(map(_node, value)), 0, 0)


# --- layout -----------------------------------------------------------------------------------------------------------

_Line = tuple[int, str]
"""The line on which a thing stood, 0 for a new one, and how it is written."""


def _lay_out(entry: _Entry) -> list[str]:
    """Write an entry with its comments, each above what stood below it."""
    comments = list(entry.comments)
    lines: list[str] = []
    for line, words in _entry_lines(entry, frozenset(line for line, _ in comments)):
        while comments and comments[0][0] <= line:
            lines.append(" " * (len(words) - len(words.lstrip())) + comments.pop(0)[1])
        lines.append(words)
    return lines + [f"  {comment}" for _, comment in comments]


def _entry_lines(entry: _Entry, comments: frozenset[int]) -> list[_Line]:
    """Write an entry on one line, or on several where it does not fit, or comments stand between its parts."""
    key, node = scalar(entry.key, in_brackets=True), entry.node
    if isinstance(node, Scalar):
        return [(entry.line, f"{key}: {scalar(node.text)}".rstrip())]
    of_mappings = isinstance(node, yamltext.Sequence) and not all(isinstance(item, Scalar) for item in node.items)
    whole = f"{key}: {_flow(node)}"
    if not of_mappings and _is_one_line(whole, entry.line, node, comments):
        return [(entry.line, whole)]
    return [(entry.line, f"{key}:"), *_block(node, "  ", comments)]


def _is_one_line(written: str, line: int, node: Node, comments: frozenset[int]) -> bool:
    return len(written) <= WIDTH and not any(line < comment <= _last(node) for comment in comments)


def _block(node: yamltext.Sequence | yamltext.Mapping, indent: str, comments: frozenset[int]) -> list[_Line]:
    """Write each item of a list, or key of a mapping, on a line of its own."""
    lines: list[_Line] = []
    if isinstance(node, yamltext.Mapping):
        for key, value in node.items.values():
            lines += _pair(key, value, indent, comments)
        return lines
    for item in node.items:
        flow = f"{indent}- {_flow(item)}"
        if isinstance(item, Scalar):
            lines.append((item.line, f"{indent}- {scalar(item.text)}" if item.text.strip() else flow))
        elif not isinstance(item, yamltext.Mapping) or _is_one_line(flow, item.line, item, comments):
            lines.append((item.line, flow))
        else:
            first, *rest = _block(item, f"{indent}  ", comments)
            lines += [(first[0], f"{indent}- {first[1].lstrip()}"), *rest]
    return lines


def _pair(key: Scalar, value: Node, indent: str, comments: frozenset[int]) -> list[_Line]:
    name = scalar(key.text, in_brackets=True)
    if isinstance(value, Scalar):
        return [(key.line, f"{indent}{name}: {scalar(value.text)}".rstrip())]
    flow = f"{indent}{name}: {_flow(value)}"
    if not isinstance(value, yamltext.Mapping) or _is_one_line(flow, key.line, value, comments):
        return [(key.line, flow)]
    return [(key.line, f"{indent}{name}:"), *_block(value, f"{indent}  ", comments)]


def _flow(node: Node) -> str:
    match node:
        case Scalar():
            return scalar(node.text, in_brackets=True)
        case yamltext.Sequence():
            return f"[{', '.join(map(_flow, node.items))}]"
        case yamltext.Mapping():
            pairs = (f"{scalar(key.text, in_brackets=True)}: {_flow(value)}" for key, value in node.items.values())
            return f"{{{', '.join(pairs)}}}"
