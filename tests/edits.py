"""What editors do to threads and records; each edit is made from a seed of its own.

An edit may leave the archive invalid (a name that becomes ambiguous, a reference to nobody): that, too, is a case.
"""

import re
from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any

from tests.drafts import (
    COMMON,
    DOCTORS,
    HOSPITALS,
    MORE_INFO,
    QUESTION,
    REPLY,
    SPECIALTIES,
    TOPICS,
    Draft,
    State,
    any_day,
    any_prose,
    any_reply,
    any_words,
    new_record,
    new_thread,
    to_chinese,
)

Edit = Callable[[State, Random, str], None]
EDITS: dict[str, Callable[[State, Random], None]] = {}


def edit(*names: str) -> Callable[[Edit], Edit]:
    """Register a function as the edits of some names; it is given the name."""

    def register(function: Edit) -> Edit:
        for name in names:
            EDITS[name] = _named(function, name)
        return function

    return register


def _named(function: Edit, name: str) -> Callable[[State, Random], None]:
    return lambda state, random: function(state, random, name)


def any_draft(state: State, random: Random, *kinds: str) -> Draft | None:
    kind = random.choice(kinds or ("threads",))
    found = [draft for draft in state.drafts.values() if draft.kind == kind]
    return random.choice(found) if found else None


# --- threads ----------------------------------------------------------------------------------------------------------


@edit("add a thread", "add a Chinese thread")
def _add(state: State, random: Random, name: str) -> None:
    thread = new_thread(state, random, f"new-{random.randrange(10_000)}")
    if "Chinese" in name:
        to_chinese(thread, random)


@edit("copy a thread", "copy a thread for another doctor")
def _copy(state: State, random: Random, name: str) -> None:
    """Write a thread again, with a word more in it, perhaps under its title."""
    if thread := any_draft(state, random):
        fields = {key: value for key, value in thread.fields.items() if key not in {"aliases", "duplicate_of"}}
        if "another" in name and fields.get("replies"):
            fields["replies"] = [{**reply, "doctor": random.choice(DOCTORS)} for reply in fields["replies"]]
        if random.random() < 0.3:
            fields["asked"] = any_day(random)
        sections = [(heading, f"{text} {random.choice(COMMON)}") for heading, text in thread.sections]
        state.add(Draft("threads", f"copy-{random.randrange(100)}", fields, sections))


@edit("edit a question", "edit a reply", "edit a more info")
def _reword(state: State, random: Random, name: str) -> None:
    wanted = {"edit a question": QUESTION, "edit a reply": REPLY}.get(name, MORE_INFO)
    places = [(one, at) for one in state.threads() for at, part in enumerate(one.sections) if part[0] in wanted]
    if places:
        thread, at = random.choice(places)
        heading, text = thread.sections[at]
        link = random.choice(("", f" See {{to {random.choice(state.threads()).stem}}}.", " ![rash](/images/rash.svg)"))
        added = any_prose(random, random.choice(SPECIALTIES), 1) + link
        thread.sections[at] = (heading, random.choice((f"{text}\n\n{added}", f"{added} {text}", added)))


@edit("drop a more info")
def _drop(state: State, random: Random, _: str) -> None:
    if thread := any_draft(state, random):
        thread.sections = [part for part in thread.sections if part[0] not in MORE_INFO]


@edit("add a reply", "add a follow-up")
def _answer(state: State, random: Random, name: str) -> None:
    if thread := any_draft(state, random):
        ends = [at for at, part in enumerate(thread.sections) if part[0] in MORE_INFO]
        end = ends[0] if ends else len(thread.sections)
        text = any_prose(random, thread.fields["specialty"], 2)
        if name == "add a reply":
            replies = thread.fields.get("replies") or ()
            thread.fields["replies"] = [*replies, any_reply(random, thread.fields["asked"])]
            thread.sections.insert(end, ("Reply", text))
        else:
            thread.fields["follow_ups"] = [*thread.fields.get("follow_ups", ()), {"asked": thread.fields["asked"]}]
            thread.sections.insert(end, ("Follow-up", text))


