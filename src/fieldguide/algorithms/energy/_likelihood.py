"""How well a fitted machine explains examples, and where its chains start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor
from torch.nn import functional

from fieldguide.algorithms.energy._annealed_importance_sampling import (
    annealed_log_partition,
    exact_log_partition,
    schedule,
)
from fieldguide.algorithms.energy._machine import Machine
from fieldguide.algorithms.energy._units import Binary, Units
from fieldguide.errors import UsageError

if TYPE_CHECKING:
    from fieldguide.algorithms.energy.rbm import RBMNetwork

EXACT = 16  # hidden units up to which log Z is summed


@torch.no_grad()
def log_likelihood(
    network: RBMNetwork, states: Tensor, *, runs: int, detail: float, seed: int = 0
) -> dict[str, float]:
    """Return mean log p(v) of states in nats, with bounds of three standard errors of log Z.

    Raises:
        UsageError: Counts, whose Z differs with the length of each document.
    """
    machine, units = network.machine, network.visible.noisy_units
    if network.visible.has_counts:
        raise UsageError(
            "Documents of every length have a Z of their own. Use score_samples, and compare "
            "documents of one length."
        )
    reached = -float(machine.free_energy(states, units).double().mean())
    reached += float(network.visible.log_density_scale())
    parts = machine.weights, machine.visible_bias, machine.hidden_bias
    if machine.weights.shape[1] <= EXACT:
        log_z = exact_log_partition(*parts, visible_units=units)
        return {"log_likelihood": reached - log_z, "log_partition": log_z}
    found = annealed_log_partition(
        *parts,
        visible_units=units,
        base_bias=network.visible.biases(states.mean(0), len(states)),
        betas=schedule(detail),
        runs=runs,
        generator=torch.Generator(states.device).manual_seed(seed),
    )
    return {
        "log_likelihood": reached - found.log_partition,
        "low": reached - found.high,
        "high": reached - found.low,
        "log_partition": found.log_partition,
    }


@torch.no_grad()
def pseudo_likelihood(machine: Machine, states: Tensor, units: Units, seed: int) -> Tensor:
    """Return the mean over examples of width · log σ(F(one unit flipped) − F(v)).

    Raises:
        UsageError: Units that are not binary cannot be flipped.
    """
    if not isinstance(units, Binary):
        raise UsageError(
            "The pseudo-likelihood flips binary units, and some of these are not. Use "
            "log_likelihood."
        )
    chance = torch.Generator().manual_seed(seed)
    which = torch.randint(states.shape[1], (len(states), 1), generator=chance).to(states.device)
    flipped = states.scatter(1, which, 1 - states.gather(1, which))
    gap = machine.free_energy(flipped, units) - machine.free_energy(states, units)
    return states.shape[1] * functional.logsigmoid(gap).mean()


def starts(machine: Machine, count: int, generator: Generator) -> Tensor:
    """Return hidden states for chains to start from: training's chains, or coins thrown."""
    if len(machine.chain):
        which = torch.randint(len(machine.chain), (count,), generator=generator)
        return machine.chain[which.to(machine.chain.device)]
    thrown = torch.rand(count, machine.weights.shape[1], generator=generator) < 0.5
    return thrown.to(machine.weights)
