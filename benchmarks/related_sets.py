"""Threads of which it is known which belong together, made from published sets of questions and answers.

No set was made for "Similar Q&A"; each shows one side of it. What a set is asked for is never part of a thread's text.
"""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final, Literal

import msgspec
from Stemmer import Stemmer  # type: ignore[import-not-found]

Row = dict[str, Any]

FILES: Final = (
    "related/rqe-train.jsonl.gz",
    "questiondoctor.json",
    "icliniq.json",
    "ehealthforum.json",
    "medquad.jsonl.gz",
    "chinese.jsonl.gz",
)
_CROWD: Final = 40
"""A tag that more threads have says little about which four are nearest."""
_LONG: Final = 2_500
"""Characters of a subject's answers that make a document: about a long thread."""
_stem: Final = Stemmer("english").stemWord


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """What `term_counts` takes of a thread, and the keywords that other generators go by."""

    title: str = ""
    question: str = ""
    replies: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


class LabelledSet(msgspec.Struct, frozen=True, kw_only=True):
    """An archive, and for some of its threads those that belong to them."""

    name: str
    measure: Literal["R@4", "P@4"]
    """Its main measure: R@4 where a query has one right answer or few, P@4 where it has many."""
    threads: Sequence[Thread]
    relevant: Mapping[int, frozenset[int]]
    """Query → the threads that a reader of it would want; never empty, never the query itself."""
    pool: Sequence[int]
    """The threads that may be found, in ascending order."""


def load(folder: Path) -> dict[str, Callable[[], LabelledSet]]:
    """Return the sets by name, each to be made when asked for."""
    made = {
        "entailment": lambda: _entailment(_rows(folder / FILES[0])),
        "tags": lambda: _tags(_conversations(folder)),
        "question-reply": lambda: _question_reply(_conversations(folder)),
        "medquad-subject": lambda: _medquad_subject(_rows(folder / FILES[4])),
        "medquad-sources": lambda: _medquad_sources(_rows(folder / FILES[4])),
    }
    chinese = {
        "zh-title-question": lambda row: (Thread(title=row["title"]), Thread(question=row["ask"])),
        "zh-title-thread": lambda row: (
            Thread(title=row["title"]),
            Thread(question=row["ask"], replies=(row["answer"],)),
        ),
        "zh-question-reply": lambda row: (
            Thread(title=row["title"], question=row["ask"]),
            Thread(replies=(row["answer"],)),
        ),
    }
    for name, split in chinese.items():
        made[name] = lambda name=name, split=split: _pairs(name, map(split, _rows(folder / FILES[5])))  # type: ignore[misc]
    return made | {"zh-department": lambda: _chinese_departments(_rows(folder / FILES[5]))}


def _rows(path: Path) -> list[Row]:
    """Return the rows of a JSON file, or of one with a row a line."""
    if path.suffix == ".json":
        rows: list[Row] = json.loads(path.read_text(encoding="utf-8"))
        return rows
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _entailment(rows: Iterable[Row]) -> LabelledSet:
    """Two wordings of one question, most of them by doctors; pairs that differ in nothing but case are left out."""
    numbers: dict[str, int] = {}
    relevant = defaultdict(set)
    for row in rows:
        one, two = (" ".join(row[side].split()) for side in ("question", "other"))
        query, other = (numbers.setdefault(text, len(numbers)) for text in (one, two))
        if row["same"] and one.lower() != two.lower():
            relevant[query].add(other)
    return _set("entailment", "R@4", [Thread(title=text) for text in numbers], relevant)


class _Conversation(msgspec.Struct, kw_only=True):
    """A question of one of the three sites, with all its replies."""

    title: str
    text: str
    site: str
    replies: list[str] = []
    labels: set[str] = set()


def _conversations(folder: Path) -> list[_Conversation]:
    """Return the questions, each once: the files have a row for each reply."""
    found: dict[tuple[str, str], _Conversation] = {}
    for file in FILES[1:4]:
        for row in _rows(folder / file):
            title, text, reply = (" ".join(row.get(key, "").split()) for key in ("question", "question_text", "answer"))
            # questiondoctor's text is its title once more, with capitals
            new = _Conversation(title=title, text="" if file == FILES[1] else text, site=file)
            conversation = found.setdefault((file, title), new)
            if reply not in conversation.replies:
                conversation.replies.append(reply)
            conversation.labels |= {_label(tag) for tag in (*row["tags"], *_section(row["url"]))} - {""}
    return list(found.values())


