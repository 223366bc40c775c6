"""Recurrent layers over sequences of different lengths: PyTorch's fused kernels, stacked.

`fieldguide.nn.recurrent_cells` says in equations what the kernels compute.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from fieldguide.nn import sequences

LAYERS: dict[str, Callable[..., nn.RNNBase]] = {"elman": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
GATES = {"elman": 1, "lstm": 4, "gru": 3}
State = Tensor | tuple[Tensor, Tensor]


class Recurrent(nn.Module):
    """One or more recurrent layers, one after the other, in one direction or both.

    A layer reads its sequences from the first step on, so that the zeros after a sequence's end
    come too late to change what is read before; backwards, each sequence is turned round within
    its own length. Packing sequences, PyTorch's own way, gives the same numbers much more
    slowly on a processor (benchmarks/speed/padded.py).

    Recurrent weights start orthogonal (Saxe, McClelland & Ganguli 2014), the forget gate's bias
    at 1 (Gers, Schmidhuber & Cummins 2000; Jozefowicz, Zaremba & Sutskever 2015). With ``memory``,
    gates start out to keep each unit's state for its own number of steps, from 1 to that many
    (chrono initialisation, Tallec & Ollivier 2018); Elman's cell has no gates to do so.

    Args:
        cell: ``"elman"``, ``"lstm"`` or ``"gru"``.
        inputs: Numbers in a step.
        units: Numbers in the state of one layer and direction.
        layers: Number of layers.
        bidirectional: Whether a second set of layers reads backwards.
        dropout: Probability that an output is silenced on its way to the next layer.
        activation: Of Elman's cell, ``"tanh"`` or ``"relu"``.
        truncate: In training, steps that errors are propagated back through at most; 0 for all.
        memory: Steps that gates start out to remember at most; 0 for a forget gate's bias of 1.

    Attributes:
        width: Numbers that one step becomes.
    """

    def __init__(
        self,
        *,
        cell: str,
        inputs: int,
        units: int,
        layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        activation: str = "tanh",
        truncate: int = 0,
        memory: int = 0,
    ):
        super().__init__()
        assert not (bidirectional and truncate), "backwards, the first piece needs the others"
        self.bidirectional, self.truncate = bidirectional, truncate
        self.width = units * (1 + bidirectional)
        more = {"nonlinearity": activation} if cell == "elman" else {}
        kind = LAYERS[cell]
        if bidirectional:
            widths = [inputs] + [self.width] * (layers - 1)
            made = [kind(w, units, batch_first=True, **more) for w in widths for _ in range(2)]
        else:
            between = dropout if layers > 1 else 0.0
            made = [kind(inputs, units, layers, batch_first=True, dropout=between, **more)]
        self.layers = nn.ModuleList(made)
        self.dropout = nn.Dropout(dropout)
        for layer in made:
            _initialise(layer, cell)
            if memory:
                _remember(layer, cell, memory)

    def forward(self, steps: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the outputs of the last layer for every step, (B, T, width).

        Args:
            steps: (B, T, inputs); anything finite after a sequence's end.
            lengths: Steps of each sequence, (B,); None where all have T. What is put out after a
                sequence's end is of no meaning.
        """
        if not self.bidirectional:
            if self.training and self.truncate:
                return self.run_truncated(steps, self.truncate)
            return self.run(steps)[0]
        for depth in range(0, len(self.layers), 2):
            if depth:
                steps = self.dropout(steps)
            forwards, _ = self.layers[depth](steps)
            backwards, _ = self.layers[depth + 1](sequences.reverse(steps, lengths))
            steps = torch.cat([forwards, sequences.reverse(backwards, lengths)], dim=2)
        return steps

    def run(self, steps: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Go on from a state; for layers in one direction.

        Args:
            steps: (B, T, inputs).
            state: What an earlier call returned, or None for zeros.

        Returns:
            Outputs (B, T, width), and the state after the last step: (layers, B, units), twice for
            the LSTM.
        """
        assert not self.bidirectional, "a state is handed on in one direction only"
        outputs, state = self.layers[0](steps, state)
        return outputs, state

    def run_truncated(self, steps: Tensor, every: int) -> Tensor:
        """Return the outputs; errors are propagated back through at most ``every`` steps.

        Truncated back-propagation through time (Williams & Peng 1990): the state is handed on
        from one piece of the sequence to the next, the derivative is not.
        """
        state: State | None = None
        found = []
        for piece in steps.split(every, dim=1):
            outputs, state = self.run(piece, state)
            state = detached(state)
            found.append(outputs)
        return torch.cat(found, dim=1)


def detached(state: State) -> State:
    """Return a state that hands no derivative back."""
    if isinstance(state, Tensor):
        return state.detach()
    return state[0].detach(), state[1].detach()


def _initialise(layer: nn.RNNBase, cell: str) -> None:
    gates = GATES[cell]
    for name, weight in layer.named_parameters():
        blocks = weight.data.chunk(gates)
        if name.startswith("weight_hh"):
            for block in blocks:
                nn.init.orthogonal_(block)
        elif name.startswith("weight_ih"):
            for block in blocks:
                nn.init.xavier_uniform_(block)
        else:
            nn.init.zeros_(weight)
            if cell == "lstm" and name.startswith("bias_ih"):
                nn.init.ones_(blocks[1])  # input, forget, cell, output


def _remember(layer: nn.RNNBase, cell: str, memory: int) -> None:
    """Draw the biases of the gates that keep (and, in the LSTM, write): log of 1 … memory - 1."""
    for name, bias in layer.named_parameters():
        if name.startswith("bias_ih") and cell != "elman":
            gates = bias.data.chunk(GATES[cell])
            gates[1].uniform_(1.0, max(memory - 1.0, 1.0 + 1e-3)).log_()  # forget, or update
            if cell == "lstm":
                gates[0].copy_(-gates[1])
