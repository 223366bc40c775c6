"""LeNet-5: two convolutions with subsampling, then three dense layers (LeCun et al. 1998).

LeCun, Bottou, Bengio, Haffner, "Gradient-Based Learning Applied to Document Recognition",
Proceedings of the IEEE 86(11), 1998.

How it works:
    An image becomes ever smaller and ever more numerous maps; every unit of a map looks through the
    same small window, so a stroke is recognised wherever it stands:

        C1 = f(W1 * x + b1)        6 maps, 5x5 windows         32x32 -> 28x28
        S2 = pool(C1)              2x2 windows                 28x28 -> 14x14
        C3 = f(W3 * S2 + b3)       16 maps, 5x5 windows        14x14 -> 10x10
        S4 = pool(C3)                                          10x10 -> 5x5
        C5 = f(W5 * S4 + b5)       120 maps, 5x5 windows         5x5 -> 1x1
        F6 = f(W6 C5 + b6)         84 units
        y  = head(F6)

    The defaults are today's choices: ``f = max(0, a)``, maximum pooling, and every C3 map sees
    every S2 map. They reach a lower error in fewer passes than the network of 1998, which is there
    in full: ``activation="tanh"`` (``f(a) = 1.7159 tanh(2a/3)``), ``pooling="average"`` (a mean
    with a trained coefficient and bias, squashed) and ``connections="table"`` (Table I of the
    paper) give its 60,000 parameters. Only the output differs in all forms: the paper's fixed
    radial basis functions, drawn as 7x12 bitmaps of the digits, make sense for characters alone, so
    the task's own head stands there.

Use it when:
    Images are small and simple (digits, letters, icons, single grey objects up to about 64x64
    pixels), or when you need a network that trains in a minute on one processor and fits in 250 kB.

Think twice when:
    Objects vary in colour, scale or pose: a residual network gains several points there. Large
    images are pooled down to a 5x5 grid before C5, which loses detail.

Cost:
    61,706 parameters with ten classes and one channel; 0.42 million multiplications for a 32x32
    image.

Shapes:
    ``(B, C, H, W)`` of any size to ``(B, num_classes)``. Images below 32x32 are enlarged by a whole
    factor as far as they fit and centred on zeros, as the paper does with 28x28 digits; larger
    images keep their size up to S4, which is then averaged to 5x5.

Example:
    >>> import numpy as np, fieldguide as fg
    >>> pictures = np.random.default_rng(0).integers(0, 99, (64, 1, 28, 28)).astype(np.uint8)
    >>> pictures[::2, :, 5:9] = 255                            # every second has a bar
    >>> model = fg.LeNet(epochs=5).fit(pictures, np.array(["bar", "none"] * 32))
    >>> model.predict(pictures[:2]).tolist()
    ['bar', 'none']
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from fieldguide.algorithms.convolution._family import ConvolutionalNetwork, HeadedNetwork
from fieldguide.card import Card, Reference
from fieldguide.errors import UsageError
from fieldguide.hyperparameter import option

FIELD = 32  # pixels on a side of the paper's input
WIDTH = 84  # units of F6: the paper's 7x12 bitmaps
ACTIVATIONS = ("relu", "tanh")
POOLINGS = ("max", "average")
CONNECTIONS = ("full", "table")

# Table I: the S2 maps that each of the 16 C3 maps sees. Three neighbours, four neighbours (both
# around the circle of six), four with a gap, and all.
TABLE = (
    *(tuple((first + step) % 6 for step in range(3)) for first in range(6)),
    *(tuple((first + step) % 6 for step in range(4)) for first in range(6)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
    tuple(range(6)),
)


class ScaledTanh(nn.Module):
    """The paper's squashing function, ``1.7159 tanh(2a/3)``: close to ``a`` between -1 and 1."""

    def forward(self, a: Tensor) -> Tensor:
        """Return the squashed activations, same shape."""
        return 1.7159 * torch.tanh(2 / 3 * a)


class TrainedSubsampling(nn.Module):
    """S2 and S4 of the paper: the mean of a 2x2 window, times a coefficient, plus a bias."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.coefficient = nn.Parameter(torch.ones(channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Halve height and width."""
        return self.coefficient * functional.avg_pool2d(x, 2) + self.bias


class TableConvolution(nn.Conv2d):
    """C3 of the paper: a convolution in which a map sees only some of the maps below (Table I)."""

    seen: Tensor  # (16, 6, 1, 1), 1 where a connection is

    def __init__(self) -> None:
        super().__init__(6, 16, 5)
        seen = torch.zeros(16, 6, 1, 1)
        for row, columns in enumerate(TABLE):
            seen[row, list(columns)] = 1.0
        self.register_buffer("seen", seen, persistent=False)

    def forward(self, input: Tensor) -> Tensor:
        """Convolve with the absent connections held at zero."""
        return self._conv_forward(input, self.weight * self.seen, self.bias)


