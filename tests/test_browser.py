"""What a reader gets: every kind of page in a real browser, from a real server, in English and in Chinese."""

import base64
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from io import BytesIO
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.browsing import DESK, HEIGHT, NGINX, PHONE, nginx, on_the_wire, opened
from tests.sites import DATA, EXAMPLES, GUISES, ROOT, Site, sample

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

pytestmark = pytest.mark.browser

LONG = "/threads/twitching-all-over-for-months/"
CHINESE = "/threads/xiao-tui-ji-rou-tiao-dong/"
URGENT = "/threads/hoping-not-to-wake-up/"
AWAITING = "/threads/welts-that-appear-every-evening/"
PAGES = [
    *(url for kind, url in EXAMPLES.items() if kind != "RedirectPage"),  # which no reader gets to see
    LONG,
    CHINESE,
    URGENT,
    AWAITING,
]
FLIGHT = 14_600
"""Bytes that a server may send before it has heard from the reader: ten packets, one round trip."""
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"]
"""The rules among them whose outcome depends on colours or the window's width."""
LARGE = "html { font-size: 200% }"
SPACED = (
    "html { font-size: 100% !important }"
    " * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
    " p { margin-block-end: 2em !important }"
)
"""WCAG 1.4.12: what a reader may set."""
ASK = (ROOT / "tests" / "reading.js").read_text(encoding="utf-8").split("\n", 1)[1].strip()
"""A program's text: an object whose functions answer questions about a page."""


class Served:
    """A guise of the sample archive, on a server."""

    def __init__(self, site: Site, address: str, language: str) -> None:
        self.site = site
        self.address = address
        self.language = language

    def url(self, path: str) -> str:
        return self.address + quote(path)


