"""Who is meant by a name; the short texts that stand for long ones."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa import excerpts, names
from medqa.directory import Directory, Entity
from medqa.documents import Topic
from medqa.fields import Name
from medqa.sources import Place
from tests.parsing import BODY, REPLY, document, thread, words


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
        "synonyms: [Hemicrania, Ｓｉｃｋ headache, Großer Kopfschmerz, mégre]\n",
        "cramps": "name: Cramps\nsynonyms: [Spasm]\n",
        "tics": "name: Tics\nsynonyms: [Spasm]\n",
    }
    records = [(Place("topics", stem, f"content/topics/{stem}.md"), _topic(stem, text)) for stem, text in texts.items()]
    referred = ["MIGRAINE", "Spasm", "Night  Terror", "night terror", "C++", "tics"]
    return Directory("topics", records, dict.fromkeys(referred, 1))


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
        "GROSSER KOPFSCHMERZ",
        "me\u0301gre",
        "m\u00e9gre",
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
    assert known.ambiguous(Name("SPASM", 1, 1)) == ["cramps", "tics"]
    assert known.ambiguous(Name("tics", 1, 1)) == []
    assert known.oddities() == []


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


def test_an_excerpt_has_no_space_behind_a_mark_that_is_as_wide_as_a_character() -> None:
    assert (
        excerpts.excerpt("吐完就好了。 今年更頻繁！ 真的？ MRI 正常（上週） 謝謝")
        == "吐完就好了。今年更頻繁！真的？MRI 正常（上週）謝謝"
    )
    assert excerpts.excerpt("痛！ " * 300) == "痛！" * 140 + "…"
    assert excerpts.excerpt("머리가 아파요. 왜 그래요?") == "머리가 아파요. 왜 그래요?"


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
    close = plain.replace("， ", "，").replace("。 ", "。")
    assert close.startswith(cut.removesuffix("…")) or close == cut


def test_what_a_long_question_asks() -> None:
    filler = "It began in March and has not changed since then. " * 12
    asked = ("Is it ALS?", "My father asked: “Is it the nerves?”", "Could Mr. Ho have caused it?")
    text = f"Hello Dr. Chen. {filler}{' '.join(asked)} I hope not. Is it ALS?"
    assert excerpts.asks(text) == asked
    assert excerpts.asks("Is it ALS?") == ()
    assert excerpts.asks("先生您好。" * 40 + "這是漸凍症嗎？要看哪一科？謝謝。") == ("這是漸凍症嗎？", "要看哪一科？")
    assert len(excerpts.asks(filler + " ".join(f"Is it {number}?" for number in range(20)))) == 5


def test_the_headline_is_not_asked_again() -> None:
    body = f"## Question\n{'It began in March. ' * 40}Is it ALS? Is it bad?\n"
    assert thread("", body).asks == ("Is it ALS?", "Is it bad?")
    assert thread("question: Is it ALS?\n", body).asks == ("Is it bad?",)
