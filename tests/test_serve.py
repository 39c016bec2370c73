"""The preview: rebuilt on save, drafts shown, mistakes said, the last good pages kept."""

import socket
from pathlib import Path

import pytest

from medqa import cli, serve
from medqa.errors import UsageError
from tests.projects import Project


@pytest.fixture
def said() -> list[str]:
    return []


def rebuild(project: Project, said: list[str]) -> None:
    said.clear()
    serve.rebuild(project.root, project.options(drafts=True), said.append)


def test_a_preview_shows_drafts_and_says_what_it_made(project: Project, said: list[str]) -> None:
    project.thread("open").thread("secret", status="draft")
    rebuild(project, said)
    assert "noindex" in project.page("/threads/secret/")
    assert any(line.startswith("/threads/secret/: new") for line in said) or "pages made" in said[-1]


def test_a_mistake_is_said_and_the_preview_stays_until_it_is_mended(project: Project, said: list[str]) -> None:
    project.thread("open", title="First title")
    rebuild(project, said)
    project.thread("open", title="Second title", specialtie="Neurology")
    rebuild(project, said)
    assert said[0].startswith("content/threads/open.md:")
    assert "MQ108" in said[0]
    assert "First title" in project.page("/threads/open/")
    project.thread("open", title="Second title")
    rebuild(project, said)
    assert "Second title" in project.page("/threads/open/")


def test_a_port_in_use_is_refused(project: Project) -> None:
    with socket.socket() as busy:
        busy.bind((serve.HOST, 0))
        busy.listen()
        with pytest.raises(UsageError, match="in use"):
            serve.serve(project.root, project.options(), busy.getsockname()[1], print)


def test_every_page_has_the_place_where_livereload_puts_its_script(project: Project) -> None:
    project.thread("open")
    project.build()
    pages = list(Path(project.site).rglob("*.html"))
    assert pages
    assert [page for page in pages if "</head>" not in page.read_text(encoding="utf-8")] == []


def test_a_preview_stands_at_the_root_whatever_base_url_says(project: Project) -> None:
    project.config(base_url="https://archive.example/med/qa").thread("open")
    project.build(base_url="http://127.0.0.1:8000")
    assert 'href="/assets/site.css"' in project.page("/threads/open/")
    assert "/med/qa" not in project.page("/threads/open/")


@pytest.mark.parametrize("port", ["0", "99999", "-1", "http"])
def test_a_port_that_cannot_be_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["serve", "--port", port])
    assert stop.value.code == cli.WRONG_USE
    assert "from 1 to 65535" in capsys.readouterr().err
