"""Structural similarity against the formula of its paper, and the peak signal-to-noise ratio."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view

from fieldguide.errors import DataError
from fieldguide.metrics.pictures import peak_signal_to_noise, structural_similarity


def of_the_paper(x: np.ndarray, y: np.ndarray, span: float, side: int = 11) -> float:
    """Wang et al. (2004), equations 13 to 17, for two grey pictures, window by window."""
    away = np.arange(side) - (side - 1) / 2
    weights = np.exp(-(away[:, None] ** 2 + away[None, :] ** 2) / (2 * 1.5**2))
    weights /= weights.sum()
    c1, c2 = (0.01 * span) ** 2, (0.03 * span) ** 2
    found = []
    windows = (sliding_window_view(one, (side, side)).reshape(-1, side, side) for one in (x, y))
    for a, b in zip(*windows, strict=True):
        mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
        var_a = (weights * (a - mean_a) ** 2).sum()
        var_b = (weights * (b - mean_b) ** 2).sum()
        shared = (weights * (a - mean_a) * (b - mean_b)).sum()
        top = (2 * mean_a * mean_b + c1) * (2 * shared + c2)
        found.append(top / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)))
    return float(np.mean(found))


@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 13, 20), (1, 11, 11)])
def test_similarity_is_that_of_the_paper(shape: tuple[int, int, int]) -> None:
    chance = np.random.default_rng(0)
    x = chance.random((4, *shape))
    y = np.clip(x + 0.2 * chance.normal(size=x.shape), 0, 1)
    expected = [
        np.mean([of_the_paper(a, b, 1.0) for a, b in zip(one, other, strict=True)])
        for one, other in zip(x, y, strict=True)
    ]
    found = structural_similarity(torch.from_numpy(x).float(), torch.from_numpy(y).float())
    assert found.numpy() == pytest.approx(expected, abs=1e-6)
    whole = structural_similarity(torch.from_numpy(255 * x), torch.from_numpy(255 * y), 255.0)
    assert whole.numpy() == pytest.approx(expected, abs=1e-9)


def test_small_pictures_have_a_smaller_window() -> None:
    chance = np.random.default_rng(1)
    x, y = chance.random((2, 1, 1, 8, 9))
    expected = of_the_paper(x[0, 0], y[0, 0], 1.0, side=7)
    found = structural_similarity(torch.from_numpy(x), torch.from_numpy(y))
    assert float(found) == pytest.approx(expected, abs=1e-9)


def test_known_answers() -> None:
    picture = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert structural_similarity(picture, picture).tolist() == pytest.approx([1.0, 1.0])
    dark, light = torch.full((1, 1, 12, 12), 0.2), torch.full((1, 1, 12, 12), 0.6)
    expected = (2 * 0.2 * 0.6 + 1e-4) / (0.2**2 + 0.6**2 + 1e-4)  # constants have no structure
    assert float(structural_similarity(dark, light)) == pytest.approx(expected, abs=1e-6)
    checks = (torch.arange(16)[:, None] + torch.arange(16) & 1).float().expand(1, 1, 16, 16)
    assert float(structural_similarity(checks, 1 - checks)) < -0.9  # the negative


def test_noise_ratio() -> None:
    one = torch.zeros(3, 1, 4, 4)
    other = torch.stack([one[0], one[1] + 0.1, one[2] + 1.0])
    assert peak_signal_to_noise(one, other).tolist() == pytest.approx([100.0, 20.0, 0.0], abs=1e-4)
    assert peak_signal_to_noise(255 * one, 255 * other, 255.0)[1] == pytest.approx(20.0, abs=1e-4)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(DataError, match=r"\(1, 1, 8, 8\) and \(1, 1, 8, 9\)"):
        structural_similarity(torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 9))
