"""Whole builds on disks that are full, cannot be written, or lose a folder: the old site stays, and one line says why.

`test_publication.py` lets a disk fail at every change; here the disks are real ones where they can be had.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from medqa import cli, work
from medqa.outputs import Site
from tests.faults import STAGE
from tests.projects import Project
from tests.sites import AS_OF


class Build:
    """A build by the command line of an archive of which every page has changed."""

    def __init__(self, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
        self.project = project.config(name="Another Name")
        self.capsys = capsys

    def run(self) -> str:
        """Build, which leaves the site alone or is fine; give the one line that says why, "" where it is fine."""
        before = self.project.stamps() if self.project.site.exists() else {}
        arguments = ["build", "--root", str(self.project.root), "--as-of", AS_OF.isoformat(), "--jobs", "1"]
        code = cli.main(arguments)
        said = self.capsys.readouterr().err
        if not code:
            assert not said
            return ""
        assert code == 2, said
        assert said.startswith("medqa: ")
        assert said.count("\n") == 1
        assert not self.project.site.exists() or self.project.stamps() == before
        return said

    def succeeds(self) -> None:
        assert not self.run()
        found = {path: data for path, data in self.project.files().items() if path != "ballast"}
        assert found == self.project.clean_build_files()


@pytest.fixture
def build(archive: Project, capsys: pytest.CaptureFixture[str]) -> Build:
    return Build(archive, capsys)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Give the folder of a disk of its own, of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2M", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no disk can be mounted here, which needs root: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def on(disk: Path, folder: Path) -> None:
    """Move a folder to a disk."""
    shutil.copytree(folder, disk / folder.name, copy_function=shutil.copy2)
    shutil.rmtree(folder)
    folder.symlink_to(disk / folder.name)


def fill(disk: Path, leave: int) -> Path:
    """Fill a disk up, but for so many bytes."""
    ballast = disk / "ballast"
    ballast.write_bytes(b"")
    ballast.write_bytes(bytes(shutil.disk_usage(disk).free - leave))
    return ballast


def test_a_full_disk_keeps_the_old_site(build: Build, disk: Path) -> None:
    on(disk, build.project.site)
    refusals = 0
    for leave in count(0, 40_960):
        ballast = fill(disk, leave)
        said = build.run()
        if not said:
            break
        assert said.startswith(f"medqa: {build.project.site}/")
        assert said.endswith(": the disk is full: make room and build again (the site is as it was)\n")
        refusals += 1
    assert refusals > 3
    ballast.unlink()
    build.succeeds()


def test_a_full_disk_under_the_cache_keeps_the_old_site_or_lets_the_new_one_be(build: Build, disk: Path) -> None:
    """What cannot be remembered is made again by the next build."""
    on(disk, build.project.cache)
    build.project.thread("brand-new")
    arguments = ["build", "--root", str(build.project.root), "--as-of", AS_OF.isoformat(), "--jobs", "1"]
    old, refusals = build.project.files(), 0
    for leave in count(0, 40_960):
        ballast = fill(disk, leave)
        if not cli.main(arguments):
            break
        said = build.capsys.readouterr().err
        assert said.startswith(f"medqa: {build.project.cache}")
        assert "disk is full" in said
        assert build.project.files() in (old, build.project.clean_build_files())
        refusals += 1
    assert refusals > 1
    ballast.unlink()
    build.project.config(name="A Third Name")
    assert not cli.main(arguments)
    assert build.project.files() == build.project.clean_build_files()


def test_a_site_that_cannot_be_written_stays(build: Build, disk: Path) -> None:
    on(disk, build.project.site)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    assert "the disk is mounted for reading only: mount it for writing" in build.run()
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    build.succeeds()


def test_a_part_of_the_site_on_another_disk_is_refused(build: Build, disk: Path) -> None:
    on(disk, build.project.site / "threads")
    assert "lies on another disk" in build.run()


def meanwhile(patch: pytest.MonkeyPatch, where: object, name: str, happens: Callable[[], object]) -> None:
    """Let something happen just before a function of medqa's begins, the first time."""
    function = getattr(where, name)

    def disturbed(*given: object, **options: object) -> object:
        patch.undo()
        happens()
        return function(*given, **options)

    patch.setattr(where, name, disturbed)


@pytest.mark.parametrize("step", ["stage", "publish", "_replay"])
@pytest.mark.parametrize("folder", ["site", f"site/{STAGE}"])
def test_a_folder_of_the_site_that_is_deleted_during_the_build_is_an_error(
    build: Build, monkeypatch: pytest.MonkeyPatch, step: str, folder: str
) -> None:
    """And no site of half the files."""
    build.project.thread("brand-new")
    meanwhile(monkeypatch, Site, step, lambda: shutil.rmtree(build.project.root / folder))
    if step == "stage" and folder != "site":  # nothing is lost
        build.succeeds()
    else:
        assert "deleted while the build was at work: build again" in build.run()
        build.succeeds()


def test_content_that_is_deleted_during_the_build_is_one_error(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    content = build.project.root / "content"
    meanwhile(monkeypatch, work.Library, "parse", lambda: content.rename(build.project.root / "kept"))
    assert "no folder 'content'" in build.run()
    (build.project.root / "kept").rename(content)
    build.succeeds()


def test_a_file_that_is_deleted_during_the_build_is_an_error(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    build.project.write("static/new.txt", "new")
    meanwhile(monkeypatch, Site, "stage", lambda: build.project.remove("static/new.txt"))
    assert f"{build.project.root}/static/new.txt: it was deleted" in build.run()
    build.succeeds()
