"""Templates by themselves: what is written once, strings filled with HTML, where a failure is, what is kept."""

from pathlib import Path

import pytest

from medqa import rendering
from medqa.compiled import Compiled, Shelf
from medqa.config import Config
from medqa.errors import BuildFailedError
from medqa.locales import load_locales
from medqa.pages import GonePage, NotFoundPage, Page
from medqa.templates import Templates
from tests.projects import Project

ONE, TWO = (GonePage(url=f"/threads/{stem}/", lang="en", title=stem) for stem in ("one", "two"))


def templates(root: Path, shelf: Shelf | None = None, **settings: object) -> Templates:
    config = Config(**settings)  # type: ignore[arg-type]
    return Templates(root, config, load_locales(root, config)[0], shelf or Shelf())


def made(project: Project, template: str, *pages: Page) -> list[str]:
    """Give what a template of the archive's own makes of pages."""
    project.write("templates/gone.html", template)
    own = templates(project.root)
    assert not own.problems()
    return [own.render(page, {}).decode() for page in pages]


# --- attributes -------------------------------------------------------------------------------------------------------


def test_a_template_may_ask_whether_a_page_has_an_attribute(project: Project) -> None:
    template = """{{ page.asked is defined }} {{ page.title is defined }}
{{ page.asked|default("never") }} {{ page.title|default("none") }}"""
    assert made(project, template, ONE) == ["False True\nnever one\n"]


def test_what_stands_under_a_key_of_a_setting_may_be_named_like_an_attribute(project: Project) -> None:
    project.write("templates/gone.html", "{{ config.emergency.Taiwan }} {{ config.emergency['Taiwan'] }}")
    own = templates(project.root, emergency={"Taiwan": "119"})
    assert own.render(ONE, {}) == b"119 119\n"


def test_an_attribute_that_is_not_there_is_an_error(project: Project) -> None:
    with pytest.raises(BuildFailedError) as failed:
        made(project, "<p>\n{{ page.asked }}", ONE)
    (found,) = failed.value.problems
    assert (found.line, "no attribute 'asked'" in found.message) == (2, True)


# --- once -------------------------------------------------------------------------------------------------------------


def test_what_is_written_once_is_shown_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("templates/partials/own.html", "{% macro own(day, of) %}{{ of|number }}{% endmacro %}")
    written: list[int] = []

    def number(value: int) -> str:
        written.append(value)
        return f"{value:,}"

    monkeypatch.setattr(rendering, "_number", number)
    template = '{% from "partials/own.html" import own %}{{ own|once("a", 1000) }} {{ page.title }}'
    assert made(project, template, ONE, TWO, ONE) == ["1,000 one\n", "1,000 two\n", "1,000 one\n"]
    assert written == [1000]


def test_no_page_shows_what_a_macro_made_of_another(project: Project) -> None:
    """Not even where the macro sees the page: because of how it was imported, or of where it stands."""
    project.write("templates/partials/own.html", "{% macro own() %}{{ page.title }}{% endmacro %}")
    imported = '{% from "partials/own.html" import own with context %}{{ own|once }}'
    assert made(project, imported, ONE, TWO) == ["one\n", "two\n"]
    assert made(project, "{% macro own() %}{{ page.title }}{% endmacro %}{{ own|once }}", ONE, TWO) == [
        "one\n",
        "two\n",
    ]


def test_equal_values_of_two_kinds_are_written_as_what_they_are(project: Project) -> None:
    project.write("templates/partials/own.html", "{% macro own(of) %}{{ of }}{% endmacro %}")
    template = '{% from "partials/own.html" import own %}{{ own|once(1) }} {{ own|once(true) }} '
    template += '{{ own|once("<i>") }} {{ own|once("<i>"|safe) }}'
    assert made(project, template, ONE) == ["1 True &lt;i&gt; <i>\n"]


def test_a_text_of_one_page_is_not_written_once_for_all(project: Project) -> None:
    project.thread("numb-hand")
    project.write("templates/partials/own.html", "{% macro own(text) %}\n{{ text|html }}\n{% endmacro %}\n")
    project.write("templates/thread.html", '{% from "partials/own.html" import own %}\n{{ own|once(page.question) }}\n')
    (found,) = project.problems()
    assert (found.code, found.path, found.line) == ("MQ304", "templates/partials/own.html", 2)
    assert "the text of one" in found.message
    project.edit("templates/thread.html", "own|once(page.question)", "own(page.question)").build()


