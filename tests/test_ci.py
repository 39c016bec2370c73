"""What CI runs, run: the steps of the workflows in docs/ci in a fresh clone, and the report on a pull request."""

from datetime import date

from medqa.errors import problem
from medqa.pipeline import Report
from medqa.reporting import EXAMPLES, markdown
from tests.projects import Project


def test_a_report_tells_which_pages_change_and_why(archive: Project) -> None:
    archive.thread("new-here", asked="2021-03-04")
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
    findings = tuple(problem((f"content/{n}.md", n, 1), "MQ704", "a | b <img>", "no\nmore") for n in range(1, 500))
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
