"""What is remembered between builds: it may be lost, damaged or of another site, and no byte changes."""

import multiprocessing
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from medqa import index, pipeline, sources, work
from medqa.cache import Documents, Row
from medqa.errors import UsageError
from medqa.index import Changes
from medqa.sources import Place
from tests.projects import CHINESE, LIST, Project, edit_question


@pytest.mark.parametrize("harm", ["deleted", "damaged", "cut off", "of another engine"])
def test_without_its_cache_the_site_is_the_same_and_not_written_again(archive: Project, harm: str) -> None:
    before, stamps = archive.files(), archive.stamps()
    bases = sorted(archive.cache.glob("*.sqlite"))
    match harm:
        case "deleted":
            archive.remove(".cache")
        case "damaged":
            for base in bases:
                base.write_bytes(b"no database at all" * 1000)
        case "cut off":
            for base in bases:
                base.write_bytes(base.read_bytes()[: base.stat().st_size // 2])
        case _:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("medqa.sources.engine_digest", lambda: "another")
                archive.build()
    report = archive.build()
    assert len(report.rendered) == report.pages
    assert set(report.rendered.values()) == {"medqa itself changed" if harm == "of another engine" else "new"}
    assert not report.written
    assert archive.files() == before
    now = archive.stamps()
    assert {path for path in now if now[path] != stamps[path]} <= {LIST}


@pytest.mark.parametrize("name", ["medqa", "site-*"])
def test_a_cache_with_a_hole_anywhere_reads_as_empty(archive: Project, name: str) -> None:
    """Also where the next build has work to do, and so reads what is damaged."""
    texts = ("at night", "all night long")
    (base,) = archive.cache.glob(f"{name}.sqlite")
    whole, size = base.read_bytes(), 4096
    clean = [archive.files()]
    edit_question(archive)
    clean.append(archive.clean_build_files())
    for number, hole in enumerate(range(0, len(whole), 3 * size)):
        for fill in (bytes(size), b"\xc1" * size):
            base.write_bytes(whole[:hole] + fill + whole[hole + size :])
            archive.build()
            assert archive.files() == clean[(number + 1) % 2]
        archive.edit("content/threads/calf-twitch.md", texts[(number + 1) % 2], texts[number % 2])
    base.write_bytes(whole[:size] + bytes(len(whole) - size))
    assert {one.code for one in pipeline.check(archive.root, archive.options()).problems} == {"MQ507"}


@pytest.mark.parametrize("name", ["medqa", "site-*"])
def test_a_memory_that_another_build_writes_to_is_left_to_it(
    archive: Project, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medqa.cache.files.PATIENCE", 0.0)
    (file,) = archive.cache.glob(f"{name}.sqlite")
    edit_question(archive)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        before = archive.files()
        with pytest.raises(UsageError, match="another build is at work"):
            archive.build()
        other.execute("ROLLBACK")
    assert archive.files() == before
    assert len(archive.build().rendered) < 20  # nothing was forgotten
    assert archive.files() == archive.clean_build_files()


def test_the_cache_of_one_site_is_not_taken_for_that_of_another(archive: Project, tmp_path: Path) -> None:
    other = archive.options(out=tmp_path / "other")
    assert len(pipeline.build(archive.root, other).written) == len(archive.files()) - 1
    edit_question(archive)
    pipeline.build(archive.root, other)
    archive.build()
    assert archive.files() == archive.clean_build_files()
    assert pipeline.first_difference(archive.site, tmp_path / "other") == ""


def test_a_site_put_back_from_elsewhere_is_examined(archive: Project) -> None:
    """The memory speaks of the site that the last build left, and of no other."""
    old = archive.files()
    edit_question(archive)
    archive.build()
    new = archive.files()
    for path, data in old.items():
        (archive.site / path).unlink()
        (archive.site / path).write_bytes(data)
    archive.build()
    assert archive.files() == new


def test_the_names_of_sections_are_part_of_what_is_remembered(project: Project) -> None:
    """A thread that was read under one language is read again under another."""
    project.config(language="zh-Hant").thread("xiao-tui", body=CHINESE).build()
    project.config(language="en")
    assert {found.code for found in project.problems()} == {"MQ207"}
    project.write("templates/locales/en.yaml", "sections: {question: [問題], reply: [回覆]}\n")
    project.build()
    assert project.files() == project.clean_build_files()
    project.remove("templates")
    assert {found.code for found in project.problems()} == {"MQ207"}


def test_what_is_found_in_a_file_moves_with_it(project: Project) -> None:
    project.thread("numb-hand", body={"Question": "See [this](ftp://example.org/x).", "Reply": "No."})
    (found,) = project.build().findings
    assert (found.code, found.path) == ("MQ702", "content/threads/numb-hand.md")
    project.move("content/threads/numb-hand.md", "content/threads/nerves/numb-hand.md")
    report = project.build()
    assert [one.path for one in report.findings] == ["content/threads/nerves/numb-hand.md"]
    assert not report.rendered


def test_workers_are_copied_from_a_small_process_also_where_all_documents_are_remembered(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are needed for the pages; by then this process holds the whole archive."""
    for number in range(work.PARSE_CHUNK + 1):
        project.thread(f"case-{number}")
    project.build()
    seen: list[int] = []
    update = index.update

    def placed(*given: Any) -> Changes:
        seen.append(len(multiprocessing.active_children()))
        return update(*given)

    monkeypatch.setattr(index, "update", placed)
    project.build(jobs=2, out=tmp_path / "another")
    assert seen == [1]


@pytest.mark.parametrize("change", ["edited", "deleted", "torn"])
def test_documents_may_be_lost_where_the_rest_is_remembered(project: Project, change: str) -> None:
    """A record is compared with what it said in the last build, which its file no longer tells."""
    project.record("hospitals", "north").thread("numb-hand", hospital="North").build()
    project.remove(".cache/medqa.sqlite")
    match change:
        case "edited":
            project.record("hospitals", "north", "It moved.")
        case "deleted":
            project.remove("content/hospitals/north.md")
        case _:
            project.write("content/hospitals/north.md", "---\nname: [")
            assert {one.path for one in project.problems()} == {"content/hospitals/north.md"}
            project.record("hospitals", "north", "It moved.")
    project.build()
    assert project.files() == project.clean_build_files()


def test_a_file_that_changes_while_it_is_asked_for_is_read_as_it_is_then(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.thread("numb-hand").thread("calf-twitch").build()
    project.remove(".cache/medqa.sqlite")
    project.config(name="Another Name")
    project.remove("site")
    html = work.Library.html

    def edited(self: work.Library, files: Mapping[str, Place]) -> dict[str, bytes]:
        monkeypatch.undo()
        project.edit("content/threads/numb-hand.md", "and what helps", "and how long")
        self._texts.clear()
        self._memory.drop_all_but([])
        return html(self, files)

    monkeypatch.setattr(work.Library, "html", edited)
    project.build()
    assert project.files() == project.clean_build_files()


def test_documents_of_long_ago_are_forgotten() -> None:
    memory = Documents(None, "engine")
    memory.remember([Row(str(number), b"", b"", None) for number in range(1_100)])
    assert not memory.overgrown(60)
    assert memory.overgrown(40)
    memory.drop_all_but({str(number) for number in range(40)})
    assert sorted(memory.html(map(str, range(1_100))), key=int) == [str(number) for number in range(40)]
    assert not memory.overgrown(40)


def test_another_release_of_what_medqa_stands_on_is_another_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = {package: sources._version(package) for package in sources._STANDS_ON}
    assert installed == {package: metadata.version(package) for package in installed}
    engines = [sources.engine_digest()]
    monkeypatch.syspath_prepend(tmp_path)
    for package in installed:
        (tmp_path / f"{package.title().replace('-', '_')}-99.0.dist-info").mkdir()
        assert sources._version(package) == "99.0"
        sources.engine_digest.cache_clear()
        engines.append(sources.engine_digest())
    assert len(set(engines)) == len(engines)
    sources.engine_digest.cache_clear()


def test_versions_are_found_where_no_folder_tells_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [str(tmp_path / "nowhere"), str(tmp_path)])
    (tmp_path / "oddly_packed.egg-info").write_text("Metadata-Version: 2.1\nName: oddly-packed\nVersion: 1.2\n")
    assert sources._version("oddly-packed") == "1.2"
