"""Recurrent cells written out from their equations, one step at a time.

x is a step's input, h the state, σ the logistic function, ⊙ the product element by element:

    Elman (1990)            h' = φ(W x + b + U h + d), with φ = tanh or max(0, ·)
    LSTM (Hochreiter &      i, f, o = σ(W x + b + U h + d), each with weights of its own
      Schmidhuber 1997)     g       = tanh(W x + b + U h + d)
                            c'      = f ⊙ c + i ⊙ g
                            h'      = o ⊙ tanh(c')
    GRU (Cho et al. 2014)   r, z    = σ(W x + b + U h + d)
                            n       = tanh(W x + b + r ⊙ (U h + d))
                            h'      = (1 - z) ⊙ n + z ⊙ h

The forget gate f came to the LSTM with Gers, Schmidhuber & Cummins (2000); in 1997 it was 1. Cho et
al. reset the state before multiplying it (U (r ⊙ h)); resetting the product, as here, is what fused
kernels do, and learns as well.

Algorithms use PyTorch's fused layers, which are many times quicker; these cells say what those
compute, and tests hold both to the same values and gradients.
"""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

State = tuple[Tensor, ...]


class Cell(nn.Module):
    """One step of a recurrent network; parameters are named and ordered as PyTorch's are.

    Args:
        inputs: Numbers in a step.
        units: Numbers in the state h.

    Attributes:
        gates: Blocks of ``units`` rows that the weights are stacked from.
        states: Tensors that are handed on to the next step; the first is the output.
    """

    gates: int
    states: int = 1

    def __init__(self, inputs: int, units: int):
        super().__init__()
        self.units = units
        self.weight_ih = nn.Parameter(torch.empty(self.gates * units, inputs))
        self.weight_hh = nn.Parameter(torch.empty(self.gates * units, units))
        self.bias_ih = nn.Parameter(torch.empty(self.gates * units))
        self.bias_hh = nn.Parameter(torch.empty(self.gates * units))
        for weight in self.parameters():
            nn.init.uniform_(weight, -(units**-0.5), units**-0.5)

    @abstractmethod
    def forward(self, x: Tensor, state: State) -> State:
        """Return the next state.

        Args:
            x: The step's input, (B, inputs).
            state: ``states`` tensors (B, units).
        """

    def sums(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """Return W x + b and U h + d of all gates, (B, gates * units) each."""
        return (
            x @ self.weight_ih.t() + self.bias_ih,
            h @ self.weight_hh.t() + self.bias_hh,
        )


class ElmanCell(Cell):
    """h' = φ(W x + b + U h + d).

    Args:
        inputs: Numbers in a step.
        units: Numbers in the state.
        activation: ``"tanh"`` or ``"relu"``.
    """

    gates = 1

    def __init__(self, inputs: int, units: int, activation: str = "tanh"):
        super().__init__(inputs, units)
        self.bend = {"tanh": torch.tanh, "relu": torch.relu}[activation]

    def forward(self, x: Tensor, state: State) -> State:
        """Return (h',)."""
        from_input, from_state = self.sums(x, state[0])
        return (self.bend(from_input + from_state),)


class LSTMCell(Cell):
    """c' = f ⊙ c + i ⊙ g, h' = o ⊙ tanh(c'); the state is (h, c)."""

    gates = 4
    states = 2

    def forward(self, x: Tensor, state: State) -> State:
        """Return (h', c')."""
        h, c = state
        from_input, from_state = self.sums(x, h)
        i, f, g, o = (from_input + from_state).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class GRUCell(Cell):
    """h' = (1 - z) ⊙ n + z ⊙ h."""

    gates = 3

    def forward(self, x: Tensor, state: State) -> State:
        """Return (h',)."""
        (h,) = state
        from_input, from_state = self.sums(x, h)
        r_input, z_input, n_input = from_input.chunk(3, dim=1)
        r_state, z_state, n_state = from_state.chunk(3, dim=1)
        r, z = torch.sigmoid(r_input + r_state), torch.sigmoid(z_input + z_state)
        n = torch.tanh(n_input + r * n_state)
        return ((1 - z) * n + z * h,)


def unroll(
    cell: Cell, steps: Tensor, lengths: Tensor | None = None, *, backwards: bool = False
) -> tuple[Tensor, State]:
    """Run a cell over sequences; a sequence that has ended keeps its state and puts out zeros.

    Args:
        cell: What to run.
        steps: Inputs, (B, T, inputs).
        lengths: Steps of each sequence, (B,); all T if None.
        backwards: Whether to go from each sequence's last step to its first.

    Returns:
        Outputs (B, T, units) and the last state of each sequence.
    """
    count, longest, _ = steps.shape
    state: State = tuple(steps.new_zeros(count, cell.units) for _ in range(cell.states))
    outputs: list[Tensor] = [steps.new_zeros(count, cell.units)] * longest
    for t in reversed(range(longest)) if backwards else range(longest):
        after = cell(steps[:, t], state)
        if lengths is None:
            state, outputs[t] = after, after[0]
            continue
        running = (t < lengths).unsqueeze(1)
        state = tuple(torch.where(running, new, old) for new, old in zip(after, state, strict=True))
        outputs[t] = torch.where(running, after[0], 0.0)
    return torch.stack(outputs, dim=1), state
