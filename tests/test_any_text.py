"""Whatever is written in a file, parsing it ends in a document or in problems with places inside the file."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from medqa.documents import Parsed
from medqa.errors import CODES
from medqa.parse import KNOWN_KEYS
from medqa.sources import KINDS, Kind
from tests.parsing import HEADER, LINES, WHOLE, WHOLE_BODY, outcome

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
