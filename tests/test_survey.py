"""Looking only where something was touched finds what looking everywhere finds; and what is touched is told."""

import random
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Event

import pytest
from watchfiles import Change

from medqa import sources
from medqa import survey as survey_module
from medqa.cache import Table, opened
from medqa.serve import watching
from medqa.survey import Folder, Survey, survey
from tests.projects import Project, files, noting

TOPS = (sources.CONTENT, sources.STATIC)
NAMES = ("a", "b", "c", ".hidden", "a.md", "b.md", "c.md", "c.md~")
Edit = Callable[[random.Random, Path], set[Path]]


def look(root: Path, memory: Path, touched: set[str] | None = None, *, cloned: bool = False) -> Survey:
    """Look at an archive's files, and remember what was seen; as if they had been cloned since, or not."""
    with opened(memory, "engine") as opened_memory:
        state = opened_memory.state("site", "")
        checkout = "another" if cloned else state.get("checkout")
        found = survey(root, TOPS, state.table("folders", Folder), None if state.fresh else touched, checkout)
        state.set("checkout", found.checkout)
        state.commit("")
    return found


def remembered(memory: Path) -> dict[str, bytes]:
    """Give folder → packed blob ids."""
    with opened(memory, "engine") as opened_memory:
        folders: Table[Folder] = opened_memory.state("site", "").table("folders", Folder)
        return {path: one.blobs for path, one in folders.under("")}


def write(chance: random.Random, at: Path) -> set[Path]:
    file = at / chance.choice(NAMES)
    if file.is_dir():
        return set()
    file.write_text(str(chance.random()))
    return {file}


def make(chance: random.Random, at: Path) -> set[Path]:
    """Make a folder with files in it: only of the folder itself one may hear."""
    folder = at / chance.choice(NAMES)
    if folder.exists():
        return set()
    for below in (folder, folder / "inner"):
        below.mkdir()
        write(chance, below)
    return {folder}


def remove(chance: random.Random, at: Path) -> set[Path]:
    file = at / chance.choice(NAMES)
    if file.is_dir():
        shutil.rmtree(file)
    else:
        file.unlink(missing_ok=True)
    return {file}


def move(chance: random.Random, at: Path) -> set[Path]:
    """Rename a file or folder, over another where there is one."""
    one, other = (at / name for name in chance.sample(NAMES, 2))
    if not one.exists():
        return set()
    if other.is_dir():
        shutil.rmtree(other)
    elif one.is_dir():
        other.unlink(missing_ok=True)
    one.rename(other)
    return {one, other}


