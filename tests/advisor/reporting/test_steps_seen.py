"""Which steps of a sequence an answer hangs on, found again where only some can tell."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
import torch

import fieldguide as fg
from fieldguide.advisor.reporting import looks, steps_seen
from fieldguide.data import Dataset, SeriesColumn

BUMP = range(30, 42)  # steps among which a bump of six lies


def bumps(count: int = 160, seed: int = 0) -> Dataset:
    """Return noise of 60 to 80 steps, with a bump up or down that tells the class."""
    chance, sequences = np.random.default_rng(seed), []
    for number in range(count):
        line = 0.3 * chance.normal(size=int(chance.integers(60, 81)))
        start = 30 + int(chance.integers(0, 6))
        line[start : start + 6] += 2.0 if number % 2 else -2.0
        sequences.append(line)
    columns = {
        "line": SeriesColumn.of(sequences),
        "way": pl.Series("way", ["down", "up"] * (count // 2)),
    }
    return Dataset.from_columns(columns, target="way")


@pytest.fixture(scope="module")
def model() -> fg.TimeConvolution:
    torch.set_num_threads(1)
    return fg.TimeConvolution(epochs=6, validation=0.0).fit(bumps())


def test_the_steps_that_tell_are_found(model: fg.TimeConvolution) -> None:
    held = bumps(48, seed=1)
    assert model.score(held) > 0.95
    found = steps_seen.measure(model, held, until=time.monotonic() + 60)
    assert found["method"] == "gradient" and found["copies"] > 0
    lengths = held.column("line").lengths[found["positions"]]
    assert [len(weights) for weights in found["weights"]] == lengths.tolist()
    inside = [sum(weights[i] for i in BUMP) / sum(weights) for weights in found["weights"]]
    assert np.mean(inside) > 0.5  # of a sixth of the steps
    assert found["changed_weighty"] > found["changed_random"]


def test_without_gradients_stretches_are_covered(
    model: fg.TimeConvolution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps_seen, "gradient_times_input", lambda *_: (torch.zeros(1), 0))
    found = steps_seen.measure(model, bumps(48, seed=1), until=time.monotonic() + 60)
    assert found["method"] == "occlusion"
    for weights in found["weights"]:
        assert any(weights[i] == max(weights) for i in BUMP)
    assert found["changed_weighty"] > found["changed_random"]


def test_gradient_times_input_of_a_linear_model_is_the_contribution() -> None:
    """f(x) = Σ w x has the contributions |w x|, whatever the noise; none after the end."""
    weights = torch.randn(7, 2, generator=torch.manual_seed(0))
    steps = torch.randn(3, 7, 2)
    lengths = torch.tensor([7, 5, 2])
    inside = torch.arange(7)[None] < lengths[:, None]
    x = {"steps": steps * inside[..., None], "lengths": lengths}
    found, copies = steps_seen.gradient_times_input(
        lambda one: (one["steps"] * weights).sum(dim=(1, 2)), x, time.monotonic() + 5, 0
    )
    torch.testing.assert_close(found, (x["steps"] * weights).abs().sum(dim=2))
    assert copies == steps_seen.COPIES


def test_stretches_part_each_sequence() -> None:
    places = steps_seen._places(torch.tensor([40, 100, 5]), 100)
    counts = torch.stack([(places == number).sum(dim=1) for number in range(steps_seen.STRETCHES)])
    assert counts[:, 0].tolist() == [2] * 20 and counts[:, 1].tolist() == [5] * 20
    assert counts[:, 2].sum() == 5 and (places[2, 5:] == -1).all()


def test_where_there_is_no_time_there_is_nothing(
    model: fg.TimeConvolution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps_seen, "gradient_times_input", lambda *_: (torch.zeros(1), 0))
    assert steps_seen.measure(model, bumps(20), until=time.monotonic()) is None


def test_quantities_have_weights_too() -> None:
    data = bumps()
    numbers = {**data.columns, "way": pl.Series("way", np.arange(160) % 2 * 3.0 + 0.5)}
    held = Dataset.from_columns(numbers, target="way")
    model = fg.TimeConvolution(epochs=2, validation=0.0).fit(held)
    found = steps_seen.measure(model, held, until=time.monotonic() + 60)
    assert "changed_random" not in found and max(found["weights"][0]) == 1.0


def test_the_figure_shows_mistakes_first(model: fg.TimeConvolution) -> None:
    held = bumps(48, seed=1)
    found = steps_seen.measure(model, held, until=time.monotonic() + 60)
    truth = np.asarray(held.column("way")).astype(str)
    guess = truth.astype(object)
    guess[found["positions"][0]] = "sideways"
    material = SimpleNamespace(held_out=held, answers=(truth, guess))
    facts, drawn = looks._steps(found, material)
    assert "predicted sideways" in drawn and drawn.count("weightiest at step") == len(
        found["positions"]
    )
    assert "Put to the test on 48 sequences" in facts["note"] and facts["says"]
    worse = {**found, "changed_weighty": 0.0, "changed_random": 0.5}
    assert "do not lean on them" in looks._steps(worse, material)[0]["note"]
