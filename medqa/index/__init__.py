"""Stage 3, index: changed documents → the archive as it is now, and the facts that are no longer what they were.

It brings the tables of the site's state up to date. A clean build is the same with every document changed: in whatever
order and in however many builds the documents came to be what they are, the tables come out the same.

    filing → meaning of names → places of threads → lists → near topics → old addresses → which pages there are → checks

and, once it is known which threads are nearest to which: twins
"""

from collections.abc import Mapping

from medqa.archive import Archive, Copied
from medqa.cache import State
from medqa.index import aliases, checks, filing, lists, meaning, placing, sitemap, topics, twins
from medqa.index.changes import Changes
from medqa.index.filing import Found, names_in, outline

__all__ = ["Changes", "Found", "names_in", "outline", "twins", "update"]


def update(archive: Archive, state: State, found: Found, copies: Mapping[str, Copied | None]) -> Changes:
    """Bring an archive up to date with what was found in its files."""
    changes, moves = Changes(archive, state), lists.Moves()
    before = filing.file(changes, found)
    changes.documents = set(before)
    sitemap.copy(changes, copies)
    meaning.know(changes, before)
    placed = placing.place(changes, before, moves)
    lists.settle(changes, moves)
    topics.settle(changes, moves)
    aliases.settle(changes, before)
    sitemap.settle(changes, before)
    checks.check(changes, before)
    meaning.judge(changes)
    changes.placed = placed
    changes.wanted.clear()  # as large as the site
    return changes
