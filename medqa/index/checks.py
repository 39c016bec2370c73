"""What is wrong with references, links and old addresses: looked for when it is known which pages there are."""

from collections.abc import Iterator

from medqa import links, references
from medqa.archive import Archive
from medqa.documents import Thread
from medqa.errors import Problem
from medqa.index.aliases import twice
from medqa.index.changes import Changes
from medqa.index.filing import Before


def check(changes: Changes, before: Before) -> None:
    """Check the references and links of documents that changed, or to which something else has become of those."""
    archive = changes.archive
    for key in sorted(set(before) | changes.told("check")):
        outline = archive.outlines.get(key)
        document = archive.document(key) if outline and outline.refers else None
        if outline is None or document is None:
            if before.get(key) and not changes.fresh:
                archive.ledger.forget(f"check {key}")
            changes.keep("check", key, ())
            continue
        with archive.ledger.making(f"check {key}"):
            found = links.problems(archive, Archive.place(key, outline), document, changes.broken)
            if isinstance(document, Thread):
                broken = {place.stem for place in changes.broken if place.kind == "threads"}
                found += references.problems(archive, document, outline.path, broken)
        changes.keep("check", key, found)
    changes.errors += _claimed_twice(changes)


def _claimed_twice(changes: Changes) -> Iterator[Problem]:
    claims = changes.archive.claims
    for url in [url for url in changes.wanted if "alias" in changes.wanted[url]]:
        standing = claims.get(url) or ()
        yield from (twice(claim, standing[0]) for claim in standing[1:])
