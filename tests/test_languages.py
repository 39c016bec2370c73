"""Languages: strings that are complete, Chinese set as Chinese, Arabic from right to left, translations linked.

What can be seen only in a browser is looked at in Chromium.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from medqa.config import placeholders
from medqa.sources import PACKAGED_TEMPLATES
from tests.browsing import DESK, PHONE, opened
from tests.projects import Project, front_matter
from tests.sites import ROOT, Site, sample

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LOCALES = {
    file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in (PACKAGED_TEMPLATES / "locales").iterdir()
}
ENGLISH, CHINESE = (LOCALES[tag]["messages"] for tag in ("en", "zh-Hant"))
CSS = (PACKAGED_TEMPLATES / "assets" / "site.css").read_text(encoding="utf-8")
ARABIC = ROOT / "tests" / "cases" / "arabic" / "thread.md"
ARABIC_PAGE, ORIGINAL = "/threads/irtiash-al-jafn/", "/threads/eyelid-twitching-at-exam-time/"
CHINESE_PAGE = "/threads/xiao-tui-ji-rou-tiao-dong/"
SAME_FOR_ONE = {"age_or_older", "days_or_more"}
"""English strings that count and have one form: what they count is never one."""


def forms(message: Any) -> dict[str, str]:
    return message if isinstance(message, dict) else {"other": message}


# --- strings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", LOCALES.keys() - {"en"})
def test_every_language_has_the_strings_of_english_with_the_same_placeholders(tag: str) -> None:
    own = LOCALES[tag]["messages"]
    assert own.keys() == ENGLISH.keys()
    differing = {
        key for key in ENGLISH if placeholders(forms(own[key])["other"]) != placeholders(forms(ENGLISH[key])["other"])
    }
    assert not differing
    assert {"sections", "months", "date"} <= LOCALES[tag].keys()


def test_what_counts_has_a_singular_in_english_and_none_in_chinese() -> None:
    counting = {key for key, message in ENGLISH.items() if {"n", "shown"} & placeholders(forms(message)["other"])}
    assert {key for key, message in ENGLISH.items() if isinstance(message, dict)} == counting - SAME_FOR_ONE
    assert not [key for key, message in CHINESE.items() if isinstance(message, dict)]


def test_chinese_strings_have_chinese_punctuation() -> None:
    """No space between Chinese characters, no Latin comma, colon, bracket or full stop behind one."""
    wrong = re.compile(r"[\u4e00-\u9fff] [\u4e00-\u9fff]|[\u4e00-\u9fff}][,:;()?!]|[\u4e00-\u9fff]\.")
    assert not {key: text for key, text in CHINESE.items() if wrong.search(text)}


# --- style ------------------------------------------------------------------------------------------------------------


def declarations() -> Iterator[tuple[str, str]]:
    """Give (property, value) of the style sheet."""
    for block in re.findall(r"\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)):
        for declaration in filter(None, map(str.strip, block.split(";"))):
            name, _, value = declaration.partition(":")
            yield name.strip(), value.strip()


def test_the_style_sheet_names_no_left_and_no_right() -> None:
    """Else pages from right to left would not be mirrored."""
    sided = re.compile(r"(^|-)(left|right)($|-)")
    assert not [one for one in declarations() if sided.search(one[0])]
    assert not [one for one in declarations() if one[0] in {"text-align", "float", "clear"} and sided.search(one[1])]
    boxes = [(name, _words(value)) for name, value in declarations() if name in {"margin", "padding", "inset"}]
    assert not [(name, sides) for name, sides in boxes if len(sides) == 4 and sides[1] != sides[3]]


def _words(value: str) -> list[str]:
    """Part a value into words; what stands between brackets is one."""
    return re.findall(r"(?:[^\s()]|\([^()]*(?:\([^()]*\)[^()]*)*\))+", value)


def test_nothing_points_to_a_side() -> None:
    """An arrow would have to be mirrored on pages from right to left."""
    files = [file for file in PACKAGED_TEMPLATES.rglob("*") if file.suffix in {".html", ".css", ".yaml"}]
    assert len(files) > 20
    assert not [file.name for file in files if re.search("[←→⇐⇒‹›«»◀▶➔]", file.read_text(encoding="utf-8"))]


# --- translations -----------------------------------------------------------------------------------------------------


def test_translations_link_to_each_other_for_readers_and_for_search_engines(project: Project) -> None:
    project.thread("calf", title="Calf")
    project.thread(
        "xiao-tui", title="小腿", lang="zh-Hant", translation_of="calf", body={"問題": "嗎？", "回覆": "好。"}
    )
    project.thread("wade", title="Wade", lang="de", translation_of="calf", translated_by="machine")
    project.thread("calf-us", title="Calf again", translation_of="calf")
    project.build()
    tags = {"calf": "en", "xiao-tui": "zh-Hant", "wade": "de"}
    for stem, own in tags.items():
        page = project.page(f"/threads/{stem}/")
        found = re.findall(r'<link rel="alternate" hreflang="(.*?)" href="https://example.org/threads/(.*?)/">', page)
        assert (own, stem) in found
        assert {(tag, other) for other, tag in tags.items()} <= set(found)
        for other, tag in tags.items():
            if other != stem:
                assert f'<a href="/threads/{other}/" lang="{tag}" hreflang="{tag}">' in page


def test_a_thread_without_translations_names_no_languages(project: Project) -> None:
    project.thread("calf").build()
    assert "hreflang" not in project.page("/threads/calf/")


def test_dates_are_in_the_readers_form(project: Project) -> None:
    project.thread("xiao-tui", lang="zh-Hant", asked="2020-03-01", body={"問題": "嗎？", "回覆": "好。"}).build()
    page = project.page("/threads/xiao-tui/")
    assert '<time datetime="2020-03-01" dir="auto">2020年3月1日</time>提問' in page
    assert '<time datetime="2020-03-02" dir="auto">2020年3月2日</time>回覆' in page


# --- in a browser -----------------------------------------------------------------------------------------------------


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a site, and give its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def style(page: "Page", part: str, name: str) -> str:
    """Give a computed property of the first such part."""
    found: str = page.evaluate(f"getComputedStyle(document.querySelector('{part}')).{name}")
    return found


def edges(page: "Page", part: str, words: str = "") -> tuple[float, float]:
    """Give the left and the right edge of the first such part, or of words in it."""
    find = """([part, words]) => {
        const found = document.querySelector(part), range = document.createRange();
        const texts = document.createTreeWalker(found, NodeFilter.SHOW_TEXT);
        range.selectNodeContents(found);
        while (words && texts.nextNode()) {
            const at = texts.currentNode.data.indexOf(words);
            if (at < 0) continue;
            range.setStart(texts.currentNode, at);
            range.setEnd(texts.currentNode, at + words.length);
            break;
        }
        const box = words ? range.getBoundingClientRect() : found.getBoundingClientRect();
        return [box.left, box.right];
    }"""
    left, right = page.evaluate(find, [part, words])
    return left, right


# --- Arabic in an English archive -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The sample with an Arabic thread, for which it has no strings."""
    file = f"content/threads/neurology/2024/{ARABIC_PAGE.split('/')[2]}.md"
    return sample(tmp_path_factory.mktemp("arabic"), extra={file: ARABIC})


