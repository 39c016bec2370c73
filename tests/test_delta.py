"""What has to be uploaded: lists of changed files, and folders that hold only those."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from medqa import cli, pipeline, sources, survey
from medqa.delta import MANIFEST
from medqa.errors import UsageError
from tests.projects import LIST, Project, edit_question, files, noting
from tests.sites import AS_OF

MEDQAS = {LIST, MANIFEST}


class Server:
    """A published site that is brought up to date by what the builds of a CI job say."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.site: dict[str, bytes] = {}
        self.upload = project.root / "upload"
        self.manifest = project.root / "published.txt"
        self.changes = project.root / "changes.txt"

    def run(self, *more: str) -> int:
        """Build what has to be uploaded."""
        options = ["--delta", self.upload, "--published", self.manifest, "--changed-list", self.changes]
        day = ["--as-of", AS_OF.isoformat()]
        return cli.main(["--root", str(self.project.root), *map(str, options), *day, "--jobs", "1", *more])

    def publish(self) -> list[str]:
        """Build and upload; gives the list of changes."""
        assert self.run() == 0
        uploaded = {path: data for path, data in files(self.upload).items() if path not in MEDQAS}
        changes = self.changes.read_text(encoding="utf-8").split("\n")[:-1]
        named = {line[2:]: line[0] for line in changes}
        assert {path for path, letter in named.items() if letter in "AM"} == uploaded.keys()
        for path, letter in named.items():
            assert (path in self.site) == (letter != "A"), path
            assert letter != "M" or self.site[path] != uploaded[path]
        self.site |= uploaded
        for path in (path for path, letter in named.items() if letter == "D"):
            del self.site[path]
        (self.upload / MANIFEST).replace(self.manifest)
        shutil.rmtree(self.upload)
        return changes

    def is_up_to_date(self) -> bool:
        clean = self.project.clean_build_files()
        return self.site == {path: data for path, data in clean.items() if path not in MEDQAS}


@pytest.fixture
def server(archive: Project) -> Server:
    archive.write("content/pages/day.md", "---\ntitle: Day\n---\nA page.\n")
    return Server(archive)


def test_the_server_follows_the_archive(server: Server) -> None:
    assert all(line.startswith("A ") for line in server.publish())
    assert server.is_up_to_date()
    assert server.publish() == []
    edit_question(server.project)
    assert "M threads/calf-twitch/index.html" in server.publish()
    assert server.is_up_to_date()
    server.project.remove("content/threads/heart-skips.md").thread("new-one")
    changes = server.publish()
    assert {"A threads/new-one/index.html", "D threads/heart-skips/index.html"} <= set(changes)
    assert server.is_up_to_date()
    server.project.config(name="Another name")
    server.publish()
    assert server.is_up_to_date()


def test_a_name_may_hold_what_parts_lines_elsewhere(server: Server) -> None:
    server.project.write("static/one\u2028two.txt", "text")
    server.publish()
    assert server.publish() == []
    server.project.config(name="Another name")
    assert all(line.startswith("M ") for line in server.publish())
    assert server.is_up_to_date()


@pytest.mark.parametrize(
    "lose",
    [
        pytest.param(lambda server: server.project.remove(".cache"), id="the cache"),
        pytest.param(lambda server: server.manifest.unlink(), id="the manifest"),
        pytest.param(lambda server: server.project.move("published.txt", "elsewhere.txt"), id="the manifest's name"),
    ],
)
def test_whatever_is_lost_the_upload_is_right(server: Server, lose: Callable[[Server], object]) -> None:
    server.publish()
    edit_question(server.project)
    lose(server)
    known = server.manifest.exists()
    if not known:
        server.site = {}
    changes = server.publish()
    assert "{} threads/calf-twitch/index.html".format("M" if known else "A") in changes
    assert server.is_up_to_date()


def test_an_upload_that_failed_is_made_up_for_by_the_next(server: Server) -> None:
    server.publish()
    edit_question(server.project)
    assert server.run() == 0
    shutil.rmtree(server.upload)  # and was never uploaded
    server.project.thread("new-one")
    changes = server.publish()
    assert {"M threads/calf-twitch/index.html", "A threads/new-one/index.html"} <= set(changes)
    assert server.is_up_to_date()


def test_what_was_not_uploaded_yet_gives_way(server: Server) -> None:
    assert server.run() == 0
    assert server.run() == 0
    assert (server.upload / "index.html").exists()