@pytest.fixture(scope="module", params=GUISES)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The sample archive in English and in Chinese; with the thread that medqa was made for, where it is at hand."""
    if NGINX is None:
        pytest.skip("no nginx: what a reader gets from a server cannot be tested")
    seed = DATA / "seed-thread.md"
    extra = {"content/threads/neurology/2023/the-seed.md": seed} if seed.exists() else {}
    config = GUISES[request.param]
    site = sample(tmp_path_factory.mktemp(request.param), config=config, extra=extra)
    with nginx(site.folder, tmp_path_factory.mktemp("nginx")) as address:
        yield Served(site, address, config.get("language", "en"))


@pytest.fixture(scope="module")
def window(browser: "Browser") -> Iterator["Page"]:
    """A window that many tests use, because a new one takes longer than most of them; it lets styles be added."""
    with opened(browser, "about:blank", bypass_csp=True) as page:
        yield page


@pytest.fixture
def tab(window: "Page") -> "Page":
    window.set_viewport_size({"width": PHONE, "height": HEIGHT})
    window.emulate_media(color_scheme="light", media="screen")
    return window


def ask(page: "Page", question: str) -> Any:
    """Ask one of the questions of reading.js."""
    return page.evaluate(f"{ASK}.{question}")


# --- what is loaded ---------------------------------------------------------------------------------------------------


def test_a_page_loads_little_and_nothing_from_elsewhere_keeps_nothing_and_nothing_moves(
    browser: "Browser", served: Served
) -> None:
    requests: list[Request] = []
    complaints: list[ConsoleMessage] = []
    with opened(browser, "about:blank", PHONE) as page:
        page.on("request", lambda request: requests.append(request))  # noqa: PLW0108 - the library marks what it is given
        page.on("console", lambda said: complaints.append(said))  # noqa: PLW0108
        page.add_init_script(
            "window.moved = []; new PerformanceObserver(list => moved.push(...list.getEntries()))"
            ".observe({type: 'layout-shift', buffered: true})"
        )
        for path in PAGES:
            requests.clear()
            page.goto(served.url(path), wait_until="load")
            page.evaluate("scrollTo(0, document.body.scrollHeight)")
            assert 0 < len({request.url for request in requests}) <= 3, path
            assert all(request.url.startswith(f"{served.address}/") for request in requests), path
            assert page.evaluate("moved") == [], path
            assert ask(page, "motions()") == 0, path
            assert page.evaluate("document.cookie.length + localStorage.length + sessionStorage.length") == 0, path
        assert page.evaluate("indexedDB.databases()") == []
        assert page.context.cookies() == []
        assert [said.text for said in complaints if "404" not in said.text] == []


def test_a_thread_comes_in_one_round_trip(served: Served) -> None:
    files = [served.address + path for path in ("/assets/site.css", "/assets/icon.svg")]
    around = sum(on_the_wire(url)[0] for url in files)
    sizes = {}
    for path in sorted((served.site.folder / "threads").glob("*/index.html")):
        size, headers = on_the_wire(served.url(f"/threads/{path.parent.name}/"))
        sizes[path.parent.name] = around + size
        assert "Content-Encoding: gzip" in headers
        assert "Content-Security-Policy: default-src 'none';" in headers
        assert "text/html; charset=utf-8" in headers
    assert len(sizes) > 60
    assert sizes.get("the-seed", 0) <= FLIGHT
    assert median(sizes.values()) <= 0.8 * FLIGHT
    assert len([size for size in sizes.values() if size > FLIGHT]) <= len(sizes) / 20


def test_all_text_is_there_without_script(browser: "Browser", served: Served) -> None:
    words = {}
    for script in (True, False):
        with opened(browser, served.url(LONG), DESK, java_script_enabled=script) as page:
            buttons = page.locator("button:visible").all_inner_texts()
            assert bool(buttons) == script
            text = page.locator("body").inner_text()
            words[script] = [line for line in text.split("\n") if line.strip() and line not in buttons]
    assert len(words[False]) > 100
    assert words[True] == words[False]


# --- accessibility ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(tab: "Page", served: Served, path: str) -> None:
    if not AXE.exists():
        pytest.skip("no axe: npm ci fetches it")
    everything, looks = {"type": "tag", "values": RULES}, {"type": "rule", "values": LOOKS}
    tab.goto(served.url(path))
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    for width in (DESK, PHONE):  # a wide window shows all that a phone does, and more
        tab.set_viewport_size({"width": width, "height": HEIGHT})
        for scheme in ("light", "dark"):
            rules = everything if (width, scheme) == (DESK, "light") else looks
            tab.emulate_media(color_scheme=scheme)
            passed, violations = tab.evaluate(
                "only => axe.run({runOnly: only, preload: false, resultTypes: ['violations']})"
                ".then(found => [found.passes.length, found.violations.map(each => [each.id, each.nodes[0].html])])",
                rules,
            )
            assert violations == [], f"{scheme}, {width}"
            assert passed


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("path", [LONG, URGENT, "/", EXAMPLES["TopicsPage"], EXAMPLES["YearPage"]])
def test_the_keyboard_reaches_every_stop_and_each_is_seen(tab: "Page", served: Served, path: str, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": HEIGHT})
    tab.goto(served.url(path))
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.getAttribute('href')") == "#main"
    for number in range(ask(tab, "stops().length")):
        stop = ask(tab, "stop()")
        assert stop["place"] == number, stop
        assert stop["ring"] >= 2, stop
        assert stop["seen"], stop
        assert stop["onTop"], stop
        assert min(stop["width"], stop["height"]) >= 24, stop
        tab.keyboard.press("Tab")


def test_the_skip_link_leads_past_the_navigation(browser: "Browser", served: Served) -> None:
    with opened(browser, served.url(LONG)) as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("Boolean(document.activeElement.closest('main'))")


# --- how it looks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_text_is_large_its_lines_are_apart_and_nothing_overflows_or_is_cut(
    tab: "Page", served: Served, path: str
) -> None:
    tab.goto(served.url(path))
    tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    for width in (320, PHONE, DESK):
        tab.set_viewport_size({"width": width, "height": HEIGHT})
        assert ask(tab, "faults()") == [], width
        for size, leading, words, lang in ask(tab, "sizes()"):
            assert size >= 18, words
            assert leading is None or leading >= (1.7 if lang.startswith("zh") else 1.5), (words, leading)
    for name, style in (("twice as large", LARGE), ("spaced", SPACED)):
        tab.add_style_tag(content=style)
        for width in (320, DESK) if style is SPACED else (PHONE, DESK):
            tab.set_viewport_size({"width": width, "height": HEIGHT})
            assert ask(tab, "faults()") == [], f"{name}, {width}"


@pytest.mark.parametrize(("path", "least", "most"), [(LONG, 45, 80), (CHINESE, 25, 42)])
def test_lines_are_neither_short_nor_long(browser: "Browser", served: Served, path: str, least: int, most: int) -> None:
    with opened(browser, served.url(path), DESK) as page:
        for part in ("#question", "#reply-1", "#more-info"):
            lines = ask(page, f"lines('{part} .text p:not(.by)')")
            assert len(lines) > 5 or part == "#more-info"
            assert max(lines, default=0) <= most, part
            assert median(lines or [least]) >= least, part


def test_the_question_begins_in_the_first_view_of_a_phone(tab: "Page", served: Served) -> None:
    before = {}
    for page in served.site.pages():
        head, _, rest = page.text.partition('<section id="question"')
        if rest:
            before[page.url] = len(head) + len(rest.partition("</h2>")[0])
    assert len(before) > 60
    for url in sorted(before, key=lambda url: before[url], reverse=True)[:12]:
        tab.goto(served.url(url))
        assert (
            tab.evaluate("document.querySelector('#question .text p').getBoundingClientRect().top") < 0.75 * HEIGHT
        ), url


def test_dark_mode_is_dark_and_light_mode_light(browser: "Browser", served: Served) -> None:
    found = {}
    for scheme in ("light", "dark"):
        with opened(browser, served.url(LONG), color_scheme=scheme) as page:
            found[scheme] = page.evaluate(
                "['backgroundColor', 'color'].map(name => getComputedStyle(document.body)[name]"
                ".match(/[0-9.]+/g).slice(0, 3).map(Number).reduce((a, b) => a + b))"
            )
    assert found["light"][0] > 3 * 200 > 3 * 100 > found["light"][1]
    assert found["dark"][0] < 3 * 100 < 3 * 150 < found["dark"][1]


def test_who_asks_and_who_answers_differ_in_the_colours_that_a_reader_forces(
    browser: "Browser", served: Served
) -> None:
    with opened(browser, served.url(LONG), forced_colors="active") as page:
        looks = page.evaluate(
            "['#question h2 b', '#reply-1 h2 b'].map(label => getComputedStyle(document.querySelector(label))).map("
            "style => [style.borderTopStyle, style.color === style.backgroundColor, parseFloat(style.borderTopWidth)])"
        )
        (ask_style, ask_lost, ask_border), (reply_style, reply_lost, reply_border) = looks
        assert ask_style != reply_style
        assert not ask_lost
        assert not reply_lost
        assert min(ask_border, reply_border) >= 1


# --- paper ------------------------------------------------------------------------------------------------------------


def test_print_has_the_text_and_no_navigation(browser: "Browser", served: Served) -> None:
    # A4 without the margins that the style sheet sets.
    with opened(browser, served.url(LONG), 642, height=971) as page:
        shown = (
            "[...document.querySelectorAll('nav, #share, #asks, .go, .skip')].filter(each => each.checkVisibility())"
        )
        assert page.evaluate(f"{shown}.length") > 3
        page.emulate_media(media="print")
        assert page.evaluate(f"{shown}.length") == 0
        assert page.locator("#question p").first.is_visible()
        assert ask(page, "faults()") == []
        behind = page.evaluate(
            "[...document.querySelectorAll('#more-info a[href^=http]')]"
            ".map(each => [each.href, getComputedStyle(each, '::after').content])"
        )
        assert all(href in printed for href, printed in behind)


def test_the_addresses_of_references_are_printed(browser: "Browser", served: Served) -> None:
    path = next(page.url for page in served.site.pages() if 'rel="nofollow noopener" href="http' in page.text)
    with opened(browser, served.url(path), DESK) as page:
        page.emulate_media(media="print")
        behind = page.evaluate(
            "[...document.querySelectorAll('#more-info li a[href^=http]')]"
            ".map(each => [each.href, each.textContent + getComputedStyle(each, '::after').content])"
        )
        assert behind
        assert all(href in printed for href, printed in behind)


def test_no_line_is_cut_where_a_page_of_paper_ends(browser: "Browser", served: Served) -> None:
    pypdf = pytest.importorskip("pypdf")
    margin = 2 / 2.54 * 72
    with opened(browser, served.url(LONG), DESK) as page:
        printed = pypdf.PdfReader(BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))
        ends = page.locator("#question .text p, #reply-1 .text p, #more-info .text p").all_inner_texts()
    assert len(printed.pages) >= 2
    text = ""
    for paper in printed.pages:
        heights: list[float] = []

        def visit(
            words: str, matrix: list[float], place: list[float], *_: object, heights: list[float] = heights
        ) -> None:
            if words.strip():
                heights.append(matrix[3] * place[5] + matrix[5])

        text += paper.extract_text(visitor_text=visit) + "\n"
        assert heights
        assert float(paper.mediabox.width) == pytest.approx(595, abs=2)
        assert min(heights) >= margin - 1
        assert max(heights) <= float(paper.mediabox.height) - margin
    # A line that is cut would be drawn on both pages, a part on each.
    printed_words = _folded(text)
    for paragraph in ends:
        assert printed_words.count(_folded(paragraph)[-30:]) == 1, paragraph


def _folded(text: str) -> str:
    """Give a text without spaces, and without the forms of letters that only fonts know."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


