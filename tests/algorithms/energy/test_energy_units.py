"""Each kind of unit against its density, summed or integrated."""

from __future__ import annotations

import math

import pytest
import torch

from fieldguide.algorithms.energy._units import Binary, Counts, Gaussian, Mixed, Softmax, Units
from tests.algorithms.energy.small_machines import states

NATURAL = torch.tensor([[0.3, -1.2, 0.7, 2.0, -0.4]], dtype=torch.float64)
KINDS = {
    "binary": Binary(),
    "softmax": Softmax((2, 3)),
    "counts": Counts(torch.tensor([[3.0]], dtype=torch.float64)),
}


@pytest.mark.parametrize("name", KINDS)
def test_log_partition_sums_over_all_states(name: str) -> None:
    units, all_states = KINDS[name], states(KINDS[name], 5, words=3)
    total = (all_states @ NATURAL[0]).logsumexp(0)
    assert torch.isclose(units.log_partition(NATURAL)[0], total)
    shares = (all_states @ NATURAL[0] - total).exp()
    assert torch.allclose(units.mean(NATURAL)[0], shares @ all_states)


def test_gaussian_units_integrate_to_one() -> None:
    grid = torch.linspace(-12, 12, 20_001, dtype=torch.float64)[:, None]
    natural = torch.full_like(grid, 0.8)
    density = (-Gaussian().loss(natural, grid)).exp()
    assert math.isclose(float(density.sum() * 24 / 20_000), 1, abs_tol=1e-9)
    assert math.isclose(float((density * grid[:, 0]).sum() * 24 / 20_000), 0.8, abs_tol=1e-9)


@pytest.mark.parametrize("name", [*KINDS, "gaussian", "mixed"])
def test_the_mean_is_the_slope_of_the_log_partition(name: str) -> None:
    mixed = Mixed(
        [(Gaussian(), torch.tensor([0, 3])), (Binary(), slice(1, 3)), (Softmax((1,)), [4])]
    )
    units: Units = {**KINDS, "gaussian": Gaussian(), "mixed": mixed}[name]
    natural = NATURAL.clone().requires_grad_()
    (slope,) = torch.autograd.grad(units.log_partition(natural).sum(), natural)
    assert torch.allclose(slope, units.mean(NATURAL))


@pytest.mark.parametrize("name", [*KINDS, "gaussian"])
def test_draws_have_the_mean(name: str) -> None:
    units = {**KINDS, "gaussian": Gaussian()}[name]
    many = 20_000
    if isinstance(units, Counts):
        units = Counts(torch.full((many, 1), 3.0, dtype=torch.float64))
    mean = units.mean(NATURAL.expand(many, -1))
    drawn = units.draw(mean, torch.Generator().manual_seed(0))
    assert torch.allclose(drawn.mean(0), mean[0], atol=0.03)
    assert drawn.dtype == mean.dtype
    if isinstance(units, Counts):
        assert torch.equal(drawn.sum(1), torch.full((many,), 3.0, dtype=torch.float64))
    if isinstance(units, Softmax):
        assert torch.equal(drawn[:, :2].sum(1), torch.ones(many, dtype=torch.float64))


def test_mixed_units_are_their_parts() -> None:
    mixed = Mixed([(Binary(), slice(0, 2)), (Gaussian(), slice(2, 5))])
    state = torch.tensor([[1.0, 0.0, 0.3, -2.0, 1.1]], dtype=torch.float64)
    apart = Binary().loss(NATURAL[:, :2], state[:, :2]) + Gaussian().loss(
        NATURAL[:, 2:], state[:, 2:]
    )
    assert torch.isclose(mixed.loss(NATURAL, state), apart)
    drawn = mixed.draw(mixed.mean(NATURAL))
    assert set(drawn[0, :2].tolist()) <= {0.0, 1.0}


def test_the_loss_of_binary_units_is_cross_entropy() -> None:
    state = torch.tensor([[0.2, 0.0, 1.0, 0.9, 0.5]], dtype=torch.float64)
    expected = torch.nn.functional.binary_cross_entropy_with_logits(NATURAL, state, reduction="sum")
    assert torch.isclose(Binary().loss(NATURAL, state)[0], expected)


def test_a_document_without_words_stays_empty() -> None:
    units = Counts().of(torch.zeros(2, 5))
    assert torch.equal(units.draw(units.mean(torch.zeros(2, 5))), torch.zeros(2, 5))
