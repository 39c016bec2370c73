"""Threads: a header with people and dates, and a body of sections."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, get_args

import msgspec

from medqa import excerpts, sections
from medqa.documents import Age, Asker, Correction, FollowUp, Reply, Sex, Status, Text, Thread
from medqa.errors import CODES
from medqa.fields import Name, Reader
from medqa.names import strip_honorifics
from medqa.parse.file import File
from medqa.sections import Section

KEYS = (
    "title", "question", "specialty", "asker", "asked", "doctor", "hospital", "replied", "replies", "follow_ups",
    "topics", "related", "aliases", "status", "publish_on", "expires_on", "lang", "translation_of", "translated_by",
    "reviewed_by", "reviewed_on", "superseded_by", "duplicate_of", "urgent", "noindex", "more_info_by", "corrections",
    "ack", "sources", "consent", "origin",
)  # fmt: skip
"""The fields of a thread's front matter."""

NESTED = {
    "asker": ("name", "age", "sex"),
    "replies": ("doctor", "hospital", "specialty", "replied"),
    "follow_ups": ("asked",),
    "corrections": ("on", "by", "why", "reply"),
}
"""Field → the keys of the mapping, or mappings, that it holds."""
_FLAT = ("doctor", "hospital", "replied")
"""The fields of a thread's only reply, when they stand in the header itself."""
_AGE = re.compile(r"(\d{1,3})\s*(?:[~\-–〜～]\s*(\d{1,3})|(\+)|(months?|個月|个月))?")  # noqa: RUF001 - as people type it
_OLDEST = 130
_FINDINGS = [code for code in CODES if code >= "MQ5"]


class _Told(msgspec.Struct, frozen=True):
    """What the header says of a reply."""

    doctor: Name | None
    replied: date | None
    hospital: Name | None
    specialty: Name | None


def parse(file: File) -> Thread | None:
    """Parse a file of `content/threads`; None where a field without which there is no thread is missing."""
    header = file.header
    title, specialty = header.text("title", required=True), header.name("specialty", required=True)
    asked, lang = file.day(header, "asked", required=True), header.language("lang")
    told = _replies(file, asked)
    asked_again = tuple(_follow_up(file, entry, asked) for entry in header.each("follow_ups", NESTED["follow_ups"]))
    parts = _sections(file, lang)
    fields = _fields(file, _told_replies(header))
    texts = _render(file, parts)
    file.sections += parts
    if file.failed or not specialty or not asked or not texts["question"]:
        return None
    question = fields.pop("question", "") or title
    return Thread(
        stem=file.place.stem,
        title=title,
        question=question,
        specialty=specialty,
        asked=asked,
        lang=lang,
        turns=_turns(parts, texts, told, asked_again),
        question_text=texts["question"],
        more_info=texts.get("more-info"),
        question_excerpt=excerpts.excerpt(file.plain["question"]),
        reply_excerpt=excerpts.excerpt(file.plain.get("reply-1", "")),
        asks=tuple(ask for ask in excerpts.asks(file.plain["question"]) if ask != question),
        anchors=tuple(file.anchors),
        links=tuple(file.links),
        days=tuple(file.days),
        **fields,
    )


def _fields(file: File, replies: int) -> dict[str, Any]:
    """Read the fields that stand for themselves; of those that most threads lack, the ones that are there."""
    header = file.header
    corrections = header.each("corrections", NESTED["corrections"])
    fields = {key: _OPTIONAL[key](header, key) for key in header.keys if key in _OPTIONAL}
    _check_not_before(header, "expires_on", fields.get("expires_on"), "it is published", fields.get("publish_on"))
    return {
        **fields,
        "asker": _asker(header),
        "reviewed_on": file.day(header, "reviewed_on"),
        "corrections": tuple(filter(None, (_correction(file, entry, replies) for entry in corrections))),
        "ack": _ack(header),
        "references": tuple(name.text for name in header.names("sources")),
    }


