"""What editors write and what the archive makes of it: every field in all its forms, names, sections, excerpts."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from medqa import excerpts, names, sections
from medqa.config import Config
from medqa.directory import Directory, Entity
from medqa.documents import Age, Asker, Correction, Doctor, FollowUp, Parsed, Reply, Text, Thread, Topic
from medqa.errors import CODES, Problem
from medqa.fields import Name
from medqa.locales import load_locales
from medqa.markup import grammar, render
from medqa.markup.characters import normal
from medqa.pages import DoctorPage, ReplyBlock, ThreadPage
from medqa.parse import KNOWN_KEYS, dialect, parse
from medqa.sources import KINDS, Kind, Place
from tests.projects import Project

LOCALES, _ = load_locales(Path("/nowhere"), Config())
ENGLISH, CHINESE = (dialect(language, LOCALES) for language in ("en", "zh-Hant"))
HEADER = "title: Twitching\nspecialty: Neurology\nasked: 2023-07-06\n"
BODY = "## Question\nWhy?\n"
REPLY = "## Reply\nIt passes.\n"
FLAT = "doctor: Ann Bell\nreplied: 2023-07-07\n"


def outcome(text: str, kind: Kind = "threads", *, spoken: Any = ENGLISH) -> Parsed | list[Problem]:
    return parse(Place(kind, "x", f"content/{kind}/x.md"), text, spoken)


def document(header: str, body: str = "", kind: Kind = "threads", *, spoken: Any = ENGLISH) -> Any:
    found = outcome(f"---\n{header}---\n{body}", kind, spoken=spoken)
    assert isinstance(found, Parsed), found
    assert not found.findings
    return found.document


def thread(more: str = "", body: str = BODY, *, spoken: Any = ENGLISH) -> Thread:
    found: Thread = document(HEADER + more, body, spoken=spoken)
    return found


def words(value: tuple[Name, ...] | Name | None) -> Any:
    """Leave the places out."""
    return tuple(name.text for name in value) if isinstance(value, tuple) else value and value.text


def without_places(value: Any) -> Any:
    """Leave the places of all names and days out, and the digests of texts."""
    plain = msgspec.to_builtins(value)
    return _bare(plain)


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _bare(part) for key, part in value.items() if key not in {"line", "column", "digest", "days"}}
    return [_bare(part) for part in value] if isinstance(value, list | tuple) else value


# --- threads ----------------------------------------------------------------------------------------------------------

WHOLE = """\
title: "Involuntary Muscle Twitches: Causes"
question: Involuntary muscle twitching?
specialty: Neurology
asker: {name: Hsuān, age: 30~39, sex: female}
asked: 2023/07/06
replies:
  - {doctor: Dr. Jiang Junyi, hospital: Taoyuan Medical Center, specialty: Family Medicine, replied: 2023-07-06}
  - doctor: Ann Bell
    replied: 2023/07/09
follow_ups:
  - {asked: 2023-07-08}
  - {}
topics: [muscle twitching, "anxiety: a topic"]
related: [calf-twitch, eyelid-twitch]
aliases: [old-stem, /old/path.html]
status: draft
publish_on: 2023-07-10
expires_on: 2033-07-10
lang: en-GB
translation_of: zh-original
translated_by: machine
reviewed_by: Ann Bell
reviewed_on: 2023-08-01
superseded_by: newer
duplicate_of: older
urgent: true
noindex: true
more_info_by: editor
corrections:
  - {on: 2023-07-11, by: editor, why: The dose was wrong, reply: 2}
  - {on: 2023-07-12, why: A name}
