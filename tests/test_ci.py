"""What CI runs, run: the steps of the workflows in docs/ci in a fresh clone, and the report on a pull request."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
import yaml

from medqa.errors import problem
from medqa.pipeline import Report
from medqa.summary import EXAMPLES, markdown
from tests.projects import Project, files
from tests.sites import ROOT


def test_a_report_tells_which_pages_change_and_why(archive: Project) -> None:
    archive.thread("new-here", asked="2019-06-01")
    archive.edit("content/threads/calf-twitch.md", "at night", "all night long")
    said = markdown(archive.build())
    assert said.startswith("## What becomes of the site\n\n")
    rows = [line for line in said.splitlines() if line.startswith("| ")]
    assert any(row.startswith("| new | ") and "`/threads/new-here/`" in row for row in rows)
    assert any("question" in row and "`/threads/calf-twitch/`" in row for row in rows)
    archive.remove("content/threads/new-here.md")
    said = markdown(archive.build())
    assert "1 removed" in said.splitlines()[2]
    assert "| no longer there | 1 | `/threads/new-here/` |" in said


def test_a_report_of_nothing(archive: Project) -> None:
    assert markdown(archive.build()).splitlines()[2].startswith("Nothing changes; ")


def test_a_report_is_short_and_safe_however_much_there_is_to_say() -> None:
    findings = tuple(problem((f"content/{n}.md", n, 1), "MQ704", "a | b <img>", "no more") for n in range(1, 500))
    changes = tuple(f"M threads/t{n}/index.html" for n in range(5_000))
    report = Report(
        threads=5_000,
        pages=6_000,
        rendered={f"/threads/t{n}/": f"field {n % 100} changed" for n in range(5_000)},
        written=(),
        removed=(),
        changes=changes,
        answers={},
        as_of=date(2024, 1, 1),
        seconds={},
        peak_memory=0,
        findings=findings,
    )
    said = markdown(report)
    assert len(said) < 20_000
    assert "… and 70 more reasons." in said
    assert "… and 449 more findings." in said
    assert "MQ704 a \\| b &lt;img> | no more |" in said
    assert said.count("`/threads/") == 30 * EXAMPLES


# --- the workflows ----------------------------------------------------------------------------------------------------


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Clone the repository as a job finds it, but with the packages that are here already."""
    if not (ROOT / ".git").exists():
        pytest.skip("no repository: medqa is tested without its history")
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", f"file://{ROOT}", str(folder))
    git(folder, "remote", "set-url", "origin", "nowhere")
    for name in ("docs/ci", "medqa", "templates", "content"):  # what is tested is what stands here
        shutil.rmtree(folder / name)
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("build.py", "config.yaml", "Makefile", ".gitignore", "requirements.txt"):
        shutil.copy(ROOT / name, folder / name)
    commit(folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    for pins in folder.glob("requirements*.txt"):
        os.utime(pins, (0, 0))  # the packages are newer: make need not install them
    return folder


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=Editor", "-c", "user.email=editor@example.org")
    return subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "An edit")
    return git(folder, "rev-parse", "HEAD")


def edit(folder: Path) -> str:
    """Change what a thread's More Info says, and commit it; gives the thread's stem."""
    file = next(
        file for file in sorted((folder / "content/threads").rglob("*.md")) if "## More Info" in file.read_text()
    )
    file.write_text(file.read_text(encoding="utf-8") + "\nAsk again if it comes back.\n", encoding="utf-8")
    commit(folder)
    return file.stem


