"""What is shown while a build is at work, and to whom."""

import os
import subprocess
import sys
from io import StringIO

import pytest

from medqa import pipeline, progress
from medqa.progress import Bar, Clock, Lines, Step
from tests.projects import Project
from tests.sites import ROOT


class Time:
    """A clock that goes on by a second at each look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@pytest.fixture(autouse=True)
def seconds_that_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "perf_counter", Time())


def test_a_bar_is_drawn_in_place_and_leaves_nothing() -> None:
    stream = StringIO()
    clock = Clock(Bar(stream))
    with clock.stage("parse"):
        assert list(clock.count("abcd", 4)) == list("abcd")
    drawn = stream.getvalue().split("\r")
    assert "parse   [###############...............] 2 of 4" in drawn
    assert drawn[-1] == ""
    assert drawn[-2].strip() == ""
    assert len(drawn[-2]) >= len(drawn[-3].rstrip())


def test_a_log_gets_a_line_now_and_then_and_none_of_what_is_quick() -> None:
    said: list[str] = []
    clock = Clock(Lines(said.append))
    with clock.stage("read"):
        pass
    with clock.stage("make"):
        assert len(list(clock.count(range(25), 1_000))) == 25
    assert said == ["make: 9 of 1,000", "make: 19 of 1,000", "make: done in 26 s"]


def test_a_build_tells_how_far_each_stage_is(project: Project) -> None:
    project.thread("one").thread("two")
    steps: list[Step] = []
    report = pipeline.build(project.root, project.options(), steps.append)
    assert list(dict.fromkeys(step.stage for step in steps)) == list(report.seconds)
    assert ("parse", 2) in {(step.stage, step.total) for step in steps}
    assert ("make", report.pages) in {(step.stage, step.total) for step in steps}
    assert all(step.done <= step.total for step in steps)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "words", [["--help"], ["check", "--help"], ["--version"], ["stats"], ["check", "--format", "json"]]
)
def test_whoever_has_read_enough_is_told_no_more(project: Project, words: list[str], unbuffered: str) -> None:
    """As `| head -1` has."""
    project.thread("numb-hand")
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "build.py", *words, *([] if "-" in words[0] else ["--root", str(project.root)])]
    settings = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with os.fdopen(writing) as closed:
        ended = subprocess.run(
            command, cwd=ROOT, env=settings, stdout=closed, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ended.returncode in {0, 1}  # argparse itself takes no notice, in some releases of Python
    assert "Traceback" not in ended.stderr
    assert "BrokenPipeError" not in ended.stderr
