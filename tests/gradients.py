"""Back-propagation against finite differences, in double precision."""

from __future__ import annotations

import torch
from torch import Tensor, nn

STEP = 1e-8  # so small that hardly any unit crosses its kink


def assert_gradients_match(network: nn.Module, x: Tensor, samples: int = 3) -> None:
    """Compare gradients with central differences.

    Along one random direction in the space of all weights, which no wrong gradient survives, and
    for ``samples`` single weights of every tensor's first, so that a culprit can be named.
    """
    generator = torch.Generator().manual_seed(0)
    network, x = network.double().train(), x.double()
    weights = {name: w for name, w in network.named_parameters() if w.requires_grad}
    network(x).square().sum().backward()
    gradients: dict[str, Tensor] = {}
    for name, weight in weights.items():
        assert weight.grad is not None, f"{name} has no gradient"
        gradients[name] = weight.grad.clone()
    direction = {
        name: torch.randn(w.shape, generator=generator, dtype=w.dtype)
        for name, w in weights.items()
    }
    norm = sum(float(gradient.square().sum()) for gradient in gradients.values()) ** 0.5
    assert norm > 0.1, "the signal vanishes: nothing would be compared"
    length = sum(float(part.square().sum()) for part in direction.values()) ** 0.5
    direction = {name: part / length for name, part in direction.items()}
    slope = sum(float((gradients[name] * direction[name]).sum()) for name in weights)
    _assert_close("all weights together", _difference(network, x, weights, direction), slope, norm)
    for name, weight in weights.items():
        flat = torch.randint(weight.numel(), (samples,), generator=generator)
        one = torch.zeros_like(weight).view(-1)
        one[flat] = 1.0
        along = {name: one.view(weight.shape)}
        slope = float((gradients[name] * along[name]).sum())
        _assert_close(name, _difference(network, x, weights, along), slope, norm)


def _difference(
    network: nn.Module, x: Tensor, weights: dict[str, nn.Parameter], along: dict[str, Tensor]
) -> float:
    values = []
    with torch.no_grad():
        for sign in (1, -2):
            for name, change in along.items():
                weights[name].add_(change, alpha=sign * STEP)
            values.append(float(network(x).square().sum()))
        for name, change in along.items():
            weights[name].add_(change, alpha=STEP)
    return (values[0] - values[1]) / (2 * STEP)


def _assert_close(name: str, difference: float, slope: float, norm: float) -> None:
    allowed = 1e-4 * abs(slope) + 1e-6 * norm
    assert abs(difference - slope) <= allowed, (name, difference, slope, norm)
