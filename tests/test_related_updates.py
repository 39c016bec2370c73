"""The lists and twins of an archive that is edited: those that their definition, spelled out in Python, gives."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medqa.related import Candidate, packed, register, relations, revision, rows, twins, weights, whole
from medqa.related.relations import Relations
from medqa.related.rows import Shelf
from tests.test_related import reference, reference_twins

STEMS = [f"{letter}{number}" for letter in "abc" for number in range(8)]
WORDS = "pqrstuvw症"


@st.composite
def threads(draw: st.DrawFn, stem: str) -> Candidate | None:
    """A thread of few terms, titles and languages, so that archives are full of ties; or none."""
    if draw(st.integers(0, 5)) == 0:
        return None
    terms = draw(st.dictionaries(st.sampled_from(WORDS), st.integers(1, 40), max_size=6))
    return Candidate(
        stem,
        packed(dict(sorted(terms.items()))),
        draw(st.sampled_from(["en", "en", "zh-Hant", "de"])),
        draw(st.sampled_from([("", "hart"), ("same", "hart"), ("same", "okoro"), (stem,), (stem,)])),
        draw(st.sampled_from([2019, 2020, 2021, 2022])),
        tuple(draw(st.lists(st.sampled_from([*STEMS, "nowhere"]), max_size=4))) if draw(st.integers(0, 3)) == 0 else (),
        draw(st.integers(0, 5)) == 0,
    )


@st.composite
def batches(draw: st.DrawFn) -> dict[str, Candidate | None]:
    """Threads that change at a time: added, edited, removed, or said to be gone that never were."""
    stems = draw(st.lists(st.sampled_from(STEMS), unique=True, min_size=1, max_size=draw(st.sampled_from([1, 3, 16]))))
    return {stem: draw(threads(stem)) for stem in stems}


@settings(max_examples=150, deadline=None)
@given(
    script=st.lists(batches(), min_size=1, max_size=8),
    shown=st.integers(1, 5),
    spare=st.integers(0, 3),
    least=st.sampled_from([0, 5, 1000]),
    common=st.sampled_from([1, 4, 1024]),
    few=st.sampled_from([2, 16, 1000]),
    row=st.sampled_from([1, 3, 1000]),
    alike=st.sampled_from([1, 60, 95]),
    most=st.sampled_from([1, 3, 30]),
)
def test_lists_are_those_of_the_definition_after_every_update(
    script: list[dict[str, Candidate | None]],
    shown: int,
    spare: int,
    least: int,
    common: int,
    few: int,
    row: int,
    alike: int,
    most: int,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(register, "_LEAST", least)
        patch.setattr(whole, "COMMON", common)
        patch.setattr(twins, "ALIKE", alike)
        patch.setattr(twins, "LEAST", 2)
        patch.setattr(twins, "MOST", most)
        patch.setattr(revision, "_FEW", few)
        patch.setattr(relations, "_MOVED", 2 * few)
        for name in ("_ROWS", "_COUNTED", "_NAMED", "_BUCKET", "_ENTRIES"):
            patch.setattr(rows, name, row)
        patch.setattr(rows, "_SORTED", 2 * row)
        patch.setattr(weights, "_CHUNK", row)
        store = Shelf()
        archive: dict[str, Candidate] = {}
        lists: dict[str, tuple[str, ...]] = {}
        pairs: dict[str, tuple[tuple[str, int], ...]] = {}
        for batch in script:
            archive = changed(archive, batch)
            update = Relations(store, shown=shown, kept=shown + spare).update(batch.items())
            lists |= update.lists
            pairs |= update.twins
            assert {stem: found for stem, found in lists.items() if stem in archive} == reference(
                list(archive.values()), shown, least
            )
            assert not any(found for stem, found in lists.items() if stem not in archive)
            assert {stem: found for stem, found in pairs.items() if found} == reference_twins(
                list(archive.values()), shown, least
            )


def changed(archive: Mapping[str, Candidate], batch: Mapping[str, Candidate | None]) -> dict[str, Candidate]:
    both = {**archive, **batch}
    return {stem: candidate for stem, candidate in both.items() if candidate is not None}
