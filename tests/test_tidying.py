"""`fmt`: one form, no word changed, and a second time nothing to do."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from medqa import cli, sections
from medqa.editing import tidying
from medqa.parse import KNOWN_KEYS
from medqa.sources import KINDS
from tests.parsing import ENGLISH, HEADER, WHOLE, WHOLE_BODY, document, without_places
from tests.projects import Project

ROOT = Path(__file__).resolve().parent.parent
LINES = st.sampled_from((
    "Hello Mr.", "Dr.", "Hsuan, you wrote", "Jiang", "1.", "2.", "3)", "12.", "Palpitation", "", " ", "  ", "\t", "a  ",
    "```", "~~~", "> Dr.", "- item", "### Heading", "e.g.", "tea and coffee", "No.", "vs.", "那么", "1. done",
    "    code", "## Reply", "## Question", "`` `code", "| a | b |", "|---|---|",
))  # fmt: skip


def tidy(text: str) -> str:
    made = tidying.tidy("threads", "x.md", text)
    assert isinstance(made, str)
    return made


@given(st.lists(LINES, max_size=25))
@example(["Dr.", "", "", "Jiang", "1.", "", "Palpitation", "2.", "3."])
@example(["```", "Dr.", "", "", "Jiang", "```"])
def test_no_word_is_changed_and_twice_is_once(lines: list[str]) -> None:
    text = "\n".join(lines)
    once = tidying.tidy_text(text)
    assert once.split() == text.split()
    assert tidying.tidy_text(once) == once


@given(st.lists(LINES, max_size=12), st.lists(LINES, max_size=12))
def test_the_words_of_every_section_stay_in_it(question: list[str], reply: list[str]) -> None:
    inside = [[line for line in part if not line.startswith(("##", "```", "~~~"))] for part in (question, reply)]
    asked, replied = map("\n".join, inside)
    text = f"---\n{HEADER}doctor: A\nreplied: 2023-07-08\n---\n## Question\n{asked}\n## Reply\n{replied}\n"
    before, after = (split(one) for one in (text, tidy(text)))
    assert before == after


def split(text: str) -> list[tuple[str, list[str]]]:
    cut = sections.frame(text, "x.md")
    assert isinstance(cut, sections.Frame)
    return [(one.kind, one.text.split()) for one in sections.split(cut, "x.md", ENGLISH.section_names(""), [])]


@pytest.mark.parametrize(
    ("torn", "mended"),
    [
        ("Hello Mr.\nHsuan,\nyou", "Hello Mr. Hsuan,\nyou"),
        ("Dr.\n\nJiang Junyi, Taoyuan", "Dr. Jiang Junyi, Taoyuan"),
        ("see the Dr.\n\nthen go", "see the Dr.\n\nthen go"),
        ("1.\nPalpitation\n2.\n\nSweating", "1. Palpitation\n2. Sweating"),
        ("I weigh\n55.\nThank you", "I weigh\n55.\nThank you"),
        ("1.\n2.\nText", "1.\n2. Text"),
        ("Dr.\n- Jiang", "Dr.\n- Jiang"),
        ("a\n\n\n\nb   \nc  \nd", "a\n\nb  \nc  \nd"),
        ("```\nDr.\n\n\nJiang \n```", "```\nDr.\n\n\nJiang \n```"),
        ("- ```\n  Dr.\n  \n  Jiang\n  ```", "- ```\n  Dr.\n  \n  Jiang\n  ```"),
        ("text\n## Reply\ntext", "text\n\n## Reply\ntext"),
        ("- milk vs.\nwater, e.g.\ntea", "- milk vs. water, e.g. tea"),
    ],
)
def test_torn_lines_are_joined(torn: str, mended: str) -> None:
    assert tidying.tidy_text(torn) == mended + "\n"


def test_dates_and_titles_are_mended() -> None:
    header = (
        "title: Cramp in Neurology - Neurology - neurology\nspecialty: Neurology\nasked: 2023/7/6\nquestion: 2023/7/6\n"
    )
    text = tidy(f"---\n{header}---\n## Question\nWhy?\n")
    assert "title: Cramp in Neurology\nquestion: 2023/7/6\nspecialty: Neurology\nasked: 2023-07-06\n" in text


def test_a_title_that_names_its_specialty_once_keeps_it() -> None:
    assert tidying.without_specialty("Cramp - Neurology", "neurology", only_doubled=True) == "Cramp - Neurology"
    assert tidying.without_specialty("Cramp - Neurology", "neurology") == "Cramp"
    assert tidying.without_specialty("A - B | neurology - Neurology", "Neurology") == "A - B"
    assert tidying.without_specialty(" - Neurology", "Neurology") == " - Neurology"


def test_the_model_reads_the_same() -> None:
    _, header, body = tidy(f"---\n{WHOLE}---\n{WHOLE_BODY}").split("---\n", 2)
    assert without_places(document(header, body)) == without_places(document(WHOLE, WHOLE_BODY))


@pytest.mark.parametrize("kind", KINDS)
def test_the_sample_archive_is_tidy(kind: str) -> None:
    for file in sorted((ROOT / "content" / kind).rglob("*.md")):
        text = file.read_text(encoding="utf-8")
        assert tidying.tidy(kind, file.name, text) == text, file  # type: ignore[arg-type]
    assert kind in KNOWN_KEYS


# --- the command ------------------------------------------------------------------------------------------------------


def run(project: Project, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = cli.main(["fmt", "--root", str(project.root), *words])
    return code, capsys.readouterr().out


UNTIDY = b"\xef\xbb\xbf---\r\nasked: 2023/07/06\r\ntitle: A\r\nspecialty: B\r\n---\r\n## Question\r\nDr.\r\nWho?\r\n"


def test_the_command_writes_what_it_says(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write("content/threads/a.md", UNTIDY).thread("tidy").write("content/threads/broken.md", "no front matter")
    file = project.root / "content/threads/a.md"
    run(project, capsys, "content/threads/tidy.md")
    code, said = run(project, capsys, "--check")
    assert (code, file.read_bytes()) == (1, UNTIDY)
    assert "not tidy: content/threads/a.md" in said
    assert "content/threads/broken.md:1:1: MQ102" in said
    code, said = run(project, capsys)
    assert (code, said.splitlines()[-1]) == (1, "3 files: 1 tidied, 1 left")
    assert file.read_bytes() == (b"---\ntitle: A\nspecialty: B\nasked: 2023-07-06\n---\n## Question\nDr. Who?\n")
    project.remove("content/threads/broken.md")
    assert run(project, capsys, "--check") == (0, "2 files: 0 not tidy, 0 left\n")


def test_only_the_files_named_are_touched(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write("content/threads/x/a.md", UNTIDY).write("content/threads/y/b.md", UNTIDY)
    assert run(project, capsys, str(project.root / "content/threads/x"))[0] == 0
    assert (project.root / "content/threads/y/b.md").read_bytes() == UNTIDY
    assert (project.root / "content/threads/x/a.md").read_bytes() != UNTIDY
    assert run(project, capsys, "elsewhere.md")[0] == 2
