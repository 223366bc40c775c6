"""The loop: best weights, early stopping, time limits, losses that are not finite, odd sizes."""

from __future__ import annotations

import math
import time

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn
from torch.optim import SGD

import fieldguide as fg
from fieldguide.data import Batch, Dataset, Examples
from fieldguide.engine import Descent, Settings, Stage, run
from fieldguide.engine.schedule import SCHEDULES
from fieldguide.errors import NonFiniteLoss
from tests import toys


class Counter(nn.Module):
    """One weight that counts the steps, and one that is tied to it."""

    def __init__(self) -> None:
        super().__init__()
        self.count = nn.Parameter(torch.zeros(1))
        self.tied = self.count


class Counting:
    """A run whose only learning is counting, judged by scores that are written down."""

    def __init__(self, scores: list[float], epochs: int, batches: int = 2, **settings):
        self.network = Counter()
        self.descent = Descent(
            {"network": SGD(self.network.parameters(), 1.0)}, schedule=SCHEDULES["constant"]
        )
        self.scores, self.seen, self.shares = iter(scores), 0, []
        data = Examples(torch.zeros(batches, 1))
        self.stages = [Stage("fit", self.step, data.batches(1), epochs)]
        self.settings = Settings(**settings)

    def step(self, batch: Batch) -> dict[str, torch.Tensor]:
        assert self.network.training
        with torch.no_grad():
            self.network.count += 1
        return {"loss": self.network.count.sum()}

    def validate(self) -> float:
        assert not self.network.training
        self.seen += 1
        return next(self.scores)

    def run(self) -> list[dict]:
        return run(
            self.stages,
            network=self.network,
            descent=self.descent,
            settings=self.settings,
            validate=self.validate,
            score_name="accuracy",
            on_progress=self.shares.append,
        )


def test_several_scores_are_noted_and_one_is_watched() -> None:
    counting = Counting([0.1, 0.7, 0.2], epochs=3)
    counting.validate = lambda score=counting.validate: {  # type: ignore[method-assign]
        "accuracy": (one := score()), "distance": 10 - one
    }  # fmt: skip
    history = counting.run()
    assert float(counting.network.count.detach()) == 4
    assert [record["distance"] for record in history] == [9.9, 9.3, 9.8]


def test_the_best_weights_are_restored() -> None:
    counting = Counting([0.1, 0.7, 0.7, 0.2], epochs=4)
    history = counting.run()
    assert float(counting.network.count.detach()) == 6  # of equal epochs the later, two steps each
    assert [record["accuracy"] for record in history] == [0.1, 0.7, 0.7, 0.2]
    assert [record["loss"] for record in history] == [1.5, 3.5, 5.5, 7.5]
    assert [record["epoch"] for record in history] == [1, 2, 3, 4]
    assert counting.shares == [n / 8 for n in range(8)]


def test_a_score_that_is_no_number_never_wins() -> None:
    counting = Counting([math.nan, 0.5, math.nan], epochs=3)
    counting.run()
    assert float(counting.network.count.detach()) == 4


def test_patience_stops_and_keeps_the_best() -> None:
    counting = Counting([0.5, 0.6, 0.6, 0.3, 0.9], epochs=5, patience=2)
    assert len(counting.run()) == 4
    assert float(counting.network.count.detach()) == 6  # of equals the later


def test_the_score_does_not_judge_stages_that_it_says_nothing_about() -> None:
    counting = Counting([0.9, 0.1], epochs=2, patience=1)
    first = counting.stages[0]
    counting.stages = [
        Stage("before", first.step, first.batches, 3, judged=False),
        Stage("fit", first.step, first.batches, 2),
    ]
    history = counting.run()
    assert counting.seen == 2
    assert [("accuracy" in record) for record in history] == [False] * 3 + [True] * 2
    assert float(counting.network.count.detach()) == 8


def test_a_later_stage_starts_from_the_best_weights_of_the_one_before() -> None:
    counting = Counting([0.9, 0.1, 0.5], epochs=2)
    first = counting.stages[0]
    counting.stages.append(Stage("more", first.step, first.batches, 1))
    counting.run()
    assert float(counting.network.count.detach()) == 2 + 2


