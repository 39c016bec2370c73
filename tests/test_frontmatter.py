"""Front matter that is written is read as what was meant; what is changed in one place is untouched elsewhere."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from medqa import frontmatter, yamltext
from medqa.editing.tidying import order

THREADS = order("threads")
KEYS = st.text("abcdefgh_", min_size=1, max_size=6)
TEXTS = st.text(
    st.one_of(
        st.sampled_from(" :#-[]{},'\"\\&*!|>%@`?~0aé痛"),
        st.characters(exclude_categories=["Cs", "Cc", "Cn", "Zl", "Zp"]),
    ),
    max_size=12,
).filter(lambda text: not yamltext.INVISIBLE.search(text))
VALUES = st.recursive(
    TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)


def folded(value: Any) -> Any:
    """Give a value as it is read back: white space folded, what is empty left out of mappings."""
    match value:
        case str():
            return " ".join(value.split())
        case list():
            return [folded(one) for one in value]
        case _:
            return {key: folded(one) for key, one in value.items() if one}


def read(text: str) -> Any:
    node, problems = yamltext.read(text, "x.md")
    assert not problems, (text, problems)
    return frontmatter.value_of(node)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
@example({"a": "x: y", "b": ["- c", "#d", "e #f", ""], "c": {"d": 'it\'s "so" \\'}})
def test_what_is_written_is_read_as_it_was_meant(fields: dict[str, Any]) -> None:
    assert read(frontmatter.write(fields)) == folded(fields)


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_a_layout_is_its_own(fields: dict[str, Any]) -> None:
    once = frontmatter.formatted(frontmatter.write(fields), THREADS)
    assert frontmatter.formatted(once, THREADS) == once
    assert read(once) == folded({key: value for key, value in fields.items() if value})


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), KEYS, VALUES)
def test_one_field_is_set_and_the_others_stay(fields: dict[str, Any], key: str, value: Any) -> None:
    before = frontmatter.write(fields)
    after = frontmatter.with_field(before, key, value, THREADS)
    expected = folded({name: part for name, part in fields.items() if part and name != key})
    assert read(after) == (expected | folded({key: value}) if value else expected)


COMMENTED = """\
# yaml-language-server: $schema=../thread.schema.json
# about the title
specialty: Neurology
title: 'Leg: why?' # said twice
# who replied
replies:
  # the first
  - doctor: Ann Bell
    # a week later
    replied: 2023/07/07
  - {replied: 2020-01-01, doctor: "Bo, Chan"}
question: |
  # not a comment
  but text

asker: {sex: female,
  name: Ana}
# the end
"""


def test_comments_stay_with_what_stands_below_them() -> None:
    assert frontmatter.formatted(COMMENTED, THREADS) == """\
# yaml-language-server: $schema=../thread.schema.json
# said twice
title: "Leg: why?"
question: "# not a comment but text"
# about the title
specialty: Neurology
asker: {name: Ana, sex: female}
# who replied
replies:
  # the first
  - doctor: Ann Bell
    # a week later
    replied: 2023/07/07
  - {replied: 2020-01-01, doctor: "Bo, Chan"}
# the end
"""  # fmt: skip


@given(st.permutations(range(5)), st.lists(st.integers(0, 5), max_size=6))
def test_no_comment_is_ever_lost(places: list[int], comments: list[int]) -> None:
    lines = ["title: a", "replies: [{doctor: b, replied: c}]", "topics:\n  - d\n  - e", "asker:\n  name: f", "lang: g"]
    shuffled = "\n".join(lines[place] for place in places).split("\n")
    for number, at in enumerate(sorted(comments, reverse=True)):
        shuffled.insert(min(at, len(shuffled)), f"# comment {number}")
    text = "\n".join(shuffled) + "\n"
    once = frontmatter.formatted(text, THREADS)
    assert sorted(said for _, said in yamltext.comments(once)) == sorted(said for _, said in yamltext.comments(text))
    assert read(once) == read(text)
    assert frontmatter.formatted(once, THREADS) == once


def test_a_long_list_is_written_line_by_line() -> None:
    topics = [f"a topic that takes its room {number}" for number in range(5)]
    text = frontmatter.write({"topics": topics})
    assert text == "topics:\n" + "".join(f"  - {topic}\n" for topic in topics)


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("doctor: old   \n", 'doctor: "new: er"   \n'),
        ("doctor: 'old'\n", 'doctor: "new: er"\n'),
        ("replies:\n  - {doctor:  old , replied: x}\n", 'replies:\n  - {doctor:  "new: er" , replied: x}\n'),
        ("# old\ntopics: [a,   old, b]\n", '# old\ntopics: [a,   "new: er", b]\n'),
        ("topics: [old, 'new: er', b]\n", 'topics: ["new: er", b]\n'),
        ("doctor: >\n  old\nlang: en\n", 'doctor: "new: er"\nlang: en\n'),
        ("doctor: oldest\n", "doctor: oldest\n"),
    ],
)  # fmt: skip
def test_a_name_is_replaced_where_it_stands(before: str, after: str) -> None:
    renamed = frontmatter.with_names(before, lambda _, text: "new: er" if text.strip() == "old" else None, THREADS)
    assert frontmatter.with_names(renamed, lambda *_: None, THREADS) == renamed
    assert renamed == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("related: [a, old, b]\n", "related: [a, b]\n"),
        ("title: x\nrelated: [old]\nlang: en\n", "title: x\nlang: en\n"),
        ("superseded_by: old\nlang: en\n", "lang: en\n"),
        ("specialties:\n  - {name: old, schema: x}\n  - b\n", "specialties: [b]\n"),
    ],
)
def test_a_name_is_taken_out(before: str, after: str) -> None:
    assert frontmatter.with_names(before, lambda _, text: "" if text == "old" else None, THREADS) == after
