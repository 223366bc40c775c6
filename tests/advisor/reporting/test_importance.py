from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest
from sklearn.inspection import permutation_importance
from sklearn.metrics import accuracy_score

from fieldguide.advisor.reporting import importance
from fieldguide.algorithms.baseline.gradient_boosting import GradientBoosting
from fieldguide.algorithms.baseline.ridge_regression import RidgeRegression
from fieldguide.data import Dataset

LATER = float("inf")


@pytest.fixture
def table() -> Dataset:
    """One column decides mostly, a category sometimes, the third is noise."""
    chance = np.random.default_rng(0)
    a, noise = chance.normal(size=(2, 400))
    colour = chance.choice(["red", "blue", "green"], 400)
    y = np.where(a + 0.8 * (colour == "red") > 0.3, "yes", "no")
    columns = {"a": pl.Series("a", a), "colour": pl.Series("colour", colour),
               "noise": pl.Series("noise", noise), "y": pl.Series("y", y)}  # fmt: skip
    return Dataset.from_columns(columns, target="y")


def test_agrees_with_scikit_learn(table: Dataset) -> None:
    model = GradientBoosting(rounds=20).fit(table.take(np.arange(300)))
    held_out = table.take(np.arange(300, 400))
    found = importance.measure(model, held_out, until=LATER)
    assert found is not None and found["repeats"] == importance.REPEATS
    assert [one["column"] for one in found["columns"]] == ["a", "colour", "noise"]

    class Wrapped:
        def fit(self) -> None: ...

        def predict(self, X: np.ndarray) -> np.ndarray:
            rows = [X[:, i].astype(int) for i in range(3)]
            columns = {
                n: table.columns[n].gather(300 + r) for n, r in zip(names, rows, strict=True)
            }
            return model.predict(Dataset.from_columns({**columns}, known=table.fields))

    names = ["a", "colour", "noise"]
    positions = np.repeat(np.arange(100)[:, None], 3, axis=1)
    theirs = permutation_importance(
        Wrapped(), positions, table.columns["y"].to_numpy()[300:], n_repeats=10, random_state=0,
        scoring=lambda m, X, y: accuracy_score(y, m.predict(X)),
    )  # fmt: skip
    ours = {one["column"]: one for one in found["columns"]}
    for name, mean, deviation in zip(
        names, theirs.importances_mean, theirs.importances_std, strict=True
    ):
        assert ours[name]["drop"] == pytest.approx(mean, abs=3 * deviation / 10**0.5 + 0.02)
        assert ours[name]["low"] <= mean <= ours[name]["high"]
    assert ours["noise"]["low"] <= 0 < ours["a"]["low"]


def test_numbers_of_a_block_are_told_apart() -> None:
    chance = np.random.default_rng(0)
    X = chance.normal(size=(200, 5))
    model = RidgeRegression().fit(X, 3 * X[:, 2] + 0.1 * chance.normal(size=200))
    columns = {"x": X.astype(np.float32), "y": pl.Series("y", 3 * X[:, 2])}
    data = Dataset.from_columns(columns, target=model.task_.target or "y")
    name = next(iter(model.task_.inputs.codecs))
    data = Dataset.from_columns({name: columns["x"], model.task_.target: columns["y"]},
                                target=model.task_.target)  # fmt: skip
    found = importance.measure(model, data, until=LATER)
    assert found is not None and len(found["columns"]) == 5
    assert found["columns"][0]["column"] == f"{name}[2]" and found["columns"][0]["drop"] > 1
    assert all(abs(one["drop"]) < 0.05 for one in found["columns"][1:])


def test_without_time_there_is_nothing(table: Dataset) -> None:
    model = GradientBoosting(rounds=2).fit(table)
    assert importance.measure(model, table, until=time.monotonic() - 1) is None


def test_shuffling_leaves_the_rest_as_it_was(table: Dataset) -> None:
    model = GradientBoosting(rounds=2).fit(table)
    examples = model.task_.encode(table)
    places = {place.column: place for place in importance.places(model.task_.inputs)}
    import torch

    order = torch.arange(len(table) - 1, -1, -1)
    before = {name: part.clone() for name, part in examples.x.items()}
    after = importance.shuffled(examples.x, places["colour"], order)
    assert torch.equal(after["categories"][:, 0], before["categories"][order, 0])
    assert torch.equal(after["numbers"], before["numbers"])
    after = importance.shuffled(examples.x, places["noise"], order)
    assert torch.equal(after["numbers"][:, 0], before["numbers"][:, 0])
    assert torch.equal(after["numbers"][:, 1], before["numbers"][order, 1])
    assert all(torch.equal(examples.x[name], part) for name, part in before.items())