def test_no_epochs_leave_the_network_as_it_was_built() -> None:
    counting = Counting([], epochs=0)
    assert counting.run() == []
    assert float(counting.network.count.detach()) == 0


class Slow(Counting):
    """As `Counting`, with steps that take a fiftieth of a second."""

    def step(self, batch: Batch) -> dict[str, torch.Tensor]:
        time.sleep(0.02)
        return super().step(batch)


def test_a_time_limit_shorter_than_an_epoch_leaves_a_judged_model() -> None:
    slow = Slow([0.8], epochs=5, batches=1000, time_limit=0.3)
    started = time.monotonic()
    history = slow.run()
    assert time.monotonic() - started < 0.3 + 0.3
    assert len(history) == 1 and history[0]["accuracy"] == 0.8
    steps = float(slow.network.count.detach())
    assert 2 <= steps <= 16
    assert history[0]["loss"] == pytest.approx((steps + 1) / 2)


def test_the_schedule_follows_the_clock_under_a_time_limit() -> None:
    slow = Slow([0.8], epochs=5, batches=1000, time_limit=0.4)
    slow.run()
    assert slow.shares == sorted(slow.shares)
    assert slow.shares[0] < 0.2 and 0.8 < slow.shares[-1] <= 1.0


def test_time_that_is_left_over_does_not_stretch_the_schedule() -> None:
    counting = Counting([0.5], epochs=1, batches=4, time_limit=100.0)
    counting.run()
    assert counting.shares == pytest.approx([0, 0.25, 0.5, 0.75], abs=0.01)


def test_the_best_before_time_was_up_is_kept() -> None:
    slow = Slow([0.9] + [0.1] * 50, epochs=50, batches=2, time_limit=0.3)
    history = slow.run()
    assert 2 <= len(history) < 50
    assert float(slow.network.count.detach()) == 2


def test_no_time_at_all_is_still_one_step() -> None:
    counting = Counting([0.5], epochs=3, time_limit=0.0)
    assert len(counting.run()) == 1
    assert float(counting.network.count.detach()) == 1


def test_a_stage_leaves_time_for_the_next() -> None:
    slow = Slow([0.5] * 9, epochs=1, batches=1000, time_limit=0.6)
    last = slow.stages[0]
    slow.stages = [Stage("before", last.step, last.batches, 1, judged=False, until=0.5), last]
    history = slow.run()
    assert [record["stage"] for record in history] == ["before", "fit"]
    assert history[0]["seconds"] == pytest.approx(0.3, abs=0.15)
    middle = slow.shares.index(min(slow.shares[1:]))
    assert slow.shares[middle] < 0.2 and slow.shares[-1] > 0.7


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_names_its_place(value: float) -> None:
    counting = Counting([0.5] * 9, epochs=4, batches=3, where=lambda i: f"a.csv, row {i + 2}")
    original, seen = counting.stages[0].step, []

    def step(batch: Batch) -> dict[str, torch.Tensor]:
        seen.append(int(batch.index[0]))
        losses = original(batch)
        return {**losses, "second": torch.tensor(value if len(seen) == 5 else 1.0)}

    counting.stages[0].step = step
    with pytest.raises(NonFiniteLoss) as caught:
        counting.run()
    message = str(caught.value)
    assert f"The loss 'second' became {value}" in message
    assert "stage 'fit', epoch 2, batch 2" in message
    assert f"a.csv, row {seen[4] + 2})" in message
    assert "--lr" in message and "--clip" in message


def test_late_looks_name_the_batch_that_was_at_fault(monkeypatch) -> None:
    """On a graphics card losses are read many steps later; the message must not name the latest."""
    monkeypatch.setattr("fieldguide.engine.loop.LOOK_EVERY", {"cpu": 4})
    counting = Counting([0.5] * 9, epochs=1, batches=6, where=lambda i: f"row {i}")
    original, seen = counting.stages[0].step, []

    def step(batch: Batch) -> dict[str, torch.Tensor]:
        seen.append(int(batch.index[0]))
        losses = original(batch)
        return losses if len(seen) != 2 else {"loss": torch.tensor(math.nan)}

    counting.stages[0].step = step
    with pytest.raises(NonFiniteLoss, match=r"batch 2 \(row .\)") as caught:
        counting.run()
    assert len(seen) == 4 and f"row {seen[1]}" in str(caught.value)


