"""An archive's own name, mark, colours, foot and templates: as docs/themes.md shows them, and what is refused."""

import re
from pathlib import Path

import pytest

from medqa import colours
from medqa.colours import CONTRASTS
from medqa.config import MODES, Colour
from medqa.sources import PACKAGED_TEMPLATES
from tests.projects import Project
from tests.sites import ROOT

THEMES = (ROOT / "docs" / "themes.md").read_text(encoding="utf-8")
CSS = (PACKAGED_TEMPLATES / "assets" / "site.css").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^`([^`\n]+)`[^\n]*:\n\n```\w+\n(.*?)^```", THEMES, re.DOTALL | re.MULTILINE))
"""Path → text of the files that the document shows."""


def in_theme(project: Project) -> Project:
    """Let an archive follow the document."""
    for path, text in EXAMPLES.items():
        project.write(path, (project.root / path).read_text(encoding="utf-8") + text if path == "config.yaml" else text)
    return project


def test_the_document_shows_each_of_them() -> None:
    assert {"config.yaml", "templates/assets/icon.svg", "templates/partials/footer.html"} < set(EXAMPLES)
    assert [path for path in EXAMPLES if re.fullmatch(r"templates/\w+\.html", path)]


def test_the_examples_of_the_document_make_another_site(archive: Project) -> None:
    pages = {url for url, page in archive.plan().items() if page.template}
    before = archive.files()
    in_theme(archive).build()
    after = archive.files()
    assert archive.files() == archive.clean_build_files()
    assert after["assets/icon.svg"].decode() == EXAMPLES["templates/assets/icon.svg"]
    assert archive.urls_with("A service of the Harbour Foundation.") == pages
    assert "Where the doctors worked when they replied." in archive.page("/hospitals/")
    assert after["assets/site.css"].startswith(before["assets/site.css"])
    assert before.keys() == after.keys(), "no page makes more requests than before"


def test_only_the_style_sheet_changes_with_a_colour(archive: Project) -> None:
    config = archive.root / "config.yaml"
    archive.write("config.yaml", config.read_text(encoding="utf-8") + 'colours: {band: "#3A1F6E"}\n')
    report = archive.build()
    assert report.written == ("assets/site.css",)
    sheet = archive.files()["assets/site.css"].decode()
    assert sheet.removeprefix(CSS) == (
        "@media screen{:root{--band:#3a1f6e}}\n@media screen and (prefers-color-scheme:dark){:root{--band:#3a1f6e}}\n"
    )
    archive.config()
    archive.build()
    assert archive.files()["assets/site.css"].decode() == CSS


def test_a_colour_that_cannot_be_read_stops_the_build(archive: Project) -> None:
    before = archive.files()
    archive.config(colours={"link": {"dark": "#456"}})
    (found,) = archive.problems()
    assert (found.path, found.line, found.code) == ("config.yaml", 2, "MQ306")
    assert (
        "'link' (#445566) on 'sheet' (#182a2d) has a contrast of 1.9:1 in dark mode, and needs 4.5:1" in found.message
    )
    assert archive.files() == before
    archive.config(colours={"link": {"dark": re.findall("#[0-9a-f]{6}", found.hint)[0]}})
    archive.build()


def test_a_style_sheet_of_the_archives_own_has_colours_of_its_own(archive: Project) -> None:
    archive.write("templates/assets/site.css", ":root{--paper:#fff;--ink:#000;--rose:#f08}")
    archive.config(colours={"rose": "#f0a", "ink": "#ccc"})
    assert ["'ink' (#cccccc) on 'paper' (#ffffff)" in found.message for found in archive.problems()] == [True, True]
    archive.config(colours={"rose": "#f0a", "link": "#00f"})
    assert {found.code for found in archive.problems()} == {"MQ108"}


# --- contrast ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#ffffff", 21),
        ("#ffffff", "#ffffff", 1),
        ("#777777", "#ffffff", 4.478),
        ("#0000ff", "#ffffff", 8.592),
    ],
)
def test_contrast_is_that_of_the_standard(one: str, other: str, expected: float) -> None:
    assert colours.contrast(one, other) == pytest.approx(expected, abs=0.001)
    assert colours.contrast(other, one) == colours.contrast(one, other)


@pytest.mark.parametrize("mode", MODES)
def test_the_colours_that_come_with_medqa_can_be_read(mode: str) -> None:
    values = colours.palette(CSS)[mode]  # type: ignore[index]
    poor = {pair for pair, least in CONTRASTS.items() if colours.contrast(*(values[name] for name in pair)) < least}
    assert not poor
    assert set(values) == {name for pair in CONTRASTS for name in pair} | {"line"}, "each is looked at"
    assert not [name for name in values if f"`{name}`" not in THEMES]


@pytest.mark.parametrize("pair", CONTRASTS, ids="-on-".join)
@pytest.mark.parametrize("mode", MODES)
def test_every_pair_is_looked_at_in_both_modes(pair: tuple[str, str], mode: str) -> None:
    """A text of the colour of its ground is refused, and the shade that the hint names is not."""
    text, ground = pair
    value = colours.palette(CSS)[mode][ground]  # type: ignore[index]
    found = [*colours.problems((Colour(text, mode, value, (1, 1)),), CSS)]  # type: ignore[arg-type]
    assert [one.code for one in found] == ["MQ306"]
    assert found[0].message.startswith(f"'{text}' ({value})")


def test_colours_need_no_templates_of_ones_own(project: Project) -> None:
    project.config(colours={"band": "#3a1f6e"}).thread("one").build()
    assert not (project.root / "templates").exists()
    assert Path(project.site / "assets/site.css").read_text(encoding="utf-8").endswith("--band:#3a1f6e}}\n")