class Job:
    """Runs the commands of a workflow, one after the other, in one folder."""

    def __init__(self, folder: Path, shell: Sequence[str], **environment: str) -> None:
        self.folder = folder
        self.shell = shell
        self.environment = {**os.environ, "GITHUB_STEP_SUMMARY": str(folder / "summary.md"), **environment}
        self.environment.pop("MAKEFLAGS", None)

    def run(self, commands: Iterable[str]) -> str:
        said = ""
        for command in commands:
            done = subprocess.run(
                [*self.shell, command],
                cwd=self.folder,
                env=self.environment,
                check=False,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
            said += done.stdout
        return said


def github(event: str, server: bool = False) -> Iterator[str]:
    """Give the commands that the workflow for GitHub runs for an event."""
    (job,) = yaml.safe_load((ROOT / "docs/ci/github.yml").read_text(encoding="utf-8"))["jobs"].values()
    for step in job["steps"]:
        assert "${{" not in step.get("run", ""), "what others write must not become part of a command"
        wanted = step.get("if", "").replace("github.event_name", repr(event)).replace("vars.MEDQA_SERVER", repr(server))
        takes_place = eval(wanted.replace("&&", "and") or "True", {})  # noqa: S307 - the workflow's own conditions
        if "run" in step and "secrets." not in str(step.get("env")) and takes_place:
            yield step["run"]


def gitlab(job: str) -> list[str]:
    """Give the commands of a job for GitLab."""
    commands: list[str] = yaml.safe_load((ROOT / "docs/ci/gitlab.yml").read_text(encoding="utf-8"))[job]["script"]
    return commands


def test_the_workflow_for_github_publishes_what_changed_and_reports_on_pull_requests(
    clone: Path, tmp_path: Path
) -> None:
    shell = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
    server = tmp_path / "server"
    job = Job(clone, shell, FOLDER=str(server), BASE=git(clone, "rev-parse", "HEAD"))
    job.run(github("push", server=True))
    first = files(server / "current")
    assert "index.html" in first
    assert (clone / "published.txt").read_bytes() == first[".medqa-published"]

    stem = edit(clone)
    job.run(github("pull_request"))
    assert f"`/threads/{stem}/`" in (clone / "summary.md").read_text(encoding="utf-8")
    assert set(files(clone / "upload")) == {f"threads/{stem}/index.html", ".medqa-published"}
    assert files(server / "current") == first, "a pull request publishes nothing"

    job.run(github("push", server=True))
    second = files(server / "current")
    assert {path for path in second if second[path] != first.get(path)} == set(files(clone / "upload"))
    assert job.run(["sh docs/ci/publish.sh back"]) == "release 1 is shown again\n"
    assert files(server / "current") == first

    said = job.run(github("schedule", server=True))
    assert (server / "current").resolve().name == "3"
    assert "verified: a clean build gives the same bytes" in said


def test_the_workflow_for_gitlab_does_the_same(clone: Path, tmp_path: Path) -> None:
    server = tmp_path / "server"
    base = git(clone, "rev-parse", "HEAD")
    job = Job(clone, ("sh", "-ec"), SERVER="", FOLDER=str(server), CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
    job.run(gitlab("publish"))
    stem = edit(clone)
    job.run(gitlab("check"))
    assert f"`/threads/{stem}/`" in (clone / "report.md").read_text(encoding="utf-8")
    job.run(["\n".join(gitlab("publish")[1:])])
    assert set(files(clone / "upload")) == {f"threads/{stem}/index.html", ".medqa-published"}
    job.run(gitlab("verify"))


@pytest.mark.parametrize("publication", [[*github("workflow_dispatch")], gitlab("publish")], ids=["github", "gitlab"])
def test_what_has_appeared_since_the_last_commit_stays(clone: Path, tmp_path: Path, publication: list[str]) -> None:
    file = next(iter(sorted((clone / "content/threads/neurology").rglob("*.md"))))
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("\nasked:", "\npublish_on: 2026-01-01\nasked:"), encoding="utf-8")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", "A letter for the new year")
    job = Job(clone, ("bash", "-ec"), SERVER="", FOLDER=str(tmp_path))
    job.environment |= {"GIT_COMMITTER_DATE": "2025-12-01T12:00:00Z"}
    job.run(["git -c user.name=A -c user.email=a@example.org commit --quiet --amend --no-edit"])
    job.run(command for command in publication if command.startswith("make site"))
    assert (clone / "upload/threads" / file.stem / "index.html").exists()


def test_two_changes_that_do_not_fit_together_leave_the_published_site(clone: Path, tmp_path: Path) -> None:
    shell = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
    server = tmp_path / "server"
    job = Job(clone, shell, FOLDER=str(server), BASE="HEAD")
    job.run(github("push", server=True))
    stands = files(server / "current")
    (clone / "content/threads/torn.md").write_text("---\ntitle: Torn\nspecialty: Neurology\n---\n", encoding="utf-8")
    commit(clone)
    with pytest.raises(AssertionError, match="::error file=content/threads/torn"):
        job.run(github("push", server=True))
    assert files(server / "current") == stands
    git(clone, "revert", "--no-edit", "HEAD")
    job.run(github("push", server=True))
    assert files(server / "current") == stands


def test_the_hook_for_pre_commit_finds_what_is_wrong(archive: Project) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    program, *words = hook["entry"].split()
    command = [sys.executable, "-m", program, *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert re.match(hook["files"], "content/threads/calf-twitch.md")
    assert subprocess.run(command, cwd=archive.root, env=environment, check=False, capture_output=True).returncode == 0
    archive.thread("torn", asked="soon")
    done = subprocess.run(command, cwd=archive.root, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "content/threads/torn.md:" in done.stdout + done.stderr
