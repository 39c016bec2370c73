"""What a build does to the folder of the site, and what it leaves alone there."""

from contextlib import closing
from pathlib import Path

import pytest

from medqa.errors import UsageError
from medqa.outputs import Site
from tests.projects import LIST, Project, edit_question, files


def test_static_files_are_copied_as_they_are(archive: Project) -> None:
    data = bytes(range(256))
    archive.write("static/images/rash.jpg", data).write("static/.well-hidden", "").write("static/notes.txt~", "")
    archive.write("static/#odd/names and\u2028marks.txt", "odd")
    report = archive.build()
    assert report.written == ("#odd/names and\u2028marks.txt", "images/rash.jpg")
    assert archive.files()["images/rash.jpg"] == data
    assert archive.files()["robots.txt"] == b"User-agent: *\n"
    archive.build()
    archive.remove("static/images").remove("static/#odd")
    assert archive.build().removed == ("#odd/names and\u2028marks.txt", "images/rash.jpg")
    assert not (archive.site / "images").exists()
    assert archive.files() == archive.clean_build_files()


def test_the_list_names_exactly_what_is_there(archive: Project) -> None:
    def listed() -> set[str]:
        return {line for line in (archive.site / LIST).read_text(encoding="utf-8").split("\n")[1:] if line}

    assert listed() == archive.files().keys() - {LIST}
    archive.remove("content/threads/wrist-pain.md").edit("content/threads/numb-hand.md", '"wrist-pain"', '""')
    archive.thread("new-one")
    archive.build()
    assert listed() == archive.files().keys() - {LIST}
    assert "threads/new-one/index.html" in listed()


def test_a_folder_of_someone_elses_is_refused(project: Project) -> None:
    project.thread("numb-hand").write("site/thesis.txt", "three years of work")
    with pytest.raises(UsageError, match="did not make"):
        project.build()
    assert project.files() == {"thesis.txt": b"three years of work"}
    project.remove("site").write("site", "a file")
    with pytest.raises(UsageError, match="not a folder"):
        project.build()


def test_a_file_of_someone_elses_in_the_site_stays(archive: Project) -> None:
    archive.write("site/thesis.txt", "three years").write("site/threads/heart-skips/notes.txt", "mine")
    archive.remove("content/threads/heart-skips.md")
    archive.build()
    archive.remove(".cache")
    archive.build()
    files = archive.files()
    assert (files.pop("thesis.txt"), files.pop("threads/heart-skips/notes.txt")) == (b"three years", b"mine")
    assert files == archive.clean_build_files()


def test_two_builds_of_one_site_do_not_mix(archive: Project) -> None:
    edit_question(archive)
    before = archive.stamps()
    with closing(Site(archive.site)), pytest.raises(UsageError, match="another build"):
        archive.build()
    assert archive.stamps() == before
    assert archive.build().written


def test_two_first_builds_of_one_site_do_not_mix(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    with closing(Site(folder)) as site:
        with pytest.raises(UsageError, match="another build"):
            Site(folder)
        staged = site.stage([("index.html", b"first")])
        site.publish(staged, frozenset(staged), str)
    Site(folder).close()
    assert set(files(folder)) == {LIST, "index.html"}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("robots2.txt", "robots2.txt"),
        ("threads/new-one/index.html", "threads/new-one/index.html"),
        ("threads/new-one", "threads/new-one/index.html"),
        ("feed.xml/x", "feed.xml"),
    ],
)
def test_a_file_of_someone_elses_is_never_written_over(archive: Project, theirs: str, ours: str) -> None:
    archive.write(f"site/{theirs}", "mine")
    before = archive.stamps()
    if ours.startswith("threads/"):
        archive.thread("new-one")
    else:
        archive.write(f"static/{ours}", "other")
    for _ in range(2):
        with pytest.raises(UsageError, match="not made by medqa"):
            archive.build()
        assert archive.stamps() == before
    archive.remove(f"site/{theirs.split('/', maxsplit=1)[0]}" if theirs.startswith("feed") else f"site/{theirs}")
    archive.build()
    assert archive.files() == archive.clean_build_files()


def test_a_file_may_become_a_folder_and_a_folder_a_file(archive: Project) -> None:
    archive.write("static/leaflet", "a file").write("static/papers/one.txt", "1").write("static/papers/two.txt", "2")
    archive.build()
    archive.remove("static/leaflet").remove("static/papers")
    archive.write("static/leaflet/part.txt", "below").write("static/papers", "a file")
    archive.build()
    assert archive.files() == archive.clean_build_files()
    archive.remove("static/leaflet").record("pages", "leaflet", "Text.", title="Leaflet")
    archive.build()
    assert archive.files() == archive.clean_build_files()


def test_a_failed_build_leaves_the_site_as_it_was(archive: Project) -> None:
    before, files = archive.stamps(), archive.files()
    edit_question(archive)
    archive.thread("broken", asked="soon", specialty=None, body={"Question": "Why?"})
    archive.write("content/threads/torn.md", "---\ntitle: 'Torn\n---\n")
    found = archive.problems()
    assert {(one.path, one.code) for one in found} == {
        ("content/threads/broken.md", "MQ201"),
        ("content/threads/broken.md", "MQ203"),
        ("content/threads/broken.md", "MQ209"),
        ("content/threads/torn.md", "MQ103"),
    }
    assert archive.stamps() == before
    assert archive.files() == files
    archive.remove("content/threads/broken.md").remove("content/threads/torn.md")
    archive.build()
    assert archive.files() == archive.clean_build_files()


def test_a_first_build_that_fails_leaves_nothing(project: Project) -> None:
    project.thread("numb-hand", specialty=None)
    project.problems()
    assert not project.site.exists()
    project.thread("numb-hand").mark("text.html", "{{ 1 / 0 }}").record("pages", "about", title="About")
    assert [found.code for found in project.problems()] == ["MQ304"]
    assert not project.site.exists()


def test_an_archive_without_a_document_is_a_site(project: Project) -> None:
    project.build()
    assert project.has("/")
    assert project.files() == project.clean_build_files()
