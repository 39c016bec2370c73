"""Emergencies: what askers tell of, and doctors say, that should not stand without the urgent-care notice."""

import re
from collections.abc import Iterator, Sequence

from medqa.checks.passages import Passage, Subject, quoted
from medqa.checks.words import Words
from medqa.errors import Problem

_WORD = re.compile(r"[\w']+")
_BEFORE = 40
"""Characters before a phrase in which a "no" takes it back."""
_AROUND = 300
"""Characters on either side in which a sentence begins and ends."""
_SENTENCE = ".!?\n。！？"  # noqa: RUF001 - as people type them
_CLAUSE = f"{_SENTENCE};；，"  # noqa: RUF001


def emergencies(subject: Subject) -> Iterator[Problem]:
    """Report the first phrase that tells of an emergency in a thread without the notice (MQ801)."""
    if subject.thread.urgent:
        return
    for passage in (*subject.replies, *subject.asked):
        for language in passage.languages:
            doctor = passage.voice == "doctor"
            phrases = language.said_urgent(passage) if doctor else language.told_emergencies(passage)
            if found := _first(passage, phrases, language.words):
                hint = "write 'urgent: true', which shows the emergency numbers; or say in 'ack' why it needs none"
                message = f"{quoted(passage.text[slice(*found)])}, and the thread shows no urgent-care notice"
                yield passage.problem("MQ801", *found, message, hint)
                return


def _first(passage: Passage, phrases: Sequence[str], words: Words) -> tuple[int, int] | None:
    """Give the place of the first phrase that is neither taken back nor a rule for later."""
    if not phrases:
        return None
    text = passage.lower.replace("’", "'")  # noqa: RUF001
    joined = text.replace("\n", " ")
    for phrase in phrases:
        at = joined.find(phrase)
        while at >= 0:
            end = at + len(phrase)
            before, after = text[max(0, at - _AROUND) : at], text[end : end + _AROUND]
            clause = before[-_BEFORE:]
            clause = clause[_last(clause, _CLAUSE) :]
            if not _has_any(clause, words.negations, words) and not (
                passage.voice == "doctor" and _has_any(_sentence(before, after), words.conditions, words)
            ):
                return at, end
            at = joined.find(phrase, at + 1)
    return None


def _sentence(before: str, after: str) -> str:
    end = min((at for sign in _SENTENCE if (at := after.find(sign)) >= 0), default=len(after))
    return f"{before[_last(before, _SENTENCE) :]} {after[:end]}"


def _last(text: str, signs: str) -> int:
    """Give the place behind the last of some signs; 0 where there is none."""
    return max(text.rfind(sign) for sign in signs) + 1


def _has_any(part: str, phrases: Sequence[str], words: Words) -> bool:
    if words.script == "han":
        return any(one in part for one in phrases)
    spaced = " ".join(("", *_WORD.findall(part), ""))
    return any(f" {one} " in spaced for one in phrases)
