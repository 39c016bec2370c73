"""Pages and tables become threads that `check` has nothing against; nothing is overwritten, nothing comes twice.

MEDQA_DATA names a folder with large sets of real questions, for the trial at the end.
"""

import gzip
import html
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from medqa import cli, markup, pipeline
from medqa.documents import Parsed
from medqa.importers import page_text
from medqa.importers.draft import as_markdown, clean
from tests.parsing import outcome
from tests.projects import Project, files
from tests.sites import AS_OF

CASES = Path(__file__).parent / "cases" / "pages"
EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
DATA = os.environ.get("MEDQA_DATA", "")


def run(project: Project, capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    code = cli.main(["import", "--root", str(project.root), *map(str, words)])
    said = capsys.readouterr()
    return code, said.out + said.err


def told(project: Project, capsys: pytest.CaptureFixture[str], *words: str | Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(project, capsys, "--format", "json", *words)[1])["threads"]
    return found


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", sorted(CASES.glob("*.txt")), ids=lambda page: page.stem)
def test_pages(page: Path, *, update_cases: bool) -> None:
    draft = page_text.draft(page.read_text(encoding="utf-8"), f"pages/{page.name}")
    report = [f"repaired: {words}" for words in draft.repaired] + [f"left: {words}" for words in draft.left]
    found = draft.document() + "".join(f"\n{line}" for line in ["=====", *report]) + "\n"
    expected = page.with_suffix(".md")
    if update_cases:
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


def test_the_words_of_a_reply_are_those_of_the_page() -> None:
    page = (CASES / "whole-page.txt").read_text(encoding="utf-8")
    reply = page.split("reply Gastroenterology")[1].split("Reply Date")[0]
    assert page_text.draft(page, "x").replies[0].text.split() == reply.split()


@given(st.text(st.sampled_from(" \n#*_`[]()!<>|-+~1.\\&;:=ab痛"), max_size=40))
@example("[a](b) ![c](d) [e]: f\n| a | b |\n|---|---|\n~~~\n    code\n\\*")
@example("## Reply\n# a\n> b\n- c\n1. d\n---\n***")
def test_a_plain_text_is_shown_as_it_is(text: str) -> None:
    made = markup.render(as_markdown(text), level=2)
    marks = {"-", "*", "+"}
    shown, meant = made.plain.split(), clean(text).split()
    assert [word for word in shown if word not in marks] == [word for word in meant if word not in marks]


@given(st.text(st.sampled_from("#\n -=`~>*:[]{}\"'\\ aé痛0"), max_size=30), st.text(max_size=30))
def test_whatever_stands_on_a_page_gives_a_thread_or_a_reason(title: str, text: str) -> None:
    page = f"t{title}\n\n{text}\n\nWhy?\n\nAsk Date: 2020/01/02\n\nDr. A B reply Skin\n\n{title}\n{text}\nSo."
    page += "\n\nReply Date: 2020/01/03"
    found = outcome(page_text.draft(page, "x").document())
    assert isinstance(found, Parsed) or all(problem.message for problem in found)


def test_a_folder_of_pages(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(project, capsys, CASES)
    assert code == 1
    assert "pages/torn-to-pieces.txt: refused" in said
    assert "  problem:  MQ201 'specialty' is missing" in said
    assert said.splitlines()[-1] == "6 threads written, 0 known already, 1 refused"
    before = files(project.root)
    code, said = run(project, capsys, CASES)
    assert said.splitlines()[-1] == "0 threads written, 6 known already, 1 refused"
    assert files(project.root) == before
    assert not [one for one in pipeline.check(project.root, project.options()).problems if one.severity == "error"]


def test_a_dry_run_writes_nothing(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(project.root)
    code, said = run(project, capsys, "--dry-run", CASES / "whole-page.txt")
    assert (code, files(project.root)) == (0, before)
    assert (
        "pages/whole-page.txt: content/threads/gastroenterology/2021/hiccups-after-every-meal-when-to-worry.md" in said
    )
    assert "mapped:   title, question, specialty, asker, asked, doctor, hospital, replied, more info" in said
    assert said.splitlines()[-1] == "1 thread to write, 0 known already, 0 refused"


def test_nothing_is_overwritten(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    stem = "hiccups-after-every-meal-when-to-worry"
    project.thread(stem, folder="mine").thread("other", aliases=[f"{stem}-2"])
    run(project, capsys, CASES / "whole-page.txt")
    assert (project.root / f"content/threads/gastroenterology/2021/{stem}-3.md").exists()
    assert (project.root / f"content/threads/mine/{stem}.md").read_text(encoding="utf-8").count("origin") == 0


def test_two_names_with_one_address_get_records(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    page = (CASES / "chinese.txt").read_text(encoding="utf-8")
    project.write("saved/a.txt", page.replace("林大為", "江俊宜"))
    project.write("saved/b.txt", page.replace("林大為", "江俊毅").replace("餐", "飯"))
    found = told(project, capsys, project.root / "saved")
    assert [one["records"] for one in found] == [[], ["content/doctors/jiang-jun-yi-2.md"]]
    assert not [one for one in pipeline.check(project.root, project.options()).problems if one.severity == "error"]


def test_a_name_that_fits_several_is_refused(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.record("doctors", "rieger-one", name="Tomas Rieger").record("doctors", "rieger-two", name="Tomas Rieger")
    (found,) = told(project, capsys, CASES / "whole-page.txt")
    assert found["problems"] == ["MQ213 'Tomas Rieger' fits rieger-one, rieger-two: write one of these instead"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["x.html"], "a web page is saved as text"),
        (["x.csv"], "a table needs --mapping"),
        (["nowhere.txt"], "cannot be read: No such file or directory"),
        (["empty"], "no page, with the ending .txt, lies there"),
        (["page.txt", "nowhere.txt"], "nowhere.txt: cannot be read: No such file or directory"),
        (["nowhere.csv", "--mapping", "plan.yaml"], "nowhere.csv: cannot be read: No such file or directory"),
        (["other.csv", "--mapping", "plan.yaml"], "other.csv:2: byte 0xe9 is not UTF-8 text"),
        (["empty.csv", "--mapping", "nowhere.yaml"], "nowhere.yaml: cannot be read: No such file or directory"),
    ],
    ids=lambda one: "" if isinstance(one, str) else " ".join(one),
)
def test_what_cannot_be_imported_is_said(
    project: Project,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    reason: str,
) -> None:
    monkeypatch.chdir(project.root)
    project.write("empty/page.html", "").write("empty.csv", "").write("plan.yaml", "thread: {text: question}\n")
    project.write("other.csv", b"question\ncaf\xe9\n").write("page.txt", "")
    code, said = run(project, capsys, *words)
    assert code == 2
    assert said.startswith(f"medqa: {words[-1] if words[-1].startswith('nowhere') else words[0]}")
    assert reason in said


def test_another_page_of_a_known_origin_is_told_of(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    page = (CASES / "whole-page.txt").read_text(encoding="utf-8")
    project.write("a/saved/1.txt", page).write("b/saved/1.txt", page.replace("2021/03/11", "2021/03/12"))
    project.write("c/saved/1.txt", page)
    a, b, c = (project.root / name / "saved" for name in "abc")
    path = "content/threads/gastroenterology/2021/hiccups-after-every-meal-when-to-worry.md"
    before = files(project.root)
    code, said = run(project, capsys, "--dry-run", a, b, c)
    assert (code, files(project.root)) == (0, before)
    assert said.count("  left:     all: it differs from") == 1
    assert said.splitlines()[-1] == "1 thread to write, 2 known already (1 not the same), 0 refused"
    run(project, capsys, a)
    assert [(one["state"], one["left"]) for one in told(project, capsys, b, c)] == [
        ("known", [f"what differs from '{path}': replied"]),
        ("known", []),
    ]
    project.edit(path, "asked:", "topics: [hiccups]\nasked:").edit(path, "## Reply", "Added.\n\n## Reply")
    assert [one["left"] for one in told(project, capsys, c)] == [[f"what differs from '{path}': texts"]]


def test_a_page_comes_once_though_the_folder_above_is_imported(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (CASES / "whole-page.txt").read_text(encoding="utf-8")
    project.write("in/a/saved/1.txt", page).write("in/b/saved/1.txt", page.replace("2021/03/11", "2021/03/12"))
    above, below = project.root / "in", project.root / "in/a/saved"
    states = ["new", "known", "new"]
    assert [one["state"] for one in told(project, capsys, "--dry-run", below, above)] == states
    assert [one["state"] for one in told(project, capsys, below)] == ["new"]
    assert [one["state"] for one in told(project, capsys, above)] == ["known", "new"]
    assert [one["state"] for one in told(project, capsys, project.root / "in/b")] == ["known"]


def test_a_page_that_is_not_utf8_is_refused_and_the_others_are_written(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (CASES / "whole-page.txt").read_bytes()
    project.write("saved/1.txt", page).write("saved/2.txt", b"caf\xc3\xa9\ncaf\xe9\n").write("saved/3.txt", page)
    code, said = run(project, capsys, project.root / "saved")
    assert (code, said.splitlines()[-1]) == (1, "2 threads written, 0 known already, 1 refused")
    reason = "2.txt:2:4: MQ101 byte 0xe9 is not UTF-8 text; save the file as UTF-8 (in most editors: Save as, Encoding)"
    assert f"saved/2.txt: refused\n  problem:  {reason}\n" in said


# --- tables -----------------------------------------------------------------------------------------------------------


def test_the_example_of_the_documentation(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(project, capsys, EXAMPLES / "answers.csv", "--mapping", EXAMPLES / "answers.yaml")
    assert (code, said.splitlines()[-1]) == (0, "2 threads written, 0 known already, 0 refused")
    file = project.root / "content/threads/internal-medicine/2020/cold-feet-in-bed.md"
    assert (
        file.read_text(encoding="utf-8")
        == """\
---
title: Cold feet in bed
specialty: Internal Medicine
asker: {name: Ina, sex: female}
asked: 2020-02-03
replies:
  - {doctor: Karl Ohm, hospital: Mill Lane Hospital, replied: 2020-02-05}
  - {doctor: Lea Sand, hospital: Mill Lane Hospital, replied: 2020-02-09}
topics: [circulation, sleep]
origin: clinic letters 17
---

## Question

My feet are cold until midnight, socks or not.

## Reply

Move before you go to bed; a hot-water bottle helps, too.

## Reply

Have your blood count looked at if you are tired as well.
"""
    )
    assert not [one for one in pipeline.check(project.root, project.options()).problems if one.severity == "error"]
    assert "known already" in run(project, capsys, EXAMPLES / "answers.csv", "--mapping", EXAMPLES / "answers.yaml")[1]


ROWS = [
    {"q": "Why &amp; how?", "a": "So.", "by": "Dr. Bell", "tags": ["x", "X", "y"], "n": 1},
    {"q": "Why &amp; how?", "a": "So.", "by": "Bell", "tags": [], "n": 1},
    {"q": "What\u0000 now\ud83d?", "a": None, "n": 2},
]
MAPPING = """\
thread: {text: q, topics: tags}
reply: {text: a, doctor: by}
group: n
defaults: {specialty: Skin, asked: 2020-01-01, replied: 2020-01-02}
"""


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json(project: Project, capsys: pytest.CaptureFixture[str], form: str) -> None:
    text = json.dumps(ROWS) if form == "json" else "\n".join(map(json.dumps, ROWS))
    project.write(f"in/rows.{form}", text).write("in/map.yaml", MAPPING)
    one, two = told(project, capsys, project.root / f"in/rows.{form}", "--mapping", project.root / "in/map.yaml")
    assert (one["origin"], one["left"]) == (f"rows.{form}#1", ["row 2: the same reply again"])
    text = (project.root / one["path"]).read_text(encoding="utf-8")
    assert "title: Why & how?\n" in text
    assert "topics: [x, y]" in text
    assert "doctor: Bell\n" in text
    assert "What now?" in (project.root / two["path"]).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("thread: {text: q, titel: q}\n", "'titel' is not a known key"),
        ("thread: {title: q}\n", "'thread' has no 'text'"),
        ("thread: {text: q}\nreply: {doctor: by}\n", "'reply' has no 'text'"),
        ("thread: {text: question}\n", "no row has a column 'question'"),
        ('thread: {text: "{q"}\n', "'text' has a brace without its other half"),
        ("thread: {text: q}\nrows: xml\n", "'rows' cannot be 'xml'"),
        ("thread: [\n", "this bracket is not closed"),
    ],
)
def test_mistakes_in_a_mapping_are_shown(
    project: Project, capsys: pytest.CaptureFixture[str], mapping: str, said: str
) -> None:
    project.write("rows.json", json.dumps(ROWS)).write("map.yaml", mapping)
    code, out = run(project, capsys, project.root / "rows.json", "--mapping", project.root / "map.yaml")
    assert code in {1, 2}
    assert said in out
    assert "map.yaml:" in out


@pytest.mark.parametrize(
    ("file", "table", "said"),
    [
        ("rows.csv", "q,a\nWhy?,Because, in time, it heals\n", "rows.csv:2: this row has more values than"),
        ("rows.csv", 'q,a\n"Why?,So.\n' + "How?,So.\n" * 20_000, "a quotation mark that is not closed"),
        ("rows.csv", "q,q,a\nWhy?,How?,So.\n", "several columns are called 'q'"),
        ("rows.json", "[" * 100_000, "what begins on line 1 is no JSON"),
        ("rows.jsonl", '{"q": "Why?"}\n{"q":\n', "what begins on line 2 is no JSON"),
    ],
    ids=["comma", "quotation mark", "two columns", "brackets", "half a line"],
)
def test_a_table_of_which_something_would_be_lost_is_refused(
    project: Project, capsys: pytest.CaptureFixture[str], file: str, table: str, said: str
) -> None:
    project.write(file, table).write("map.yaml", "thread: {text: q}\nreply: {text: a}\n")
    before = files(project.root)
    code, out = run(project, capsys, project.root / file, "--mapping", project.root / "map.yaml")
    assert (code, files(project.root)) == (2, before)
    assert said in out


def test_columns_and_commas_that_nobody_needs_do_no_harm(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write("rows.csv", "note,q,note,\n,Why?,,,,\n").write(
        "map.yaml", "thread: {text: q}\ndefaults: {specialty: Skin, asked: 2020-01-01}\n"
    )
    (one,) = told(project, capsys, project.root / "rows.csv", "--mapping", project.root / "map.yaml")
    assert (one["state"], one["left"]) == ("new", [])


def test_what_another_row_of_a_thread_asks_is_told(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"q": "Why?", "n": 1}, {"q": "", "n": 1}, {"q": "Why?", "n": 1}, {"q": "And how?", "n": 1}]
    project.write("rows.json", json.dumps(rows))
    project.write("map.yaml", "thread: {text: q}\ngroup: n\ndefaults: {specialty: Skin, asked: 2020-01-01}\n")
    (one,) = told(project, capsys, project.root / "rows.json", "--mapping", project.root / "map.yaml")
    assert (one["state"], one["left"]) == ("new", ["row 4: another question than that of row 1"])


def test_a_row_that_is_no_thread_is_refused_and_the_others_are_written(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"q": "Why?", "day": "2020-13-45"},
        {"q": "", "day": "2020-01-01"},
        {"q": "How?", "day": "2020-01-01T10:00"},
    ]
    project.write("rows.json", json.dumps(rows))
    project.write("map.yaml", "thread: {text: q, asked: day}\ndefaults: {specialty: Skin}\n")
    states = [
        one["state"]
        for one in told(project, capsys, project.root / "rows.json", "--mapping", project.root / "map.yaml")
    ]
    assert states == ["refused", "refused", "new"]


# --- large sets -------------------------------------------------------------------------------------------------------

ENGLISH = """\
group: "{url}"
origin: "{url}"
thread: {title: question_text, text: question_text, topics: tags}
reply: {doctor: answer_author, text: answer}
defaults: {specialty: General Medicine, asked: 2015-01-01, replied: 2015-01-02}
"""
CHINESE = """\
thread: {title: title, text: ask, specialty: department}
reply: {text: answer}
defaults: {doctor: 值班醫師, asked: 2019-01-01, replied: 2019-01-02, lang: zh-Hans}
"""


@pytest.mark.skipif(not DATA, reason="MEDQA_DATA names no folder with the large sets")
def test_large_sets_are_imported_checked_and_built(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write("en.yaml", ENGLISH).write("zh.yaml", CHINESE)
    rows = json.loads(Path(DATA, "questiondoctor.json").read_text(encoding="utf-8"))[:5000]
    project.write("en.json", json.dumps(rows))
    project.write("zh.jsonl", gzip.decompress(Path(DATA, "chinese.jsonl.gz").read_bytes()))
    root = project.root
    english = told(project, capsys, root / "en.json", "--mapping", root / "en.yaml")
    chinese = told(project, capsys, root / "zh.jsonl", "--mapping", root / "zh.yaml")
    assert {one["state"] for one in (*english, *chinese)} == {"new"}
    assert (len(english), len(chinese)) == (len({row["url"] for row in rows}), 1500)
    assert not [found for found in pipeline.check(root, project.options()).problems if found.severity == "error"]
    assert project.build(jobs=2, as_of=AS_OF).threads == len(english) + len(chinese)
    written = {one["origin"]: " ".join((root / one["path"]).read_text(encoding="utf-8").split()) for one in english}
    for row in rows:
        answer = as_markdown(html.unescape(row["answer"]))
        assert " ".join(answer.split()) in written[" ".join(row["url"].split())]
