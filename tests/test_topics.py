"""Related FAQ: which topics of a specialty are near to each other, and what threads and topics show of it."""

from collections.abc import Iterable

from tests.projects import Project


def threads(project: Project, *topics: Iterable[str], specialty: str = "Neurology") -> None:
    """Write a thread for each list of topics."""
    for number, several in enumerate(topics):
        project.thread(f"case-{number}", title=f"Case {number}", specialty=specialty, topics=list(several))


def near(project: Project, url: str) -> list[str]:
    """Give the topics under a page's Related FAQ, by slug."""
    page = project.plan()[url]
    links = page.faq if url.startswith("/threads/") else page.near  # type: ignore[attr-defined]
    return [link.url.split("/")[3] for link in links]


def test_topics_that_share_threads_are_near_and_the_more_the_nearer(project: Project) -> None:
    threads(project, ["Tremor", "Fatigue"], ["Tremor", "Vertigo"], ["Tremor", "Vertigo"], ["Fatigue"], ["Tinnitus"])
    assert near(project, "/faq/neurology/tremor/") == ["vertigo", "fatigue"]
    assert near(project, "/faq/neurology/vertigo/") == ["tremor"]
    assert near(project, "/faq/neurology/tinnitus/") == []


def test_a_topic_that_is_everywhere_is_near_to_none_in_particular(project: Project) -> None:
    common = [["Pain"] for _ in range(12)]
    threads(project, ["Tremor", "Pain"], ["Tremor", "Chorea"], *common)
    assert near(project, "/faq/neurology/tremor/") == ["chorea", "pain"]


def test_topics_with_a_word_in_common_are_near(project: Project) -> None:
    threads(project, ["Calf cramps"], ["Night cramp"], ["Tremor"])
    assert near(project, "/faq/neurology/calf-cramps/") == ["night-cramp"]


def test_synonyms_count_as_names(project: Project) -> None:
    project.record("topics", "fasciculation", synonyms=["Muscle twitching"])
    threads(project, ["Fasciculation"], ["Eyelid twitching"])
    assert near(project, "/faq/neurology/eyelid-twitching/") == ["fasciculation"]


def test_topics_of_another_specialty_are_not_near(project: Project) -> None:
    project.thread("one", specialty="Neurology", topics=["Calf cramps"])
    project.thread("two", specialty="Cardiology", topics=["Calf cramps", "Leg cramps"])
    assert near(project, "/faq/neurology/calf-cramps/") == []
    assert near(project, "/faq/cardiology/calf-cramps/") == ["leg-cramps"]


def test_a_thread_leads_to_its_own_topics_and_then_to_the_nearest_others(project: Project) -> None:
    threads(project, ["Tremor"], ["Tremor", "Vertigo"], ["Tremor", "Vertigo"], ["Tremor", "Fatigue"], ["Tinnitus"])
    assert near(project, "/threads/case-0/") == ["tremor", "vertigo", "fatigue"]


def test_a_thread_without_topics_leads_to_those_its_title_names(project: Project) -> None:
    project.thread("shaking", title="Why do hands tremor?", specialty="Neurology", topics=None)
    project.thread("other", title="Nothing of the kind", specialty="Neurology", topics=None)
    threads(project, ["Essential tremor"], ["Vertigo"])
    assert near(project, "/threads/shaking/") == ["essential-tremor"]
    assert near(project, "/threads/other/") == []
    project.build()
    assert 'id="faq"' in project.page("/threads/shaking/")
    assert 'id="faq"' not in project.page("/threads/other/")


def test_pages_follow_when_a_topic_comes_nearer(project: Project) -> None:
    threads(project, ["Tremor"], ["Vertigo"], ["Fatigue", "Tremor"])
    project.build()
    assert "/faq/neurology/vertigo/" not in project.page("/threads/case-0/")
    project.thread("case-1", title="Case 1", specialty="Neurology", topics=["Vertigo", "Tremor"])
    report = project.build()
    assert "faq changed" in report.rendered["/threads/case-0/"]
    assert "near changed" in report.rendered["/faq/neurology/tremor/"]
    assert "/faq/neurology/vertigo/" in project.page("/threads/case-0/")
    assert project.files() == project.clean_build_files()
    project.remove("content/threads/case-1.md")
    project.build()
    assert project.files() == project.clean_build_files()
