"""Boltzmann machines on top of each other: what one has learnt to see is the next one's data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from fieldguide.algorithms.energy._machine import Machine
from fieldguide.algorithms.energy._units import Binary, Mixed, Share, Softmax, Units
from fieldguide.algorithms.energy._visible import Visible
from fieldguide.data import Inputs

BINARY, SHARE = Binary(), Share()


class Stack(nn.Module):
    """Machines, and weights of their own for the way down.

    The way up (recognition) is each machine's weights and hidden biases; the way down (generation)
    is ``down``, which starts as a copy of them, and each machine's visible biases.

    Args:
        visible: Turns inputs into states of the lowest layer.
        hidden: Units of each layer above it, from below.
        labels: Classes that the highest machine sees beside the layer below it, or 0.
        top: Kind of the highest units.
        untied: Machines, from below, with weights of their own for the way down.
        momentum: Whether machines keep their last step in mind.
    """

    def __init__(
        self,
        *,
        visible: Visible,
        hidden: Sequence[int],
        labels: int = 0,
        top: Units = BINARY,
        untied: int = 0,
        momentum: bool = False,
    ):
        super().__init__()
        self.visible, self.labels = visible, labels
        widths = [visible.width, *hidden]
        widths[-2] += labels
        self.machines = nn.ModuleList(
            Machine(
                visible=below,
                hidden=units,
                momentum=momentum,
                hidden_units=top if number == len(hidden) - 1 else BINARY,
            )
            for number, (below, units) in enumerate(zip(widths, hidden, strict=False))
        )
        self.down = nn.ParameterList(torch.zeros_like(one.weights) for one in self.all[:untied])

    @property
    def all(self) -> list[Machine]:
        """The machines, from below."""
        return [machine for machine in self.machines if isinstance(machine, Machine)]

    def units(self, number: int, *, smooth: bool = False) -> Units:
        """Return the visible units of machine ``number``, labels included.

        Args:
            number: Counted from 0 at the bottom.
            smooth: Whether the data of higher machines are means, without noise.
        """
        above = SHARE if smooth else BINARY
        units = self.visible.units if number == 0 else above
        if not self.labels or number < len(self.machines) - 1:
            return units
        width = self.all[number].weights.shape[0]
        seen = width - self.labels
        return Mixed([(units, slice(0, seen)), (Softmax((self.labels,)), slice(seen, width))])

    def up(self, states: Tensor, count: int) -> Tensor:
        """Return the means of hidden layer ``count`` for visible states; 0 for the states."""
        for number, machine in enumerate(self.all[:count]):
            states = machine.codes(states, self.units(number))
        return states

    def forward(self, x: Inputs) -> Tensor:
        """Return the means of the highest layer, of machines without labels."""
        return self.up(self.visible.checked(x), len(self.machines))

    def natural(self, number: int, hidden: Tensor) -> Tensor:
        """Return natural parameters of the layer below machine ``number``, on the way down."""
        machine = self.all[number]
        weights = self.down[number] if number < len(self.down) else machine.weights
        return torch.addmm(machine.visible_bias, hidden, weights.T)

    def fall(self, states: Tensor, count: int) -> Tensor:
        """Return natural parameters of the visible layer for hidden layer ``count``, by means."""
        for number in range(count - 1, 0, -1):
            states = self.units(number).mean(self.natural(number, states))
            states = states[:, : states.shape[1] - self._labels_in(number)]
        return self.natural(0, states)[:, : self.visible.width]

    @torch.no_grad()
    def unroll(self) -> None:
        """Let the way down start as the way up, reversed."""
        for weights, machine in zip(self.down, self.all, strict=False):
            weights.copy_(machine.weights)

    def upward(self) -> Iterator[Tensor]:
        """Yield the parameters of the way up."""
        for machine in self.all:
            yield from (machine.weights, machine.hidden_bias)

    def _labels_in(self, number: int) -> int:
        return self.labels if number == len(self.machines) - 1 else 0
