"""A random archive as its editors think of it: drafts that are written out as files."""

import posixpath
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.projects import document, front_matter

ENGLISH = {
    "Neurology": ("twitching", "cramp", "tremor", "numbness", "tingling", "weakness", "nerve", "migraine", "dizziness"),
    "Cardiology": ("palpitation", "heartbeat", "pressure", "pulse", "fainting", "breathless", "valve", "murmur"),
    "Dermatology": ("rash", "itching", "blister", "eczema", "mole", "acne", "sunburn", "hives", "scar", "psoriasis"),
}
COMMON = ("doctor", "night", "pain", "week", "tablets", "worry", "test", "walking", "coffee", "sleep", "child")
CHINESE = ("小腿抽動", "心悸胸悶", "皮膚發癢", "失眠焦慮", "頭痛暈眩", "檢查正常", "咖啡太多", "醫師您好")
SPECIALTIES = (*ENGLISH, "General Medicine")
DOCTORS = ("Ann Bell", "Bo Chan", "Cy Dean", "Dora Ek", "Eva Falk", "李美玲")
HOSPITALS = ("North Hospital", "South Clinic", "East Infirmary")
TOPICS = ("Twitching", "Palpitations", "Itching", "Sleep")
QUESTION, REPLY, FOLLOW_UP, MORE_INFO = (
    ("Question", "問題"), ("Reply", "回覆"), ("Follow-up", "追問"), ("More Info", "更多資訊"),
)  # fmt: skip
FIRST, LAST = date(2018, 1, 1), date(2023, 12, 31)
_LINK = re.compile(r"\{to ([^}]+)\}")


@dataclass
class Draft:
    """A document as an editor thinks of it."""

    kind: str
    stem: str
    fields: dict[str, Any]
    sections: list[tuple[str, str]]
    """(name, text) for threads, ("", text) for the others; `{to stem}` is a link to a thread."""
    folder: str = ""

    @property
    def path(self) -> str:
        return posixpath.join("content", self.kind, self.folder, f"{self.stem}.md")


@dataclass
class State:
    """All that a build reads, and how it is asked."""

    drafts: dict[str, Draft] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """Templates, locales, static files; and what breaks the archive, which may stand in front of a draft."""
    as_of: date = date(2024, 6, 1)
    previews: bool = False

    def threads(self) -> list[Draft]:
        return [draft for draft in self.drafts.values() if draft.kind == "threads"]

    def add(self, draft: Draft) -> Draft:
        self.drafts[f"{draft.kind}/{draft.stem}"] = draft
        return draft

    def remove(self, draft: Draft) -> None:
        del self.drafts[f"{draft.kind}/{draft.stem}"]

    def sources(self) -> dict[str, str]:
        """Give path → text."""
        texts = {draft.path: self._text(draft) for draft in self.drafts.values()}
        return {"config.yaml": front_matter(self.config), **texts, **self.files}

    def _text(self, draft: Draft) -> str:
        paths = {other.stem: other.path for other in self.threads()}
        here = posixpath.dirname(draft.path)

        def link(match: re.Match[str]) -> str:
            to = paths.get(match[1])
            return f"[about {match[1]}]({posixpath.relpath(to, here)})" if to else f"about {match[1]}"

        named = ((name, _LINK.sub(link, text)) for name, text in draft.sections)
        return document(draft.fields, "\n".join(f"## {name}\n{text}\n" if name else text for name, text in named))


def first_archive() -> State:
    """Write some 25 threads with all that refers to them."""
    random = Random(2)
    state = State(config={"name": "Archive", "base_url": "https://archive.example", "per_page": 3})
    state.config["specialties"] = ["Cardiology", {"name": "Neurology", "schema": "Neurologic"}]
    _first_records(state)
    for number in range(25):
        thread = new_thread(state, random, f"thread-{number}")
        thread.folder = random.choice(("", "a", "b/c"))
    special: dict[str, dict[str, Any]] = {
        "thread-2": {"superseded_by": "thread-5"},
        "thread-4": {"duplicate_of": "thread-9"},
        "thread-6": {"related": ["thread-20", "thread-2"]},
        "thread-7": {"status": "draft"},
        "thread-8": {"status": "withdrawn"},
        "thread-10": {"publish_on": "2024-07-01"},
        "thread-11": {"aliases": ["thread-eleven", "/old/11.html"], "urgent": True},
        "thread-12": {"reviewed_by": "Ann Bell", "reviewed_on": "2024-01-05"},
        "thread-13": {"translation_of": "thread-1"},
    }
    for stem, fields in special.items():
        state.drafts[f"threads/{stem}"].fields.update(fields)
    for number in (13, 14, 15, 16):
        to_chinese(state.drafts[f"threads/thread-{number}"], random)
    state.files = {"static/robots.txt": "User-agent: *\n", "static/images/rash.svg": "<svg/>"}
    return state


