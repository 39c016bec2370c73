"""What is said of a list is what ranked it, whatever was changed before."""

from hypothesis import given, settings
from hypothesis import strategies as st

from medqa.related import Candidate, explain
from medqa.related.nearest import SAME_LANGUAGE
from medqa.related.register import Register
from medqa.related.relations import Relations
from medqa.related.rows import Shelf
from tests.test_related import reference, reference_vectors
from tests.test_related_updates import batches, changed


@settings(max_examples=150, deadline=None)
@given(st.lists(batches(), min_size=1, max_size=4))
def test_scores_are_those_of_the_ranking_and_sums_of_their_terms(script: list[dict[str, Candidate | None]]) -> None:
    store, archive = Shelf(), dict[str, Candidate]()
    for batch in script:
        Relations(store).update(batch.items())
        archive = changed(archive, batch)
    lists = reference(list(archive.values()))
    vectors = reference_vectors(list(archive.values()), 1000)
    register = Register(store)
    for stem, thread in archive.items():
        found = explain(store, stem, thread.terms)
        assert found is not None
        assert tuple(one.stem for one in found.shown) == lists[stem]
        number = register.number(stem)
        ranked = {
            register.stems[other]: close
            for other, close in zip(register.near.values[number], register.close.values[number], strict=True)
            if other >= 0
        }
        assert ranked.keys() <= {one.stem for one in (*found.shown, *found.kept)}
        for one in (*found.shown, *found.kept):
            other = archive[one.stem]
            document = {} if other.superseded else vectors[one.stem][1]
            products = {term: weight * document.get(term, 0) for term, weight in vectors[stem][0].items()}
            assert dict(one.terms) == {term: product for term, product in products.items() if product}
            assert one.score == sum(product for _, product in one.terms)
            assert list(one.terms) == sorted(one.terms, key=lambda share: (-share[1], share[0]))
            assert one.same_language == (thread.lang == other.lang)
            assert one.pinned == (one.stem in thread.pinned)
            if one.stem in ranked:
                assert ranked[one.stem] == one.score + SAME_LANGUAGE * one.same_language
        for one in found.kept:
            alike = [other for other in (stem, *lists[stem]) if archive[other].title_key == archive[one.stem].title_key]
            assert [one.like] == (alike[:1] or [""])
        assert found.no_candidates == tuple(dict.fromkeys(pin for pin in thread.pinned if pin not in archive))


def test_a_thread_that_is_no_candidate_has_no_explanation() -> None:
    store = Shelf()
    Relations(store).update([])
    assert explain(store, "nowhere", b"") is None
