"""`import`: saved pages and tables become threads; a report tells what was mapped, repaired, left."""

import argparse
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from medqa import importers
from medqa.console import FINE, PROBLEMS, count, say
from medqa.editing import edits
from medqa.editing.holdings import census
from medqa.errors import BuildFailedError
from medqa.importers import Outcome

_SHOWN = 10
"""Threads that an import tells of one by one."""
_BATCH = 100
"""Imported threads that are written together."""


def run(root: Path, options: argparse.Namespace) -> int:
    """Plan all threads, write them, and tell of them."""
    outcomes: list[Outcome] = []
    batch: list[edits.Edit] = []
    try:
        drafts = importers.drafts(options.files, options.mapping)
        for outcome, files in importers.plan(root, drafts, census(root)):
            outcomes.append(outcome)
            batch += files
            if len(batch) >= _BATCH and not options.dry_run:
                edits.apply(root, batch)
                batch = []
    except BuildFailedError as error:
        for found in error.problems:
            say(str(found))
        return PROBLEMS
    if not options.dry_run:
        edits.apply(root, batch)
    if options.format == "json":
        say(msgspec.json.encode({"threads": outcomes}).decode())
    else:
        for line in _import_lines(outcomes, dry=options.dry_run):
            say(line)
    return PROBLEMS if any(one.state == "refused" for one in outcomes) else FINE


def _import_lines(outcomes: Sequence[Outcome], *, dry: bool) -> Iterator[str]:
    """Tell what was mapped, repaired and left: of a few threads one by one, of many in numbers."""
    few = len(outcomes) <= _SHOWN
    refused = [one for one in outcomes if one.state == "refused"]
    for one in outcomes if few else refused[:_SHOWN]:
        yield from _outcome_lines(one)
    if len(refused) > _SHOWN and not few:
        yield f"and {len(refused) - _SHOWN:,} more that were refused: --format json lists all"
    if not few:
        yield from _sums("mapped", (word for one in outcomes for word in one.mapped))
        yield from _sums("repaired", (_without_numbers(word) for one in outcomes for word in one.repaired))
        yield from _sums("left", (_without_numbers(word) for one in outcomes for word in one.left))
    states = Counter(one.state for one in outcomes)
    records = sum(len(one.records) for one in outcomes)
    differing = sum(one.state == "known" and bool(one.left) for one in outcomes)
    yield (
        f"{count(states['new'], 'thread')} {'to write' if dry else 'written'}, "
        f"{states['known']:,} known already{f' ({differing:,} not the same)' if differing else ''}, "
        f"{len(refused):,} refused"
        + (f"; {count(records, 'record')} for names that would share an address" if records else "")
    )


def _outcome_lines(one: Outcome) -> Iterator[str]:
    if one.state == "known":
        yield f"{one.origin}: known already, {one.path}"
        yield from (f"  left:     {words}" for words in one.left)
        return
    yield f"{one.origin}: {one.path or 'refused'}"
    yield from (f"  problem:  {words}" for words in one.problems)
    if one.mapped:
        yield f"  mapped:   {', '.join(one.mapped)}"
    yield from (f"  repaired: {words}" for words in one.repaired)
    yield from (f"  left:     {words}" for words in one.left)
    yield from (f"  record:   {path}" for path in one.records)


def _sums(word: str, items: Iterable[str]) -> Iterator[str]:
    """Count what is alike."""
    counts = Counter(items).most_common(_SHOWN)
    if counts:
        yield f"{word}: {', '.join(f'{item} ({count:,})' for item, count in counts)}"


def _without_numbers(words: str) -> str:
    """Take numbers and quoted texts out of a remark, so that remarks of one kind are alike."""
    return re.sub(r"'[^']*'|\d+", "…", words)[:80]
