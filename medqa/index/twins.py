"""Threads that say almost the same: reported once it is known who is nearest to whom."""

from collections.abc import Collection, Iterator

from medqa.archive import Archive
from medqa.errors import Problem, problem
from medqa.index.changes import Changes


def check(changes: Changes, stems: Collection[str]) -> None:
    """Report the twins of threads: of `stems`, whose twins are others than before, and where theirs are another now."""
    archive = changes.archive
    for key in sorted({f"threads/{stem}" for stem in stems} | changes.told("twins")):
        stem = key.partition("/")[2]
        if archive.twins.get(stem):
            with archive.ledger.making(f"twins {key}"):
                changes.keep("twins", key, _problems(archive, stem))
        else:
            changes.keep("twins", key, ())
            if not changes.fresh:
                archive.ledger.forget(f"twins {key}")


def _problems(archive: Archive, stem: str) -> Iterator[Problem]:
    """Report each pair once: where both have the other among their twins, with the thread whose stem comes first."""
    for other, percent in archive.twins_of(stem):
        back = dict(archive.twins_of(other)).get(stem, 0)
        if back and other < stem:
            continue
        earlier, later = sorted((stem, other), key=lambda one: (_asked(archive, one), one))
        place, first = ((archive.path(f"threads/{one}"), 1, 1) for one in (later, earlier))
        message = f"the thread says almost the same as {first[0]}: {max(percent, back)} percent"
        hint = f"merge the two, or write 'duplicate_of: {earlier}', or 'ack: {{MQ704: why both may stand}}'"
        yield problem(place, "MQ704", message, hint)


def _asked(archive: Archive, stem: str) -> str:
    listing = archive.listing(stem)
    return listing.asked.isoformat() if listing else ""
