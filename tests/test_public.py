"""What the site shows and what it hides, and under which addresses."""

import os
import re
from collections.abc import Callable
from typing import Any

import pytest

from medqa.errors import BuildFailedError
from tests.projects import Project, day


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


@pytest.mark.parametrize(
    ("language", "mark"), [("en", "<b>Draft:</b> not published"), ("zh-Hant", "<b>草稿：</b>尚未公開")]
)
def test_a_preview_marks_what_is_not_public_wherever_it_stands(project: Project, language: str, mark: str) -> None:
    project.config(language=language)
    project.record("topics", "pins", "An answer.", specialties=["Neurology"])
    drafts: dict[str, dict[str, Any]] = {"early": {"status": "draft"}, "later": {"publish_on": "2030-01-01"}, "now": {}}
    for stem, fields in drafts.items():
        project.thread(stem, topics=["pins"], doctor="Ann Bell", lang="en", **fields)
    project.build(drafts=True)
    lists = (
        "/",
        "/specialties/neurology/",
        "/specialties/neurology/2020/",
        "/doctors/ann-bell/",
        "/faq/neurology/pins/",
    )
    for url in lists:
        entries = re.split(r"<li|<article", project.page(url))
        marked = {stem for one in entries if mark in one for stem in re.findall(r"/threads/([^/]*)/", one)}
        assert marked == {"early", "later"}, url
    project.build(as_of=day("2030-01-02"), drafts=True)
    assert project.page("/").count(mark) == 1
    project.build()
    assert not [url for url in lists if mark in project.page(url)]


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
    for url in ("/threads/cold-hand/", "/2009/post.php", "/blog/hand/"):  # the address says that it is withdrawn
        assert 'content="0; url=/threads/numb-hand/"' in project.page(url)


def test_pages_of_years_lead_to_their_like_and_follow_the_list(project: Project) -> None:
    project.config(per_page=1)
    project.record("doctors", "ann-bell", aliases=["a-bell"])
    project.record("specialties", "neurology", aliases=["nerves"])
    project.record("topics", "pins", specialties=["Neurology"], aliases=["needles"])
    for number in range(4):
        project.thread(f"t{number}", asked=f"2020-01-0{number + 1}", doctor="Ann Bell", topics=["pins"])
    project.build()
    lists = {
        "/doctors/a-bell/": "/doctors/ann-bell/",
        "/specialties/nerves/": "/specialties/neurology/",
        "/faq/nerves/pins/": "/faq/neurology/pins/",
        "/faq/neurology/needles/": "/faq/neurology/pins/",
    }
    for old, new in lists.items():
        for page in ("", "2020/", "2020/page/2/", "2020/page/4/"):
            assert f'content="0; url={new}{page}"' in project.page(f"{old}{page}"), (old, page)
    project.thread("t4", asked="2020-01-05", doctor="Ann Bell", topics=["pins"])
    project.build()  # a page more of a year is one fact, a year more is another
    assert all(project.has(f"{old}2020/page/5/") for old in lists)
    project.thread("t5", asked="2021-01-05", replied="2021-01-06", doctor="Ann Bell", topics=["pins"])
    project.build()
    assert all(project.has(f"{old}2021/") for old in lists)
    assert project.files() == project.clean_build_files()
    for number in range(1, 6):  # a short list has no pages for its years, but that of a specialty
        project.remove(f"content/threads/t{number}.md")
    project.build()
    assert [project.has(f"{old}2020/") for old in lists] == [False, True, False, False]
    assert project.files() == project.clean_build_files()


def test_a_former_name_that_is_still_a_list_is_an_error_once(project: Project) -> None:
    project.record("specialties", "neurology", aliases=["cardiology"])
    project.thread("a").thread("b", specialty="Cardiology")
    with pytest.raises(BuildFailedError) as failed:
        project.build()
    assert [found.code for found in failed.value.problems] == ["MQ215"]


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
