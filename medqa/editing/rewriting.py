"""Files of an archive as they will be: references and links rewritten, some fields set, files moved, gone or new."""

import posixpath
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import msgspec

from medqa import frontmatter, markup, names, sources, yamltext
from medqa.archive import composed
from medqa.documents import Parsed
from medqa.editing.edits import Edit, new_file
from medqa.editing.holdings import IN_PASSING, REFERENCES, Census, Holding, holding, holdings, name_of
from medqa.editing.tidying import order
from medqa.errors import Problem, UsageError
from medqa.frontmatter import Value
from medqa.parse import parse
from medqa.sources import CONFIG, Kind, Place


class Plan(msgspec.Struct, frozen=True):
    """What a renaming does."""

    edits: list[Edit]
    notes: list[str]
    """What it leaves to people."""


class Sense(msgspec.Struct, frozen=True):
    """What is to be called otherwise, and how."""

    kind: Kind
    old_stem: str
    """The last part of its address until now."""
    new_stem: str
    renames: Callable[[str], str | None]
    """Gives the reference to write instead of one, None where that stays."""
    old_path: str = ""
    """Of its file, where it has one that moves or goes."""
    new_path: str = ""
    old_name: str = ""
    """Looked for in running text."""


class Rewriting:
    """The files of an archive as they will be."""

    def __init__(self, root: Path, sense: Sense) -> None:
        """Begin with every file as it is."""
        self._root = root
        self._sense = sense
        self._texts: dict[str, str] = {}
        self._moves: dict[str, str] = {}
        self._gone: set[str] = set()
        self._new: list[Edit] = []
        self.notes: list[str] = []

    # --- what is changed in one file ----------------------------------------------------------------------------------

    def set_field(self, path: str, key: str, value: Value) -> None:
        """Write a field of a document; an empty value takes it out."""
        now = self._now(path)
        self._texts[path] = now.with_header(frontmatter.with_field(now.cut.header, key, value, order(now.place.kind)))

    def set_body(self, path: str, body: str) -> None:
        """Write the text of a document that has none."""
        text = self._now(path).text.rstrip("\n")
        self._texts[path] = text + "\n\n" + body.strip("\n") + "\n"

    def move(self, path: str, to: str) -> None:
        """Give a file another name."""
        if path != to:
            self._moves[path] = to

    def drop(self, path: str) -> None:
        """Let a file be gone."""
        self._gone.add(path)

    def create(self, path: str, fields: dict[str, Value]) -> None:
        """Write a record."""
        self._new.append(new_file(path, f"---\n{frontmatter.write(fields)}---\n"))

    def _now(self, path: str) -> Holding:
        """Give a document as it will be by now."""
        held = held_at(self._root, path)
        now = holding(held.place, self._texts.get(path, held.text))
        if now is None:
            raise UsageError(f"{path} could not be changed: nothing was written")
        return now

    # --- what is changed everywhere -----------------------------------------------------------------------------------

    def everywhere(self, known: Census) -> None:
        """Rewrite every reference and every link."""
        mentioned = 0
        for place, held in holdings(self._root):
            if held is None:
                self._note_unread(place)
                continue
            header, rename = held.cut.header, self._rename(place)
            if any(rename(keys, value) is not None for keys, value in frontmatter.values(held.node)):
                header = frontmatter.with_names(header, rename, order(place.kind))
            body = self._linked(held, known)
            text = held.with_header(header)
            text = text[: len(text) - len(held.cut.body)] + body
            mentioned += bool(self._sense.old_name) and self._sense.old_name in body
            if text != held.text:
                self._texts[place.path] = text
        if mentioned and self._sense.kind != "threads":
            texts = "one text, which stays" if mentioned == 1 else f"{mentioned} texts, which stay"
            self.notes.append(f"'{self._sense.old_name}' also stands in {texts} as it is")

    def _note_unread(self, place: Place) -> None:
        """Tell of a file that may name what is renamed, and cannot be read."""
        raw = (self._root / place.path).read_bytes() if (self._root / place.path).is_file() else b""
        if any(word.encode() in raw for word in (self._sense.old_stem, self._sense.old_name) if word):
            self.notes.append(
                f"{place.path} cannot be read and stays as it is: mend it, then look for the old name there"
            )

    def _rename(self, place: Place) -> Callable[[tuple[str, ...], str], str | None]:
        """Say what becomes of a value of a document; a thread that is the new one does not refer to itself."""
        sense, references = self._sense, {**REFERENCES[place.kind], **IN_PASSING}
        itself = sense.kind == "threads" and place.path == sense.new_path

        def rename(keys: tuple[str, ...], text: str) -> str | None:
            if references.get(keys) != sense.kind:
                return None
            new = sense.renames(name_of(sense.kind, text))
            return "" if itself and new is not None else new

        return rename

    def _linked(self, held: Holding, known: Census) -> str:
        """Give a text with its links rewritten."""
        sense, body = self._sense, held.cut.body
        if not sense.old_stem or sense.old_stem == sense.new_stem or not (sense.old_stem in body or "%" in body):
            return body
        rendered = markup.render(body, level=1, line=1, fast=known.spoken.fast)
        lines = body.split("\n")
        for link in sorted(rendered.links, key=lambda one: (one.line, one.column), reverse=True):
            new = self._target(held.place.path, link.href)
            if new is None:
                continue
            before, after = lines[link.line - 1][: link.column - 1], lines[link.line - 1][link.column - 1 :]
            if after.startswith(link.href):
                lines[link.line - 1] = before + new + after[len(link.href) :]
            else:
                at = held.cut.body_line + link.line - 1
                self.notes.append(f"{held.place.path}:{at}: the link '{link.href}' has to be changed by hand")
        return "\n".join(lines)

    def _target(self, path: str, href: str) -> str | None:
        """Give where a link leads from now on, None where it leads elsewhere."""
        sense = self._sense
        to, mark, anchor = unquote(href).partition("#")
        if to.startswith("/"):
            return (new + mark + anchor) if (new := _address(sense, to)) else None
        here = posixpath.dirname(path)
        if not to or not sense.old_path:
            return None
        if composed(posixpath.normpath(posixpath.join(here, to))) != composed(sense.old_path):
            return None
        return posixpath.relpath(sense.new_path, here) + mark + anchor

    # --- the outcome --------------------------------------------------------------------------------------------------

    def plan(self, known: Census) -> Plan:
        """Give the edits; raises UsageError where a file that could be read no longer can: a bug, but no harm."""
        edits = list(self._new)
        for path in sorted({*self._texts, *self._moves, *self._gone}):
            held = held_at(self._root, path)
            text, data = self._texts.get(path, held.text), (self._root / path).read_bytes()
            if path in self._gone:
                edits.append(Edit(path, data, None))
                continue
            before, after = parse(held.place, held.text, known.spoken), parse(held.place, text, known.spoken)
            if isinstance(before, Parsed) and not isinstance(after, Parsed):
                raise UsageError(f"{path} would have an error: {after[0]}. Nothing was written")
            edits.append(Edit(path, data, _like(data, text), self._moves.get(path, "")))
        return Plan([*edits, *self._settings()], self.notes)

    def _settings(self) -> list[Edit]:
        """Rewrite the order of the specialties in the settings."""
        file = self._root / CONFIG
        if self._sense.kind != "specialties" or not file.is_file():
            return []
        try:
            data, text = file.read_bytes(), sources.read(self._root, CONFIG).text
        except sources.UnreadableError as error:
            return self._no_settings(error.problem)
        node, problems = yamltext.read(text, CONFIG)
        if problems:
            return self._no_settings(problems[0])
        listed = {names.key(value) for keys, value in frontmatter.values(node) if keys in _IN_SETTINGS}

        def rename(keys: tuple[str, ...], name: str) -> str | None:
            new = self._sense.renames(name) if keys in _IN_SETTINGS else None
            return "" if new and names.key(new) in listed - {names.key(name)} else new

        changed = frontmatter.with_names(text, rename, {"": ()})
        return [Edit(CONFIG, data, _like(data, changed))] if changed != text else []

    def _no_settings(self, found: Problem) -> list[Edit]:
        """Tell why the settings stay as they are."""
        self.notes.append(f"{found.head}: {CONFIG} stays as it is: mend it, then look for the old name there")
        return []


