"""An archive in the hands of random editors, who edit every kind of input.

`EDITS` are the edits by name; each is made from a seed of its own. One may leave the archive invalid, by accident (a
name that becomes ambiguous) or by intent (`BREAKS`): that, too, is a case.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

import yaml

from medqa.sources import PACKAGED_TEMPLATES
from tests.projects import Project, document, front_matter

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
TEMPLATES = sorted(file.relative_to(PACKAGED_TEMPLATES).as_posix() for file in PACKAGED_TEMPLATES.rglob("*.html"))
_LINK = re.compile(r"\{to ([^}]+)\}")


def packaged(name: str) -> str:
    return (PACKAGED_TEMPLATES / name).read_text(encoding="utf-8")


STRINGS: dict[str, Any] = {tag: yaml.safe_load(packaged(f"locales/{tag}.yaml")) for tag in ("en", "zh-Hant")}


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


class Editors:
    """Edit the archive of a project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.state = first_archive()
        self._valid = deepcopy(self.state)
        self._written: dict[str, str] = {}
        self.save()

    def edit(self, edits: list[tuple[str, int]]) -> None:
        """Make some edits, each with its seed, and save."""
        for name, seed in edits:
            EDITS[name](self.state, Random(seed))
            if name == "delete the cache" and self.project.cache.exists():
                self.project.remove(".cache")
        self.save()

    def save(self) -> None:
        """Write the files that changed, remove those that are gone, and the folders that are empty then."""
        now = self.state.sources()
        for path in self._written.keys() - now.keys():
            self.project.remove(path)
            for folder in (self.project.root / path).parents:
                if not any(folder.iterdir()) and folder.name != "content":
                    folder.rmdir()
        for path, text in now.items():
            if self._written.get(path) != text:
                self.project.write(path, text)
        self._written = now

    def keep(self) -> None:
        """Take the present state for one that can be built."""
        self._valid = deepcopy(self.state)

    def mend(self) -> None:
        """Go back to the last state that could be built."""
        self.state = deepcopy(self._valid)
        self.save()

    def options(self) -> dict[str, Any]:
        return {"as_of": self.state.as_of, "drafts": self.state.previews}


# --- the first archive ------------------------------------------------------------------------------------------------


def first_archive() -> State:
    """Write some 25 threads with all that refers to them."""
    random = Random(2)
    state = State(config={"name": "Archive", "base_url": "https://archive.example", "per_page": 3})
    state.config["specialties"] = ["Cardiology", {"name": "Neurology", "schema": "Neurologic"}]
    _first_records(state)
    for number in range(25):
        thread = _new_thread(state, random, f"thread-{number}")
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
        _to_chinese(state.drafts[f"threads/thread-{number}"], random)
    state.files = {"static/robots.txt": "User-agent: *\n", "static/images/rash.svg": "<svg/>"}
    return state


def _first_records(state: State) -> None:
    periods = [{"hospital": "North Hospital", "to": "2020-12-31"}, {"hospital": "South Clinic", "from": "2021-01-01"}]
    for draft in (
        _record("doctors", "ann-bell", "Ann Bell", periods=periods, specialty="Neurology", names=["安醫師"]),
        _record("doctors", "bo-chan", "Bo Chan", title="Consultant", status="retired"),
        _record("doctors", "cy-dean", "Cy Dean", text="Wrote {to thread-3}."),
        _record("hospitals", "north-hospital", "North Hospital", names=["北方醫院"], text="Up north."),
        _record("specialties", "neurology", "Neurology", names={"zh-Hant": "神經科"}, review_months=24),
        _record("specialties", "cardiology", "Cardiology", text="Hearts."),
        _record("topics", "twitching", "Twitching", text="Mostly harmless.", specialties=["Neurology"]),
        _record("topics", "sleep", "Sleep", names={"zh-Hant": "睡眠"}, synonyms=["insomnia"]),
        Draft("pages", "about", {"title": "About us"}, [("", "Who we *are*: see {to thread-1}.")]),
    ):
        state.add(draft)


def _record(kind: str, stem: str, name: str, text: str = "", **fields: Any) -> Draft:
    return Draft(kind, stem, {"name": name, **fields}, [("", text)])


