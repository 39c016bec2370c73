"""Relatedness: the terms of a text, and the ranking against its definition spelled out in plain Python.

String hashes differ in each run of the tests, so that the fixed expectations here also show that they do not matter.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import chain, pairwise
from itertools import count as natural_numbers
from math import isqrt
from random import Random

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medqa import work
from medqa.documents import Parsed
from medqa.related import Candidate, packed, term_counts, twins
from medqa.related import nearest as ranking
from medqa.related import terms as terms_module
from medqa.related import weights as weights_module
from medqa.related.candidate import unpacked
from medqa.related.han import SIMPLIFIED
from medqa.related.relations import Relations
from medqa.related.rows import Shelf
from medqa.related.weights import LIMIT, Counts, norms, term_frequency
from tests.parsing import HEADER, outcome


def terms_of(text: str) -> list[str]:
    """The distinct terms of a text."""
    return sorted(term_counts(title="", headline="", question=text, replies=[], topics=[]))


def candidate(
    stem: str,
    terms: dict[str, int],
    lang: str = "en",
    title_key: tuple[str, ...] = (),
    pinned: Sequence[str] = (),
) -> Candidate:
    """A thread whose title is its own unless given."""
    return Candidate(stem, packed(dict(sorted(terms.items()))), lang, title_key or (stem,), 2020, tuple(pinned))


def neighbours(candidates: Sequence[Candidate], count: int = 4, jobs: int = 1) -> dict[str, tuple[str, ...]]:
    """The nearest of each thread, computed from nothing."""
    return Relations(Shelf(), jobs=jobs, shown=count).update((c.stem, c) for c in candidates).lists


def sides(weights: Sequence[int]) -> tuple[list[int], list[int]]:
    """A thread's weights as the one who looks and as the one found."""
    query, document = norms(sum(weight * weight for weight in weights) or 1)
    return [(weight << 20) // query for weight in weights], [(weight << 20) // document for weight in weights]


def padding(number: int) -> list[Candidate]:
    """Threads that share nothing with any other: they make the archive larger, and the terms of the others rare."""
    return [candidate(f"zz-{n:03d}", {f"zz{n}": 1}) for n in range(number)]


# Terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("Palpitations, palpitation", ["palpit"], id="stems"),
        pytest.param("I have the and of it", [], id="stop words"),
        pytest.param("I don't; they don’t; we dont", [], id="stop words with an apostrophe"),
        pytest.param("Crohn's Crohn’s CROHN", ["crohn"], id="possessive"),
        pytest.param("fever—cough–rash…itch", ["cough", "fever", "itch", "rash"], id="dashes"),
        pytest.param("x y z é", [], id="single Latin letters"),
        pytest.param("120 80 2023", [], id="numbers"),
        pytest.param("B12 covid19 T4 vitamin_d3", ["b12", "covid19", "d3", "t4", "vitamin"], id="letters with digits"),
        pytest.param("Covid-19", ["covid"], id="hyphen"),
        pytest.param("Ménière", ["menier"], id="marks of Latin letters"),
        pytest.param("Me\u0301nie\u0300re MÉNIÈRE", ["menier"], id="marks written apart, capitals"),
        pytest.param("İstanbul thiếu máu", ["istanbul", "mau", "thieu"], id="marks from lower-casing, two on a letter"),
        pytest.param("straße łódź", ["straße", "łodz"], id="letters that are no base and mark"),
        pytest.param("ＭＲＩ ﬁbroid H₂O", ["fibroid", "h2o", "mri"], id="compatibility forms"),
        pytest.param("hyper\u00adtension", ["hypertens"], id="soft hyphen"),
        pytest.param("頭痛發燒", ["头痛", "痛发", "发烧"], id="Chinese in pairs, read as simplified"),
        pytest.param("头痛发烧", ["头痛", "痛发", "发烧"], id="simplified Chinese"),
        pytest.param("頭。痛", ["头", "痛"], id="no pair across punctuation: characters that stand alone"),
        pytest.param("葛\U000e0100", ["葛"], id="variation selector"),
        pytest.param("めまい・する", ["めま", "まい", "する"], id="Japanese"),
        pytest.param("ﾋﾞﾀﾐﾝ", ["ビタ", "タミ", "ミン"], id="half-width kana"),
        pytest.param("두통 약", ["두통", "약"], id="Korean"),
        pytest.param("做MRI檢查", ["做", "mri", "检查"], id="Latin within Chinese"),
        pytest.param("головная боль", ["боль", "головная"], id="Cyrillic as it is"),
        pytest.param("й", ["й"], id="a mark on another alphabet's letter, a single one"),
        pytest.param("सिरदर्द और बुखार।", ["सिरदर्द", "और", "बुखार"], id="Hindi with its marks"),
        pytest.param("ปวดหัว ไข้", ["ปวดหัว", "ไข้"], id="Thai with its marks"),
        pytest.param("می\u200cخواهم، درد؟", ["میخواهم", "درد"], id="joiner, Arabic punctuation"),
        pytest.param("β-blocker", ["blocker", "β"], id="Greek letter"),
        pytest.param("♥ ❤️ → ٣ 1️⃣ “…”", [], id="symbols, other digits"),
    ],
)
def test_terms_of_text(text: str, terms: list[str]) -> None:
    assert terms_of(text) == sorted(terms)


