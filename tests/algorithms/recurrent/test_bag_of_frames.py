from __future__ import annotations

import torch

from fieldguide.algorithms.recurrent import _clips
from fieldguide.algorithms.recurrent._clips import FrameEncoder
from fieldguide.algorithms.recurrent.bag_of_frames import BagOfFramesNetwork
from tests.algorithms.recurrent.clip_networks import (
    alone,
    assert_padding_does_not_matter,
    backwards,
    batch,
)
from tests.gradients import assert_gradients_match


def network(**options) -> BagOfFramesNetwork:
    torch.manual_seed(0)
    encoder = FrameEncoder(in_channels=2, maps=(3, 4), embedding=6)
    return BagOfFramesNetwork(encoder=encoder, embedding=6, num_classes=3, **options)


def test_equals_the_mean_of_frames():
    net, x = network().eval(), batch()
    outputs = net(x)
    for place in range(4):
        frames = alone(x, place)["frames"][0]
        embedded = torch.stack([net.encoder(frame[None])[0] for frame in frames])
        torch.testing.assert_close(outputs[place], net.head(embedded.mean(0)))


def test_order_does_not_matter():
    net, x = network().eval(), batch()
    torch.testing.assert_close(net(backwards(x)), net(x))


def test_padding_does_not_matter():
    assert_padding_does_not_matter(network())


def test_gradients():
    assert_gradients_match(network(dropout=0.2), batch())


def test_prediction_in_parts_equals_prediction_at_once(monkeypatch):
    net, x = network().eval(), batch()
    whole = net(x)
    monkeypatch.setattr(_clips, "AT_ONCE", 4)
    with torch.no_grad():
        torch.testing.assert_close(net(x), whole)
