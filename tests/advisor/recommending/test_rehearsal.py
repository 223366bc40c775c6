from __future__ import annotations

import math
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from fieldguide import catalog
from fieldguide.advisor.profiling.landmarks import Landmark
from fieldguide.advisor.recommending import rehearsal
from fieldguide.advisor.recommending.expected import Forecast
from fieldguide.advisor.recommending.first_guess import FirstGuess
from fieldguide.advisor.recommending.recommend import recommend
from fieldguide.advisor.recommending.rehearsal import Rehearsal, contenders, learnable, rehearse
from fieldguide.data import Dataset


def signs(count: int = 1_500, noise: float = 0.0) -> Dataset:
    """Two numbers whose signs decide the class together: no line parts them."""
    chance = np.random.default_rng(0)
    x = chance.normal(size=(count, 2)).astype(np.float32)
    product = x[:, 0] * x[:, 1] + noise * chance.normal(size=count)
    y = np.where(product > 0, "same", "different")
    return Dataset.from_columns({"x": x, "y": pl.Series(y)}, target="y")


def guess(error: float, examples: int, slope: float = 0.0) -> FirstGuess:
    mark = Landmark("trees", "boosted trees", 1 - error, 0.01, 500, 500, slope, 0.1)
    return FirstGuess(error, 0.2, mark, examples)


def test_a_measurement_corrects_the_forecast_as_bayes_would() -> None:
    first = guess(0.2, examples=1_000, slope=0.4)
    seen = Rehearsal(learnt=500, judged=800, error=0.12, deviation=0.012, seconds=1.0)
    mean, spread = seen.correct(first, 0.1, 0.3)
    # The same by adding up the product of both densities on a grid.
    error = 0.12 * 2 ** (-0.75 * 0.4) + 0.005
    measured = math.log(error / 0.205)
    unsure = math.sqrt((0.012 / error) ** 2 + (0.3 * math.log(2)) ** 2 + 0.05**2)
    grid = np.linspace(-3, 3, 60_001)
    density = np.exp(-(((grid - 0.1) / 0.3) ** 2) / 2 - ((grid - measured) / unsure) ** 2 / 2)
    density /= density.sum()
    expected = (density * grid).sum()
    assert mean == pytest.approx(expected, abs=1e-4)
    assert spread == pytest.approx(np.sqrt((density * (grid - expected) ** 2).sum()), abs=1e-4)


def test_who_learnt_from_little_is_believed_less() -> None:
    few, many = (Rehearsal(n, 800, 0.1, 0.01, 1.0) for n in (100, 1_000))
    first = guess(0.2, examples=1_000)
    assert few.correct(first, 0.0, 0.3)[1] > many.correct(first, 0.0, 0.3)[1]


def test_nobody_contends_where_the_choice_is_settled() -> None:
    clear = {"a": Forecast(0.9, 0.88, 0.95, ""), "b": Forecast(0.5, 0.4, 0.89, ""), "c": None}
    assert contenders(clear) == []
    crowd = {f"a{k}": Forecast(0.9, 0.8, 0.95, "") for k in range(9)}
    assert contenders(crowd) == [f"a{k}" for k in range(rehearsal.MOST)]


def test_a_rehearsal_tells_what_suits_the_data() -> None:
    trees, line = (
        rehearse(catalog.get(name), signs(), "classification", 0.5, 10.0)
        for name in ("gradient-boosting", "logistic-regression")
    )
    assert trees is not None and line is not None
    assert trees.error < 0.1 and 0.3 < line.error < 0.6
    assert trees.learnt == 1_200 and trees.judged == 1_200  # four splits of 300
    by_chance = math.sqrt(line.error * (1 - line.error) / 1_200)  # of a share
    assert line.deviation == pytest.approx(by_chance, rel=0.1)


def test_it_learns_from_what_the_time_allows() -> None:
    entry = catalog.get("logistic-regression")
    some = rehearse(entry, signs(), "classification", full_seconds=20.0, share=5.0)
    assert some is not None and some.learnt == 300
    assert rehearse(entry, signs(), "classification", full_seconds=100.0, share=5.0) is None


def test_numbers_are_judged_by_what_is_left_unexplained() -> None:
    chance = np.random.default_rng(1)
    x = chance.normal(size=(400, 3)).astype(np.float32)
    y = x @ [1.0, 2.0, 3.0] + chance.normal(size=400)
    data = Dataset.from_columns({"x": x, "y": pl.Series(y)}, target="y")
    found = rehearse(catalog.get("ridge-regression"), data, "regression", 0.1, 5.0)
    assert found is not None
    assert found.error == pytest.approx(1 / 15, rel=0.3)  # the noise's share of the variance


def test_the_providers_test_examples_are_not_looked_at() -> None:
    data = signs(10)
    provided = np.array(["train"] * 6 + ["validation"] * 2 + ["test"] * 2)
    seen = learnable(replace(data, provided=provided))
    assert len(seen) == 8 and seen.provided is None
    assert learnable(data) is data


class Broken:
    def __init__(self, **told: Any): ...

    def fit(self, data: Dataset) -> Broken:
        raise RuntimeError("it never worked")


class Endless(Broken):
    def fit(self, data: Dataset) -> Broken:
        time.sleep(60)
        return self


@pytest.mark.parametrize("kind", [Broken, Endless])
def test_who_fails_or_does_not_end_is_left_to_the_forecast(kind: type) -> None:
    entry: Any = SimpleNamespace(load=lambda: kind)
    began = time.perf_counter()
    assert rehearse(entry, signs(), "classification", 0.1, 0.5) is None
    assert time.perf_counter() - began < 10


def test_recommend_says_what_was_rehearsed_and_goes_by_it() -> None:
    entries = [catalog.get(name) for name in ("gradient-boosting", "mlp", "nearest-neighbours")]
    data = signs(noise=1.0)
    advice = recommend(data, entries=entries)
    without = {one.name: one for one in recommend(data, entries=entries, rehearse=False)}
    assert not any("rehearsal" in one.evidence for one in without.values())
    tried = [one for one in advice if "rehearsal" in one.evidence]
    assert len(tried) > 1
    for one in tried:
        now, before = one.score, without[one.name].score
        assert now is not None and before is not None
        assert now.high - now.low < before.high - before.low


def test_what_is_being_done_is_told() -> None:
    heard: list[str] = []
    pair = [catalog.get("logistic-regression"), catalog.get("nearest-neighbours")]
    recommend(signs(300, noise=3.0), entries=pair, on_work=heard.append)
    assert heard[0] == "Measuring the data"
    assert "A few steps of Nearest neighbours" in heard
    assert heard[-1].endswith("rehearses on a part of the data")
