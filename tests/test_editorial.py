"""`check`: how its findings are shown, chosen, counted and remembered. What it finds is in tests/cases/problems."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from medqa import checks, cli, pipeline, reports, work
from medqa.checks import against
from medqa.checks.identities import hong_kong, taiwan
from medqa.checks.words import languages, vocabulary
from medqa.errors import CODES, NOTES, Problem
from medqa.related import twins
from tests.editors import Editors, script
from tests.projects import Project
from tests.sites import AS_OF

DATA = os.environ.get("MEDQA_DATA")
SCHEMA = json.loads((Path(__file__).parent / "cases" / "sarif-2.1.0.schema.json").read_text(encoding="utf-8"))
HE = {"Question": "I am a 35-year-old male, and my calf twitches. Call 0912-345-678!", "Reply": "Hello Mr.\nChan"}
SHE = {"name": "Chan", "age": "30~39", "sex": "female"}


def run(project: Project, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = cli.main(["check", "--root", str(project.root), "--as-of", AS_OF.isoformat(), "--jobs", "1", *words])
    return code, capsys.readouterr().out


def found(project: Project, capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    problems: list[dict[str, Any]] = json.loads(run(project, capsys, *words, "--format", "json")[1])["problems"]
    return problems


def codes(project: Project, capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    return sorted(one["code"] for one in found(project, capsys, *words))


@pytest.fixture
def odd(project: Project) -> Project:
    """Give an archive of one thread about which there is much to say."""
    body = {**HE, "More Info": "A \u200b line."}
    return project.thread("odd", asker=SHE, specialty="Neurology", asked="2020-01-01", replied="2020-01-02", body=body)


ODD = ["MQ503", "MQ505", "MQ601", "MQ705", "MQ711"]


# --- how it is shown --------------------------------------------------------------------------------------------------


def test_people_see_the_line_with_marks_below_what_is_meant(odd: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(odd, capsys)
    assert code == 0
    said = re.search(r"^content/threads/odd\.md:(\d+):1: MQ503 .*\n(.*)\n(.*)\n  hint: .*$", out, re.MULTILINE)
    assert said
    line = (odd.root / "content/threads/odd.md").read_text(encoding="utf-8").split("\n")[int(said[1]) - 1]
    assert said[2] == f"    {line}"
    assert said[3] == "    " + "^" * len("I am a 35-year-old male")
    assert out.endswith("0 errors, 5 findings: 1 MQ503, 1 MQ505, 1 MQ601, 1 MQ705, 1 MQ711\n")
    assert "    A · line.\n      ^\n" in out, "what is invisible is seen"


def test_problems_stand_in_the_order_of_their_places(odd: Project, capsys: pytest.CaptureFixture[str]) -> None:
    odd.thread("before", asker=SHE, asked="2020-01-01", replied="2020-01-02", body=HE)
    places = [(one["path"], one["line"], one["column"]) for one in found(odd, capsys)]
    assert places == sorted(places)
    assert len(set(places)) > len(ODD)


def test_marks_stand_below_wide_letters_and_in_long_lines(odd: Project, capsys: pytest.CaptureFixture[str]) -> None:
    question = f"{'好' * 90}我今年17歲，{'好' * 90}"
    odd.thread(
        "wide",
        lang="zh-Hant",
        asker={"age": "50"},
        asked="2020-01-01",
        body={"問題": question},
        doctor=None,
        replied=None,
    )
    _, out = run(odd, capsys, "--select", "MQ504")
    _, line, marks, *_ = out.splitlines()
    assert line.startswith("    …好")
    assert line.endswith("好…")
    assert line.index("我") - 5 == 40
    assert marks == " " * (5 + 2 * 40) + "^" * 10


def test_github_shows_how_much_each_counts(odd: Project, capsys: pytest.CaptureFixture[str]) -> None:
    odd.config(levels={"MQ503": "error", "MQ705": "note", "MQ711": "off"})
    _, out = run(odd, capsys, "--format", "github", "--select", "MQ")
    kinds = dict(re.findall(r"^::(\w+) .*title=(MQ\d+)::", out, re.MULTILINE))
    assert kinds.keys() == {"error", "warning", "notice"}
    assert (kinds["error"], kinds["notice"]) == ("MQ503", "MQ705")


def test_sarif_follows_its_schema_and_tells_the_same(odd: Project, capsys: pytest.CaptureFixture[str]) -> None:
    odd.write("content/threads/bro ken é.md", "nothing")
    code, out = run(odd, capsys, "--format", "sarif", "--select", "MQ")
    assert code == 1
    told = json.loads(out)
    jsonschema.Draft7Validator(SCHEMA).validate(told)
    results = told["runs"][0]["results"]
    assert [one["ruleId"] for one in results] == [one["code"] for one in found(odd, capsys, "--select", "MQ")]
    rules = told["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(CODES)
    for one in results:
        assert rules[one["ruleIndex"]]["id"] == one["ruleId"]
        assert one["level"] == ("error" if one["ruleId"] < "MQ5" else "warning")
    male = next(one for one in results if one["ruleId"] == "MQ503")["locations"][0]["physicalLocation"]
    assert male["artifactLocation"]["uri"] == "content/threads/odd.md"
    assert male["region"]["endColumn"] - male["region"]["startColumn"] == len("I am a 35-year-old male")
    uris = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results}
    assert any("bro%20ken%20" in uri for uri in uris)
    broken = json.loads(out)
    broken["runs"][0]["results"][0]["level"] = "finding"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(SCHEMA).validate(broken)


@pytest.mark.parametrize(("top", "path"), [("..", "{}/content/threads/odd.md"), (".", "content/threads/odd.md")])
def test_github_and_scanners_get_paths_in_the_repository(
    odd: Project, capsys: pytest.CaptureFixture[str], top: str, path: str
) -> None:
    subprocess.run(["git", "init", "-q", str(odd.root / top)], check=True)
    path = path.format(odd.root.name)
    assert f"::warning file={path},line=" in run(odd, capsys, "--format", "github", "--select", "MQ503")[1]
    (result,) = json.loads(run(odd, capsys, "--format", "sarif", "--select", "MQ503")[1])["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == path


# --- which are shown, and what counts ---------------------------------------------------------------------------------


def test_findings_are_chosen_by_code_or_its_beginning(odd: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert codes(odd, capsys) == ODD
    assert codes(odd, capsys, "--select", "MQ5") == ["MQ503", "MQ505"]
    assert codes(odd, capsys, "--select", "MQ6,MQ711") == ["MQ601", "MQ711"]
    assert codes(odd, capsys, "--ignore", "MQ5,MQ7") == ["MQ601"]
    assert codes(odd, capsys, "--select", "MQ5", "--ignore", "MQ503") == ["MQ505"]


def test_errors_are_shown_whatever_is_chosen(odd: Project, capsys: pytest.CaptureFixture[str]) -> None:
    odd.thread("bad", asked="soon")
    code, out = run(odd, capsys, "--select", "MQ601", "--format", "json")
    assert code == 1
    assert {one["code"] for one in json.loads(out)["problems"]} == {"MQ203", "MQ601"}


@pytest.mark.parametrize("wrong", ["MQ1", "MQ220", "mq6", "MQ6,,", "X"])
def test_a_code_that_is_none_is_wrong_use(wrong: str, odd: Project, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        run(odd, capsys, "--select", wrong)
    assert end.value.code == 2


def test_notes_are_shown_to_those_who_ask(odd: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert set(NOTES) == {"MQ802"}
    odd.record("specialties", "neurology", review_months="12")
    assert codes(odd, capsys) == ODD
    assert "MQ802" in codes(odd, capsys, "--select", "MQ8")
    assert run(odd, capsys, "--strict", "--select", "MQ8")[0] == 0, "a note does not count"
    odd.config(levels={"MQ802": "error"})
    assert "MQ802" in codes(odd, capsys)
    assert run(odd, capsys)[0] == 1


def test_what_is_acknowledged_is_not_told(odd: Project, capsys: pytest.CaptureFixture[str]) -> None:
    odd.edit("content/threads/odd.md", "asked: ", "ack: {MQ503: asked for her husband, MQ711: x}\nasked: ")
    assert codes(odd, capsys) == ["MQ505", "MQ601", "MQ705"]


def test_what_counts_decides_the_exit_code(odd: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(odd, capsys)[0] == 0
    assert run(odd, capsys, "--strict")[0] == 1
    assert run(odd, capsys, "--strict", "--ignore", "MQ5,MQ6,MQ7")[0] == 0
    odd.config(levels={"MQ601": "error"})
    assert run(odd, capsys)[0] == 1
    assert run(odd, capsys, "--ignore", "MQ601")[0] == 0


# --- builds, and what is remembered -----------------------------------------------------------------------------------


def test_a_build_examines_nothing(odd: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "examine", lambda *_: pytest.fail("a text was examined"))
    monkeypatch.setattr(against, "check", lambda *_: pytest.fail("records were compared"))
    assert not odd.build().findings


def test_texts_are_examined_once(odd: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a build has parsed them before, and where the settings change; one edit is one text."""
    examined: list[str] = []
    kept = checks.examine

    def counting(path: str, parsed: Any) -> Any:
        examined.append(path)
        return kept(path, parsed)

    monkeypatch.setattr(checks, "examine", counting)
    threads = {path.relative_to(odd.root).as_posix() for path in (odd.root / "content").rglob("*.md")}
    odd.build()
    first = pipeline.check(odd.root, odd.options())
    assert set(examined) == threads
    examined.clear()
    assert pipeline.check(odd.root, odd.options()).problems == first.problems
    odd.config(levels={"MQ711": "off"})
    assert len(pipeline.check(odd.root, odd.options()).problems) == len(first.problems) - 1
    assert not examined
    odd.edit("content/threads/odd.md", "35-year-old", "36-year-old")
    assert any("36-year-old" in one.message for one in pipeline.check(odd.root, odd.options()).problems)
    odd.move("content/threads/odd.md", "content/threads/2020/odd.md")
    moved = pipeline.check(odd.root, odd.options()).problems
    assert {one.path for one in moved} == {"content/threads/2020/odd.md"}
    assert examined == ["content/threads/odd.md"]


