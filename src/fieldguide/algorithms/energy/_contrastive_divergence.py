"""Contrastive divergence (Hinton 2002) and its persistent form (Tieleman 2008), without autograd.

    E(v, h) = −log m(v) − a·v − s b·h − v W h              energy; s = 1, or N words for counts
    F(v)    = −log m(v) − a·v − A(s b + v W)               free energy: F = −log Σₕ exp(−E)
    ∂ log p(v) / ∂W = ⟨v h⟩ data − ⟨v h⟩ model             and likewise for a and b

The model's average is taken over states that a few steps of Gibbs sampling reach, from the data
(CD-k) or from where the chains of the last update ended (persistent CD). Plain functions over
tensors of a whole batch; W has shape (visible, hidden).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from fieldguide.algorithms.energy._units import Binary, Units

BINARY = Binary()


class Phases(NamedTuple):
    """The two averages of a gradient, as factors: rows of data first, then of the model.

    Attributes:
        visible: States, (B + C, visible).
        hidden: Means times each row's share: 1/B for data, −1/C for the model; (B + C, hidden).
        shares: Those shares, (B + C,).
        inputs: What hidden units received, (B + C, hidden).
        chain: The model's hidden states, from which persistent chains go on; (C, hidden).
        by_visible_bias: The gradient by visible biases, (visible,).
        replicas: Bias counts of hidden units, (B + C, 1), or None for 1.
    """

    visible: Tensor
    hidden: Tensor
    shares: Tensor
    inputs: Tensor
    chain: Tensor
    by_visible_bias: Tensor
    replicas: Tensor | None

    def gradients(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return the gradients of the log-likelihood by weights, visible and hidden biases."""
        return self.visible.T @ self.hidden, self.by_visible_bias, self.by_hidden_bias()

    def by_hidden_bias(self) -> Tensor:
        """Return the gradient by hidden biases."""
        counted = self.hidden if self.replicas is None else self.hidden * self.replicas
        return counted.sum(0)


def hidden_inputs(
    visible: Tensor, weights: Tensor, hidden_bias: Tensor, replicas: Tensor | None = None
) -> Tensor:
    """Return s b + v W, (B, hidden)."""
    if replicas is None:
        return torch.addmm(hidden_bias, visible, weights)
    return (visible @ weights).addcmul_(replicas, hidden_bias)


def free_energy(
    visible: Tensor,
    weights: Tensor,
    visible_bias: Tensor,
    hidden_bias: Tensor,
    *,
    visible_units: Units = BINARY,
    hidden_units: Units = BINARY,
) -> Tensor:
    """Return F(v) of each example, (B,): −log p(v) up to the constant log Z."""
    units = visible_units.of(visible)
    inputs = hidden_inputs(visible, weights, hidden_bias, units.replicas())
    reached = hidden_units.log_partition(inputs) + visible @ visible_bias
    return -(reached + units.log_base(visible))


def gibbs_step(
    hidden: Tensor,
    weights: Tensor,
    visible_bias: Tensor,
    hidden_bias: Tensor,
    *,
    visible_units: Units = BINARY,
    hidden_units: Units = BINARY,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Return new visible and new hidden states, from hidden states (C, hidden)."""
    natural = torch.addmm(visible_bias, hidden, weights.T)
    visible = visible_units.draw(visible_units.mean(natural), generator)
    inputs = hidden_inputs(visible, weights, hidden_bias, visible_units.replicas())
    return visible, hidden_units.draw(hidden_units.mean(inputs), generator)


def contrastive_divergence(
    data: Tensor,
    weights: Tensor,
    visible_bias: Tensor,
    hidden_bias: Tensor,
    *,
    visible_units: Units = BINARY,
    hidden_units: Units = BINARY,
    steps: int = 1,
    chain: Tensor | None = None,
) -> Phases:
    """Return the phases of CD-k or, given a chain, of persistent CD-k.

    Args:
        data: Examples, (B, visible); probabilities will do for binary units.
        weights: W, (visible, hidden).
        visible_bias: a, (visible,).
        hidden_bias: b, (hidden,).
        visible_units: Kind of the visible units; its `of(data)` knows the totals of counts.
        hidden_units: Kind of the hidden units.
        steps: Gibbs steps k, at least 1.
        chain: Hidden states of C persistent chains; None starts B chains at the data.
    """
    units, count = visible_units.of(data), data.shape[0]
    replicas = units.replicas()
    assert chain is None or replicas is None, "persistent chains have no words of their own"
    first = None
    if chain is None:
        first = hidden_inputs(data, weights, hidden_bias, replicas)
        chain = hidden_units.draw(hidden_units.mean(first))
    for _ in range(steps - 1):
        _, chain = gibbs_step(
            chain, weights, visible_bias, hidden_bias,
            visible_units=units, hidden_units=hidden_units,
        )  # fmt: skip
    natural = torch.addmm(visible_bias, chain, weights.T)
    visible = torch.cat([data, units.draw(units.mean(natural))])
    if first is None:  # one pass over the weights serves data and chains
        inputs = torch.addmm(hidden_bias, visible, weights)
    else:
        last = hidden_inputs(visible[count:], weights, hidden_bias, replicas)
        inputs = torch.cat([first, last])
    hidden = hidden_units.mean(inputs)
    chain = hidden_units.draw(hidden[count:])
    shares = _shares(count, chain.shape[0], data.dtype, data.device)
    twice = None if replicas is None else torch.cat([replicas, replicas])
    weighted = hidden.mul(shares[:, None])
    return Phases(visible, weighted, shares, inputs, chain, visible.T @ shares, twice)


def free_energy_gap(
    phases: Phases,
    visible_bias: Tensor,
    *,
    visible_units: Units = BINARY,
    hidden_units: Units = BINARY,
) -> Tensor:
    """Return the mean of F over the data less that over the model's states, whose slope CD is."""
    reached = hidden_units.log_partition(phases.inputs) + visible_units.log_base(phases.visible)
    return -(reached @ phases.shares + phases.by_visible_bias @ visible_bias)


@cache
def _shares(data: int, model: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return what each row counts in a gradient; made once, for steps are short."""
    shares = torch.full((data + model,), 1 / data, dtype=dtype, device=device)
    shares[data:] = -1 / model
    return shares
