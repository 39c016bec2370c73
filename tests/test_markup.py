"""The dialect, case by case (tests/cases/markup), and what holds of every text."""

from __future__ import annotations

import re
import string
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from medqa.markup import Rendered, headings, render, resolve
from tests.markup_reader import check

CASES = Path(__file__).parent / "cases" / "markup"
CASE = re.compile(r"^(?P<name>[^\n]+)\n\.\n(?P<input>.*?)^\.\n(?P<output>.*?)^\.\n", re.DOTALL | re.MULTILINE)
OPTION = re.compile(r"(\w+)=([\w-]+)")


class Case(NamedTuple):
    file: Path
    name: str
    text: str
    output: str

    @property
    def options(self) -> dict[str, str]:
        return dict(OPTION.findall(self.name.partition("{")[2]))


def cases(file: Path) -> list[Case]:
    return [Case(file, *found.groups()) for found in CASE.finditer(file.read_text(encoding="utf-8"))]


ALL_CASES = [case for file in sorted(CASES.glob("*.md")) for case in cases(file)]


def as_meant(text: str) -> str:
    """Control pictures (␉, ␂, …) stand for the characters that they picture, ␠ for a space that is to be seen."""
    return re.sub("[␀-␠]", lambda picture: chr(ord(picture[0]) - 0x2400), text)


def shown(made: Rendered, what: str) -> str:
    match what:
        case "plain":
            return f"{made.plain}\n"
        case "anchors":
            return "".join(f"{anchor}\n" for anchor in made.anchors)
        case "links":
            return "".join(f"{x.line}:{x.column} {x.href}{' image' * x.image}\n" for x in made.links)
        case "findings":
            return "".join(f"{x.line}:{x.column} {x.code} {x.message}\n  {x.hint}\n" for x in made.findings)
        case _:
            return f"{made.html}\n"


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: f"{case.file.stem}: {case.name}")
def test_case(case: Case, update_cases: bool) -> None:
    options = case.options
    made = render(
        as_meant(case.text.removesuffix("\n")),
        level=int(options.get("level", "2")),
        line=int(options.get("line", "1")),
        first_link=int(options.get("first_link", "0")),
        taken=set(filter(None, options.get("taken", "").split(","))),
    )
    output = shown(made, options.get("show", "html"))
    if update_cases:
        text = case.file.read_text(encoding="utf-8")
        old, new = (f"{case.name}\n.\n{case.text}.\n{part}.\n" for part in (case.output, output))
        case.file.write_text(text.replace(old, new), encoding="utf-8")
    else:
        assert output == case.output


def test_cases_are_read_whole_and_have_names_of_their_own() -> None:
    assert len({(case.file, case.name) for case in ALL_CASES}) == len(ALL_CASES) > 100
    for file in CASES.glob("*.md"):
        assert not CASE.sub("", file.read_text(encoding="utf-8")).strip()


# fmt: off
PIECES = st.sampled_from([
    *string.punctuation,
    *"\n\n\n\n  \t\r\x02\x03\x00ab12中文，。「”",
    "\n- ", "\n1. ", "\n3. ", "\n> ", "\n# ", "\n### ", "\n---\n", "\n```\n", "~~~", "    ", "\n  - ",
    "  \n", "\\\n", "\n\n", "**", "__", "***", "`` ", "[a](", "[a](b.md)", "![a](b.png)", "![](https://a.b/c)",
    "](", "[a](javascript:x)",
    "<", ">", "</", "<b>", "<!--", "-->", "https://a.b/c_d", "http://", "<https://a.b>", "<a@b.c>", "mailto:",
    "&amp;", "&#42;", "&lt;", "&#x5b;", "&#2;", "&colon;", "\\*", "\\\\", "2*3", "a_b",
    "\x02klzzwxh:0000\x03", "\x0242\x03", "klzzwxh:0000", "medqa:0", '"medqa:0"', '<a href="medqa:0">',
    "\n| a | b |\n|---|--:|\n| c | d |\n",
])
# fmt: on
TEXTS = st.lists(st.one_of(PIECES, PIECES, PIECES, st.text(max_size=3)), max_size=40).map("".join)


@given(TEXTS, st.integers(1, 2), st.integers(0, 99))
@example("[a *b [c](d)*](e)", 2, 0)
@example("[![a](https://b/c.png)](https://d)", 2, 0)
@example("**a https://b.c/**d", 2, 0)
@example("# \n#\n# #\n# # #", 1, 0)
@example("&#42;a&#42; *b **c &#91;d&#93;(e)** f*", 1, 0)
def test_every_text_gives_safe_html_that_says_what_plain_says(text: str, level: int, first_link: int) -> None:
    check(text, render(text, level=level, first_link=first_link), first_link)


