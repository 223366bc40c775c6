from __future__ import annotations

import numpy as np
import pytest
import torch

from fieldguide.algorithms.recurrent.conv_lstm import ConvLSTMLayer, ConvLSTMNetwork
from tests.algorithms.recurrent.clip_networks import (
    assert_padding_does_not_matter,
    backwards,
    batch,
)
from tests.gradients import assert_gradients_match


def network(**options) -> ConvLSTMNetwork:
    torch.manual_seed(0)
    options = {"in_channels": 2, "height": 8, "width": 8, "maps": (3,), "patch": 2, **options}
    net = ConvLSTMNetwork(num_classes=3, **options)
    for layer in net.layers:
        if layer.peepholes is not None:  # they begin at 0, which would prove nothing
            torch.nn.init.normal_(layer.peepholes)
    return net


def convolve(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """``W * X`` by its definition, place by place: zeros around the rim."""
    made, _, kernel, _ = weight.shape
    _, height, width = x.shape
    rim = kernel // 2
    wide = np.pad(x, ((0, 0), (rim, rim), (rim, rim)))
    out = np.empty((made, height, width))
    for row in range(height):
        for column in range(width):
            window = wide[:, row : row + kernel, column : column + kernel]
            out[:, row, column] = (weight * window).sum(axis=(1, 2, 3))
    return out


def sigmoid(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def by_hand(layer: ConvLSTMLayer, frames: np.ndarray) -> np.ndarray:
    """Equation 3 of the paper, step by step, a convolution for each of its eight products."""
    wxi, wxf, wxc, wxo = np.split(layer.from_input.weight.detach().double().numpy(), 4)
    whi, whf, whc, who = np.split(layer.from_state.weight.detach().double().numpy(), 4)
    bias = layer.from_input.bias.detach().double().numpy()[:, None, None]
    bi, bf, bc, bo = np.split(bias, 4)
    wci = wcf = wco = 0.0
    if layer.peepholes is not None:
        wci, wcf, wco = layer.peepholes.detach().double().numpy()
    h = c = np.zeros((layer.maps, *frames.shape[2:]))
    states = []
    for x in frames:
        i = sigmoid(convolve(x, wxi) + convolve(h, whi) + wci * c + bi)
        f = sigmoid(convolve(x, wxf) + convolve(h, whf) + wcf * c + bf)
        c = f * c + i * np.tanh(convolve(x, wxc) + convolve(h, whc) + bc)
        o = sigmoid(convolve(x, wxo) + convolve(h, who) + wco * c + bo)
        h = o * np.tanh(c)
        states.append(h)
    return np.array(states)


@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize("peepholes", [True, False])
def test_equals_the_equations(kernel, peepholes):
    torch.manual_seed(0)
    layer = ConvLSTMLayer(
        in_channels=2, maps=3, height=5, width=4, kernel=kernel, peepholes=peepholes
    )
    if peepholes:
        torch.nn.init.normal_(layer.peepholes)
    frames = torch.randn(1, 4, 2, 5, 4)
    states = layer(frames, torch.ones(1, 4, dtype=torch.bool))[0].detach().double().numpy()
    assert np.allclose(states, by_hand(layer, frames[0].double().numpy()), atol=1e-5)


def test_on_one_place_it_is_an_lstm():
    """With 1x1 windows and no peepholes every place is an LSTM of its own: torch's."""
    torch.manual_seed(0)
    layer = ConvLSTMLayer(in_channels=3, maps=4, height=1, width=1, kernel=1, peepholes=False)
    lstm = torch.nn.LSTM(3, 4, batch_first=True)
    with torch.no_grad():
        lstm.weight_ih_l0.copy_(layer.from_input.weight[..., 0, 0])
        lstm.weight_hh_l0.copy_(layer.from_state.weight[..., 0, 0])
        lstm.bias_ih_l0.copy_(layer.from_input.bias)
        lstm.bias_hh_l0.zero_()
    x = torch.randn(2, 6, 3)
    states = layer(x[..., None, None], torch.ones(2, 6, dtype=torch.bool))[..., 0, 0]
    torch.testing.assert_close(states, lstm(x)[0])


def test_patches_hold_every_pixel():
    net = network(in_channels=1, height=7, width=6, patch=4)
    frames = torch.arange(42.0).view(1, 1, 1, 7, 6) + 1
    cut = net.patches(frames)
    assert cut.shape == (1, 1, 16, 2, 2)
    expected = frames[0, 0, 0, :4, :4].flatten()
    assert torch.equal(cut[0, 0, :, 0, 0], expected)
    assert cut.sum() == frames.sum()


@pytest.mark.parametrize("options", [{}, {"maps": (3, 2)}, {"peepholes": False}])
def test_padding_does_not_matter(options):
    assert_padding_does_not_matter(network(**options))


def test_order_matters():
    net, x = network().eval(), batch()
    moved = (net(x) - net(backwards(x))).abs().amax(1)
    assert (moved[:3] > 1e-3).all() and moved[3] == 0


@pytest.mark.parametrize("options", [{}, {"maps": (2, 2), "peepholes": False}])
def test_gradients(options):
    assert_gradients_match(network(dropout=0.2, **options), batch())


def test_number_of_parameters():
    net = ConvLSTMNetwork()
    head = sum(w.numel() for w in net.head.parameters())
    expected = 4 * 32 * (9 * (16 + 32) + 1) + 3 * 32 * 16 * 16
    assert sum(w.numel() for w in net.parameters()) - head == expected