def test_weights_by_place() -> None:
    counts = term_counts(
        title="Eyelid twitching",
        headline="Twitching eye?",
        question="My eye twitches.",
        replies=["An eye may twitch.", "Rest."],
        topics=["Muscle twitching", "Eyes"],
    )
    words = {"eye": 3 + 1 + 1 + 6, "eyelid": 3, "muscl": 6, "rest": 1, "twitch": 3 + 3 + 1 + 1 + 6}
    assert counts == words | {"eyelid twitch": 2, "twitch eye": 2}


def test_terms_are_packed_in_their_order() -> None:
    parsed = outcome(f"---\n{HEADER}---\n## Question\nzoster zébra apnea 頭痛發燒咳嗽 \U00020000 боль z\n")
    assert isinstance(parsed, Parsed)
    terms, _ = unpacked(work._terms(parsed))
    assert len(terms) > 8
    assert terms == sorted(terms)


def test_headline_equal_to_title_counts_once() -> None:
    counts = term_counts(title="Bad vertigo", headline="Bad vertigo", question="", replies=[], topics=[])
    assert counts == {"bad": 3, "bad vertigo": 2, "vertigo": 3}


def test_parts_do_not_run_together() -> None:
    counts = term_counts(title="頭", headline="痛", question="發", replies=["燒"], topics=["胃", "痛"])
    assert set(counts) == set("头痛发烧胃")


def test_topic_tokens_are_those_of_text() -> None:
    name = "Ménière's disease 梅尼爾氏症 боль"
    as_text = Counter(term_counts(title="", headline="", question=name, replies=[], topics=[]))
    as_topic = term_counts(title="", headline="", question="", replies=[], topics=[name])
    assert as_topic == {term: 6 * tf for term, tf in as_text.items()}


def test_neighbours_in_a_heading_are_pairs() -> None:
    counts = term_counts(
        title="Shortness of breath, 3 days", headline="MRI—Ménière’s", question="", replies=[], topics=[]
    )
    pairs = {term: count for term, count in counts.items() if " " in term}
    assert pairs == {"short breath": 2, "breath day": 2, "mri menier": 2}


def test_simplified_characters_are_no_one_elses_traditional() -> None:
    assert not SIMPLIFIED.keys() & (set(SIMPLIFIED.values()) - {ord("\n")})
    assert all(
        unicodedata.name(chr(code)).startswith("CJK") for pair in SIMPLIFIED.items() for code in pair if code > 32
    )


def reference_text(text: str) -> str:
    """The whole of a text taken through every step that shapes its words."""
    text = unicodedata.normalize("NFKC", re.sub("[‘’“”–—…\u00a0]", " ", text)).lower()
    text = terms_module._LATIN_MARKS.sub("", unicodedata.normalize("NFD", terms_module._INVISIBLE.sub("", text)))
    return unicodedata.normalize("NFC", text)


def reference_pairs(text: str) -> Counter[str]:
    """The pairs of Latin words of a heading."""
    stems = [terms_module._stems[word] for word in terms_module._LATIN_WORD.findall(reference_text(text))]
    return Counter(f"{one} {two}" for one, two in pairwise(filter(None, stems)))


def reference_terms(text: str) -> Counter[str]:
    """The terms of a text, one character class after another."""
    text = reference_text(text)
    terms = Counter(terms_module._stems[word] for word in terms_module._LATIN_WORD.findall(text))
    cjk_run, other_run = terms_module._runs()
    for run in cjk_run.findall(text):
        simplified = "".join(chr(SIMPLIFIED.get(ord(character), ord(character))) for character in run)
        terms.update([one + two for one, two in pairwise(simplified)] or [simplified])
    for run in other_run.findall(text):
        terms.update(terms_module._words(run))
    del terms[""]
    return terms


