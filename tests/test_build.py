"""What a build makes again after an edit, and why; what it writes, keeps, removes and refuses."""

import os
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from medqa import cli, pipeline
from medqa.cache import Cache, Row
from medqa.errors import UsageError
from medqa.outputs import Site
from medqa.pages import CopiedFile, ThreadPage
from medqa.sources import PACKAGED_TEMPLATES
from tests.projects import LIST, Project, day, url_of
from tests.sites import AS_OF

MARK = "<!-- edited -->"
CHINESE = {"問題": "小腿一直跳動怎麼辦？", "回覆": "多半無害。"}


@pytest.fixture
def archive(project: Project) -> Project:
    """A small archive that has been built: two specialties, two doctors, two languages, every kind of page."""
    project.config(statements={"contact": "post@archive.example"}, emergency={"Taiwan": "119"})
    project.record("doctors", "ann-bell", "She *listens*.", name="Ann Bell", names=["Anna Bell"], specialty="Neurology")
    project.record("hospitals", "north-hospital", "Up north.")
    project.record("specialties", "neurology", "Nerves.", names={"zh-Hant": "神經科"})
    project.record("topics", "twitching", "Mostly harmless.", name="Twitching", specialties=["Neurology"])
    project.record("pages", "about", "Who we are.", title="About us")
    project.thread("calf-twitch", asked="2019-05-01", topics=["Twitching"], body={
        "Question": "My calf twitches at night. Is this ALS?",
        "Reply": "Hardly: bare twitching of the calf is harmless.",
        "More Info": "Fasciculations are common.",
    })  # fmt: skip
    project.thread("eyelid-twitch", asked="2020-02-01", topics=["twitching"], hospital="North Hospital", body={
        "Question": "My eyelid twitches since the exams.", "Reply": "Sleep more: twitching of a lid is harmless.",
    })  # fmt: skip
    project.thread("numb-hand", asked="2020-03-01", superseded_by="wrist-pain", related=["calf-twitch"])
    project.thread("wrist-pain", asked="2021-03-01", doctor="Bo Chan", replied="2021-03-02", urgent=True)
    project.thread("heart-skips", specialty="Cardiology", asked="2018-01-01", doctor="Bo Chan", aliases=["old-heart"])
    project.thread("heart-races", specialty="Cardiology", asked="2018-06-01", status="withdrawn")
    project.thread(
        "xiao-tui", title="小腿跳動", lang="zh-Hant", translation_of="calf-twitch", topics=["Twitching"], body=CHINESE
    )
    project.write("static/robots.txt", "User-agent: *\n")
    project.build()
    return project


def edit_question(project: Project) -> None:
    project.edit("content/threads/calf-twitch.md", "at night", "all night long")


def uses(name: str, text: str) -> bool:
    """Tell whether a packaged template refers to another, directly or through others."""
    found = re.findall(r'{%-? (?:extends|include|from|import) "([^"]+)"', text)
    return name in found or any(uses(name, packaged(other)) for other in found)


def packaged(name: str) -> str:
    return (PACKAGED_TEMPLATES / name).read_text(encoding="utf-8")


# --- nothing to do ----------------------------------------------------------------------------------------------------


def test_a_build_again_writes_nothing(archive: Project) -> None:
    before = archive.stamps()
    report = archive.build()
    assert not report.rendered
    assert not report.written
    assert not report.removed
    assert archive.stamps() == before
    assert LIST in before


def test_a_source_saved_without_a_change_makes_nothing(archive: Project) -> None:
    path = archive.root / "content/threads/calf-twitch.md"
    path.write_bytes(path.read_bytes())
    assert not archive.build().rendered