def test_what_is_in_another_language_than_its_page_says_so(english: Site) -> None:
    page = english.page(ARABIC_PAGE).text
    assert page.startswith('<!DOCTYPE html>\n<html lang="en" dir="ltr">')
    parts = re.findall(r'<(\w+)[^>]* lang="ar" dir="rtl">', page)
    assert parts == ["h1", "span", "div", "div", "div"], "title, headline, question, reply, More Info"
    assert '<link rel="alternate" hreflang="ar"' in page
    assert f'<a href="{ARABIC_PAGE}" lang="ar" hreflang="ar"><bdi>' in english.page(ORIGINAL).text
    row = english.page("/specialties/neurology/2024/").text.split('<ul class="rows">')[1]
    assert row.startswith(f'\n<li lang="ar" dir="rtl"><a href="{ARABIC_PAGE}">ارتعاش')
    assert '<bdi lang="en" dir="ltr">Dr. Amelia Hart, 5 March 2024</bdi></a>' in row
    pieces = (piece for page in english.pages() for piece in page.text.split('<article class="card"')[1:])
    cards = [card for card in (piece.split("</article>")[0] for piece in pieces) if "ارتعاش" in card]
    assert cards
    for card in cards:
        assert card.startswith(' lang="ar" dir="rtl">\n<h3>ارتعاش')
        assert '<p class="by" lang="en" dir="ltr"><b><bdi>Dr. Amelia Hart</bdi></b> · <bdi>Neurology</bdi></p>' in card


