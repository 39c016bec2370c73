"""The front writes what the library writes, to the byte: in every case of the dialect, near its rules, in real texts.

MEDQA_EXAMPLES=20000 makes the search near the rules longer.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from medqa.markup import front, grammar, render
from medqa.markup.pairing import DEEPEST, LONGEST_RUN
from tests.sites import DATA, needs_data
from tests.test_markup import ALL_CASES, as_meant

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = int(os.environ.get("MEDQA_EXAMPLES", "400"))


def compare(text: str, level: int = 2, ids: tuple[str, ...] = ("a", "section")) -> bool:
    """Compare the front with the library; tell whether the front took the text."""
    taken, taken_by_library = set(ids), set(ids)
    made = front.render(text, level=level, taken=taken)
    if made is None:
        assert taken == set(ids)
        return False
    assert made == render(text, level=level, line=7, first_link=3, taken=taken_by_library, fast=False)
    assert taken == taken_by_library
    return True


def test_every_case_is_the_same_with_and_without_the_front() -> None:
    texts = [as_meant(case.text) for case in ALL_CASES]
    taken = [
        compare(text, int(case.options.get("level", "2")), tuple(case.options.get("taken", "a").split(",")))
        for case, text in zip(ALL_CASES, texts, strict=True)
    ]
    assert 50 < sum(taken) < len(taken)
    compare("\n".join(texts))


PLAIN = {
    "nothing": "",
    "blank lines": " \n\n",
    "paragraphs": "One line\nand another.\n\n\nA third, 5 < 6 & 7 > 3 [sic].\n\nTwo  spaces",
    "lines with spaces around": "  One line \nand another  \n   \nA third",
    "lines that begin like no block": "-5 degrees\n1987. It was\n>38.5\n#4 finger\n**\n~ about\n+",
    "headings": "# A #\n\n### A\n#### b_c *d*\n# 痛",
    "bullets": "Causes:\n- one\n- two\n\n- three\n\nEnd",
    "numbers": "1. one\n2. two\n\n3. three\n### Next\n7. seven\nof seven\n8. eight",
    "indented items": "  - one\n  - two\n    and more\n 1. a\n 1. b",
    "names of items": "1. **Rest**: sleep.\n2. **Heat**\n3. **熱敷**：十分鐘。",
    "emphasis": "*one* _two_ ***three*** **four *five* six** 2*3*4 snake_case Bactrim*, *note\n\n**six ** seven",
    "pairs of marks": '**a**b\n\na*b*\n\n(*a*)1\n\nsee **中文**字 & *b*\n\n* a*b\n\n1*2*3\n\na* b*\n\n"*medqa:*',
    "addresses": "See https://a.b/c_d?e=1&f=2), http://[::1]/ and (HTTPS://x.y/!).\nhttps://例.tw/a。",
    "lines of Chinese": "我今年三十歲，\n頭痛。\nCT\n正常\n「好」",
    "white space of other kinds": "\u3000\u3000頭痛\r\na\tb\xa0c\x00\u2003\r- d\x0be\u200b \u2028",
    "quotation marks": '"medqa:0" and "a"',
}
LEFT = {
    "quotes": "a\n> b",
    "rules": "a\n\n---",
    "fences": "~~~\na",
    "code": "a `b` c",
    "tables": "a|b\n-|-\nc|d",
    "escapes": r"\*a\*",
    "line breaks": "a  \nb",
    "links": "[a](b.md)",
    "images": "![a](b.png)",
    "refused links": "[a](javascript:b)",
    "addresses in angle brackets": "<https://a.b> or <a@b.c>",
    "entities": "a &lt; b",
    "lists in items": "- a\n  - b",
    "items of two paragraphs": "- a\n\n  b",
    "items that begin with a heading": "- # a",
    "emphasis about addresses": "**https://a.b**",
    "Chinese lines that meet at emphasis": "中*文*\n字",
    "Chinese lines that meet at a name": "**中**\n文",
    "long paragraphs": "a " * LONGEST_RUN + "*b*",
    "deep emphasis": "*a **b " * DEEPEST + "b** a*" * DEEPEST,
}


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN.keys())
def test_plain_texts_are_taken(text: str) -> None:
    assert compare(text)


@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT.keys())
def test_other_texts_are_left_to_the_library(text: str) -> None:
    assert not compare(f"# A\n\n{text}")
    assert render(text, level=2) == render(text, level=2, fast=False)


def test_plain_texts_need_no_library() -> None:
    code = f"import sys; from medqa.markup import render; render({PLAIN['numbers']!r}, level=2)"
    code += "; assert 'markdown' not in sys.modules and 'xml.etree' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent)


@pytest.mark.parametrize("length", range(LONGEST_RUN - 4, LONGEST_RUN + 3))
@pytest.mark.parametrize("text", ["**a** b", '"medqa:0"', "https://a.b/c", "a_ _b", "中\n文"])
def test_about_the_longest_run(text: str, length: int) -> None:
    compare(text + "x" * (length - len(text)))
    compare("x" * (length - len(text)) + text)
    compare("- " + "x " * ((length - len(text)) // 2) + text)


@pytest.mark.parametrize("depth", range(DEEPEST - 2, DEEPEST + 3))
def test_about_the_deepest_emphasis(depth: int) -> None:
    assert compare("*a " * depth + "b* " * depth) == (depth <= DEEPEST)


# fmt: off
STARTS = [
    "", "", "", "", "1. ", "1. ", "2. ", "3. ", "- ", "- ", "* ", "+ ", "### ", "# ", "**a** ", "**a**: ", "中", "a ",
]
NEAR_STARTS = [
    *STARTS, "0. ", "01. ", "10. ", "1987. ", "1.", "1) ", "2.  ", "1234567890. ", "-", "--", "- - ", "*", "**", "__",
    "#", "###### ", "####### ", "##\u3000", "-\xa0", "> ", ">", ">5", ">>", "|", "|-|", "---", "- - -", "***", "* * *",
    "_ _ _", "===", "~~~", "~~~ a", "```", " ", "  ", "   ", "    ", "\t", "\u3000\u3000", "\xa0", "\u2003",
]
WORDS = [
    "a", "Bc", "word", "2", "38.5", "1987", "中", "文。", "「字」", "—", "…", "·", "“", "한글", "é", " ", " ", " ", " ",
    ".", ",", ":", "?", ")", "(", "-", "#", " #", "**", "**", "**b c**", " **d**: ", "*", "*e*", "_", "__", "f_g",
    "2*3", "&", "<", ">", "[", "]", "!", "+", "'", '"', "~", "=", "  ", "https://a.b/c_d", "http://a.b?c=d&e=f",
]
NEAR_WORDS = [
    *WORDS, "***", "****", "*_", "`", "``", "](", "[a](b.md)", "![a](b.png)", "<b>", "<a@b.c>", "<https://a.b>",
    "<tel:1", "&amp;", "&#42;", "&foo;", "&nbsp", ";", "\\", "\\*", "|", "-|-", "https://", "HTTP://X.y", "xhttp://a",
    "httpſ://a", "https://a.b/)", "https://a.b**", "http://[a]", "http://a。", "://", "@", "medqa:0", '"medqa:0"',
    '"medqa:', "klzzwxh:0000", "\x00", "\x02", "\x03", "\x1c", "\x7f", "\x85", "\x0b", "\u2028", "\u200b", "\ufeff",
    "\xad", "\ud800", "\ufffe", "\xa0", "\u3000", "\u2003", "\u1680", "\t", "\r", "😀", "ⅷ", "²", "ß", "İ",
]
ENDS = ["\n", "\n", "\n\n", "\n\n\n", " \n"]
NEAR_ENDS = [*ENDS, "", "  \n", "\n \n", "\n\t\n", "\r\n", "\r", "\r\n\r\n", "\n\u3000\n", "\\\n"]
# fmt: on


def texts(starts: list[str], words: list[str], ends: list[str]) -> st.SearchStrategy[str]:
    start, word, end = map(st.sampled_from, (starts, words, ends))
    line = st.tuples(start, st.one_of(st.just(""), start), st.lists(word, max_size=6).map("".join), end).map("".join)
    return st.lists(line, max_size=8).map("".join)


NEAR = texts(NEAR_STARTS, NEAR_WORDS, NEAR_ENDS)
WILD = st.lists(st.one_of(NEAR, st.text(max_size=5)), max_size=4).map("".join)
ANY = st.one_of(texts(STARTS, WORDS, ENDS), NEAR, WILD)
IDS = st.lists(st.sampled_from(["a", "a-2", "word", "section", "中"]), max_size=3).map(tuple)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANY, st.integers(1, 5), IDS)
@example("1. a\n2. b \n \n3. c", 2, ())
@example("- a\n\n#b", 2, ())
@example("1. a\n\n 2. b", 2, ())
@example("https://a.b/—\n中", 2, ())
@example("&https://a.b/&amp;", 2, ())
@example("https://ahttp://b", 2, ())
def test_near_the_rules_both_give_the_same(text: str, level: int, ids: tuple[str, ...]) -> None:
    compare(text, level, ids)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(NEAR_STARTS), st.lists(st.sampled_from(NEAR_STARTS + NEAR_WORDS), max_size=4).map("".join))
def test_what_is_surely_text_begins_nothing(start: str, rest: str) -> None:
    line = f"{start}{rest}".replace("\n", " ")
    if grammar.is_surely_text(line):
        assert not grammar.is_blank(line)
        assert not grammar.fence(line)
        assert not grammar.heading(line)
        assert not grammar.is_rule(line)
        assert grammar.marker(line) is None
        assert grammar.quoted(line) is None
        assert grammar.without_containers(line) == line


def strings(value: Any) -> Iterator[str]:
    """Give every text of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


def real_texts(file: Path) -> Iterator[str]:
    packed = file.read_bytes()
    text = (gzip.decompress(packed) if file.suffix == ".gz" else packed).decode("utf-8")
    if ".jsonl" in file.suffixes:
        yield from (string for line in text.strip().split("\n") for string in strings(json.loads(line)))
    elif file.suffix == ".json":
        yield from strings(json.loads(text))
    else:
        yield from (text, *text.split("\n\n"))


REAL = sorted(file for file in DATA.rglob("*") if file.is_file()) if DATA.is_dir() else []


@needs_data
@pytest.mark.parametrize("file", REAL, ids=lambda file: file.name)
def test_real_texts_are_the_same_and_nearly_all_taken(file: Path) -> None:
    taken = [compare(text) for text in dict.fromkeys(real_texts(file))]
    assert len(taken) < 100 or sum(taken) > 0.99 * len(taken)


@needs_data
def test_a_real_thread_is_taken_section_by_section() -> None:
    _, *sections = (DATA / "seed-thread.md").read_text(encoding="utf-8").split("\n## ")
    assert [compare(section.partition("\n")[2]) for section in sections] == [True] * 3
