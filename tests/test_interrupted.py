"""A build that is stopped, wherever it is stopped: the site stays whole, and the next build completes it.

Every change that a publication makes to the file system is a place to be stopped at; each is tried in turn.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from medqa.outputs import Site
from tests.projects import LIST, Project, file_of, url_of

STAGE = ".medqa-stage"


class PowerCutError(BaseException):
    """Nothing runs after it."""


class Disk:
    """Counts the changes below a folder, and fails from the one with a given number on."""

    def __init__(self, folder: Path, last: int) -> None:
        self.folder = folder
        self.last = last
        self.changes = 0

    def change(self, path: object) -> None:
        if str(path).startswith(str(self.folder)):
            self.changes += 1
            if self.changes > self.last:
                raise PowerCutError

    def counting(self, function: Any) -> Any:
        def changing(path: object, *rest: Any, **options: Any) -> Any:
            self.change(path)
            return function(path, *rest, **options)

        return changing

    def remove_tree(self, path: Path, *_: Any, **__: Any) -> None:
        """Remove file by file, as the library does: the journal may be the first to go, or the last."""
        if path.is_dir():
            for file in sorted(path.iterdir(), reverse=self.last % 2 == 0):
                file.unlink()
            path.rmdir()


@contextmanager
def power_cut(folder: Path, after: int = 1_000_000) -> Iterator[Disk]:
    """Let the power fail after so many changes below a folder; nothing is tidied up."""
    disk = Disk(folder, after)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("mkdir", "unlink", "rmdir", "replace", "write_bytes"):
            patch.setattr(Path, name, disk.counting(getattr(Path, name)))
        patch.setattr(os, "utime", disk.counting(os.utime))
        patch.setattr(shutil, "rmtree", disk.remove_tree)
        if after < 1_000_000:
            patch.setattr(Site, "discard", lambda _: None)
        yield disk


def before(project: Project) -> None:
    """Build an archive."""
    project.config(base_url="https://archive.example", per_page=2)
    for number in range(1, 6):
        project.thread(f"case-{number}", asked=f"2020-0{number}-01", replied="2020-06-01")
    project.thread("falls", specialty="Surgery", body={"Question": "See [one](case-1.md).", "Reply": "Yes."})
    project.write("static/leaflet", "a file").write("static/papers/one.txt", "1")
    project.build()


def after(project: Project) -> None:
    """Edit it so that everything happens: pages are new, changed, removed, and a file and a folder change places."""
    project.remove("content/threads/falls.md").remove("static/leaflet").remove("static/papers")
    project.edit("content/threads/case-3.md", "It passes", "It passes soon")
    project.thread("case-0", asked="2020-01-15", replied="2020-06-01", aliases=["first"])
    project.thread("knee", specialty="Orthopedics", body={"Question": "See [zero](case-0.md).", "Reply": "Yes."})
    project.write("static/leaflet/part.txt", "below").write("static/papers", "a file")


def count_changes(project: Project) -> int:
    """Build, and count."""
    with power_cut(project.site) as disk:
        project.build()
    return disk.changes


def dead_links(project: Project, urls: set[str]) -> set[str]:
    """Follow all links from some pages on; give those that lead to no file."""
    waiting, seen, dead = list(urls), set(urls), set()
    while waiting:
        file = project.site / file_of(waiting.pop())
        if not file.is_file():
            dead.add(url_of(file.relative_to(project.site).as_posix()))
        elif file.suffix == ".html":
            found = set(re.findall(r'(?:href="|url=)(/[^"#]*)', file.read_text(encoding="utf-8"))) - seen
            seen |= found
            waiting += found
    return dead


def test_a_build_that_is_stopped_anywhere_is_completed_by_the_next(project: Project, tmp_path: Path) -> None:
    before(project)
    shutil.copytree(project.root, tmp_path / "copy", copy_function=shutil.copy2)
    old, pages = project.files(), {url_of(path) for path in project.files() if path.endswith(".html")}
    after(project)
    changes = count_changes(project)
    new = project.files()
    assert new == project.clean_build_files()
    assert changes > 40
    seen = set()
    for number in (*range(0, changes // 3, 4), *range(changes // 3, changes)):  # the first only write what is to come
        shutil.rmtree(project.root)
        shutil.copytree(tmp_path / "copy", project.root, copy_function=shutil.copy2)
        after(project)
        with pytest.raises(PowerCutError), power_cut(project.site, number):
            project.build()
        found = {path: data for path, data in project.files().items() if not path.startswith(STAGE)}
        seen.add("old" if found == old else "new" if found == new else "between")
        whole = all(data in {old.get(path), new.get(path)} for path, data in found.items() if not path.endswith("/"))
        assert whole, f"stopped after {number} changes"
        kept = {url for url in pages if file_of(url) in found and file_of(url) in new}
        assert not dead_links(project, kept), f"stopped after {number} changes"
        if not (project.site / STAGE / "journal").exists():
            assert found in (old, new), f"stopped after {number} changes"
        project.build()
        assert project.files() == new, f"stopped after {number} changes"
        assert not project.build().rendered
    assert seen == {"old", "between", "new"}


@pytest.mark.parametrize("edited", [False, True])
def test_what_is_edited_after_a_stop_counts(project: Project, tmp_path: Path, edited: bool) -> None:
    """The journal is completed first; then the build compares with what it left."""
    before(project)
    shutil.copytree(project.root, tmp_path / "copy", copy_function=shutil.copy2)
    after(project)
    for number in range(0, count_changes(project), 13):
        shutil.rmtree(project.root)
        shutil.copytree(tmp_path / "copy", project.root, copy_function=shutil.copy2)
        after(project)
        with pytest.raises(PowerCutError), power_cut(project.site, number):
            project.build()
        project.remove("content").remove("static")
        shutil.copytree(tmp_path / "copy" / "content", project.root / "content")
        if edited:
            project.thread("case-9", asked="2020-09-09", replied="2020-09-09")
        project.build()
        assert project.files() == project.clean_build_files(), f"stopped after {number} changes"


def test_a_first_build_that_is_stopped_is_completed_by_the_next(project: Project) -> None:
    project.thread("case-1").thread("case-2")
    changes = count_changes(project)
    new = project.files()
    for number in range(0, changes, 5):
        project.remove("site").remove(".cache")
        with pytest.raises(PowerCutError), power_cut(project.site, number):
            project.build()
        project.build()
        assert project.files() == new, f"stopped after {number} changes"


def test_a_recovery_that_is_stopped_is_completed_by_the_next(project: Project) -> None:
    before(project)
    after(project)
    with pytest.raises(PowerCutError), power_cut(project.site, 60):
        project.build()
    assert (project.site / STAGE / "journal").exists()
    for number in range(40):
        with power_cut(project.site, number):
            try:
                Site(project.site).close()
            except PowerCutError:
                continue
        break
    else:
        pytest.fail("never completed")
    assert number > 5
    project.build()
    assert project.files() == project.clean_build_files()


def test_a_site_whose_build_was_stopped_needs_no_cache(project: Project) -> None:
    before(project)
    after(project)
    with pytest.raises(PowerCutError), power_cut(project.site, 60):
        project.build()
    project.remove(".cache").build()
    assert project.files() == project.clean_build_files()
    assert LIST in project.files()