@edit("retitle", "take another's title")
def _retitle(state: State, random: Random, name: str) -> None:
    if thread := any_draft(state, random):
        other = random.choice(state.threads()).fields["title"]
        thread.fields["title"] = any_words(random, thread.fields["specialty"], 3) if name == "retitle" else other


AGES = ("", "7 months", "0~9", "24", "35~44", "44", "70+", "90+", "104")
SEXES = ("", "female", "male", "other")
Value = Callable[[State, Random, Draft], Any]
_stem: Value = lambda s, r, _: r.choice((None, r.choice(s.threads()).stem))  # noqa: E731 - one of the table below
_FIELDS: dict[str, Value] = {
    "question": lambda _, r, t: r.choice((None, any_words(r, t.fields["specialty"], 4))),
    "topics": lambda _, r, __: r.sample((*TOPICS, "sleep", "Rare Topic"), r.randint(0, 3)),
    "specialty": lambda _, r, __: r.choice((*SPECIALTIES, "neurology", "Surgery")),
    "asked": lambda _, r, __: any_day(r),
    "asker": lambda _, r, __: r.choice((None, {"name": "Mo"}, {"age": r.choice(AGES), "sex": r.choice(SEXES)})),
    "related": lambda s, r, __: [other.stem for other in r.sample(s.threads(), min(2, len(s.threads())))],
    "status": lambda _, r, __: r.choice((None, "published", "draft", "withdrawn")),
    "publish_on": lambda _, r, __: r.choice((None, date(2024, 6, 2), date(2024, 1, 1))),
    "expires_on": lambda _, r, __: r.choice((None, date(2024, 6, 1), date(2024, 6, 20))),
    "reviewed_on": lambda _, r, __: r.choice((None, any_day(r))),
    "replies": lambda _, r, t: [any_reply(r, t.fields["asked"]) for _ in t.fields.get("replies") or ()] or None,
    "reviewed_by": lambda _, r, __: r.choice((None, *DOCTORS, "The editors")),
    "superseded_by": _stem,
    "duplicate_of": _stem,
    "translation_of": _stem,
    "translated_by": lambda _, r, __: r.choice((None, "person", "machine")),
    "urgent": lambda _, r, __: r.choice((True, None)),
    "noindex": lambda _, r, __: r.choice((True, None)),
    "more_info_by": lambda _, r, __: r.choice((None, "doctor", "editor")),
    "sources": lambda _, r, __: r.choice((None, ["A book"], ["https://example.org/a?b=1&c=2"])),
    "lang": lambda _, r, __: r.choice((None, "en", "de", "ar", "en-GB")),
    "aliases": lambda _, r, __: r.choice((None, [f"older-{r.randrange(5)}"], ["/old/x.html", f"/q/{r.randrange(5)}"])),
    "corrections": lambda _, r, __: r.choice((None, [{"on": "2024-02-02", "by": "Ann", "why": "A <typo>"}])),
}


@edit(*(f"change {name}" for name in _FIELDS))
def _change(state: State, random: Random, name: str) -> None:
    if thread := any_draft(state, random):
        key = name.removeprefix("change ")
        thread.fields[key] = _FIELDS[key](state, random, thread)


@edit("change a doctor", "change a hospital", "change a reply's day")
def _sign(state: State, random: Random, name: str) -> None:
    replies = [reply for thread in state.threads() for reply in thread.fields.get("replies") or ()]
    if replies:
        reply = random.choice(replies)
        values = any_reply(random, reply["replied"])
        values["doctor"] = random.choice((*DOCTORS, "ann-bell", "Dr. Ann Bell", "New Doctor"))
        key = {"change a doctor": "doctor", "change a hospital": "hospital"}.get(name, "replied")
        reply[key] = values[key]


@edit("rename a file", "rename a file with an alias")
def _rename(state: State, random: Random, name: str) -> None:
    if thread := any_draft(state, random):
        old = thread.stem
        state.remove(thread)
        thread.stem = f"renamed-{random.randrange(10_000)}"
        state.add(thread)
        if "alias" in name:
            thread.fields["aliases"] = [*(thread.fields.get("aliases") or ()), old]
        _refer(state, old, thread.stem)