@pytest.mark.parametrize("harm", ["deleted", "damaged", "cut off", "of another engine"])
def test_without_its_cache_the_site_is_the_same_and_not_written_again(archive: Project, harm: str) -> None:
    before, stamps = archive.files(), archive.stamps()
    (base,) = archive.cache.glob("*.sqlite")
    match harm:
        case "deleted":
            archive.remove(".cache")
        case "damaged":
            base.write_bytes(b"no database at all" * 1000)
        case "cut off":
            base.write_bytes(base.read_bytes()[: base.stat().st_size // 2])
        case _:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("medqa.sources.engine_digest", lambda: "another")
                archive.build()
    report = archive.build()
    assert len(report.rendered) == report.pages
    assert set(report.rendered.values()) == {"new"}
    assert not report.written
    assert archive.files() == before
    now = archive.stamps()
    assert {path for path in now if now[path] != stamps[path]} <= {LIST}


def test_a_cache_with_a_hole_anywhere_reads_as_empty(archive: Project) -> None:
    before = archive.files()
    (base,) = archive.cache.glob("*.sqlite")
    whole, size = base.read_bytes(), 4096
    for hole in range(0, len(whole), 5 * size):
        for fill in (bytes(size), b"\xc1" * size):
            base.write_bytes(whole[:hole] + fill + whole[hole + size :])
            archive.build()
            assert archive.files() == before
    base.write_bytes(whole[:size] + bytes(len(whole) - size))
    assert pipeline.check(archive.root, archive.options()) == ([], [])


def test_the_cache_of_one_site_is_not_taken_for_that_of_another(archive: Project, tmp_path: Path) -> None:
    other = archive.options(out=tmp_path / "other")
    assert len(pipeline.build(archive.root, other).written) == len(archive.files()) - 1
    edit_question(archive)
    pipeline.build(archive.root, other)
    archive.build()
    assert archive.files() == archive.clean_build_files()
    assert pipeline.first_difference(archive.site, tmp_path / "other") == ""


def test_a_site_put_back_from_elsewhere_is_examined(archive: Project) -> None:
    """The memory speaks of the site that the last build left, and of no other."""
    old = archive.files()
    edit_question(archive)
    archive.build()
    new = archive.files()
    for path, data in old.items():
        (archive.site / path).unlink()
        (archive.site / path).write_bytes(data)
    archive.build()
    assert archive.files() == new


# --- edits of threads -------------------------------------------------------------------------------------------------


def test_an_edit_of_a_more_info_makes_one_page_again_and_says_why(archive: Project) -> None:
    archive.edit("content/threads/calf-twitch.md", "Fasciculations are common", "Fasciculations are *very* common")
    report = archive.build()
    assert report.rendered == {"/threads/calf-twitch/": "more info changed"}
    assert report.written == ("threads/calf-twitch/index.html",)
    assert report.why("/threads/calf-twitch/") == "more info changed"
    assert "nothing" in report.why("/threads/numb-hand/")
    assert "<em>very</em>" in archive.page("/threads/calf-twitch/")


def test_an_edit_of_a_question_makes_those_again_that_show_its_excerpt(archive: Project) -> None:
    before, shown = archive.files(), archive.urls_with("My calf twitches at night")
    assert {"/", "/threads/calf-twitch/", "/threads/eyelid-twitch/", "/faq/neurology/twitching/"} <= shown
    edit_question(archive)
    report = archive.build()
    assert set(report.rendered) == shown
    assert archive.changed_by(report) == shown
    assert archive.urls_with("all night long") == shown
    assert report.rendered["/threads/eyelid-twitch/"] == "related changed"
    assert "question" in report.rendered["/threads/calf-twitch/"]
    assert archive.files().keys() == before.keys()


def test_an_edit_behind_the_excerpt_makes_again_whose_neighbours_changed(project: Project) -> None:
    filler = "Nothing special happened on that ordinary day, I should say. " * 6
    for word in ("rash", "glaucoma", "sciatica"):
        body = {"Question": f"Is it {word}?", "Reply": f"See {word}."}
        for letter in "abcd":
            project.thread(f"case-of-{word}-{letter}", body=body)
    project.thread("changing", body={"Question": f"{filler}rash", "Reply": "See."})
    project.build()
    neighbours = {url: page for url, page in project.plan().items() if isinstance(page, ThreadPage)}
    project.edit("content/threads/changing.md", f"{filler}rash", f"{filler}glaucoma")
    report = project.build()
    now = {url: page for url, page in project.plan().items() if isinstance(page, ThreadPage)}
    moved = {url for url in now if now[url].related != neighbours[url].related}
    assert 1 < len(moved) < len(now)
    assert set(report.rendered) == moved | {"/threads/changing/"}
    assert {report.rendered[url] for url in moved - {"/threads/changing/"}} == {"related changed"}
    assert project.files() == project.clean_build_files()


def test_an_edit_of_a_title_makes_exactly_the_pages_again_that_show_it(archive: Project) -> None:
    shown = archive.urls_with("Calf twitch")
    assert {"/threads/eyelid-twitch/", "/threads/xiao-tui/", "/specialties/neurology/2019/", "/"} <= shown
    assert "/specialties/neurology/2020/" not in shown
    archive.edit("content/threads/calf-twitch.md", 'title: "Calf twitch"', 'title: "Calf TWITCH"')
    report = archive.build()
    assert set(report.rendered) == shown
    assert archive.changed_by(report) == shown
    assert archive.urls_with("Calf TWITCH") == shown
    assert archive.files() == archive.clean_build_files()


def test_what_a_new_title_changes_and_nothing_else_is_made_again(archive: Project) -> None:
    before = archive.files()
    archive.edit("content/threads/wrist-pain.md", '"Wrist pain"', '"Pain in both wrists"')
    report = archive.build()
    after = archive.files()
    assert archive.changed_by(report) == {url_of(path) for path in after if after[path] != before[path]}
    assert set(report.rendered) == archive.changed_by(report)


def test_a_new_thread_changes_the_pages_of_its_own_year_and_its_neighbours_only(archive: Project) -> None:
    archive.thread("foot-drop", asked="2021-07-01", doctor="Cy Dean", replied="2021-07-02", specialty="Orthopedics")
    archive.build()
    archive.thread("hip-click", asked="2021-08-01", doctor="Cy Dean", replied="2021-08-02", specialty="Orthopedics")
    report = archive.build()
    assert report.rendered["/threads/hip-click/"] == "new"
    lists = {url for url in report.rendered if not url.startswith("/threads/")}
    entries = {"/", "/specialties/", "/doctors/", "/404.html"}  # these count the threads of each specialty and doctor
    assert lists == {*entries, "/doctors/cy-dean/", "/specialties/orthopedics/", "/specialties/orthopedics/2021/"}
    assert archive.files() == archive.clean_build_files()


def test_a_thread_in_the_middle_of_a_year_moves_those_behind_it_only(project: Project) -> None:
    project.config(per_page=2)
    for month in (1, 2, 3, 5, 6, 7):
        project.thread(f"case-{month}", asked=f"2020-0{month}-01", replied="2020-08-01")
    project.thread("earlier", asked="2019-01-01")
    project.thread("later", asked="2021-01-01", replied="2021-01-02")
    project.build()
    project.thread("case-4", asked="2020-04-01", replied="2020-08-01")
    report = project.build()
    pages = {url for url in report.rendered if url.startswith("/specialties/neurology/")}
    behind = {f"/specialties/neurology/2020/page/{number}/" for number in (2, 3, 4)}
    assert pages == {"/specialties/neurology/", *behind}
    assert project.files() == project.clean_build_files()


def test_a_removed_thread_leaves_no_page_and_no_empty_folder(archive: Project) -> None:
    assert archive.has("/threads/heart-skips/")
    archive.remove("content/threads/heart-skips.md")
    archive.remove("content/threads/heart-races.md")
    report = archive.build()
    gone = {"threads/heart-skips", "threads/old-heart", "threads/heart-races", "specialties/cardiology"}
    assert {"threads/heart-skips/index.html", "specialties/cardiology/2018/index.html"} <= set(report.removed)
    assert not [path for path in gone if (archive.site / path).exists()]
    assert not [path for path in archive.files() if path.endswith("/")]
    assert not archive.urls_with("Heart skips")
    assert archive.files() == archive.clean_build_files()


def test_a_thread_that_moves_to_another_folder_stays_where_it_is(archive: Project) -> None:
    archive.move("content/threads/calf-twitch.md", "content/threads/nerves/2019/calf-twitch.md")
    assert not archive.build().rendered


def test_a_renamed_thread_moves_and_its_old_address_leads_to_the_new_one(archive: Project) -> None:
    text = (archive.root / "content/threads/wrist-pain.md").read_text(encoding="utf-8")
    archive.remove("content/threads/wrist-pain.md")
    archive.write("content/threads/sore-wrist.md", text.replace("---\n", '---\naliases: ["wrist-pain"]\n', 1))
    archive.edit("content/threads/numb-hand.md", '"wrist-pain"', '"sore-wrist"')
    report = archive.build()
    assert report.rendered["/threads/sore-wrist/"] == "new"
    assert "url=/threads/sore-wrist/" in archive.page("/threads/wrist-pain/")
    assert 'href="/threads/sore-wrist/"' in archive.page("/threads/numb-hand/")
    assert archive.files() == archive.clean_build_files()


# --- edits of records, settings, strings, templates -------------------------------------------------------------------


def test_a_doctor_who_is_renamed_is_renamed_wherever_the_record_is_shown(archive: Project) -> None:
    """Threads show the name that they were signed with; everything else shows the record's."""
    before = archive.files()
    doctor = archive.root / "content/doctors/ann-bell.md"
    archive.record("doctors", "ann-bell", "She *listens*.", name="Ann Bell-Cole", names=["Ann Bell", "Anna Bell"])
    assert "Bell-Cole" in doctor.read_text(encoding="utf-8")
    report = archive.build()
    after = archive.files()
    changed = {url_of(path) for path in after if after[path] != before[path]}
    assert set(report.rendered) == archive.changed_by(report) == changed
    assert {"/doctors/", "/doctors/ann-bell/", "/specialties/neurology/"} <= changed
    assert archive.urls_with("Bell-Cole") <= changed
    assert archive.files() == archive.clean_build_files()


def test_a_new_record_takes_over_the_page_that_a_name_had(archive: Project) -> None:
    assert archive.has("/doctors/bo-chan/")
    archive.record("doctors", "chan", name="Chan Bo", names=["Bo Chan"])
    report = archive.build()
    assert "doctors/bo-chan/index.html" in report.removed
    assert report.rendered["/doctors/chan/"] == "new"
    assert not archive.urls_with("/doctors/bo-chan/")
    assert archive.files() == archive.clean_build_files()


def test_a_setting_makes_the_pages_again_that_use_it(archive: Project) -> None:
    pages = archive.plan()
    settings = {"statements": {"contact": "post@archive.example"}, "emergency": {"Taiwan": "119", "Europe": "112"}}
    archive.config(**settings)
    report = archive.build()
    assert set(report.rendered) == {url for url, page in pages.items() if isinstance(page, ThreadPage)}
    assert set(report.rendered.values()) == {"config changed"}
    assert report.written == ("threads/wrist-pain/index.html",)  # the only urgent one
    archive.config(**settings, timezone="Asia/Taipei", profile="strict")
    assert not archive.build().rendered
    archive.config(**settings, timezone="Asia/Taipei", profile="strict", name="Other Archive")
    report = archive.build()
    assert archive.changed_by(report) == archive.urls_with("Other Archive")
    assert set(report.rendered) == {url for url, page in pages.items() if not isinstance(page, CopiedFile)}


def test_the_path_of_the_site_is_in_every_link(archive: Project) -> None:
    archive.config(base_url="https://example.org/archive", name="Test Archive")
    archive.build()
    page = archive.page("/threads/calf-twitch/")
    assert 'href="/archive/threads/eyelid-twitch/"' in page
    assert 'href="https://example.org/archive/threads/calf-twitch/"' in page
    assert not re.findall(r'(?:href|src)="/(?!archive/)', page)
    assert archive.files() == archive.clean_build_files()


def test_a_string_makes_the_pages_again_that_use_it(archive: Project) -> None:
    pages = archive.plan()
    english = {url for url, page in pages.items() if isinstance(page, ThreadPage) and page.lang == "en"}
    assert "/threads/xiao-tui/" not in english
    archive.write("templates/locales/en.yaml", 'messages: {permalink: "A link of its own"}\n')
    report = archive.build()
    assert set(report.rendered) == english
    assert set(report.rendered.values()) == {"strings changed"}
    assert archive.changed_by(report) == archive.urls_with("A link of its own") > {"/threads/calf-twitch/"}
    archive.remove("templates/locales/en.yaml")
    assert set(archive.build().rendered) == english
    assert archive.files() == archive.clean_build_files()


def test_a_string_that_is_part_of_a_name_makes_the_pages_again_that_show_it(archive: Project) -> None:
    shown = archive.urls_with("Calf twitch (Dr. Ann Bell, 1 May 2019)")
    assert len(shown) > 3
    archive.write("templates/locales/en.yaml", 'messages: {card_label: "{title} by {doctor}, {date}"}\n')
    report = archive.build()
    assert archive.urls_with("Calf twitch by Dr. Ann Bell, 1 May 2019") == shown
    assert archive.changed_by(report) == set(report.rendered) >= shown
    assert archive.files() == archive.clean_build_files()


def test_the_form_of_dates_makes_the_pages_again_that_show_one(project: Project) -> None:
    project.thread("numb-hand").record("pages", "about", title="About")
    project.thread("xiao-tui", lang="zh-Hant", body=CHINESE, specialty="Other")
    project.build()
    project.write("templates/locales/zh-Hant.yaml", 'date: "{year}/{month_number}/{day}"\n')
    report = project.build()
    assert project.changed_by(report) == project.urls_with("2020/3/1") > {"/threads/xiao-tui/"}
    assert not [url for url in report.rendered if url.startswith(("/about/", "/threads/numb-hand/"))]
    assert project.files() == project.clean_build_files()


def test_the_names_of_sections_are_part_of_what_is_remembered(project: Project) -> None:
    """A thread that was read under one language is read again under another."""
    project.config(language="zh-Hant").thread("xiao-tui", body=CHINESE).build()
    project.config(language="en")
    assert {found.code for found in project.problems()} == {"MQ207"}
    project.write("templates/locales/en.yaml", "sections: {question: [問題], reply: [回覆]}\n")
    project.build()
    assert project.files() == project.clean_build_files()
    project.remove("templates")
    assert {found.code for found in project.problems()} == {"MQ207"}


def test_what_is_found_in_a_file_moves_with_it(project: Project) -> None:
    project.thread("numb-hand", body={"Question": "See [this](ftp://example.org/x).", "Reply": "No."})
    (found,) = project.build().findings
    assert (found.code, found.path) == ("MQ702", "content/threads/numb-hand.md")
    project.move("content/threads/numb-hand.md", "content/threads/nerves/numb-hand.md")
    report = project.build()
    assert [one.path for one in report.findings] == ["content/threads/nerves/numb-hand.md"]
    assert not report.rendered


def test_documents_of_long_ago_are_forgotten() -> None:
    memory = Cache(None, "engine")
    memory.remember(Row(str(number), b"", b"") for number in range(1_100))
    memory.drop_all_but({str(number) for number in range(60)})
    assert len(memory.html(map(str, range(1_100)))) == 1_100  # too few to be worth it
    memory.drop_all_but({str(number) for number in range(40)})
    assert sorted(memory.html(map(str, range(1_100))), key=int) == [str(number) for number in range(40)]


def test_the_thread_template_makes_thread_pages_again(archive: Project) -> None:
    pages = archive.plan()
    archive.mark("thread.html", MARK)
    report = archive.build()
    threads = {url for url, page in pages.items() if isinstance(page, ThreadPage)}
    assert report.rendered == dict.fromkeys(threads, "template thread.html changed")
    assert archive.changed_by(report) == archive.urls_with(MARK) == threads
    archive.remove("templates")
    assert set(archive.build().rendered) == threads
    assert not archive.urls_with(MARK)


@pytest.mark.parametrize("partial", sorted(file.name for file in (PACKAGED_TEMPLATES / "partials").glob("*.html")))
def test_a_partial_makes_the_pages_again_that_include_it(archive: Project, partial: str) -> None:
    name = f"partials/{partial}"
    pages = {url: page.template for url, page in archive.plan().items() if page.template}
    expected = {url for url, template in pages.items() if uses(name, packaged(template))}
    assert expected
    report = archive.mark(name, MARK).build()
    assert set(report.rendered) == expected
    assert archive.changed_by(report) == archive.urls_with(MARK)
    assert archive.urls_with(MARK) <= expected
    assert archive.urls_with(MARK)
    assert archive.files() == archive.clean_build_files()


def test_the_frame_of_all_pages_makes_all_pages_again(archive: Project) -> None:
    pages = {url for url, page in archive.plan().items() if page.template}
    archive.edit("templates/base.html", '<main id="main">', f'<main id="main">{MARK}')
    report = archive.build()
    assert archive.changed_by(report) == archive.urls_with(MARK) == pages
    assert report.rendered["/"] == "template home.html changed"


def test_an_asset_is_one_file(archive: Project) -> None:
    archive.write("templates/assets/site.css", "body { color: black }\n")
    report = archive.build()
    assert set(report.rendered) == {"/assets/site.css"}
    assert report.written == ("assets/site.css",)
    assert archive.files()["assets/site.css"] == b"body { color: black }\n"


def test_a_file_that_a_template_includes_is_part_of_it(archive: Project) -> None:
    """Also one that is no template by its name, and also while the process goes on, as in a preview."""
    archive.write("templates/assets/logo.svg", "<svg><title>one</title></svg>")
    archive.edit("templates/base.html", "<footer>", '<footer>{% include "assets/logo.svg" %}')
    archive.build()
    archive.write("templates/assets/logo.svg", "<svg><title>two</title></svg>")
    report = archive.build()
    assert "<title>two</title>" in archive.page("/")
    assert report.rendered["/"] == "template home.html changed"


def test_a_template_that_names_another_at_run_time_depends_on_all(archive: Project) -> None:
    archive.write("templates/assets/odd.css", "a{#b} {% c")  # no template, and none of the business of templates
    archive.write("templates/partials/extra.html", "<p>one</p>")
    archive.mark("gone.html", '{% include "partials/" ~ "extra.html" %}')
    archive.build()
    archive.write("templates/partials/extra.html", "<p>two</p>")
    assert set(archive.build().rendered) == {"/threads/heart-races/"}
    assert "<p>two</p>" in archive.page("/threads/heart-races/")


def test_a_template_that_fails_leaves_the_site_and_says_where(archive: Project) -> None:
    before = archive.stamps()
    archive.mark("thread.html", "{{ page.nothing_of_the_kind }}")
    (found,) = archive.problems()
    lines = (archive.root / "templates/thread.html").read_text(encoding="utf-8").split("\n")
    assert (found.code, found.path) == ("MQ304", "templates/thread.html")
    assert "nothing_of_the_kind" in lines[found.line - 1]
    assert archive.stamps() == before


def test_the_day_of_the_build_makes_pages_again_when_they_show_another_age(archive: Project) -> None:
    archive.build(as_of=day("2025-01-01"))
    report = archive.build(as_of=day("2025-03-01"))
    assert not report.rendered
    report = archive.build(as_of=day("2025-03-02"))
    answered = {"calf-twitch", "eyelid-twitch", "numb-hand", "wrist-pain", "heart-skips", "xiao-tui"}
    assert set(report.rendered) == {f"/threads/{stem}/" for stem in answered}
    assert set(report.rendered.values()) == {"age years changed"}


# --- what is public ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "as_of", "seen"),
    [
        pytest.param({"status": "draft"}, "2024-01-01", "nowhere", id="draft"),
        pytest.param({"publish_on": "2024-02-01"}, "2024-01-31", "nowhere", id="embargo"),
        pytest.param({"publish_on": "2024-02-01"}, "2024-02-01", "everywhere", id="embargo over"),
        pytest.param({"expires_on": "2024-02-01"}, "2024-01-31", "everywhere", id="not yet expired"),
        pytest.param({"expires_on": "2024-02-01"}, "2024-02-01", "gone", id="expired"),
        pytest.param({"status": "withdrawn"}, "2024-01-01", "gone", id="withdrawn"),
        pytest.param({"status": "withdrawn", "publish_on": "2024-02-01"}, "2024-01-01", "gone", id="withdrawn early"),
    ],
)
@pytest.mark.parametrize("before", [{}, {"status": "draft"}, {"status": "withdrawn"}, None], ids=str)
def test_what_is_not_public_leaves_no_word(
    project: Project, fields: dict[str, str], as_of: str, seen: str, before: dict[str, str] | None
) -> None:
    words = {"Question": "Is xylophonia [bad](numb-hand.md)?", "Reply": "Quibblesome.", "More Info": "Zonkified."}
    extra: dict[str, Any] = {
        "title": "Xylophonia", "question": "Wobblyness", "topics": ["Flibbertitis"], "doctor": "Zed Zorro",
        "hospital": "Zanzibar Clinic", "asker": {"name": "Zuleika"}, "sources": ["Zeitung"], "replied": "2020-03-02",
        "corrections": [{"on": "2020-04-01", "by": "Zoltan", "why": "Zilch"}],
    }  # fmt: skip
    secret = "|".join(re.findall(r"[A-Z]\w+", str(words) + str(extra)))
    secret = re.sub(r"\b(?:Question|Reply|More|Info|Is)\b\|?", "", secret)
    project.thread("numb-hand", body={"Question": "[Same](cold-hand.md#reply-1) as the other?", "Reply": "Yes."})
    project.thread("stiff-hand", related=["cold-hand"], superseded_by="cold-hand", duplicate_of="cold-hand")
    if before is not None:
        project.thread("cold-hand", **extra, **before, body=words)
        project.build(as_of=day(as_of))
    project.thread("cold-hand", **extra, **fields, body=words)
    report = project.build(as_of=day(as_of))
    told = {path for path, data in project.files().items() if re.search(secret, data.decode())}
    linked = project.urls_with("/threads/cold-hand/")
    if seen == "everywhere":
        assert {"index.html", "threads/cold-hand/index.html", "threads/numb-hand/index.html"} <= told
        assert "/threads/stiff-hand/" in linked
        assert report.threads == 3
    else:
        assert not told
        assert not linked
        assert report.threads == 2
        assert project.has("/threads/cold-hand/") == (seen == "gone")
        assert [found.code for found in report.findings] == ["MQ701"]
        assert ">Same<" not in project.page("/threads/numb-hand/")
    if seen == "gone":
        assert "noindex" in project.page("/threads/cold-hand/")
    assert project.files() == project.clean_build_files(as_of=day(as_of))


def test_a_preview_shows_drafts_and_embargoed_threads_but_nothing_withdrawn(project: Project) -> None:
    project.thread("numb-hand")
    project.thread("early", status="draft")
    project.thread("later", publish_on="2030-01-01")
    project.thread("never", status="withdrawn")
    project.build(drafts=True)
    drafts = {url for url in ("/threads/early/", "/threads/later/") if "noindex" in project.page(url)}
    assert drafts == {"/threads/early/", "/threads/later/"}
    assert "/threads/early/" in project.page("/specialties/neurology/")
    assert not project.urls_with("Never")
    report = project.build()
    assert {"threads/early/index.html", "threads/later/index.html"} <= set(report.removed)
    assert project.files() == project.clean_build_files()


def test_aliases_lead_to_the_new_address(project: Project) -> None:
    project.record("doctors", "ann-bell", aliases=["a-bell"])
    project.record("specialties", "neurology", aliases=["nerves"])
    project.record("topics", "pins", "An answer.", specialties=["Neurology"], aliases=["needles"])
    project.thread("numb-hand", aliases=["cold-hand", "/2009/post.php", "/blog/hand"])
    project.build()
    targets = {
        "/threads/cold-hand/": "/threads/numb-hand/",
        "/2009/post.php": "/threads/numb-hand/",
        "/blog/hand/": "/threads/numb-hand/",
        "/doctors/a-bell/": "/doctors/ann-bell/",
        "/specialties/nerves/": "/specialties/neurology/",
        "/faq/neurology/needles/": "/faq/neurology/pins/",
        "/threads/": "/specialties/",
    }
    for url, target in targets.items():
        assert f'content="0; url={target}"' in project.page(url), url
    project.thread("numb-hand", status="withdrawn", aliases=["cold-hand", "/2009/post.php", "/blog/hand"])
    project.build()
    assert not [url for url in ("/threads/cold-hand/", "/2009/post.php", "/blog/hand/") if project.has(url)]


# --- addresses that meet ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "code", "path"),
    [
        pytest.param(lambda p: p.write("static/index.html", ""), "MQ215", "static/index.html", id="file and home page"),
        pytest.param(
            lambda p: p.write("static/threads/numb-hand/index.html", ""), "MQ215",
            "static/threads/numb-hand/index.html", id="file and thread",
        ),
        pytest.param(lambda p: p.write("static/threads", ""), "MQ215", "static/threads", id="file and folder"),
        pytest.param(
            lambda p: p.write("static/404.html/x.txt", ""), "MQ215", "static/404.html/x.txt", id="folder and page"
        ),
        pytest.param(lambda p: p.write("static/assets/site.css", ""), "MQ215", "static/assets/site.css", id="asset"),
        pytest.param(
            lambda p: p.thread("b", aliases=["/about"]).record("pages", "about", title="About"), "MQ215",
            "content/threads/b.md", id="alias and page",
        ),
        pytest.param(
            lambda p: p.thread("b", aliases=["numb-hand"]), "MQ215", "content/threads/b.md", id="alias and thread"
        ),
        pytest.param(
            lambda p: p.thread("b", aliases=["/threads/numb-hand/index.html"]), "MQ215", "content/threads/b.md",
            id="alias and the file of a page",
        ),
        pytest.param(
            lambda p: p.thread("b", aliases=["/old.d", "/old.d/x/"]), "MQ215", "content/threads/b.md",
            id="alias below an alias",
        ),
        pytest.param(
            lambda p: p.thread("b", aliases=["/404.html/x"]), "MQ215", "content/threads/b.md", id="alias below a page"
        ),
        pytest.param(
            lambda p: p.thread("b", aliases=["/assets/site.css"]), "MQ215", "content/threads/b.md",
            id="alias and asset",
        ),
        pytest.param(
            lambda p: p.thread("b", aliases=["x", "/y"]).thread("c", aliases=["/y/"]), "MQ215",
            "content/threads/c.md", id="two aliases",
        ),
        pytest.param(lambda p: p.thread("b", aliases=["/.medqa"]), "MQ109", "content/threads/b.md", id="our own list"),
        pytest.param(
            lambda p: p.thread("b", folder="x").thread("b", folder="y"), "MQ211", "content/threads/y/b.md",
            id="two files with one name",
        ),
        pytest.param(
            lambda p: p.record("pages", "doctors", title="Doctors"), "MQ109", "content/pages/doctors.md",
            id="a page with the name of an index",
        ),
        pytest.param(
            lambda p: p.record("pages", "threads", title="Threads"), "MQ109", "content/pages/threads.md",
            id="a page with the name of a folder",
        ),
        pytest.param(
            lambda p: p.record("pages", "search", title="Search"), "MQ109", "content/pages/search.md",
            id="a page with a name that is reserved",
        ),
    ],
)  # fmt: skip
def test_addresses_that_meet_are_reported(
    project: Project, make: Callable[[Project], Project], code: str, path: str
) -> None:
    project.thread("numb-hand")
    project.build()
    before = project.stamps()
    make(project)
    assert [(found.code, found.path) for found in project.problems()] == [(code, path)]
    assert project.stamps() == before


