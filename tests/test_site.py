"""The built sample archive, as English and Chinese site, in long and in short lists: what must hold of every page."""

import json
import re
import shutil
import subprocess
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from medqa.pages import KINDS
from tests.sites import DATA, EXAMPLES, GUISES, ROOT, Html, Site, needs_data, sample

BASE = "https://willowbrook.example"
VNU = ROOT / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


@pytest.fixture(scope="module", params=GUISES)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return sample(tmp_path_factory.mktemp(request.param), config=GUISES[request.param])


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Html:
    file = "content/threads/neurology/2023/involuntary-muscle-twitching.md"
    built = sample(tmp_path_factory.mktemp("seed"), extra={file: DATA / "seed-thread.md"})
    return built.page("/threads/involuntary-muscle-twitching/")


def test_every_kind_of_page_is_in_the_sample(site: Site) -> None:
    addresses = {page.url for page in site.pages()}
    assert {kind.__name__ for kind in KINDS} == set(EXAMPLES)
    assert set(EXAMPLES.values()) <= addresses


def test_every_internal_link_and_anchor_resolves(site: Site) -> None:
    pages = {page.url: page for page in site.pages()}
    files = {"/" + file.relative_to(site.folder).as_posix() for file in site.folder.rglob("*") if file.is_file()}
    dead = [
        f"{page.url} -> {path}#{anchor}"
        for page in pages.values()
        for path, anchor in page.inside(BASE)
        if (path not in pages and path not in files) or (anchor and anchor not in pages[path].ids)
    ]
    assert not dead


def test_pages_load_nothing_from_elsewhere_and_run_one_constant_program(site: Site) -> None:
    programs = set()
    for page in site.pages():
        found = re.findall("<script.*?</script>", page.text, re.DOTALL)
        assert len(found) == page.elements.count("script") == ("share" in page.ids), page.url
        programs.update(found)
        assert all(address.startswith("/") for address in page.resources), page.url
        rest = page.text.replace("".join(found), "")
        assert not [name for name in ("onclick", "onload", "onerror", 'style="', "javascript:") if name in rest]
    (program,) = programs
    assert len(program) < 800


def test_every_page_has_its_landmarks_and_names_its_navigations(site: Site) -> None:
    for page in site.pages():
        assert [page.elements.count(name) for name in ("main", "header", "footer")] == [1, 1, 1], page.url
        names = re.findall('<nav [^>]*aria-label="([^"]+)"', page.text)
        assert len(names) == page.elements.count("nav") == len(set(names)) >= 1, page.url
        assert re.match('<!DOCTYPE html>\n<html lang="(en|zh-Hant)" dir="ltr">\n', page.text), page.url
        assert page.text.index('<a class="skip" href="#main">') < page.text.index("<header"), page.url


def test_names_are_isolated_and_dates_can_be_read_by_machines(site: Site) -> None:
    thread = site.page("/threads/twitching-all-over-for-months/").text
    assert "<bdi>R. K.</bdi>" in thread
    assert re.search("<bdi>[^<]*Amelia Hart[^<]*</bdi></a>", thread)
    assert '<time datetime="2019-03-04" dir="' in thread
    dates = re.sub(r"<time .*?</time>|<title>.*?</title>|<bdi>.*?</bdi>|<a .*?</a>|<span dir.*?</span>", "", thread)
    assert not re.search(r"20\d\d", dates.partition("</head>")[2].partition('<section id="more-info"')[0])


def test_cards_of_one_title_read_apart(site: Site) -> None:
    page = site.page("/specialties/neurology/")
    alike = [text for _, text in page.links if text.startswith("Understanding Involuntary Muscle Twitches")]
    assert len(set(alike)) == len(alike)


def test_headings_are_in_order(site: Site) -> None:
    for page in site.pages():
        levels = [level for level, _ in page.headings]
        assert levels.count(1) == 1, page.url
        assert levels[0] == 1, page.url
        jumps = [second for first, second in pairwise(levels) if second > first + 1]
        assert not jumps, page.url
        assert all(text for _, text in page.headings), page.url


def test_ids_are_unique(site: Site) -> None:
    for page in site.pages():
        assert len(page.ids) == len(set(page.ids)), page.url


