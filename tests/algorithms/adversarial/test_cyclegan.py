"""CycleGAN: its losses against their formulas, what it learns without pairs, and resuming."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import fieldguide as fg
from fieldguide.data import Examples, as_dataset
from fieldguide.errors import DataError


def blobs(count: int = 48) -> tuple[np.ndarray, np.ndarray]:
    """Bright blobs on black, every second one inverted."""
    chance = np.random.default_rng(0)
    x = np.zeros((count, 1, 12, 12), dtype=np.uint8)
    for picture, (top, left) in zip(x, chance.integers(0, 8, (count, 2)), strict=True):
        picture[0, top : top + 4, left : left + 4] = 230
    x[1::2] = 255 - x[1::2]
    return x, np.array(["black", "white"] * (count // 2))


def test_losses_are_those_of_the_paper() -> None:
    x, y = blobs(8)
    given = {"maps": 4, "blocks": 1, "batch_size": 4, "validation": 0.0}
    model = fg.CycleGAN(epochs=1, **given).fit(x, y)
    net = model.network_
    a, b = (net.bounds.inward(model._data.batch(places).x) for places in model._places)
    descended: dict[str, torch.Tensor] = {}
    model.descend = lambda name, loss: descended.__setitem__(name, loss)  # type: ignore[method-assign]
    net.pools = torch.nn.ModuleList()
    model._pictures = lambda batch: (a, b)  # type: ignore[method-assign]
    model._pool = lambda code: _Mirror()  # type: ignore[method-assign]
    (batch,) = Examples(torch.arange(4)).whole()
    model.step(batch)
    to_a, to_b = net.generators
    knows_a, knows_b = net.discriminators
    fake_a, fake_b = to_a(b), to_b(a)
    cycle = (to_a(fake_b) - a).abs().mean() + (to_b(fake_a) - b).abs().mean()
    same = (to_a(a) - a).abs().mean() + (to_b(b) - b).abs().mean()
    fooled = (knows_a(fake_a) - 1).square().mean() + (knows_b(fake_b) - 1).square().mean()
    judged = 0.5 * sum(
        (knows(real) - 1).square().mean() + knows(fake).square().mean()
        for knows, real, fake in ((knows_a, a, fake_a), (knows_b, b, fake_b))
    )
    expected = fooled + 10 * cycle + 5 * same
    assert descended["generators"].item() == pytest.approx(expected.item(), rel=1e-4)
    assert descended["discriminators"].item() == pytest.approx(judged.item(), rel=1e-4)


class _Mirror:
    def exchange(self, made: torch.Tensor) -> torch.Tensor:
        return made.detach()


def test_it_learns_to_invert_without_ever_seeing_a_pair() -> None:
    x, y = blobs(48)
    model = fg.CycleGAN(epochs=30, maps=8, blocks=1, lr=2e-3, seed=0, validation=0.0).fit(x, y)
    fresh, classes = blobs(40)
    error = np.abs(model.predict(as_dataset(fresh, classes)).astype(float) - (255.0 - fresh)).mean()
    assert error < 90  # of 255; leaving them as they are errs by 213
    assert model.history_[-1]["cycle"] < model.history_[0]["cycle"] / 2


def test_batches_count_the_larger_class_and_draw_the_smaller() -> None:
    x, y = blobs(40)
    few = np.r_[np.arange(0, 40, 2), np.arange(1, 12, 2)]  # 20 black, 6 white
    model = fg.CycleGAN(epochs=0, maps=4, blocks=1, validation=0.0).fit(x[few], y[few])
    (stage,) = model.stages(model.task_.encode(as_dataset(x[few], y[few])))
    assert len(stage.batches) == 5
    batch = next(iter(stage.batches))
    black, white = model._pictures(batch)
    assert black.shape == white.shape == (4, 1, 12, 12)
    expected = model.network_.bounds.inward(model._data.batch(batch.x).x)
    assert torch.equal(black, expected) and float(white.mean()) > float(black.mean())


def test_one_picture_of_a_class_is_refused() -> None:
    x, y = blobs(40)
    few = np.r_[np.arange(0, 40, 2), [1]]
    with pytest.raises(DataError, match="1 pictures of 'white' to learn from"):
        fg.CycleGAN(maps=4, blocks=1, validation=0.0).fit(x[few], y[few])


def test_constant_pictures_are_learnt_without_a_crash() -> None:
    x = np.zeros((12, 1, 8, 8), dtype=np.uint8)
    model = fg.CycleGAN(epochs=1, maps=4, blocks=1, validation=0.0).fit(x, ["a", "b"] * 6)
    assert model.predict(x).shape == x.shape


def test_saved_it_translates_the_same(tmp_path: Path) -> None:
    x, y = blobs(20)
    model = fg.CycleGAN(epochs=1, maps=4, blocks=1).fit(x, y)
    again = fg.load(model.save(tmp_path / "model"))
    assert np.array_equal(again.predict(x), model.predict(x))