@pytest.mark.parametrize("name", [b"caf\xe9", b"two\nlines", b"bell\x07"], ids=repr)
@pytest.mark.parametrize("folder", ["content/threads", "content/doctors", "static", "static/images"])
def test_a_name_that_cannot_be_written_down_is_reported(project: Project, folder: str, name: bytes) -> None:
    project.thread("numb-hand")
    (project.root / folder).mkdir(parents=True, exist_ok=True)
    try:
        (project.root / folder / os.fsdecode(name + b".md")).write_text("", encoding="utf-8")
    except OSError:
        pytest.skip("this file system does not take such names")
    (found,) = project.problems()
    assert found.code == "MQ109"
    assert found.path.startswith(f"{folder}/")
    assert "\ufffd" in found.path
    assert str(found).isprintable() or "\n  hint" in str(found)


# --- the folder of the site -------------------------------------------------------------------------------------------


def test_static_files_are_copied_as_they_are(archive: Project) -> None:
    data = bytes(range(256))
    archive.write("static/images/rash.jpg", data).write("static/.well-hidden", "").write("static/notes.txt~", "")
    archive.write("static/#odd/names and\u2028marks.txt", "odd")
    report = archive.build()
    assert report.written == ("#odd/names and\u2028marks.txt", "images/rash.jpg")
    assert archive.files()["images/rash.jpg"] == data
    assert archive.files()["robots.txt"] == b"User-agent: *\n"
    archive.build()
    archive.remove("static/images").remove("static/#odd")
    assert archive.build().removed == ("#odd/names and\u2028marks.txt", "images/rash.jpg")
    assert not (archive.site / "images").exists()
    assert archive.files() == archive.clean_build_files()


