"""The cells equal PyTorch's fused layers, values and gradients, and the equations in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from fieldguide.nn.recurrent_cells import Cell, ElmanCell, GRUCell, LSTMCell, unroll

FUSED = {
    "elman": (ElmanCell, nn.RNN, {}),
    "lstm": (LSTMCell, nn.LSTM, {}),
    "gru": (GRUCell, nn.GRU, {}),
}
EXACT = {"rtol": 1e-10, "atol": 1e-12}
LENGTHS = torch.tensor([7, 1, 4, 7, 2])


def pair(name: str, **more: object) -> tuple[Cell, nn.RNNBase]:
    """A cell and PyTorch's layer with the same weights, in double precision."""
    kind, fused, _ = FUSED[name]
    torch.manual_seed(0)
    cell, layer = kind(3, 5).double(), fused(3, 5, batch_first=True, **more).double()
    for own, theirs in (("weight_ih", "weight_ih_l0"), ("weight_hh", "weight_hh_l0"),
                        ("bias_ih", "bias_ih_l0"), ("bias_hh", "bias_hh_l0")):  # fmt: skip
        with torch.no_grad():
            getattr(layer, theirs).copy_(getattr(cell, own))
    return cell, layer


def gradients(module: nn.Module) -> list[torch.Tensor]:
    return [weight.grad for weight in module.parameters()]


@pytest.mark.parametrize("name", FUSED)
def test_values_and_gradients_are_the_fused_layers(name: str) -> None:
    cell, layer = pair(name)
    x = torch.randn(4, 7, 3, dtype=torch.float64)
    mine, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    outputs, state = unroll(cell, mine)
    expected, last = layer(theirs)
    torch.testing.assert_close(outputs, expected, **EXACT)
    for own, other in zip(state, last if isinstance(last, tuple) else (last,), strict=True):
        torch.testing.assert_close(own, other[0], **EXACT)
    weights = torch.randn(4, 7, 5, dtype=torch.float64)
    (outputs * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(mine.grad, theirs.grad, **EXACT)
    for own, other in zip(gradients(cell), gradients(layer), strict=True):
        torch.testing.assert_close(own, other, **EXACT)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("name", FUSED)
def test_sequences_of_different_lengths_are_the_packed_ones(name: str, backwards: bool) -> None:
    cell, layer = pair(name)
    x = torch.randn(5, 7, 3, dtype=torch.float64)
    outputs, state = unroll(cell, x, LENGTHS, backwards=backwards)
    for row, length in enumerate(LENGTHS):
        alone = x[row : row + 1, :length]
        expected, last = layer(alone.flip(1) if backwards else alone)
        expected = expected.flip(1) if backwards else expected
        torch.testing.assert_close(outputs[row, :length], expected[0], **EXACT)
        assert not outputs[row, length:].any()
        for own, other in zip(state, last if isinstance(last, tuple) else (last,), strict=True):
            torch.testing.assert_close(own[row], other[0, 0], **EXACT)


def test_elman_with_the_other_bend() -> None:
    _, layer = pair("elman", nonlinearity="relu")
    cell = ElmanCell(3, 5, "relu").double()
    cell.load_state_dict({name.removesuffix("_l0"): w for name, w in layer.state_dict().items()})
    x = torch.randn(4, 7, 3, dtype=torch.float64)
    torch.testing.assert_close(unroll(cell, x)[0], layer(x)[0], **EXACT)


def logistic(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize("name", FUSED)
def test_equations(name: str) -> None:
    """Written a third time, one gate after the other, without PyTorch."""
    cell, _ = pair(name)
    own = {key: value.numpy() for key, value in cell.state_dict().items()}
    x, h, c = np.random.default_rng(0).normal(size=(3, 5))
    x = x[:3]

    def gate(number: int, reset: np.ndarray | float = 1.0) -> np.ndarray:
        rows = slice(5 * number, 5 * number + 5)
        from_state = own["weight_hh"][rows] @ h + own["bias_hh"][rows]
        return own["weight_ih"][rows] @ x + own["bias_ih"][rows] + reset * from_state

    if name == "elman":
        expected = [np.tanh(gate(0))]
    elif name == "lstm":
        cell_state = logistic(gate(1)) * c + logistic(gate(0)) * np.tanh(gate(2))
        expected = [logistic(gate(3)) * np.tanh(cell_state), cell_state]
    else:
        update = logistic(gate(1))
        candidate = np.tanh(gate(2, logistic(gate(0))))
        expected = [(1 - update) * candidate + update * h]
    state = tuple(torch.from_numpy(part[None]) for part in (h, c)[: cell.states])
    found = cell(torch.from_numpy(x[None]), state)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine[0].detach().numpy(), theirs, rtol=1e-12)
