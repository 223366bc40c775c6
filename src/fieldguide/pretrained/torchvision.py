"""Published ImageNet weights of AlexNet, VGG and ResNet, from torchvision's own files.

The files (``alexnet-owt-7be5be79.pth``, ``resnet18-f37072fd.pth`` and so on) are read by path. The
whole file is verified, names and shapes, before any weight of the network changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from fieldguide.errors import DataError
from fieldguide.pretrained.weight_file import read_weights

HEADS = ("fc.", "classifier.6.")  # torchvision's names for what is `head` here
COUNTER = ".num_batches_tracked"  # absent from files written before PyTorch 0.4.1
SHOWN = 3  # culprits named in an error

# What torchvision standardises its pictures by, in shares of full brightness.
IMAGENET_MEANS = (0.485, 0.456, 0.406)
IMAGENET_DEVIATIONS = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Loaded:
    """What became of a weight file.

    Attributes:
        architecture: What the file holds, such as "resnet18".
        head_kept: Whether the published head was loaded too; otherwise the head is as it was.
        channels_adapted: Whether the first layer was fitted to other channels than three.
    """

    architecture: str
    head_kept: bool
    channels_adapted: bool


def load_torchvision(
    network: nn.Module,
    path: str | Path,
    *,
    keep_head: bool = False,
    means: Sequence[float] = (),
    deviations: Sequence[float] = (),
) -> Loaded:
    """Load a torchvision weight file into a network of the same architecture.

    Args:
        network: AlexNetNetwork, VGGNetwork or ResNetNetwork. One channel gets the sum over red,
            green and blue of the first layer's weights (the same as showing the grey picture
            three times); channels beyond the third begin at zero.
        path: The file, .pth or .safetensors.
        keep_head: Also load the layer for the 1000 classes of ImageNet; without it the network's
            own head stays, for fine-tuning on other classes.

        means: How the network's inputs are standardised, ``(share - mean) / deviation``, in shares
            of full brightness, one a channel. The first layer is rewritten to give what the
            published one gives on inputs standardised as ImageNet's are (but at the rim, where
            padding means the mean colour of other pictures). Empty: inputs are standardised so.
        deviations: See ``means``.

    Raises:
        DataError: The file cannot be read, is of another architecture (and which), or lacks a
            tensor or has one of a wrong shape. The network is unchanged then.

    Example:
        >>> network = ResNetNetwork(depth=18, num_classes=5)        # doctest: +SKIP
        >>> load_torchvision(network, "resnet18-f37072fd.pth")      # doctest: +SKIP
        Loaded(architecture='resnet18', head_kept=False, channels_adapted=False)
    """
    path = Path(path)
    weights = _our_names(read_weights(path))
    expected = network.state_dict()
    _check_architecture(weights, expected, path)
    _restandardise(weights, means, deviations)
    adapted = _adapt_channels(weights, expected)
    if not keep_head:
        weights = {name: value for name, value in weights.items() if not _in_head(name)}
        expected = {name: value for name, value in expected.items() if not _in_head(name)}
    _check_names(weights, expected, path)
    _check_shapes(weights, expected, path)
    with torch.no_grad():
        for name, value in weights.items():
            expected[name].copy_(value)
    return Loaded(architecture(weights), keep_head, adapted)


def architecture(weights: Mapping[str, Tensor]) -> str:
    """Say what a set of weights looks like, such as "vgg16_bn", from names and shapes alone."""
    shapes = {name: tuple(value.shape) for name, value in weights.items()}
    if "layer1.0.conv1.weight" in shapes:
        return _resnet_name(shapes)
    convolutions = [s for n, s in shapes.items() if n.startswith("features.") and len(s) == 4]
    if not convolutions:
        return "no AlexNet, VGG or ResNet"
    if len(convolutions) == 5 and {shape[2] for shape in convolutions} != {3}:
        return "alexnet"
    normalised = any(name.endswith("running_mean") for name in shapes)
    return f"vgg{len(convolutions) + 3}{'_bn' if normalised else ''}"


def _resnet_name(shapes: Mapping[str, tuple[int, ...]]) -> str:
    blocks = {tuple(name.split(".")[:2]) for name in shapes if name.startswith("layer")}
    if "layer1.0.conv3.weight" not in shapes:
        return f"resnet{2 * len(blocks) + 2}"
    middle, seen = shapes["layer1.0.conv2.weight"][:2]
    family = "resnext" if seen < middle else "resnet"
    wide = "wide_" if family == "resnet" and middle > shapes["conv1.weight"][0] else ""
    return f"{wide}{family}{3 * len(blocks) + 2}"


def _our_names(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the head, and drop the prefix that data-parallel training leaves."""
    prefix = "module." if all(name.startswith("module.") for name in weights) else ""
    renamed = {}
    for name, value in weights.items():
        name = name.removeprefix(prefix)
        for head in HEADS:
            name = "head." + name.removeprefix(head) if name.startswith(head) else name
        renamed[name] = value
    return renamed


