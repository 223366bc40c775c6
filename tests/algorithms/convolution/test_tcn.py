from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

import fieldguide as fg
from fieldguide.algorithms.convolution.tcn import TCNBody, field, levels_to_see
from fieldguide.nn.sequence_network import SequenceNetwork
from tests import toys
from tests.gradients import assert_gradients_match


def written_out(body: TCNBody, x: np.ndarray) -> np.ndarray:
    """The paper's equations, one output after the other; x is (T, inputs)."""

    def convolve(layer: torch.nn.Module, x: np.ndarray) -> np.ndarray:
        weight, bias = layer.weight.numpy(), layer.bias.numpy()  # (outputs, inputs, k)
        (dilation,), kernel = layer.dilation, weight.shape[2]
        out = np.tile(bias, (len(x), 1))
        for s in range(len(x)):
            for i in range(kernel):
                t = s - dilation * (kernel - 1 - i)
                if t >= 0:
                    out[s] += weight[:, :, i] @ x[t]
        return out

    for block in body.blocks:
        first, second = block.layers[0], block.layers[3]
        inner = np.maximum(convolve(first, x), 0)
        inner = np.maximum(convolve(second, inner), 0)
        same = isinstance(block.around, torch.nn.Identity)
        x = np.maximum(inner + (x if same else convolve(block.around, x)), 0)
    return x


def test_equations() -> None:
    torch.manual_seed(0)
    body = TCNBody(inputs=2, channels=4, levels=3, kernel=3, dropout=0.5).double().eval()
    x = torch.randn(2, 20, 2, dtype=torch.float64)
    with torch.no_grad():
        found = body(x)
        for row in range(2):
            expected = written_out(body, x[row].numpy())
            np.testing.assert_allclose(found[row].numpy(), expected, rtol=1e-10, atol=1e-12)


def test_weights_are_length_and_direction() -> None:
    torch.manual_seed(0)
    convolution = TCNBody(inputs=2, channels=4, levels=1).blocks[0].layers[0]
    length = convolution.parametrizations.weight.original0
    direction = convolution.parametrizations.weight.original1
    expected = length * direction / direction.flatten(1).norm(dim=1).view(-1, 1, 1)
    torch.testing.assert_close(convolution.weight, expected)


@pytest.mark.parametrize(("levels", "kernel"), [(1, 2), (3, 3), (4, 7)])
def test_field(levels: int, kernel: int) -> None:
    """The last output depends on the last `field` steps and on no other."""
    torch.manual_seed(0)
    body = TCNBody(inputs=1, channels=8, levels=levels, kernel=kernel).double()
    for weight in body.parameters():
        torch.nn.init.uniform_(weight, 0.1, 1.0)  # nothing is bent away
    x = torch.rand(1, 200, 1, dtype=torch.float64, requires_grad=True)
    body(x)[0, -1].sum().backward()
    assert int((x.grad != 0).sum()) == field(levels, kernel)
    assert (x.grad[0, -field(levels, kernel) :] != 0).all()


def test_levels_see_the_longest_sequence() -> None:
    for kernel in (2, 3, 7):
        for steps in (1, 2, 13, 140, 5000):
            levels = levels_to_see(steps, kernel)
            assert field(levels, kernel) >= steps
            assert levels == 1 or field(levels - 1, kernel) < steps


def test_what_lies_after_the_end_changes_nothing() -> None:
    model = fg.TCN(channels=8, epochs=1, validation=0.0).fit(toys.series("classification"))
    network, lengths = model.network_.eval(), torch.tensor([9, 3])
    x = torch.randn(2, 9, model.task_.inputs.shape[-1])
    with torch.no_grad():
        found = network({"steps": x, "lengths": lengths})
        x[1, 3:] = 1e3
        assert torch.equal(network({"steps": x, "lengths": lengths}), found)
        alone = network({"steps": x[1:, :3], "lengths": lengths[1:]})
    torch.testing.assert_close(alone, found[1:])


def test_gradients() -> None:
    torch.manual_seed(0)
    body = TCNBody(inputs=2, channels=4, levels=3, kernel=3, dropout=0.2)
    network = SequenceNetwork(body=body, head=torch.nn.Linear(4, 3))
    x = {"steps": torch.randn(3, 9, 2), "lengths": torch.tensor([9, 4, 6])}
    assert_gradients_match(network, x)


def test_the_documented_size() -> None:
    body = TCNBody(inputs=1, channels=64, levels=4)
    assert sum(weight.numel() for weight in body.parameters()) == 202_304
    assert levels_to_see(140, 7) == 4 and field(4, 7) == 181


def test_learns_what_came_first() -> None:
    chance = np.random.default_rng(0)
    x = chance.normal(size=(600, 30, 1))
    y = np.where(x[:, 0, 0] > 0, "up", "down")
    model = fg.TCN(channels=16, epochs=30, validation=0.0).fit(x[::2], y[::2])
    assert model.evaluate(x[1::2], y[1::2])["accuracy"] > 0.9


def test_it_is_pytorchs_convolution() -> None:
    torch.manual_seed(0)
    body = TCNBody(inputs=2, channels=4, levels=2, kernel=3)
    layer, x = body.blocks[1].layers[0], torch.randn(2, 4, 11)
    padded = functional.pad(x, (4, 0))
    expected = functional.conv1d(padded, layer.weight, layer.bias, dilation=2)
    torch.testing.assert_close(layer(x), expected)
