"""`markdown_front: false` leaves every text to the Markdown library, and changes nothing that a reader gets."""

import pytest

from medqa.markup import front
from tests.projects import Project


def never(*_: object, **__: object) -> None:
    raise AssertionError("the front was asked")


def test_the_front_can_be_switched_off(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.config().thread("night-cough", body={"Question": "Why **only** at night?", "Reply": "1. Lie higher."})
    project.build()
    fast = project.files()
    monkeypatch.setattr(front, "render", never)
    project.config(markdown_front="false").build()
    assert project.files() == fast
    project.config(markdown_front="true")
    with pytest.raises(AssertionError, match="the front was asked"):
        project.build(cache=None)
