"""What editors write and what the archive makes of it: every field in all its forms, sections, records."""

import re
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa import pipeline, sections
from medqa.documents import Age, Asker, Correction, Doctor, FollowUp, Reply, Text, Thread, Topic, months_after
from medqa.markup import grammar, render
from medqa.markup.characters import normal
from medqa.pages import DoctorPage, ReplyBlock, ThreadPage
from medqa.parse import KNOWN_KEYS
from tests.parsing import (
    BODY,
    CHINESE,
    FLAT,
    LINES,
    REPLY,
    WHOLE,
    WHOLE_BODY,
    document,
    thread,
    without_places,
    words,
)
from tests.projects import Project

FLAT_KEYS = {"doctor", "hospital", "replied"}


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


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2020-08-31", 6, "2021-03-01"),
        ("2024-02-29", 12, "2025-03-01"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2020-01-31", 1, "2020-03-01"),
        ("2020-11-30", 1, "2020-12-30"),
        ("2020-11-30", 2, "2021-01-30"),
        ("9998-12-31", 12, "9999-12-31"),
        ("9999-01-01", 12, "9999-12-31"),
    ],
)
def test_months_after_a_day(day: str, months: int, expected: str) -> None:
    assert str(months_after(date.fromisoformat(day), months)) == expected


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
        "### A second reply",
        "`## Reply`",
        "\\## Reply",
        "#hashtag ##hashtag",
        "##hashtag",
    ],
)
def test_what_opens_no_section(code: str) -> None:
    read = thread("", f"{BODY}{code}\n")
    assert (read.turns, read.anchors[0]) == ((), "question")


@given(st.lists(LINES, max_size=12))
def test_sections_see_the_headings_and_code_that_the_page_shows(lines: list[str]) -> None:
    text = "\n".join(lines)
    judged = sections._outside_code(sections.Frame("", text, 1), "x.md", [])
    seen = [line for line, _, _ in judged if grammar.heading(normal(line))]
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


def test_the_last_day_of_all_is_a_day(project: Project) -> None:
    project.record("specialties", "neurology", name="Neurology", review_months="12")
    project.thread("one", specialty="Neurology", asked="9999-12-31", replied="9999-12-31").build(as_of=None)
    assert "9999" in project.page("/threads/one/")
    assert not pipeline.check(project.root, project.options(as_of=None)).problems