def _refer(state: State, old: str, new: str | None) -> None:
    """Let all that refers to a thread refer to another, or to none."""
    for thread in state.threads():
        for key in ("superseded_by", "duplicate_of", "translation_of"):
            if thread.fields.get(key) == old:
                thread.fields[key] = new
        pins = thread.fields.get("related") or ()
        thread.fields["related"] = [name for name in (new if pin == old else pin for pin in pins) if name]
    for draft in state.drafts.values():
        to = f"{{to {new or old}}}"
        draft.sections = [(name, text.replace(f"{{to {old}}}", to)) for name, text in draft.sections]


@edit("move to another folder")
def _move(state: State, random: Random, _: str) -> None:
    if thread := any_draft(state, random):
        thread.folder = random.choice(("", "a", "b/c", "2020", "neurology/2021"))


@edit("delete a thread", "delete a thread that others refer to")
def _delete(state: State, random: Random, name: str) -> None:
    if thread := any_draft(state, random):
        state.remove(thread)
        if name == "delete a thread":
            _refer(state, thread.stem, None)


# --- edits of records -------------------------------------------------------------------------------------------------

RECORDS = ("doctors", "hospitals", "specialties", "topics", "pages")


@edit("add a record")
def _add_record(state: State, random: Random, _: str) -> None:
    kind, names = random.choice(tuple(zip(RECORDS, (DOCTORS, HOSPITALS, SPECIALTIES, TOPICS, ("Help",)), strict=True)))
    name = random.choice(names)
    stem = re.sub("[^a-z]+", "-", name.lower()).strip("-") or "li-mei-ling"
    text = any_prose(random, name, random.randint(0, 2))
    if kind == "pages":
        state.add(Draft(kind, stem, {"title": name}, [("", text)]))
    else:
        state.add(new_record(kind, random.choice((stem, f"the-{stem}")), name, text))


_RECORD_FIELDS: dict[str, Callable[[Random, str], dict[str, Any]]] = {
    "doctors": lambda r, old: {
        "names": [old, r.choice(("甲乙", "X Y"))],
        "status": r.choice((None, "retired", "deceased")),
        "specialty": r.choice((None, *SPECIALTIES)),
        "periods": r.choice(([], [{"hospital": r.choice(HOSPITALS), "from": any_day(r)}])),
    },
    "hospitals": lambda r, old: {"names": r.choice(([], [old], [old, "丙丁"]))},
    "specialties": lambda r, old: {
        "names": r.choice(({}, {"zh-Hant": "新名"}, {"en": old})),
        "review_months": r.choice((None, 6, 60)),
    },
    "topics": lambda r, old: {
        "names": r.choice(({}, {"zh-Hant": "主題"})),
        "synonyms": r.choice(([old], [old, "other word"])),
        "specialties": r.choice(([], ["Neurology"], ["Neurology", "Cardiology"])),
    },
    "pages": lambda r, _: {
        "title": r.choice(("About", "Help & more", "關於")),
        "lang": r.choice((None, "zh-Hant")),
    },
}


@edit(*(f"edit one of {kind}" for kind in RECORDS))
def _edit_record(state: State, random: Random, name: str) -> None:
    draft = any_draft(state, random, name.removeprefix("edit one of "))
    if draft is None:
        return
    if draft.kind != "pages":
        old = draft.fields["name"]
        draft.fields["name"] = random.choice((old, f"{old.split(' the ')[0]} the {random.choice(COMMON)}"))
        draft.fields["aliases"] = random.choice((None, ["former-name"]))
    draft.fields.update(_RECORD_FIELDS[draft.kind](random, draft.fields.get("name", "")))
    link = f"See {{to {random.choice(state.threads()).stem}}}."
    draft.sections = [("", random.choice(("", any_prose(random, "", 2), link)))]


@edit("rename a record")
def _rename_record(state: State, random: Random, _: str) -> None:
    if draft := any_draft(state, random, *RECORDS):
        state.remove(draft)
        draft.stem = f"{draft.stem[:20]}-{random.randrange(100)}"
        state.add(draft)


@edit("delete a record")
def _delete_record(state: State, random: Random, _: str) -> None:
    if draft := any_draft(state, random, *RECORDS):
        state.remove(draft)
