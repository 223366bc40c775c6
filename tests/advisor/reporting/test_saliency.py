from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest
import torch

from fieldguide.advisor.reporting import saliency
from fieldguide.algorithms.baseline.majority import Majority
from fieldguide.algorithms.baseline.nearest_neighbours import NearestNeighbours
from fieldguide.algorithms.perceptron.mlp import MLP
from fieldguide.data import Dataset

LATER = float("inf")


@pytest.fixture(scope="module")
def corner() -> Dataset:
    """Noise; the class is whether the upper left corner is bright."""
    chance = np.random.default_rng(0)
    pixels = chance.integers(0, 120, (300, 1, 8, 8)).astype(np.uint8)
    bright = np.arange(300) % 2 == 1
    pixels[bright, :, :2, :2] += 130
    columns = {"image": pixels, "y": pl.Series("y", np.where(bright, "bright", "dark"))}
    return Dataset.from_columns(columns, target="y")


def in_corner(heat: np.ndarray) -> float:
    """Share of the attention that falls on the corner."""
    heat = heat.astype(float)
    return float(heat[..., :2, :2].sum() / heat.sum())


def test_smooth_gradients_find_what_decides(corner: Dataset) -> None:
    model = MLP(hidden=(16,), epochs=15, lr=0.01, device="cpu").fit(corner.take(np.arange(200)))
    found, arrays = saliency.measure(model, corner.take(np.arange(200, 300)), until=LATER)
    assert found is not None and found["method"] == "SmoothGrad"
    assert found["copies"] == saliency.COPIES
    assert in_corner(arrays["saliency_mean"]) > 0.15  # 4 of 64 pixels are 0.0625
    assert np.argmax(arrays["saliency_mean"]) in (0, 1, 8, 9)
    assert found["changed_salient"] > 0.3 > found["changed_random"]
    shown = len(found["positions"])
    assert arrays["saliency"].shape == (shown, 8, 8) and 2 <= shown <= saliency.SHOWN
    assert float(arrays["saliency"].max()) <= 1.0
    assert arrays["saliency"].dtype == np.float16


def test_a_linear_output_has_its_weights_as_gradient() -> None:
    weights = torch.randn(2, 5, 5, generator=torch.manual_seed(0))
    x = torch.randn(3, 2, 5, 5)
    maps, copies = saliency.smooth_gradients(
        lambda pictures: (pictures * weights).flatten(1).sum(dim=1), x, LATER, 0
    )
    assert copies == saliency.COPIES
    for found in maps:
        assert torch.allclose(found, weights.abs().amax(dim=0), atol=1e-5)
    _, copies = saliency.smooth_gradients(lambda p: p.flatten(1).sum(1), x, time.monotonic(), 0)
    assert copies == 1


def test_occlusion_where_there_are_no_gradients(corner: Dataset) -> None:
    model = NearestNeighbours().fit(corner.take(np.arange(200)))
    found, _ = saliency.measure(model, corner.take(np.arange(200, 300)), until=LATER)
    assert found is not None and found["method"] == "occlusion" and found["copies"] == 0
    x = torch.ones(1, 1, 14, 14)
    heat = saliency.occlusion(lambda p: p[:, 0, 3, 10], x, LATER)
    assert heat is not None and heat[0, 3, 10] == heat.max() and heat[0, 10, 3] == 0
    assert saliency.occlusion(lambda p: p[:, 0, 3, 3], x, time.monotonic() - 1) is None


def test_a_constant_looks_at_nothing(corner: Dataset) -> None:
    model = Majority().fit(corner)
    found, arrays = saliency.measure(model, corner, until=LATER)
    assert found is not None and not arrays["saliency"].any()
    assert found["changed_salient"] == found["changed_random"] == 0


def test_mistakes_come_first_and_classes_take_turns() -> None:
    outputs = torch.eye(3)[torch.arange(30) % 3] * torch.linspace(1, 5, 30)[:, None]
    y = torch.arange(30) % 3
    y[[4, 20]] = (y[[4, 20]] + 1) % 3
    order, shown = saliency.choose(outputs, y, True, seed=0)
    assert order[:2].tolist() == [20, 4] and shown == 8
    assert {int(i) % 3 for i in order[2:5]} == {0, 1, 2}
    assert len(set(order.tolist())) == 30