_OPTIONAL: Mapping[str, Callable[[Reader, str], Any]] = {
    **dict.fromkeys(("question", "consent", "origin"), Reader.text),
    **dict.fromkeys(("topics", "related", "aliases"), Reader.names),
    **dict.fromkeys(("translation_of", "reviewed_by", "superseded_by", "duplicate_of"), Reader.name),
    **dict.fromkeys(("urgent", "noindex"), Reader.flag),
    **dict.fromkeys(("publish_on", "expires_on"), Reader.day),
    "status": lambda header, key: header.choice(key, get_args(Status)) or "published",
    "translated_by": lambda header, key: header.choice(key, ("person", "machine")),
    "more_info_by": lambda header, key: header.choice(key, ("doctor", "editor", "machine")),
}
"""Field → how it is read; the defaults of `Thread` stand for those that are absent."""


def _asker(header: Reader) -> Asker:
    entry = header.below("asker", NESTED["asker"])
    if entry is None:
        return Asker()
    sex: Sex = entry.choice("sex", get_args(Sex)[1:])  # type: ignore[assignment]
    return Asker(entry.text("name"), _age(entry), sex)


def _age(entry: Reader) -> Age | None:
    text = entry.text("age")
    if not text:
        return None
    age = _age_of(text)
    if age is None:
        entry.report(entry.place("age"), "MQ205", f"'{text}' is not an age", "write 35, 30~39, 90+ or 8 months")
    return age


@lru_cache(maxsize=1 << 10)
def _age_of(text: str) -> Age | None:
    match = _AGE.fullmatch(text)
    if match is None:
        return None
    low, high = int(match[1]), int(match[2]) if match[2] else None
    if not low < (_OLDEST if high is None else high) <= _OLDEST:
        return None
    return Age(low, high, open=bool(match[3]), months=bool(match[4]))


def _ack(header: Reader) -> dict[str, str]:
    entry = header.below("ack", _FINDINGS)
    return {code: reason for code in _FINDINGS if (reason := entry.text(code))} if entry else {}


def _correction(file: File, entry: Reader, replies: int) -> Correction | None:
    on = file.day(entry, "on", required=True)
    why = entry.text("why", required=True)
    reply = entry.number("reply", 1)
    if reply > replies:
        hint = f"the front matter tells of {replies}"
        entry.report(entry.place("reply"), "MQ209", f"there is no reply {reply} to correct", hint)
    return Correction(on, entry.text("by"), why, reply) if on else None


# --- replies and follow-ups, as the header tells them ---------------------------------------------------------------


def _replies(file: File, asked: date | None) -> tuple[_Told, ...]:
    """Read the replies, from the list or from the flat form."""
    header = file.header
    flat = [key for key in _FLAT if header.has(key)]
    if header.has("replies"):
        if flat:
            hint = "move it into the list, or delete the list"
            header.report(header.place(flat[0]), "MQ209", f"'{flat[0]}' stands beside the list 'replies'", hint)
        entries = header.each("replies", NESTED["replies"])
    elif flat:
        entries = [header]
    else:
        return ()
    return tuple(_told(file, entry, asked, flat=entry is header) for entry in entries)


def _told_replies(header: Reader) -> int:
    """Count the replies that the header tells of, readable or not."""
    return len(header.items("replies")) if header.has("replies") else int(any(map(header.has, _FLAT)))


def _told(file: File, entry: Reader, asked: date | None, *, flat: bool) -> _Told:
    doctor, replied = entry.name("doctor", required=True), file.day(entry, "replied", required=True)
    _check_not_before(entry, "replied", replied, "the question was asked", asked)
    if doctor:
        doctor = Name(strip_honorifics(doctor.text), doctor.line, doctor.column)
    return _Told(doctor, replied, entry.name("hospital"), None if flat else entry.name("specialty"))


def _follow_up(file: File, entry: Reader, asked: date | None) -> date | None:
    again = file.day(entry, "asked")
    _check_not_before(entry, "asked", again, "the question was asked", asked)
    return again


def _check_not_before(entry: Reader, key: str, day: date | None, what: str, first: date | None) -> None:
    if day and first and day < first:
        entry.report(entry.place(key), "MQ210", f"'{key}' is {day}, before {what} on {first}", "check both dates")


