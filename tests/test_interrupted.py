"""A build that is stopped, wherever it is stopped: the site stays whole, and the next build completes it.

`test_publication.py` stops a publication at every change that it makes; here whole builds are stopped at some.
"""

import shutil
from collections.abc import Iterator

import pytest

from tests.faults import STAGE, PowerCutError, complaint, power_cut
from tests.projects import LIST, Project


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


class Stops:
    """A build, and the same build stopped after so many changes of the site's folder."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.copy = project.root.with_name("copy")
        before(project)
        self.old = project.files()
        shutil.copytree(project.root, self.copy, copy_function=shutil.copy2)
        after(project)
        with power_cut(project.site) as disk:
            project.build()
        self.new = project.files()
        self.changes, self.whole = disk.changes, disk.whole
        """All changes, and those until the journal was whole."""

    def stop(self, changes: int) -> None:
        shutil.rmtree(self.project.root)
        shutil.copytree(self.copy, self.project.root, copy_function=shutil.copy2)
        after(self.project)
        with pytest.raises(PowerCutError), power_cut(self.project.site, changes):
            self.project.build()

    def every(self, step: int) -> Iterator[int]:
        """Stop after some changes, then go on with more; the last change before the journal is whole is one stop."""
        for changes in range((self.whole - 1) % step, self.changes, step):
            self.stop(changes)
            yield changes


def test_a_build_that_is_stopped_anywhere_is_completed_by_the_next(project: Project) -> None:
    stops = Stops(project)
    assert stops.new == project.clean_build_files()
    between = 0
    for changes in stops.every(5):
        found = project.files()
        assert not complaint(stops.old, stops.new, found), f"stopped after {changes} changes"
        begun = f"{STAGE}/journal" in found
        between += begun
        made = project.build().rendered
        assert project.files() == stops.new, f"stopped after {changes} changes"
        assert not (begun and made), "what the site was built from is known once its publication has begun"
        assert not project.build().rendered
    assert between > 5


@pytest.mark.parametrize("edited", [False, True])
def test_what_is_edited_after_a_stop_counts(project: Project, edited: bool) -> None:
    """The journal is completed first; then the build compares with what it left."""
    stops = Stops(project)
    for changes in stops.every(17):
        project.remove("content").remove("static")
        shutil.copytree(stops.copy / "content", project.root / "content")
        if edited:
            project.thread("case-9", asked="2020-09-09", replied="2020-09-09")
        project.build()
        assert project.files() == project.clean_build_files(), f"stopped after {changes} changes"


def test_a_first_build_that_is_stopped_is_completed_by_the_next(project: Project) -> None:
    project.thread("case-1").thread("case-2")
    with power_cut(project.site) as disk:
        project.build()
    new = project.files()
    for changes in range(0, disk.changes, 7):
        project.remove("site").remove(".cache")
        with pytest.raises(PowerCutError), power_cut(project.site, changes):
            project.build()
        project.build()
        assert project.files() == new, f"stopped after {changes} changes"


def test_a_site_whose_build_was_stopped_needs_no_cache(project: Project) -> None:
    stops = Stops(project)
    stops.stop(stops.whole + 5)
    assert (project.site / STAGE / "journal").exists()
    project.remove(".cache").build()
    assert project.files() == stops.new
    assert LIST in stops.new
