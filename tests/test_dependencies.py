"""What a build makes again after an edit of records, settings, strings and templates, or on another day."""

import re

import pytest

from medqa import plan
from medqa.archive import Address
from medqa.pages import CopiedFile, Page, ThreadPage
from medqa.sources import PACKAGED_TEMPLATES
from tests.projects import CHINESE, Project, day, url_of

MARK = "<!-- edited -->"


def uses(name: str, text: str) -> bool:
    """Tell whether a packaged template refers to another, directly or through others."""
    found = re.findall(r'{%-? (?:extends|include|from|import) "([^"]+)"', text)
    return name in found or any(uses(name, packaged(other)) for other in found)


def packaged(name: str) -> str:
    return (PACKAGED_TEMPLATES / name).read_text(encoding="utf-8")


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
    shown = archive.urls_with("Dr. Ann Bell, 1 May 2019")
    assert len(shown) > 3
    archive.write("templates/locales/en.yaml", 'messages: {card_by: "{doctor} wrote, {date}"}\n')
    report = archive.build()
    assert archive.urls_with("Dr. Ann Bell wrote, 1 May 2019") == shown
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
    archive.edit("templates/base.html", "</main>", '</main>{% include "assets/logo.svg" %}')
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


def test_a_specialty_keeps_its_faq_when_the_first_of_its_topics_goes(project: Project) -> None:
    project.thread("one", topics=["Aches"]).thread("two", topics=["Burns"]).thread("three", topics=["Cramps"]).build()
    project.remove("content/threads/one.md").build()
    assert project.has("/faq/neurology/")
    assert project.files() == project.clean_build_files()
    project.thread("two", topics=["Aches"]).thread("three").build()
    assert project.files() == project.clean_build_files()
    project.thread("two").build()
    assert not project.has("/faq/neurology/")
    assert project.files() == project.clean_build_files()


def test_a_thread_in_no_list_links_to_the_faq_of_its_topic_when_there_is_one(project: Project) -> None:
    project.thread("one", topics=["Aches"]).thread("copy", duplicate_of="one", topics=["Burns"]).build()
    assert "/faq/neurology/burns/" not in project.page("/threads/copy/")
    project.thread("two", topics=["Burns"]).build()
    assert "/faq/neurology/burns/" in project.page("/threads/copy/")
    assert project.files() == project.clean_build_files()


def test_a_new_topic_leaves_the_other_threads_of_the_specialty_alone(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(8):
        project.thread(f"case-{number}", asked=f"201{number}-01-01", topics=["Aches"])
    project.build()
    planned: list[str] = []
    plan_page = plan.plan

    def noted(desk: plan.Desk, url: str, address: Address) -> Page:
        planned.append(url)
        return plan_page(desk, url, address)

    monkeypatch.setattr(plan, "plan", noted)
    project.thread("case-3", asked="2013-01-01", topics=["Burns"]).build()
    assert "/threads/case-3/" in planned
    assert "/threads/case-0/" not in planned
    assert project.files() == project.clean_build_files()


def test_a_doctor_who_comes_to_have_a_page_is_linked_from_threads_in_no_list(project: Project) -> None:
    project.thread("one").thread("copy", duplicate_of="one", doctor="Cy Dee").build()
    assert "/doctors/cy-dee/" not in project.page("/threads/copy/")
    project.thread("two", doctor="Cy Dee").build()
    assert "/doctors/cy-dee/" in project.page("/threads/copy/")
    assert project.files() == project.clean_build_files()


def test_a_list_is_named_as_most_write_it_though_it_shows_none_of_them(project: Project) -> None:
    project.config(per_page=1)
    for number, name in enumerate(["Bo Chan", "BO CHAN", "BO CHAN", "Bo Chan", "Bo Chan"]):
        project.thread(f"case-{number}", asked=f"201{number}-01-01", doctor=name)
    project.build()
    assert "<h1>Dr. Bo Chan</h1>" in project.page("/doctors/bo-chan/")
    project.thread("case-0", asked="2010-01-01", doctor="BO CHAN").build()
    assert "<h1>Dr. BO CHAN</h1>" in project.page("/doctors/bo-chan/")
    assert project.files() == project.clean_build_files()
