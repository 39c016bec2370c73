"""One archive with twenty different mistakes in many files: one run reports them all and leaves the site as it was."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from medqa import cli
from medqa.errors import CODES, Problem
from tests.projects import Project
from tests.sites import AS_OF, ROOT

EDITS = {
    "content/threads/colon.md": ('title: "Colon"', "title: Colon: the large bowel"),
    "content/threads/twice.md": ('title: "Twice"', 'title: "Twice"\ntitle: "Thrice"'),
    "content/threads/lost.md": ('title: "Lost"', "title: Lost my #4 tooth"),
    "content/threads/typing.md": ("doctor:", "docotr:"),
    "content/threads/day.md": ("2020-03-01", "2023-13-45"),
    "content/threads/sex.md": ('"female"', '"f"'),
    "content/threads/age.md": ('"30~39"', '"39~30"'),
    "content/threads/silent.md": ("## Reply\nIt passes: Silent.\n", ""),
    "content/threads/heading.md": ("## Reply", "# Reply"),
    "content/threads/early.md": ("2020-03-02", "2019-03-02"),
    "content/threads/reference.md": ('"calf-twitch"', '"calf-twich"'),
    "content/threads/future.md": ("2020-03-02", "2203-03-02"),
    "content/threads/link.md": ("calf-twitch.md", "calf-twich.md"),
    "content/threads/image.md": ("rash.jpg", "rahs.jpg"),
    "content/threads/two-names.md": ('"江俊宜"', '"江俊毅"'),
    "config.yaml": ("per_page: ", "per_pgae: "),
}
EXPECTED = """\
config.yaml:2:1: MQ108
content/threads/age.md:7:33: MQ205
content/threads/colon.md:2:13: MQ104
content/threads/conflict.md:5:1: MQ111
content/threads/day.md:4:8: MQ203
content/threads/early.md:6:10: MQ210
content/threads/encoding.md:1:1: MQ101
content/threads/future.md:6:10: MQ216
content/threads/heading.md:11:1: MQ207
content/threads/image.md:8:9: MQ302
content/threads/link.md:8:13: MQ301
content/threads/lost.md:2:16: MQ107
content/threads/reference.md:7:11: MQ212
content/threads/sex.md:7:16: MQ204
content/threads/silent.md:5:9: MQ209
content/threads/twice.md:3:1: MQ105
content/threads/two-names.md:5:9: MQ214
content/threads/two/sex.md:1:1: MQ211
content/threads/typing.md:5:1: MQ108
templates/doctor.html:3:1: MQ303
""".splitlines()


def write_good(project: Project) -> None:
    """Write an archive without a mistake."""
    project.config(per_page=10)
    project.record("pages", "about", "Who we are.", title="About us")
    project.thread("calf-twitch", asked="2019-05-01", doctor="江俊宜")
    for stem in ("colon", "twice", "lost", "typing", "day", "silent", "heading", "early", "future", "encoding"):
        project.thread(stem)
    project.thread("conflict")
    project.thread("sex", asker={"sex": "female"}).thread("age", asker={"name": "Hsuan", "age": "30~39"})
    project.thread("reference", related=["calf-twitch"]).thread("two-names", doctor="江俊宜")
    project.thread("link", body={"Question": "Is it\nlike [this](calf-twitch.md)?"}, doctor=None, replied=None)
    project.thread("image", body={"Question": "Is it\n![this](/images/rash.jpg)?"}, doctor=None, replied=None)
    project.write("static/images/rash.jpg", b"\xff\xd8")


@pytest.fixture
def archive(project: Project) -> Project:
    """The archive without a mistake, built."""
    write_good(project)
    project.build()
    return project


@pytest.fixture
def broken(archive: Project) -> Project:
    """The archive with twenty mistakes."""
    for path, (old, new) in EDITS.items():
        archive.edit(path, old, new)
    archive.thread("sex", folder="two")
    encoded = (archive.root / "content/threads/encoding.md").read_text(encoding="utf-8").encode("utf-16")
    archive.write("content/threads/encoding.md", encoded)
    archive.edit("content/threads/conflict.md", "doctor:", "<<<<<<< HEAD\n=======\n>>>>>>> spring\ndoctor:")
    return archive.write("templates/doctor.html", "<p>\n{{ page.title }}\n{% if page.title }}\n")


def arguments(project: Project, *more: str) -> list[str]:
    return ["--root", str(project.root), "--as-of", AS_OF.isoformat(), "--jobs", "1", *more]


def run(project: Project, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "build.py"), *arguments(project, *more)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, cwd=Path("/"))


def heads(lines: list[str]) -> list[str]:
    """Give `path:line:column: CODE` of printed problems."""
    return [line[: line.index(" MQ") + len(" MQ000")] for line in lines if not line.startswith(" ")]


def test_there_are_twenty() -> None:
    assert len(EXPECTED) == 20
    assert len({line.split()[1] for line in EXPECTED}) == 19, "one of them twice, in two kinds of files"


def test_one_run_reports_all_twenty_and_leaves_the_site_as_it_was(broken: Project) -> None:
    files, stamps = broken.files(), broken.stamps()
    done = run(broken)
    *problems, count = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (1, "")
    assert heads(problems) == EXPECTED
    assert count == "20 errors, 0 findings"
    assert sum(line.startswith("  hint: ") and len(line) > len("  hint: ") for line in problems) == 20
    shown = [line for line in problems if line.startswith("    ")]
    assert len(shown) > 2 * 15, "nearly all stand on a line that can be shown"
    assert all(set(marks) == {" ", "^"} for marks in shown[1::2])
    assert broken.files() == files
    assert broken.stamps() == stamps


def test_the_same_run_inside_the_program(broken: Project, capsys: pytest.CaptureFixture[str]) -> None:
    files = broken.files()
    assert cli.main(arguments(broken)) == 1
    assert heads(capsys.readouterr().out.splitlines()[:-1]) == EXPECTED
    assert broken.files() == files


def test_check_reports_the_same(broken: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", *arguments(broken)]) == 1
    assert heads(capsys.readouterr().out.splitlines()[:-1]) == EXPECTED


def test_a_second_run_and_one_with_more_processes_report_the_same(broken: Project) -> None:
    first = [str(found) for found in broken.problems()]
    assert heads(first) == EXPECTED
    assert [str(found) for found in broken.problems()] == first
    assert [str(found) for found in broken.problems(jobs=2, cache=None)] == first


def test_json_is_one_object_with_the_same_problems(broken: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments(broken, "--format", "json")) == 1
    told: dict[str, list[dict[str, Any]]] = json.loads(capsys.readouterr().out)
    assert set(told) == {"problems"}
    assert [str(Problem(**found)) for found in told["problems"]] == [str(found) for found in broken.problems()]
    for found in told["problems"]:
        assert set(found) == {"path", "line", "column", "width", "code", "severity", "message", "hint"}
        assert found["code"] in CODES
        assert (found["severity"], bool(found["message"]), bool(found["hint"])) == ("error", True, True)


def test_github_gets_an_annotation_for_each(broken: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments(broken, "--format", "github")) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 20
    for line, expected in zip(lines, EXPECTED, strict=True):
        place, code = expected.split(": ")
        path, number, column = place.rsplit(":", 2)
        assert line.startswith(f"::error file={path},line={number},col={column},title={code}::")
        assert "%0A" in line, "the hint stands on a line of its own"


def test_when_all_is_mended_nothing_is_left_of_it(broken: Project) -> None:
    broken.remove("templates/doctor.html").remove("content/threads/two")
    write_good(broken)
    assert broken.build().written == ()


def test_findings_alone_do_not_stop_a_build(archive: Project, capsys: pytest.CaptureFixture[str]) -> None:
    archive.thread("late", asked="2025-01-31", doctor=None, replied=None, body={"Question": "[x](javascript:x)"})
    assert cli.main(arguments(archive, "--format", "github")) == 0
    lines = capsys.readouterr().out.splitlines()
    place = "::warning file=content/threads/late.md"
    assert lines[:2] == [line for line in lines if line.startswith(place)]
    assert archive.has("/threads/late/")
    assert cli.main(["check", *arguments(archive)]) == 0
    assert cli.main(["check", *arguments(archive, "--strict")]) == 1
    archive.config(per_page=10, levels={"MQ501": "error", "MQ702": "off"})
    capsys.readouterr()
    assert cli.main(["check", *arguments(archive)]) == 1
    assert heads(capsys.readouterr().out.splitlines()[:-1]) == ["content/threads/late.md:4:8: MQ501"]
