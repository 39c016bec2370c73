"""Which topics are near to each other within a specialty: by the threads they share, and by the words of their names.

    score = 1 + ⌊2·log2(2^20 · shared² / (threads of one · threads of the other))⌋   where they share threads
          + 2 · the sum, over the stems in both names, of 1 + ⌊2·log2(N / topics with the stem)⌋

with N the power of two at or above the number of topics in the specialty: whole numbers on a coarse scale, for the
reasons given in `related`.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from medqa.archive import Archive, ListKey
from medqa.documents import Topic
from medqa.index.changes import Changes
from medqa.index.lists import Moves, added
from medqa.related import term_counts

NEAREST = 6
"""Topics kept as near to each."""
_SCALE = 20
_WORDS = 2
"""Weight of the names."""


def settle(changes: Changes, moves: Moves) -> None:
    """Find the nearest topics anew in the specialties in which a topic, or a list of one, has changed."""
    archive = changes.archive
    _meet(archive, moves)
    for specialty in sorted(_touched(changes)):
        keys = archive.counts.keys(f"faq/{specialty}/")
        words = {key: _stems(archive, key) for key in keys}
        weights = _weights(words)
        if archive.topic_words.get(specialty) != weights:
            archive.topic_words.put(specialty, weights or None)
            changes.tell(f"words:{specialty}")
        nearest = _nearest(archive, words, weights)
        for key in {*keys, *archive.near.keys(f"faq/{specialty}/")}:
            found = nearest.get(key) or None
            if archive.near.get(key) != found:
                archive.near.put(key, found)
                changes.tell(f"near:{key}")


def _meet(archive: Archive, moves: Moves) -> None:
    """Count the threads that two topics of a specialty share."""
    for key, steps in moves.together.items():
        old = archive.together.get(key) or {}
        now = added(old, steps)
        if now != old:
            archive.together.put(key, now or None)


def _touched(changes: Changes) -> set[str]:
    """Give the slugs of the specialties in which a topic may have come nearer to another."""
    archive = changes.archive
    lists = {key for key in changes.relisted if key.startswith("faq/")}
    for entity in changes.entities if not changes.fresh else ():
        kind, _, slug = entity.partition("/")
        if kind == "topics":
            lists.update(archive.topic_lists(slug))
    return {key.split("/")[1] for key in lists}


def _stems(archive: Archive, key: ListKey) -> tuple[str, ...]:
    """Give the stems of all names of a topic."""
    topic = archive.directories.topics.by_slug(key.rpartition("/")[2])
    if topic is None:
        return ()
    names = {topic.name}
    if isinstance(topic.record, Topic):
        names |= {*topic.record.names.values(), *topic.record.synonyms}
    return tuple(term_counts(title="", headline="", question="\n".join(sorted(names)), replies=[], topics=[]))


def _weights(words: Mapping[ListKey, Collection[str]]) -> dict[ListKey, dict[str, int]]:
    """Give what each stem weighs in the names of each topic."""
    frequencies = Counter(stem for stems in words.values() for stem in stems)
    power = 1 << max(0, len(words) - 1).bit_length()
    return {key: {stem: 1 + _log(power, frequencies[stem]) for stem in stems} for key, stems in words.items()}


def _nearest(
    archive: Archive, words: Mapping[ListKey, Collection[str]], weights: Mapping[ListKey, Mapping[str, int]]
) -> dict[ListKey, tuple[ListKey, ...]]:
    """Give the nearest topics of each, best first, and among equals the first by address."""
    sizes = {key: archive.total(key) for key in words}
    named: dict[str, list[ListKey]] = {}
    for key, stems in words.items():
        for stem in stems:
            named.setdefault(stem, []).append(key)
    found = {}
    for key, stems in words.items():
        scores = Counter(dict(_shared(archive, key, sizes)))
        for stem in stems:
            for other in named[stem]:
                scores[other] += _WORDS * weights[key][stem]
        del scores[key]
        ranked = sorted((-score, other) for other, score in scores.items() if score > 0)
        found[key] = tuple(other for _, other in ranked[:NEAREST])
    return found


def _shared(archive: Archive, key: ListKey, sizes: Mapping[ListKey, int]) -> Iterator[tuple[ListKey, int]]:
    """Give the topics that share threads with one, and what that counts."""
    for other, shared in (archive.together.get(key) or {}).items():
        if other in sizes:
            yield other, 1 + max(0, _log(shared * shared << _SCALE, sizes[key] * sizes[other]))


def _log(numerator: int, denominator: int) -> int:
    """Return ⌊2·log2(numerator / denominator)⌋, -1 where the quotient is below 1."""
    return (numerator**2 // denominator**2).bit_length() - 1
