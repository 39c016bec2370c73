"""What a build makes again after an edit of a thread, and why."""

import json
from typing import Any

import pytest

from medqa import cli, pipeline
from medqa.pages import ThreadPage
from tests.projects import LIST, Project, day, edit_question, url_of
from tests.sites import AS_OF


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


def test_an_edit_of_a_more_info_makes_one_page_again_and_says_why(archive: Project) -> None:
    archive.edit("content/threads/calf-twitch.md", "Fasciculations are common", "Fasciculations are *very* common")
    both = ("/threads/calf-twitch/", "/threads/numb-hand/")
    report = archive.build(why=both)
    assert report.rendered == {"/threads/calf-twitch/": "more info changed"}
    assert report.written == ("threads/calf-twitch/index.html",)
    kept = "not made again: nothing that it shows has changed"
    assert report.answers == dict(zip(both, ("more info changed", kept), strict=True))
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
    entries = {"/", "/specialties/", "/doctors/", "/archive/", "/404.html"}  # these count threads
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


@pytest.mark.parametrize("form", ["--root {}", "--root={}"])
def test_the_root_may_stand_before_the_command(archive: Project, capsys: pytest.CaptureFixture[str], form: str) -> None:
    root = form.format(archive.root).split(" ")
    assert cli.main([*root, "stats", "--jobs", "1", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)
    assert cli.main([*root, "--jobs", "1"]) == 0
    assert archive.has("/")


def test_other_options_stand_after_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    for words, hint in ((["--strict", "check"], "; other options than --root stand after the command"), (["odd"], "")):
        with pytest.raises(SystemExit, match="2"):
            cli.main(words)
        assert capsys.readouterr().err.endswith(f"unrecognized arguments: {' '.join(words)}{hint}\n")


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


@pytest.mark.parametrize(
    "spelled", ["/threads/夜/", "/threads/夜", "threads/夜/", "https://x.example/threads/%E5%A4%9C/"]
)
def test_why_takes_an_address_as_a_browser_shows_it(project: Project, spelled: str) -> None:
    project.thread("夜")
    assert project.build(why=(spelled,)).answers == {spelled: "new"}
    assert project.build(why=("/threads/nobody/",)).answers == {"/threads/nobody/": "there is no such page"}


def test_a_finding_that_is_off_is_off_in_builds_too(project: Project) -> None:
    project.thread("early", asked="2025-06-01", replied="2025-06-01")
    assert {found.code for found in project.build().findings} == {"MQ501"}
    project.config(levels={"MQ501": "off"})
    assert project.build().findings == ()


def test_a_correction_without_a_name_leaves_no_gap(project: Project) -> None:
    change = {"on": "2024-02-01", "why": "The dose was wrong"}
    project.thread("dose", corrections=[change]).build()
    assert "1 February 2024</time>: The dose was wrong" in project.page("/threads/dose/")
    project.thread("dose", corrections=[{**change, "by": "Ann Bell"}]).build()
    assert "1 February 2024</time>, <bdi>Dr. Ann Bell</bdi>: The dose was wrong" in project.page("/threads/dose/")


def test_a_withdrawn_thread_says_so_in_its_own_language(project: Project) -> None:
    project.thread("night", lang="zh-Hant", status="withdrawn").build()
    assert '<html lang="zh-Hant"' in project.page("/threads/night/")
