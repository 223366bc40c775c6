"""DeepAR: its distributions against torch.distributions, its recursion, its ranges."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch
import torch.nn.functional as F
from torch import distributions

import fieldguide as fg
from fieldguide.algorithms.recurrent._likelihood import LEAST, Gaussian, NegativeBinomial, StudentT
from fieldguide.algorithms.recurrent.deepar import DeepARNetwork
from fieldguide.data import Dataset


@pytest.fixture
def drawn() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Values, parameters and units of eight series of five steps."""
    chance = torch.Generator().manual_seed(0)
    values, parameters = (
        torch.randn(shape, generator=chance, dtype=torch.float64) for shape in ((8, 5), (8, 5, 3))
    )
    return values, parameters, 1 + torch.rand(8, 1, generator=chance, dtype=torch.float64)


def moments(parameters: torch.Tensor, unit: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return unit * parameters[..., 0], unit * (F.softplus(parameters[..., 1]) + LEAST)


def test_gaussian(drawn) -> None:
    values, parameters, unit = drawn
    theirs = distributions.Normal(*moments(parameters, unit))
    ours = Gaussian()
    found = ours.log_probability(values, parameters, unit)
    torch.testing.assert_close(found, theirs.log_prob(values))
    below = ours.quantile(torch.full((8, 5), 0.3, dtype=torch.float64), parameters, unit)
    torch.testing.assert_close(theirs.cdf(below), torch.full_like(below, 0.3))


def test_student_t(drawn) -> None:
    values, parameters, unit = drawn
    freedom = 2 + F.softplus(parameters[..., 2])
    theirs = distributions.StudentT(freedom, *moments(parameters, unit))
    found = StudentT().log_probability(values, parameters, unit)
    torch.testing.assert_close(found, theirs.log_prob(values))
    chance = torch.full((8, 5), 0.5, dtype=torch.float64)
    middle = StudentT().quantile(chance, parameters, unit)
    torch.testing.assert_close(middle, theirs.mean)


def test_negative_binomial(drawn) -> None:
    _, parameters, unit = drawn
    counts = torch.arange(40, dtype=torch.float64).view(8, 5)
    mean = unit * (F.softplus(parameters[..., 0]) + LEAST)
    shape = (F.softplus(parameters[..., 1]) + LEAST) / unit.sqrt()
    spread = shape * mean
    theirs = distributions.NegativeBinomial(1 / shape, probs=spread / (1 + spread))
    found = NegativeBinomial().log_probability(counts, parameters, unit)
    torch.testing.assert_close(found, theirs.log_prob(counts))
    torch.testing.assert_close(theirs.mean, mean)
    one = parameters[:1, :1].expand(2000, 1, -1)[:, 0]
    chance = (torch.arange(2000, dtype=torch.float64) + 0.5) / 2000
    paths = NegativeBinomial().quantile(chance, one, unit[0].expand(2000))
    assert float(paths.mean()) == pytest.approx(float(mean[0, 0]), rel=0.05)
    assert (paths == paths.round()).all()


def test_counts_come_back_from_their_scale() -> None:
    scale = torch.tensor([[10.0, 4.0]])
    counts = torch.tensor([[3.0, 18.0]])
    likelihood = NegativeBinomial()
    assert torch.equal(likelihood.raw(likelihood.standard(counts, scale), scale), counts)


def test_past_and_future_are_fed_alike() -> None:
    """What training feeds for a step is what forecasting feeds for it, drawn values aside."""
    torch.manual_seed(0)
    network = DeepARNetwork(targets=1, horizon=3, known=2, season=4, hidden=8, paths=2).eval()
    past, known = torch.randn(2, 6), torch.randn(2, 9, 2)
    unit = torch.full((2, 1), 1.7)
    fed: list[torch.Tensor] = []
    network.lstm.register_forward_pre_hook(lambda _, given: fed.append(given[0]))
    paths = network._paths(past, known)
    whole = torch.cat([past, paths[:, 0]], dim=1)
    unit = 1 + past.abs().mean(dim=1, keepdim=True)
    expected = network._inputs(whole, unit, known)
    one_by_one = torch.cat([fed[0], *[step[::2] for step in fed[1:3]]], dim=1)
    torch.testing.assert_close(one_by_one, expected[:, : one_by_one.shape[1]])


def test_the_range_of_noise_is_its_range() -> None:
    chance = np.random.default_rng(0)
    data = Dataset.from_columns({"y": pl.Series(5 + chance.normal(size=1200))})
    train, test = data.as_series(3, lookback=12, season=1).split(0.3)
    model = fg.DeepAR(epochs=6, lr=5e-3, hidden=16, layers=1, likelihood="gaussian").fit(train)
    scores = model.evaluate(test)
    assert 0.72 < scores["coverage"] < 0.88
    table = model.forecast(test)
    assert ((table["high"] - table["low"]) - 2.56).abs().max() < 0.6


def test_counts_are_forecast_as_counts() -> None:
    chance = np.random.default_rng(0)
    rate = 3 + 2 * np.sin(np.arange(400) * 2 * np.pi / 8)
    data = Dataset.from_columns({"sold": pl.Series(chance.poisson(rate))})
    series = data.as_series(4, lookback=16, season=8)
    model = fg.DeepAR(epochs=2, hidden=8, paths=20, likelihood="negative-binomial").fit(series)
    table = model.forecast(series)
    assert (table["low"] >= -1e-3).all() and table["forecast"].is_finite().all()
