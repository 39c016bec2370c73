"""Other data brought into an archive: saved pages (`page_text`) and tables (`rows`, by a `mapping`) → files to write.

Each thread becomes a `draft`, whatever it was before. Here drafts become files: with free names, read by the very
parser that the build uses, and only then written. Nothing that stands is overwritten, and what was imported once is
known again by its `origin`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from medqa import frontmatter, names, sources
from medqa.documents import Parsed, Thread
from medqa.editing import edits, naming
from medqa.editing.edits import Edit
from medqa.editing.holdings import Census
from medqa.errors import UsageError
from medqa.fields import Name
from medqa.importers import comparing, mapping, page_text, rows
from medqa.importers.draft import Draft
from medqa.index import names_in
from medqa.parse import parse
from medqa.sources import Kind, Place

__all__ = ["Outcome", "drafts", "plan"]

_PAGE_ENDINGS = (".txt", ".text")


class Outcome(msgspec.Struct, frozen=True):
    """What became of one thread."""

    origin: str
    state: Literal["new", "known", "refused"]
    path: str = ""
    """Of its file, where there is one."""
    mapped: Sequence[str] = ()
    """The fields and sections that were filled."""
    repaired: Sequence[str] = ()
    left: Sequence[str] = ()
    """What was not taken, or not understood."""
    problems: Sequence[str] = ()
    """Why it was refused."""
    records: Sequence[str] = ()
    """Records written for names that would share an address."""


def drafts(files: Sequence[Path], plan_file: Path | None) -> Iterator[Draft | Outcome]:
    """Read files, and all pages of folders; a page that is no text is refused.

    Raises UsageError or BuildFailedError where a table or a mapping cannot be read; for pages, before the first is.
    """
    if plan_file:
        settings = mapping.read(plan_file)
        for file in files:
            yield from rows.drafts(rows.read(file, settings), settings, file.name)
        return
    for file, origin in list(_pages(files)):
        try:
            yield page_text.draft(sources.read(file.parent, file.name).text, origin)
        except sources.UnreadableError as error:
            yield Outcome(origin, "refused", problems=[f"{error.problem.head}; {error.problem.hint}"])


def _pages(files: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Give the pages with their origins: the name of the file and of the folder it lies in."""
    for file in files:
        if file.is_dir():
            found = sorted(path for path in file.rglob("*") if path.suffix.lower() in _PAGE_ENDINGS and path.is_file())
            if not found:
                raise UsageError(f"{file}: no page, with the ending .txt, lies there")
            yield from ((path, f"{file.resolve().name}/{path.relative_to(file).as_posix()}") for path in found)
        elif file.suffix.lower() not in _PAGE_ENDINGS:
            hint = "a table needs --mapping; a web page is saved as text, with the ending .txt"
            raise UsageError(f"{file}: {hint}")
        elif not file.exists():
            raise UsageError(f"{file}: cannot be read: No such file or directory")
        else:
            yield file, f"{file.resolve().parent.name}/{file.name}"


def plan(root: Path, made: Iterable[Draft | Outcome], known: Census) -> Iterator[tuple[Outcome, list[Edit]]]:
    """Give what becomes of each draft, and the files to write for it."""
    desk = _Desk(root, known)
    for draft in made:
        yield (draft, []) if isinstance(draft, Outcome) else desk.take(draft)