def _section(url: str) -> list[str]:
    """Return the section of the site icliniq that a question stands in."""
    return re.findall(r"icliniq\.com/qa/([^/]+)/", url)


def _label(tag: str) -> str:
    """Return what two spellings of a tag have in common ("Chest pains", "pain in my chest")."""
    small = {
        "a",
        "after",
        "an",
        "and",
        "do",
        "for",
        "from",
        "get",
        "have",
        "i",
        "in",
        "is",
        "my",
        "of",
        "on",
        "the",
        "to",
    }
    return " ".join(sorted({_stem(word) for word in re.findall("[a-z0-9]+", tag.lower()) if word not in small}))


def _tags(conversations: Sequence[_Conversation]) -> LabelledSet:
    """Questions that share a tag. The tags are withheld, from keywords too."""
    labels = [conversation.labels for conversation in conversations]
    threads = [Thread(title=c.title, question=c.text, replies=tuple(c.replies)) for c in conversations]
    return _set("tags", "P@4", threads, _alike(labels, most=_CROWD))


def _question_reply(conversations: Sequence[_Conversation]) -> LabelledSet:
    """The replies that belong to a question: the asker's words against the doctor's."""
    pairs = ((Thread(title=c.title, question=c.text), Thread(replies=tuple(c.replies))) for c in conversations)
    return _pairs("question-reply", pairs)


def _medquad_subject(rows: Sequence[Row]) -> LabelledSet:
    """Answers on one subject, titled by their questions; 2,000 of them are looked from, drawn by lot."""
    subjects = [{row["focus"].lower()} for row in rows]
    threads = [
        Thread(title=row["question"], replies=(row["answer"],), keywords=(row["qtype"], row["source"])) for row in rows
    ]
    relevant = _alike(subjects)
    drawn = Random(1).sample([query for query, others in relevant.items() if len(others) >= 4], 2_000)
    return _set("medquad-subject", "P@4", threads, {query: relevant[query] for query in sorted(drawn)})


def _medquad_sources(rows: Iterable[Row]) -> LabelledSet:
    """Subjects that several institutes write about, each institute's answers one untitled document."""
    answers = defaultdict(list)
    for row in rows:
        answers[row["source"], row["focus"].lower()].append(row["answer"])
    threads = [Thread(question="\n".join(texts)[:_LONG], keywords=(source,)) for (source, _), texts in answers.items()]
    return _set("medquad-sources", "R@4", threads, _alike([{subject} for _, subject in answers]))


def _chinese_departments(rows: Sequence[Row]) -> LabelledSet:
    """Questions to one department: coarse, but the only Chinese set of whole threads."""
    threads = [Thread(title=row["title"], question=row["ask"], replies=(row["answer"],)) for row in rows]
    relevant = _alike([{row["department"]} for row in rows])
    return _set(
        "zh-department", "P@4", threads, {query: others for query, others in relevant.items() if len(others) > 3}
    )


def _pairs(name: str, pairs: Iterable[tuple[Thread, Thread]]) -> LabelledSet:
    """One half of a thread looks for the other, among all other halves."""
    threads = [thread for pair in pairs for thread in pair]
    relevant = {query: {query + 1} for query in range(0, len(threads), 2)}
    return _set(name, "R@4", threads, relevant, range(1, len(threads), 2))


def _alike(labels: Sequence[set[str]], most: int | None = None) -> dict[int, set[int]]:
    """Return for each thread the others that share a label which at most so many have."""
    having: dict[Hashable, set[int]] = defaultdict(set)
    for number, own in enumerate(labels):
        for label in own:
            having[label].add(number)
    shared = [group for group in having.values() if most is None or len(group) <= most]
    relevant: dict[int, set[int]] = defaultdict(set)
    for group in shared:
        for number in group:
            relevant[number] |= group - {number}
    return relevant


def _set(
    name: str,
    measure: Literal["R@4", "P@4"],
    threads: Sequence[Thread],
    relevant: Mapping[int, set[int]],
    pool: Sequence[int] | None = None,
) -> LabelledSet:
    kept = {query: frozenset(relevant[query]) for query in sorted(relevant) if relevant[query]}
    found = range(len(threads)) if pool is None else pool
    return LabelledSet(name=name, measure=measure, threads=threads, relevant=kept, pool=found)
