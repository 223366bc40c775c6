"""How likely data are under a Boltzmann machine: log Z, exactly or by annealing.

    log p(v) = −F(v) − log Z

Exactly, by summing over all states of the hidden layer: log Z = log Σₕ exp(s b·h + A(a + W h)).
By annealed importance sampling (Neal 2001; Salakhutdinov & Murray 2008) where that are too many:
a model without weights, whose log Z is known, turns into the machine in many small steps β,

    p_β(v) ∝ m(v) exp(((1 − β) a₀ + β a)·v + A(β (s b + v W))),

and a run that follows it by Gibbs sampling collects the weight w = Π p_β'(v) / p_β(v), whose mean
over runs is Z / Z₀ without bias.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

from fieldguide.algorithms.energy._contrastive_divergence import BINARY, hidden_inputs
from fieldguide.algorithms.energy._units import Units
from fieldguide.errors import UsageError

MOST_HIDDEN = 24  # units of a layer whose states are enumerated: 17 million
CHUNK = 1 << 14  # states at a time

# Salakhutdinov & Murray (2008): 500 steps up to 0.5, 4,000 up to 0.9, 10,000 up to 1.
SCHEDULE = ((0.0, 0.5, 500), (0.5, 0.9, 4_000), (0.9, 1.0, 10_000))


@dataclass(frozen=True)
class Annealed:
    """An estimate of log Z.

    Attributes:
        log_partition: The estimate, nats.
        low: Estimate less three standard errors of Z; −inf where they exceed it.
        high: Estimate plus three standard errors of Z.
        log_weights: Each run's log Z, (runs,).
    """

    log_partition: float
    low: float
    high: float
    log_weights: Tensor


@torch.no_grad()
def exact_log_partition(
    weights: Tensor, visible_bias: Tensor, hidden_bias: Tensor, *, visible_units: Units = BINARY
) -> float:
    """Return log Z of a machine with binary hidden units, by summing over their states.

    Raises:
        UsageError: There are more than 24 hidden units.
    """
    count = weights.shape[1]
    if count > MOST_HIDDEN:
        raise UsageError(
            f"{count} hidden units have 2^{count} states, too many to sum over (at most "
            f"{MOST_HIDDEN} units). Use annealed_log_partition."
        )
    weights, visible_bias, hidden_bias = (
        weights.double(),
        visible_bias.double(),
        hidden_bias.double(),
    )
    replicas = visible_units.replicas()
    times = 1.0 if replicas is None else replicas.double()[0]
    places = torch.arange(count, device=weights.device)
    sums = []
    for codes in torch.arange(2**count, device=weights.device).split(CHUNK):
        states = (codes[:, None] >> places & 1).double()
        natural = torch.addmm(visible_bias, states, weights.T)
        reached = visible_units.log_partition(natural) + states @ (times * hidden_bias.double())
        sums.append(reached.logsumexp(0))
    return float(torch.stack(sums).logsumexp(0))


def schedule(scale: float = 1.0) -> Tensor:
    """Return the temperatures β of Salakhutdinov & Murray (2008), 0 to 1, ``scale`` times as many.

    Example:
        >>> schedule().numel(), schedule(0.1).numel()
        (14501, 1451)
    """
    parts = [
        torch.linspace(start, stop, max(1, round(steps * scale)) + 1, dtype=torch.float64)[:-1]
        for start, stop, steps in SCHEDULE
    ]
    return torch.cat([*parts, torch.ones(1, dtype=torch.float64)])


@torch.no_grad()
def annealed_log_partition(
    weights: Tensor,
    visible_bias: Tensor,
    hidden_bias: Tensor,
    *,
    visible_units: Units = BINARY,
    base_bias: Tensor | None = None,
    betas: Sequence[float] | Tensor | None = None,
    runs: int = 100,
    generator: Generator | None = None,
) -> Annealed:
    """Estimate log Z of a machine with binary hidden units.

    Args:
        weights: W, (visible, hidden).
        visible_bias: a, (visible,).
        hidden_bias: b, (hidden,).
        visible_units: Kind of the visible units.
        base_bias: a₀ of the model without weights; best that which fits the data. 0 by default.
        betas: Temperatures from 0 to 1; `schedule` by default.
        runs: Independent runs.
        generator: Where chance comes from; torch's own by default.
    """
    start = torch.zeros_like(visible_bias) if base_bias is None else base_bias
    steps = [float(beta) for beta in (schedule() if betas is None else betas)]
    replicas = visible_units.replicas()
    units = visible_units
    state = units.draw(units.mean(start.expand(runs, -1).contiguous()), generator)
    found = torch.zeros(runs, dtype=torch.float64, device=weights.device)
    for before, beta in itertools.pairwise(steps):
        inputs = hidden_inputs(state, weights, hidden_bias, replicas)
        gained = functional.softplus(inputs * beta) - functional.softplus(inputs * before)
        found += gained.sum(1).double() + (beta - before) * (state @ (visible_bias - start))
        hidden = BINARY.draw((inputs * beta).sigmoid_(), generator)
        natural = torch.addmm(
            (1 - beta) * start + beta * visible_bias, hidden, weights.T, alpha=beta
        )
        state = units.draw(units.mean(natural), generator)
    base = float(units.log_partition(start.double()[None])[0])
    return _estimate(found + base + weights.shape[1] * math.log(2))


def base_rates(mean: Tensor, *, smooth: float = 0.05) -> Tensor:
    """Return visible biases under which binary units without weights have these means.

    Args:
        mean: Share of examples in which each unit is on, (visible,).
        smooth: How far shares are drawn towards one half, so that none is 0 or 1.
    """
    return torch.logit(mean * (1 - smooth) + 0.5 * smooth)


def _estimate(log_weights: Tensor) -> Annealed:
    """Return the log of the mean of Z, and of three standard errors to either side of it."""
    peak = log_weights.max()
    scaled = (log_weights - peak).exp()
    mean = scaled.mean()
    error = 3 * scaled.std(correction=min(1, len(scaled) - 1)) / math.sqrt(len(scaled))
    low = float((mean - error).clamp_min(0).log() + peak)
    return Annealed(float(mean.log() + peak), low, float((mean + error).log() + peak), log_weights)
