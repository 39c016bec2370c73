"""How good "Similar Q&A" is: the definition and its rivals on threads of which it is known what belongs together.

    python benchmarks/relatedness.py --data DIR [--half {report,tune,all}] [--sets NAME ...] [--json] [--more]

DIR, by default the variable MEDQA_DATA, holds the public files named in `related_sets.py`; docs/relatedness.md tells
where they come from. Every second query of a set is for tuning; the table is of the others. Floats are used here alone:
the definition knows none.
"""

import argparse
import json
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import chain, pairwise
from math import log, sqrt
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks import related_sets
from benchmarks.related_sets import LabelledSet, Thread
from medqa.related import term_counts, weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

Vector = Mapping[str, float]
Vectors = tuple[Sequence[Vector], Sequence[Vector]]
"""Each thread as the one who looks and as the one found. The score is the product of the two."""
Method = Callable[[LabelledSet], Vectors]

MEASURES: Final = ("R@1", "R@4", "MRR", "P@4")
_RESAMPLES: Final = 2_000
_HAN_RUN: Final = re.compile("[\u3400-\u9fff]+")


def main() -> None:
    """Evaluate what the command line names, and print it."""
    arguments = _arguments()
    sets = related_sets.load(_folder(arguments.data))
    unknown = set(arguments.sets) - sets.keys()
    if unknown:
        sys.exit(f"no set is called {', '.join(sorted(unknown))}; there are {', '.join(sets)}")
    tables = {name: _table(sets[name](), arguments.half) for name in arguments.sets or sets}
    print(json.dumps(tables, indent=1) if arguments.json else "\n\n".join(map(_text, tables.items())))
    if arguments.more:
        for name in ("tags", "zh-department", "medquad-subject"):
            _more(sets[name](), arguments.half)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", help="folder of the public files (default: the variable MEDQA_DATA)")
    parser.add_argument("--half", choices=("report", "tune", "all"), default="report", help="which queries (report)")
    parser.add_argument("--sets", nargs="*", default=[], help="names of sets (all)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--more", action="store_true", help="hubs, a floor of scores, idf from half of an archive")
    return parser.parse_args()


def _folder(named: str | None) -> Path:
    """Return the folder of the files; exits with 2 when they are not there."""
    folder = Path(named or os.environ.get("MEDQA_DATA") or ".")
    missing = [file for file in related_sets.FILES if not (folder / file).is_file()]
    if missing:
        given = f"{folder} has no {', '.join(missing)}" if named or "MEDQA_DATA" in os.environ else "no folder of data"
        print(f"{given}: name it with --data or MEDQA_DATA (docs/relatedness.md lists its files)", file=sys.stderr)
        sys.exit(2)
    return folder


# Methods


def shared_words(archive: LabelledSet) -> Vectors:
    """The number of different words that two threads share."""
    words = [dict.fromkeys(counts, 1.0) for counts in map(_words, archive.threads)]
    return words, words


def tf_idf(archive: LabelledSet) -> Vectors:
    """Cosine of tf·ln(N/df): Salton and Buckley (1988)."""
    words = [_words(thread) for thread in archive.threads]
    frequencies = Counter(word for counts in words for word in counts)
    vectors = []
    for counts in words:
        weights = {word: tf * log(len(words) / frequencies[word]) for word, tf in counts.items()}
        norm = sqrt(sum(weight * weight for weight in weights.values())) or 1
        vectors.append({word: weight / norm for word, weight in weights.items()})
    return vectors, vectors


def bm25(archive: LabelledSet) -> Vectors:
    """BM25 with k1 = 1.2 and b = 0.75: Robertson and Zaragoza (2009)."""
    words = [_words(thread) for thread in archive.threads]
    number = len(archive.pool)
    frequencies = Counter(word for found in archive.pool for word in words[found])
    mean = sum(words[found].total() for found in archive.pool) / number
    documents = []
    for counts in words:
        length = 1.2 * (0.25 + 0.75 * counts.total() / mean)
        documents.append(
            {w: _bm25_idf(number, frequencies[w]) * tf * 2.2 / (tf + length) for w, tf in counts.items()},
        )
    return words, documents


@cache
def _bm25_idf(number: int, df: int) -> float:
    return log(1 + (number - df + 0.5) / (df + 0.5))


def metadata(archive: LabelledSet) -> Vectors:
    """The number of keywords that two threads share, as Hugo has it."""
    keywords = [dict.fromkeys(thread.keywords, 1.0) for thread in archive.threads]
    return keywords, keywords


def earlier(archive: LabelledSet) -> Vectors:
    """The definition before its last change: no pairs of words, and single Chinese characters beside their pairs."""
    counts = [_earlier_counts(thread) for thread in archive.threads]
    return _sides(counts, counts)


def medqa(archive: LabelledSet) -> Vectors:
    """The definition: docs/relatedness.md."""
    counts = [_counts(thread) for thread in archive.threads]
    return _sides(counts, counts)


