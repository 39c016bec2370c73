"""`new` writes a file that `check` has nothing against, whoever answers whatever."""

import builtins
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa import cli, pipeline
from medqa.editing import naming
from medqa.editing.drafting import FIELDS, Desk
from medqa.editing.holdings import census
from medqa.editors import new
from medqa.sources import stem_fault
from tests.projects import Project, files

GIVEN = ["--title", "Cold feet: why?", "--specialty", "Neurology", "--asked", "2023/7/6"]


def run(project: Project, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = cli.main(["new", "--root", str(project.root), *words])
    said = capsys.readouterr()
    return code, said.out + said.err


def problems(project: Project) -> list[str]:
    found = pipeline.check(project.root, project.options()).problems
    return [str(one) for one in found if one.severity == "error"]


def test_options_make_a_valid_draft(archive: Project, capsys: pytest.CaptureFixture[str]) -> None:
    more = [
        "--doctor",
        "Dr. Ann Bell",
        "--topics",
        "twitching, cold feet",
        "--asker-name",
        "Ina",
        "--asker-age",
        "30~39",
    ]
    code, said = run(archive, capsys, *GIVEN, *more, "--question", "Cold feet")
    path = "content/threads/neurology/2023/cold-feet-why.md"
    assert (code, f"wrote {path}" in said) == (0, True), said
    assert (
        (archive.root / path).read_text(encoding="utf-8")
        == """\
---
title: "Cold feet: why?"
question: Cold feet
specialty: Neurology
asker: {name: Ina, age: 30~39}
asked: 2023-07-06
doctor: Ann Bell
replied: 2023-07-06
topics: [twitching, cold feet]
status: draft
---

## Question

(Put the asker's words here.)

## Reply

(Put the doctor's words here.)
"""
    )
    assert problems(archive) == []
    assert "wrote content/threads/neurology/2023/cold-feet-why-2.md" in run(archive, capsys, *GIVEN)[1]
    assert problems(archive) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--title: a title of the page is needed"),
        (["--title", "x"], "--specialty: a specialty is needed"),
        ([*GIVEN, "--asker-age", "old"], "--asker-age: 'old' is not an age: write 35, 30~39"),
        ([*GIVEN, "--asker-sex", "f"], "--asker-sex: 'sex' cannot be 'f': write one of: female, male, other"),
        ([*GIVEN, "--doctor", "Ann Bell", "--replied", "2023-07-05"], "--replied: 'replied' is 2023-07-05, before"),
        ([*GIVEN, "--asked", "tomorrow"], "--asked: 'asked' is not a date: 'tomorrow'"),
        ([*GIVEN, "--stem", "Cold"], "'Cold' cannot be an address: 'C' is a capital letter"),
        ([*GIVEN, "--stem", "calf-twitch"], "a thread 'calf-twitch' already: 'cold-feet-why' is free"),
        ([*GIVEN, "--stem", "old-heart"], "there is, or was, a thread 'old-heart'"),
        ([*GIVEN, "--title", "caf\udce9"], "--title: this is not UTF-8 text"),
        ([*GIVEN, "--topics", "cold feet, caf\udce9"], "--topics: this is not UTF-8 text"),
        ([*GIVEN, "--stem", "caf\udce9"], "cannot be an address"),
        ([*GIVEN, "--hospital", "North Hospital"], "--hospital belongs to a reply: give --doctor, too"),
        ([*GIVEN, "--doctor", "", "--replied", "2023-07-07"], "--replied belongs to a reply: give --doctor, too"),
        ([*GIVEN, "--lang", "chinese please"], "--lang: 'chinese please' is not a language tag"),
    ],
)
def test_what_cannot_be_is_refused(
    archive: Project, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    before = files(archive.root / "content")
    code, out = run(archive, capsys, *words)
    assert (code, said in out) == (2, True), out
    assert files(archive.root / "content") == before


def test_near_names_are_told(archive: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(archive, capsys, *GIVEN, "--doctor", "Anne Bell", "--dry-run")
    assert (code, "note: 'Anne Bell' is new in this archive; near: Ann Bell" in said) == (0, True)
    assert not (archive.root / "content/threads/neurology").exists()


def test_errors_elsewhere_do_not_matter(archive: Project, capsys: pytest.CaptureFixture[str]) -> None:
    archive.write("content/threads/torn/cold-feet-why.md", "torn")
    code, said = run(archive, capsys, *GIVEN)
    assert (code, "cold-feet-why-2.md" in said) == (0, True)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[str], list[str]]]:
    """Give the answers to be typed, and the questions that were asked."""
    answers: list[str] = []
    asked: list[str] = []

    def typed(words: str) -> str:
        asked.append(words)
        return answers.pop(0)

    monkeypatch.setattr(builtins, "input", typed)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    yield answers, asked
    assert not answers