def test_a_failed_build_leaves_folder_and_list(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert server.run() == 0
    before, listed = files(server.upload), server.changes.read_bytes()
    server.project.write("content/threads/broken.md", "no front matter")
    assert server.run() == 1
    assert (files(server.upload), server.changes.read_bytes()) == (before, listed)
    assert "broken.md" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--delta", "x"], ["--published", "x"], ["--delta", "x", "--out", "y"]])
def test_options_that_do_not_fit(project: Project, arguments: list[str]) -> None:
    project.thread("one")
    assert cli.main(["--root", str(project.root), *arguments]) == 2


def refused(path: Path) -> bool:
    raise PermissionError(13, "Permission denied", str(path))


@pytest.mark.parametrize("option", ["--changed-list", "--report"])
@pytest.mark.parametrize("file", ["", ".", "/", "nowhere/list.txt", "site"])
def test_a_file_that_cannot_be_is_refused_before_anything_is_built(
    archive: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str, file: str
) -> None:
    monkeypatch.chdir(archive.root)
    archive.thread("new-one")
    with pytest.raises(SystemExit, match="2"):
        cli.main([option, file])
    assert "name a file in a folder that is there" in capsys.readouterr().err
    monkeypatch.setattr(Path, "is_dir", refused)
    with pytest.raises(SystemExit, match="2"):
        cli.main([option, "list.txt"])
    monkeypatch.undo()
    assert "threads/new-one/index.html" not in archive.files()


def test_what_medqa_did_not_make_is_refused(server: Server) -> None:
    server.upload.mkdir()
    (server.upload / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="did not make"):
        _build(server)
    (server.upload / "mine.txt").unlink()
    server.manifest.write_text("a shopping list", encoding="utf-8")
    with pytest.raises(UsageError, match="no manifest"):
        _build(server)


def _build(server: Server) -> pipeline.Report:
    project = server.project
    return pipeline.build(project.root, project.options(out=server.upload, published=server.manifest))


def test_a_list_tells_what_a_build_did_to_a_site(archive: Project) -> None:
    file = archive.root / "changes.txt"
    archive.remove("content/threads/heart-skips.md").thread("new-one")
    edit_question(archive)
    command = ["--root", str(archive.root), "--as-of", AS_OF.isoformat(), "--changed-list", str(file)]
    before = archive.files()
    assert cli.main(command) == 0
    after = archive.files()
    letters = {path: "A" if path not in before else "M" for path in after if after[path] != before.get(path)}
    letters |= dict.fromkeys(before.keys() - after.keys(), "D")
    del letters[LIST]
    lines = file.read_text(encoding="utf-8").splitlines()
    assert {line[2:]: line[0] for line in lines} == letters
    assert cli.main(command) == 0
    assert file.read_text(encoding="utf-8") == ""


def test_in_a_fresh_clone_gits_word_is_taken_where_it_can_be(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clone with the cache of another machine: no file is read that git knows, and none that differs is missed."""
    project, clone = server.project, Project(tmp_path / "clone")
    for number in range(210):
        project.write(f"static/{number}.txt", str(number))
    git(project.root, "init", "-q")
    git(project.root, "add", "content", "static", "config.yaml")
    git(project.root, "commit", "-q", "-m", "all")
    server.publish()
    shutil.rmtree(clone.root)
    git(tmp_path, "clone", "-q", str(project.root), str(clone.root))
    shutil.copytree(project.cache, clone.cache)
    shutil.copy(server.manifest, clone.root)
    read: list[str] = []
    real = sources.bytes_of

    def noted(root: Path, file: Path) -> bytes:
        read.append(file.name)
        return real(root, file)

    monkeypatch.setattr(sources, "bytes_of", noted)
    stamped: list[str] = []
    monkeypatch.setattr(survey, "_stamp", noting(survey._stamp, stamped))
    other = Server(clone)
    other.site = dict(server.site)
    assert not _build(other).rendered
    assert not stamped, "git has looked at all files already"
    assert other.publish() == []
    assert len(stamped) > 210, "the checkout is known now"
    assert not [name for name in read if name.endswith((".md", ".txt"))]
    clone.write("static/7.txt", "another")
    clone.write("static/new.txt", "new")
    edit_question(clone)
    assert {"M 7.txt", "A new.txt", "M threads/calf-twitch/index.html"} <= set(other.publish())
    git(clone.root, "update-index", "--assume-unchanged", "static/9.txt")
    clone.write("static/9.txt", "hidden from git")
    shutil.rmtree(clone.cache)
    shutil.copytree(project.cache, clone.cache)
    assert "M 9.txt" in other.publish()
    (clone.root / ".gitattributes").write_text("*.txt filter=secret\n", encoding="utf-8")
    git(clone.root, "add", ".gitattributes")
    shutil.rmtree(clone.cache)
    shutil.copytree(project.cache, clone.cache)
    read.clear()
    other.publish()
    assert len([name for name in read if name.endswith(".txt")]) >= 211


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Editor", "-c", "user.email=editor@archive.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)
