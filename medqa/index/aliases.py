"""Old addresses: which documents claim them, and where they lead."""

import re
import unicodedata
from collections.abc import Iterator

from medqa import sources
from medqa.archive import FOLDERS, Archive, Claim, ListKey
from medqa.documents import Page, Record, Thread
from medqa.errors import Problem, problem
from medqa.fields import Name
from medqa.index.changes import Changes
from medqa.index.filing import Before
from medqa.sources import Place

_UNFIT = re.compile(r"[\s?#\\%]")
"""What no old path can hold."""
_LONGEST = 255
"""Bytes of a file's name."""


def settle(changes: Changes, before: Before) -> None:
    """Find out which old addresses the documents claim now, and tell which have come to lead elsewhere."""
    archive = changes.archive
    if changes.fresh:
        for url in FOLDERS:
            changes.want(url, "alias", "redirect", url)
    dirty = set(before) | changes.told("claims")
    for key in sorted(dirty):
        old = archive.claimed.get(key) or {}
        new: dict[str, Claim] = {}
        outline = archive.outlines.get(key)
        document = archive.document(key) if outline and outline.aliased else None
        problems: list[Problem] = []
        if outline and document and not isinstance(document, Page):
            with archive.ledger.making(f"claims {key}"):
                new = _claims(archive, Archive.place(key, outline), document, problems)
        elif old and not changes.fresh:
            archive.ledger.forget(f"claims {key}")
        changes.keep("claims", key, problems)
        if old != new:
            archive.claimed.put(key, new or None)
            for url in sorted(old.keys() | new.keys()):
                if old.get(url) != new.get(url):
                    _claim(changes, url, old.get(url), new.get(url))


def _claim(changes: Changes, url: str, old: Claim | None, new: Claim | None) -> None:
    """Put a claim on an address in place of another; the first by path gets it."""
    archive = changes.archive
    claims = {*(archive.claims.get(url) or ())} - {old} | {new}
    standing = tuple(sorted(claim for claim in claims if claim))
    archive.claims.put(url, standing or None)
    changes.tell(f"alias:{url}")
    changes.want(url, "alias", "redirect" if standing or url in FOLDERS else "", url)


def _claims(archive: Archive, place: Place, document: Thread | Record, problems: list[Problem]) -> dict[str, Claim]:
    """Give the old addresses that a document claims."""
    found: dict[str, Claim] = {}
    for alias in document.aliases:
        for url, target in _alias(archive, place, alias, problems):
            claim = Claim(place.path, alias.line, alias.column, alias.text, target)
            if url in found:
                problems.append(twice(claim, found[url]))
            found.setdefault(url, claim)
    return found


def twice(claim: Claim, first: Claim) -> Problem:
    """Report an address that two claim, to the second."""
    message = f"'{claim.text}' is also an alias in {first.path}"
    at = (claim.path, claim.line, claim.column)
    return problem(at, "MQ215", message, "an old address can lead to one page only")


def _alias(archive: Archive, place: Place, alias: Name, problems: list[Problem]) -> list[tuple[str, str]]:
    """Give (old address, new address) pairs of an alias: none where the target has no page, several for a list."""
    text = unicodedata.normalize("NFC", alias.text)
    at = (place.path, alias.line, alias.column)
    if text.startswith("/"):
        parts = text.strip("/").split("/")
        if any(not part or part[0] == "." or len(part.encode()) > _LONGEST for part in parts) or _UNFIT.search(text):
            problems.append(problem(at, "MQ109", f"'{text}' is not a path", "write /old/page.html or /old/page/"))
            return []
        url = text if "." in text.rpartition("/")[2] else text.rstrip("/") + "/"
        return [(url, target)] if (target := _target(archive, place)) else []
    if fault := sources.stem_fault(text):
        problems.append(problem(at, "MQ109", f"'{text}' cannot be an old name: {fault}", "an old path begins with '/'"))
        return []
    if archive.has(f"{place.kind}/{text}"):
        message = f"'{text}' is the name of another file"
        problems.append(problem(at, "MQ215", message, "delete the alias, or rename that file"))
        return []
    return list(_former(archive, place, text))


def _former(archive: Archive, place: Place, text: str) -> Iterator[tuple[str, str]]:
    """Give the (old, new) addresses of all pages of what had a former name.

    It had pages for topics and years under that name, too: each leads to its like under the new one. Which of them
    there were the archive no longer knows; for those of today there is a redirect each.
    """
    if place.kind == "topics":
        for key in archive.topic_lists(place.stem):
            yield from _list(archive, key, f"{key.removesuffix(place.stem)}{text}")
    elif target := _target(archive, place):
        yield f"/{place.kind}/{text}/", target
        if place.kind != "threads":
            yield from _years(archive, f"{place.kind}/{place.stem}", f"{place.kind}/{text}")
    if place.kind == "specialties":
        yield from _faq(archive, place.stem, text)


def _list(archive: Archive, key: ListKey, old: str) -> Iterator[tuple[str, str]]:
    """Give the (old, new) addresses of a list's entry page, and of the pages of its years."""
    yield f"/{old}/", f"/{key}/"
    yield from _years(archive, key, old)


def _years(archive: Archive, key: ListKey, old: str) -> Iterator[tuple[str, str]]:
    return ((f"/{old}{url.removeprefix(f'/{key}')}", url) for url in archive.year_urls(key))


def _faq(archive: Archive, slug: str, text: str) -> Iterator[tuple[str, str]]:
    """Give the (old, new) addresses of a specialty's FAQ and its lists under a former name."""
    keys = archive.faq_lists(slug)
    if keys:
        yield f"/faq/{text}/", f"/faq/{slug}/"
    topics = {key.rpartition("/")[2]: key for key in keys}
    former = {name: key for topic, key in topics.items() for name in _former_names(archive, topic)}
    for topic, key in (former | topics).items():
        yield from _list(archive, key, f"faq/{text}/{topic}")


def _former_names(archive: Archive, topic: str) -> list[str]:
    """Give the names that a topic had in addresses, as its record tells them; what is wrong with one is said there."""
    entity = archive.directories.topics.by_slug(topic)
    aliases = (
        (unicodedata.normalize("NFC", one.text) for one in entity.record.aliases) if entity and entity.record else ()
    )
    return [alias for alias in aliases if not alias.startswith("/")]


def _target(archive: Archive, place: Place) -> str | None:
    """Give a document's address; also of a thread that is gone, whose address says so."""
    listing = archive.listing(place.stem) if place.kind == "threads" else None
    if listing and listing.standing == "gone":
        return f"/threads/{place.stem}/"
    return archive.address(f"{place.kind}/{place.stem}")
