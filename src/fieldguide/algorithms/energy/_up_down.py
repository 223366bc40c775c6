"""The up-down algorithm: contrastive wake-sleep (Hinton, Osindero & Teh 2006, appendix B).

Wake: data go up, layer by layer, as drawn states, and the weights of the way down learn to give
each layer back from the one above. The highest machine, an associative memory, learns by
contrastive divergence. Sleep: from where its chains end states are drawn on the way down, and the
weights of the way up learn to give each layer back from the one below.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from fieldguide.algorithms.energy._contrastive_divergence import gibbs_step
from fieldguide.algorithms.energy._machine import Rule
from fieldguide.algorithms.energy._stack import Stack
from fieldguide.algorithms.energy._units import Binary

BINARY = Binary()


@torch.no_grad()
def up_down(stack: Stack, states: Tensor, y: Tensor | None, rule: Rule, lr: float) -> Tensor:
    """Take one step; return how far the data's free energy exceeds the memory's.

    Args:
        stack: Machines of binary hidden units; all but the highest with weights for the way down.
        states: Visible states, (B, visible).
        y: Class codes, where the stack sees labels.
        rule: How the highest machine learns; ``rule.steps`` Gibbs steps lead to sleep.
        lr: Learning rate.
    """
    awake = [states]
    for number in range(len(stack.down)):
        mean = stack.all[number].codes(awake[-1], stack.units(number))
        awake.append(BINARY.draw(mean))
    seen = with_labels(awake[-1], y, stack.labels)
    _learn_downwards(stack, awake, lr)
    top, units = stack.all[-1], stack.units(len(stack.all) - 1)
    gap = top.learn(seen, units, rule, lr)
    asleep = _fall_asleep(stack, seen, rule.steps)
    _learn_upwards(stack, asleep, lr)
    return gap


def with_labels(states: Tensor, y: Tensor | None, labels: int) -> Tensor:
    """Return states with one-hot labels beside them, if there are any."""
    if not labels:
        return states
    assert y is not None
    hot = functional.one_hot(y.clamp_min(0), labels).to(states.dtype)
    return torch.cat([states, hot * (y >= 0)[:, None]], dim=1)


def _learn_downwards(stack: Stack, awake: list[Tensor], lr: float) -> None:
    for number, weights in enumerate(stack.down):
        below, above = awake[number], awake[number + 1]
        units = stack.units(number).of(below)
        missed = below - units.mean(stack.natural(number, above))
        weights.addmm_(missed.T, above, alpha=lr / len(below))
        stack.all[number].visible_bias.add_(missed.mean(0), alpha=lr)


def _fall_asleep(stack: Stack, seen: Tensor, steps: int) -> list[Tensor]:
    """Return states drawn on the way down from the memory, lowest first; pixels as their means."""
    top, units = stack.all[-1], stack.units(len(stack.all) - 1)
    hidden = BINARY.draw(top.codes(seen, units))
    dreamt = seen
    for _ in range(steps):
        dreamt, hidden = gibbs_step(
            hidden, top.weights, top.visible_bias, top.hidden_bias, visible_units=units
        )
    asleep = [dreamt[:, : dreamt.shape[1] - stack.labels]]
    for number in range(len(stack.down) - 1, -1, -1):
        mean = stack.units(number).mean(stack.natural(number, asleep[0]))
        asleep.insert(0, mean if number == 0 else BINARY.draw(mean))
    return asleep


def _learn_upwards(stack: Stack, asleep: list[Tensor], lr: float) -> None:
    for number, machine in enumerate(stack.all[: len(stack.down)]):
        below, above = asleep[number], asleep[number + 1]
        missed = above - machine.codes(below, stack.units(number))
        machine.weights.addmm_(below.T, missed, alpha=lr / len(below))
        machine.hidden_bias.add_(missed.mean(0), alpha=lr)