@pytest.mark.parametrize("seed", range(30))
def test_what_was_touched_is_all_that_has_to_be_looked_at(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    root = tmp_path / "archive"
    for top in TOPS:
        (root / top).mkdir(parents=True)
    look(root, tmp_path / "here", None)
    look(root, tmp_path / "everywhere", None)
    look(root, tmp_path / "cloned", None)
    for _ in range(12):
        touched: set[Path] = set()
        for _ in range(chance.randrange(4)):
            folders = [
                folder for top in TOPS for folder in (root / top, *sorted((root / top).rglob("*"))) if folder.is_dir()
            ]
            edit: Edit = chance.choice((write, write, make, remove, move))
            touched |= edit(chance, chance.choice(folders))
        here = look(root, tmp_path / "here", {path.relative_to(root).as_posix() for path in touched})
        everywhere = look(root, tmp_path / "everywhere")
        cloned = look(root, tmp_path / "cloned", cloned=chance.random() < 0.5)
        assert here.changed == everywhere.changed == cloned.changed
        assert sorted(here.removed) == sorted(everywhere.removed) == sorted(cloned.removed)
        assert remembered(tmp_path / "here") == remembered(tmp_path / "everywhere") == remembered(tmp_path / "cloned")


@pytest.mark.parametrize("top", TOPS)
def test_a_top_folder_may_come_and_go(tmp_path: Path, top: str) -> None:
    root, memory = tmp_path / "archive", tmp_path / "memory"
    (root / sources.CONTENT).mkdir(parents=True)
    look(root, memory, None)
    (root / top / "of").mkdir(parents=True)
    (root / top / "of" / "a.md").write_text("text")
    assert list(look(root, memory, {f"{top}/of/a.md"}).changed) == [f"{top}/of/a.md"]
    shutil.rmtree(root / top)
    assert look(root, memory, {top}).removed == [f"{top}/of/a.md"]


def test_what_lies_elsewhere_is_left_alone(tmp_path: Path) -> None:
    root, memory = tmp_path / "archive", tmp_path / "memory"
    (root / sources.CONTENT).mkdir(parents=True)
    look(root, memory, None)
    (root / sources.CONTENT / "a.md").write_text("text")
    assert not look(root, memory, {"templates/base.html", "config.yaml", "/elsewhere/content/a.md"}).changed
    assert look(root, memory, None).changed


def test_stamps_of_another_checkout_are_not_asked_for_and_those_of_this_one_are_trusted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, memory = tmp_path / "first", tmp_path / "memory"
    (first / sources.CONTENT).mkdir(parents=True)
    (first / sources.CONTENT / "a.md").write_text("text")
    look(first, memory)
    second = tmp_path / "second"
    shutil.copytree(first, second)
    monkeypatch.setattr("medqa.survey._RACY", -(10**18))
    stamped: list[str] = []
    hashed: list[str] = []
    for name, calls in (("_stamp", stamped), ("_hashed", hashed)):
        monkeypatch.setattr(f"medqa.survey.{name}", noting(getattr(survey_module, name), calls))
    told = []
    for number in range(5):
        if number == 3:  # which looks like another checkout, once
            (second / sources.CONTENT / "inner").mkdir()
            (second / sources.CONTENT / "inner").rmdir()
        assert not look(second, memory).changed
        told.append((len(stamped), len(hashed)))
    assert told == [(0, 1), (1, 2), (2, 2), (2, 3), (3, 3)]


def test_a_young_file_is_hashed_again_and_its_neighbours_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was just written may be written again at the same time and size."""
    root, memory = tmp_path / "archive", tmp_path / "memory"
    (root / sources.CONTENT).mkdir(parents=True)
    old, young = root / sources.CONTENT / "a.md", root / sources.CONTENT / "b.md"
    old.write_text("text")
    young.write_text("text")
    while young.stat().st_ctime_ns == old.stat().st_ctime_ns:
        young.write_text("mine")
    monkeypatch.setattr("medqa.survey._RACY", 1)
    monkeypatch.setattr("medqa.survey.time_ns", lambda: young.stat().st_ctime_ns)
    look(root, memory, None)
    hashed: list[str] = []

    def read(_: Path, file: Path) -> bytes:
        hashed.append(file.name)
        return file.read_bytes()

    monkeypatch.setattr("medqa.sources.bytes_of", read)
    assert not look(root, memory, None).changed
    assert hashed == ["b.md"]


def test_a_build_that_is_told_what_was_touched_is_the_same_build(archive: Project) -> None:
    archive.edit("content/threads/calf-twitch.md", "at night", "at noon")
    archive.move("content/threads/wrist-pain.md", "content/threads/wrists/wrist-pain.md")
    told = {"content/threads/calf-twitch.md", "content/threads/wrist-pain.md", "content/threads/wrists"}
    report = archive.build(touched=frozenset(told))
    assert "threads/calf-twitch/index.html" in report.written
    assert archive.files() == archive.clean_build_files()


def test_the_newest_day_is_known_without_a_look_at_every_thread(archive: Project) -> None:
    """Without git and --as-of the day is the newest in the content, whatever comes and goes."""
    newest = "content/threads/wrist-pain.md"
    days = [archive.build(as_of=None).as_of]
    archive.edit("content/threads/calf-twitch.md", "at night", "at noon")
    days.append(archive.build(as_of=None).as_of)
    archive.edit(newest, "2021-03-02", "2021-03-05")
    days.append(archive.build(as_of=None).as_of)
    archive.build()
    archive.edit(newest, "2021-03-05", "2021-03-01")
    days.append(archive.build(as_of=None).as_of)
    archive.thread("newer", asked="2023-01-01", doctor="Bo Chan", replied="2023-01-01")
    days.append(archive.build(as_of=None).as_of)
    archive.remove("content/threads/newer.md")
    days.append(archive.build(as_of=None).as_of)
    expected = ["2021-03-02", "2021-03-02", "2021-03-05", "2021-03-01", "2023-01-01", "2021-03-01"]
    assert [str(day) for day in days] == expected
    assert archive.files() == files(archive.site)
    assert archive.files() == archive.clean_build_files(as_of=None)


# --- what is told of touched files ------------------------------------------------------------------------------------


def told(monkeypatch: pytest.MonkeyPatch, root: Path, *ticks: Iterable[str]) -> list[watching.Touched]:
    """Give what the bursts of saves are that the operating system tells in ticks."""
    changes = [{(Change.modified, str(root / path)) for path in tick} for tick in ticks]
    monkeypatch.setattr(watching, "watch", lambda *_, **__: iter(changes))
    return list(watching._while_the_same(root, Event()))


CALM: tuple[tuple[str, ...], ...] = ((),)
EARLIER = CALM * 2
"""A tick after which all is watched, and one more."""


def test_everything_is_looked_at_first_and_once_when_all_has_been_calm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = frozenset({"content/a.md"})
    long = CALM * (watching._CALM - 1)
    assert told(monkeypatch, tmp_path, *EARLIER, one, *long) == [None, one]
    assert told(monkeypatch, tmp_path, *EARLIER, one, *long, *CALM) == [None, one, None]
    assert told(monkeypatch, tmp_path, *EARLIER, one, *long * 3) == [None, one, None]
    assert told(monkeypatch, tmp_path, *EARLIER, one, *long, one, *long) == [None, one, one]


def test_after_many_changes_at_once_everything_is_looked_at_when_they_are_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [f"content/{number}.md" for number in range(watching._MANY)]
    assert told(monkeypatch, tmp_path, *EARLIER, many) == [None]
    assert told(monkeypatch, tmp_path, *EARLIER, many, many[:1], ()) == [None, None]
    assert told(monkeypatch, tmp_path, *EARLIER, many[1:], ()) == [None, frozenset(many[1:])]


def test_a_folder_that_comes_ends_the_watch_and_settings_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "content").mkdir()

    def ticks() -> Iterator[set[tuple[Change, str]]]:
        yield set()
        (tmp_path / "config.yaml").write_text("name: A")
        yield set()
        (tmp_path / "static").mkdir()
        yield set()

    monkeypatch.setattr(watching, "watch", lambda *_, **__: ticks())
    assert list(watching._while_the_same(tmp_path, Event())) == [None, frozenset({"config.yaml"})]
