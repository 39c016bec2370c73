"""Input that nobody means to write: it is reported, or harmless, and never ends in a traceback or takes for ever."""

import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from medqa import cli, reports, sources, yamltext
from medqa.config import Config, Message, UnfilledError
from medqa.directory import Directory
from medqa.documents import Doctor, Parsed
from medqa.errors import Problem, problem, suggestion
from medqa.locales import load_locales
from medqa.parse import dialect, parse
from medqa.sources import Place
from tests.projects import Project
from tests.sites import ROOT

MILLION = 1_000_000
GENEROUS = 10
"""Seconds of CPU: a hundred times what any of these needs, and far less than an algorithm that is not linear."""
ENGLISH = dialect(Config(), load_locales(Path("/nowhere"), Config())[0])
HEADER = "title: x\nspecialty: y\nasked: 2020-01-01\n"
HEADERS = {
    "a long value": "question: " + "x" * MILLION,
    "a long name": "doctor: " + "Ann B" * (MILLION // 5) + "\nreplied: 2020-01-02",
    "a long age": f"asker: {{age: {'9' * MILLION}}}",
    "a long date": "reviewed_on: " + "2" * MILLION,
    "a long number": f"corrections: [{{on: 2020-01-01, why: x, reply: {'1' * MILLION}}}]",
    "a long unknown key": f"{'k' * 900}: x",
    "a long list": "topics: [" + "a, " * (MILLION // 3) + "]",
    "a list of lost texts": "topics:\n" + "  - a #b\n" * 20_000,
    "many spaces": "question: x" + " " * MILLION + "#y",
    "deep brackets": "topics: " + "[" * MILLION,
    "deep braces": "asker: " + "{a: " * 100_000,
    "deep blocks": "".join(" " * depth + "a:\n" for depth in range(1_000)),
    "many dashes": "topics:\n" + "- " * 100_000,
    "many quotes": "question: " + "'\"" * (MILLION // 2),
    "many colons": "question: " + ": " * (MILLION // 2),
    "many tags": "question: " + "!a " * (MILLION // 3),
    "many anchors": "question: " + "&a " * (MILLION // 3),
    "a long language": "lang: " + "a-" * (MILLION // 2),
}
BODIES = {
    "a long line": "word " * (MILLION // 5),
    "a long heading": "## Question" + " " * MILLION + "#" * 1_000 + " x",
    "a heading of marks": "## " + " #" * (MILLION // 2) + " x",
    "marks alone": "#" * MILLION,
    "many headings": "### x\n" * 20_000,
    "many wrong headings": "## x\n" * 2_000,
    "many fences": "```\n~~~\n" * 50_000,
    "conflict marks": "<" * MILLION + "\n" + ">" * MILLION,
    "many line ends": "\n" * MILLION,
}


def seconds(start: float) -> float:
    return time.process_time() - start


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_headers_of_a_million_characters(header: str) -> None:
    start = time.process_time()
    found = parse(Place("threads", "x", "x.md"), f"---\n{HEADER}{header}\n---\n## Question\nx\n## Reply\ny\n", ENGLISH)
    problems = found.findings if isinstance(found, Parsed) else found
    assert all(len(one.message) < 500 and len(one.hint) < 1_000 for one in problems)
    assert seconds(start) < GENEROUS


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_bodies_of_a_million_characters(body: str) -> None:
    start = time.process_time()
    assert parse(Place("threads", "x", "x.md"), f"---\n{HEADER}---\n## Question\n{body}\n", ENGLISH)
    assert seconds(start) < GENEROUS


def test_reading_lists_is_linear() -> None:
    start = time.process_time()
    _, problems = yamltext.read("a: [" + "b, " * 200_000 + "]\n", "x")
    assert problems == []
    assert seconds(start) < GENEROUS


def test_many_names_without_records_are_compared_in_no_time() -> None:
    random = Random(1)
    people = ["".join(random.choices("aeioubdfgklmnprst ", k=14)).strip() for _ in range(8_000)]
    records = [(Place("doctors", f"r{n}", f"r{n}.md"), _doctor(f"r{n}", one)) for n, one in enumerate(people[:2_000])]
    start = time.process_time()
    misspelt = people[7][:-1]
    directory = Directory("doctors", records, dict.fromkeys([*people[2_000:], misspelt], 1))
    odd = directory.oddities()
    found = directory.problems(odd, {one.spelling: ("x.md", 1, 1) for one in odd})
    assert seconds(start) < GENEROUS
    assert sum(f"'{misspelt}'" in one.message for one in found if one.code == "MQ502") == 1


def _doctor(stem: str, name: str) -> Doctor:
    text = f"---\nname: {name}\n---\n"
    found = parse(Place("doctors", stem, f"{stem}.md"), text, ENGLISH)
    assert isinstance(found, Parsed)
    assert isinstance(found.document, Doctor)
    return found.document


def test_files_of_random_bytes(project: Project) -> None:
    random = Random(2)
    for number in range(30):
        project.write(f"content/threads/junk-{number}.md", random.randbytes(random.randrange(1, 4_000)))
    project.write("config.yaml", random.randbytes(500)).write("templates/thread.html", random.randbytes(500))
    project.write("templates/locales/en.yaml", random.randbytes(500)).write("static/any.bin", random.randbytes(500))
    problems = project.problems()
    assert {one.path for one in problems} >= {"config.yaml", "templates/thread.html", "templates/locales/en.yaml"}
    assert sum(1 for one in problems if one.path.startswith("content/threads/junk-")) == 30


# --- files and folders ------------------------------------------------------------------------------------------------


def shown(project: Project) -> list[str]:
    return [f"{one.path}:{one.line}:{one.column}: {one.code} {one.message}" for one in project.problems()]


@pytest.mark.parametrize(
    ("name", "path", "what"),
    [
        (b"\xff.md", "\ufffd.md", "the file's name is not UTF-8"),
        (b"\xff/x.md", "\ufffd/x.md", "the file's name is not UTF-8"),
        (b"a\nb.md", "a\ufffdb.md", "the file's name has a line end or another control character"),
        (b"a\x1b[31m/b.md", "a\ufffd[31m/b.md", "the file's name has a line end or another control character"),
    ],
)
@pytest.mark.parametrize("folder", ["content/threads", "static", "templates/assets"])
def test_names_that_cannot_be_written_down(project: Project, folder: str, name: bytes, path: str, what: str) -> None:
    file = Path(os.fsdecode(os.fsencode(project.root / folder) + b"/" + name))
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    assert shown(project) == [f"{folder}/{path}:1:1: MQ109 {what}"]


@pytest.mark.parametrize("name", [b"templates/\xff.html", b"templates/a\nb.html", b"templates/locales/\xff.yaml"])
def test_templates_have_names_that_can_be_written_down(project: Project, name: bytes) -> None:
    file = Path(os.fsdecode(os.fsencode(project.root) + b"/" + name))
    file.parent.mkdir(parents=True)
    file.write_bytes(b"")
    assert [one.code for one in project.problems()] == ["MQ109"]


def test_accents_taken_apart_in_names_of_files_are_the_same_accents(project: Project) -> None:
    apart, together = "cafe\u0301", "caf\u00e9"
    project.thread(apart, folder=apart).thread("one", related=[together]).thread("two", superseded_by=apart)
    links = f"[x]({together}/{together}.md), [y]({apart}/{apart}.md)"
    project.thread("three", body={"Question": links}, doctor=None, replied=None)
    project.build()
    assert project.has(f"/threads/{together}/")
    assert project.page("/threads/three/").count('href="/threads/caf%C3%A9/"') >= 2


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder's name; such a folder may not be read (not even root could, who may read what has no rights)."""
    scandir = os.scandir

    def closed_scandir(path: Any = ".") -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed_scandir)
    return "closed"


def test_a_folder_that_cannot_be_read_is_no_empty_folder(project: Project, closed: str) -> None:
    project.thread("good").thread("hidden", folder=closed).write(f"static/{closed}/x.txt", "x")
    project.write(f"content/doctors/{closed}/x.txt", "x")
    assert shown(project) == [
        "content/doctors/closed:1:1: MQ112 this folder cannot be read, or is a link",
        "content/threads/closed:1:1: MQ112 this folder cannot be read, or is a link",
        "static/closed:1:1: MQ112 this folder cannot be read, or is a link",
    ]


def test_a_file_that_cannot_be_read(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.thread("good").thread("closed")
    read = sources.bytes_of

    def closed_read(root: Path, file: Path) -> bytes:
        if file.name == "closed.md":
            file = file / "x"  # which cannot be opened, whoever asks
        return read(root, file)

    monkeypatch.setattr(sources, "bytes_of", closed_read)
    assert shown(project) == ["content/threads/closed.md/x:1:1: MQ112 cannot be read: Not a directory"]


def test_an_archive_without_content(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--root", str(tmp_path)]) == 2
    assert "no folder 'content'" in capsys.readouterr().err
    (tmp_path / "content").write_text("x", encoding="utf-8")
    assert cli.main(["--root", str(tmp_path)]) == 2
    assert not (tmp_path / "site").exists()


def test_an_archive_with_empty_folders(project: Project) -> None:
    for kind in sources.KINDS:
        (project.root / "content" / kind).mkdir()
    (project.root / "templates").mkdir()
    (project.root / "static").mkdir()
    assert project.build().threads == 0


def test_files_in_the_place_of_folders(project: Project) -> None:
    for path in ("content/threads", "content/doctors", "static", "templates"):
        project.write(path, "x")
    assert [line.split(" ")[:2] for line in shown(project)] == [
        ["content/doctors:1:1:", "MQ110"],
        ["content/threads:1:1:", "MQ110"],
    ]


# --- what is said -----------------------------------------------------------------------------------------------------


def test_a_terminal_without_chinese_shows_escapes(project: Project) -> None:
    project.thread("夜間", asked="昨天")
    command = [sys.executable, str(ROOT / "build.py"), "--root", str(project.root)]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("content/threads/\\u591c\\u9593.md:4:8: MQ203")


def test_an_annotation_keeps_to_its_line_and_its_fields() -> None:
    found = Problem("content/threads/a,b:c%/x.md", 1, 2, "MQ301", "100 %, so: there", "write\r\nthis")
    text = (
        "::error file=content/threads/a%2Cb%3Ac%25/x.md,line=1,col=2,title=MQ301::100 %25, so: there%0Awrite%0D%0Athis"
    )
    assert list(reports.github([found], lambda _: "error")) == [text]


def test_what_cannot_be_seen_is_shown_in_messages() -> None:
    found = problem(("x", 1, 1), "MQ203", "not a date: '\u200b2023\n\x07\udc80'", "\u3000")
    assert (found.message, found.hint) == ("not a date: '\\u200b2023\\n\\x07\\udc80'", "\\u3000")
    assert len(problem(("x", 1, 1), "MQ203", "x" * MILLION).message) < 400


def test_suggestions() -> None:
    assert suggestion("DOCOTR", ["doctor", "replied"]) == "did you mean 'doctor'?"
    assert suggestion("colour", ["doctor", "age"]) == "known here: age, doctor"
    assert suggestion("colour", []) == ""
    assert suggestion("colour", map(str, range(100))) == ""


def test_a_string_that_cannot_be_filled_is_a_problem_of_the_strings() -> None:
    assert Message("{n} days", one="{n} day")(n=1) == "1 day"
    with pytest.raises(UnfilledError, match=r"there is no value for '{nme}' in 'Dr\. {nme}'") as failure:
        Message("Dr. {nme}")(name="Ann")
    (found,) = failure.value.problems
    assert (found.path, found.code, found.hint) == ("templates/locales", "MQ305", "known here: {name}")


def test_english_strings_of_the_tools_own_checkout_are_told_by_their_use(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    templates = project.root / "templates"
    for file in sorted(sources.PACKAGED_TEMPLATES.rglob("*")):
        if file.is_file():
            project.write(f"templates/{file.relative_to(sources.PACKAGED_TEMPLATES)}", file.read_bytes())
    monkeypatch.setattr(sources, "PACKAGED_TEMPLATES", templates)
    project.thread("good", asked="yesterday").edit(
        "templates/locales/en.yaml", 'doctor_name: "Dr. {name}"', 'doctor_name: "{nme}"'
    )
    project.thread("better")
    found = [(one.path, one.code) for one in project.problems()]
    assert found == [
        ("content/threads/good.md", "MQ203"),
        ("templates/locales", "MQ305"),
        ("templates/locales/zh-Hant.yaml", "MQ305"),
    ]