PIECES = [
    "pain", "Pains", "DON’T", "the", "38.5", "°C", "Ménière", "me\u0301", "\u0301e", "É", "ΑΣ", "Σ", "İ", "\u00b4", "ﬁ",
    "\u00ad", "\u200d", "頭痛", "發", "めまい", "약", "боль", "ปวด", "β", "①", "“", "—", " ", "\n", "\x1c", "\x85",
    "\u3000", "\u2028",
]  # fmt: skip
"""Words of several scripts, what may shape or part them, and what folding turns into something else."""
TEXTS = st.text() | st.lists(st.sampled_from(PIECES)).map("".join)


@given(TEXTS, TEXTS, TEXTS)
def test_terms_are_those_of_the_definition(question: str, headline: str, topic: str) -> None:
    expected = reference_terms(question)
    for text, weight in ((f"x\n{headline}", terms_module.HEADING_WEIGHT), (topic, terms_module.TOPIC_WEIGHT)):
        for term, count in reference_terms(text).items():
            expected[term] += weight * count
    for pair, count in reference_pairs(headline).items():
        expected[pair] += terms_module.PAIR_WEIGHT * count
    counts = term_counts(title="x", headline=headline, question=question, replies=[], topics=[topic])
    assert counts == expected


def test_more_words_than_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms_module, "_MOST_WORDS", 3)
    monkeypatch.setattr(terms_module, "_stems", terms_module._Stems())
    assert terms_of("coughs and fevers, coughing; rashes, itches, fevers") == ["cough", "fever", "itch", "rash"]
    assert len(terms_module._stems) <= 3


@given(st.text())
def test_terms_do_not_depend_on_how_characters_are_composed(text: str) -> None:
    assert terms_of(unicodedata.normalize("NFD", text)) == terms_of(unicodedata.normalize("NFC", text))


# The ranking against its definition


def floor_log2(number: Fraction) -> int:
    """⌊log2 number⌋ for a number of at least 1."""
    return next(k for k in natural_numbers() if 2 ** (k + 1) > number)


def counted(candidates: Sequence[Candidate], least: int) -> list[Candidate]:
    """The threads that say how frequent terms are: those of closed years, all where these are few."""
    newest = max((c.year for c in candidates), default=0)
    closed = [c for c in candidates if c.year < newest]
    return closed if len(closed) >= least else list(candidates)


