"""Convolutions over steps: what they see, and what filling does not change."""

from __future__ import annotations

import torch
from torch import nn

from fieldguide.nn import sequences
from fieldguide.nn.time_convolutions import StepConv1d, StepNorm

LENGTHS = torch.tensor([6, 2, 4])


def test_a_causal_step_sees_itself_and_the_past() -> None:
    x = torch.randn(1, 2, 20, requires_grad=True)
    layer = StepConv1d(2, 3, 3, dilation=4, causal=True)
    found = layer(x)
    assert found.shape == (1, 3, 20)
    found[0, :, 13].sum().backward()
    assert x.grad.abs().sum(dim=1)[0].nonzero().flatten().tolist() == [5, 9, 13]


def test_other_steps_see_both_sides_as_pytorch_pads_them() -> None:
    for kernel in (1, 3, 5, 8):
        layer = StepConv1d(2, 3, kernel)
        theirs = nn.Conv1d(2, 3, kernel, padding=kernel // 2)
        theirs.load_state_dict(layer.state_dict())
        x = torch.randn(2, 2, 12)
        expected = theirs(x)[..., 1 - kernel % 2 :]
        torch.testing.assert_close(layer(x), expected)


def test_normalisation_is_that_of_the_steps_alone() -> None:
    torch.manual_seed(0)
    ours, theirs = StepNorm(4), nn.BatchNorm1d(4)
    x = torch.randn(3, 4, 6)
    inside = sequences.inside(LENGTHS, 6)
    found = ours(x, inside)
    packed = x.transpose(1, 2)[inside]
    torch.testing.assert_close(found.transpose(1, 2)[inside], theirs(packed))
    assert not found.transpose(1, 2)[~inside].any()
    torch.testing.assert_close(ours.running_var, theirs.running_var)
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))


def test_a_single_step_is_normalised_by_what_was_seen_before() -> None:
    norm = StepNorm(4)
    assert torch.isfinite(norm(torch.randn(1, 4, 1))).all()
    assert not norm.running_mean.any()
