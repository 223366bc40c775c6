from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from fieldguide import catalog
from fieldguide.advisor.recommending import pace
from fieldguide.data import Dataset
from fieldguide.errors import FieldguideError
from fieldguide.estimator import Estimator

GIVEN = {"seed": 0, "task": "classification"}


@pytest.fixture
def fine(toys: Path) -> type[Estimator]:
    return catalog.get("fine").load()


def test_quick_ones_learn_for_most_of_their_time(fine: type[Estimator], iris: Dataset) -> None:
    found = pace.training_seconds(fine, GIVEN, iris, iris, left=20.0)
    assert found == pytest.approx(pace.MOST * 20, rel=0.1)


def test_slow_scoring_shortens_learning(
    fine: type[Estimator], iris: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "seconds_an_example", lambda *_: 0.04)
    # 150 held out and 15 to validate on at 0.04 s, half as much again, and 0.3 s for saving.
    found = pace.training_seconds(fine, GIVEN, iris, iris, left=20.0)
    assert found == pytest.approx(20 - 1.5 * 0.04 * 165 - 0.3, abs=0.05)
    with pytest.raises(FieldguideError, match=r"on 165 examples alone .* 6\.6 s"):
        pace.training_seconds(fine, GIVEN, iris, iris, left=4.0)


def test_time_to_predict_is_measured(
    fine: type[Estimator], iris: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict = fine.predict

    def slow(self: Estimator, data: object) -> np.ndarray:
        time.sleep(0.24)
        return predict(self, data)

    monkeypatch.setattr(fine, "predict", slow)
    each = pace.seconds_an_example(fine, GIVEN, iris)
    assert each == pytest.approx(0.24 / pace.SAMPLE, rel=0.5)


def test_what_fails_on_a_few_is_left_to_fit(toys: Path, iris: Dataset) -> None:
    assert pace.seconds_an_example(catalog.get("raises").load(), GIVEN, iris) == 0.0
