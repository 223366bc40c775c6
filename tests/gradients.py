"""Back-propagation against finite differences, in double precision."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

Inputs = Tensor | dict[str, Tensor]

STEP = 1e-8  # so small that hardly any unit crosses its kink


def squares(outputs: Tensor) -> Tensor:
    """A loss that every output has a part in."""
    return outputs.square().sum()


def assert_gradients_match(
    network: nn.Module,
    x: Inputs,
    samples: int = 3,
    loss: Callable[[Tensor], Tensor] = squares,
    without: tuple[str, ...] = (),
) -> None:
    """Compare gradients with central differences.

    Along one random direction in the space of all weights, which no wrong gradient survives, and
    for ``samples`` single weights of every tensor's first, so that a culprit can be named. Weights
    whose names end in one of ``without`` have no part in the outputs, and must have no gradient.
    """
    generator = torch.Generator().manual_seed(0)
    network, x = network.double().train(), in_double(x)

    def measure() -> Tensor:
        torch.manual_seed(0)  # dropout silences the same units each time
        return loss(network(x))

    weights = {name: w for name, w in network.named_parameters() if w.requires_grad}
    measure().backward()
    idle = {name for name in weights if without and name.endswith(without)}
    assert all(weights.pop(name).grad is None for name in idle)
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
    _assert_close("all weights together", _difference(measure, weights, direction), slope, norm)
    for name, weight in weights.items():
        flat = torch.randint(weight.numel(), (samples,), generator=generator)
        one = torch.zeros_like(weight).view(-1)
        one[flat] = 1.0
        along = {name: one.view(weight.shape)}
        slope = float((gradients[name] * along[name]).sum())
        _assert_close(name, _difference(measure, weights, along), slope, norm)


def in_double(x: Inputs) -> Inputs:
    """Numbers in double precision; codes stay as they are."""
    if isinstance(x, dict):
        return {
            name: part.double() if part.is_floating_point() else part for name, part in x.items()
        }
    return x.double()


def _difference(
    measure: Callable[[], Tensor], weights: dict[str, nn.Parameter], along: dict[str, Tensor]
) -> float:
    values = []
    with torch.no_grad():
        for sign in (1, -2):
            for name, change in along.items():
                weights[name].add_(change, alpha=sign * STEP)
            values.append(float(measure()))
        for name, change in along.items():
            weights[name].add_(change, alpha=STEP)
    return (values[0] - values[1]) / (2 * STEP)


def _assert_close(name: str, difference: float, slope: float, norm: float) -> None:
    allowed = 1e-4 * abs(slope) + 1e-6 * norm
    assert abs(difference - slope) <= allowed, (name, difference, slope, norm)
