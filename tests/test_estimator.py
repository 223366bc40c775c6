"""The verbs: what goes in, what comes out, what is left behind when something goes wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn

import fieldguide as fg
from fieldguide.data import Dataset
from fieldguide.errors import DataError, Interrupted, NonFiniteLoss
from tests import toys


def fit(data: Any, y: Any = None, **how: Any) -> fg.MLP:
    return fg.MLP(hidden=(8,), epochs=3).fit(data, y, **how)


def test_validation_data_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    train, held = toys.array("classification", 100), toys.array("classification", 30, seed=1)
    model = fit(train, validation_data=held)
    best = max(record["accuracy"] for record in model.history_)
    assert model.evaluate(held)["accuracy"] == pytest.approx(best)

    x, y = train.column("x"), train.column("target").to_numpy()
    pair = held.column("x"), held.column("target").to_numpy()
    by_arrays = fit(x, y, validation_data=pair)
    assert [r["accuracy"] for r in by_arrays.history_] == [r["accuracy"] for r in model.history_]


def test_too_few_examples_are_not_held_out() -> None:
    assert "accuracy" not in fit(toys.array("classification", 100)).history_[0]
    assert "accuracy" in fit(toys.array("classification", 200)).history_[0]


def test_one_group_trains_without_holding_out() -> None:
    data = toys.table("classification", 300)
    one = pl.Series("who", ["same"] * 300)
    grouped = Dataset.from_columns({**data.columns, "who": one}, target="target", group="who")
    model = fit(grouped)
    assert "accuracy" not in model.history_[0]
    assert "who" not in model.task_.inputs.codecs


def test_only_the_test_part_of_a_providers_split_may_be_learnt_from() -> None:
    data = toys.array("classification", 300)
    names = np.array(["train"] * 200 + ["test"] * 100)
    _, held = Dataset.from_columns(data.columns, target="target", provided=names).split()
    assert len(fit(held).history_) == 3


class Sums(fg.Estimator):
    """Several losses by name."""

    card = fg.MLP.card

    def build(self, task: Any) -> nn.Module:
        return task.head(task.inputs.shape[0])

    def loss(self, batch: Any) -> dict[str, torch.Tensor]:
        plain = self.task_.loss(self.forward(batch), batch)
        return {"error": plain, "decay": 0.1 * self.network_.weight.square().sum()}


class Single(Sums):
    """The same as one number."""

    def loss(self, batch: Any) -> torch.Tensor:
        return sum(Sums.loss(self, batch).values())


def test_losses_by_name_are_added_and_logged() -> None:
    data = toys.array("regression", 60)
    named, single = Sums(epochs=2).fit(data), Single(epochs=2).fit(data)
    for ours, theirs in zip(named.history_, single.history_, strict=True):
        assert ours["error"] + ours["decay"] == pytest.approx(theirs["loss"], rel=1e-5)
    assert torch.allclose(named.network_.weight, single.network_.weight, atol=1e-6)


class Observed(toys.ToyRivals):
    """Remembers the progress it was told."""

    def at(self, share: float) -> None:
        super().at(share)
        self.__dict__.setdefault("told_", []).append(share)


def test_the_estimator_is_told_its_progress() -> None:
    model = Observed(epochs=3, batch_size=10).fit(toys.array("classification", 50))
    assert model.told_ == pytest.approx([n / 15 for n in range(15)])


def test_verbs_run_without_gradients_and_in_evaluation_mode() -> None:
    data = toys.array("classification")
    model = fg.MLP(epochs=1, dropout=0.5).fit(data)
    assert not model.network_.training
    model.network_.train()
    first = model.predict_proba(data)
    assert np.array_equal(model.predict_proba(data), first)
    assert not model._outputs(data).requires_grad


def test_a_failed_fit_leaves_no_half_model() -> None:
    good, bad = toys.array("regression", 200), toys.array("regression", 200, seed=1)
    model = fit(good)
    model.set_params(lr=1e9, schedule="constant", epochs=50)
    with pytest.raises(NonFiniteLoss):
        model.fit(bad)
    with pytest.raises(Exception, match="not learnt anything yet"):
        model.predict(bad)


def test_a_refused_fit_leaves_the_former_model() -> None:
    data = toys.array("classification")
    model = fit(data)
    before = model.predict_proba(data)
    with pytest.raises(fg.errors.UsageError):
        model.set_params(epochs=-1).fit(data)
    assert np.array_equal(model.predict_proba(data), before)


def test_an_interrupted_fit_keeps_the_best_so_far() -> None:
    class Stops(fg.MLP):
        def step(self, batch: Any) -> Any:
            if self._share > 0.6:
                raise Interrupted("Stopped.")
            return super().step(batch)

    data = toys.array("classification", 200)
    model = Stops(epochs=10, lr=0.01)
    with pytest.raises(Interrupted):
        model.fit(data)
    scores = [record["accuracy"] for record in model.history_]
    assert len(scores) == 6 and not model.network_.training
    assert len(model.predict(data)) == 200


def test_no_examples_to_predict_are_refused() -> None:
    data = toys.array("classification")
    model = fit(data)
    with pytest.raises(DataError, match="no examples"):
        model.predict(data.take(np.arange(0)))
    with pytest.raises(DataError, match="no examples"):
        model.evaluate(data.take(np.arange(0)))
    with pytest.raises(DataError, match="no examples"):
        fit(data.take(np.arange(0)))


def test_predictions_do_not_depend_on_how_they_are_batched(monkeypatch) -> None:
    data = toys.table("regression", 200)
    model = fit(data)
    whole = model.predict(data)
    monkeypatch.setattr("fieldguide.engine.inference.LARGEST", 7)
    monkeypatch.setattr("fieldguide.engine.inference.SMALLEST", 7)
    assert np.allclose(model.predict(data), whole, atol=1e-5)


def test_an_algorithm_is_a_few_lines() -> None:
    """What the design promises: a card, and a network for the shapes of the task."""

    class Linear(fg.Estimator):
        card = fg.Card(
            title="Linear", paper="", year=1805, tasks=("regression",), inputs=("array",)
        )
        width: int = fg.option(3, "unused", low=1)

        def build(self, task: Any) -> nn.Module:
            return task.head(task.inputs.shape[0])

    model = Linear(epochs=60, lr=0.05, width=4).fit(toys.array("regression", 300))
    assert model.evaluate(toys.array("regression", 100, seed=1))["r2"] > 0.99
    assert Linear(width=4).get_params()["width"] == 4
