"""What torchvision 0.29.2 says about its own networks, so that tests need not import it.

``torchvision_shapes.json`` holds every tensor's name and shape. ``OUTPUTS`` were computed by
torchvision's networks whose weights were set by `fill`, on `picture()`: the first four logits of
the first picture and the last four of the second.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor, nn

SHAPES: dict[str, dict[str, list[int]]] = json.loads(
    Path(__file__).with_name("torchvision_shapes.json").read_text("utf-8")
)
OUTPUTS = {
    "alexnet": [
        1.926378, -1.091419, 1.115671, 0.951516, -0.971116, 1.640281, 0.35667, -0.099993,
    ],
    "vgg11": [
        1.430104, -1.47058, 0.633853, 0.500048, -1.652041, 0.954563, 0.220968, 0.230563,
    ],
    "vgg11_bn": [
        2.47456, -0.869874, 0.281033, -6.1e-05, -0.928997, 0.558452, -0.631597, -0.523584,
    ],
    "resnet18": [
        -1.438379, -2.862608, 2.289753, 1.457409, -0.134784, 0.708937, 2.128084, -1.477557,
    ],
    "resnet34": [
        3.300977, -1.635084, -0.33339, 1.075547, -2.765852, -4.079264, 4.832154, 4.463505,
    ],
    "resnet50": [
        -10.602524, -7.181836, 9.739399, 11.669812, -2.824965, 6.321342, 8.230495, -4.284006,
    ],
}  # fmt: skip
TABLE = torch.sin(torch.arange(1009, dtype=torch.float64)).float()


def fill(tensors: Iterable[tuple[str, Tensor]]) -> None:
    """Set weights by a formula that depends on order, name and shape alone."""
    with torch.no_grad():
        for number, (name, tensor) in enumerate(tensors):
            if name.endswith("num_batches_tracked"):
                tensor.zero_()
                continue
            wave = _wave(tensor.numel(), 37 * number % 1009).view(tensor.shape)
            if tensor.dim() > 1:
                tensor.copy_(wave / tensor[0].numel() ** 0.5 * 1.5)
            elif name.endswith("running_var"):
                tensor.copy_(1 + 0.5 * wave)
            elif "running_mean" in name or name.endswith("bias"):
                tensor.copy_(0.1 * wave)
            else:
                tensor.copy_(1 + 0.1 * wave)


def picture(height: int = 96, width: int = 80) -> Tensor:
    """Two pictures, ``(2, 3, height, width)``."""
    return _wave(2 * 3 * height * width, 0).view(2, 3, height, width)


def outputs(network: nn.Module) -> list[float]:
    """The numbers that ``OUTPUTS`` holds, of a network as it is."""
    with torch.no_grad():
        y = network.eval()(picture())
    return torch.cat([y[0, :4], y[1, -4:]]).tolist()


def our_name(name: str) -> str:
    """Our name of one of torchvision's tensors."""
    for head in ("fc.", "classifier.6."):
        if name.startswith(head):
            return "head." + name.removeprefix(head)
    return name


def state(architecture: str, classes: int = 1000) -> dict[str, Tensor]:
    """A file's content under torchvision's names, with weights from `fill`."""
    shapes = SHAPES[architecture]
    found = {
        name: torch.empty(
            [classes, *shape[1:]] if our_name(name).startswith("head.") else shape,
            dtype=torch.int64 if name.endswith("num_batches_tracked") else torch.float32,
        )
        for name, shape in shapes.items()
    }
    fill(found.items())
    return found


def _wave(count: int, shift: int) -> Tensor:
    return torch.roll(TABLE, shift).repeat(-(-count // 1009))[:count]
