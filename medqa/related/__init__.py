"""Relatedness: the terms of a thread's text, and for each thread its nearest others.

terms → weights → nearest → rows → twins → register → whole, revision → relations → explained
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from medqa.related.candidate import Candidate, packed
from medqa.related.terms import term_counts

if TYPE_CHECKING:
    from medqa.related.explained import Explanation
    from medqa.related.relations import Update
    from medqa.related.rows import Store

__all__ = ["Candidate", "explain", "packed", "term_counts", "update"]


def update(store: "Store", changes: Iterable[tuple[str, Candidate | None]], jobs: int = 1) -> "Update":
    """Bring what a store knows of an archive's threads up to date: see `Relations.update`."""
    from medqa.related.relations import Relations  # noqa: PLC0415 - numpy takes 0.1 s, and most commands do without

    return Relations(store, jobs=jobs).update(changes)


def explain(store: "Store", stem: str, terms: bytes) -> "Explanation | None":
    """Explain the list of a thread: see `explained.explain`."""
    from medqa.related import explained  # noqa: PLC0415 - the same

    return explained.explain(store, stem, terms)