def _sides(counts: Sequence[Mapping[str, int]], known: Sequence[Mapping[str, int]]) -> Vectors:
    """The two sides of threads, by medqa's own code; `known` are those of which terms' frequencies are counted."""
    numbers = {term: number for number, term in enumerate(sorted(set(chain.from_iterable(counts))))}
    frequencies = Counter(numbers[term] for terms in known for term in terms if term in numbers)
    idf = weights.inverse_frequencies(np.array([frequencies[number] for number in range(len(numbers))]), len(known))
    found = weights.vectors(
        weights.Counts(
            np.cumsum([0, *map(len, counts)]),
            np.array([numbers[term] for terms in counts for term in sorted(terms)], dtype=np.int32),
            np.array([weights.term_frequency(terms[term]) for terms in counts for term in sorted(terms)], np.uint8),
        ),
        idf,
    )
    names = list(numbers)
    shown = [names[number] for number in found.terms.tolist()]
    query, document = (
        [dict(zip(shown[start:end], side[start:end].tolist(), strict=True)) for start, end in pairwise(found.starts)]
        for side in (found.query, found.document)
    )
    return query, document


METHODS: Final[dict[str, Method]] = {
    "shared words": shared_words,
    "TF-IDF": tf_idf,
    "BM25": bm25,
    "metadata": metadata,
    "medqa before": earlier,
    "medqa": medqa,
}


def _words(thread: Thread) -> Counter[str]:
    """Words as they are; of Chinese, characters and pairs."""
    text = "\n".join((thread.title, thread.question, *thread.replies)).lower()
    words = Counter(re.findall("[a-z0-9]+", text))
    for run in _HAN_RUN.findall(text):
        words.update(run)
        words.update(one + two for one, two in pairwise(run))
    return words


def _counts(thread: Thread) -> dict[str, int]:
    return term_counts(
        title=thread.title, headline=thread.title, question=thread.question, replies=thread.replies, topics=()
    )


def _earlier_counts(thread: Thread) -> dict[str, int]:
    """Return the terms as they were counted before."""
    counts = Counter({term: tf for term, tf in _counts(thread).items() if " " not in term and len(term) > 1})
    for weight, text in ((3, thread.title), (1, "\n".join((thread.question, *thread.replies)))):
        for run in _HAN_RUN.findall(text):
            counts.update(dict.fromkeys(run, 0))
            for character in run:
                counts[character] += weight
    return counts


# Evaluation


