from __future__ import annotations

import time

import numpy as np
import pytest

from fieldguide.advisor.reporting import growth
from fieldguide.algorithms.baseline.nearest_neighbours import NearestNeighbours
from fieldguide.algorithms.perceptron.mlp import MLP
from fieldguide.data import Dataset


def parts(error: float, count: int = 4000, seed: int = 0) -> np.ndarray:
    wrong = np.random.default_rng(seed).permutation(count) < round(error * count)
    return np.column_stack([~wrong, np.ones(count)]).astype(float)


def test_a_power_law_is_found_again() -> None:
    points = {n: parts(2.0 * n**-0.4) for n in (125, 250, 500, 1000)}
    found = growth.extrapolated(points)
    assert found["slope"] == pytest.approx(0.4, abs=0.01)
    assert found["slope_low"] < 0.4 < found["slope_high"]
    now, next_ = 2.0 * 1000**-0.4, 2.0 * 2000**-0.4
    ahead = found["ahead"]
    assert ahead["examples"] == 2000
    assert ahead["gain"] == pytest.approx(now - next_, rel=0.05)
    assert ahead["low"] < ahead["score"] < ahead["high"]


def test_what_came_last_weighs_most() -> None:
    flat = {100: parts(0.4), 200: parts(0.25), 400: parts(0.2), 800: parts(0.2)}
    found = growth.extrapolated(flat)
    plain = -np.polyfit(np.log(list(flat)), np.log([0.4, 0.25, 0.2, 0.2]), 1)[0]
    assert 0 < found["slope"] < plain
    straight = growth.extrapolated({n: parts(4.0 * n**-0.5) for n in flat})
    widths = [one["slope_high"] - one["slope_low"] for one in (found, straight)]
    assert widths[0] > 2 * widths[1]  # what does not follow the law is less sure


def test_the_winner_grows(digits: Dataset) -> None:
    known, held_out = digits.take(np.arange(1200)), digits.take(np.arange(1200, 1797))
    model = NearestNeighbours().fit(known)
    found = growth.measure(model, known, held_out, until=time.monotonic() + 60)
    assert found is not None
    assert [point["examples"] for point in found["points"]] == [150, 300, 600, 1200]
    scores = [point["score"] for point in found["points"]]
    assert scores[0] < scores[-1] == pytest.approx(model.evaluate(held_out)["accuracy"])
    assert found["slope"] > 0
    assert growth.measure(model, known, held_out, until=time.monotonic()) is None


def test_a_winner_that_was_cut_tells_nothing(iris: Dataset) -> None:
    model = MLP(hidden=(8,), epochs=5, device="cpu").fit(iris)
    assert not growth.was_cut(model)
    model.history_ = model.history_[:3]
    found = growth.measure(model, iris, iris, until=time.monotonic() + 60)
    assert found == {"reason": growth.UNFINISHED}