def _first_records(state: State) -> None:
    periods = [{"hospital": "North Hospital", "to": "2020-12-31"}, {"hospital": "South Clinic", "from": "2021-01-01"}]
    for draft in (
        new_record("doctors", "ann-bell", "Ann Bell", periods=periods, specialty="Neurology", names=["安醫師"]),
        new_record("doctors", "bo-chan", "Bo Chan", title="Consultant", status="retired"),
        new_record("doctors", "cy-dean", "Cy Dean", text="Wrote {to thread-3}."),
        new_record("hospitals", "north-hospital", "North Hospital", names=["北方醫院"], text="Up north."),
        new_record("specialties", "neurology", "Neurology", names={"zh-Hant": "神經科"}, review_months=24),
        new_record("specialties", "cardiology", "Cardiology", text="Hearts."),
        new_record("topics", "twitching", "Twitching", text="Mostly harmless.", specialties=["Neurology"]),
        new_record("topics", "sleep", "Sleep", names={"zh-Hant": "睡眠"}, synonyms=["insomnia"]),
        Draft("pages", "about", {"title": "About us"}, [("", "Who we *are*: see {to thread-1}.")]),
    ):
        state.add(draft)


def new_record(kind: str, stem: str, name: str, text: str = "", **fields: Any) -> Draft:
    return Draft(kind, stem, {"name": name, **fields}, [("", text)])


def any_day(random: Random) -> date:
    return FIRST + timedelta(random.randrange((LAST - FIRST).days))


def any_words(random: Random, specialty: str, count: int) -> str:
    known = ENGLISH.get(specialty, COMMON)
    return " ".join(random.choice(known if random.random() < 0.6 else COMMON) for _ in range(count))


def any_prose(random: Random, specialty: str, sentences: int) -> str:
    said = (any_words(random, specialty, random.randint(3, 12)).capitalize() for _ in range(sentences))
    return "".join(f"{one}{random.choice('.?!')}{random.choice((' ', chr(10), chr(10) * 2))}" for one in said).strip()


def new_thread(state: State, random: Random, stem: str) -> Draft:
    specialty, asked = random.choice(SPECIALTIES), any_day(random)
    replies = [any_reply(random, asked) for _ in range(random.choice((0, 1, 1, 1, 2)))]
    fields: dict[str, Any] = {
        "title": any_words(random, specialty, random.randint(2, 4)).capitalize(),
        "specialty": specialty,
        "asked": asked,
        "asker": random.choice((None, {"name": "Jo", "age": "30~39", "sex": "female"}, {"age": "8 months"})),
        "question": random.choice((None, any_words(random, specialty, 3))),
        "topics": random.sample(TOPICS, random.randint(0, 2)),
        "replies": replies,
    }
    sections = [("Question", any_prose(random, specialty, random.choice((1, 3, 30))))]
    sections += (("Reply", any_prose(random, specialty, random.choice((1, 4)))) for _ in replies)
    if replies and random.random() < 0.3:
        fields["follow_ups"] = [{"asked": asked + timedelta(5)}]
        sections.append(("Follow-up", any_prose(random, specialty, 2)))
    if random.random() < 0.5:
        fields["more_info_by"] = random.choice((None, "doctor", "editor", "machine"))
        sections.append(("More Info", f"### Background\n{any_prose(random, specialty, 5)}\n\n1. One\n2. Two"))
    return state.add(Draft("threads", stem, fields, sections))


def any_reply(random: Random, asked: date) -> dict[str, Any]:
    return {
        "doctor": random.choice(DOCTORS),
        "replied": asked + timedelta(random.randint(0, 20)),
        "hospital": random.choice((None, None, *HOSPITALS)),
        "specialty": random.choice((None, None, None, "Dermatology")),
    }


def to_chinese(thread: Draft, random: Random) -> None:
    names = dict((QUESTION, REPLY, FOLLOW_UP, MORE_INFO))
    thread.fields.update(lang="zh-Hant", title=random.choice(CHINESE), question=None)
    texts = ("，".join(random.sample(CHINESE, 4)) + "嗎？" for _ in thread.sections)
    thread.sections = [(names.get(name, name), text) for (name, _), text in zip(thread.sections, texts, strict=True)]
