"""What benchmarks/relatedness.py counts, on a handful of scores; its data are no part of medqa."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import related_sets, relatedness
from benchmarks.related_sets import LabelledSet, Thread

SCORES = np.array([5.0, 9.0, 5.0, 0.0, 2.0, 1.0])


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        pytest.param([1], (1, 1, 1, 1), id="first"),
        pytest.param([2], (0, 1, 1 / 3, 1), id="a tie goes to the first column"),
        pytest.param([5], (0, 0, 1 / 5, 0), id="fifth"),
        pytest.param([3], (0, 0, 0, 0), id="a score of nothing is not found"),
        pytest.param([0, 5], (0, 1, 1 / 2, 1 / 2), id="one of two"),
    ],
)
def test_measures(right: list[int], expected: tuple[float, ...]) -> None:
    assert relatedness.measured(SCORES, right) == pytest.approx(expected)


def test_the_interval_holds_the_mean() -> None:
    low, high = relatedness.interval(np.array([0.0, 1.0] * 50))
    assert low < 0.5 < high
    assert relatedness.interval(np.ones(9)) == (1, 1)


@pytest.mark.parametrize("method", relatedness.METHODS)
def test_each_method_finds_what_shares_most_and_never_the_thread_itself(method: str) -> None:
    texts = ("migraine aura 偏頭痛", "migraine aura flashes 偏頭痛", "knee 膝", "hip 髖", "gout 痛風", "acne 粉刺")
    threads = [Thread(title=text, keywords=tuple(text.split())) for text in texts]
    archive = LabelledSet(name="", measure="R@4", threads=threads, relevant={0: frozenset({1})}, pool=range(6))
    scores = relatedness.Ranking(archive, relatedness.METHODS[method](archive)).scores(0)
    assert scores[0] == 0
    assert scores.argmax() == 1


def test_without_data_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["relatedness.py", "--data", str(tmp_path)])
    with pytest.raises(SystemExit) as stopped:
        relatedness.main()
    assert stopped.value.code == 2
    assert related_sets.FILES[0] in capsys.readouterr().err