_IN_SETTINGS = (("specialties",), ("specialties", "name"))


def held_at(root: Path, path: str) -> Holding:
    """Give the document at a path; raises UsageError where it cannot be read."""
    place = sources.place(path)
    try:
        found = holding(place, sources.read(root, path).text) if isinstance(place, Place) else None
    except sources.UnreadableError as error:
        raise UsageError(str(error.problem)) from error
    if found is None:
        raise UsageError(f"{path} cannot be read: 'check' says why")
    return found


def _address(sense: Sense, path: str) -> str:
    """Give the new address instead of an old one of the same thing, "" for any other."""
    parts = path.split("/")
    at, tops = _ADDRESSES.get(sense.kind, (2, (sense.kind,)))
    if len(parts) <= at or parts[1] not in tops or parts[at] != sense.old_stem:
        return ""
    return "/".join([*parts[:at], sense.new_stem, *parts[at + 1 :]])


_ADDRESSES: dict[Kind, tuple[int, tuple[str, ...]]] = {
    "specialties": (2, ("specialties", "faq")),
    "topics": (3, ("faq",)),
}
"""Kind → which part of an address is the stem, and with what such addresses begin, where that is not the kind."""


def _like(data: bytes, text: str) -> bytes:
    """Encode a text with the line ends, and the byte order mark, that a file has."""
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    return mark + (text.replace("\n", "\r\n") if b"\r\n" in data else text).encode()
