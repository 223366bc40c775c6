from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import fieldguide as fg
from fieldguide.algorithms.convolution.time_convolution import FullyConvolutionalBody
from fieldguide.errors import UsageError
from fieldguide.nn import sequences
from fieldguide.nn.sequence_network import SequenceNetwork
from tests import toys
from tests.gradients import assert_gradients_match

SMALL = {"channels": (8, 8, 8), "validation": 0.0}
LENGTHS = torch.tensor([15, 4, 9])


def small() -> FullyConvolutionalBody:
    torch.manual_seed(0)
    return FullyConvolutionalBody(inputs=2, channels=(6, 5, 4), kernels=(8, 5, 3))


def plain(body: FullyConvolutionalBody) -> nn.Sequential:
    """The same layers of PyTorch's own, for sequences of one length."""
    layers: list[nn.Module] = []
    for convolution, norm in zip(body.convolutions, body.norms, strict=True):
        kernel = convolution.kernel_size[0]
        same = nn.Conv1d(convolution.in_channels, convolution.out_channels, kernel, bias=False)
        same.load_state_dict(convolution.state_dict())
        normed = nn.BatchNorm1d(convolution.out_channels)
        normed.load_state_dict(norm.state_dict())
        pad = nn.ConstantPad1d(((kernel - 1) // 2, kernel // 2), 0.0)
        layers += [pad, same, normed, nn.ReLU()]
    return nn.Sequential(*layers)


def test_equals_plain_layers() -> None:
    body = small()
    reference, x = plain(body), torch.randn(5, 20, 2)
    torch.testing.assert_close(body(x), reference(x.transpose(1, 2)).transpose(1, 2))
    torch.testing.assert_close(body.norms[2].running_var, reference[10].running_var)


def test_the_papers_windows_have_the_documented_size() -> None:
    body = FullyConvolutionalBody(inputs=1, channels=(128, 256, 128), kernels=(8, 5, 3))
    assert sum(weight.numel() for weight in body.parameters()) == 264_192
    convolutions = 8 * 128 + 5 * 128 * 256 + 3 * 256 * 128
    assert convolutions + 2 * (128 + 256 + 128) == 264_192


@pytest.mark.parametrize("train", [False, True])
def test_what_lies_after_the_end_changes_nothing(train: bool) -> None:
    body = small().train(train)
    x, found = torch.randn(3, 15, 2), []
    for filling in (0.0, 1e3):
        filled = x.masked_fill(~sequences.inside(LENGTHS, 15).unsqueeze(2), filling)
        found.append(sequences.mean(body(filled.requires_grad_(), LENGTHS), LENGTHS))
    assert torch.equal(*found)


def test_a_sequence_is_read_in_a_batch_as_alone() -> None:
    body = small().eval()
    x = torch.randn(3, 15, 2)
    together = sequences.mean(body(x, LENGTHS), LENGTHS)
    for row, length in enumerate(LENGTHS):
        alone = sequences.mean(body(x[row : row + 1, :length]), None)
        torch.testing.assert_close(alone[0], together[row])


@pytest.mark.parametrize("lengths", [LENGTHS, torch.tensor([15, 15, 15])])
def test_gradients(lengths: torch.Tensor) -> None:
    network = SequenceNetwork(body=small(), head=nn.Linear(4, 3), summary="mean")
    x = {"steps": torch.randn(3, 15, 2), "lengths": lengths}
    assert_gradients_match(network, x)


def test_finds_a_pattern_wherever_it_stands() -> None:
    chance = np.random.default_rng(0)
    x = [chance.normal(size=(chance.integers(20, 41), 1)) for _ in range(200)]
    for one in x[::2]:
        start = chance.integers(0, len(one) - 6)
        one[start : start + 6] += 3
    y = np.array(["bump", "none"] * 100)
    model = fg.TimeConvolution(**SMALL, epochs=25).fit(x[:150], y[:150])
    assert model.evaluate(x[150:], y[150:])["accuracy"] > 0.9


def test_layers_that_do_not_match_are_refused() -> None:
    for channels, kernels in (((8, 8), (3,)), ((), ())):
        with pytest.raises(UsageError, match=r"channels=.*kernels=.*expected one of each"):
            fg.TimeConvolution(channels=channels, kernels=kernels).fit(
                toys.series("classification")
            )
