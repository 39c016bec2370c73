"""The archive at a glance: its numbers are those of the threads, it is made again when they change, it can be seen."""

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from medqa.charts import FULL, columns
from medqa.colours import contrast
from medqa.documents import Age
from medqa.errors import BuildFailedError
from medqa.pages import Band, GlancePage, Page, ReplyBlock, ThreadPage
from medqa.plan import glance
from tests.browsing import DESK, PHONE, opened
from tests.editors import Editors, script
from tests.projects import Project
from tests.sites import Site, sample
from tests.test_languages import served, style

if TYPE_CHECKING:
    from playwright.sync_api import Browser

URL = "/archive/"


def shown(planned: dict[str, Page]) -> GlancePage:
    page = planned[URL]
    assert isinstance(page, GlancePage)
    return page


def listed(planned: dict[str, Page]) -> list[ThreadPage]:
    return [page for page in planned.values() if isinstance(page, ThreadPage) and page.duplicate_of is None]


def days(page: ThreadPage) -> int | None:
    return min(((turn.replied - page.asked).days for turn in page.turns if isinstance(turn, ReplyBlock)), default=None)


def within(bands: tuple[Band, ...], number: int) -> Band:
    (found,) = (band for band in bands if band.low <= number and (band.high is None or number <= band.high))
    return found


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_the_numbers_are_those_of_all_threads_after_whatever_edits(project: Project, seed: int) -> None:
    """Counted anew from the pages of the threads, which know nothing of the counts."""
    editors = Editors(project)
    for step in script(500 + seed):
        editors.edit(step)
        try:
            project.build(**editors.options())
        except BuildFailedError:
            editors.mend()
        else:
            editors.keep()
    project.build(**editors.options())
    planned = project.plan(**editors.options())
    page, threads = shown(planned), listed(planned)
    assert project.files()["archive/index.html"] == project.clean_build_files(**editors.options())["archive/index.html"]
    assert page.threads == len(threads) > 5
    assert {year: count for year, count in page.years if count} == Counter(one.asked.year for one in threads)
    waits = [wait for wait in map(days, threads) if wait is not None]
    assert page.awaiting == len(threads) - len(waits)
    assert {band: band.count for band in page.waits if band.count} == Counter(
        within(page.waits, wait) for wait in waits
    )
    ages = [one.asker.age.decade for one in threads if one.asker.age]
    assert page.ageless == len(threads) - len(ages)
    assert {band: band.count for band in page.ages if band.count} == Counter(within(page.ages, age) for age in ages)
    assert dict(page.sexes) == Counter(one.asker.sex for one in threads)
    assert page.median is not None
    assert sum(wait <= page.median for wait in waits) * 2 >= len(waits) > sum(wait < page.median for wait in waits) * 2


def test_what_stands_in_no_list_is_not_counted(archive: Project) -> None:
    before = shown(archive.plan())
    archive.thread("copy", duplicate_of="calf-twitch", asker={"age": "50", "sex": "male"})
    archive.thread("draft", status="draft", asked="2015-01-01", asker={"age": "50", "sex": "male"})
    assert shown(archive.plan()) == before
    previewed = shown(archive.plan(drafts=True))
    assert (previewed.years[0], dict(previewed.sexes)["male"]) == ((2015, 1), 1)


def test_it_is_made_again_exactly_when_a_number_changes(archive: Project) -> None:
    archive.edit("content/threads/calf-twitch.md", "bare twitching", "mere twitching")
    assert URL not in archive.build().rendered
    archive.edit("content/threads/calf-twitch.md", "specialty:", 'asker: {"age": "31", "sex": "female"}\nspecialty:')
    report = archive.build()
    assert report.rendered[URL] == "ages, ageless, sexes changed"
    assert set(report.rendered) == {URL, "/threads/calf-twitch/"}
    archive.edit("content/threads/calf-twitch.md", '"31"', '"38"')
    assert set(archive.build().rendered) == {"/threads/calf-twitch/"}
    archive.edit("content/threads/calf-twitch.md", "2020-03-02", "2019-05-03")
    assert archive.build().rendered[URL] == "waits changed"
    assert archive.files() == archive.clean_build_files()


def test_an_archive_without_threads_says_so(project: Project) -> None:
    project.record("pages", "about", title="About").build()
    page = project.page(URL)
    assert "There are no questions here yet." in page
    assert "<table" not in page


def test_one_thread_without_a_reply(project: Project) -> None:
    project.thread("one", doctor=None, replied=None, body={"Question": "Why?"}).build()
    page = shown(project.plan())
    assert (page.median, page.awaiting, page.ages, page.sexes) == (None, 1, (), (("", 1),))
    assert "<table" in project.page(URL)


@pytest.mark.parametrize(
    ("age", "decade"),
    [
        (Age(35), 30),
        (Age(30, 39), 30),
        (Age(28, 39), 30),
        (Age(25, 36), 30),
        (Age(0, 9), 0),
        (Age(8, months=True), 0),
        (Age(125, months=True), 10),
        (Age(70, open=True), 70),
        (Age(90, open=True), 90),
        (Age(104), 90),
        (Age(9), 0),
    ],
)
def test_the_decade_of_an_age(age: Age, decade: int) -> None:
    assert age.decade == decade


