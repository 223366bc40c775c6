"""The door for gradients: clipping, several optimizers, precision, states that are restored."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW

from fieldguide.engine.descent import Descent
from fieldguide.engine.schedule import constant


def linear(seed: int = 0) -> nn.Linear:
    torch.manual_seed(seed)
    return nn.Linear(4, 3)


def loss_of(network: nn.Module, scale: float = 100.0) -> Tensor:
    torch.manual_seed(9)
    return scale * network(torch.randn(8, 4)).square().mean()


@pytest.mark.parametrize("clip", [0.5, 1e6])
def test_clipping_is_torchs(clip: float) -> None:
    ours, theirs = linear(), linear()
    descent = Descent({"network": SGD(ours.parameters(), 0.1)}, schedule=constant, clip=clip)
    descent.descend("network", loss_of(ours))
    optimizer = SGD(theirs.parameters(), 0.1)
    loss_of(theirs).backward()
    nn.utils.clip_grad_norm_(theirs.parameters(), clip)
    optimizer.step()
    assert torch.equal(ours.weight, theirs.weight)


def test_the_norm_is_that_of_all_the_optimizers_weights() -> None:
    network = linear()
    before = copy.deepcopy(network.state_dict())
    descent = Descent({"network": SGD(network.parameters(), 1.0)}, schedule=constant, clip=0.25)
    descent.descend("network", loss_of(network))
    moved = [network.state_dict()[name] - value for name, value in before.items()]
    assert float(torch.cat([m.flatten() for m in moved]).norm()) == pytest.approx(0.25, rel=1e-4)


def test_a_loss_leaves_nothing_in_another_optimizers_weights() -> None:
    first, second = linear(0), nn.Linear(3, 1)
    descent = Descent(
        {"first": SGD(first.parameters(), 0.1), "second": SGD(second.parameters(), 0.1)},
        schedule=constant,
    )
    kept = second.weight.detach().clone()
    descent.descend("first", loss_of(nn.Sequential(first, second)))
    assert second.weight.grad is None and first.weight.grad is None
    descent.descend("second", loss_of(nn.Sequential(first, second)) * 0)
    assert torch.equal(second.weight, kept)


def test_frozen_weights_of_one_of_two_optimizers_do_not_disturb() -> None:
    first, second = linear(0), nn.Linear(3, 1)
    descent = Descent(
        {"first": SGD(first.parameters(), 0.1), "second": SGD(second.parameters(), 0.1)},
        schedule=constant,
    )
    first.bias.requires_grad_(False)
    kept = first.bias.detach().clone()
    descent.descend("first", loss_of(nn.Sequential(first, second)))
    assert torch.equal(first.bias, kept)


def test_two_descents_in_one_bf16_step_see_the_weights_of_their_own_time() -> None:
    """Autocast caches the casts of weights: after the first descent they are stale, and freed."""
    network = linear()
    descent = Descent({"network": SGD(network.parameters(), 0.5)}, schedule=constant)
    x = torch.randn(8, 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        descent.descend("network", network(x).float().square().mean())
        after = network(x)
        descent.descend("network", after.float().square().mean())
    torch.manual_seed(0)
    again = linear()
    descent = Descent({"network": SGD(again.parameters(), 0.5)}, schedule=constant)
    for _ in range(2):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            last = again(x)
            descent.descend("network", last.float().square().mean())
    assert torch.equal(after, last)
    assert torch.equal(network.weight, again.weight)


def test_backward_products_keep_the_precision_of_the_forward_ones() -> None:
    class Careful(torch.autograd.Function):
        """A product in single precision whose derivative is one too."""

        @staticmethod
        def forward(ctx, x: Tensor, weight: Tensor) -> Tensor:
            ctx.save_for_backward(x, weight)
            with torch.autocast("cpu", enabled=False):
                return x @ weight

        @staticmethod
        def backward(ctx, slope: Tensor) -> tuple[None, Tensor]:
            x, _ = ctx.saved_tensors
            return None, x.t() @ slope

    x, weight = torch.randn(64, 4), nn.Parameter(torch.randn(4, 3))
    descent = Descent({"network": SGD([weight], 1.0)}, schedule=constant)
    start = weight.detach().clone()
    exact = torch.autograd.grad(Careful.apply(x, weight).square().mean(), weight)[0]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        descent.descend("network", Careful.apply(x, weight).square().mean())
    assert torch.allclose(start - weight, exact, atol=1e-6)


def test_the_state_goes_back_into_the_memory_layout_of_the_weights() -> None:
    """A fused optimizer walks weight and state side by side; one of them permuted is garbage."""

    def convolution() -> nn.Module:
        torch.manual_seed(0)
        return nn.Conv2d(4, 6, 3).to(memory_format=torch.channels_last)

    def learn(network: nn.Module, descent: Descent, steps: range) -> None:
        for step in steps:
            torch.manual_seed(step)
            descent.descend("network", network(torch.randn(2, 4, 8, 8)).square().mean())

    def descent_of(network: nn.Module) -> Descent:
        optimizer = AdamW(network.parameters(), 0.01, fused=True)
        return Descent({"network": optimizer}, schedule=constant)

    whole = convolution()
    learn(whole, descent_of(whole), range(8))
    first = convolution()
    descent = descent_of(first)
    learn(first, descent, range(4))
    stored = copy.deepcopy(descent.state())
    for kept in stored["network"]["state"].values():
        kept.update({name: value.contiguous() for name, value in kept.items()})
    second = convolution()
    second.load_state_dict(first.state_dict())
    resumed = descent_of(second)
    resumed.load_state(stored)
    learn(second, resumed, range(4, 8))
    assert torch.equal(second.weight, whole.weight)
