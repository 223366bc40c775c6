"""DLinear against a plain re-computation."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch

import fieldguide as fg
from fieldguide.algorithms.perceptron.dlinear import DLinearNetwork, moving_mean
from fieldguide.data import Dataset


def by_hand(network: DLinearNetwork, past: np.ndarray) -> np.ndarray:
    """One window and channel at a time, step by step."""
    windows, lookback, targets = past.shape
    half = (network.kernel - 1) // 2
    trend_w, rest_w, bias = (
        part.detach().numpy() for part in (network.trend, network.rest, network.bias)
    )
    ahead = np.empty((windows, trend_w.shape[2], targets))
    for w in range(windows):
        for c in range(targets):
            x = past[w, :, c]
            last = x[-1] if network.last_value else 0.0
            x = x - last
            padded = np.concatenate([[x[0]] * half, x, [x[-1]] * half])
            trend = np.array([padded[i : i + network.kernel].mean() for i in range(lookback)])
            own = c if len(trend_w) > 1 else 0
            made = trend @ trend_w[own] + (x - trend) @ rest_w[own] + bias[own, 0]
            ahead[w, :, c] = made + last
    return ahead


@pytest.mark.parametrize("individual", [False, True])
@pytest.mark.parametrize("last_value", [False, True])
def test_equals_a_plain_computation(individual: bool, last_value: bool) -> None:
    torch.manual_seed(0)
    network = DLinearNetwork(
        lookback=20, horizon=6, targets=3, kernel=7, individual=individual, last_value=last_value
    ).double()
    past = torch.randn(4, 20, 5, dtype=torch.float64)
    expected = by_hand(network, past[..., :3].numpy())
    np.testing.assert_allclose(network({"past": past}).detach(), expected, atol=1e-12)


def test_weights_as_published() -> None:
    """Two layers of lookback × horizon weights with a bias; ours add the two biases to one."""
    network = DLinearNetwork(lookback=336, horizon=96, targets=7)
    assert sum(weight.numel() for weight in network.parameters()) == 2 * 336 * 96 + 96


def test_the_moving_mean_keeps_a_constant() -> None:
    assert torch.allclose(moving_mean(torch.full((1, 1, 10), 3.0), 25), torch.tensor(3.0))


def test_it_learns_a_season_and_a_trend() -> None:
    steps = np.arange(600)
    y = 0.02 * steps + np.sin(steps * 2 * np.pi / 12)
    data = Dataset.from_columns({"y": pl.Series(y)}).as_series(6, lookback=36, season=12)
    train, test = data.split(0.2)
    assert fg.DLinear(epochs=20).fit(train).score(test) > 0.8
