"""A Boltzmann machine's weights and everything that its learning rule changes, as one module."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from fieldguide.algorithms.energy._contrastive_divergence import (
    Phases,
    contrastive_divergence,
    free_energy,
    free_energy_gap,
    hidden_inputs,
)
from fieldguide.algorithms.energy._units import Binary, Units

BINARY = Binary()
SPREAD = 0.3  # initial weights' deviation times √units: 0.01 for digits (Hinton 2012, section 8)
MEMORY = 0.9  # share of a hidden unit's remembered activity that the last batch leaves in place


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How a machine learns from a batch.

    Attributes:
        steps: Gibbs steps k.
        momentum: Share of the last step that is taken again.
        weight_decay: Pull of weights towards 0.
        clip: Largest norm of the weights' gradient; 0 for no limit.
        sparsity: Share of examples that each hidden unit should be on for; 0 for no such wish.
        sparsity_cost: How strong that wish is.
    """

    steps: int = 1
    momentum: float = 0.0
    weight_decay: float = 0.0
    clip: float = 0.0
    sparsity: float = 0.0
    sparsity_cost: float = 0.1


class Machine(nn.Module):
    """Visible and hidden units, all pairs joined.

    Args:
        visible: Visible units.
        hidden: Hidden units.
        chains: Persistent chains; 0 for learning from the data's own neighbourhood.
        momentum: Whether to keep the last step in mind, for a `Rule` with momentum.
        hidden_units: Kind of the hidden units.

    Shapes:
        visible states (B, visible); `inputs`, `codes` (B, hidden).
    """

    weights: Tensor
    chain: Tensor
    activity: Tensor

    def __init__(
        self,
        *,
        visible: int,
        hidden: int,
        chains: int = 0,
        momentum: bool = False,
        hidden_units: Units = BINARY,
    ):
        super().__init__()
        self.hidden_units = hidden_units
        self.weights = nn.Parameter(
            torch.randn(visible, hidden) * (SPREAD / max(visible, hidden) ** 0.5)
        )
        self.visible_bias = nn.Parameter(torch.zeros(visible))
        self.hidden_bias = nn.Parameter(torch.zeros(hidden))
        for name in ("weights", "visible_bias", "hidden_bias") if momentum else ():
            self.register_buffer(f"{name}_velocity", torch.zeros_like(getattr(self, name)))
        self.register_buffer("chain", torch.zeros(chains, hidden))
        self.register_buffer("activity", torch.full((hidden,), 0.5))

    def inputs(self, visible: Tensor, replicas: Tensor | None = None) -> Tensor:
        """Return what hidden units receive."""
        return hidden_inputs(visible, self.weights, self.hidden_bias, replicas)

    def codes(self, visible: Tensor, units: Units = BINARY) -> Tensor:
        """Return the hidden units' means."""
        return self.hidden_units.mean(self.inputs(visible, units.of(visible).replicas()))

    def natural(self, hidden: Tensor) -> Tensor:
        """Return the visible units' natural parameters."""
        return torch.addmm(self.visible_bias, hidden, self.weights.T)

    def free_energy(self, visible: Tensor, units: Units = BINARY) -> Tensor:
        """Return F(v), (B,)."""
        return free_energy(
            visible, self.weights, self.visible_bias, self.hidden_bias,
            visible_units=units, hidden_units=self.hidden_units,
        )  # fmt: skip

    @torch.no_grad()
    def learn(self, visible: Tensor, units: Units, rule: Rule, lr: float) -> Tensor:
        """Take one step; return by how much the data's free energy exceeds the model's."""
        weights, visible_bias, hidden_bias = self.weights, self.visible_bias, self.hidden_bias
        chain = self.chain if self.chain.shape[0] else None
        phases = contrastive_divergence(
            visible, weights, visible_bias, hidden_bias, visible_units=units,
            hidden_units=self.hidden_units, steps=rule.steps, chain=chain,
        )  # fmt: skip
        gap = free_energy_gap(
            phases, visible_bias, visible_units=units, hidden_units=self.hidden_units
        )
        if chain is not None:
            chain.copy_(phases.chain)
        if rule.sparsity:
            self._wish_for_rest(phases.hidden[: visible.shape[0]], rule)
        if rule.clip:
            lr = lr * float((rule.clip / _norm(phases).clamp_min(1e-12)).clamp_max(1.0))
        if rule.momentum:
            self._step_with_momentum(phases, rule, lr)
        else:
            keep = 1 - lr * rule.weight_decay
            weights.addmm_(phases.visible.T, phases.hidden, beta=keep, alpha=lr)
            visible_bias.add_(phases.by_visible_bias, alpha=lr)
            hidden_bias.add_(phases.by_hidden_bias(), alpha=lr)
        return gap

    def _step_with_momentum(self, phases: Phases, rule: Rule, lr: float) -> None:
        """Gather speed: velocity = momentum · velocity + lr · gradient."""
        speed, beta = self.get_buffer, rule.momentum
        weights = speed("weights_velocity")
        weights.addmm_(phases.visible.T, phases.hidden, beta=beta, alpha=lr)
        if rule.weight_decay:
            weights.add_(self.weights, alpha=-lr * rule.weight_decay)
        visible, hidden = speed("visible_bias_velocity"), speed("hidden_bias_velocity")
        visible.mul_(beta).add_(phases.by_visible_bias, alpha=lr)
        hidden.mul_(beta).add_(phases.by_hidden_bias(), alpha=lr)
        self.weights.add_(weights)
        self.visible_bias.add_(visible)
        self.hidden_bias.add_(hidden)

    def _wish_for_rest(self, hidden: Tensor, rule: Rule) -> None:
        """Lower the data's term for units that are on too often (Hinton 2012, section 11).

        The slope of the cross-entropy between wished and remembered activity is their difference,
        for a unit's total input, and so it acts on its bias and weights alike.
        """
        self.activity.mul_(MEMORY).add_(hidden.sum(0), alpha=1 - MEMORY)
        hidden.add_((rule.sparsity - self.activity) * rule.sparsity_cost / len(hidden))


def _norm(phases: Phases) -> Tensor:
    """Return the norm of the weights' gradient VᵀH, from the products of its rows."""
    products = (phases.visible @ phases.visible.T) * (phases.hidden @ phases.hidden.T)
    return products.sum().clamp_min(0).sqrt()