def test_the_list_names_exactly_what_is_there(archive: Project) -> None:
    def listed() -> set[str]:
        return {line for line in (archive.site / LIST).read_text(encoding="utf-8").split("\n")[1:] if line}

    assert listed() == archive.files().keys() - {LIST}
    archive.remove("content/threads/wrist-pain.md").edit("content/threads/numb-hand.md", '"wrist-pain"', '""')
    archive.thread("new-one")
    archive.build()
    assert listed() == archive.files().keys() - {LIST}
    assert "threads/new-one/index.html" in listed()


def test_a_folder_of_someone_elses_is_refused(project: Project) -> None:
    project.thread("numb-hand").write("site/thesis.txt", "three years of work")
    with pytest.raises(UsageError, match="did not make"):
        project.build()
    assert project.files() == {"thesis.txt": b"three years of work"}
    project.remove("site").write("site", "a file")
    with pytest.raises(UsageError, match="not a folder"):
        project.build()


def test_a_file_of_someone_elses_in_the_site_stays(archive: Project) -> None:
    archive.write("site/thesis.txt", "three years").write("site/threads/heart-skips/notes.txt", "mine")
    archive.remove("content/threads/heart-skips.md")
    archive.build()
    archive.remove(".cache")
    archive.build()
    files = archive.files()
    assert (files.pop("thesis.txt"), files.pop("threads/heart-skips/notes.txt")) == (b"three years", b"mine")
    assert files == archive.clean_build_files()


