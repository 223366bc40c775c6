"""log Z: exact against brute force, annealed against exact."""

from __future__ import annotations

import math

import pytest
import torch

from fieldguide.algorithms.energy._annealed_importance_sampling import (
    annealed_log_partition,
    base_rates,
    exact_log_partition,
    schedule,
)
from fieldguide.algorithms.energy._contrastive_divergence import free_energy
from fieldguide.algorithms.energy._units import Binary, Counts, Gaussian, Mixed, Softmax, Units
from fieldguide.errors import UsageError
from tests.algorithms.energy.small_machines import log_joint, states, weights

THREE = Counts(torch.tensor([[3.0]], dtype=torch.float64))


@pytest.mark.parametrize("units", [Binary(), Softmax((2, 4)), THREE])
def test_exact_is_brute_force(units: Units) -> None:
    machine, visible = weights(6, 4), states(units, 6, words=3)
    total = log_joint(visible, machine, units.replicas()).logsumexp((0, 1))
    found = exact_log_partition(*machine, visible_units=units)
    assert math.isclose(found, float(total), rel_tol=1e-12)


def test_probabilities_sum_to_one() -> None:
    machine, visible = weights(8, 5), states(Binary(), 8)
    log_p = -free_energy(visible, *machine) - exact_log_partition(*machine)
    assert math.isclose(float(log_p.exp().sum()), 1)


def test_gaussian_density_integrates_to_one() -> None:
    machine = weights(1, 3)
    grid = torch.linspace(-15, 15, 30_001, dtype=torch.float64)[:, None]
    log_z = exact_log_partition(*machine, visible_units=Gaussian())
    density = (-free_energy(grid, *machine, visible_units=Gaussian()) - log_z).exp()
    assert math.isclose(float(density.sum() * 30 / 30_000), 1, abs_tol=1e-9)


@pytest.mark.parametrize(
    "units",
    [
        Binary(),
        Softmax((4, 8)),
        Gaussian(),
        Mixed([(Binary(), slice(0, 5)), (Gaussian(), slice(5, 12))]),
        THREE,
    ],
    ids=["binary", "softmax", "gaussian", "mixed", "counts"],
)
def test_annealing_finds_the_exact_value(units: Units) -> None:
    machine = weights(12, 8, scale=0.7)
    exact = exact_log_partition(*machine, visible_units=units)
    chance = torch.Generator().manual_seed(0)
    runs = 200
    drawn = units if units is not THREE else Counts(THREE.replicas().expand(runs, 1))
    found = annealed_log_partition(
        *machine, visible_units=drawn, betas=torch.linspace(0, 1, 400), runs=runs, generator=chance
    )
    assert abs(found.log_partition - exact) < 0.2
    assert found.low - 0.05 < exact < found.high + 0.05
    assert found.low < found.log_partition < found.high


def test_a_better_start_gives_a_smaller_error() -> None:
    w, a, b = weights(12, 8, scale=0.5)
    a = a - 3  # mostly off, as the pixels of a digit are
    exact = exact_log_partition(w, a, b)
    mean = states(Binary(), 12)
    likely = (-free_energy(mean, w, a, b) - exact).exp() @ mean
    spread = [
        annealed_log_partition(
            w, a, b, base_bias=start, betas=torch.linspace(0, 1, 30), runs=300,
            generator=torch.Generator().manual_seed(0),
        ).log_weights.std()
        for start in (None, base_rates(likely))
    ]  # fmt: skip
    assert spread[1] < 0.5 * spread[0]


def test_a_machine_without_weights_needs_no_annealing() -> None:
    w, a, b = weights(6, 4)
    found = annealed_log_partition(0 * w, a, b, base_bias=a, betas=[0.0, 1.0], runs=2)
    assert math.isclose(found.log_partition, exact_log_partition(0 * w, a, b), abs_tol=1e-6)


def test_too_many_hidden_units_for_enumeration() -> None:
    with pytest.raises(UsageError, match="30 hidden units have"):
        exact_log_partition(*weights(2, 30))


def test_the_papers_schedule() -> None:
    betas = schedule()
    assert len(betas) == 14_501 and betas[0] == 0 and betas[-1] == 1
    assert bool((betas.diff() > 0).all())
