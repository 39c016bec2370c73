"""Same input, same bytes: on any machine, with any number of processes, in whatever order files were made."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from array import array
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from medqa import plan, work
from tests.drafts import first_archive
from tests.projects import Project, files
from tests.sites import ROOT

BUILD = ROOT / "build.py"
SETTINGS = {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive in two languages, with aliases, drafts and everything; its date is the newest in the content."""
    project = Project(tmp_path_factory.mktemp("determinism") / "archive")
    write(project, first_archive().sources().items())
    return project.root


@pytest.fixture(scope="module")
def expected(archive: Path) -> dict[str, bytes]:
    return run(archive, "--jobs", "1")


def write(project: Project, sources: Iterable[tuple[str, str]]) -> None:
    for path, text in sources:
        project.write(path, text)


def run(root: Path, *arguments: str, cwd: Path = ROOT, environment: Mapping[str, str] = {}) -> dict[str, bytes]:
    """Build an archive in a process of its own, without memory; give the site's files."""
    for folder in (root / "site", root / ".cache"):
        shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, str(BUILD), "build", "--root", os.path.relpath(root, cwd), *arguments]
    settings = {**os.environ, **SETTINGS, **environment}
    subprocess.run(command, cwd=cwd, env=settings, check=True, capture_output=True)
    return files(root / "site")


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"PYTHONHASHSEED": "1"}, id="hash seed"),
        pytest.param({"TZ": "Pacific/Kiritimati"}, id="time zone ahead"),
        pytest.param({"TZ": "America/Adak"}, id="time zone behind"),
        pytest.param({"LC_ALL": "C", "LANG": "zh_TW.BIG5", "LANGUAGE": "zh"}, id="locale"),
        pytest.param({"LC_ALL": "tr_TR.UTF-8"}, id="locale with another idea of i"),
    ],
)
def test_the_environment_changes_no_byte(
    archive: Path, expected: dict[str, bytes], environment: dict[str, str]
) -> None:
    assert run(archive, "--jobs", "1", environment=environment) == expected


def test_the_working_directory_changes_no_byte(archive: Path, expected: dict[str, bytes]) -> None:
    assert run(archive, cwd=archive / "content" / "threads") == expected


