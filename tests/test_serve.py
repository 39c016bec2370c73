"""The preview in a real browser: what is saved is seen, what is wrong is said, what is mended is forgotten."""

import os
import signal
import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from medqa import cli, console, serve
from medqa.errors import UsageError
from tests.previews import PATIENCE, Serving, git
from tests.projects import Project, files, small_archive

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser
THREAD = "content/threads/calf-twitch.md"
SCRIPT = "livereload.js"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Serving]]:
    """Give a preview that several tests share: each mends what it broke."""
    project = Project(tmp_path_factory.mktemp("preview") / "archive")
    small_archive(project.thread("not-yet", status="draft").thread("soon", publish_on="2099-01-01"))
    project.write(".gitignore", "/site/\n/.cache/\n")
    git(project.root, "init", "-q", "-b", "main")
    git(project.root, "add", "-A")
    git(project.root, "commit", "-qm", "archive")
    with Serving(project) as serving:
        serving.hears("pages made")
        yield project, serving


@pytest.fixture
def project(shared: tuple[Project, Serving]) -> Iterator[Project]:
    """Give the archive; what was committed is put back."""
    project, _ = shared
    yield project
    git(project.root, "checkout", "-qf", "main")
    git(project.root, "clean", "-qfd")


@pytest.fixture
def serving(shared: tuple[Project, Serving], project: Project) -> Serving:
    """Give its preview."""
    assert project.root.is_dir()
    return shared[1]


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """Give a tab."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    yield page
    context.close()


def show(page: "Page", serving: Serving, url: str) -> None:
    """Open a page, and wait until it is on the line."""
    page.goto(serving.address + url)
    page.wait_for_function("window.LiveReload?.connector.protocolParser?.protocol === 7")


def ask(serving: Serving, url: str, host: str = "", **headers: str) -> tuple[HTTPResponse, str]:
    """Ask for an address as a program does."""
    at = urlsplit(serving.address)
    connection = HTTPConnection(at.hostname or "", at.port, timeout=PATIENCE)
    connection.request("GET", url, headers={"Host": host or at.netloc, **headers})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


# --- what is saved ----------------------------------------------------------------------------------------------------


def test_a_save_is_seen(project: Project, serving: Serving, page: "Page") -> None:
    show(page, serving, "/threads/calf-twitch/")
    project.edit(THREAD, "at night", "all night long")
    page.get_by_text("My calf twitches all night long").first.wait_for()
    project.edit(THREAD, "all night long", "at noon")
    page.get_by_text("My calf twitches at noon").first.wait_for()


def test_a_style_sheet_is_swapped_and_the_page_stays(project: Project, serving: Serving, page: "Page") -> None:
    project.edit("templates/assets/site.css", ".unseen{", "body{outline-color:rgb(1,2,3)}.unseen{")
    show(page, serving, "/")
    page.wait_for_function("getComputedStyle(document.body).outlineColor === 'rgb(1, 2, 3)'")
    page.evaluate("window.mark = 'still here'")
    project.edit("templates/assets/site.css", "rgb(1,2,3)", "rgb(4,5,6)")
    page.wait_for_function("getComputedStyle(document.body).outlineColor === 'rgb(4, 5, 6)'")
    assert page.evaluate("window.mark") == "still here"


def test_a_template_is_seen_at_once(project: Project, serving: Serving, page: "Page") -> None:
    show(page, serving, "/threads/calf-twitch/")
    project.mark("thread.html", "<p>of a new template</p>")
    page.get_by_text("of a new template").wait_for()


def test_a_setting_is_seen_at_once(project: Project, serving: Serving, page: "Page") -> None:
    show(page, serving, "/")
    project.edit("config.yaml", "Test Archive", "Renamed Archive")
    page.get_by_text("Renamed Archive").first.wait_for()


def test_deleted_and_renamed_threads_are_gone_and_back(project: Project, serving: Serving, page: "Page") -> None:
    show(page, serving, "/threads/heart-skips/")
    project.move("content/threads/heart-skips.md", "content/threads/cardiology/old/heart-flutters.md")
    page.get_by_text("There is no page at this address").wait_for()
    show(page, serving, "/threads/heart-flutters/")
    project.move("content/threads/cardiology", "content/threads/hearts")
    project.edit("content/threads/hearts/old/heart-flutters.md", "It passes", "It goes away")
    page.get_by_text("It goes away").first.wait_for()
    project.remove("content/threads/hearts")
    page.get_by_text("There is no page at this address").wait_for()


def test_a_change_of_branch_is_followed(project: Project, serving: Serving, page: "Page") -> None:
    git(project.root, "checkout", "-qb", f"many-{os.getpid()}")
    show(page, serving, "/threads/calf-twitch/")
    for number in range(300):
        project.thread(f"another-{number}", folder=f"of/{number % 7}", asked="2019-06-01")
    project.edit(THREAD, "at night", "on the branch").remove("content/threads/heart-skips.md")
    git(project.root, "add", "-A")
    git(project.root, "commit", "-qm", "many")
    page.get_by_text("My calf twitches on the branch").first.wait_for()
    git(project.root, "checkout", "-q", "main")
    page.get_by_text("My calf twitches at night").first.wait_for()
    show(page, serving, "/threads/another-7/")
    git(project.root, "checkout", "-q", "-")
    page.get_by_text("It passes: Another 7").first.wait_for()
    assert ask(serving, "/threads/heart-skips/")[0].status == 404
    assert files(serving.folder) == project.clean_build_files(drafts=True)


def test_a_page_that_was_overtaken_before_it_was_on_the_line_is_loaded_again(
    project: Project, serving: Serving, page: "Page"
) -> None:
    held: list[Route] = []
    page.route(f"**/{SCRIPT}*", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request(f"**/{SCRIPT}*"):
        page.goto(serving.address + "/threads/calf-twitch/", wait_until="commit")
    since = len(serving.said)
    project.edit(THREAD, "at night", "ever since")
    serving.hears("pages made", since)
    while not held:
        page.evaluate("'any question lets the browser tell what it holds'")
    held[0].continue_()
    page.get_by_text("My calf twitches ever since").first.wait_for()


# --- what is wrong ----------------------------------------------------------------------------------------------------


def test_mistakes_are_shown_in_the_page_until_they_are_mended(project: Project, serving: Serving, page: "Page") -> None:
    show(page, serving, "/threads/eyelid-twitch/")
    since = len(serving.said)
    project.edit(THREAD, "specialty:", "specialtie:").edit("content/threads/wrist-pain.md", "urgent:", "urgend:")
    shown = page.get_by_role("alert")
    shown.get_by_text(f"{THREAD}:").wait_for()
    text = shown.locator("details").inner_text()
    assert "MQ108" in text
    assert "did you mean 'specialty'?" in text
    assert 'specialtie: "Neurology"' in text
    serving.hears("content/threads/wrist-pain.md:", since)
    project.edit(THREAD, "specialtie:", "specialty:").edit("content/threads/wrist-pain.md", "urgend:", "urgent:")
    shown.wait_for(state="detached")
    assert page.get_by_text("My eyelid twitches").first.is_visible()


def test_what_was_saved_while_another_file_was_wrong_is_not_lost(
    project: Project, serving: Serving, page: "Page"
) -> None:
    show(page, serving, "/threads/eyelid-twitch/")
    project.edit("content/threads/wrist-pain.md", "title:", "titel:")
    shown = page.get_by_role("alert")
    shown.get_by_text("wrist-pain.md").wait_for()
    project.edit("content/threads/eyelid-twitch.md", "since the exams", "since the wedding")
    project.edit("content/threads/wrist-pain.md", "titel:", "title:")
    page.get_by_text("My eyelid twitches since the wedding").first.wait_for()


@pytest.mark.parametrize(
    ("path", "broken", "code"),
    [
        pytest.param("templates/thread.html", "{% if page.title %}\n{{ page.title }}\n", "MQ3", id="a template"),
        pytest.param("config.yaml", "name: [unclosed\n", "config.yaml:", id="the settings"),
        pytest.param("content/threads/x.md", b"\xff\xfe\x00", "MQ101", id="no text"),
    ],
)
def test_nothing_stops_the_preview(
    project: Project, serving: Serving, page: "Page", path: str, broken: str | bytes, code: str
) -> None:
    file = project.root / path
    before = file.read_bytes() if file.exists() else None
    show(page, serving, "/")
    project.write(path, broken)
    shown = page.get_by_role("alert")
    shown.get_by_text(code).first.wait_for()
    assert path in shown.locator("details").inner_text()
    project.write(path, before) if before is not None else project.remove(path)
    shown.wait_for(state="detached")


def test_an_archive_that_cannot_be_built_at_first_is_served_with_its_mistakes(
    tmp_path_factory: pytest.TempPathFactory, page: "Page"
) -> None:
    project = Project(tmp_path_factory.mktemp("wrong") / "archive").config(base_url="https://archive.example/med/qa")
    project.thread("numb-hand", asked="yesterday")
    with Serving(project) as serving:
        page.goto(serving.address)
        page.get_by_role("alert").get_by_text("numb-hand.md").wait_for()
        project.thread("numb-hand")
        page.get_by_text("Test Archive").first.wait_for()
        assert page.url == f"{serving.address}/"
        assert urlsplit(page.url).path == "/med/qa/"
        assert 'href="/med/qa/threads/numb-hand/"' in page.content()
        assert ask(serving, "/")[0].headers["Location"] == "/med/qa/"
        assert ask(serving, "/threads/numb-hand/")[0].status == 404


# --- what is served ---------------------------------------------------------------------------------------------------


def test_drafts_and_threads_that_are_not_public_yet_are_shown_as_such(serving: Serving, page: "Page") -> None:
    for stem in ("not-yet", "soon"):
        show(page, serving, f"/threads/{stem}/")
        assert page.locator(".box b").first.inner_text() == "Draft:"
        assert page.locator("meta[name=robots]").get_attribute("content") == "noindex"
    show(page, serving, "/specialties/neurology/")
    assert page.locator('a[href="/threads/not-yet/"]').count()


def test_no_script_is_in_the_folder(project: Project, serving: Serving) -> None:
    assert SCRIPT in ask(serving, "/")[1]
    made = files(serving.folder)
    assert made
    assert not [path for path, data in made.items() if SCRIPT.encode() in data]
    assert made == project.clean_build_files(drafts=True)


def test_an_unknown_address_shows_the_archives_own_page(serving: Serving) -> None:
    own = (serving.folder / "404.html").read_text(encoding="utf-8")
    answer, text = ask(serving, "/threads/nothing-here/")
    assert answer.status == 404
    assert [part for part in own.split("</head>") if part not in text] == []
    assert SCRIPT in text


@pytest.mark.parametrize(
    "path", ["/.medqa", "/.medqa-stage/new/0", "/../preview/index.html", "/%2e%2e/%2e%2e/config.yaml", "/threads/%00"]
)
def test_nothing_but_the_site_is_served(serving: Serving, path: str) -> None:
    assert ask(serving, path)[0].status == 404


@pytest.mark.parametrize("path", ["/", "/threads/not-yet/", "/livereload.js", "/livereload"])
def test_a_name_that_leads_here_from_elsewhere_is_refused(serving: Serving, path: str) -> None:
    answer, text = ask(serving, path, host="rebound.example:8000")
    assert answer.status == 403
    assert "Not yet" not in text


def test_other_sites_get_nothing(serving: Serving, page: "Page") -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    assert ask(serving, "/livereload", Origin="https://elsewhere.example", **upgrade, **key)[0].status == 403
    assert ask(serving, "/forcereload")[0].status == 404
    page.goto(serving.address.replace("127.0.0.1", "localhost"))
    failed = page.evaluate("url => fetch(url).then(() => '', error => error.name)", f"{serving.address}/threads/soon/")
    assert failed == "TypeError"


# --- start and stop ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_it_stops_without_a_word_and_lets_go(tmp_path: Path, how: signal.Signals) -> None:
    project = Project(tmp_path / "archive").thread("numb-hand")
    with Serving(project) as serving:
        serving.hears("pages made")
        said = len(serving.said)
        assert serving.stop(how) == 0
        assert serving.said[said:] == []
    project.build(out=serving.folder, drafts=True)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_it_stops_in_the_middle_of_a_build(tmp_path: Path, how: signal.Signals) -> None:
    project = Project(tmp_path / "archive")
    for number in range(400):
        project.thread(f"thread-{number}")
    with Serving(project, "--jobs", "2") as serving:
        serving.is_at_work()
        assert serving.stop(how) == 0
        assert serving.said[1:] == []
    project.build(out=serving.folder, drafts=True)
    assert files(serving.folder) == project.clean_build_files(drafts=True)


def test_a_port_in_use_is_refused_where_it_was_asked_for(tmp_path: Path) -> None:
    project = Project(tmp_path / "archive").thread("numb-hand")
    with socket.create_server((serve.HOST, 0)) as busy, pytest.raises(UsageError, match="in use"):
        serve.serve(project.root, project.options(), (serve.HOST, busy.getsockname()[1]))


def test_a_free_port_is_found_where_none_was_asked_for(tmp_path: Path) -> None:
    project = Project(tmp_path / "archive").thread("numb-hand")
    with Serving(project) as one, Serving(Project(tmp_path / "other").thread("numb-foot")) as other:
        assert one.address != other.address


@pytest.mark.parametrize("port", ["0", "99999", "-1", "http"])
def test_a_port_that_cannot_be_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["serve", "--port", port])
    assert stop.value.code == console.WRONG_USE
    assert "from 1 to 65535" in capsys.readouterr().err


def test_a_host_that_is_not_here_is_refused(tmp_path: Path) -> None:
    project = Project(tmp_path / "archive").thread("numb-hand")
    with pytest.raises(UsageError, match="cannot listen"):
        serve.serve(project.root, project.options(), ("203.0.113.7", None))