def _day(random: Random) -> date:
    return FIRST + timedelta(random.randrange((LAST - FIRST).days))


def _words(random: Random, specialty: str, count: int) -> str:
    known = ENGLISH.get(specialty, COMMON)
    return " ".join(random.choice(known if random.random() < 0.6 else COMMON) for _ in range(count))


def _prose(random: Random, specialty: str, sentences: int) -> str:
    said = (_words(random, specialty, random.randint(3, 12)).capitalize() for _ in range(sentences))
    return "".join(f"{one}{random.choice('.?!')}{random.choice((' ', chr(10), chr(10) * 2))}" for one in said).strip()


def _new_thread(state: State, random: Random, stem: str) -> Draft:
    specialty, asked = random.choice(SPECIALTIES), _day(random)
    replies = [_reply(random, asked) for _ in range(random.choice((0, 1, 1, 1, 2)))]
    fields: dict[str, Any] = {
        "title": _words(random, specialty, random.randint(2, 4)).capitalize(),
        "specialty": specialty,
        "asked": asked,
        "asker": random.choice((None, {"name": "Jo", "age": "30~39", "sex": "female"}, {"age": "8 months"})),
        "question": random.choice((None, _words(random, specialty, 3))),
        "topics": random.sample(TOPICS, random.randint(0, 2)),
        "replies": replies,
    }
    sections = [("Question", _prose(random, specialty, random.choice((1, 3, 30))))]
    sections += (("Reply", _prose(random, specialty, random.choice((1, 4)))) for _ in replies)
    if replies and random.random() < 0.3:
        fields["follow_ups"] = [{"asked": asked + timedelta(5)}]
        sections.append(("Follow-up", _prose(random, specialty, 2)))
    if random.random() < 0.5:
        fields["more_info_by"] = random.choice((None, "doctor", "editor", "machine"))
        sections.append(("More Info", f"### Background\n{_prose(random, specialty, 5)}\n\n1. One\n2. Two"))
    return state.add(Draft("threads", stem, fields, sections))


def _reply(random: Random, asked: date) -> dict[str, Any]:
    return {
        "doctor": random.choice(DOCTORS),
        "replied": asked + timedelta(random.randint(0, 20)),
        "hospital": random.choice((None, None, *HOSPITALS)),
        "specialty": random.choice((None, None, None, "Dermatology")),
    }


def _to_chinese(thread: Draft, random: Random) -> None:
    names = dict((QUESTION, REPLY, FOLLOW_UP, MORE_INFO))
    thread.fields.update(lang="zh-Hant", title=random.choice(CHINESE), question=None)
    texts = ("，".join(random.sample(CHINESE, 4)) + "嗎？" for _ in thread.sections)
    thread.sections = [(names.get(name, name), text) for (name, _), text in zip(thread.sections, texts, strict=True)]


# --- edits of threads -------------------------------------------------------------------------------------------------

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


def _any(state: State, random: Random, *kinds: str) -> Draft | None:
    kind = random.choice(kinds or ("threads",))
    found = [draft for draft in state.drafts.values() if draft.kind == kind]
    return random.choice(found) if found else None


@edit("add a thread", "add a Chinese thread")
def _add(state: State, random: Random, name: str) -> None:
    thread = _new_thread(state, random, f"new-{random.randrange(10_000)}")
    if "Chinese" in name:
        _to_chinese(thread, random)


@edit("edit a question", "edit a reply", "edit a more info")
def _reword(state: State, random: Random, name: str) -> None:
    wanted = {"edit a question": QUESTION, "edit a reply": REPLY}.get(name, MORE_INFO)
    places = [(one, at) for one in state.threads() for at, part in enumerate(one.sections) if part[0] in wanted]
    if places:
        thread, at = random.choice(places)
        heading, text = thread.sections[at]
        link = random.choice(("", f" See {{to {random.choice(state.threads()).stem}}}.", " ![rash](/images/rash.svg)"))
        added = _prose(random, random.choice(SPECIALTIES), 1) + link
        thread.sections[at] = (heading, random.choice((f"{text}\n\n{added}", f"{added} {text}", added)))


@edit("drop a more info")
def _drop(state: State, random: Random, _: str) -> None:
    if thread := _any(state, random):
        thread.sections = [part for part in thread.sections if part[0] not in MORE_INFO]


