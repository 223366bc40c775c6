from __future__ import annotations

import numpy as np
import pytest
import torch

from fieldguide.algorithms.recurrent._clips import FrameEncoder
from fieldguide.algorithms.recurrent.cnn_rnn import CNNRNNNetwork
from tests.algorithms.recurrent.clip_networks import (
    alone,
    assert_padding_does_not_matter,
    backwards,
    batch,
)
from tests.gradients import assert_gradients_match


def network(**options) -> CNNRNNNetwork:
    torch.manual_seed(0)
    encoder = FrameEncoder(in_channels=2, maps=(3, 4), embedding=6)
    return CNNRNNNetwork(encoder=encoder, embedding=6, hidden=5, num_classes=3, **options)


def sigmoid(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def lstm_by_hand(layer: torch.nn.LSTM, embedded: np.ndarray) -> np.ndarray:
    """The equations, one step after the other."""
    wx, wh, bx, bh = (w.detach().double().numpy() for w in layer.parameters())
    state = memory = np.zeros(wh.shape[1])
    states = []
    for e in embedded:
        take, keep, new, show = np.split(wx @ e + bx + wh @ state + bh, 4)
        memory = sigmoid(keep) * memory + sigmoid(take) * np.tanh(new)
        state = sigmoid(show) * np.tanh(memory)
        states.append(state)
    return np.array(states)


def gru_by_hand(layer: torch.nn.GRU, embedded: np.ndarray) -> np.ndarray:
    wx, wh, bx, bh = (w.detach().double().numpy() for w in layer.parameters())
    state = np.zeros(wh.shape[1])
    states = []
    for e in embedded:
        (reset_x, update_x, new_x), (reset_h, update_h, new_h) = (
            np.split(wx @ e + bx, 3),
            np.split(wh @ state + bh, 3),
        )
        reset, update = sigmoid(reset_x + reset_h), sigmoid(update_x + update_h)
        state = (1 - update) * np.tanh(new_x + reset * new_h) + update * state
        states.append(state)
    return np.array(states)


@pytest.mark.parametrize("pooling", ["last", "mean"])
@pytest.mark.parametrize(("cell", "by_hand"), [("lstm", lstm_by_hand), ("gru", gru_by_hand)])
def test_equals_frame_by_frame_and_step_by_step(cell, by_hand, pooling):
    net, x = network(cell=cell, pooling=pooling).eval(), batch()
    weight, bias = (w.detach().double().numpy() for w in net.head.parameters())
    for place in range(4):
        frames = alone(x, place)["frames"][0]
        with torch.no_grad():
            embedded = np.stack([net.encoder(frame[None])[0].double().numpy() for frame in frames])
        states = by_hand(net.recurrent, embedded)
        pooled = states[-1] if pooling == "last" else states.mean(axis=0)
        outputs = net(x)[place].detach().double().numpy()
        assert np.allclose(outputs, weight @ pooled + bias, atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"pooling": "mean", "cell": "gru"}, {"layers": 2}])
def test_padding_does_not_matter(options):
    assert_padding_does_not_matter(network(**options))


def test_padding_does_not_enter_batch_statistics():
    """Clips of one length, and the same with room after their ends, learn the same statistics."""
    tight, loose = network().train(), network().train()
    x = batch((4, 4, 4))
    room = torch.zeros(3, 3, *x["frames"].shape[2:])
    tight(x)
    loose({**x, "frames": torch.cat([x["frames"], room], 1)})
    for one, other in zip(tight.buffers(), loose.buffers(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_order_matters(pooling):
    net, x = network(pooling=pooling).eval(), batch()
    forth, back = net(x), net(backwards(x))
    moved = (forth - back).abs().amax(1)
    assert (moved[:3] > 1e-5).all() and moved[3] == 0  # a clip of one frame has no order


@pytest.mark.parametrize("options", [{}, {"cell": "gru", "pooling": "mean"}])
def test_gradients(options):
    assert_gradients_match(network(dropout=0.2, **options), batch())


def test_number_of_parameters():
    encoder = FrameEncoder(in_channels=1)
    net = CNNRNNNetwork(encoder=encoder)
    count = sum(w.numel() for w in net.parameters()) - sum(w.numel() for w in net.head.parameters())
    frames = 9 * (1 * 16 + 16 * 32 + 32 * 64) + 2 * (16 + 32 + 64) + (64 * 16 + 1) * 128
    assert sum(w.numel() for w in encoder.parameters()) == frames
    assert count == frames + 4 * 128 * (128 + 128 + 2)