def test_a_huge_learning_rate_is_named_and_leaves_no_model() -> None:
    data = toys.array("regression", 200)
    model = fg.MLP(lr=1e9, schedule="constant", epochs=20)
    with pytest.raises(NonFiniteLoss, match=r"memory, row \d+.*Lower the learning rate"):
        model.fit(data)
    with pytest.raises(Exception, match="has not learnt anything yet"):
        model.predict(data)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_target_that_is_no_finite_number_is_refused_with_its_row(value: float) -> None:
    y = np.linspace(0, 1, 50)
    y[[6, 9]] = value
    columns = {"x": np.random.default_rng(0).normal(size=(50, 3)), "y": pl.Series("y", y)}
    data = Dataset.from_columns(columns, target="y", source="a.csv")
    with pytest.raises(fg.errors.DataError, match=r"a.csv, row 7, field 'y'.*2 example"):
        fg.MLP(task="regression").fit(data)


@pytest.mark.parametrize("count", [2, 3, 10])
@pytest.mark.parametrize("size", [1, 4, 9, 1000, 2**40])
def test_any_number_of_examples_trains(count: int, size: int) -> None:
    for task in ("classification", "regression"):
        data = toys.array(task, count)
        model = fg.MLP(hidden=(4,), epochs=2, batch_size=size, task=task).fit(data)
        assert len(model.predict(data)) == count


def test_one_example_trains_a_regression() -> None:
    model = fg.MLP(hidden=(4,), epochs=2, task="regression").fit(toys.array("regression", 1))
    assert np.isfinite(model.predict(toys.array("regression", 3))).all()


class Normalised(fg.MLP):
    """With batch normalisation, which cannot learn from a batch of one."""

    def build(self, task):
        width = task.inputs.shape[0]
        return nn.Sequential(nn.Linear(width, 4), nn.BatchNorm1d(4), nn.ReLU(), task.head(4))

    def optimizers(self):
        return fg.Estimator.optimizers(self)

    def step(self, batch):
        return fg.Estimator.step(self, batch)


@pytest.mark.parametrize("count", [9, 17, 33])
def test_a_last_batch_of_one_does_not_crash_batch_normalisation(count: int) -> None:
    model = Normalised(epochs=2, batch_size=8, validation=0.0).fit(toys.array("regression", count))
    assert len(model.history_) == 2


def test_a_gigantic_seed_is_refused() -> None:
    with pytest.raises(fg.errors.UsageError, match=r"seed=.*at most 4294967295"):
        fg.MLP(seed=2**70).fit(toys.array("regression"))


class Tied(fg.MLP):
    """Two layers that share one matrix, as encoder and decoder do."""

    def build(self, task):
        width = task.inputs.shape[0]
        first, second = nn.Linear(width, width), nn.Linear(width, width)
        second.weight = first.weight
        return nn.Sequential(first, second, task.head(width))

    def optimizers(self):
        return fg.Estimator.optimizers(self)

    def step(self, batch):
        return fg.Estimator.step(self, batch)


def test_tied_weights_train_resume_and_save_tied(tmp_path) -> None:
    data = toys.array("classification", 250)
    model = Tied(epochs=3).fit(data, run=tmp_path / "run")
    first, second, _ = model.network_
    assert first.weight is second.weight
    again = Tied(epochs=3).fit(data, run=tmp_path / "run", resume=True)
    assert torch.equal(again.network_[0].weight, first.weight)
    model.save(tmp_path / "model")
    back = Tied.load(tmp_path / "model")
    assert back.network_[0].weight is back.network_[1].weight
    assert torch.equal(back.network_[0].weight, first.weight)


def test_a_second_fit_forgets_the_first() -> None:
    model = fg.MLP(epochs=2).fit(toys.array("classification"))
    model.fit(toys.table("regression"))
    fresh = fg.MLP(epochs=2).fit(toys.table("regression"))
    for ours, theirs in zip(
        model.network_.state_dict().values(), fresh.network_.state_dict().values(), strict=True
    ):
        assert torch.equal(ours, theirs)
    assert len(model.history_) == 2