@edit("add a reply", "add a follow-up")
def _answer(state: State, random: Random, name: str) -> None:
    if thread := _any(state, random):
        ends = [at for at, part in enumerate(thread.sections) if part[0] in MORE_INFO]
        end = ends[0] if ends else len(thread.sections)
        text = _prose(random, thread.fields["specialty"], 2)
        if name == "add a reply":
            thread.fields["replies"] = [*thread.fields.get("replies", ()), _reply(random, thread.fields["asked"])]
            thread.sections.insert(end, ("Reply", text))
        else:
            thread.fields["follow_ups"] = [*thread.fields.get("follow_ups", ()), {"asked": thread.fields["asked"]}]
            thread.sections.insert(end, ("Follow-up", text))


@edit("retitle", "take another's title")
def _retitle(state: State, random: Random, name: str) -> None:
    if thread := _any(state, random):
        other = random.choice(state.threads()).fields["title"]
        thread.fields["title"] = _words(random, thread.fields["specialty"], 3) if name == "retitle" else other


Value = Callable[[State, Random, Draft], Any]
_stem: Value = lambda s, r, _: r.choice((None, r.choice(s.threads()).stem))  # noqa: E731 - one of the table below
_FIELDS: dict[str, Value] = {
    "question": lambda _, r, t: r.choice((None, _words(r, t.fields["specialty"], 4))),
    "topics": lambda _, r, __: r.sample((*TOPICS, "sleep", "Rare Topic"), r.randint(0, 3)),
    "specialty": lambda _, r, __: r.choice((*SPECIALTIES, "neurology", "Surgery")),
    "asked": lambda _, r, __: _day(r),
    "asker": lambda _, r, __: r.choice((None, {"name": "Mo"}, {"age": "90+", "sex": "male"})),
    "related": lambda s, r, __: [other.stem for other in r.sample(s.threads(), min(2, len(s.threads())))],
    "status": lambda _, r, __: r.choice((None, "published", "draft", "withdrawn")),
    "publish_on": lambda _, r, __: r.choice((None, date(2024, 6, 2), date(2024, 1, 1))),
    "expires_on": lambda _, r, __: r.choice((None, date(2024, 6, 1), date(2024, 6, 20))),
    "reviewed_on": lambda _, r, __: r.choice((None, _day(r))),
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
    if thread := _any(state, random):
        key = name.removeprefix("change ")
        thread.fields[key] = _FIELDS[key](state, random, thread)


@edit("change a doctor", "change a hospital", "change a reply's day")
def _sign(state: State, random: Random, name: str) -> None:
    replies = [reply for thread in state.threads() for reply in thread.fields.get("replies", ())]
    if replies:
        reply = random.choice(replies)
        values = _reply(random, reply["replied"])
        values["doctor"] = random.choice((*DOCTORS, "ann-bell", "Dr. Ann Bell", "New Doctor"))
        key = {"change a doctor": "doctor", "change a hospital": "hospital"}.get(name, "replied")
        reply[key] = values[key]


@edit("rename a file", "rename a file with an alias")
def _rename(state: State, random: Random, name: str) -> None:
    if thread := _any(state, random):
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
    if thread := _any(state, random):
        thread.folder = random.choice(("", "a", "b/c", "2020", "neurology/2021"))


@edit("delete a thread", "delete a thread that others refer to")
def _delete(state: State, random: Random, name: str) -> None:
    if thread := _any(state, random):
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
    text = _prose(random, name, random.randint(0, 2))
    if kind == "pages":
        state.add(Draft(kind, stem, {"title": name}, [("", text)]))
    else:
        state.add(_record(kind, random.choice((stem, f"the-{stem}")), name, text))


_RECORD_FIELDS: dict[str, Callable[[Random, str], dict[str, Any]]] = {
    "doctors": lambda r, old: {
        "names": [old, r.choice(("甲乙", "X Y"))],
        "status": r.choice((None, "retired", "deceased")),
        "specialty": r.choice((None, *SPECIALTIES)),
        "periods": r.choice(([], [{"hospital": r.choice(HOSPITALS), "from": _day(r)}])),
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
    draft = _any(state, random, name.removeprefix("edit one of "))
    if draft is None:
        return
    if draft.kind != "pages":
        old = draft.fields["name"]
        draft.fields["name"] = random.choice((old, f"{old.split(' the ')[0]} the {random.choice(COMMON)}"))
        draft.fields["aliases"] = random.choice((None, ["former-name"]))
    draft.fields.update(_RECORD_FIELDS[draft.kind](random, draft.fields.get("name", "")))
    link = f"See {{to {random.choice(state.threads()).stem}}}."
    draft.sections = [("", random.choice(("", _prose(random, "", 2), link)))]


@edit("rename a record")
def _rename_record(state: State, random: Random, _: str) -> None:
    if draft := _any(state, random, *RECORDS):
        state.remove(draft)
        draft.stem = f"{draft.stem[:20]}-{random.randrange(100)}"
        state.add(draft)


@edit("delete a record")
def _delete_record(state: State, random: Random, _: str) -> None:
    if draft := _any(state, random, *RECORDS):
        state.remove(draft)


# --- edits of templates, strings, settings, files ---------------------------------------------------------------------


@edit("edit a template", "edit a partial", "edit the frame")
def _template(state: State, random: Random, name: str) -> None:
    """Let a template say something more, of itself or of what it can see."""
    partials = [template for template in TEMPLATES if "/" in template]
    pages = [template for template in TEMPLATES if template not in partials]
    chosen = random.choice({"edit a template": pages, "edit a partial": partials}.get(name, ["base.html"]))
    seen = ("config.timezone", "config.name|length", "t.home", "t.threads(n=3, shown=3)", "page.url", "page.lang")
    said = random.choice(seen if chosen in pages else (str(random.randrange(100)),))
    mark = f"<p>{{{{ {said} }}}}</p>"
    place = r"({%-? block (?:main|content) -?%}|{%-? macro \w+\(.*?%}\n)"
    text, count = re.subn(place, rf"\1{mark}", packaged(chosen))
    state.files[f"templates/{chosen}"] = text if count else text + "{# a remark #}"


@edit("override a template without a change")
def _override(state: State, random: Random, _: str) -> None:
    name = random.choice(TEMPLATES)
    state.files[f"templates/{name}"] = packaged(name)


@edit("drop overrides")
def _drop_overrides(state: State, random: Random, _: str) -> None:
    for path in [path for path in state.files if path.startswith("templates/")]:
        if random.random() < 0.7:
            del state.files[path]


@edit("edit the style sheet")
def _style(state: State, random: Random, _: str) -> None:
    state.files["templates/assets/site.css"] = f"body {{ margin: {random.randrange(9)}px }}\n"


@edit("edit English strings", "edit Chinese strings")
def _strings(state: State, random: Random, name: str) -> None:
    tag = "en" if "English" in name else "zh-Hant"
    messages = STRINGS[tag]["messages"]
    chosen = {key: _starred(messages[key]) for key in random.sample(sorted(messages), 3)}
    dates = random.choice(({}, {"date": "{year}/{month_number}/{day}"}))
    state.files[f"templates/locales/{tag}.yaml"] = front_matter({"messages": chosen, **dates})


def _starred(message: Any) -> Any:
    return {form: f"{text}*" for form, text in message.items()} if isinstance(message, dict) else f"{message}*"


@edit("name sections otherwise")
def _sections(state: State, random: Random, _: str) -> None:
    names = {"reply": [*STRINGS["en"]["sections"]["reply"], random.choice(("Response", "Advice"))]}
    state.files["templates/locales/en.yaml"] = front_matter({"sections": names})


@edit("add a language")
def _language(state: State, random: Random, _: str) -> None:
    messages = {key: _starred(text) for key, text in STRINGS["en"]["messages"].items()}
    state.files["templates/locales/de.yaml"] = front_matter({"sections": {"question": ["Frage"]}, "messages": messages})
    if thread := _any(state, random):
        thread.fields["lang"] = "de-AT"


_SETTINGS: dict[str, tuple[Any, ...]] = {
    "name": ("Archive", "Other Archive", "病友問答"),
    "per_page": (1, 2, 3, 20),
    "base_url": ("https://archive.example", "https://archive.example/some/path", "http://localhost:8000"),
    "language": (None, "en", "zh-Hant"),
    "specialties": (None, ["Neurology", "Dermatology"], ["Surgery", "Cardiology", "Neurology"]),
    "statements": (None, {"contact": "a@b.example", "notice": {"en": "Careful!", "zh-Hant": "小心！"}}),
    "emergency": (None, {"Taiwan": "119"}, {"Taiwan": "119", "Europe": "112"}),
    "timezone": (None, "Asia/Taipei"),
    "levels": (None, {"MQ701": "off"}),
}


@edit(*(f"set {key}" for key in _SETTINGS))
def _set(state: State, random: Random, name: str) -> None:
    key = name.removeprefix("set ")
    state.config[key] = random.choice([value for value in _SETTINGS[key] if value != state.config.get(key)])


@edit("write a static file")
def _static(state: State, random: Random, _: str) -> None:
    name = random.choice(("robots.txt", "images/scan.svg", "leaflet", "papers/one.txt", "特/殊.txt"))
    state.files[f"static/{name}"] = f"{random.randrange(9)}\n"


@edit("remove a static file")
def _remove_static(state: State, random: Random, _: str) -> None:
    if paths := sorted(path for path in state.files if path.startswith("static/")):
        del state.files[random.choice(paths)]


@edit("turn a file into a folder, or back")
def _turn(state: State, _: Random, __: str) -> None:
    if state.files.pop("static/leaflet", None) is not None:
        state.files["static/leaflet/inside.txt"] = "below\n"
    else:
        state.files.pop("static/leaflet/inside.txt", None)
        state.files["static/leaflet"] = "a file\n"


@edit("another day")
def _another_day(state: State, random: Random, _: str) -> None:
    days = ("2024-06-01", "2024-06-02", "2024-07-01", "2025-06-01", "2020-01-01")
    state.as_of = date.fromisoformat(random.choice(days))


@edit("drafts on or off")
def _drafts(state: State, _: Random, __: str) -> None:
    state.previews = not state.previews


@edit("delete the cache", "nothing")
def _nothing(*_: object) -> None:
    """Leave the archive as it is."""


# --- mistakes ---------------------------------------------------------------------------------------------------------

_HEAD = "---\ntitle: T\nspecialty: S\nasked: 2020-01-01\n---\n## Question\n"
BREAKS = {
    "tear a front matter": ("content/threads/torn.md", "---\ntitle: 'Torn\n---\n"),
    "forget the front matter": ("content/threads/bare.md", "none\n"),
    "mistype a year": ("content/threads/early.md", _HEAD.replace("2020", "2999") + "Why?\n"),
    "link to nowhere": ("content/threads/b/lost.md", _HEAD + "[Where](nowhere.md)?\n"),
    "use a name again": ("content/threads/x/thread-1.md", _HEAD + "Why?\n"),
    "share a doctor's name": ("content/doctors/ann-bell-2.md", "---\nname: Ann Bell\n---\n"),
    "mistype a key": ("content/doctors/bo.md", "---\nname: Bo\nnmaes: [Bob]\n---\n"),
    "leave a stray file": ("content/stray.txt", "stray\n"),
    "collide with a page": ("static/index.html", "collides\n"),
    "tear a template": ("templates/thread.html", "{% if %}\n"),
    "show what is not there": ("templates/year.html", "{{ page.no_such_field }}\n"),
    "invent a string": ("templates/locales/en.yaml", "messages: {no_such_string: x}\n"),
    "invent a setting": ("config.yaml", "name: X\nunknown: key\n"),
}


@edit(*BREAKS)
def _break(state: State, _: Random, name: str) -> None:
    path, text = BREAKS[name]
    state.files[path] = text


def script(seed: int) -> Iterator[list[tuple[str, int]]]:
    """Give the steps of a random script that makes every edit once, one to three a step; what breaks stands alone."""
    random = Random(seed)
    names = sorted(EDITS)
    random.shuffle(names)
    step: list[tuple[str, int]] = []
    for name in names:
        if name in BREAKS:
            yield [(name, 0)]
        else:
            step.append((name, random.randrange(1_000_000)))
            if random.random() < 0.6 or len(step) == 3:
                yield step
                step = []
    yield step
