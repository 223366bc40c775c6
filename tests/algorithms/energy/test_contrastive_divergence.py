"""Free energy against brute force; contrastive divergence against the exact gradient."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.neural_network import BernoulliRBM

from fieldguide.algorithms.energy._contrastive_divergence import (
    Phases,
    contrastive_divergence,
    free_energy,
    free_energy_gap,
    gibbs_step,
)
from fieldguide.algorithms.energy._units import Binary, Counts, Gaussian, Softmax, Units
from tests.algorithms.energy.small_machines import Weights, bits, log_joint, states, weights

DATA = torch.tensor([[1, 0, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0]], dtype=torch.float64)


def exact_gradients(data: torch.Tensor, machine: Weights) -> list[torch.Tensor]:
    """Differentiate the mean log-likelihood, log Z summed over all visible states."""
    leaves = [part.clone().requires_grad_() for part in machine]
    log_z = torch.logsumexp(-free_energy(bits(data.shape[1]), *leaves), 0)
    return list(torch.autograd.grad((-free_energy(data, *leaves)).mean() - log_z, leaves))


def mean_gradients(data: torch.Tensor, machine: Weights, steps: int) -> list[torch.Tensor]:
    """Average CD-k over many copies of the data at once."""
    torch.manual_seed(0)
    phases = contrastive_divergence(data.repeat(20_000, 1), *machine, steps=steps)
    return list(phases.gradients())


@pytest.mark.parametrize(("units", "words"), [(Binary(), 0), (Softmax((2, 3)), 0), (Counts(), 3)])
def test_free_energy_is_brute_force(units: Units, words: int) -> None:
    machine, visible = weights(5, 4), states(units, 5, words)
    replicas = units.of(visible).replicas()
    found = free_energy(visible, *machine, visible_units=units)
    assert torch.allclose(-found, log_joint(visible, machine, replicas).logsumexp(1))


def test_free_energy_of_gaussian_units() -> None:
    machine, visible = weights(5, 4), torch.randn(6, 5, dtype=torch.float64)
    found = free_energy(visible, *machine, visible_units=Gaussian())
    expected = log_joint(visible, machine).logsumexp(1) - visible.square().sum(1) / 2
    assert torch.allclose(-found, expected)


def test_free_energy_is_scikit_learns() -> None:
    machine = weights(4, 3)
    peer = BernoulliRBM(3)
    peer.components_ = machine[0].T.numpy()
    peer.intercept_visible_, peer.intercept_hidden_ = machine[1].numpy(), machine[2].numpy()
    assert np.allclose(free_energy(DATA, *machine).numpy(), peer._free_energy(DATA.numpy()))


def test_contrastive_divergence_nears_the_exact_gradient_with_k() -> None:
    machine = weights(4, 3, seed=0, scale=2)
    exact = exact_gradients(DATA, machine)
    flat = torch.cat([part.flatten() for part in exact])
    distances = []
    for steps in (1, 3, 30):
        found = torch.cat([part.flatten() for part in mean_gradients(DATA, machine, steps)])
        assert found @ flat > 0.8 * found.norm() * flat.norm()  # the same direction
        distances.append(float((found - flat).norm()))
    assert distances[0] > distances[1] > distances[2]
    assert distances[2] < 0.02 * float(flat.norm())


def test_cd_1_has_the_mean_that_enumeration_gives() -> None:
    machine = weights(4, 3, seed=2)
    w, a, b = machine
    hidden, visible = bits(3), bits(4)
    up = (DATA @ w + b).sigmoid()
    to_hidden = (hidden[None] * up[:, None] + (1 - hidden[None]) * (1 - up[:, None])).prod(2)
    down = (hidden @ w.T + a).sigmoid()
    to_visible = (visible[None] * down[:, None] + (1 - visible[None]) * (1 - down[:, None])).prod(2)
    reached = (to_hidden @ to_visible).mean(0)  # share of each visible state after one step
    model = (visible * reached[:, None]).T @ (visible @ w + b).sigmoid()
    expected = DATA.T @ up / len(DATA) - model
    assert torch.allclose(mean_gradients(DATA, machine, 1)[0], expected, atol=0.01)


@pytest.mark.parametrize(("units", "words"), [(Softmax((2, 3)), 0), (Counts(), 2)])
def test_other_units_near_their_exact_gradient(units: Units, words: int) -> None:
    machine, everything = weights(5, 2, seed=3), states(units, 5, words)
    data = everything[[1, 4]]
    leaves = [part.clone().requires_grad_() for part in machine]
    energies = free_energy(everything, *leaves, visible_units=units)
    mine = free_energy(data, *leaves, visible_units=units)
    exact = torch.autograd.grad(-mine.mean() - (-energies).logsumexp(0), leaves)
    torch.manual_seed(0)
    phases = contrastive_divergence(data.repeat(10_000, 1), *machine, visible_units=units, steps=20)
    for found, expected in zip(phases.gradients(), exact, strict=True):
        assert torch.allclose(found, expected, atol=0.03)


def test_gaussian_units_near_their_exact_gradient() -> None:
    machine = weights(3, 2, seed=4, scale=0.5)
    data = torch.tensor([[0.5, -1.0, 0.2], [1.5, 0.1, -0.7]], dtype=torch.float64)
    leaves = [part.clone().requires_grad_() for part in machine]
    hidden = bits(2)  # the visible units are integrated out: Gaussians around a + W h
    natural = hidden @ leaves[0].T + leaves[1]
    log_z = (Gaussian().log_partition(natural) + hidden @ leaves[2]).logsumexp(0)
    mine = free_energy(data, *leaves, visible_units=Gaussian())
    exact = torch.autograd.grad(-mine.mean() - log_z, leaves)
    torch.manual_seed(0)
    phases = contrastive_divergence(
        data.repeat(10_000, 1), *machine, visible_units=Gaussian(), steps=20
    )
    for found, expected in zip(phases.gradients(), exact, strict=True):
        assert torch.allclose(found, expected, atol=0.04)


def test_persistent_chains_go_on_from_where_they_were() -> None:
    machine = weights(4, 3)
    torch.manual_seed(0)
    chain = torch.zeros(50_000, 3, dtype=torch.float64)
    for _ in range(30):  # chains that have forgotten their start sample the model
        phases = contrastive_divergence(DATA, *machine, chain=chain)
        chain = phases.chain
    for found, expected in zip(phases.gradients(), exact_gradients(DATA, machine), strict=True):
        assert torch.allclose(found, expected, atol=0.02)


def test_the_gap_has_the_gradient_that_the_phases_are() -> None:
    leaves = [part.clone().requires_grad_() for part in weights(4, 3)]
    torch.manual_seed(0)
    phases: Phases = contrastive_divergence(DATA, *leaves, steps=2)
    fixed = phases.visible.detach()
    gap = -free_energy(fixed, *leaves) @ phases.shares
    for slope, found in zip(torch.autograd.grad(gap, leaves), phases.gradients(), strict=True):
        assert torch.allclose(slope, found)
    assert torch.isclose(free_energy_gap(phases, leaves[1]), -gap)


def test_gibbs_steps_keep_the_models_distribution() -> None:
    machine = weights(3, 2, seed=5)
    visible = bits(3)
    shares = log_joint(visible, machine).logsumexp(1).softmax(0)
    chance = torch.Generator().manual_seed(0)
    hidden = torch.zeros(40_000, 2, dtype=torch.float64)
    for _ in range(25):
        drawn, hidden = gibbs_step(hidden, *machine, generator=chance)
    codes = (drawn @ torch.tensor([4.0, 2.0, 1.0], dtype=torch.float64)).long()
    found = torch.bincount(codes, minlength=8) / len(drawn)
    assert torch.allclose(found.double(), shares, atol=0.01)
