"""Where the links in texts lead: from what editors write (paths to files) to addresses on the site."""

import posixpath
from collections.abc import Collection
from itertools import islice
from urllib.parse import unquote

from medqa.archive import Archive, composed
from medqa.documents import Document
from medqa.errors import Problem, problem, suggestion
from medqa.markup import Link
from medqa.sources import CONTENT, KINDS, STATIC, Place

_MOST_ALIKE = 1_000
"""Names of files that a wrong one is compared with."""


def targets(archive: Archive, place: Place, document: Document) -> tuple[str | None, ...]:
    """Give where a document's links lead, in their order: an address on the site, None for no public page."""
    return tuple(_resolve(archive, place, document, link, (), []) for link in document.links)


def problems(archive: Archive, place: Place, document: Document, broken: Collection[Place]) -> list[Problem]:
    """Report the links that lead nowhere (MQ301), images that are not there (MQ302), threads not public (MQ701).

    Nothing is said of the files in `broken`, which could not be parsed, and of their addresses.
    """
    found: list[Problem] = []
    files = {composed(one.path) for one in broken}
    for link in document.links:
        _resolve(archive, place, document, link, files, found)
        if not link.image and unquote(link.href).startswith("/"):
            found += _dead_address(archive, place, link, broken)
    return found


def _resolve(
    archive: Archive, place: Place, document: Document, link: Link, broken: Collection[str], found: list[Problem]
) -> str | None:
    at = (place.path, link.line, link.column)
    path, mark, anchor = unquote(link.href).partition("#")
    if path.startswith("/"):
        if link.image and not archive.has_static(path[1:]):
            found.append(_no_image(at, link.href))
        return path + mark + anchor
    if not path:
        if anchor not in document.anchors:
            found.append(_no_anchor(at, anchor, document.anchors))
        return f"#{anchor}"
    file = composed(posixpath.normpath(posixpath.join(posixpath.dirname(place.path), path)))
    if file.startswith(f"{STATIC}/") and archive.has_static(file.removeprefix(f"{STATIC}/")):
        return file.removeprefix(STATIC)
    if link.image:
        found.append(_no_image(at, link.href))
        return None
    key = archive.key_of(file)
    if key:
        return _document(archive, at, link.href, key, anchor, found)
    if file not in broken:
        found.append(_no_file(archive, at, file))
    return None


def _document(
    archive: Archive, at: tuple[str, int, int], href: str, key: str, anchor: str, found: list[Problem]
) -> str | None:
    """Resolve a link to another document."""
    if anchor and anchor not in (known := archive.anchors(key)):
        found.append(_no_anchor(at, anchor, known))
    address = archive.address(key)
    if address is None:
        hint = "it is shown as plain text until that thread is public"
        found.append(problem(at, "MQ701", f"'{href}' leads to a thread that is not public", hint))
        return None
    return f"{address}#{anchor}" if anchor else address


def _dead_address(archive: Archive, place: Place, link: Link, broken: Collection[Place]) -> list[Problem]:
    """Report a link that begins with "/" and names no page and no file of the site."""
    path = unquote(link.href).partition("#")[0]
    pending = {f"/{one.stem}/" if one.kind == "pages" else f"/{one.kind}/{one.stem}/" for one in broken}
    if archive.has_url(path) or path in pending:
        return []
    hint = "link to the other document's file, for example ../neurology/numb-hand.md"
    if archive.has_url(f"{path}/"):
        hint = f"write '{path}/', or rather {hint}"
    return [problem((place.path, link.line, link.column), "MQ301", f"there is no page '{path}' on the site", hint)]


def _no_image(at: tuple[str, int, int], href: str) -> Problem:
    hint = f"put the image into {STATIC}/ and write its path from there: ![what it shows](/images/rash.jpg)"
    return problem(at, "MQ302", f"there is no image '{href}' in {STATIC}/", hint)


def _no_anchor(at: tuple[str, int, int], anchor: str, known: Collection[str]) -> Problem:
    return problem(at, "MQ301", f"the page has no place '#{anchor}'", suggestion(anchor, known))


def _no_file(archive: Archive, at: tuple[str, int, int], file: str) -> Problem:
    name = posixpath.basename(file)
    if not name.endswith(".md"):
        hint = "link to the other document's .md file, or write https:// before a web address"
    else:
        kinds = sorted(KINDS)
        same = (archive.outlines.get(f"{kind}/{name.removesuffix('.md')}") for kind in kinds)
        same_name = next((outline.path for outline in same if outline), "")
        near = posixpath.relpath(same_name, posixpath.dirname(at[0])) if same_name else ""
        others = (key.partition("/")[2] for kind in kinds for key in archive.outlines.keys(f"{kind}/{name[:3]}"))
        hint = f"write '{near}'" if near else suggestion(name, islice((f"{one}.md" for one in others), _MOST_ALIKE))
    return problem(
        at, "MQ301", f"there is no file '{file}'", hint or f"paths begin at the linking file's folder in {CONTENT}/"
    )
