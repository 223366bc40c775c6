"""Baselines of translation: what each of them is by its definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.linear_model import LinearRegression

import fieldguide as fg
from fieldguide.data import as_dataset
from fieldguide.errors import DataError, UsageError


def noise(count: int = 20, channels: int = 1, side: int = 10, seed: int = 0) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return chance.integers(0, 256, (count, channels, side, side)).astype(np.uint8)


def test_a_linear_filter_is_least_squares_over_all_windows() -> None:
    x, y = noise(channels=2), noise(seed=1)
    model = fg.LinearFilter(size=3, regularisation=0.0).fit(x, y)
    task = model.task_
    (batch,) = task.encode(as_dataset(x, y)).whole()
    padded = F.pad(batch.x, (1, 1, 1, 1), mode="replicate")
    windows = F.unfold(padded, 3).transpose(1, 2).flatten(0, 1).double().numpy()
    wanted = task.wanted(batch.y).flatten().double().numpy()
    theirs = LinearRegression().fit(windows, wanted)
    own = model.network_
    assert own.weight.flatten().tolist() == pytest.approx(theirs.coef_.tolist(), abs=1e-4)
    assert own.bias.item() == pytest.approx(theirs.intercept_, abs=1e-4)


def test_a_linear_filter_finds_a_blur() -> None:
    x = noise(40)
    blurred = F.avg_pool2d(F.pad(torch.from_numpy(x).float(), (1,) * 4, mode="replicate"), 3, 1)
    y = blurred.round().to(torch.uint8).numpy()
    model = fg.LinearFilter(size=3).fit(x[:30], y[:30])
    assert np.abs(model.predict(x[30:]).astype(int) - y[30:]).max() <= 2


def test_even_windows_are_refused() -> None:
    with pytest.raises(UsageError, match="size=4: expected an odd number"):
        fg.LinearFilter(size=4).fit(noise(), noise())


def test_the_mean_picture_explains_nothing() -> None:
    x, y = noise(), noise(seed=1)
    model = fg.MeanPicture().fit(x, y)
    assert np.abs(model.predict(x)[0].astype(float) - y.mean(axis=0)).max() <= 0.51
    assert model.evaluate(x, y)["explained"] == pytest.approx(0, abs=1e-3)


def test_unchanged_pictures_change_colours_as_pillow_does() -> None:
    colour = noise(channels=3)
    model = fg.UnchangedPicture().fit(colour, noise())
    luma = np.tensordot(colour.transpose(0, 2, 3, 1), [0.299, 0.587, 0.114], axes=1)
    assert np.abs(model.predict(colour)[:, 0] - luma).max() <= 0.51
    model = fg.UnchangedPicture().fit(noise(), colour)
    assert np.array_equal(model.predict(noise())[:, 2], noise()[:, 0])
    with_alpha = noise(channels=4)
    model = fg.UnchangedPicture().fit(colour, with_alpha)
    assert (model.predict(colour)[:, 3] == 255).all()


def test_colours_get_the_statistics_of_the_other_class() -> None:
    chance = np.random.default_rng(0)
    x = chance.normal(100, 10, (60, 3, 8, 8))
    x[30:] = chance.normal(150, 20, (30, 3, 8, 8))
    names = np.repeat(["a", "b"], 30)
    x = x.clip(0, 255).round().astype(np.uint8)
    found = fg.ColourStatistics().fit(x, names).predict(as_dataset(x, names)).astype(float)
    for one, other in ((found[:30], x[30:]), (found[30:], x[:30])):
        assert one.mean(axis=(0, 2, 3)) == pytest.approx(other.mean(axis=(0, 2, 3)), abs=0.5)
        assert one.std(axis=(0, 2, 3)) == pytest.approx(other.std(axis=(0, 2, 3)), rel=0.03)


def test_a_class_without_pictures_in_training_is_refused() -> None:
    model = fg.ColourStatistics()
    data = as_dataset(noise(8), np.repeat(["a", "b"], 4))
    model.fit(data)
    with pytest.raises(DataError, match="one of the two classes has no pictures"):
        model.learn(torch.zeros(3, 1, 4, 4), torch.zeros(3))