def test_two_builds_of_one_site_do_not_mix(archive: Project) -> None:
    edit_question(archive)
    before = archive.stamps()
    with closing(Site(archive.site)), pytest.raises(UsageError, match="another build"):
        archive.build()
    assert archive.stamps() == before
    assert archive.build().written


def test_two_first_builds_of_one_site_do_not_mix(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    with closing(Site(folder)) as late, closing(Site(folder)) as early:  # both begin when there is no folder
        staged = early.stage([("index.html", b"early")])
        with pytest.raises(UsageError, match="another build"):
            late.stage([("index.html", b"late")])
        late.discard()
        early.publish(staged, frozenset(staged))
    assert (folder / "index.html").read_bytes() == b"early"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("robots2.txt", "robots2.txt"),
        ("threads/new-one/index.html", "threads/new-one/index.html"),
        ("threads/new-one", "threads/new-one/index.html"),
        ("feed.xml/x", "feed.xml"),
    ],
)
def test_a_file_of_someone_elses_is_never_written_over(archive: Project, theirs: str, ours: str) -> None:
    archive.write(f"site/{theirs}", "mine")
    before = archive.stamps()
    if ours.startswith("threads/"):
        archive.thread("new-one")
    else:
        archive.write(f"static/{ours}", "other")
    for _ in range(2):
        with pytest.raises(UsageError, match="not made by medqa"):
            archive.build()
        assert archive.stamps() == before
    archive.remove(f"site/{theirs.split('/', maxsplit=1)[0]}" if theirs.startswith("feed") else f"site/{theirs}")
    archive.build()
    assert archive.files() == archive.clean_build_files()


