"""Simple front matter is read without libyaml: what that gives, its events give, too.

MEDQA_EXAMPLES=20000 makes the search longer.
"""

import os

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from medqa import yamltext
from tests.parsing import HEADER, WHOLE

EXAMPLES = int(os.environ.get("MEDQA_EXAMPLES", "400"))


def compare(text: str) -> bool:
    """Compare the two readers; tell whether the simple one took the text."""
    simple = yamltext._simple(text, 2)
    if simple:
        # Dicts in two orders are equal, so their texts are compared, too.
        read, problems = yamltext._from_events(text, "x.md", 2)
        assert (simple, repr(simple), []) == (read, repr(read), problems)
    return simple is not None


SIMPLE = {
    "values": 'title: Twitching at night - why?\na: 2023-07-06\nb: 痛 it\'s "so" [sic]\nc_d-e: x\n',
    "quotes": 'title: "a: b #c \'d\'"\nb: \'say "x" \\\'\nc: ""\nd: \'\'\ne: " "\n',
    "lists": "a:\n  - b\n  - \"c: d\"\ne:\n- f\n- 'g'\nh:\n - i\n",
    "mappings": "a:\n  b: c\n  d: 'e'\nf:\n    g: [h]\ni: j\n",
    "brackets": "a: [b, \"c, d\", e f]\nb: []\nc: {d: e f, g-h: 'i, j'}\nd: {}\n",
    "mappings in lists": "a:\n  - {b: Dr. C, d: 2020-01-01}\n  - {}\n  - [e]\n",
    "spaces after a key": "a: \n  - b\n",
}
OTHER = {
    "nothing": "",
    "blank lines": "a: b\n\nc: d\n",
    "comments": "# a\na: b\n",
    "lost text": "a: b #c\n",
    "no value": "a:\nb: c\n",
    "a key twice": "a: b\na: c\n",
    "a key twice in a mapping": "a:\n  b: c\n  b: d\n",
    "a key twice in brackets": "a: {b: c, b: d}\n",
    "two lines": "a: b\n  c\n",
    "two lines of an item": "a:\n  - b\n   c\n",
    "an item that a plain text goes on with": "a: b\n - c\n",
    "two depths": "a:\n  b: c\n    d: e\n",
    "lists in lists": "a:\n  - - b\n",
    "mappings of several lines in lists": "a:\n  - b: c\n    d: e\n",
    "a list beside a mapping": "a:\n  b: c\n  - d\n",
    "no key": "a\n",
    "an item only": "- a\n",
    "a comma too many": "a: [b, ]\n",
    "a comma too few": "a: ['b' 'c']\n",
    "a key in a list": "a: [b: c]\n",
    "no key in a mapping": "a: {b}\n",
    "brackets in brackets": "a: [[b]]\n",
    "an open bracket": "a: [b\n",
    "an escape": 'a: "b\\n"\n',
    "a colon": "a: b: c\n",
    "no line end": "a: b",
    "another line end": "a: b\rc: d\n",
    "an indented beginning": "  a: b\n",
    "an anchor": "a: &b c\n",
    "a tag": "a: !b c\n",
    "a block": "a: |\n  b\n",
    "a document's end": "a: b\n...\n",
}


@pytest.mark.parametrize("text", SIMPLE.values(), ids=SIMPLE)
def test_simple_lines_need_no_libyaml(text: str) -> None:
    assert compare(text)
    assert compare(HEADER + text.replace("title", "other"))


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_all_else_is_left_to_libyaml(text: str) -> None:
    assert not compare(text)
    assert not compare(f"x: y\n{text}" if text else text)


# fmt: off
LINES = [
    "a: b\n", "b: 'c'\n", 'c: "d"\n', "d:\n  - e\n", "e:\n  f: g\n  h: i\n", "f:\n- g\n- h\n", "g:\n    h: i\n",
    'h: {i: j, k: "l"}\n', "l: [m, n o, 'p']\n", "q:\n  - {r: s t, u: v}\n  - {}\n", "w:\n  x: [y]\n",
]
BITS = [
    *LINES, "", " ", "  ", "\n", "\t", "\r", ":", ": ", ":\n", " #", "#", "'", '"', '""', "[", "]", "{", "}", ",", ", ",
    "-", "- ", "-\n", "---\n", "...\n", "&a ", "*a", "!x ", "|\n", ">", "%", "@", "`", "?", "? ", "\\", "\xa0", "é: ",
    "痛", "<<: ", "~", "a:\n", "a: \n", "  b: c\n", "- x\n", "  - x\n", " - x\n", "- a: b\n", "\u3000", '"x": y\n',
    "key : v\n", "a:b\n", "²", "\u0301", "_: _\n", "1: 2\n", "a: -\n", "[b c]\n", "[b: c]", "[b?]", "{b: c, }", "{b:c}",
]
# fmt: on
EDITS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), st.sampled_from(BITS)), max_size=4)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.just(WHOLE), st.lists(st.sampled_from(LINES), max_size=6, unique=True).map("".join)), EDITS)
@example("a:\n- b\n", [(3, 0, " ")])
def test_near_simple_lines_both_give_the_same(text: str, edits: list[tuple[int, int, str]]) -> None:
    for place, length, snippet in edits:
        at = place % (len(text) + 1)
        text = text[:at] + snippet + text[at + length :]
    if not yamltext.INVISIBLE.search(text):
        compare(text)
