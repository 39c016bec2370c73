"""A new name is the name everywhere, old addresses lead on, and no renaming makes an error."""

import re
from collections.abc import Iterator

import pytest

from medqa import cli, editors, pipeline
from medqa.editing import edits, renaming
from medqa.editing.renaming import KINDS, Wish
from medqa.errors import UsageError
from tests.editors import Editors
from tests.projects import Project, files


def run(project: Project, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = cli.main(["rename", "--root", str(project.root), *words])
    said = capsys.readouterr()
    return code, said.out + said.err


def text(project: Project, path: str) -> str:
    return (project.root / path).read_text(encoding="utf-8")


def problems(project: Project) -> list[str]:
    found = pipeline.check(project.root, project.options()).problems
    return [str(one) for one in found if one.severity == "error"]


@pytest.fixture
def linked(archive: Project) -> Project:
    """Give the small archive with a thread that refers to others in every way, and comments."""
    body = {
        "Question": "See [this](calf-twitch.md#reply-1), [that](./sub/../calf-twitch.md) and `[no](calf-twitch.md)`.",
        "Reply": "At [home](/threads/calf-twitch/), [Bell](../doctors/ann-bell.md), [N](/specialties/neurology/2019/).",
    }
    archive.thread("linker", related=["calf-twitch", "numb-hand"], superseded_by="calf-twitch", body=body)
    archive.edit("content/threads/linker.md", "superseded_by", "# the newer one\nsuperseded_by")
    archive.record("pages", "help", "[calf](../threads/calf-twitch.md), [faq](/faq/neurology/twitching/)", title="Help")
    assert problems(archive) == []
    return archive


# --- threads ----------------------------------------------------------------------------------------------------------


def test_a_thread_is_renamed_wherever_it_is_named(linked: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(linked, capsys, "thread", "calf-twitch", "twitching-calf")
    assert (code, said.splitlines()[-1]) == (0, "5 files changed")
    assert not (linked.root / "content/threads/calf-twitch.md").exists()
    assert "aliases: [calf-twitch]\n" in text(linked, "content/threads/twitching-calf.md")
    linker = text(linked, "content/threads/linker.md")
    assert "related: [twitching-calf, numb-hand]" in linker.replace('"', "")
    assert "# the newer one\nsuperseded_by: twitching-calf" in linker.replace('"', "")
    assert "[this](twitching-calf.md#reply-1), [that](twitching-calf.md) and `[no](calf-twitch.md)`" in linker
    assert "[home](/threads/twitching-calf/)" in linker
    assert "(../threads/twitching-calf.md)" in text(linked, "content/pages/help.md")
    assert problems(linked) == []
    linked.build()
    assert "/threads/twitching-calf/" in linked.page("/threads/calf-twitch/")


def test_renamed_there_and_back_leaves_one_alias(linked: Project, capsys: pytest.CaptureFixture[str]) -> None:
    run(linked, capsys, "thread", "calf-twitch", "b")
    run(linked, capsys, "thread", "b", "calf-twitch")
    assert "aliases: [b]\n" in text(linked, "content/threads/calf-twitch.md")
    assert problems(linked) == []


def test_two_threads_become_one(linked: Project, capsys: pytest.CaptureFixture[str]) -> None:
    linked.thread("x", related=["calf-twitch"])
    code, said = run(linked, capsys, "thread", "calf-twitch", "numb-hand")
    assert (code, "there is a thread 'numb-hand' already" in said) == (2, True)
    code, said = run(linked, capsys, "thread", "calf-twitch", "numb-hand", "--merge")
    assert code == 0
    assert "note: the texts of content/threads/calf-twitch.md are not carried over" in said
    target = text(linked, "content/threads/numb-hand.md")
    assert "aliases: [calf-twitch]" in target
    assert "related" not in target  # it was itself
    assert "related: [numb-hand]" in text(linked, "content/threads/linker.md").replace('"', "")
    assert not [found for found in problems(linked) if "MQ301" not in found]  # '#reply-1' may be another reply now


@pytest.mark.parametrize(
    ("old", "new", "more", "said"),
    [
        ("calf-twich", "b", [], "there is no thread 'calf-twich'; did you mean 'calf-twitch'?"),
        ("calf-twitch", "Calf Twitch", [], "'Calf Twitch' cannot be an address: 'C' is a capital letter"),
        ("calf-twitch", "old-heart", [], "'old-heart' is a former name of another thread"),
        ("calf-twitch", "calf-twitch", [], "is its name already"),
        ("calf-twitch", "nowhere", ["--merge"], "there is no thread 'nowhere' to merge with"),
    ],
)
def test_what_cannot_be_is_refused(
    archive: Project, capsys: pytest.CaptureFixture[str], old: str, new: str, more: list[str], said: str
) -> None:
    before = files(archive.root / "content")
    code, out = run(archive, capsys, "thread", old, new, *more)
    assert (code, said in out) == (2, True), out
    assert files(archive.root / "content") == before


def test_of_two_files_with_one_name_the_path_says_which(archive: Project, capsys: pytest.CaptureFixture[str]) -> None:
    archive.thread("calf-twitch", folder="b")
    assert "several files are called 'calf-twitch'" in run(archive, capsys, "thread", "calf-twitch", "c")[1]
    assert run(archive, capsys, "thread", "content/threads/b/calf-twitch.md", "c")[0] == 0
    assert "aliases" not in text(archive, "content/threads/b/c.md")
    assert problems(archive) == []


def test_a_file_that_cannot_be_read_is_told_of(linked: Project, capsys: pytest.CaptureFixture[str]) -> None:
    linked.write("content/threads/torn.md", "---\ntitle: a: b\nrelated: [calf-twitch]\n---\n")
    code, said = run(linked, capsys, "thread", "calf-twitch", "b")
    assert (code, "note: content/threads/torn.md cannot be read and stays as it is" in said) == (0, True)


def test_line_ends_and_marks_stay(linked: Project, capsys: pytest.CaptureFixture[str]) -> None:
    path = linked.root / "content/threads/linker.md"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    run(linked, capsys, "thread", "calf-twitch", "b")
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf---\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"[this](b.md#reply-1)" in data


# --- doctors, hospitals, specialties, topics --------------------------------------------------------------------------


def test_a_doctor_with_a_record(linked: Project, capsys: pytest.CaptureFixture[str]) -> None:
    changed = [{"on": "2021-02-01", "by": by, "why": "a slip"} for by in ("Ann Bell", "The editors")]
    linked.thread("reviewed", reviewed_by="Ann Bell", reviewed_on="2021-01-01", corrections=changed)
    linked.thread("stem", doctor="ann-bell").thread("other-name", doctor="Anna Bell").thread(
        "honoured", doctor="Dr. Ann Bell"
    )
    code, said = run(linked, capsys, "doctor", "Ann Bell", "Dr. Ann Bell-Chan")
    assert code == 0, said
    record = text(linked, "content/doctors/ann-bell-chan.md")
    assert "name: Ann Bell-Chan\n" in record.replace('"', "")
    assert "aliases: [ann-bell]\n" in record
    assert "doctor: ann-bell-chan" in text(linked, "content/threads/stem.md").replace('"', "")
    assert "doctor: Anna Bell\n" in text(linked, "content/threads/other-name.md").replace('"', "")
    assert "doctor: Ann Bell-Chan\n" in text(linked, "content/threads/honoured.md").replace('"', "")
    reviewed = text(linked, "content/threads/reviewed.md").replace('"', "")
    assert "reviewed_by: Ann Bell-Chan\n" in reviewed
    assert re.findall("by: (.*?),", reviewed) == ["Ann Bell-Chan", "The editors"]
    assert "[Bell](../doctors/ann-bell-chan.md)" in text(linked, "content/threads/linker.md")
    assert problems(linked) == []


def test_a_name_that_is_not_utf8_is_refused(archive: Project, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(archive, capsys, "doctor", "Ann Bell", "Zo\udceb Bell")
    assert (code, said.endswith(": this is not UTF-8 text: set the terminal, or the script, to UTF-8\n")) == (2, True)


def test_a_name_without_a_record_gets_one_for_its_old_address(
    archive: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(archive, capsys, "doctor", "Bo Chan", "Bo Chang")[0] == 0
    assert text(archive, "content/doctors/bo-chang.md") == "---\nname: Bo Chang\naliases: [bo-chan]\n---\n"
    assert problems(archive) == []
    archive.build()
    assert archive.has("/doctors/bo-chang/")
    assert archive.has("/doctors/bo-chan/")


def test_two_doctors_become_one(archive: Project, capsys: pytest.CaptureFixture[str]) -> None:
    archive.record("doctors", "a-bell", "He knew.", name="A. Bell", names=["AB"], title="Professor", aliases=["older"])
    archive.thread("t1", doctor="A. Bell").thread("t2", doctor="AB")
    assert "--merge" in run(archive, capsys, "doctor", "A. Bell", "Ann Bell")[1]
    code, said = run(archive, capsys, "doctor", "A. Bell", "Ann Bell", "--merge")
    assert code == 0
    record = text(archive, "content/doctors/ann-bell.md").replace('"', "")
    for line in ("names: [Anna Bell, AB, A. Bell]", "title: Professor", "aliases: [older, a-bell]"):
        assert line in record
    assert "the text of content/doctors/a-bell.md is not carried over" in said
    assert "doctor: Ann Bell" in text(archive, "content/threads/t1.md").replace('"', "")
    assert problems(archive) == []


def test_merging_into_a_name_without_a_record(archive: Project, capsys: pytest.CaptureFixture[str]) -> None:
    archive.thread("t1", doctor="Bob Chan")
    assert run(archive, capsys, "doctor", "Bob Chan", "Bo Chan", "--merge")[0] == 0
    assert "names: [Bob Chan]\naliases: [bob-chan]\n" in text(archive, "content/doctors/bo-chan.md")
    assert run(archive, capsys, "doctor", "Ann Bell", "Bo Chan", "--merge")[0] == 0
    assert problems(archive) == []


def test_two_people_of_one_name(archive: Project, capsys: pytest.CaptureFixture[str]) -> None:
    archive.thread("t1", doctor="Bob Chan")
    assert run(archive, capsys, "doctor", "Bob Chan", "Ann Bell", "--stem", "ann-bell-2")[0] == 0
    assert "doctor: ann-bell-2" in text(archive, "content/threads/t1.md").replace('"', "")
    assert "name: Ann Bell" in text(archive, "content/doctors/ann-bell-2.md")
    code, said = run(archive, capsys, "doctor", "Ann Bell", "X")
    assert (code, "fits several: write one of ann-bell, ann-bell-2" in said) == (2, True)
    assert [found for found in problems(archive) if "MQ213" not in found] == []


def test_a_specialty_is_renamed_in_the_settings_too(linked: Project, capsys: pytest.CaptureFixture[str]) -> None:
    linked.write(
        "config.yaml",
        "name: A\n# in this order\nspecialties:\n  - {name: Neurology, schema: Neurologic}\n  - Cardiology\n",
    )
    assert run(linked, capsys, "specialty", "Neurology", "Nerves: all")[0] == 0
    assert '# in this order\nspecialties:\n  - {name: "Nerves: all", schema: Neurologic}\n' in text(
        linked, "config.yaml"
    )
    assert "[N](/specialties/nerves-all/2019/)" in text(linked, "content/threads/linker.md")
    assert "[faq](/faq/nerves-all/twitching/)" in text(linked, "content/pages/help.md")
    assert problems(linked) == []
    linked.build()
    for old in ("/specialties/neurology/", "/faq/neurology/", "/faq/neurology/twitching/"):
        assert "nerves-all" in linked.page(old)


@pytest.mark.parametrize("settings", [b"\xff\xfe", b"name: A\0\n", b"specialties: [Neurology\n"])
def test_settings_that_cannot_be_read_stay_and_are_told_of(
    archive: Project, capsys: pytest.CaptureFixture[str], settings: bytes
) -> None:
    (archive.root / "config.yaml").write_bytes(settings)
    code, said = run(archive, capsys, "specialty", "Neurology", "Nerves")
    assert (code, "config.yaml stays as it is: mend it, then look for the old name there" in said) == (0, True), said
    assert "note: config.yaml:1:" in said
    assert (archive.root / "config.yaml").read_bytes() == settings
    assert "specialty: Nerves" in text(archive, "content/threads/calf-twitch.md")


def test_two_specialties_become_one(linked: Project, capsys: pytest.CaptureFixture[str]) -> None:
    linked.write("config.yaml", "specialties:\n  - Cardiology\n  - Neurology\n")
    linked.record("specialties", "cardiology")
    linked.thread("chinese", specialty="神經科")
    assert run(linked, capsys, "specialty", "Neurology", "Cardiology", "--merge")[0] == 0
    assert text(linked, "config.yaml") == "specialties: [Cardiology]\n"
    assert "specialty: Cardiology" in text(linked, "content/threads/chinese.md").replace('"', "")
    assert problems(linked) == []


def test_two_topics_become_one_and_stand_in_a_thread_once(linked: Project, capsys: pytest.CaptureFixture[str]) -> None:
    linked.thread("both", topics=["Jerks", "Twitching"], replies=[{"doctor": "Ann Bell", "replied": "2020-04-01"}])
    assert run(linked, capsys, "topic", "Jerks", "Twitching", "--merge")[0] == 0
    assert "topics: [Twitching]" in text(linked, "content/threads/both.md").replace('"', "")
    assert "\nsynonyms: [Jerks]\n" in text(linked, "content/topics/twitching.md")
    assert "\naliases: [jerks]\n" in text(linked, "content/topics/twitching.md")
    assert problems(linked) == []


def test_a_hospital(linked: Project, capsys: pytest.CaptureFixture[str]) -> None:
    linked.record("doctors", "cy", periods=[{"hospital": "North Hospital", "from": "2010-01-01"}])
    assert run(linked, capsys, "hospital", "north-hospital", "Northern Hospital")[0] == 0
    assert "hospital: Northern Hospital" in text(linked, "content/doctors/cy.md").replace('"', "")
    assert "hospital: Northern Hospital" in text(linked, "content/threads/eyelid-twitch.md").replace('"', "")
    assert problems(linked) == []


# --- in general -------------------------------------------------------------------------------------------------------


def test_a_dry_run_shows_a_diff_and_writes_nothing(linked: Project, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(linked.root / "content")
    code, said = run(linked, capsys, "thread", "calf-twitch", "b", "--dry-run")
    assert (code, files(linked.root / "content")) == (0, before)
    assert "move   content/threads/calf-twitch.md to content/threads/b.md\n" in said
    assert "\n+aliases: [calf-twitch]\n" in said
    assert said.endswith("5 files to change\n")


def wishes(project: Project) -> Iterator[Wish]:
    """Give renamings and merges of all that a random archive has."""
    stems = sorted(path.stem for path in (project.root / "content/threads").rglob("*.md"))
    yield Wish("threads", stems[3], "a-new-name")
    yield Wish("threads", stems[5], stems[9], merge=True)
    for kind, old, new in (
        ("doctors", "Ann Bell", "Bo Chan"),
        ("hospitals", "North Hospital", "South Clinic"),
        ("specialties", "Neurology", "Cardiology"),
        ("topics", "Sleep", "Twitching"),
    ):
        yield Wish(kind, old, "心悸: a [new] name")  # type: ignore[arg-type]
        yield Wish(kind, "心悸: a [new] name", new, merge=True)  # type: ignore[arg-type]


def test_a_whole_archive_renamed_step_by_step_never_has_an_error(project: Project) -> None:
    options = project.options(**Editors(project).options())
    for wish in wishes(project):
        edits.apply(project.root, renaming.plan(project.root, wish).edits)
        found = [one for one in pipeline.check(project.root, options).problems if one.severity == "error"]
        # Merged threads have another number of replies, and a circle may close.
        assert {one.code for one in found} <= {"MQ301", "MQ218"} & (
            {one.code for one in found} if wish.merge else set()
        )


def test_every_kind_of_the_command_is_known() -> None:
    assert tuple(KINDS) == editors.KINDS


def test_what_changes_meanwhile_is_not_overwritten(linked: Project) -> None:
    plan = renaming.plan(linked.root, Wish("threads", "calf-twitch", "b"))
    linked.edit("content/pages/help.md", "[calf]", "[leg]")
    before = files(linked.root / "content")
    with pytest.raises(UsageError, match=r"content/pages/help\.md has been changed meanwhile: nothing was written"):
        edits.apply(linked.root, plan.edits)
    assert files(linked.root / "content") == before


def test_former_addresses_of_a_faq_follow_its_topics(linked: Project) -> None:
    linked.edit("content/specialties/neurology.md", "---\nNerves", 'aliases: ["nerve-clinic"]\n---\nNerves')
    linked.build()
    assert linked.has("/faq/nerve-clinic/twitching/")
    linked.record("topics", "sleep", "Go to bed.", specialties=["Neurology"])
    linked.build()
    assert linked.has("/faq/nerve-clinic/sleep/")
    assert linked.files() == linked.clean_build_files()
    linked.remove("content/topics/sleep.md")
    linked.build()
    assert not linked.has("/faq/nerve-clinic/sleep/")
    assert linked.files() == linked.clean_build_files()


def test_a_faq_is_found_under_the_former_names_of_specialty_and_topic_together(linked: Project) -> None:
    linked.edit("content/specialties/neurology.md", "---\nNerves", 'aliases: ["nerve-clinic"]\n---\nNerves')
    linked.record("topics", "twitching", "Small jerks.", aliases=["jerks", "/old/jerks/", "eyes"])
    linked.record("topics", "eyes", "Two.", specialties=["Neurology"], aliases=["looks"])
    assert [one.code for one in linked.problems()] == ["MQ215"], "'eyes' is another file"
    linked.edit("content/topics/twitching.md", "eyes", "spasms")
    linked.build()
    for former, now in (("jerks", "twitching"), ("spasms", "twitching"), ("looks", "eyes")):
        assert f'href="/faq/neurology/{now}/"' in linked.page(f"/faq/nerve-clinic/{former}/")
    assert not linked.has("/faq/nerve-clinic/old/jerks/")
    linked.edit("content/topics/twitching.md", "spasms", "cramps")
    linked.build()
    assert not linked.has("/faq/nerve-clinic/spasms/")
    assert linked.has("/faq/nerve-clinic/cramps/")
    assert linked.files() == linked.clean_build_files()