def test_a_file_may_become_a_folder_and_a_folder_a_file(archive: Project) -> None:
    archive.write("static/leaflet", "a file").write("static/papers/one.txt", "1").write("static/papers/two.txt", "2")
    archive.build()
    archive.remove("static/leaflet").remove("static/papers")
    archive.write("static/leaflet/part.txt", "below").write("static/papers", "a file")
    archive.build()
    assert archive.files() == archive.clean_build_files()
    archive.remove("static/leaflet").record("pages", "leaflet", "Text.", title="Leaflet")
    archive.build()
    assert archive.files() == archive.clean_build_files()


def test_a_failed_build_leaves_the_site_as_it_was(archive: Project) -> None:
    before, files = archive.stamps(), archive.files()
    edit_question(archive)
    archive.thread("broken", asked="soon", specialty=None, body={"Question": "Why?"})
    archive.write("content/threads/torn.md", "---\ntitle: 'Torn\n---\n")
    found = archive.problems()
    assert {(one.path, one.code) for one in found} == {
        ("content/threads/broken.md", "MQ201"),
        ("content/threads/broken.md", "MQ203"),
        ("content/threads/broken.md", "MQ209"),
        ("content/threads/torn.md", "MQ103"),
    }
    assert archive.stamps() == before
    assert archive.files() == files
    archive.remove("content/threads/broken.md").remove("content/threads/torn.md")
    archive.build()
    assert archive.files() == archive.clean_build_files()