class Ranking:
    """The threads of a set's pool in the order in which a method finds them."""

    def __init__(self, archive: LabelledSet, vectors: Vectors) -> None:
        self._column = {thread: column for column, thread in enumerate(archive.pool)}
        self._query, documents = vectors
        postings: dict[str, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
        for thread, column in self._column.items():
            for term, weight in documents[thread].items():
                columns, weights = postings[term]
                columns.append(column)
                weights.append(weight)
        self._postings = {term: (np.array(c), np.array(w, dtype=np.float64)) for term, (c, w) in postings.items()}

    def scores(self, query: int) -> "NDArray[np.float64]":
        """Return the score of each column; the query itself has 0, as a thread that shares nothing."""
        scores = np.zeros(len(self._column))
        for term, weight in self._query[query].items():
            if term in self._postings:
                columns, weights = self._postings[term]
                scores[columns] += weight * weights
        if query in self._column:
            scores[self._column[query]] = 0
        return scores

    def columns(self, threads: Sequence[int]) -> list[int]:
        """Return where threads of the pool stand."""
        return [self._column[thread] for thread in threads]


def measured(scores: "NDArray[np.float64]", right: Sequence[int]) -> tuple[float, float, float, float]:
    """Return R@1, R@4, MRR, P@4 of one query. Ties go to the first column; a score of 0 is not found.

    R@k is whether a right one is among the first k; P@4 is the share of right ones among the first 4 (of those that
    there are, if fewer).
    """
    ranks = [1 + int((scores > scores[c]).sum() + (scores[:c] == scores[c]).sum()) for c in right if scores[c] > 0]
    best = min(ranks, default=sys.maxsize)
    return best <= 1, best <= 4, 1 / best, sum(rank <= 4 for rank in ranks) / min(4, len(right))


def _evaluated(archive: LabelledSet, method: Method, half: str) -> "NDArray[np.float64]":
    """Return the measures of each query of a half, (queries, 4)."""
    ranking = Ranking(archive, method(archive))
    return np.array(
        [
            measured(ranking.scores(query), ranking.columns(sorted(archive.relevant[query])))
            for query in _queries(archive, half)
        ],
        dtype=np.float64,
    )


def _queries(archive: LabelledSet, half: str) -> list[int]:
    start, step = {"tune": (0, 2), "report": (1, 2), "all": (0, 1)}[half]
    return sorted(archive.relevant)[start::step]


def interval(values: "NDArray[np.float64]") -> tuple[float, float]:
    """Return the 95 % interval of a mean: percentiles of resampled means, Efron (1979)."""
    generator = np.random.default_rng(1)
    drawn = generator.integers(0, len(values), (_RESAMPLES, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)


# Tables


def _table(archive: LabelledSet, half: str) -> dict[str, Any]:
    """Return a set's figures in percent: by method, and of medqa against medqa before."""
    methods = {name: method for name, method in METHODS.items() if name != "metadata" or archive.threads[-1].keywords}
    found = {name: _evaluated(archive, method, half) for name, method in methods.items()}
    main = MEASURES.index(archive.measure)
    rows = {
        name: {
            **{measure: _percent(values[:, column].mean()) for column, measure in enumerate(MEASURES)},
            "interval": [_percent(end) for end in interval(values[:, main])],
        }
        for name, values in found.items()
    }
    change = found["medqa"][:, main] - found["medqa before"][:, main]
    return {
        "measure": archive.measure,
        "queries": len(change),
        "pool": len(archive.pool),
        "methods": rows,
        "change": [_percent(value) for value in (change.mean(), *interval(change))],
    }


def _percent(share: float) -> float:
    return round(100 * float(share), 1)


def _text(entry: tuple[str, Mapping[str, Any]]) -> str:
    """Return a set's figures as a table."""
    name, table = entry
    lines = [f"{name}: {table['queries']} queries, {table['pool']} threads; interval of {table['measure']}"]
    lines += [f"  {'':14}" + "".join(f"{measure:>7}" for measure in MEASURES) + "   95 %"]
    for method, row in table["methods"].items():
        figures = "".join(f"{row[measure]:7.1f}" for measure in MEASURES)
        lines.append(f"  {method:14}{figures}   {row['interval'][0]:.1f} … {row['interval'][1]:.1f}")
    mean, low, high = table["change"]
    return "\n".join([*lines, f"  medqa - before, {table['measure']}: {mean:+.1f} ({low:+.1f} … {high:+.1f})"])


# Hubs, a floor, an old idf


def _more(archive: LabelledSet, half: str) -> None:
    """Print what the measures do not show: who is never found, what a score is worth, what an old idf costs."""
    main = MEASURES.index(archive.measure)
    print(f"\n{archive.name}")
    for name in ("TF-IDF", "BM25", "medqa before", "medqa"):
        print(f"  in nobody's four nearest, {name}: {_percent(never_found(archive, METHODS[name]))} %")
    change = _evaluated(archive, old_idf, half)[:, main] - _evaluated(archive, medqa, half)[:, main]
    low, high = interval(change)
    cost = f"{_percent(change.mean()):+} ({_percent(low):+} … {_percent(high):+})"
    print(f"  {archive.measure}, idf of a random half: {cost}")
    print("  score of at least (2^20)   cards shown   threads with four   cards right, %")
    for floor, *percentages in floors(archive):
        print(f"  {floor:24}" + "".join(f"{percentage:14.1f}" for percentage in percentages))


def never_found(archive: LabelledSet, method: Method) -> float:
    """Return the share of threads that are among nobody's four nearest."""
    ranking = Ranking(archive, method(archive))
    found: set[int] = set()
    for query in range(len(archive.threads)):
        scores = ranking.scores(query)
        found.update(column for column in np.argsort(-scores, kind="stable")[:4].tolist() if scores[column] > 0)
    return 1 - len(found) / len(archive.pool)


def old_idf(archive: LabelledSet) -> Vectors:
    """The definition with the idf of a random half of the archive; a term that it does not know has df = 1."""
    counts = [_counts(thread) for thread in archive.threads]
    return _sides(counts, Random(3).sample(counts, len(counts) // 2))


def floors(archive: LabelledSet) -> list[tuple[float, float, float, float]]:
    """Return floors of the score, and what is left at or above each: cards, threads with four cards, cards right.

    Floors are in units of 2^20, the rest in percent of the four nearest of each query.
    """
    ranking = Ranking(archive, medqa(archive))
    nearest: list[list[tuple[float, bool]]] = []
    for query, right in archive.relevant.items():
        scores = ranking.scores(query)
        first = np.argsort(-scores, kind="stable")[:4].tolist()
        nearest.append([(scores[column] / 2**20, archive.pool[column] in right) for column in first])
    rows: list[tuple[float, float, float, float]] = []
    for floor in (0, 2, 4, 6, 8, 10, 12, 16, 20, 24):
        kept = [[right for score, right in cards if score > 0 and score >= floor] for cards in nearest]
        shown = [right for cards in kept for right in cards]
        full = sum(len(cards) == 4 for cards in kept)
        rows.append((floor, 25 * len(shown) / len(kept), 100 * full / len(kept), 100 * sum(shown) / max(1, len(shown))))
    return rows


if __name__ == "__main__":
    main()