def test_links_that_read_alike_lead_to_one_place(site: Site) -> None:
    for page in site.pages():
        places = defaultdict(set)
        for href, text in page.links:
            assert text, f"{page.url}: a link without words to {href}"
            places[text].add(href)
        assert not {text: hrefs for text, hrefs in places.items() if len(hrefs) > 1}, page.url


def test_a_page_is_valid_html(site: Site) -> None:
    if not shutil.which("java"):
        pytest.skip("no java: the HTML checker cannot run")
    if not VNU.exists():
        pytest.skip("no HTML checker: npm ci fetches it")
    command = ["java", "-jar", str(VNU), "--errors-only", "--skip-non-html", "--format", "json", str(site.folder)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    messages = json.loads(said.stderr)["messages"]
    assert [f"{found['url']}:{found.get('lastLine')}: {found['message']}" for found in messages] == []


def test_withdrawn_and_draft_threads_leave_no_word(site: Site) -> None:
    gone = site.page("/threads/pain-with-intimacy-after-birth/")
    assert "noindex" in gone.text
    for stem in ("pain-with-intimacy-after-birth", "screaming-but-not-awake"):
        (source,) = (site.root / "content").rglob(f"{stem}.md")
        body = source.read_text(encoding="utf-8").split("## Question", 1)[1]
        sentence = max(body.split("\n"), key=len)[:60]
        assert len(sentence) > 40
        assert not [page.url for page in site.pages() if sentence in page.shown]
    assert not (site.folder / "threads" / "screaming-but-not-awake").exists()


def test_a_list_is_numbered_from_its_oldest_thread(tmp_path: Path) -> None:
    site = sample(tmp_path, config={"per_page": "1"})
    first, second = site.page("/specialties/neurology/2013/"), site.page("/specialties/neurology/2013/page/2/")
    assert "/threads/calf-twitching-on-night-shifts/" in first.text
    assert "/specialties/neurology/2013/page/2/" in first.text
    assert "/specialties/neurology/2013/" in {href for href, _ in second.links}
    assert "/threads/xiao-tui-ji-rou-tiao-dong/" in second.text


# --- the page that medqa was made for ---------------------------------------------------------------------------------


@needs_data
def test_the_seed_thread_has_every_part_in_order(seed: Html) -> None:
    source = (DATA / "seed-thread.md").read_text(encoding="utf-8")
    parts = [
        "Neurology",  # the way here
        "Involuntary Muscle Twitches: Causes and Concerns",
        "Should I consider visiting a neurologist again?",  # what is asked
        "Involuntary muscle twitching?",
        "I am a 35-year-old male, non-smoker",
        "I apologize for the lengthy message and hope you can read it patiently.",
        "Hsuān",
        "30–39",
        "6 July 2023",
        "Dr. Jiang Junyi",
        "Neurology",
        "Taoyuan Medical Center",
        "6 July 2023",
        "Hello Mr. Hsuan,",
        "Dr. Jiang Junyi, Taoyuan Medical Center",
        "Facebook",
        "More Info",
        "Involuntary muscle twitches, also known as fasciculations",
        "Understanding Muscle Twitches",
        "Addressing Your Concerns",
        "Conclusion",
        "is key to managing your health concerns effectively.",
        "Similar Q&A",
        "Read more:",
        "Read more:",
        "Read more:",
        "Read more:",
        "Related FAQ",
        "Muscle twitching",
        "Older",
    ]
    order = ["asks", "question", "reply-1", "notice", "share", "more-info", "similar", "faq", "neighbours"]
    assert [name for name in seed.ids if name in order] == order
    shown, at = seed.shown[seed.shown.index("Home") :], 0
    for part in parts:
        found = shown.find(part, at)
        assert found >= 0, part
        at = found + len(part)
    for paragraph in source.split("---", 2)[2].split("\n"):
        words = " ".join(paragraph.lstrip("#1234567890. ").split())
        assert words in seed.shown, words


@needs_data
def test_the_seed_thread_keeps_lists_and_links(seed: Html) -> None:
    assert seed.text.split("</nav>", 2)[2].count("<ol") == 2
    assert 'href="https://www.youtube.com/watch?v=7jgrBtaw4ZE"' in seed.text
    assert seed.text.count('rel="nofollow ugc noopener"') == 2
    assert [text for level, text in seed.headings if level == 3][:3] == [
        "Understanding Muscle Twitches",
        "Addressing Your Concerns",
        "Conclusion",
    ]