class LeNetNetwork(HeadedNetwork):
    """LeNet-5 up to its head.

    Args:
        in_channels: Image channels, 1 or more.
        num_classes: Outputs of ``head``; replace the attribute for another head.
        activation: "relu", or "tanh" for the paper's ``1.7159 tanh(2a/3)``.
        pooling: "max", or "average" for the paper's trained subsampling.
        connections: "full", or "table" for the paper's Table I between S2 and C3.

    Raises:
        UsageError: An option has another value.
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        num_classes: int = 10,
        activation: str = "relu",
        pooling: str = "max",
        connections: str = "full",
    ) -> None:
        super().__init__()
        _check("activation", activation, ACTIVATIONS)
        _check("pooling", pooling, POOLINGS)
        _check("connections", connections, CONNECTIONS)
        squash = nn.ReLU if activation == "relu" else ScaledTanh
        self.embedding_width = WIDTH
        self.c1 = nn.Conv2d(in_channels, 6, 5)
        self.s2 = _pool(pooling, 6, squash())
        self.c3 = TableConvolution() if connections == "table" else nn.Conv2d(6, 16, 5)
        self.s4 = _pool(pooling, 16, squash())
        self.c5 = nn.Conv2d(16, 120, 5)
        self.f6 = nn.Linear(120, WIDTH)
        self.squash = squash()
        self.head = nn.Linear(WIDTH, num_classes)
        if activation == "tanh":
            self.apply(_initialise_as_published)

    def embed(self, x: Tensor) -> Tensor:
        """Return F6, ``(B, 84)``, of images ``(B, C, H, W)``."""
        x = self.s2(self.squash(self.c1(_fill_field(x))))  # (B, 6, 14, 14) for 32x32
        x = self.s4(self.squash(self.c3(x)))  # (B, 16, 5, 5)
        x = self.squash(self.c5(functional.adaptive_avg_pool2d(x, 5)))  # (B, 120, 1, 1)
        return self.squash(self.f6(x.flatten(1)))  # (B, 84)


class LeNet(ConvolutionalNetwork):
    """LeNet-5 for classification and regression of small pictures."""

    card = Card(
        title="LeNet-5",
        paper="LeCun, Bottou, Bengio & Haffner (1998). Gradient-based learning applied to document "
        "recognition. Proceedings of the IEEE 86(11).",
        year=1998,
        tasks=("classification", "regression"),
        inputs=("image",),
        capacity=3,
        needs_examples=300,
        local=True,
        references=(
            Reference(
                data="MNIST",
                metric="accuracy",
                value=0.9905,
                source="LeCun et al. (1998), figure 9",
            ),
        ),
    )

    epochs: int = option(15, "passes over the training data", low=0)
    lr: float = option(2e-3, "learning rate", low=0, search=(1e-4, 1e-2), log=True)
    # It is small as published, and torchvision has no weights of it.
    variant: ClassVar[str] = "published"  # type: ignore[misc]
    pretrained: ClassVar[str] = ""  # type: ignore[misc]
    activation: str = option("relu", "squashing function; tanh in 1998", choices=ACTIVATIONS)
    pooling: str = option("max", "how maps shrink; average in 1998", choices=POOLINGS)
    connections: str = option("full", "from S2 to C3; table in 1998", choices=CONNECTIONS)

    def network(self, channels: int, *, small: bool) -> HeadedNetwork:
        """Return the network that the options ask for."""
        return LeNetNetwork(
            in_channels=channels,
            activation=self.activation,
            pooling=self.pooling,
            connections=self.connections,
        )


def _pool(pooling: str, channels: int, squash: nn.Module) -> nn.Module:
    if pooling == "max":
        return nn.MaxPool2d(2)
    return nn.Sequential(TrainedSubsampling(channels), squash)


def _fill_field(x: Tensor) -> Tensor:
    """Enlarge small images by a whole factor and centre them on zeros, at least 32x32."""
    height, width = x.shape[-2:]
    factor = FIELD // max(height, width)
    if factor > 1:
        x = functional.interpolate(x, scale_factor=float(factor), mode="bilinear")
        height, width = height * factor, width * factor
    down, right = max(FIELD - height, 0), max(FIELD - width, 0)
    if down == right == 0:
        return x
    return functional.pad(x, (right // 2, right - right // 2, down // 2, down - down // 2))


def _initialise_as_published(module: nn.Module) -> None:
    """Draw weights between -2.4/F and 2.4/F, F being a unit's inputs (appendix A)."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        bound = 2.4 / math.prod(module.weight.shape[1:])
        nn.init.uniform_(module.weight, -bound, bound)


def _check(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UsageError(f"LeNet: {name}={value!r} is unknown; choose one of {list(choices)}")
