"""Questions about an archive: `related` for a thread, `stats` for all of them."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from random import Random
from typing import Any

import pytest

from medqa import cli, explaining, figures, pipeline, plan
from medqa.intake import Told
from medqa.pages import Page, ThreadPage
from tests.projects import Project, thread_text
from tests.sites import AS_OF

MANY = 10_000


# --- the commands -----------------------------------------------------------------------------------------------------


def run(project: Project, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    arguments = ["--root", str(project.root), "--as-of", AS_OF.isoformat(), "--jobs", "1"]
    code = cli.main([words[0], *arguments, *words[1:]])
    said = capsys.readouterr()
    return code, said.out, said.err


def told(project: Project, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """Run a command that has to succeed; give the object that it prints."""
    code, out, _ = run(project, capsys, *words, "--format", "json")
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    return found


def thread_pages(planned: dict[str, Page]) -> dict[str, ThreadPage]:
    return {url.split("/")[2]: page for url, page in planned.items() if isinstance(page, ThreadPage)}


def stem_of(key: str) -> str:
    return key.removeprefix("threads/")


@pytest.fixture
def twitches(archive: Project) -> Project:
    """Give the small archive with threads in every standing."""
    same = {"Question": "My calf twitches at night.", "Reply": "Bare twitching of the calf is harmless."}
    archive.thread("calf-again", asked="2020-05-01", duplicate_of="calf-twitch", replied="2020-08-01", body=same)
    archive.thread("calf-draft", asked="2020-05-01", status="draft", replied="2020-08-01", body=same)
    archive.thread("calf-later", asked="2020-05-01", publish_on="2030-01-01", replied="2020-08-01", body=same)
    archive.thread("calf-expired", asked="2020-05-01", expires_on="2021-01-01", replied="2020-08-01", body=same)
    archive.thread("calf-open", asked="2020-05-02", doctor=None, replied=None, body={"Question": "My calf twitches."})
    for stem, specialty in (("lid-one", "Neurology"), ("lid-two", "Neurology"), ("lid-pinned", "Cardiology")):
        body = {"Question": "Why does my eyelid twitch?", "Reply": "Eyelid twitching is harmless."}
        archive.thread(stem, title="Eyelid", specialty=specialty, asked="2020-06-01", replied="2020-08-01", body=body)
    pins = ["numb-hand", "calf-draft", "lid-pinned", "lid-one", "heart-races", "tired-legs"]
    archive.thread("tired-legs", asked="2020-07-01", related=[*pins[:-1], "leg-twin"], replied="2020-08-01", body=same)
    archive.thread("leg-twin", title="Tired legs", asked="2020-07-02", replied="2020-08-01", body=same)
    return archive


def test_the_list_is_that_of_the_page_after_a_build_and_without_one(
    twitches: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = thread_pages(twitches.plan())
    before = twitches.files()
    for stem, page in pages.items():
        found = told(twitches, capsys, "related", stem)
        assert [one["stem"] for one in found["shown"]] == [stem_of(card.key) for card in page.related]
        assert [one["title"] for one in found["shown"]] == [card.title for card in page.related]
        assert (found["title"], found["path"]) == (page.title, f"content/threads/{stem}.md")
    assert twitches.files() == before


def test_pins_that_are_not_shown_have_their_reasons(twitches: Project, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(twitches, capsys, "related", "tired-legs")
    assert [(one["stem"], one["pinned"]) for one in found["shown"][:2]] == [("numb-hand", True), ("lid-pinned", True)]
    assert (found["shown"][0]["superseded"], found["shown"][0]["score"]) == (True, 0)
    assert {one["stem"]: one["why_not"] for one in found["kept"] if one["why_not"]} == {
        "lid-one": "title and doctor are those of lid-pinned",
        "leg-twin": "title and doctor are those of the thread itself",
    }
    assert found["passed_over"] == [
        {"stem": "calf-draft", "why": "it is a draft"},
        {"stem": "heart-races", "why": "it is withdrawn"},
    ]


@pytest.mark.parametrize(
    ("stem", "standing"),
    [
        ("calf-twitch", "a candidate: it has a list, and may be in those of others"),
        ("numb-hand", "superseded by wrist-pain: it has a list, and is in others only where pinned"),
        ("calf-again", "no candidate: it is a duplicate of calf-twitch"),
        ("calf-draft", "no candidate: it is a draft"),
        ("calf-later", "no candidate: it is not public yet: publish_on is 2030-01-01"),
        ("calf-expired", "no candidate: it has expired: expires_on is 2021-01-01"),
        ("heart-races", "no candidate: it is withdrawn"),
    ],
)
def test_the_standing_in_words(twitches: Project, capsys: pytest.CaptureFixture[str], stem: str, standing: str) -> None:
    code, out, _ = run(twitches, capsys, "related", stem)
    assert (code, out.splitlines()[2]) == (0, standing)
    assert (len(out.splitlines()) > 3) == ("no candidate" not in standing)


def test_what_is_printed(twitches: Project, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(twitches, capsys, "related", "tired-legs")
    lines = out.splitlines()
    assert lines[:2] == ["tired-legs: Tired legs", "content/threads/tired-legs.md"]
    assert lines[3:7] == [
        "shown, in the order of the page:",
        " 1 numb-hand  0.0, pinned, superseded",
        "   Numb hand",
        "   no term of weight is in both",
    ]
    assert "   not shown: title and doctor are those of lid-pinned" in lines
    assert lines[-3:] == [
        "pinned, and passed over:",
        "   calf-draft: it is a draft",
        "   heart-races: it is withdrawn",
    ]
    _, out, _ = run(twitches, capsys, "related", "xiao-tui")
    assert ", other language" in out


def test_shares_add_up_and_the_largest_is_first(twitches: Project, capsys: pytest.CaptureFixture[str]) -> None:
    for one in told(twitches, capsys, "related", "lid-two")["shown"]:
        shares = [term["share"] for term in one["terms"]]
        assert shares == sorted(shares, reverse=True)
        assert len(shares) <= 8
        if not one["more_terms"] and one["score"]:
            assert abs(sum(shares) - 100) < 0.5


@pytest.mark.parametrize(
    ("stem", "words"),
    [
        ("calf-twich", "there is no thread 'calf-twich': did you mean calf-twitch or eyelid-twitch?"),
        ("calf-twitch.md", "there is no thread 'calf-twitch.md': did you mean calf-twitch?"),
        ("heart-", "there is no thread 'heart-': did you mean heart-races or heart-skips?"),
        ("qqqqqqq", "there is no thread 'qqqqqqq': write its file's name without '.md'"),
    ],
)
def test_an_unknown_stem_is_an_error_with_the_nearest(
    archive: Project, capsys: pytest.CaptureFixture[str], stem: str, words: str
) -> None:
    code, out, err = run(archive, capsys, "related", stem)
    assert (code, out) == (2, "")
    assert words in err


@pytest.mark.parametrize("words", [("related", "calf-twitch"), ("stats",)])
def test_content_with_errors_is_reported_as_everywhere(
    archive: Project, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    archive.thread("wrong", asked="soon")
    code, out, _ = run(archive, capsys, *words)
    assert code == 1
    assert "MQ203" in out
    assert out.splitlines()[-1].startswith("1 error, ")
    code, out, _ = run(archive, capsys, *words, "--format", "json")
    errors = [found["code"] for found in json.loads(out)["problems"] if found["severity"] == "error"]
    assert (code, errors) == (1, ["MQ203"])


def test_a_memory_without_its_rows_is_made_anew(archive: Project, capsys: pytest.CaptureFixture[str]) -> None:
    first = told(archive, capsys, "related", "calf-twitch")
    for file in archive.cache.glob("site-*.sqlite"):
        with closing(sqlite3.connect(file)) as base, base:
            base.execute("DELETE FROM related WHERE key LIKE 'counts/%'")
    assert told(archive, capsys, "related", "calf-twitch") == first


def test_figures_of_the_archive(twitches: Project, capsys: pytest.CaptureFixture[str]) -> None:
    alone: dict[str, Any] = {"asker": {"age": "28~39", "sex": "female"}, "body": {"Question": "Zq?", "Reply": "Zr."}}
    twitches.thread("alone", specialty="Urology", asked="2020-01-01", **alone)
    found = told(twitches, capsys, "stats")
    pages = thread_pages(twitches.plan())
    assert found.pop("waiting")["unanswered"] == [
        {"name": "Neurology", "since": "2020-05-02", "threads": ["calf-open"]}
    ]
    assert found == {
        "public": len(pages), "duplicates": 1, "superseded": 1, "awaiting_reply": 1, "drafts": 1, "embargoed": 1,
        "gone": 2, **apart(pages),
        "years": {"2018": 1, "2019": 1, "2020": 10, "2021": 1},
        "specialties": {"Cardiology": 2, "Neurology": 10, "Urology": 1},
        "median_days_to_reply": 31, "days_to_reply": {"0": 0, "1": 3, "2-3": 0, "4-7": 0, "8-30": 2, "31+": 7},
        "ages": {"30-39": 1, "not stated": 12}, "sexes": {"female": 1, "not stated": 12},
    }  # fmt: skip
    assert found["unreached_stems"] == ["alone"]
    code, out, _ = run(twitches, capsys, "stats")
    assert code == 0
    assert out.splitlines()[0].split() == [str(len(pages)), "public", "threads"]
    assert "alone" in map(str.strip, out.splitlines())
    assert "by age:\n  30-39: 1\n  not stated: 12\n" in out
    assert "  half of all replies: within 31 days\n" in out


def apart(pages: dict[str, ThreadPage]) -> dict[str, object]:
    """Count what nobody leads to on planned pages."""
    listed = {stem for stem, page in pages.items() if page.duplicate_of is None}
    cards = {stem_of(card.key) for page in pages.values() for card in page.related}
    beside = {stem_of(link.key) for page in pages.values() for link in (page.newer, page.older) if link}
    unreached = sorted(listed - cards - beside)
    share = (2000 * len(listed - cards) + len(listed)) // (2 * len(listed)) / 10
    return {
        "in_no_cards": len(listed - cards), "in_no_cards_share": share,
        "unreached": len(unreached), "unreached_stems": unreached[:20],
    }  # fmt: skip


# --- a large archive --------------------------------------------------------------------------------------------------


def many(number: int) -> Iterator[tuple[str, str]]:
    """Give stems and texts of small threads: seven specialties, titles that come again and again, some duplicates."""
    random = Random(7)
    words = [f"{one}{two}{three}" for one in "bdfgklmnprst" for two in "aeiou" for three in "bdfgklmnprst"]
    titles = [" ".join(random.choices(words, k=3)) for _ in range(number // 2)]
    for place in range(number):
        fields = {
            "title": random.choice(titles),
            "specialty": f"Field {place % 7}",
            "asked": f"{random.randint(2001, 2020)}-03-01",
            "duplicate_of": f"t{place - 1}" if place % 50 == 1 else None,
        }
        body = {"Question": " ".join(random.choices(words, k=8)), "Reply": " ".join(random.choices(words, k=6))}
        yield f"t{place}", thread_text(f"t{place}", body, {**fields, "replied": "2021-01-01"})


def everything(told: Told) -> tuple[dict[str, Page], figures.Figures]:
    """Plan all threads, and count them."""
    addresses = [found for found in told.archive.pages.under("/threads/") if found[1].planner == "thread"]
    return {url: plan.plan(told.desk, url, address) for url, address in addresses}, figures.figures(told)


def test_every_thread_of_a_large_archive_is_reached_from_another(project: Project) -> None:
    for stem, text in many(MANY):
        project.write(f"content/threads/{stem}.md", text)
    planned, found = pipeline.ask(project.root, project.options(cache=None), everything)
    pages = thread_pages(planned)
    listed = [page for page in pages.values() if page.duplicate_of is None]
    assert (len(pages), len(listed)) == (MANY, MANY - MANY // 50)
    assert apart(pages) == {
        "in_no_cards": found.in_no_cards, "in_no_cards_share": found.in_no_cards_share,
        "unreached": 0, "unreached_stems": [],
    }  # fmt: skip
    assert found.in_no_cards > 0, "newer and older are needed"
    assert [line.split()[0] for line in figures.lines(found) if "newer or older leads" in line] == ["0"]


def test_units_are_shown_with_one_decimal() -> None:
    assert [explaining._tenths(number, 1 << 20) for number in (0, 52_428, 52_429, 1 << 20)] == [0, 0, 0.1, 1]