# --- sharing ----------------------------------------------------------------------------------------------------------


def test_the_link_is_copied_and_the_reader_told(browser: "Browser", served: Served) -> None:
    with opened(browser, served.url(LONG), permissions=["clipboard-read", "clipboard-write"]) as page:
        assert page.locator("#share [role=status]").inner_text() == ""
        page.locator("#share button[name=clipboard]").click()
        page.wait_for_function("document.querySelector('#share [role=status]').textContent")
        said = page.locator("#share [role=status]").inner_text()
        assert said == page.locator("#share button[name=clipboard]").get_attribute("value")
        assert page.evaluate("navigator.clipboard.readText()") == served.url(LONG)


def test_where_copying_is_refused_the_address_is_shown(browser: "Browser", served: Served) -> None:
    with opened(browser, "about:blank") as page:
        page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('refused'))")
        page.goto(served.url(f"{LONG}"))
        page.locator("#share button[name=clipboard]").click()
        page.wait_for_function("document.querySelector('#share [role=status]').textContent")
        assert page.locator("#share [role=status]").inner_text() == served.url(LONG)


def test_the_button_of_the_system_is_shown_where_there_is_one(browser: "Browser", served: Served) -> None:
    with opened(browser, served.url(CHINESE)) as page:
        assert not page.locator("#share button[name=share]").is_visible()
        page.add_init_script("navigator.share = given => { window.given = given; return Promise.resolve() }")
        page.goto(f"{served.url(LONG)}#reply-1")
        page.locator("#share button[name=share]").click()
        assert page.evaluate("given.url") == f"{served.url(LONG)}#reply-1"
        assert page.evaluate("given.title") == page.title()


def test_the_program_is_the_one_whose_digest_the_server_allows(served: Served) -> None:
    """Else the browser would have refused it, and the tests above failed; this one says which digest to write."""
    (program,) = {
        text for page in served.site.pages() for text in re.findall("<script>(.*?)</script>", page.text, re.DOTALL)
    }
    digest = base64.b64encode(hashlib.sha256(program.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in (ROOT / "docs" / "publishing.md").read_text(encoding="utf-8")