def _check_architecture(
    weights: Mapping[str, Tensor], expected: Mapping[str, Tensor], path: Path
) -> None:
    came, wanted = architecture(weights), architecture(expected)
    if came != wanted:
        raise DataError(
            f"This file looks like {came}, but the network is {wanted}.",
            "Give the other file, or choose the algorithm and depth that the file is of.",
            file=path,
        )


def _check_names(weights: Mapping[str, Tensor], expected: Mapping[str, Tensor], path: Path) -> None:
    missing = [name for name in expected if name not in weights and not name.endswith(COUNTER)]
    surplus = [name for name in weights if name not in expected]
    if missing or surplus:
        problem = f"This {architecture(expected)} file is incomplete or not torchvision's:"
        parts = [f"it lacks {_some(missing)}"] if missing else []
        parts += [f"it has the unknown {_some(surplus)}"] if surplus else []
        remedy = "Use the file that torchvision publishes, whole."
        raise DataError(f"{problem} {' and '.join(parts)}.", remedy, file=path)


def _check_shapes(
    weights: Mapping[str, Tensor], expected: Mapping[str, Tensor], path: Path
) -> None:
    wrong = [
        f"{name} is {tuple(value.shape)} instead of {tuple(expected[name].shape)}"
        for name, value in weights.items()
        if value.shape != expected[name].shape
    ]
    if wrong:
        raise DataError(
            f"Tensors of this file do not fit the network: {_some(wrong)}.",
            "Build the network with its published widths and stem, or use a matching file.",
            file=path,
        )


def _adapt_channels(weights: dict[str, Tensor], expected: Mapping[str, Tensor]) -> bool:
    """Fit the first layer's weights, made for three channels, to the network's channels."""
    name = _first_layer(expected)
    channels, published = expected[name].shape[1], weights[name]
    if published.shape[1] != 3 or channels == 3:
        return False
    if channels < 3:
        published = published.sum(1, keepdim=True)
    added = published.new_zeros(len(published), channels - published.shape[1], *published.shape[2:])
    weights[name] = torch.cat([published, added], 1)
    return True


def _restandardise(
    weights: dict[str, Tensor], means: Sequence[float], deviations: Sequence[float]
) -> None:
    """Make the first layer undo our standardisation of pictures and apply ImageNet's."""
    if not means:
        return
    name = _first_layer(weights)
    source = [0, 1, 2] if len(means) >= 3 else [0, 0, 0]  # a grey picture is red, green and blue
    ours, theirs = torch.tensor(means)[source], torch.tensor(IMAGENET_MEANS)
    spread = torch.tensor(IMAGENET_DEVIATIONS)
    constant = weights[name].sum((2, 3)) @ ((ours - theirs) / spread)  # (maps,)
    scale = torch.tensor(deviations)[source] / spread
    weights[name] = weights[name] * scale[:, None, None]
    bias = name.replace("weight", "bias")
    if bias in weights:
        weights[bias] = weights[bias] + constant
    else:  # ResNet's first layer leaves the constant to the normalisation after it
        weights["bn1.running_mean"] = weights["bn1.running_mean"] - constant


def _first_layer(weights: Mapping[str, Tensor]) -> str:
    return "conv1.weight" if "conv1.weight" in weights else "features.0.weight"


def _in_head(name: str) -> bool:
    return name.startswith("head.")


def _some(culprits: list[str]) -> str:
    more = f" and {len(culprits) - SHOWN} more" if len(culprits) > SHOWN else ""
    return ", ".join(culprits[:SHOWN]) + more
