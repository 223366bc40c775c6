"""Correction of outliers: a linear model's own truth, injected faults, what must stay untouched."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from fieldguide.algorithms.autoencoder._layout import Layout
from fieldguide.algorithms.autoencoder._repair import Scales, learn_scales, repair

WIDTH, RANK, COUNT = 40, 3, 200
LAYOUT = Layout(WIDTH)


class Waves:
    """Sums of three slow waves with noise of 0.05, and the projection that knows them."""

    def __init__(self) -> None:
        chance = torch.Generator().manual_seed(0)
        time = torch.linspace(0, 2 * np.pi, WIDTH)
        self.waves = torch.stack([time.sin(), time.cos(), (2 * time).sin()])
        basis = torch.linalg.qr(self.waves.T)[0]
        self.projection = basis @ basis.T
        self.clean = torch.randn(COUNT, RANK, generator=chance) @ self.waves
        self.noisy = self.clean + 0.05 * torch.randn(COUNT, WIDTH, generator=chance)
        held = torch.randn(COUNT, RANK, generator=chance) @ self.waves
        held = held + 0.05 * torch.randn(COUNT, WIDTH, generator=chance)
        self.scales = learn_scales(LAYOUT.residuals(held, self.say(held, held)), held, LAYOUT)

    def say(self, rows: Tensor, replaced: Tensor) -> Tensor:
        return rows @ self.projection

    def repair(self, rows: Tensor, **more: object) -> tuple[Tensor, Tensor]:
        return repair(rows, self.say, LAYOUT, self.scales, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def waves() -> Waves:
    return Waves()


def spikes(rows: Tensor, per_row: int, height: float = 4.0) -> tuple[Tensor, Tensor]:
    """Put spikes of either sign into each row; return it and where they are."""
    chance = torch.Generator().manual_seed(1)
    places = torch.rand(rows.shape, generator=chance).argsort(dim=1)[:, :per_row]
    signs = torch.randint(0, 2, places.shape, generator=chance) * 2.0 - 1
    where = torch.zeros(rows.shape, dtype=torch.bool).scatter(1, places, True)
    return rows.scatter_add(1, places, height * signs), where


def dropouts(rows: Tensor, length: int) -> tuple[Tensor, Tensor]:
    """Replace a stretch of each row by the value of a sensor that went dead."""
    chance = torch.Generator().manual_seed(2)
    start = torch.randint(0, WIDTH - length, (len(rows), 1), generator=chance)
    time = torch.arange(WIDTH)
    where = (time >= start) & (time < start + length)
    return rows.masked_fill(where, -6.0), where


def rmse(one: Tensor, other: Tensor) -> float:
    return float((one - other).square().mean().sqrt())


def test_spikes_are_found_and_taken_back(waves: Waves) -> None:
    spoilt, where = spikes(waves.noisy, 3)
    repaired, mask = waves.repair(spoilt)
    assert float(mask[where].float().mean()) > 0.99
    assert float(mask[~where].float().mean()) < 0.02
    assert rmse(repaired, waves.clean) < 0.1 * rmse(spoilt, waves.clean)


def test_dropouts_are_filled(waves: Waves) -> None:
    spoilt, where = dropouts(waves.noisy, 8)
    repaired, mask = waves.repair(spoilt)
    assert float(mask[where].float().mean()) > 0.97
    assert rmse(repaired, waves.clean) < 0.1 * rmse(spoilt, waves.clean)


def test_a_replacement_is_least_squares_over_the_others(waves: Waves) -> None:
    spoilt, _ = spikes(waves.noisy[:20], 2)
    repaired, mask = waves.repair(spoilt)
    for row, fixed, wrong in zip(spoilt.numpy(), repaired.numpy(), mask.numpy(), strict=True):
        basis = waves.waves.T.numpy()
        weights = np.linalg.lstsq(basis[~wrong], row[~wrong], rcond=None)[0]
        np.testing.assert_allclose(fixed[wrong], (basis @ weights)[wrong], atol=0.02)


def test_what_is_right_stays_as_it_was(waves: Waves) -> None:
    spoilt, _ = spikes(waves.noisy, 2)
    repaired, mask = waves.repair(spoilt)
    assert torch.equal(repaired[~mask], spoilt[~mask])
    healthy, few = waves.repair(waves.noisy)
    assert float(few.float().mean()) < 0.01
    assert rmse(healthy, waves.clean) <= rmse(waves.noisy, waves.clean)


def test_a_row_that_is_strange_as_a_whole_is_left_alone(waves: Waves) -> None:
    strange = 5 * torch.randn(3, WIDTH, generator=torch.Generator().manual_seed(3))
    repaired, mask = waves.repair(strange)
    assert not mask.any() and torch.equal(repaired, strange)


def test_known_gaps_are_filled_whatever_stands_there(waves: Waves) -> None:
    known = torch.zeros(COUNT, WIDTH, dtype=torch.bool)
    known[:, 5:9] = True
    repaired, mask = waves.repair(waves.noisy.masked_fill(known, 0.0), known=known)
    assert mask[known].all()
    assert rmse(repaired[:, 5:9], waves.clean[:, 5:9]) < 0.06


def test_a_row_does_not_depend_on_its_neighbours(waves: Waves) -> None:
    spoilt, _ = spikes(waves.noisy[:8], 3)
    together, _ = waves.repair(spoilt)
    alone = torch.cat([waves.repair(row[None])[0] for row in spoilt])
    torch.testing.assert_close(together, alone, atol=1e-3, rtol=0)


def test_a_category_that_cannot_be_is_replaced() -> None:
    layout = Layout(1, (2,))

    def say(
        rows: Tensor, replaced: Tensor
    ) -> Tensor:  # the sign of the number decides the category
        first = torch.sigmoid(20 * rows[:, :1])
        return torch.cat([rows[:, :1], first, 1 - first], dim=1)

    rows = torch.tensor([[2.0, 1.0, 0.0], [2.0, 0.0, 1.0], [-2.0, 0.0, 1.0]])
    scales = Scales(torch.zeros(2), torch.ones(2), torch.full((3,), -9.0), torch.full((3,), 9.0))
    repaired, mask = repair(rows, say, layout, scales)
    assert mask.tolist() == [[False, False], [False, True], [False, False]]
    assert repaired.tolist() == [[2.0, 1.0, 0.0], [2.0, 1.0, 0.0], [-2.0, 0.0, 1.0]]


def test_scales_of_normal_residuals_are_their_deviations() -> None:
    chance = torch.Generator().manual_seed(0)
    residuals = torch.randn(4000, 2, generator=chance) * torch.tensor([1.0, 3.0]) + 0.5
    found = learn_scales(residuals, residuals, Layout(2))
    torch.testing.assert_close(found.scale, torch.tensor([1.0, 3.0]), rtol=0.1, atol=0)
    torch.testing.assert_close(found.centre, torch.tensor([0.5, 0.5]), rtol=0, atol=0.15)


def test_scales_hardly_move_when_some_examples_are_outliers() -> None:
    residuals = torch.randn(1000, 1, generator=torch.Generator().manual_seed(0))
    residuals[:5] += 1000
    assert float(learn_scales(residuals, residuals, Layout(1)).scale) < 1.1


def test_what_is_always_exact_is_not_held_to_that() -> None:
    residuals = torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
    residuals[:, 2] = 0.0
    found = learn_scales(residuals, residuals, Layout(3)).scale
    assert float(found[2]) == pytest.approx(0.2 * float(found.median()), rel=0.2)
    assert (learn_scales(torch.zeros(5, 3), torch.zeros(5, 3), Layout(3)).scale > 0).all()


def test_no_replacement_is_far_beyond_what_was_ever_there(waves: Waves) -> None:
    spoilt, _ = spikes(waves.noisy[:20], 1)
    wild = repair(spoilt, lambda rows, replaced: 3 * rows, LAYOUT, waves.scales)[0]
    assert (wild[wild != spoilt] <= float(waves.scales.high.max())).all()
