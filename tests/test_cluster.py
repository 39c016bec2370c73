"""Building on a Dask cluster: a scheduler and workers in processes of their own, on this machine."""

import math
import os
import pickle
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from medqa import cli, pipeline, sources, work
from medqa.errors import UsageError, problem
from tests.drafts import first_archive
from tests.projects import Project, small_archive
from tests.sites import AS_OF, ROOT

distributed = pytest.importorskip("distributed", reason="Dask is not installed: no build on a cluster is tested")
cluster = pytest.importorskip("medqa.cluster")

HOOK = """
import os, signal
from medqa import work
def _{stage}_chunk(job, done=work._{stage}_chunk):
    try:
        os.close(os.open({sign!r}, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return done(job)
    {deed}
work._{stage}_chunk = _{stage}_chunk
"""
"""A worker's own: the first chunk, of all workers', ends otherwise."""
SUICIDE = "os.kill(os.getpid(), signal.SIGKILL)"
OTHER_ENGINE = "from medqa import cluster\ncluster._ENGINE = 'another'\n"


class Machines:
    """A scheduler and workers, all on this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = ExitStack()
        self.settings = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "info"}
        self.address = ""

    def start(self, workers: Sequence[str] = ("", ""), *, failures: int = 3) -> str:
        """Start workers, each with words to run first; gives the scheduler's address when all are there."""
        self.settings["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] = str(failures)
        self.scheduler = self._run("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-show", "--no-jupyter")
        self.address = said_by(self.scheduler, r"Scheduler at:\s+(tcp://\S+)")
        self.workers = [self._worker(words) for words in workers]
        for worker in self.workers:
            said_by(worker, r"Registered to:\s+(\S+)")
        return self.address

    def join(self, words: str, *more: str) -> None:
        """Start one more worker."""
        said_by(self._worker(words, *more), r"Registered to:\s+(\S+)")

    def _worker(self, words: str, *more: str) -> "subprocess.Popen[str]":
        options = ["--no-nanny", "--local-directory", str(self._folder), *(more or ("--nthreads", "1"))]
        return self._run("worker", self.address, *options, *(["--preload", words] if words else []))

    def _run(self, what: str, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments, "--no-dashboard"]
        process = subprocess.Popen(
            command, cwd=self._folder, env=self.settings, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        self._running.enter_context(process)
        self._running.callback(process.kill)
        return process

    def stop(self) -> None:
        self._running.close()


def said_by(process: "subprocess.Popen[str]", words: str) -> str:
    """Wait until a process says something."""
    said = []
    for line in process.stderr or ():
        said.append(line)
        if found := re.search(words, line):
            return found[1]
    raise AssertionError("".join(said))


@contextmanager
def machines(folder: Path) -> Iterator[Machines]:
    started = Machines(folder)
    try:
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A cluster of two workers to which nothing happens."""
    with machines(tmp_path_factory.mktemp("steady")) as started:
        yield started.start()


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[Machines]:
    """Machines for one test."""
    with machines(tmp_path) as started:
        yield started


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "PARSE_CHUNK", 4)
    monkeypatch.setattr(work, "RENDER_CHUNK", 9)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """An archive of many chunks, with its site as one process makes it."""
    project = Project(tmp_path_factory.mktemp("cluster") / "archive")
    for path, text in first_archive().sources().items():
        project.write(path, text)
    project.build(cache=None)
    return project


def complaint(address: str, project: Project, **options: Any) -> str:
    """Build on a cluster, which has to fail; gives what is said, and makes sure that the site stands as it was."""
    before = project.stamps()
    with pytest.raises(UsageError) as failure:
        project.build(cluster=address, **{"cache": None, **options})
    assert project.stamps() == before
    return str(failure.value)


# --- the same site ----------------------------------------------------------------------------------------------------


def test_a_cluster_makes_the_same_bytes(steady: str, archive: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    submit = cluster.Cluster.submit

    def noticed(self: object, function: Callable[..., object], job: object) -> object:
        sent.append(function.__name__)
        return submit(self, function, job)

    monkeypatch.setattr(cluster.Cluster, "submit", noticed)
    assert archive.clean_build_files(cluster=steady) == archive.files()
    assert sent.count("_parse_chunk") > 4
    assert sent.count("_render_chunk") > 4


def test_what_is_remembered_and_what_is_checked_are_the_same(steady: str, project: Project) -> None:
    small_archive(project)
    project.edit("content/threads/calf-twitch.md", "at night", "all night long")
    project.config(name="Another Name")
    project.build(cluster=steady)
    assert project.files() == project.clean_build_files()
    project.thread("torn", asked="soon").thread("worn", specialty=None)
    assert project.problems(cluster=steady) == project.problems()
    found = pipeline.check(project.root, project.options(cluster=steady))
    errors = {one.path for one in found.problems if one.severity == "error"}
    assert errors == {"content/threads/torn.md", "content/threads/worn.md"}
    assert found == pipeline.check(project.root, project.options())


def test_a_template_that_fails_is_the_same_problem(steady: str, project: Project) -> None:
    small_archive(project).mark("thread.html", "{{ page.nothing }}")
    assert [(one.path, one.line, one.code) for one in project.problems(cluster=steady)] == [
        (one.path, one.line, one.code) for one in project.problems()
    ]


def test_only_as_many_chunks_are_under_way_as_workers_can_use(steady: str, archive: Project) -> None:
    crew = cluster.Cluster(steady, archive.root)
    waiting = 0
    most = 0

    class Counting:
        apart = True
        start = staticmethod(crew.start)
        width = staticmethod(crew.width)
        busy = staticmethod(crew.busy)
        copied = staticmethod(crew.copied)
        close = staticmethod(crew.close)

        @staticmethod
        def submit(function: Callable[[work.Job], work.Result], job: work.Job) -> Callable[[], work.Result]:
            nonlocal waiting, most
            waiting += 1
            most = max(most, waiting)
            result: Callable[[], work.Result] = crew.submit(function, job)

            def given() -> work.Result:
                nonlocal waiting
                waiting -= 1
                return result()

            return given

    with work.Pool(1, Counting()) as pool:
        assert list(pool.map(abs, range(-30, 0))) == list(range(30, 0, -1))
    assert most == 2 * 2 + 1


# --- machines that die ------------------------------------------------------------------------------------------------


def dying(stage: str, sign: Path, deed: str = SUICIDE) -> str:
    """Give a worker's words for dying at a stage, if no other has."""
    return HOOK.format(stage=stage, sign=str(sign), deed=deed)


def test_workers_killed_in_mid_build_cost_no_page(fragile: Machines, archive: Project, tmp_path: Path) -> None:
    words = dying("parse", tmp_path / "parse") + dying("render", tmp_path / "render")
    address = fragile.start([words] * 3)
    assert archive.clean_build_files(cluster=address) == archive.files()
    ends = [worker.poll() for worker in fragile.workers]
    assert sorted(ends, key=str) == [-signal.SIGKILL, -signal.SIGKILL, None]


def test_a_chunk_that_kills_worker_after_worker_is_one_error(
    fragile: Machines, archive: Project, tmp_path: Path
) -> None:
    """Here after one worker already, which Dask can be told."""
    address = fragile.start([dying("parse", tmp_path / "sign")] * 2, failures=0)
    assert "worker after worker died at the same part of the work, content/" in complaint(address, archive)


def test_an_error_of_medqa_itself_comes_back_from_where_it_was_raised(steady: str, archive: Project) -> None:
    with (
        work.Pool(1, cluster.Cluster(steady, archive.root)) as pool,
        pytest.raises(ValueError, match="math") as failure,
    ):
        list(pool.map(math.sqrt, [1, -1]))
    assert failure.value.__notes__[0].startswith("on a worker:")

    class Unpackable(Exception):  # noqa: N818 - a test's own
        """Of a class that is nowhere to be found."""

    _, error = pickle.loads(cluster._packed_error(Unpackable("words")))  # noqa: S301 - packed here
    assert isinstance(error, RuntimeError)
    assert str(error).startswith("Unpackable words\non a worker:")


def test_a_cluster_without_workers_is_not_waited_for(
    fragile: Machines, archive: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "WAITING", 2)
    address = fragile.start([dying("render", tmp_path / "sign")])
    assert "has no worker left" in complaint(address, archive)
    monkeypatch.setattr(cluster, "WAITING", 0.1)
    assert "has no workers: start some" in complaint(address, archive)


def test_a_scheduler_lost_in_mid_build_is_one_error(fragile: Machines, archive: Project, tmp_path: Path) -> None:
    deed = "import psutil; [one.kill() for one in psutil.process_iter() if one.pid == int(open({!r}).read())]"
    note = tmp_path / "scheduler"
    address = fragile.start([dying("render", tmp_path / "sign", deed.format(str(note)))])
    note.write_text(str(fragile.scheduler.pid), encoding="utf-8")
    assert complaint(address, archive).startswith(f"the cluster at {address} was lost")


# --- machines that do not fit -----------------------------------------------------------------------------------------


def test_workers_that_would_make_other_pages_are_refused(fragile: Machines, archive: Project) -> None:
    address = fragile.start([OTHER_ENGINE])
    said = complaint(address, archive)
    assert re.fullmatch(r"the worker at tcp://\S+ runs another version of medqa, .*", said)
    fragile.join("", "--nthreads", "2")
    said = complaint(address, archive)
    assert re.search("another version of medqa|has 2 threads: start workers with --nworkers -1 --nthreads 1", said)
    assert said.endswith("(and 1 more of its machines do not fit)")


def test_a_worker_that_joins_later_is_looked_at_too(
    steady: str, archive: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    crew = cluster.Cluster(steady, archive.root)
    with work.Pool(1, crew) as pool:
        monkeypatch.setattr(cluster, "_ENGINE", "ours")
        crew._ticket = pickle.dumps(("later", str(archive.root), cluster.view(str(archive.root))))
        with pytest.raises(UsageError, match=r"^the worker at tcp://\S+ runs another version of medqa"):
            list(pool.map(abs, [-1, -2]))


def test_what_a_machine_sees_tells_whether_it_fits(archive: Project, tmp_path: Path) -> None:
    root = str(archive.root)
    ours = cluster.view(root)
    assert cluster.fault(ours, ours, root) == ""
    assert cluster.fault({**ours, "Python": "3.9"}, ours, root).startswith("runs Python 3.9, this machine 3.")
    assert "No module named 'medqa'" in cluster.fault(ModuleNotFoundError("No module named 'medqa'"), ours, root)
    assert cluster.fault(cluster.view(str(tmp_path / "none")), ours, root).startswith("does not see the archive in /")
    other = Project(tmp_path / "other").config(name="Another")
    assert cluster.fault(cluster.view(str(other.root)), ours, root).startswith("sees other settings or templates")
    other.write("config.yaml", (archive.root / "config.yaml").read_bytes())
    assert cluster.fault(cluster.view(str(other.root)), ours, root) == ""
    other.mark("thread.html", "mark")
    assert cluster.fault(cluster.view(str(other.root)), ours, root).startswith("sees other settings or templates")


class Late:
    """A crew that reads texts as they were a while ago, and none of those that are new."""

    apart = True

    def start(self) -> None:
        """Nobody has to come."""

    def width(self) -> int:
        return 2

    def busy(self) -> bool:
        return False

    def submit(self, function: Callable[[work.Job], work.Result], job: work.Job) -> Callable[[], work.Result]:
        read = sources.read

        def late(root: Path, path: str) -> sources.Source:
            found = read(root, path)
            if "twitch" in path:
                raise sources.UnreadableError(problem((path, 1, 1), "MQ112", "cannot be read: stale file handle"))
            return sources.Source(path, sources.blob_id(b"old"), found.text.replace("helps", "helped"))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sources, "read", late)
            result = function(job)
        return lambda: result

    def copied(self, function: Callable[[Any], Any]) -> None:
        """Nobody is a copy."""

    def close(self) -> None:
        """Nobody has to go."""


def test_what_stands_here_counts_where_others_see_it_late(project: Project) -> None:
    small_archive(project)
    expected = project.files()
    project.remove("site").remove(".cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "_pool", lambda *_: work.Pool(1, Late()))
        project.build()
    assert project.files() == expected


def test_templates_that_are_not_what_they_were_are_one_error(project: Project) -> None:
    """Whoever renders: a page has to be of the templates that its fingerprint names."""
    small_archive(project)
    render = work._render_chunk

    def after_an_edit(job: work._RenderJob) -> object:
        project.mark("thread.html", "edited meanwhile")
        return render(job)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "_render_chunk", after_an_edit)
        patch.setattr(work, "_compiled", {})
        project.config(name="Another")
        with pytest.raises(UsageError, match=r"templates of .* are no longer what they were: build again"):
            project.build()


def test_where_no_scheduler_answers_there_is_one_error(
    archive: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECTING", 0.2)
    arguments = ["build", "--root", str(archive.root), "--as-of", AS_OF.isoformat(), "--cluster"]
    assert cli.main([*arguments, "tcp://127.0.0.1:9"]) == 2
    assert capsys.readouterr().err.startswith("medqa: no Dask scheduler answers at tcp://127.0.0.1:9 (")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        assert complaint(address, archive) == f"no Dask scheduler answers at {address} (no answer in 0.2 seconds)"


def test_the_address_of_a_worker_is_not_that_of_a_scheduler(steady: str, archive: Project) -> None:
    crew = cluster.Cluster(steady, archive.root)
    worker = min(crew._workers())
    crew.close()
    assert "is a Dask worker: name the scheduler's address" in complaint(worker, archive)


def test_without_dask_the_error_says_what_to_install(archive: Project) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "distributed", None)
        patch.delitem(sys.modules, "medqa.cluster")
        assert "pip install 'medqa[cluster]'" in complaint("tcp://127.0.0.1:9", archive)


@pytest.mark.parametrize("words", [["nowhere"], ["tcp://host"], ["http://host:1"], ["tcp://h:1", "--jobs", "2"]])
def test_an_address_has_one_form_and_a_cluster_its_own_processes(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["build", "--cluster", *words])
    assert end.value.code == 2
    assert re.search("write tcp://HOST:PORT|not allowed with", capsys.readouterr().err)