@pytest.mark.parametrize(
    ("counts", "median"), [({}, None), ({0: 1}, 0), ({1: 1, 9: 1}, 1), ({1: 1, 9: 2}, 9), ({0: 2, 3: 1, 4: 1}, 0)]
)
def test_the_median(counts: dict[int, int], median: int | None) -> None:
    assert glance._median(counts) == median


def test_years_without_a_thread_stand_between_others_but_for_a_slip() -> None:
    assert glance._years([{2019: 2}, {2021: 1, 2019: 1}]) == ((2019, 3), (2020, 0), (2021, 1))
    assert glance._years([{214: 1}, {2021: 1}]) == ((214, 1), (2021, 1))
    assert glance._years([]) == ()


# --- charts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("most", "lines"),
    [(0, [1]), (1, [1]), (4, [1, 2, 3, 4]), (5, [2, 4, 6]), (39, [10, 20, 30, 40]), (41, [20, 40, 60])],
)
def test_lines_stand_at_round_numbers(most: int, lines: list[int]) -> None:
    assert [line.value for line in columns([(2020, most)]).lines] == lines


@pytest.mark.parametrize("many", [1, 7, 24, 60, 300])
def test_columns_fill_the_width_and_do_not_touch(many: int) -> None:
    chart = columns([(1900 + place, place % 7 * 1000 + 1) for place in range(many)])
    ends = [0]
    for column in chart.columns:
        assert ends[-1] <= column.x < column.x + column.width <= FULL
        assert 0 < column.height <= FULL
        assert column.y + column.height == FULL
        ends.append(column.x + column.width)
    assert ends[-1] > 0.85 * FULL
    assert len([column for column in chart.columns if column.named]) <= 4
    heights = [column.height for column in chart.columns[:7]]
    assert heights == sorted(heights)


def test_the_least_is_seen_and_nothing_is_not() -> None:
    assert [column.height > 0 for column in columns([(1, 0), (2, 1), (3, 100_000)]).columns] == [False, True, True]


# --- in a browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return sample(tmp_path_factory.mktemp("glance"))


def test_every_chart_has_a_table_and_every_page_leads_there(site: Site) -> None:
    page = site.page(URL)
    assert page.text.count("<figure>") == page.text.count("<caption>") == 5
    assert page.text.count("<svg class=") == page.text.count('aria-hidden="true"')
    assert all(f'<a href="{URL}">' in one.text for one in site.pages() if "http-equiv" not in one.text)


def _rgb(colour: str) -> str:
    """Write rgb(1, 2, 3) as #010203."""
    return "#" + "".join(f"{int(part):02x}" for part in colour.removeprefix("rgb(").removesuffix(")").split(","))


@pytest.mark.browser
@pytest.mark.parametrize(
    "how", [{"color_scheme": "light"}, {"color_scheme": "dark"}, {"forced_colors": "active"}], ids=str
)
def test_charts_can_be_seen_in_every_mode(browser: "Browser", site: Site, how: dict[str, str]) -> None:
    with served(site.folder) as address, opened(browser, address + URL, DESK, **how) as page:
        ground = _rgb(style(page, "body", "backgroundColor"))
        for part in (".chart rect", ".bar rect"):
            assert contrast(_rgb(style(page, part, "fill")), ground) >= 3, part
        assert contrast(_rgb(style(page, ".chart text", "fill")), ground) >= 4.5


@pytest.mark.browser
def test_paper_shows_the_charts_and_all_numbers(browser: "Browser", site: Site) -> None:
    with served(site.folder) as address, opened(browser, address + URL, DESK) as page:
        table = page.locator("details table")
        assert not table.is_visible()
        page.emulate_media(media="print")
        assert page.locator(".chart").is_visible()
        assert page.evaluate("document.querySelector('details table').getBoundingClientRect().height") > 200
        page.emulate_media(media="screen")
        page.locator("summary").press("Enter")
        assert table.is_visible()


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, PHONE, DESK])
def test_words_of_a_chart_are_as_large_as_others_and_inside_the_window(
    browser: "Browser", site: Site, width: int
) -> None:
    with served(site.folder) as address, opened(browser, address + URL, width) as page:
        boxes = page.evaluate(
            "[...document.querySelectorAll('.chart text')].map(text => text.getBoundingClientRect())"
            ".map(box => [box.left, box.right, box.top, box.bottom])"
        )
        assert len(boxes) > 5
        assert all(0 <= left < right <= width for left, right, _, _ in boxes)
        assert float(style(page, ".chart text", "fontSize").removesuffix("px")) >= 18
        below = page.evaluate("document.querySelector('.chart').nextElementSibling.getBoundingClientRect().top")
        assert all(bottom <= below for _, _, _, bottom in boxes)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
