"""Edits are made all or not at all."""

from pathlib import Path

import pytest

from medqa.editing.edits import Edit, apply, new_file
from medqa.errors import UsageError
from tests.projects import Project, files

MOVED = Edit("content/threads/x/a.md", b"a", b"A", to="content/threads/x/b.md")


@pytest.fixture
def root(project: Project) -> Path:
    project.write("content/threads/x/a.md", "a").write("content/threads/gone.md", "gone")
    return project.root


def test_files_are_written_moved_and_removed(root: Path) -> None:
    apply(root, [MOVED, Edit("content/threads/gone.md", b"gone", None), new_file("content/topics/new.md", "new")])
    assert files(root) == {"content/threads/x/b.md": b"A", "content/topics/new.md": b"new"}


def test_an_empty_folder_goes_with_its_last_file(root: Path) -> None:
    apply(root, [Edit("content/threads/x/a.md", b"a", b"a", to="content/threads/y/a.md")])
    assert files(root) == {"content/threads/gone.md": b"gone", "content/threads/y/a.md": b"a"}


@pytest.mark.parametrize(
    "edit",
    [
        Edit("content/threads/x/a.md", b"another", b"new"),
        new_file("content/threads/gone.md", "new"),
        Edit("content/threads/x/a.md", b"a", b"a", to="content/threads/gone.md"),
        Edit("content/threads/nowhere.md", b"", None),
    ],
)
def test_what_is_not_as_planned_is_refused_before_anything_is_written(root: Path, edit: Edit) -> None:
    before = files(root)
    with pytest.raises(UsageError, match="nothing was written"):
        apply(root, [new_file("content/threads/first.md", "x"), edit])
    assert files(root) == before


@pytest.mark.parametrize("step", range(9))
def test_a_refusal_of_the_disk_leaves_all_as_it_was(root: Path, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before, left = files(root), [step]

    def refusing(method: str) -> None:
        real = getattr(Path, method)

        def tried(self: Path, *arguments: object) -> object:
            left[0] -= 1
            if left[0] == -1:
                raise OSError(28, "No space left on device")
            return real(self, *arguments)

        monkeypatch.setattr(Path, method, tried)

    for method in ("write_bytes", "replace"):
        refusing(method)
    planned = [new_file("content/topics/new.md", "n"), MOVED, Edit("content/threads/gone.md", b"gone", b"there")]
    try:
        apply(root, planned)
    except OSError:
        assert files(root) == before
    else:
        assert step >= 6
        assert set(files(root)) == {"content/topics/new.md", "content/threads/x/b.md", "content/threads/gone.md"}


def test_a_link_stays_one_and_its_file_is_written(root: Path) -> None:
    (root / "elsewhere.md").write_bytes(b"x")
    (root / "content/threads/link.md").symlink_to(root / "elsewhere.md")
    apply(root, [Edit("content/threads/link.md", b"x", b"y")])
    assert (root / "elsewhere.md").read_bytes() == b"y"
    assert (root / "content/threads/link.md").is_symlink()


def test_a_diff_is_what_a_reviewer_reads() -> None:
    assert MOVED.summary() == "move   content/threads/x/a.md to content/threads/x/b.md"
    assert list(MOVED.diff()) == ["--- content/threads/x/a.md", "+++ content/threads/x/b.md", "@@ -1 +1 @@", "-a", "+A"]