def test_the_place_and_the_order_of_files_change_no_byte(
    archive: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    elsewhere = Project(tmp_path / "a longer path, with 空白" / "archive")
    write(elsewhere, reversed(first_archive().sources().items()))
    assert files(elsewhere.root / "content") == files(archive / "content")
    assert run(elsewhere.root) == expected


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Chunks small enough that both stages are shared; gives the names of the functions that others run."""
    monkeypatch.setattr(work, "PARSE_CHUNK", 4)
    monkeypatch.setattr(work, "RENDER_CHUNK", 9)
    functions: list[str] = []
    submit = ProcessPoolExecutor.submit

    def noticed(self: ProcessPoolExecutor, function: object, *rest: object) -> object:
        functions.append(getattr(function, "__name__", ""))
        return submit(self, function, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ProcessPoolExecutor, "submit", noticed)
    return functions


def test_more_processes_change_no_byte(archive: Path, expected: dict[str, bytes], shared: list[str]) -> None:
    """Whoever is faster, the order stays."""
    project = Project(archive.with_name("processes"))
    write(project, first_archive().sources().items())
    for jobs in (2, 3):
        project.build(jobs=jobs, as_of=None, cache=None)
        assert project.files() == expected
        project.remove("site")
    assert shared.count("_parse_chunk") > 4
    assert shared.count("_run_inherited") > 4
    assert shared.count("_render_chunk") == 0


def test_copies_of_the_process_open_no_memory(
    archive: Path, expected: dict[str, bytes], shared: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite forbids to use what was opened before the process was copied."""
    project = Project(archive.with_name("memory"))
    write(project, first_archive().sources().items())
    here, asked = os.getpid(), project.root / "asked"

    def looked_at(statement: str) -> None:
        if os.getpid() != here:
            asked.write_text(statement)

    connect = sqlite3.connect

    def watched(*given: Any, **named: Any) -> sqlite3.Connection:
        base: sqlite3.Connection = connect(*given, **named)
        base.set_trace_callback(looked_at)
        return base

    monkeypatch.setattr(sqlite3, "connect", watched)
    project.build(jobs=3, as_of=None)
    assert not asked.exists()
    assert project.files() == expected
    assert shared.count("_run_inherited") > 4


@pytest.mark.parametrize(
    "why", ["all is remembered", "more than can be held", "another thread is at work", "only now", "the site is known"]
)
def test_pages_are_sent_to_those_who_cannot_plan_them(
    archive: Path, expected: dict[str, bytes], shared: list[str], monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    project = Project(archive.with_name(why))
    threads = first_archive().sources()
    write(project, threads.items())
    ended = threading.Event()
    other = threading.Thread(target=ended.wait)
    match why:
        case "all is remembered":
            project.build(as_of=None)
            shutil.rmtree(project.site)
            (state,) = project.cache.glob("site-*.sqlite")
            state.unlink()
        case "more than can be held":
            monkeypatch.setattr(work, "_HELD", 5)
        case "the site is known":  # of which every page is another one, and a document that was never seen
            project.mark("base.html", "!").edit("content/threads/thread-1.md", "## Question", "## Question\n\nAgain:")
            project.build(as_of=None)
            project.remove("templates").write("content/threads/thread-1.md", threads["content/threads/thread-1.md"])
        case "only now":  # nobody has been started to parse
            monkeypatch.setattr(work, "PARSE_CHUNK", 1_000)
            other.start()
        case _:
            other.start()
    try:
        project.build(jobs=2, as_of=None)
    finally:
        ended.set()
    assert project.files() == expected
    assert shared.count("_render_chunk") > 4
    assert shared.count("_run_inherited") == 0


def test_whoever_plans_a_page_the_same_is_remembered_of_it(archive: Path, shared: list[str]) -> None:
    remembered = []
    for jobs in (1, 2):
        project = Project(archive.with_name(f"remembering-{jobs}"))
        write(project, first_archive().sources().items())
        report = project.build(jobs=jobs, as_of=None)
        (state,) = project.cache.glob("site-*.sqlite")
        with closing(sqlite3.connect(state)) as base:
            told = {name: {*array("I", reads)} for name, reads in base.execute("SELECT name, reads FROM nodes")}
            prints = dict(base.execute("SELECT url, print FROM prints").fetchall())
        remembered.append((report.rendered, told, prints))
        assert len(report.rendered) == len(prints) == report.pages
        assert prints.keys() <= told.keys()
    assert shared.count("_run_inherited") > 4
    assert remembered[0] == remembered[1]


@pytest.mark.parametrize(
    ("cores", "told", "processes"),
    [
        pytest.param(4, {}, 4, id="no control group"),
        pytest.param(4, {"cpu.max": "max 100000\n"}, 4, id="no limit"),
        pytest.param(64, {"cpu.max": "200000 100000\n"}, 2, id="a container"),
        pytest.param(64, {"cpu.max": "150000 100000\n"}, 2, id="one and a half"),
        pytest.param(2, {"cpu.max": "400000 100000\n"}, 2, id="fewer cores than time"),
        pytest.param(64, {"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1, id="half of one"),
        pytest.param(
            64, {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8, id="a large machine"
        ),
        pytest.param(64, {"cpu.max": "1600000 100000\n"}, 8, id="a large container"),
        pytest.param(3, {"cpu.max": "nonsense"}, 3, id="what nobody knows"),
    ],
)
def test_no_more_processes_than_may_run_at_once(
    cores: int, told: dict[str, str], processes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CI jobs see all cores of the machine that they have a small part of."""
    for name, text in told.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(work, "_GROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    assert work.processors() == processes


@pytest.mark.parametrize("stage", ["parse", "plan"])
@pytest.mark.parametrize("jobs", [2, 4])
def test_a_worker_that_is_killed_costs_time_and_no_page(
    archive: Path, expected: dict[str, bytes], shared: list[str], monkeypatch: pytest.MonkeyPatch, stage: str, jobs: int
) -> None:
    """As the kernel does where memory runs out."""
    project = Project(archive.with_name(f"killed at {stage}, {jobs}"))
    write(project, first_archive().sources().items())
    here, module = os.getpid(), {"parse": work, "plan": plan}[stage]
    function = getattr(module, stage)

    def deadly(*given: Any) -> Any:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*given)

    monkeypatch.setattr(module, stage, deadly)
    project.build(jobs=jobs, as_of=None)
    assert project.files() == expected
    assert {"parse": "_parse_chunk", "plan": "_run_inherited"}[stage] in shared
    monkeypatch.undo()
    project.thread("brand-new")
    project.build(as_of=None)
    assert project.files() == project.clean_build_files(as_of=None)


def test_a_problem_is_the_same_from_any_process(archive: Path, shared: list[str]) -> None:
    project = Project(archive.with_name("problems"))
    write(project, first_archive().sources().items())
    project.thread("torn", asked="soon").thread("worn", specialty=None)
    alone, found = project.problems(), project.problems(jobs=2)
    assert {one.path for one in alone} == {"content/threads/torn.md", "content/threads/worn.md"}
    assert found == alone
    project.remove("content/threads/torn.md").remove("content/threads/worn.md").mark(
        "thread.html", "{{ page.nothing }}"
    )
    alone = project.problems()
    assert [one.code for one in alone] == ["MQ304"]
    for way, cache in (("_render_chunk", project.cache), ("_run_inherited", None)):
        found = project.problems(jobs=2, cache=cache)
        assert [(one.path, one.line, one.code) for one in found] == [(one.path, one.line, one.code) for one in alone]
        assert shared.count(way) > 4


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Live where it is tomorrow already."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Pacific/Kiritimati")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_east")
@pytest.mark.parametrize(("zone", "expected"), [("UTC", "2023-11-14"), ("Asia/Taipei", "2023-11-15")])
def test_the_day_is_that_of_the_last_commit_where_the_archive_is(project: Project, zone: str, expected: str) -> None:
    project.config(timezone=zone).thread("numb-hand")
    identity = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for name in ("AUTHOR", "COMMITTER"):
        identity |= {
            f"GIT_{name}_NAME": "A",
            f"GIT_{name}_EMAIL": "a@b.example",
            f"GIT_{name}_DATE": "1700000000 -1200",
        }
    settings = {**os.environ, **identity}
    for command in (["init", "-q"], ["add", "content"], ["commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", *command], cwd=project.root, env=settings, check=True, capture_output=True)
    assert project.build(as_of=None).as_of.isoformat() == expected
    assert project.build(as_of=datetime.fromtimestamp(1_700_000_000, UTC)).as_of.isoformat() == expected
