"""A publication alone, small enough to be stopped, or refused by the disk, at every change that it makes."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from errno import EACCES, EIO, ENOSPC, EROFS
from itertools import count
from pathlib import Path

import pytest

from medqa.errors import UsageError
from medqa.outputs import Site
from tests.faults import ALL, STAGE, TAKES_ROOM, PowerCutError, complaint, power_cut, refusing
from tests.projects import LIST, files


def page(*links: str) -> bytes:
    return "".join(f'<a href="{link}">' for link in links).encode()


BEFORE = {
    "assets/style.css": b"old",
    "assets/logo.svg": b"old",
    "leaflet": b"a file",
    "papers/one.txt": b"1",
    "papers/two/three.txt": b"3",
    "threads/kept/index.html": b"kept",
    "threads/changed/index.html": page("/threads/gone/"),
    "threads/gone/index.html": page("/threads/changed/", "/assets/logo.svg"),
    "lists/2019/index.html": page("/threads/gone/", "/threads/changed/"),
    "index.html": page("/lists/2019/", "/threads/changed/", "/threads/gone/", "/threads/kept/"),
}
AFTER = {
    "assets/style.css": b"new",
    "leaflet/part.txt": b"below",
    "papers": b"a file",
    "threads/fresh/index.html": page("/threads/fresher/", "/threads/changed/"),
    "threads/fresher/index.html": page("/threads/fresh/"),
    "topics/sleep/1/index.html": page("/threads/fresh/", "/topics/sleep/2/"),
    "topics/sleep/2/index.html": page("/topics/sleep/1/"),
    "threads/changed/index.html": page("/threads/fresh/", "/topics/sleep/1/"),
    "threads/kept/index.html": b"kept",
    "index.html": page("/topics/sleep/1/", "/threads/changed/", "/threads/kept/"),
}
"""In the order of publication."""


def publish(folder: Path, wanted: dict[str, bytes]) -> None:
    with closing(Site(folder)) as site:
        site.publish(site.stage(wanted.items()), frozenset(wanted), str)


@pytest.fixture
def old(tmp_path: Path) -> dict[str, bytes]:
    """Publish a site; give its files."""
    publish(tmp_path / "old", BEFORE)
    return files(tmp_path / "old")


@pytest.fixture
def new(tmp_path: Path) -> dict[str, bytes]:
    publish(tmp_path / "new", AFTER)
    found = files(tmp_path / "new")
    assert {path: data for path, data in found.items() if path != LIST} == AFTER
    return found


@pytest.fixture
def site(tmp_path: Path, old: dict[str, bytes]) -> Path:
    """Give the folder of the site that is to be changed."""
    assert old
    shutil.copytree(tmp_path / "old", tmp_path / "site", copy_function=shutil.copy2)
    return tmp_path / "site"


def again(folder: Path, step: int = 1) -> Iterator[int]:
    """Count up for ever, with a fresh copy of the old site each time."""
    for number in count(0, step):
        shutil.rmtree(folder)
        shutil.copytree(folder.with_name("old"), folder, copy_function=shutil.copy2)
        yield number


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    return {path: ((folder / path).stat().st_mtime_ns, (folder / path).stat().st_size) for path in files(folder)}


def cut(folder: Path, changes: int) -> bool:
    """Publish; tells whether the power failed, after so many changes."""
    try:
        with power_cut(folder, changes):
            publish(folder, AFTER)
    except PowerCutError:
        return True
    return False


def test_a_power_cut_at_any_change_leaves_a_whole_site_that_the_next_run_completes(
    site: Path, old: dict[str, bytes], new: dict[str, bytes]
) -> None:
    between = 0
    for changes in again(site):
        if not cut(site, changes):
            break
        found = files(site)
        assert not complaint(old, new, found), f"stopped after {changes} changes"
        if f"{STAGE}/journal" in found:
            between += 1
            Site(site).close()
            assert files(site) == new, f"stopped after {changes} changes"
        else:
            Site(site).close()
            assert files(site) in (old, new), f"stopped after {changes} changes"
        publish(site, AFTER)
        assert files(site) == new, f"stopped after {changes} changes"
    assert between > 20


def test_a_recovery_may_be_stopped_too_again_and_again(
    site: Path, old: dict[str, bytes], new: dict[str, bytes]
) -> None:
    with power_cut(site) as disk:
        publish(site, AFTER)
    for changes in again(site):
        assert cut(site, disk.whole + 2)
        for later in range(changes, 1_000, changes + 1):
            try:
                with power_cut(site, later):
                    Site(site).close()
            except PowerCutError:
                assert not complaint(old, new, files(site)), f"stopped after {changes}, in the end {later} changes"
            else:
                break
        assert files(site) == new, f"stopped after {changes} changes"
        if later == changes:  # not once
            break


@pytest.mark.parametrize(
    ("number", "kinds", "step", "words"),
    [
        (ENOSPC, TAKES_ROOM, 1, "the disk is full: make room"),
        (EIO, ALL, 1, "the disk failed: look into"),
        (EROFS, ALL, 4, "mounted for reading only: mount it"),
        (EACCES, ALL, 4, "may not read or write there: change its owner"),
    ],
)
def test_what_the_disk_refuses_leaves_the_old_site_or_is_completed_by_the_next_run(
    site: Path, new: dict[str, bytes], number: int, kinds: frozenset[str], step: int, words: str
) -> None:
    states = set()
    for changes in again(site, step):
        before = stamps(site)
        with refusing(number, changes, kinds) as disk:
            try:
                publish(site, AFTER)
            except UsageError as error:
                said = str(error)
                assert said.startswith(str(site)), said
                assert words in said
                states.add(said.rpartition("(")[2])
            else:
                assert disk.whole
        if disk.whole:
            Site(site).close()
            assert files(site) == new, f"refused after {changes} changes"
        else:
            left = {path: stamp for path, stamp in stamps(site).items() if not path.startswith(STAGE)}
            assert left == before, f"refused after {changes} changes"
        publish(site, AFTER)
        assert files(site) == new
        if disk.changes <= changes:
            break
    assert states == {"the site is as it was)", "the next build completes what this one began to publish)"}


def test_a_disk_that_fills_up_once_the_journal_is_whole_hinders_nothing(site: Path, new: dict[str, bytes]) -> None:
    """What is left to do only moves names, removes them, and waits."""
    with power_cut(site) as disk:
        publish(site, AFTER)
    room = frozenset({"open", "write", "mkdir"})
    next(again(site))
    with refusing(ENOSPC, kinds=room) as counted:
        publish(site, AFTER)
    next(again(site))
    with refusing(ENOSPC, counted.changes, room):
        publish(site, AFTER)
    assert files(site) == new
    assert disk.changes > counted.changes