def test_processes_find_the_same(odd: Project) -> None:
    for number in range(work.PARSE_CHUNK + 20):
        odd.thread(f"t{number}", asker=SHE, asked="2020-01-01", body={"Question": f"I am a 35-year-old man, {number}."})
    alone = pipeline.check(odd.root, odd.options(cache=None))
    assert pipeline.check(odd.root, odd.options(cache=None, jobs=2)) == alone
    assert len(alone.problems) > work.PARSE_CHUNK


@pytest.fixture
def few_twins() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(twins, "MOST", 2)
        yield


@pytest.mark.usefixtures("few_twins")
@pytest.mark.parametrize("seed", [5, 6])
def test_a_check_after_edits_finds_what_a_clean_one_does(seed: int, tmp_path: Path) -> None:
    project = Project(tmp_path / "archive")
    editors = Editors(project)
    kinds: set[str] = set()
    for step in script(seed):
        editors.edit(step)
        options = editors.options()
        now = pipeline.check(project.root, project.options(**options), pipeline.Asked(("MQ",)))
        clean = pipeline.check(project.root, project.options(**{**options, "cache": None}), pipeline.Asked(("MQ",)))
        assert now.problems == clean.problems, step
        kinds |= {one.code for one in now.problems}
        if any(one.severity == "error" for one in now.problems):
            editors.mend()
        else:
            editors.keep()
    assert len(kinds) > 10