def test_a_first_build_that_fails_leaves_nothing(project: Project) -> None:
    project.thread("numb-hand", specialty=None)
    project.problems()
    assert not project.site.exists()
    project.thread("numb-hand").mark("text.html", "{{ 1 / 0 }}").record("pages", "about", title="About")
    assert [found.code for found in project.problems()] == ["MQ304"]
    assert not project.site.exists()


def test_an_archive_without_a_document_is_a_site(project: Project) -> None:
    project.build()
    assert project.has("/")
    assert project.files() == project.clean_build_files()


# --- verify -----------------------------------------------------------------------------------------------------------


def test_verify_names_the_first_file_that_differs(archive: Project) -> None:
    options = archive.options()
    assert pipeline.verify(archive.root, options) == ""
    file = archive.site / "threads/numb-hand/index.html"
    file.write_bytes(file.read_bytes() + b" ")
    assert pipeline.verify(archive.root, options) == "threads/numb-hand/index.html is not the same"
    file.unlink()
    assert pipeline.verify(archive.root, options) == "threads/numb-hand/index.html is missing"
    archive.build(cache=None)
    assert pipeline.verify(archive.root, options) == ""
    edit_question(archive)
    assert pipeline.verify(archive.root, options) == "doctors/ann-bell/index.html is not the same"
    archive.build()
    archive.write("static/0.txt", "new")
    assert pipeline.verify(archive.root, options) == "0.txt is missing"
    archive.build()
    archive.remove("static/0.txt")
    assert pipeline.verify(archive.root, options) == "0.txt should not be there"


