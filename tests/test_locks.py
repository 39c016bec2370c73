"""One build at a time, among real processes: who is refused is told by whom, and nobody waits for the dead."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from medqa.errors import UsageError
from medqa.locks import Lock
from medqa.outputs import Site
from tests.faults import STAGE
from tests.projects import Project, edit_question, files
from tests.sites import AS_OF, ROOT

HOLD = "import sys, pathlib, medqa.outputs as o; site = o.Site(pathlib.Path(sys.argv[1])); print(flush=True); input()"


@contextmanager
def holder(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Let another process have a site until it is killed."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], cwd=ROOT, text=True, **pipes) as process:  # type: ignore[call-overload]
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def build(project: Project) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "build.py", "--root", str(project.root), "--as-of", AS_OF.isoformat(), "--jobs", "1"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_second_build_is_refused_and_told_by_whom_and_the_next_is_not(archive: Project) -> None:
    edit_question(archive)
    before = archive.stamps()
    with holder(archive.site) as process:
        refused = build(archive)
        assert refused.returncode == 2
        assert not refused.stdout
        who = re.escape(f"{archive.site} (process {process.pid} on {socket.gethostname()}, since ")
        said = rf"medqa: another build is at work on {who}[-0-9]+ [:0-9]+ UTC\): wait until it is done\n"
        assert re.fullmatch(said, refused.stderr), refused.stderr
        assert archive.stamps().items() >= before.items()
    assert (archive.site / STAGE / "holder").exists(), "a killed process tidies nothing up"
    assert build(archive).returncode == 0
    assert archive.files() == archive.clean_build_files()


def test_a_note_of_the_dead_is_not_believed(archive: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with holder(archive.site):
        pass
    monkeypatch.setattr(Lock, "sign", lambda _: None)
    note = (archive.site / STAGE / "holder").read_text(encoding="utf-8")
    folder = os.open(archive.site, os.O_RDONLY)
    flock(folder, LOCK_EX)
    with pytest.raises(UsageError, match="another build") as refusal:
        Site(archive.site)
    os.close(folder)
    assert note.startswith("process ")
    assert note not in str(refusal.value)


def test_a_build_leaves_nothing_of_its_lock(archive: Project) -> None:
    before = files(archive.root)
    with closing(Site(archive.site)):
        assert files(archive.root).keys() - before.keys() == {f"site/{STAGE}/holder"}
    assert files(archive.root) == before


def test_a_site_that_goes_while_it_is_looked_at_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last holder removes a folder that it had made for nothing, just when the next one has opened it."""
    folder = tmp_path / "site"
    real = flock

    def late(handle: int, how: int) -> None:
        if not calls:
            folder.rmdir()
        calls.append(how)
        real(handle, how)

    calls: list[int] = []
    monkeypatch.setattr("medqa.locks.flock", late)
    with closing(Site(folder)) as site:
        site.publish(site.stage([("index.html", b"here")]), frozenset({"index.html"}), str)
    assert (folder / "index.html").read_bytes() == b"here"