def reference_vectors(candidates: Sequence[Candidate], least: int) -> dict[str, tuple[dict[str, int], dict[str, int]]]:
    """Query and document side of each thread."""
    factors = {c.stem: dict(zip(*unpacked(c.terms), strict=True)) for c in candidates}
    some = counted(candidates, least)
    df = Counter(term for c in some for term in factors[c.stem])
    power = next(2**k for k in natural_numbers() if 2**k >= len(some))
    vectors = {}
    for stem, terms in factors.items():
        weight = {t: tf * floor_log2(Fraction(power, df[t] or 1) ** 2) for t, tf in terms.items()}
        kept = sorted(weight, key=lambda t: (-weight[t], t))[:64]
        n2 = sum(weight[t] ** 2 for t in kept) or 1
        query = {t: (weight[t] << 20) // isqrt(n2 << 16) for t in kept}
        document = {t: (weight[t] << 20) // isqrt(isqrt(isqrt(n2**3 << 64))) for t in kept}
        vectors[stem] = query, document
    return vectors


def reference(candidates: Sequence[Candidate], count: int = 4, least: int = 1000) -> dict[str, tuple[str, ...]]:
    """The nearest of each thread, by comparing each with each."""
    vectors = reference_vectors(candidates, least)
    by_stem = {c.stem: c for c in candidates}
    nearest = {}
    for thread in candidates:
        query = vectors[thread.stem][0]
        score = {s: sum(q * document.get(t, 0) for t, q in query.items()) for s, (_, document) in vectors.items()}
        found = [s for s in score if score[s] > 0 and not by_stem[s].superseded]
        found.sort(key=lambda s: (by_stem[s].lang != thread.lang, -score[s], s))
        chosen: list[str] = []
        for stem in [s for s in thread.pinned if s in by_stem] + found:
            if by_stem[stem].title_key not in {by_stem[s].title_key for s in [*chosen, thread.stem]}:
                chosen.append(stem)
        nearest[thread.stem] = tuple(chosen[:count])
    return nearest


def reference_twins(candidates: Sequence[Candidate], count: int, least: int) -> dict[str, tuple[tuple[str, int], ...]]:
    """The twins of each thread that has some, by its own nearest and all of its title."""
    vectors = reference_vectors(candidates, least)
    found: dict[str, list[tuple[str, int]]] = {}
    nearest = reference([msgspec.structs.replace(c, pinned=()) for c in candidates], count, least)
    for thread in candidates:
        theirs = sorted(c.stem for c in candidates if c.title_key == thread.title_key)[: twins.MOST]
        for other in candidates:
            if other.stem == thread.stem or other.stem not in {*nearest[thread.stem], *theirs}:
                continue
            (query, _), (own, document) = vectors[thread.stem], vectors[other.stem]
            both = [sum(weight > 0 for weight in side.values()) for side in (query, own)]
            if min(both) < twins.LEAST or thread.superseded or other.superseded:
                continue
            score, most = (sum(q * document.get(t, 0) for t, q in side.items()) for side in (query, own))
            if 100 * score >= twins.ALIKE * most:
                found.setdefault(thread.stem, []).append((other.stem, min(100, 100 * score // most)))
    return {stem: tuple(sorted(several)) for stem, several in found.items()}


@st.composite
def archives(draw: st.DrawFn) -> list[Candidate]:
    """Small archives of few terms, titles and languages: full of ties, repeated titles, pins that lead nowhere."""
    stems = draw(st.lists(st.text("abcü", min_size=1, max_size=3), unique=True, max_size=24))
    terms = st.dictionaries(st.sampled_from("pqrstuvw症"), st.integers(1, 40), max_size=5)
    pins = st.lists(st.sampled_from([*stems, "nowhere"]), max_size=6)
    titles = st.sampled_from([("", "hart"), ("same", "hart"), ("same", "okoro")])
    return [
        candidate(
            stem,
            draw(terms),
            draw(st.sampled_from(["en", "zh-Hant"])),
            draw(titles | st.just((stem,))),
            draw(pins) if draw(st.booleans()) else (),
        )
        for stem in stems
    ]


@settings(max_examples=150, deadline=None)
@given(archives(), st.integers(0, 6), st.randoms(use_true_random=False), st.sampled_from([1, 50, 4_000_000]))
def test_neighbours_are_those_of_the_definition(
    archive: list[Candidate],
    count: int,
    shuffler: Random,
    cells: int,
) -> None:
    shuffled = shuffler.sample(archive, len(archive))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "_CELLS", cells)
        assert neighbours(shuffled, count) == reference(archive, count)


@settings(max_examples=150, deadline=None)
@given(archives(), st.integers(0, 6), st.integers(1, 40), st.integers(1, 40), st.integers(1, 3))
def test_compiled_loops_give_the_same(archive: list[Candidate], count: int, block: int, asking: int, jobs: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "_MANY", -1)
        patch.setattr(ranking, "_BLOCK", block)
        patch.setattr(ranking, "_ASKING", asking)
        assert neighbours(archive, count, jobs) == reference(archive, count)


def test_only_the_heaviest_terms_count() -> None:
    archive = [
        candidate(f"t{i:02d}", {f"w{(i * 7 + j * j) % 151:03d}": 1 + i * j % 5 for j in range(110)}) for i in range(40)
    ]
    assert max(len(unpacked(c.terms)[0]) for c in archive) > weights_module.HEAVIEST
    assert neighbours(archive) == reference(archive)


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_archives_of_hardly_a_thread(number: int) -> None:
    archive = [candidate(f"t{n}", {"cough": 1, "fever": n + 1}) for n in range(number)]
    assert neighbours(archive) == reference(archive) == {f"t{n}": () for n in range(number)}


def test_threads_without_text() -> None:
    assert neighbours([candidate(stem, {}) for stem in "abc"]) == {"a": (), "b": (), "c": ()}


# What comes first, and what never comes


def test_ties_go_to_the_first_stem() -> None:
    archive = [candidate(stem, {"cough": 1}) for stem in "fbdace"] + padding(20)
    assert neighbours(archive)["c"] == ("a", "b", "d", "e")


def test_the_own_language_comes_first_whatever_the_score() -> None:
    archive = [
        candidate("a", {"cough": 9, "fever": 1}),
        candidate("b", {"cough": 9}, lang="de"),
        candidate("c", {"fever": 1, "rash": 9}),
        *padding(20),
    ]
    assert neighbours(archive)["a"] == ("c", "b")


def test_no_two_with_one_title_and_doctor_nor_that_of_the_thread_itself() -> None:
    own, same, other = ("Cough", "hart"), ("Dry cough", "hart"), ("Dry cough", "okoro")
    archive = [
        candidate("a", {"cough": 1}, title_key=own),
        candidate("b", {"cough": 1}, title_key=own),
        candidate("c", {"cough": 1}, title_key=same),
        candidate("d", {"cough": 1}, title_key=same),
        candidate("e", {"cough": 1}, title_key=other),
        *padding(20),
    ]
    assert neighbours(archive)["a"] == ("c", "e")


def test_a_crowd_of_one_title_does_not_empty_the_list() -> None:
    crowd = [candidate(f"crowd-{n:03d}", {"cough": 9}, title_key=("Cough", "hart")) for n in range(100)]
    far = [candidate(f"far-{n}", {"cough": 1, f"far{n}": 9}) for n in range(4)]
    nearest = neighbours([*crowd, *far, *padding(200)])
    assert nearest["crowd-050"] == ("far-0", "far-1", "far-2", "far-3")
    assert nearest["far-0"] == ("crowd-000", "far-1", "far-2", "far-3")


def test_pinned_come_first_in_their_order() -> None:
    archive = [
        candidate("a", {"cough": 1}, pinned=["zz-003", "gone", "a", "c", "zz-003"]),
        candidate("b", {"cough": 1}),
        candidate("c", {"cough": 1}, lang="de"),
        *padding(20),
    ]
    assert neighbours(archive)["a"] == ("zz-003", "c", "b")
    assert neighbours(archive, 1)["a"] == ("zz-003",)


def test_a_score_of_nothing_is_no_neighbour() -> None:
    long = candidate("long", {"pain": 1, **{f"rare{n}": 2**43 - 1 for n in range(63)}})
    archive = [long, *(candidate(f"t{n:03d}", {"pain": 1, "back": n + 1}) for n in range(280))]
    nearest = neighbours(archive, 300)
    assert nearest["long"] == ()  # it knows "pain", at a weight that rounds to 0
    assert "long" in nearest["t007"]
    assert nearest == reference(archive, 300)


# Whole numbers


@pytest.mark.parametrize(
    ("tf", "expected"),
    [(1, 4), (2, 8), (3, 10), (4, 12), (5, 13), (2**40, 164), (2**43 - 1, 175)],
)
def test_term_frequency_is_exact(tf: int, expected: int) -> None:
    assert term_frequency(tf) == expected


@given(st.integers(1, 2**43 - 1))
def test_term_frequency_is_that_of_the_definition(tf: int) -> None:
    assert term_frequency(tf) == 4 + floor_log2(Fraction(tf) ** 4) < 256


def test_sides_of_known_weights() -> None:
    query, document = sides((300, 400))
    assert query == [2457, 3276]  # 4096·w / 500
    assert document == [11621, 15495]  # 4096·w / 500^¾
    assert sides((7,)) == ([4096], [6666])  # (7<<20) // ⌊256·7^¾⌋
    assert sides(()) == ([], [])


LARGEST_WEIGHT = term_frequency(2**43 - 1) * floor_log2(Fraction(2**31) ** 2)
"""Of a term that six terabytes repeat, in one of 2^31 threads."""


@given(st.lists(st.integers(1, LARGEST_WEIGHT), min_size=1, max_size=64))
def test_scores_of_extremes_fit_in_32_bits(weights: list[int]) -> None:
    heaviest = [LARGEST_WEIGHT] * 64
    for one, two in ((weights, heaviest), (heaviest, weights), (heaviest, heaviest), (weights, weights)):
        score = sum(q * d for q, d in zip(sides(one)[0], sides(two)[1], strict=False))
        assert 0 <= score < LIMIT
    assert max(chain(*sides(weights), *sides(heaviest))) < 2**16


@given(
    st.lists(st.dictionaries(st.integers(0, 9), st.integers(4, term_frequency(2**43 - 1)), max_size=9), max_size=9),
    st.lists(st.integers(0, floor_log2(Fraction(2**31) ** 2)), min_size=10, max_size=10),
    st.integers(1, 4),
)
def test_vectors_are_those_of_the_definition(threads: list[dict[int, int]], idf: list[int], chunk: int) -> None:
    counts = Counts(
        np.cumsum([0, *map(len, threads)]),
        np.array(list(chain(*threads)), dtype=np.int32),
        np.array([factor for thread in threads for factor in thread.values()], dtype=np.uint8),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights_module, "HEAVIEST", 4)
        patch.setattr(weights_module, "_CHUNK", chunk)
        vectors = weights_module.vectors(counts, np.array(idf))
    for place, thread in enumerate(threads):
        weighed = {term: factor * idf[term] for term, factor in thread.items() if idf[term]}
        expected = sorted(weighed, key=lambda term: -weighed[term])[:4]
        query, document = sides([weighed[term] for term in expected])
        inside = slice(*vectors.starts[place : place + 2])
        assert vectors.terms[inside].tolist() == counts.terms[vectors.places[inside]].tolist() == expected
        assert vectors.query[inside].tolist() == query
        assert vectors.document[inside].tolist() == document


def test_the_longest_vectors_multiplied_fit_in_32_bits() -> None:
    shapes = [[weight] * terms for weight in (1, 2, 3, 40, LARGEST_WEIGHT) for terms in (1, 2, 63, 64)]
    longest = [max(sum(x * x for x in sides(shape)[side]) for shape in shapes) for side in (0, 1)]
    assert longest[0] * longest[1] < (2**29) ** 2


# Sense

THREADS = {
    "eyelid-twitches-at-night": (
        "Eyelid twitching when tired",
        "My left eyelid twitches for hours when I sleep badly. Is this a nerve disease?",
        "Twitching of an eyelid is harmless in most cases. Coffee and lack of sleep are the usual causes.",
    ),
    "calf-muscle-twitching": (
        "Muscle twitching in both calves",
        "Since spring I see little twitches under the skin of my calves. I fear a nerve disease.",
        "Muscle twitches without weakness are benign. Your nerve examination would show a disease.",
    ),
    "migraine-before-period": (
        "Migraine before each period",
        "A throbbing headache on one side comes the day before my period, with nausea.",
        "That is menstrual migraine. Keep a headache diary for three cycles.",
    ),
    "headache-with-flashes": (
        "Flashes, then a headache",
        "I see zigzag flashes for twenty minutes and then a throbbing headache begins.",
        "Flashes of this kind are the aura of a migraine.",
    ),
    "itchy-elbow-creases": (
        "Itching in the crease of the elbow",
        "My son scratches the creases of his elbows until the skin bleeds.",
        "This looks like eczema. Moisturise the skin twice a day.",
    ),
    "eczema-on-hands": (
        "Hand eczema from dish soap",
        "The skin of my hands cracks and itches after washing up.",
        "Eczema of the hands needs gloves, and a cream that keeps the skin moist.",
    ),
    "眼皮跳": ("眼皮跳了三天", "左眼皮一直跳，是不是神經有問題？", "眼皮跳多半與疲勞有關，睡眠充足就會改善。"),
    "小腿肌肉跳動": (
        "小腿肌肉跳動",
        "小腿的肌肉不時跳動，擔心是神經的疾病。",
        "沒有無力的肌肉跳動多半是良性的，請注意睡眠。",
    ),
    "胃酸逆流": ("飯後胸口灼熱", "吃飽後胸口灼熱，躺下更嚴重。", "這是胃酸逆流，飯後三小時內不要躺下。"),
}


@pytest.fixture(scope="module")
def nearest() -> dict[str, tuple[str, ...]]:
    """The nearest of a small archive in two languages."""
    return neighbours(
        [
            candidate(
                stem,
                term_counts(title=title, headline=title, question=question, replies=[reply], topics=[]),
                lang="en" if stem.isascii() else "zh-Hant",
            )
            for stem, (title, question, reply) in THREADS.items()
        ],
    )


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("eyelid-twitches-at-night", "calf-muscle-twitching"),
        ("migraine-before-period", "headache-with-flashes"),
        ("itchy-elbow-creases", "eczema-on-hands"),
        ("眼皮跳", "小腿肌肉跳動"),
    ],
)
def test_what_is_about_the_same_is_nearest(nearest: dict[str, tuple[str, ...]], one: str, two: str) -> None:
    assert nearest[one][0] == two
    assert nearest[two][0] == one


def test_what_shares_no_word_is_not_a_neighbour(nearest: dict[str, tuple[str, ...]]) -> None:
    assert "胃酸逆流" not in nearest["eczema-on-hands"]
    assert not set(nearest["胃酸逆流"]) & {stem for stem in THREADS if stem.isascii()}