# --- sections -------------------------------------------------------------------------------------------------------


def _sections(file: File, lang: str) -> list[tuple[str, Section]]:
    """Part the body, check it against the header, and give each section with its part's name (= anchor)."""
    before, header = len(file.problems), file.header
    sure = bool(lang) or not (header.has("lang") or header.unsure("lang"))
    names = file.dialect.section_names(lang, sure=sure)
    found = sections.split(file.cut, file.place.path, names, file.problems)
    if len(file.problems) == before:  # else a slip in a heading would be reported twice
        _check_order(file, found)
        if not any(map(header.unsure, ("replies", *_FLAT))):
            _check_count(file, found, "reply", "replies", _told_replies(header))
        if header.items("follow_ups") and not header.unsure("follow_ups"):
            _check_count(file, found, "follow_up", "follow_ups", len(header.items("follow_ups")))
    named, count = [], {"reply": 0, "follow_up": 0}
    for section in found:
        name = section.kind.replace("_", "-")
        if section.kind in count:
            count[section.kind] += 1
            name += f"-{count[section.kind]}"
        named.append((name, section))
    return named


def _check_order(file: File, found: list[Section]) -> None:
    """Question first, More Info last, each once."""
    kinds = [section.kind for section in found]
    question = next((section for section in found if section.kind == "question"), None)
    if question is None or not question.text.strip():
        line = question.heading_line if question else file.cut.body_line
        message = "the question is empty" if question else "there is no question"
        file.report((line, 1), "MQ206", message, "write '## Question' and the asker's words below it")
    for number, section in enumerate(found):
        at = (section.heading_line, 1)
        if section.kind in {"question", "more_info"} and section.kind in kinds[:number]:
            file.report(at, "MQ217", "this section is given twice", "join the two")
        elif section.kind == "question" and number:
            file.report(at, "MQ217", "the question comes first", "move it above the other sections")
        elif section.kind == "more_info" and "reply" in kinds[number:]:
            file.report(at, "MQ217", "More Info comes last", "move it below the replies")
        elif section.kind in {"reply", "follow_up"} and not section.text.strip():
            file.report(at, "MQ206", "this section is empty", "write its text, or delete the heading")


_COUNT_HINTS = {
    "reply": "each '## Reply' needs its doctor and date, each doctor a '## Reply', in one order; several are a list",
    "follow_up": "each entry needs a '## Follow-up', in one order; or leave 'follow_ups' out",
}


def _check_count(file: File, found: list[Section], kind: str, key: str, told: int) -> None:
    seen = [section for section in found if section.kind == kind]
    if len(seen) != told:
        field = next((one for one in (key, *_FLAT) if file.header.has(one)), key)
        at = (seen[told].heading_line, 1) if len(seen) > told else file.header.place(field)
        heading = kind.replace("_", "-").capitalize()
        message = f"'{key}' in the front matter: {told}; '## {heading}' in the text: {len(seen)}"
        file.report(at, "MQ209", message, _COUNT_HINTS[kind])


def _render(file: File, parts: list[tuple[str, Section]]) -> dict[str, Text | None]:
    """Render the sections in the order of the file."""
    for name, _ in parts:
        file.anchor(name)
    return {"question": None, **{name: file.render(name, part.text, part.line, level=2) for name, part in parts}}


def _turns(
    parts: list[tuple[str, Section]],
    texts: dict[str, Text | None],
    told: tuple[_Told, ...],
    asked_again: tuple[date | None, ...],
) -> tuple[Reply | FollowUp, ...]:
    """Join what the header tells and what the sections say."""
    replies, days = iter(told), iter(asked_again)
    turns: list[Reply | FollowUp] = []
    for name, section in parts:
        text = texts[name]
        if section.kind == "reply" and text:
            reply = next(replies)
            if reply.doctor and reply.replied:
                turns.append(Reply(reply.doctor, reply.replied, reply.hospital, reply.specialty, text))
        elif section.kind == "follow_up" and text:
            turns.append(FollowUp(next(days, None), text))
    return tuple(turns)