ack: {MQ501: planned, MQ701: follows}
sources: [https://example.org/a#b, "Book: chapter 2"]
consent: form 12
origin: page 4711
"""
FLAT_KEYS = {"doctor", "hospital", "replied"}
WHOLE_BODY = """
## Question
Why does it twitch?

## Reply
It passes.
## Follow-up
Really?
## Reply
Yes, [see above](#reply-1).
## Follow-up
Thanks.
## More Info
### Causes
Coffee.
"""


def test_every_field_of_a_thread_is_read() -> None:
    read: Thread = document(WHOLE, WHOLE_BODY)
    written = set(re.findall(r"^(\w+):", WHOLE, re.MULTILINE))
    assert written | FLAT_KEYS == set(KNOWN_KEYS["threads"])
    assert (read.stem, read.title) == ("x", "Involuntary Muscle Twitches: Causes")
    assert (read.question, words(read.specialty)) == ("Involuntary muscle twitching?", "Neurology")
    assert read.asker == Asker("Hsuān", Age(30, 39), "female")
    assert read.asked == date(2023, 7, 6)
    assert words(read.topics) == ("muscle twitching", "anxiety: a topic")
    assert words(read.related) == ("calf-twitch", "eyelid-twitch")
    assert words(read.aliases) == ("old-stem", "/old/path.html")
    assert (read.status, read.publish_on, read.expires_on) == ("draft", date(2023, 7, 10), date(2033, 7, 10))
    assert (read.lang, words(read.translation_of), read.translated_by) == ("en-GB", "zh-original", "machine")
    assert (words(read.reviewed_by), read.reviewed_on) == ("Ann Bell", date(2023, 8, 1))
    assert (words(read.superseded_by), words(read.duplicate_of)) == ("newer", "older")
    assert (read.urgent, read.noindex, read.more_info_by) == (True, True, "editor")
    assert read.corrections == (
        Correction(date(2023, 7, 11), "editor", "The dose was wrong", 2),
        Correction(date(2023, 7, 12), "", "A name", 1),
    )
    assert read.ack == {"MQ501": "planned", "MQ701": "follows"}
    assert read.references == ("https://example.org/a#b", "Book: chapter 2")
    assert (read.consent, read.origin) == ("form 12", "page 4711")


def test_replies_and_follow_ups_stand_in_the_order_of_the_text() -> None:
    read: Thread = document(WHOLE, WHOLE_BODY)
    first, again, second, thanks = read.turns
    assert isinstance(first, Reply)
    assert isinstance(second, Reply)
    assert isinstance(again, FollowUp)
    assert isinstance(thanks, FollowUp)
    assert (words(first.doctor), words(first.hospital)) == ("Jiang Junyi", "Taoyuan Medical Center")
    assert (words(first.specialty), first.replied) == ("Family Medicine", date(2023, 7, 6))
    assert (words(second.doctor), second.hospital, second.specialty) == ("Ann Bell", None, None)
    assert (again.asked, thanks.asked) == (date(2023, 7, 8), None)
    assert [turn.text.part for turn in read.turns] == ["reply-1", "follow-up-1", "reply-2", "follow-up-2"]
    assert read.anchors == ("question", "reply-1", "follow-up-1", "reply-2", "follow-up-2", "more-info", "causes")
    assert (read.question_excerpt, read.reply_excerpt) == ("Why does it twitch?", "It passes.")
    assert read.more_info is not None
    assert [(day.field, day.on.day) for day in read.days] == [
        ("asked", 6), ("replied", 6), ("replied", 9), ("asked", 8), ("reviewed_on", 1), ("on", 11), ("on", 12),
    ]  # fmt: skip


def test_a_place_is_kept_where_a_later_stage_may_complain() -> None:
    read: Thread = document(WHOLE, WHOLE_BODY)
    lines = ["---", *WHOLE.splitlines()]
    named = [read.specialty, *read.topics, *read.related, read.superseded_by, read.replies[1].doctor]
    for name in named:
        assert name
        assert lines[name.line - 1][name.column - 1 :].lstrip('"').startswith(name.text)


def test_one_reply_may_be_written_flat() -> None:
    flat = thread("doctor: Ann Bell\nhospital: North\nreplied: 2023-07-07\n", BODY + REPLY)
    listed = thread("replies: [{doctor: Ann Bell, hospital: North, replied: 2023-07-07}]\n", BODY + REPLY)
    alone = thread("replies: {doctor: Ann Bell, hospital: North, replied: 2023-07-07}\n", BODY + REPLY)
    assert without_places(flat) == without_places(listed) == without_places(alone)
    assert flat.replies[0].specialty is None


def test_what_is_not_written_has_a_default() -> None:
    read = thread()
    assert (read.question, read.asker, read.turns, read.status) == ("Twitching", Asker(), (), "published")
    assert (read.lang, read.urgent, read.more_info, read.more_info_by) == ("", False, None, "")


@pytest.mark.parametrize("key", sorted(set(KNOWN_KEYS["threads"]) - {"title", "specialty", "asked"}))
@pytest.mark.parametrize("empty", ["", '""', "''", "'  '"])
def test_an_empty_value_equals_an_absent_key(key: str, empty: str) -> None:
    assert without_places(thread(f"{key}: {empty}\n")) == without_places(thread())


@pytest.mark.parametrize(
    ("written", "age"),
    [
        ("35", Age(35)),
        ("0", Age(0)),
        ("129", Age(129)),
        *((band, Age(30, 39)) for band in ("30~39", "30-39", "30–39", "30〜39", "30～39", "30 ~ 39", "３０～３９")),
        ("90+", Age(90, open=True)),
        ("90 +", Age(90, open=True)),
        *((young, Age(8, months=True)) for young in ("8 months", "8 month", "8個月", "8 个月")),
    ],
)
def test_ages(written: str, age: Age) -> None:
    assert thread(f'asker: {{age: "{written}"}}\n').asker.age == age


@pytest.mark.parametrize("written", ["2023-07-06", "2023/07/06", '"2023-07-06"', "'2023/07/06'", "2023-07-06  "])
def test_dates(written: str) -> None:
    assert thread(f"reviewed_on: {written}\n").reviewed_on == date(2023, 7, 6)


@pytest.mark.parametrize(
    "written", ["no", "12:30", "030", "~", "null", "0x10", "1e3", "2023-07-06", "true", ".inf", "C#"]
)
def test_texts_stay_what_was_written(written: str) -> None:
    assert thread(f"question: {written}\n").question == written


def test_a_text_of_several_lines_is_one_line() -> None:
    for written in ("one\n  two", '"one\n  two"', ">\n  one\n  two", "|\n  one\n  two", "  one \n\n  two"):
        assert thread(f"question: {written}\n").question == "one two"


def test_lists_may_be_a_single_text_and_drop_repetitions() -> None:
    assert words(thread("topics: cough\n").topics) == ("cough",)
    assert words(thread("topics: [cough, '', cough, fever]\n").topics) == ("cough", "fever")
    assert words(thread("topics:\n- cough\n- fever\n").topics) == ("cough", "fever")


@pytest.mark.parametrize("status", ["published", "draft", "withdrawn"])
@pytest.mark.parametrize("sex", ["female", "male", "other"])
def test_words(status: str, sex: str) -> None:
    read = thread(f"status: {status}\nasker: {{sex: {sex}}}\n")
    assert (read.status, read.asker.sex) == (status, sex)


# --- sections ---------------------------------------------------------------------------------------------------------


def test_sections_in_the_threads_language_and_in_english() -> None:
    body = "## 問題\n為什麼？\n## 醫師回覆\n會好。\n## Follow-up\n真的？\n## 更多資訊\n咖啡。\n"
    read = thread(f"{FLAT}lang: zh-Hant\n", body)
    assert read.anchors == ("question", "reply-1", "follow-up-1", "more-info")
    assert read == msgspec.structs.replace(thread(FLAT, body, spoken=CHINESE), lang="zh-Hant", turns=read.turns)
    assert words(read.replies[0].doctor) == "Ann Bell"


@pytest.mark.parametrize(
    "heading",
    [
        "## Reply",
        "##  reply",
        "## REPLY ##",
        "##\tReply",
        "##\u3000Reply",
        "##\u00a0Reply",
        "## Answer",
        "## Doctor's  reply",
    ],
)
def test_ways_to_write_a_heading(heading: str) -> None:
    assert thread(FLAT, f"{BODY}{heading}\nIt passes.\n").reply_excerpt == "It passes."


@pytest.mark.parametrize(
    "code",
    [
        "```\n## Reply\n```",
        "~~~ text\n## Reply\n```\n## Reply\n~~~~",
        "````\n```\n## Reply\n````",
        "   ```\n## Reply\n  ```",
        "- item\n  ```\n  ## Reply\n  ```",
        "    ## Reply",
        "> ## Reply",
        "### Reply",
        "`## Reply`",
        "\\## Reply",
        "#hashtag ##hashtag",
        "##hashtag",
    ],
)
def test_what_opens_no_section(code: str) -> None:
    read = thread("", f"{BODY}{code}\n")
    assert (read.turns, read.anchors[0]) == ((), "question")


LINES = st.sampled_from(
    ["```", "````", "~~~", "~~~ x", "``` `", "   ```", "    ```", "\t~~~", "```\t", "## Reply", "# x #", "  ## Reply",
     "    # x", "\t# x", "##\u3000x", "\u3000# x", "#", "## ##", "##x", "text", ""]
)  # fmt: skip


@given(st.lists(LINES, max_size=12))
def test_sections_see_the_headings_and_code_that_the_page_shows(lines: list[str]) -> None:
    text = "\n".join(lines)
    judged = sections._outside_code(lines, 1, "x.md", [])
    seen = [line for _, line in judged if grammar.heading(normal(line))]
    assert len(re.findall("<h[1-6]", render(text, level=1).html)) == len(seen)


# --- records ----------------------------------------------------------------------------------------------------------


def test_every_field_of_a_doctor_is_read() -> None:
    header = """\
name: Dr. 江俊宜 醫師
names: [Jiang Junyi, "Dr. Chiang Chun-yi"]
title: Chief of Neurology
specialty: Neurology
status: retired
periods:
  - {hospital: Taoyuan Medical Center, from: 2005-01-01, to: 2012/12/31}
  - {hospital: North, from: 2013-01-01}
  - {hospital: Everywhere}
aliases: old-name
"""
    doctor: Doctor = document(header, "She *listens*.\n\n# A heading\n", "doctors")
    assert set(re.findall(r"^(\w+):", header, re.MULTILINE)) == set(KNOWN_KEYS["doctors"])
    assert (doctor.name, doctor.names) == ("江俊宜", ("Jiang Junyi", "Chiang Chun-yi"))
    assert (doctor.title, words(doctor.specialty), doctor.status) == ("Chief of Neurology", "Neurology", "retired")
    assert [words(period.hospital) for period in doctor.periods] == ["Taoyuan Medical Center", "North", "Everywhere"]
    assert (words(doctor.aliases), doctor.anchors) == (("old-name",), ("a-heading",))
    on = {day: words(doctor.hospital_on(date.fromisoformat(day))) for day in ("2004-12-31", "2005-01-01", "2012-12-31")}
    assert on == {
        "2004-12-31": "Everywhere",
        "2005-01-01": "Taoyuan Medical Center",
        "2012-12-31": "Taoyuan Medical Center",
    }
    assert words(doctor.hospital_on(date(2030, 1, 1))) == "North"


def test_every_field_of_the_other_records_is_read() -> None:
    hospital = document("name: North\nnames: [The North, NMC]\naliases: [n]\n", "", "hospitals")
    assert (hospital.name, hospital.names, words(hospital.aliases), hospital.body) == (
        "North",
        ("The North", "NMC"),
        ("n",),
        None,
    )
    specialty = document(
        "name: Neurology\nnames: {zh-Hant: 神經科}\nschema: Neurologic\nreview_months: 24\naliases: [n]\n",
        "",
        "specialties",
    )
    assert (specialty.name, specialty.names, specialty.schema) == ("Neurology", {"zh-Hant": "神經科"}, "Neurologic")
    assert (specialty.review_months, words(specialty.aliases)) == (24, ("n",))
    topic: Topic = document(
        "name: Migraine\nnames: {zh-Hant: 偏頭痛}\nsynonyms: [hemicrania]\nspecialties: [Neurology]\naliases: [m]\n",
        "An **answer**.\n",
        "topics",
    )
    assert (topic.name, topic.names, topic.synonyms) == ("Migraine", {"zh-Hant": "偏頭痛"}, ("hemicrania",))
    assert (words(topic.specialties), words(topic.aliases), topic.excerpt) == (("Neurology",), ("m",), "An answer.")
    page = document("title: About\nlang: en\n", "We are.\n", "pages")
    assert (page.title, page.lang, page.excerpt, page.body) == (
        "About",
        "en",
        "We are.",
        Text("body", page.body.digest),
    )


def test_the_hospital_of_a_reply_is_that_of_the_doctors_period_on_that_day(project: Project) -> None:
    periods = [
        {"hospital": "North", "to": "2019-12-31"},
        {"hospital": "south", "from": "2020-01-01", "to": "2021-12-31"},
    ]
    project.record("doctors", "ann-bell", name="Ann Bell", periods=periods).record("hospitals", "south", name="South")
    project.thread("before", asked="2019-12-01", replied="2019-12-31").thread(
        "after", asked="2020-01-01", replied="2020-01-01"
    )
    project.thread("named", asked="2020-01-01", replied="2020-01-02", hospital="West")
    project.thread("later", asked="2022-01-01", replied="2022-01-01")
    pages = project.plan()

    def hospital(stem: str) -> tuple[str, str] | None:
        page = pages[f"/threads/{stem}/"]
        assert isinstance(page, ThreadPage)
        (reply,) = page.turns
        assert isinstance(reply, ReplyBlock)
        return (reply.hospital.text, reply.hospital.url) if reply.hospital else None

    assert hospital("before") == ("North", "/hospitals/north/")
    assert hospital("after") == ("South", "/hospitals/south/")
    assert hospital("named") == ("West", "/hospitals/west/")
    assert hospital("later") is None
    doctor = pages["/doctors/ann-bell/"]
    assert isinstance(doctor, DoctorPage)
    assert [line.hospital.text for line in doctor.periods] == ["North", "South"]


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Dr. Ann Bell", "Ann Bell"),
        ("Dr Ann Bell", "Ann Bell"),
        ("dr.Ann Bell", "Ann Bell"),
        ("DR. 江俊宜", "江俊宜"),
        ("江俊宜醫師", "江俊宜"),
        ("江俊宜 醫生", "江俊宜"),
        ("江俊宜医师", "江俊宜"),
        ("江俊宜医生", "江俊宜"),
        ("Dr. 江俊宜 醫師", "江俊宜"),
        ("Drake Bell", "Drake Bell"),
        ("Ann Dr. Bell", "Ann Dr. Bell"),
        ("醫師娘", "醫師娘"),
        ("Dr.", "Dr."),
        ("醫師", "醫師"),
    ],
)
def test_honorifics_are_no_part_of_a_name(written: str, name: str) -> None:
    assert names.strip_honorifics(written) == name
    assert words(thread(f'doctor: "{written}"\nreplied: 2023-07-07\n', BODY + REPLY).replies[0].doctor) == name


def directory() -> Directory[Topic]:
    """Topics: one with names in languages and synonyms, two that share a synonym."""
    texts = {
        "migraine": "name: Migraine\nnames: {zh-Hant: 偏頭痛, fr: Migraine ophtalmique}\n"
        "synonyms: [Hemicrania, Ｓｉｃｋ headache]\n",
        "cramps": "name: Cramps\nsynonyms: [Spasm]\n",
        "tics": "name: Tics\nsynonyms: [Spasm]\n",
    }
    records = [(Place("topics", stem, f"content/topics/{stem}.md"), _topic(stem, text)) for stem, text in texts.items()]
    referred = ["MIGRAINE", "Spasm", "Night  Terror", "night terror", "C++", "tics"]
    return Directory("topics", records, [("a.md", Name(name, 1, 1)) for name in referred])


def _topic(stem: str, header: str) -> Topic:
    topic: Topic = document(header, "", "topics")
    return msgspec.structs.replace(topic, stem=stem)


@pytest.mark.parametrize(
    "name",
    [
        "Migraine",
        "migraine",
        "MIGRAINE ",
        "ｍｉｇｒａｉｎｅ",
        "偏頭痛",
        "migraine  ophtalmique",
        "hemicrania",
        "Sick Headache",
    ],
)
def test_names_match_whatever_their_case_width_and_language(name: str) -> None:
    found = directory().find(name)
    assert found
    assert found.key == "topics/migraine"


def test_names_without_a_record_are_entities_too() -> None:
    known = directory()
    assert [entity.slug for entity in known.entities()] == ["c", "cramps", "migraine", "night-terror", "tics"]
    found = known.find("NIGHT TERROR")
    assert isinstance(found, Entity)
    assert (found.name, found.slug, found.record) == ("Night  Terror", "night-terror", None)
    assert known.find("unheard of") is None
    assert known.find(None) is None
    assert [(one.code, one.path) for one in known.problems] == [("MQ213", "a.md")]


def test_an_entity_is_named_in_the_language_asked_for() -> None:
    found = directory().find("migraine")
    assert found
    spoken = {tag: found.name_in(tag) for tag in ("en", "zh-Hant", "zh-Hant-TW", "zh", "fr-CA", "de")}
    assert spoken == {
        "en": "Migraine",
        "zh-Hant": "偏頭痛",
        "zh-Hant-TW": "偏頭痛",
        "zh": "Migraine",
        "fr-CA": "Migraine ophtalmique",
        "de": "Migraine",
    }


# --- excerpts ---------------------------------------------------------------------------------------------------------


def test_an_excerpt_ends_at_a_word() -> None:
    text = "word " * 100
    cut = excerpts.excerpt(text.strip())
    assert cut == ("word " * 56).strip() + "…"
    assert excerpts.excerpt("short text") == "short text"
    assert excerpts.excerpt("x" * 280) == "x" * 280
    assert excerpts.excerpt("a" * 279 + ", and more").endswith("a…")


def test_an_excerpt_of_chinese_ends_at_a_character() -> None:
    assert excerpts.excerpt("頭" * 400) == "頭" * 280 + "…"
    assert excerpts.excerpt("頭" * 270 + "MRI-examination" + "頭" * 90) == "頭" * 270 + "…"
    assert excerpts.excerpt("頭" * 279 + "（痛）" * 9) == "頭" * 279 + "…"


@pytest.mark.parametrize("joined", ["e\u0301", "か\u3099", "👨\u200d👩\u200d👧", "👍🏽", "❤\ufe0f"])
@pytest.mark.parametrize("before", range(275, 281))
def test_an_excerpt_never_cuts_what_is_seen_as_one_character(joined: str, before: int) -> None:
    cut = excerpts.excerpt("x" * before + joined * 9).removesuffix("…")
    rest = cut.lstrip("x")
    assert len(cut) <= 280
    assert rest == joined * (len(rest) // len(joined))


@given(st.text(st.sampled_from("ab 頭，。()\u0301\u200d🏽👍"), max_size=700))
def test_excerpts_are_beginnings_of_limited_length(text: str) -> None:
    plain = " ".join(text.split())
    cut = excerpts.excerpt(plain)
    assert len(cut) <= excerpts.EXCERPT + 1
    assert plain.startswith(cut.removesuffix("…")) or plain == cut


def test_what_a_long_question_asks() -> None:
    filler = "It began in March and has not changed since then. " * 12
    asked = ("Is it ALS?", "My father asked: “Is it the nerves?”", "Could Mr. Ho have caused it?")
    text = f"Hello Dr. Chen. {filler}{' '.join(asked)} I hope not. Is it ALS?"
    assert excerpts.asks(text) == asked
    assert excerpts.asks("Is it ALS?") == ()
    assert excerpts.asks("先生您好。" * 40 + "這是漸凍症嗎？要看哪一科？謝謝。") == ("這是漸凍症嗎？", "要看哪一科？")
    assert len(excerpts.asks(filler + " ".join(f"Is it {number}?" for number in range(20)))) == 5


# --- whatever is written ----------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=40)
MARKS = [
    *"#'\"[]{},|>%@`?\\\t",
    "---\n",
    "\n",
    ": ",
    " #",
    "- ",
    "  ",
    "&a ",
    "*a",
    "<<: ",
    "!x ",
    "](",
    "![](x)",
    "...\n",
]
LINES_OF_FILES = [
    *(
        "```\n",
        "~~~\n",
        "## Reply\n",
        "## 回覆\n",
        "# x\n",
        "<<<<<<< a\n",
        "replies:\n",
        "doctor: x\n",
        "title: title\n",
    ),
    *("follow_ups: [{}]\n", "asked: 2\n", "lang: x\n", "\u2028", "\x85", "\ufeff", "\x07", "9" * 400, "[" * 60),
]
SNIPPETS = st.one_of(TEXTS, st.sampled_from(MARKS), st.sampled_from(LINES_OF_FILES))
EDITS = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 30), SNIPPETS), max_size=6)
VALID = {
    "threads": f"---\n{WHOLE}---\n{WHOLE_BODY}",
    "doctors": "---\nname: Dr. Ann\nperiods:\n  - {hospital: North, from: 2020-01-01}\n---\n# Life\nShe [x](y.md).\n",
    "hospitals": "---\nname: North\nnames: [a, b]\naliases: c\n---\n",
    "specialties": "---\nname: Neurology\nnames: {zh-Hant: 神經科}\nreview_months: 3\n---\nNerves.\n",
    "topics": "---\nname: Migraine\nsynonyms: [a]\nspecialties: [b]\n---\nAn answer.\n",
    "pages": "---\ntitle: About\nlang: en\n---\nText.\n",
}


def check_problems(text: str, kind: Kind) -> None:
    """Parse; whatever is said has a code that exists, and a place inside the file."""
    found = outcome(text, kind)
    problems = found.findings if isinstance(found, Parsed) else found
    assert isinstance(found, Parsed) or any(one.severity == "error" for one in problems)
    lines = text.split("\n")
    for one in problems:
        assert one.code in CODES
        assert one.message
        assert 1 <= one.line <= len(lines), one
        assert 1 <= one.column <= len(lines[one.line - 1]) + 1, one
        assert str(one).isprintable() or "\n  hint: " in str(one)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(KINDS), EDITS)
def test_a_file_edited_at_random_never_stops_the_program(kind: Kind, edits: list[tuple[int, int, str]]) -> None:
    text = VALID[kind]
    for place, length, snippet in edits:
        at = place % (len(text) + 1)
        text = text[:at] + snippet + text[at + length :]
    check_problems(text, kind)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(KINDS), TEXTS)
@example("threads", "")
@example("threads", "---")
@example("threads", "---\n---")
@example("threads", "---\ntitle: x\nspecialty: y\nasked: 2020-01-01\n---")
@example("threads", f"---\n{HEADER}---\n##")
@example("threads", f"---\n{HEADER}---\n```")
def test_any_text_never_stops_the_program(kind: Kind, text: str) -> None:
    check_problems(text, kind)


KEYS = sorted({key for keys in KNOWN_KEYS.values() for key in keys} | {"from", "to", "on", "why", "<<", ""})
WORDS = ["", "x", "2023-07-06", "2203-01-01", "0000-00-00", "true", "1", "-1", "9" * 30, "Dr.", "醫師", "/", "en", "[]"]
VALUES = st.recursive(
    st.sampled_from(WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(st.sampled_from(KEYS), inner), max_size=3).map(
            lambda items: f"{{{', '.join(f'{key}: {value}' for key, value in items)}}}"
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(KINDS), st.lists(st.tuples(st.sampled_from(KEYS), VALUES), max_size=6), st.lists(LINES, max_size=6)
)
def test_any_header_never_stops_the_program(kind: Kind, header: list[tuple[str, str]], body: list[str]) -> None:
    fields = "".join(f"{key}: {value}\n" for key, value in header)
    check_problems(f"---\n{fields}---\n" + "\n".join(body), kind)