class _Desk:
    """Takes drafts in, one after another, and remembers which names are taken by now."""

    def __init__(self, root: Path, known: Census) -> None:
        self._root = root
        self._known = known
        self._stems = set(known.stems["threads"])
        self._origins = dict(known.origins)
        self._taken: dict[str, str] = {}
        """Origin of a thread that was taken in by now → digest of its draft."""
        self._nested: dict[str, list[str]] = defaultdict(list)
        """Name of a page and its folder → the origins that end so."""
        for origin in known.origins:
            self._nested[_page(origin)].append(origin)
        self._addresses = {kind: _Addresses(known, kind) for kind in ("doctors", "hospitals", "specialties", "topics")}

    def take(self, draft: Draft) -> tuple[Outcome, list[Edit]]:
        """Make the files of a draft, or say why there are none."""
        if draft.origin in self._origins:
            left = self._left(draft, draft.origin)
            return Outcome(draft.origin, "known", self._origins[draft.origin], left=left), []
        for other in self._nested[_page(draft.origin)]:
            if _within(draft.origin, other) and not self._left(draft, other):
                return Outcome(draft.origin, "known", self._origins[other]), []
        stem = naming.free(naming.stem_for(draft.title), self._stems)
        folder = naming.stem_for(draft.specialty) if draft.specialty else "imported"
        place = Place("threads", stem, f"{sources.CONTENT}/threads/{folder}/{draft.asked[:4] or 'undated'}/{stem}.md")
        text = draft.document()
        parsed = parse(place, text, self._known.spoken)
        problems = self._problems(parsed)
        if problems or not isinstance(parsed, Parsed):
            return Outcome(draft.origin, "refused", "", draft.fields(), draft.repaired, draft.left, problems), []
        records = [
            edit for kind, name in names_in(parsed.document) if (edit := self._addresses[kind].settle(name.text))
        ]
        self._stems.add(stem.casefold())
        self._origins[draft.origin] = place.path
        self._taken[draft.origin] = _digest(draft)
        self._nested[_page(draft.origin)].append(draft.origin)
        outcome = Outcome(
            draft.origin,
            "new",
            place.path,
            draft.fields(),
            draft.repaired,
            draft.left,
            (),
            [one.path for one in records],
        )
        return outcome, [*records, edits.new_file(place.path, text)]

    def _left(self, draft: Draft, origin: str) -> list[str]:
        """Say in what a draft is not the thread of an origin."""
        path = self._origins[origin]
        if origin in self._taken:
            same = self._taken[origin] == _digest(draft)
            return [] if same else [f"all: it differs from '{path}', which has the same origin and was taken before it"]
        differing = comparing.differences(self._root, path, draft.document())
        return [f"what differs from '{path}': {', '.join(differing)}"] if differing else []

    def _problems(self, parsed: object) -> list[str]:
        """Say what keeps a draft from being a thread."""
        if isinstance(parsed, list):
            return [f"{found.code} {found.message}" for found in parsed if found.severity == "error"]
        if not isinstance(parsed, Parsed) or not isinstance(parsed.document, Thread):
            return ["it is no thread"]
        found = []
        for kind, name in names_in(parsed.document):
            if several := self._known.directories.of(kind).ambiguous(Name(name.text)):
                found.append(f"MQ213 '{name.text}' fits {', '.join(several)}: write one of these instead")
        return found


def _page(origin: str) -> str:
    """Give the names of a page and of the folder it lies in."""
    return "/".join(origin.split("/")[-2:])


def _within(one: str, other: str) -> bool:
    """Say whether two origins may be of one page, once imported with its folder and once with the folder above."""
    return one.endswith(f"/{other}") or other.endswith(f"/{one}")


def _digest(draft: Draft) -> str:
    """Give the same for all that says the same, wherever it comes from."""
    return sources.digest(msgspec.structs.replace(draft, origin="").document())


class _Addresses:
    """The addresses of one kind of names: a new name whose address is taken gets a record with one of its own."""

    def __init__(self, known: Census, kind: Kind) -> None:
        self._kind = kind
        self._directory = known.directories.of(kind)
        self._known: set[str] = set()
        self._taken = known.stems[kind] | {entity.slug.casefold() for entity in self._directory.entities()}

    def settle(self, name: str) -> Edit | None:
        """Give the record that a name needs, None where it needs none."""
        key = names.key(name)
        if key in self._known or self._directory.find(name):
            return None
        self._known.add(key)
        slug = names.slug(name)
        if slug and slug not in self._taken:
            self._taken.add(slug)
            return None
        stem = naming.free(naming.stem_for(name), self._taken)
        self._taken.add(stem)
        header = frontmatter.write({"name": name})
        return edits.new_file(f"{sources.CONTENT}/{self._kind}/{stem}.md", f"---\n{header}---\n")
