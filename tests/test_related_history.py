"""The lists of an archive that grows, shrinks and is edited for long: after each step those of a clean computation.

MEDQA_STEPS=300 (`make torture`) makes the history longer.
"""

import os
from random import Random

import pytest

from medqa.related import Candidate, packed, register
from medqa.related.relations import Relations
from medqa.related.rows import Shelf

STEPS = int(os.environ.get("MEDQA_STEPS", "20"))
YEARS = range(2015, 2020)
FEWEST, MOST = 480, 560
"""Threads: 512, a power of two, lies between."""
WORDS = 3_000


def thread(random: Random, stem: str, year: int) -> Candidate:
    """A thread of words that are as rare as those of a language: the n-th is n times rarer than the first."""
    terms = {f"w{int(WORDS ** random.random())}": int(20 ** random.random()) for _ in range(random.randint(1, 90))}
    title = random.choice(("same", stem))
    lang = random.choice(("en", "en", "en", "zh-Hant"))
    pinned = (f"s{random.randrange(MOST)}",) if random.random() < 0.05 else ()
    return Candidate(stem, packed(dict(sorted(terms.items()))), lang, (title, ""), year, pinned, random.random() < 0.02)


def batch(random: Random, archive: dict[str, Candidate], number: int, year: int) -> dict[str, Candidate | None]:
    """Edit, remove and add 1, 10 or 100 threads, so that their number swings from the fewest to the most and back."""
    growing = number // 10 % 2 == 0
    changes: dict[str, Candidate | None] = {}
    for count in range(random.choice((1, 1, 1, 10, 100))):
        size = len(archive) + sum(1 if one else -1 for stem, one in changes.items() if (stem in archive) != bool(one))
        stem = random.choice(sorted(archive))
        chance = random.random()
        if chance < 0.3 or not FEWEST < size < MOST:
            growing = size <= FEWEST or (growing and size < MOST)
            added = f"n{number}-{count}"
            changes[added if growing else stem] = thread(random, added, year) if growing else None
        else:
            changes[stem] = thread(random, stem, archive[stem].year if chance < 0.8 else random.choice(YEARS))
    return changes


@pytest.mark.parametrize("least", [200, 10_000])
def test_a_long_history_ends_where_a_clean_computation_does(monkeypatch: pytest.MonkeyPatch, least: int) -> None:
    """With the weights of closed years, and with those of all threads, which change with every power of two."""
    monkeypatch.setattr(register, "_LEAST", least)
    random = Random(least)
    archive = {f"s{n}": thread(random, f"s{n}", random.choice(YEARS)) for n in range(FEWEST)}
    store = Shelf()
    lists = dict(Relations(store).update(archive.items()).lists)
    sizes = []
    for number in range(STEPS):
        year = YEARS[-1] + (2 * number // STEPS)  # half-way a new year begins
        changes = batch(random, archive, number, year)
        lists |= Relations(store).update(changes.items()).lists
        archive = {stem: one for stem, one in {**archive, **changes}.items() if one}
        clean = Relations(Shelf()).update(archive.items()).lists
        assert {stem: found for stem, found in lists.items() if stem in archive} == dict(clean), f"step {number}"
        sizes.append(len(archive))
    assert min(sizes) <= 512 < max(sizes)
