"""What a reader sees, in a real browser, without script."""

import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from tests.sites import sample

api = pytest.importorskip("playwright.sync_api", reason="playwright cannot be imported: no browser tests")

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

LONG_TITLE = "/threads/twitching-all-over-for-months/"
CHINESE = "/threads/xiao-tui-ji-rou-tiao-dong/"
PAGES = [
    "/",
    LONG_TITLE,
    CHINESE,
    "/threads/hoping-not-to-wake-up/",
    "/threads/welts-that-appear-every-evening/",
    "/threads/pain-with-intimacy-after-birth/",
    "/specialties/",
    "/specialties/neurology/",
    "/specialties/neurology/2013/",
    "/faq/neurology/",
    "/faq/neurology/muscle-twitching/",
    "/topics/",
    "/doctors/",
    "/doctors/amelia-hart/",
    "/hospitals/",
    "/hospitals/qingchuan-hospital/",
    "/privacy/",
    "/archive/",
    "/404.html",
]
SWITCHES = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    site = sample(tmp_path_factory.mktemp("browser"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(site.folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium: the browser tests cannot run")
    try:
        running = api.sync_playwright().start()
    except Exception as error:  # noqa: BLE001 - whatever keeps its driver from starting
        pytest.skip(f"playwright cannot start: {error}")
    opened = running.chromium.launch(executable_path=program, args=SWITCHES, chromium_sandbox=False)
    yield opened
    opened.close()
    running.stop()


def _open(browser: "Browser", url: str, width: int, height: int = 844, **how: Any) -> "Page":
    context = browser.new_context(viewport={"width": width, "height": height}, java_script_enabled=True, **how)
    page = context.new_page()
    page.goto(url)
    return page


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_wider_than_the_window(browser: "Browser", address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    for path in PAGES:
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()


@pytest.mark.parametrize(("path", "most"), [(LONG_TITLE, 80), (CHINESE, 42)])
def test_text_is_large_and_lines_are_short(browser: "Browser", address: str, path: str, most: int) -> None:
    page = _open(browser, address + path, 1280)
    size, width, letter = page.evaluate(
        """() => {
            const text = document.querySelector('#question p');
            const style = getComputedStyle(text);
            const probe = document.createElement('span');
            probe.textContent = text.closest('[lang]').lang.startsWith('zh') ? '問' : 'average prose ';
            text.append(probe);
            const letter = probe.getBoundingClientRect().width / probe.textContent.length;
            probe.remove();
            return [parseFloat(style.fontSize), text.getBoundingClientRect().width, letter];
        }"""
    )
    assert size >= 18
    assert width / letter <= most
    page.context.close()


@pytest.mark.parametrize("path", [LONG_TITLE, CHINESE])
def test_the_question_begins_in_the_first_view_of_a_phone(browser: "Browser", address: str, path: str) -> None:
    page = _open(browser, address + path, 390)
    top = page.evaluate("document.querySelector('#question p').getBoundingClientRect().top")
    assert top < 0.75 * 844
    page.context.close()


def test_dark_mode_is_dark_and_light_mode_light(browser: "Browser", address: str) -> None:
    found = {}
    for scheme in ("light", "dark"):
        page = _open(browser, address + LONG_TITLE, 390, color_scheme=scheme)
        found[scheme] = page.evaluate(
            "['backgroundColor', 'color'].map(name => getComputedStyle(document.body)[name]"
            ".match(/[0-9.]+/g).slice(0, 3).map(Number).reduce((a, b) => a + b))"
        )
        page.context.close()
    assert found["light"][0] > 3 * 200 > 3 * 100 > found["light"][1]
    assert found["dark"][0] < 3 * 100 < 3 * 150 < found["dark"][1]


def test_print_leaves_the_navigation_out(browser: "Browser", address: str) -> None:
    page = _open(browser, address + LONG_TITLE, 1280)
    shown = "[...document.querySelectorAll('nav')].filter(each => each.getClientRects().length).length"
    assert page.evaluate(shown) > 0
    page.emulate_media(media="print")
    assert page.evaluate(shown) == 0
    assert page.locator("#question p").first.is_visible()
    page.context.close()


def test_a_page_makes_few_requests_all_of_them_here(browser: "Browser", address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address + LONG_TITLE, wait_until="networkidle")
    assert 0 < len(set(requests)) <= 3
    assert all(url.startswith(address) for url in requests)
    assert context.cookies() == []
    context.close()


def test_every_stop_of_the_keyboard_shows_where_it_is(browser: "Browser", address: str) -> None:
    page = _open(browser, address + LONG_TITLE, 390)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    for _ in range(12):
        ring = page.evaluate(
            "(() => { const style = getComputedStyle(document.activeElement);"
            " return style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth); })()"
        )
        assert ring >= 2, page.evaluate("document.activeElement.outerHTML")
        page.keyboard.press("Tab")
    page.context.close()
