"""Where the links in texts lead: from what editors write (paths to files) to addresses on the site."""

import posixpath
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from itertools import islice
from urllib.parse import unquote

import msgspec

from medqa.archive import Archive, Located
from medqa.documents import Document
from medqa.errors import Problem, problem, suggestion
from medqa.markup import Link
from medqa.sources import CONTENT, STATIC, Place

_MOST_ALIKE = 1_000
"""Names of files that a wrong one is compared with."""
Resolved = Mapping[str, tuple[str | None, ...]]
"""Key of a document → the targets of its links, in their order."""


class _Targets(msgspec.Struct, frozen=True, dict=True):
    """What a link may lead to."""

    archive: Archive
    keys: Mapping[str, str]
    """Path of a file, accents composed → key of its document."""
    anchors: Mapping[str, tuple[str, ...]]
    """Key of a document → the ids on its page."""
    broken: Collection[str]
    statics: frozenset[str]

    @cached_property
    def paths(self) -> Mapping[str, list[str]]:
        """Name of a file → paths of the files of that name."""
        found: dict[str, list[str]] = {}
        for path in self.keys:
            found.setdefault(posixpath.basename(path), []).append(path)
        return found


def resolve_all(
    archive: Archive, documents: Sequence[Located], broken: Sequence[Place], statics: frozenset[str]
) -> tuple[Resolved, list[Problem]]:
    """Resolve every internal link: MQ301 where it leads nowhere, MQ302 for images, MQ701 for a thread not public.

    Links that begin with "/" are taken as they are: `dead_addresses` judges them when all pages are known.
    """
    located = {f"{place.kind}/{place.stem}": (place, document) for place, document in documents}
    targets = _Targets(
        archive,
        {_composed(place.path): key for key, (place, _) in located.items()},
        {key: document.anchors for key, (_, document) in located.items()},
        frozenset(_composed(place.path) for place in broken),
        statics,
    )
    problems: list[Problem] = []
    resolved: dict[str, tuple[str | None, ...]] = {}
    for key, (place, document) in located.items():
        if document.links:
            resolved[key] = tuple(_resolve(targets, place, document, link, problems) for link in document.links)
    return resolved, problems


def _resolve(targets: _Targets, place: Place, document: Document, link: Link, problems: list[Problem]) -> str | None:
    at = (place.path, link.line, link.column)
    path, mark, anchor = unquote(link.href).partition("#")
    if path.startswith("/"):
        target: str | None = path + mark + anchor
        if link.image and path[1:] not in targets.statics:
            problems.append(_no_image(at, link.href))
        return target
    if not path:
        if anchor not in document.anchors:
            problems.append(_no_anchor(at, anchor, document.anchors))
        return f"#{anchor}"
    file = _composed(posixpath.normpath(posixpath.join(posixpath.dirname(place.path), path)))
    if file.startswith(f"{STATIC}/") and file.removeprefix(f"{STATIC}/") in targets.statics:
        return file.removeprefix(STATIC)
    if link.image:
        problems.append(_no_image(at, link.href))
        return None
    return _document(targets, at, link.href, file, anchor, problems)


def _document(
    targets: _Targets, at: tuple[str, int, int], href: str, file: str, anchor: str, problems: list[Problem]
) -> str | None:
    """Resolve a link to another document's file."""
    key = targets.keys.get(file)
    if key is None:
        if file not in targets.broken:
            problems.append(_no_file(targets, at, file))
        return None
    if anchor and anchor not in targets.anchors[key]:
        problems.append(_no_anchor(at, anchor, targets.anchors[key]))
    address = targets.archive.address(key)
    if address is None:
        hint = "it is shown as plain text until that thread is public"
        problems.append(problem(at, "MQ701", f"'{href}' leads to a thread that is not public", hint))
        return None
    return f"{address}#{anchor}" if anchor else address


def dead_addresses(documents: Sequence[Located], broken: Sequence[Place], addresses: Collection[str]) -> list[Problem]:
    """Report the links that begin with "/" and name no page and no file of the site (MQ301).

    Nothing is said of the addresses of files in `broken`: they are there once the files can be parsed.
    """
    problems = []
    pending = {f"/{place.stem}/" if place.kind == "pages" else f"/{place.kind}/{place.stem}/" for place in broken}
    for place, document in documents:
        for link in document.links:
            path = unquote(link.href).partition("#")[0]
            if path.startswith("/") and not link.image and path not in addresses and path not in pending:
                hint = "link to the other document's file, for example ../neurology/numb-hand.md"
                if f"{path}/" in addresses:
                    hint = f"write '{path}/', or rather {hint}"
                at = (place.path, link.line, link.column)
                problems.append(problem(at, "MQ301", f"there is no page '{path}' on the site", hint))
    return problems


def _composed(path: str) -> str:
    """Give a path with accents composed: some file systems take them apart."""
    return unicodedata.normalize("NFC", path)


def _no_image(at: tuple[str, int, int], href: str) -> Problem:
    hint = f"put the image into {STATIC}/ and write its path from there: ![what it shows](/images/rash.jpg)"
    return problem(at, "MQ302", f"there is no image '{href}' in {STATIC}/", hint)


def _no_anchor(at: tuple[str, int, int], anchor: str, known: Collection[str]) -> Problem:
    return problem(at, "MQ301", f"the page has no place '#{anchor}'", suggestion(anchor, known))


def _no_file(targets: _Targets, at: tuple[str, int, int], file: str) -> Problem:
    name = posixpath.basename(file)
    if not name.endswith(".md"):
        hint = "link to the other document's .md file, or write https:// before a web address"
    else:
        same_name = targets.paths.get(name, ())
        near = posixpath.relpath(same_name[0], posixpath.dirname(at[0])) if same_name else ""
        others = islice((other for other in targets.paths if other[:3] == name[:3]), _MOST_ALIKE)
        hint = f"write '{near}'" if near else suggestion(name, others)
    return problem(
        at, "MQ301", f"there is no file '{file}'", hint or f"paths begin at the linking file's folder in {CONTENT}/"
    )