# --- strings ----------------------------------------------------------------------------------------------------------


def test_a_string_filled_with_html_is_html(project: Project) -> None:
    project.write("templates/locales/en.yaml", 'messages: {byline: "<{name}>", age: {one: "<one>", other: "<{n}>"}}\n')
    template = (
        "{{ t.byline(name=page.title) }} {% set name %}<b>{{ page.title }}</b>{% endset %}{{ t.byline(name=name) }}"
    )
    page = GonePage(url="/", lang="en", title="a&b")
    assert made(project, template, page) == ["&lt;a&amp;b&gt; &lt;<b>a&amp;b</b>&gt;\n"]
    counts = '{{ t.age(n=1) }} {{ t.age(n=2) }} {{ t.age(n=1, x=""|safe) }} {{ t.age(n=2, x=""|safe) }}'
    assert made(project, counts, page) == ["&lt;one&gt; &lt;2&gt; &lt;one&gt; &lt;2&gt;\n"]
    assert made(project, "{{ t.byline }} {{ t.byline ~ 1 }} {{ (t.byline|e).format(name=1) }}", page) == [
        "&lt;{name}&gt; &lt;{name}&gt;1 &lt;1&gt;\n"
    ]


# --- failures ---------------------------------------------------------------------------------------------------------


def test_a_failure_in_a_partial_is_said_to_be_there(project: Project) -> None:
    project.write("templates/partials/own.html", "{% macro own() %}\n{{ 1 // 0 }}\n{% endmacro %}\n")
    with pytest.raises(BuildFailedError) as failed:
        made(project, '{% from "partials/own.html" import own %}\n\n{{ own() }}', ONE)
    (found,) = failed.value.problems
    assert (found.code, found.path, found.line) == ("MQ304", "templates/partials/own.html", 2)


# --- the shelf --------------------------------------------------------------------------------------------------------


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf", "this version")


def test_what_is_on_the_shelf_is_not_compiled_again(
    project: Project, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for other settings; and nothing that depends on settings is on it."""
    page = NotFoundPage(url="/404.html", lang="en", title="x", specialties=())
    project.write("templates/gone.html", "{{ page.titel }} {{ t.no_such }} {{ nothing }}{% extends 'nowhere.html' %}")
    project.write("templates/topic.html", "{% if %}")
    first = templates(project.root, shelf)
    problems, expected = first.problems(), first.render(page, {})
    elsewhere = templates(project.root, base_url="https://example.org/archive").render(page, {})
    monkeypatch.setattr(rendering, "compiled", lambda name, _: pytest.fail(f"{name} is compiled again"))
    again = templates(project.root, shelf)
    assert again.problems() == problems
    assert [found.code for found in problems] == ["MQ303", "MQ304", "MQ305", "MQ303"]
    assert (again.render(page, {}), again.stamp) == (expected, first.stamp)
    moved = templates(project.root, shelf, base_url="https://example.org/archive")
    assert moved.render(page, {}) == elsewhere != expected


@pytest.mark.parametrize("harm", [lambda data: data[:-1], lambda data: data[:40] + b"x" + data[41:], lambda _: b""])
def test_what_is_damaged_reads_as_absent(shelf: Shelf, harm: object) -> None:
    assert callable(harm)
    known = rendering.compiled("one.html", "{{ page.title }}")
    shelf.put("one.html", known)
    assert shelf.get("one.html", known.digest) == known
    (file,) = (shelf.folder or Path()).iterdir()
    file.write_bytes(harm(file.read_bytes()))
    assert shelf.get("one.html", known.digest) is None


def test_the_shelf_gives_what_was_made_of_the_same_text_by_the_same_version(shelf: Shelf) -> None:
    before, after = Compiled(digest="before"), Compiled(digest="after")
    shelf.put("one.html", before)
    shelf.put("one.html", after)
    assert (shelf.get("one.html", "before"), shelf.get("one.html", "after")) == (None, after)
    assert shelf.get("two.html", "after") is None
    assert Shelf(shelf.folder, "another version").get("one.html", "after") is None
    assert len(list((shelf.folder or Path()).iterdir())) == 1


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    shelf = Shelf(tmp_path / "file", "this version")
    shelf.put("one.html", Compiled(digest="x"))
    assert shelf.get("one.html", "x") is None