def test_the_command_says_why_and_verifies(archive: Project, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*options: str) -> str:
        arguments = ["build", "--root", str(archive.root), "--as-of", AS_OF.isoformat(), "--jobs", "1", *options]
        codes.append(cli.main(arguments))
        shown = capsys.readouterr()
        return shown.out + shown.err

    codes: list[int] = []
    archive.edit("content/threads/calf-twitch.md", "Fasciculations", "Those fasciculations")
    assert "/threads/calf-twitch/: more info changed\n" in run("--why", "/threads/calf-twitch/", "--verify")
    assert "/: not made again" in run("--why", "/")
    assert "/nowhere/: there is no such page" in run("--why", "/nowhere/")
    file = archive.site / "index.html"
    file.write_bytes(b"")
    assert "index.html is not the same" in run("--verify")
    archive.thread("torn", asked="soon")
    assert "content/threads/torn.md:" in run()
    (archive.root / "site" / LIST).unlink()
    assert "did not make" in run()
    assert codes == [0, 0, 0, 1, 1, 2]


def test_the_day_is_the_newest_in_the_content_where_there_is_no_git(project: Project) -> None:
    reviewed: dict[str, Any] = {
        "reviewed_on": "2022-05-05",
        "corrections": [{"on": "2022-05-06", "by": "Ann", "why": "Typo"}],
    }
    project.thread("numb-hand", publish_on="2031-01-01", expires_on="2032-01-01", **reviewed)
    assert project.build(as_of=None).as_of == day("2022-05-06")