def test_records_reviews_and_chains_are_compared_again(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a finding goes by: the doctor's record, the specialty's, another thread, the day."""
    project.thread("one", specialty="Neurology", doctor="Eva Lund", asked="2020-01-01", replied="2020-01-02")
    project.thread("two", specialty="Neurology", doctor="Eva Lund", asked="2020-01-01", replied="2020-01-03")
    wanted = ("--select", "MQ507,MQ508,MQ8,MQ506")

    def now() -> list[str]:
        told = codes(project, capsys, *wanted)
        clean = pipeline.check(project.root, project.options(cache=None), pipeline.Asked(tuple(wanted[1].split(","))))
        assert told == sorted(one.code for one in clean.problems)
        return told

    assert now() == []
    project.record("doctors", "eva-lund", name="Eva Lund", specialty="Cardiology")
    assert now() == ["MQ507", "MQ507"]
    project.record("doctors", "eva-lund", name="Eva Lund", specialty="Neurology")
    assert now() == []
    project.thread(
        "one", specialty="Neurology", doctor="Eva Lund", hospital="Old", asked="2020-01-01", replied="2020-01-02"
    )
    project.record("doctors", "eva-lund", name="Eva Lund", periods=[{"hospital": "New"}])
    assert now() == ["MQ508"]
    project.record("hospitals", "new", name="New", names=["Old"])
    assert now() == []
    project.thread("one", doctor="Eva Lund", asked="2020-01-01", replied="2020-01-02", superseded_by="two")
    project.thread("two", doctor="Eva Lund", asked="2020-01-01", replied="2020-01-03", superseded_by="three")
    project.thread(
        "three",
        doctor="Eva Lund",
        asked="2020-01-01",
        replied="2020-01-03",
        body={"Question": "Why?", "Reply": "Yes. Dr. Eva Lunt"},
    )
    assert now() == ["MQ506", "MQ803"]
    project.thread("two", doctor="Eva Lund", asked="2020-01-01", replied="2020-01-03")
    project.record("doctors", "eva-lund", name="Eva Lund", names=["Eva Lunt"])
    assert now() == []


def test_a_review_is_due_on_its_day(project: Project) -> None:
    project.record("specialties", "dermatology", review_months="6")
    project.thread("itch", specialty="Dermatology", asked="2020-01-01", replied="2020-08-31")

    def due(day: str, **options: Any) -> list[str]:
        asked = pipeline.Asked(("MQ802",))
        told = pipeline.check(project.root, project.options(as_of=type(AS_OF).fromisoformat(day), **options), asked)
        return [one.path for one in told.problems if one.path.endswith("itch.md")]

    for day, expected in (("2021-02-28", 0), ("2021-03-01", 1), ("2021-02-28", 0), ("2022-01-01", 1)):
        assert len(due(day)) == len(due(day, cache=None)) == expected


def test_stats_tell_who_waits(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.record("specialties", "dermatology", review_months="6")
    project.thread("itch", specialty="Dermatology", doctor="Eva Lund", asked="2020-01-01", replied="2020-08-31")
    project.thread(
        "open", specialty="Dermatology", doctor=None, replied=None, asked="2020-02-01", body={"Question": "Why?"}
    )
    arguments = ["stats", "--root", str(project.root), "--as-of", AS_OF.isoformat(), "--jobs", "1"]
    assert cli.main([*arguments, "--format", "json"]) == 0
    waiting = json.loads(capsys.readouterr().out)["waiting"]
    assert waiting["overdue"] == [{"name": "Dermatology", "threads": ["itch"], "since": "2020-01-01"}]
    assert [queue["name"] for queue in waiting["overdue_by_doctor"]] == ["Eva Lund"]
    assert {"name": "Dermatology", "threads": ["open"], "since": "2020-02-01"} in waiting["unanswered"]
    assert cli.main(arguments) == 0
    assert (
        "due for a review, by doctor:\n  1 Eva Lund: the oldest asked on 2020-01-01, itch\n" in capsys.readouterr().out
    )


# --- since a revision -------------------------------------------------------------------------------------------------


def git(project: Project, *arguments: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    command = ["git", "-C", str(project.root), *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def kept(odd: Project) -> Project:
    """Give the archive as a repository with a branch of its own."""
    odd.write(".gitignore", ".cache/\nsite/\n")
    git(odd, "init", "-q", "-b", "main")
    git(odd, "add", ".")
    git(odd, "commit", "-q", "-m", "x")
    git(odd, "switch", "-q", "-c", "branch")
    return odd


def test_only_changed_files_are_told_of(kept: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert found(kept, capsys, "--changed-since", "main") == []
    body = {"Question": "I am a 35-year-old man."}
    kept.thread("committed", asker=SHE, asked="2020-01-01", body=body, doctor=None, replied=None)
    git(kept, "add", ".")
    git(kept, "commit", "-q", "-m", "x")
    kept.thread("untracked é", asker=SHE, asked="2020-01-01", body=body, doctor=None, replied=None)
    kept.move("content/threads/untracked é.md", "content/threads/untracked-é.md")
    told = found(kept, capsys, "--changed-since", "main", "--select", "MQ503")
    assert [one["path"] for one in told] == ["content/threads/committed.md", "content/threads/untracked-é.md"]


def test_what_the_other_branch_did_meanwhile_is_not_ours(kept: Project, capsys: pytest.CaptureFixture[str]) -> None:
    git(kept, "switch", "-q", "main")
    kept.edit("content/threads/odd.md", "Chan\n", "Chen\n")
    git(kept, "commit", "-q", "-a", "-m", "y")
    git(kept, "switch", "-q", "branch")
    assert found(kept, capsys, "--changed-since", "main") == []


def test_a_doctors_words_need_a_correction(kept: Project, capsys: pytest.CaptureFixture[str]) -> None:
    kept.edit("content/threads/odd.md", "Hello Mr.\nChan", "Hello Mr. **Chan**")
    assert run(kept, capsys, "--changed-since", "main")[0] == 0
    kept.edit("content/threads/odd.md", "Hello Mr.", "Hello Mrs.")
    code, out = run(kept, capsys, "--changed-since", "main")
    assert code == 1
    assert "reply were changed: 'Mr Chan …' → 'Mrs Chan …'\n    Hello Mrs. **Chan**\n          ^^^\n" in out
    correction = "corrections: [{on: 2020-02-01, by: Ann Bell, why: she is a woman}]\nasked: "
    kept.edit("content/threads/odd.md", "asked: ", correction)
    assert run(kept, capsys, "--changed-since", "main")[0] == 0


def test_a_file_whose_name_has_a_line_end_hides_no_other(kept: Project, capsys: pytest.CaptureFixture[str]) -> None:
    kept.write("content/threads/a\nb.md", "x")
    git(kept, "add", ".")
    git(kept, "commit", "-q", "-m", "x")
    kept.remove("content/threads/a\nb.md").edit("content/threads/odd.md", "Hello Mr.", "Hello Mrs.")
    assert "MQ220" in codes(kept, capsys, "--changed-since", "HEAD")


def test_no_revision_is_wrong_use(kept: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """So a variable that is not set does not turn the corrections off."""
    with pytest.raises(SystemExit, match="2"):
        run(kept, capsys, "--changed-since", "")


def test_an_archive_may_lie_below_its_repository(kept: Project) -> None:
    folder = kept.root / "inner"
    git(kept, "switch", "-q", "main")
    folder.mkdir()
    git(kept, "mv", "content", "config.yaml", "inner") if (kept.root / "config.yaml").exists() else git(
        kept, "mv", "content", "inner"
    )
    git(kept, "commit", "-q", "-m", "x")
    file = folder / "content/threads/odd.md"
    file.write_text(file.read_text(encoding="utf-8").replace("Chan\n", "Chang\n"), encoding="utf-8")
    options = pipeline.BuildOptions(out=folder / "site", cache=None, as_of=AS_OF)
    told = pipeline.check(folder, options, pipeline.Asked(since="HEAD")).problems
    assert {(one.path, one.code) for one in told} >= {("content/threads/odd.md", "MQ220")}


@pytest.mark.parametrize("revision", ["nowhere", "--all", "main:content"])
def test_a_revision_that_is_none_is_wrong_use(revision: str, kept: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["check", "--root", str(kept.root), f"--changed-since={revision}"])
    assert (code, "git cannot tell what has changed" in capsys.readouterr().err) == (2, True)


# --- words and numbers ------------------------------------------------------------------------------------------------


def test_patterns_can_be_read_and_their_words_can_stand_in_a_text() -> None:
    for language in languages():
        words = language.words
        for category in ("statements", "greetings", "signatures", "names", "births", "ages", "records", "addresses"):
            for pattern in getattr(words, category):
                re.compile(language.filled(pattern.find))
                assert pattern.needs
                if words.script == "latin":
                    assert all(vocabulary(need) == {need} for need in pattern.needs), pattern.needs
        for phrase in (*words.emergencies, *words.urgent, *words.negations, *words.conditions):
            assert phrase == phrase.lower()


def test_sums_of_identity_numbers() -> None:
    assert taiwan("A123456789")
    assert taiwan("AC01234567") == taiwan("A201234567")
    assert not taiwan("A123456788")
    assert hong_kong("A123456(3)")
    assert hong_kong("AB987654(3)")
    assert not hong_kong("A123456(2)")


@pytest.mark.skipif(not DATA, reason="MEDQA_DATA names no folder with the seed thread")
def test_the_seed_thread_contradicts_itself_as_is_known(project: Project) -> None:
    seed = (Path(DATA or "") / "seed-thread.md").read_text(encoding="utf-8")
    project.write("content/threads/seed.md", seed)
    told = pipeline.check(project.root, project.options(as_of=None)).problems
    assert sorted(one.code for one in told) == ["MQ503", "MQ505", "MQ506", "MQ607", "MQ607", "MQ705", "MQ705"]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        pytest.param("It is numb.", "    It is numb.\n          ^^^^", id="as many columns as letters"),
        pytest.param("手麻了 numb", "    手麻了 numb\n           ^^^^", id="two columns for each Chinese letter"),
        pytest.param("cafe\u0301: numb", "    cafe\u0301: numb\n          ^^^^", id="none for a combining accent"),
    ],
)
def test_marks_stand_below_what_they_mark(project: Project, line: str, shown: str) -> None:
    project.write("content/pages/help.md", line)
    found = Problem("content/pages/help.md", 1, line.index("numb") + 1, "MQ601", "is odd", width=4)
    assert "\n".join(reports.excerpt(project.root, found)) == shown
