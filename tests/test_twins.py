"""Threads that say almost the same (MQ704): found from both sides, gone with what made them alike."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from medqa.errors import Problem
from medqa.related import register
from medqa.related.relations import Relations
from medqa.related.rows import Shelf
from tests.projects import Project, thread_text
from tests.test_related import candidate, padding

COUGH = """My small daughter coughs every night since we moved near the motorway. Her pediatrician found clear lungs,
prescribed an inhaler, suspected asthma, measured peak flow and planned an allergy screening: pollen, mites, feathers
and mould. Honey, thyme tea, moist towels and raised pillows brought nothing."""
KNEE = """Since the marathon my left knee clicks on stairs. An ultrasound shows fluid behind the kneecap, the meniscus
is whole, cartilage looks worn. Would hyaluronic injections, physiotherapy, insoles, taping or cycling spare surgery?"""
FIRST, SECOND = "content/threads/cough.md", "content/threads/night-cough.md"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Eight threads on other things, and two that are one but for a word."""
    project = Project(tmp_path / "archive").config()
    for number in range(8):
        put(project, f"content/threads/other-{number}.md", f"Is syrup {number} safe?", f"About number {number}")
    put(project, FIRST, asked="2019-05-01")
    put(project, SECOND, COUGH.replace("Honey", "Syrup"), "Cough at night")
    return project


def put(project: Project, path: str, text: str = COUGH, title: str = "Coughing at night", **fields: object) -> None:
    """Write a thread that awaits a reply."""
    project.write(path, thread_text("x", {"Question": text}, {"title": title, "replies": [], **fields}))


def found(project: Project, **options: Any) -> list[Problem]:
    """Build; give the findings, which are those of a build from nothing."""
    findings = project.build(**options).findings
    assert findings == project.clean_build(**options)[1]
    return [one for one in findings if one.code == "MQ704"]


def test_the_later_thread_is_named_with_the_earlier_one(project: Project) -> None:
    (one,) = found(project)
    assert (one.path, one.line, one.column, one.severity) == (SECOND, 1, 1, "finding")
    assert one.message.startswith(f"the thread says almost the same as {FIRST}: 9")
    assert "'duplicate_of: cough'" in one.hint


@pytest.mark.parametrize("path", [FIRST, SECOND])
def test_a_copy_is_found_and_lost_whichever_of_the_two_is_edited(project: Project, path: str) -> None:
    before = (project.root / path).read_text(encoding="utf-8")
    said = found(project)
    put(project, path, KNEE)
    assert not found(project)
    project.write(path, before)
    assert found(project) == said
    project.remove(path)
    assert not found(project)


def test_a_copy_under_the_same_title_is_found_though_no_list_shows_it(project: Project) -> None:
    put(project, SECOND)
    assert len(found(project)) == 1
    project.write("content/threads/a-third.md", (project.root / SECOND).read_text(encoding="utf-8"))
    assert [(one.path, one.message) for one in found(project)] == [
        ("content/threads/a-third.md", f"the thread says almost the same as {FIRST}: 100 percent"),
        (SECOND, "the thread says almost the same as content/threads/a-third.md: 100 percent"),
        (SECOND, f"the thread says almost the same as {FIRST}: 100 percent"),
    ]


def test_two_threads_of_one_title_and_doctor_may_say_different_things(project: Project) -> None:
    put(project, SECOND, KNEE)
    assert not found(project)


@pytest.mark.parametrize("fields", [{"duplicate_of": "cough"}, {"superseded_by": "cough"}, {"status": "draft"}])
def test_nothing_is_said_of_what_is_declared(project: Project, fields: dict[str, str]) -> None:
    assert found(project)
    put(project, SECOND, **fields)
    assert not found(project)
    put(project, SECOND)
    assert found(project)


def test_the_later_thread_may_say_why_it_stands(project: Project) -> None:
    assert found(project)
    put(project, FIRST, asked="2019-05-01", ack={"MQ704": "no, this is the earlier one"})
    assert found(project)
    put(project, SECOND, ack={"MQ704": "asked again"})
    assert not found(project)
    put(project, SECOND, asked="2018-05-01", ack={"MQ704": "asked again"})
    assert not found(project), "now the other is the later one, and says why"
    put(project, FIRST, asked="2019-05-01")
    assert [one.path for one in found(project)] == [FIRST]


def test_dates_and_paths_are_followed(project: Project) -> None:
    assert [one.path for one in found(project)] == [SECOND]
    project.move(FIRST, "content/threads/2019/cough.md")
    assert "content/threads/2019/cough.md" in found(project)[0].message
    project.move(SECOND, "content/threads/b/night-cough.md")
    assert [one.path for one in found(project)] == ["content/threads/b/night-cough.md"]
    put(project, "content/threads/2019/cough.md", asked="2022-05-01")
    assert [one.path for one in found(project)] == ["content/threads/2019/cough.md"]


def test_short_threads_are_not_compared(project: Project) -> None:
    put(project, FIRST, "Melatonin?")
    put(project, SECOND, "Melatonin?")
    assert not found(project)


def test_who_leaves_a_title_leaves_the_twins_of_its_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it is of the newest year, which changes nobody's weights, and in nobody's list."""
    monkeypatch.setattr(register, "_LEAST", 0)
    terms = {f"word{number}": 1 for number in range(8)}
    both = [candidate("one", terms, title_key=("same",)), candidate("two", terms, title_key=("same",))]
    newer, another = (msgspec.structs.replace(one, year=2021) for one in (both[1], candidate("x", {"x": 1})))
    store = Shelf()
    first = Relations(store).update((one.stem, one) for one in [*padding(100), both[0], newer, another])
    assert (first.twins["one"], first.twins["two"]) == ((("two", 100),), (("one", 100),))
    gone = Relations(store).update([("two", None)])
    assert (gone.twins["one"], gone.twins["two"]) == ((), ())
    assert Relations(store).update([("two", newer)]).twins["one"] == (("two", 100),)
    others = msgspec.structs.replace(another, stem="two")
    assert Relations(store).update([("two", others)]).twins["one"] == ()
    assert Relations(store).update([("two", newer)]).twins["one"] == (("two", 100),)
    renamed = msgspec.structs.replace(newer, title_key=("other",))
    assert Relations(store).update([("two", renamed)]).lists["one"] == ("two",)
    hidden = msgspec.structs.replace(newer, superseded=True)
    assert Relations(store).update([("two", hidden)]).twins["one"] == ()