def test_what_is_asked_on_a_terminal(
    archive: Project, capsys: pytest.CaptureFixture[str], terminal: tuple[list[str], list[str]]
) -> None:
    answers, asked = terminal
    answers += ["", "腳冷怎麼辦", "", "Neurolgy", "n", "Neurology", "2023-07-06", "Ina", "thirty", "30", "", "Bo Chan"]
    answers += ["", "", "", "zh-Hant", "Cold Feet", "calf-twitch", ""]
    code, said = run(archive, capsys)
    assert code == 0
    assert "wrote content/threads/neurology/2023/jiao-leng-zen-mo-ban.md" in said
    assert "  a title of the page is needed" in said
    assert "  'Neurolgy' is new in this archive; near: Neurology" in said
    assert "  'thirty' is not an age: write 35, 30~39, 90+ or 8 months" in said
    assert "  'Cold Feet' cannot be an address: 'C' is a capital letter" in said
    assert "  there is, or was, a thread 'calf-twitch' already" in said
    assert "day of the reply [2023-07-06]: " in asked
    assert asked[-1] == "name of the file, which is the address for good [jiao-leng-zen-mo-ban]: "
    assert problems(archive) == []


def test_names_are_completed(archive: Project) -> None:
    readline = pytest.importorskip("readline")
    known = census(archive.root)
    desk = Desk(known.spoken, known.directories, known.stems["threads"])
    doctor = next(field for field in FIELDS if field.key == "doctor")
    assert desk.choices(doctor) == ["Ann Bell", "Bo Chan"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builtins, "input", lambda _: "")
        new._prompt("", desk.choices(doctor))
    complete = readline.get_completer()
    assert [complete("b", 0), complete("b", 1), complete(" ann", 0)] == ["Bo Chan", None, None]


def test_who_stops_writes_nothing(
    archive: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))

    def stopped(_: str) -> str:
        raise EOFError

    monkeypatch.setattr(builtins, "input", stopped)
    before = files(archive.root / "content")
    assert run(archive, capsys) == (2, "medqa: stopped: nothing was written\n")
    assert files(archive.root / "content") == before


# --- stems ------------------------------------------------------------------------------------------------------------


@given(st.text(max_size=150))
def test_every_title_gives_a_stem(title: str) -> None:
    assert not stem_fault(naming.stem_for(title))


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Involuntary Muscle Twitches: Causes & Concerns", "involuntary-muscle-twitches-causes-concerns"),
        ("小腿肌肉跳動", "xiao-tui-ji-rou-tiao-dong"),
        ("Ménière's", "menieres"),
        ("???", "question"),
        ("word " * 40, "-".join(["word"] * 14)),
        ("x" * 200, "x" * 72),
    ],
)
def test_stems(title: str, stem: str) -> None:
    assert naming.stem_for(title) == stem


def test_a_stem_that_is_taken_gets_a_number() -> None:
    assert naming.free("a", set()) == "a"
    assert naming.free("a", {"a", "a-2"}) == "a-3"