@given(TEXTS, TEXTS)
def test_a_text_gives_the_same_whatever_came_before(text: str, before: str) -> None:
    first = render(text, level=2)
    render(before, level=1)
    assert render(text, level=2) == first


@given(st.text())
def test_no_text_is_refused(text: str) -> None:
    check(text, render(text, level=2))


@given(st.lists(st.text(string.ascii_letters + " ,.'中文", min_size=1).filter(str.strip), min_size=1))
def test_prose_stays_word_for_word(lines: list[str]) -> None:
    made = render("\n\n".join(lines), level=2)
    assert made.plain == " ".join(" ".join(lines).split())


MARKS = [*"*_\\[]!&;#-=|\n", "- ", "1. ", "> ", "### ", "**", "__", "~ ", "---", "<b>", "  ", "    ", "\n\n"]
MARKS += ["\n- ", "\n  - ", "\n1. ", "\n> ", "\n|a|b|\n|-|-|\n"]


@given(
    st.lists(st.one_of(st.sampled_from(MARKS), st.sampled_from(["a", "Bc", "d e", "中", "https://f.g/h"]))).map("".join)
)
def test_no_letter_is_lost(text: str) -> None:
    def letters(words: str) -> str:
        return "".join(character for character in words if character.isalpha())

    assert letters(render(text, level=2).plain) == letters(text)


WORDS = ["word ", "中文。", "\n", "\n\n", "\n- ", "\n> ", "`[a](1.md)` ", "**b** ", "&amp; ", "2.md ", "(1.md) "]
LINKS = ["[a](1.md) ", "[a](2.md) ", "![a](1.md) ", "[**b** c]( <2.md> 'd') "]


@given(st.lists(st.sampled_from(WORDS + LINKS)), st.integers(1, 9))
def test_links_stand_where_they_are_said_to_stand(pieces: list[str], line: int) -> None:
    expected, text = [], ""
    for piece in pieces:
        if piece in LINKS:
            before = text + piece[: piece.index(".md") - 1]
            expected.append((before.count("\n") + line, len(before.rpartition("\n")[2]) + 1))
        text += piece
    links = render(text, level=2, line=line).links
    assert [(link.line, link.column) for link in links] == expected


def test_taken_ids_are_avoided_and_new_ones_added() -> None:
    taken = {"question", "a"}
    assert render("### A\n### Question\n### B", level=2, taken=taken).anchors == ("a-2", "question-2", "b")
    assert render("### B", level=2, taken=taken).anchors == ("b-2",)
    assert taken == {"question", "a", "a-2", "question-2", "b", "b-2"}


def test_resolve_puts_addresses_in_and_unwraps_where_there_is_none() -> None:
    made = render('[a *b*](x.md) ![c "d"](/e.png) [![f](/g.png)](h.md) [i](j.md) "medqa:0"', level=2, first_link=4)
    assert [link.href for link in made.links] == ["x.md", "/e.png", "h.md", "/g.png", "j.md"]
    targets = {4: "/x/", 5: "/e.png", 6: None, 7: "/g.png", 8: None}
    assert resolve(made.html, targets.__getitem__) == (
        '<p><a href="/x/">a <em>b</em></a> <img src="/e.png" alt="c &quot;d&quot;"> <img src="/g.png" alt="f"> i'
        ' &quot;medqa:0"</p>'
    )
    assert resolve(made.html, lambda _: None) == '<p>a <em>b</em> c &quot;d&quot; f i &quot;medqa:0"</p>'


def test_headings_are_the_highest_ones_in_plain_words() -> None:
    text = "### One *and* `a < b`\n\n#### Below\n\n### [A link](../x.md)\n\n> ### Quoted"
    assert headings(render(text, level=2).html) == [
        ("one-and-a-b", "One and a &lt; b"),
        ("a-link", "A link"),
        ("quoted", "Quoted"),
    ]
    assert headings(render("#### First\n\n### Second", level=2).html) == [("first", "First"), ("second", "Second")]
    assert headings(render("No heading", level=2).html) == []


@given(st.lists(st.sampled_from(["### ", "#### ", "##### ", "a ", "*b* ", "`c<` ", "[d](e) ", "\n\n", "> ", "&"])))
def test_headings_are_among_the_anchors_in_their_order(pieces: list[str]) -> None:
    made = render("".join(pieces), level=2)
    found = headings(made.html)
    anchors = iter(made.anchors)
    assert all(anchor in anchors for anchor, _ in found)
    assert bool(found) == bool(made.anchors)
    assert not [words for _, words in found if "<" in words or not words]


def test_the_library_is_loaded_on_first_use_only() -> None:
    code = "import sys, medqa.markup; assert 'markdown' not in sys.modules and 'xml.etree' not in sys.modules"
    root = Path(__file__).parent.parent
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)
