from __future__ import annotations

import numpy as np
import torch

import fieldguide as fg
from fieldguide.algorithms.convolution.c3d import C3DNetwork, resample
from tests.gradients import assert_gradients_match


def network(**options) -> C3DNetwork:
    torch.manual_seed(0)
    options = {"in_channels": 2, "maps": (3, 4), "frames": 6, "units": 5, "dropout": 0.0, **options}
    return C3DNetwork(num_classes=3, **options)


def clips(lengths=(5, 2, 7, 1)) -> dict[str, torch.Tensor]:
    frames = torch.randn(
        len(lengths), max(lengths), 2, 8, 8, generator=torch.Generator().manual_seed(1)
    )
    return {"frames": frames, "lengths": torch.tensor(lengths)}


def by_hand(net: C3DNetwork, clip: np.ndarray) -> np.ndarray:
    """A clip (C, T, H, W) through the network, window by window."""
    for place, layer in enumerate(net.convolutions):
        weight, bias = (w.detach().double().numpy() for w in layer.parameters())
        _, time, height, width = clip.shape
        wide = np.pad(clip, ((0, 0), (1, 1), (1, 1), (1, 1)))
        out = np.empty((len(weight), time, height, width))
        for t, y, x in np.ndindex(time, height, width):
            window = wide[:, t : t + 3, y : y + 3, x : x + 3]
            out[:, t, y, x] = (weight * window).sum(axis=(1, 2, 3, 4)) + bias
        out = np.maximum(out, 0)
        step = 2 if place else 1
        out = out[:, : time // step * step, : height // 2 * 2, : width // 2 * 2]
        shape = (len(out), time // step, step, height // 2, 2, width // 2, 2)
        clip = out.reshape(shape).max(axis=(2, 4, 6))
    grid = clip.mean(axis=1).repeat(4 // clip.shape[2], axis=1).repeat(4 // clip.shape[3], axis=2)
    for layer in (net.dense, net.head):
        weight, bias = (w.detach().double().numpy() for w in layer.parameters())
        grid = weight @ grid.reshape(-1) + bias
        grid = np.maximum(grid, 0) if layer is net.dense else grid
    return grid


def test_equals_window_by_window():
    net, x = network().eval(), clips((6, 6))
    outputs = net(x).detach().double().numpy()
    for place in range(2):
        clip = x["frames"][place].transpose(0, 1).double().numpy()
        assert np.allclose(outputs[place], by_hand(net, clip), atol=1e-5)


def test_frames_are_taken_at_even_distances():
    frames = torch.arange(8.0).view(1, 8, 1, 1, 1)
    taken = resample(frames.expand(3, -1, -1, -1, -1), torch.tensor([8, 4, 1]), 4)[..., 0, 0, 0]
    assert taken.tolist() == [[1, 3, 5, 7], [0, 1, 2, 3], [0, 0, 0, 0]]


def test_padding_does_not_matter():
    net, x = network().eval(), clips()
    together = net(x)
    for place, length in enumerate(x["lengths"].tolist()):
        alone = {"frames": x["frames"][[place], :length], "lengths": x["lengths"][[place]]}
        torch.testing.assert_close(net(alone)[0], together[place])


def test_order_matters():
    net, x = network().eval(), clips((6, 6))
    assert (net(x) - net({**x, "frames": x["frames"].flip(1)})).abs().max() > 1e-3


def test_gradients():
    assert_gradients_match(network(dropout=0.2), clips())


def test_number_of_parameters():
    net = C3DNetwork()
    head = sum(w.numel() for w in net.head.parameters())
    convolutions = 27 * (16 + 16 * 32 + 32 * 64) + 16 + 32 + 64
    assert sum(w.numel() for w in net.parameters()) - head == convolutions + (64 * 16 + 1) * 128


def test_it_learns_from_augmented_clips():
    augment = ("crop", "flip", "colour")
    block = np.random.default_rng(0).integers(0, 255, (24, 4, 3, 8, 8)).astype(np.uint8)
    model = fg.C3D(epochs=1, maps=(4,), augment=augment, validation=0.0)
    model.fit(block, np.arange(24) % 2)
    assert np.isfinite(model.history_[-1]["loss"])