@pytest.mark.browser
def test_an_arabic_thread_among_english_words(browser: "Browser", english: Site) -> None:
    with served(english.folder) as address, opened(browser, address + ARABIC_PAGE) as page:
        for part in ("h1", "#question .text", "#reply-1 .text > div", "#more-info .text > div", "#more-info table"):
            assert style(page, part, "direction") == "rtl", part
        for part in ("html", "nav", ".by", "#question h2", "#notice", "footer"):
            assert style(page, part, "direction") == "ltr", part
        assert edges(page, "#question .text p", "مرحبا")[1] == pytest.approx(edges(page, "#question .text")[1], abs=2)
        assert edges(page, "#question .text li", "لا ألم")[1] < edges(page, "#question .text")[1] - 15, (
            "room for the dot"
        )
        assert edges(page, "#notice p", "A doctor")[0] == pytest.approx(edges(page, "#notice p")[0], abs=2)
        for part in ("time", "bdi"):
            assert style(page, part, "unicodeBidi") == "isolate", part
        assert edges(page, "#question .by", "30")[1] < edges(page, "#question .by", "39")[0]
        first, second = edges(page, "#more-info th"), edges(page, "#more-info th + th")
        assert second[1] <= first[0], "the first column is on the right"
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


# --- an Arabic archive ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def arabic(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """An archive whose pages are Arabic; what the test does not look at stays English."""
    project = Project(tmp_path_factory.mktemp("rtl") / "archive")
    words = {
        "specialties": "التخصصات",
        "reply": "الرد",
        "question": "السؤال",
        "asked": "سئل في {date}",
        "home": "الرئيسية",
    }
    months = [
        "يناير",
        "فبراير",
        "مارس",
        "أبريل",
        "مايو",
        "يونيو",
        "يوليو",
        "أغسطس",
        "سبتمبر",
        "أكتوبر",
        "نوفمبر",
        "ديسمبر",
    ]
    locale = {
        "months": months,
        "date": "{day} {month} {year}",
        "messages": {**ENGLISH, **words, "age_band": "{span} سنة"},
    }
    project.write("templates/locales/ar.yaml", front_matter(locale))
    project.config(language="ar", name="أسئلة طبية")
    text = re.sub(r"\n(lang|translation_of|translated_by): .*", "", ARABIC.read_text(encoding="utf-8"))
    project.write(f"content/threads/{ARABIC_PAGE.split('/')[2]}.md", text)
    project.thread("older", asked="2019-01-01", replied="2019-01-01")
    project.record("pages", "about", "من نحن.", title="من نحن")
    project.build()
    return project


@pytest.mark.browser
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_an_arabic_archive_is_mirrored(browser: "Browser", arabic: Project, width: int) -> None:
    with served(arabic.site) as address, opened(browser, address + ARABIC_PAGE, width) as page:
        assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
        assert edges(page, ".top nav a + a")[1] <= edges(page, ".top nav a")[0], "the navigation begins on the right"
        assert edges(page, ".crumbs li + li")[1] <= edges(page, ".crumbs li")[0]
        assert edges(page, "#question .text p", "مرحبا")[1] == pytest.approx(edges(page, "#question .text")[1], abs=2)
        assert edges(page, "#question .by", "30")[1] < edges(page, "#question .by", "39")[0], "a range is not mirrored"
        assert edges(page, "#question time", "2024")[1] < edges(page, "#question time", "مارس")[0] or width == PHONE
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.goto(address + "/archive/")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert edges(page, "svg.bar")[1] > edges(page, "td:has(svg)", "2")[1], "bars grow from the right"
        assert style(page, ".chart", "direction") == "ltr"


# --- Chinese ----------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_chinese_is_set_as_chinese(browser: "Browser", english: Site) -> None:
    with served(english.folder) as address, opened(browser, address + CHINESE_PAGE, DESK) as page:
        for part in ("#question .text p", "#reply-1 .text p", "#more-info .text li"):
            size, leading = (float(style(page, part, name).removesuffix("px")) for name in ("fontSize", "lineHeight"))
            assert size >= 18, part
            assert leading >= 1.7 * size, part
            assert style(page, part, "lineBreak") == "strict", part
            assert style(page, part, "textAutospace") == "normal", part
        for part in ("h1", "#question h2", "#more-info h3"):
            assert "balance" not in style(page, part, "textWrap"), part
            assert style(page, part, "wordBreak") == "auto-phrase", part
        assert style(page, "h1", "fontFamily") == style(page, "#question .text p", "fontFamily"), "no face with serifs"


@pytest.mark.browser
def test_lines_of_chinese_have_twenty_five_to_forty_two_characters(browser: "Browser", english: Site) -> None:
    with served(english.folder) as address, opened(browser, address + CHINESE_PAGE, DESK) as page:
        for part in ("#question .text p", "#reply-1 .text p + p", "#more-info .text p"):
            left, right = edges(page, part)
            size = float(style(page, part, "fontSize").removesuffix("px"))
            assert 25 <= (right - left) // size <= 42, part
