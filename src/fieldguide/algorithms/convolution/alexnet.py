"""AlexNet: five convolutions and three dense layers with dropout (Krizhevsky et al. 2012, 2014).

Krizhevsky, Sutskever, Hinton, "ImageNet Classification with Deep Convolutional Neural Networks",
NeurIPS 2012; Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014.

How it works:
    LeNet's idea at ImageNet's size, made trainable by rectifiers, dropout and graphics processors:

        conv 11x11/4 - pool - conv 5x5 - pool - conv 3x3 - conv 3x3 - conv 3x3 - pool
        - (dropout, dense 4096) twice - head

    with ``f(a) = max(0, a)`` after each layer and overlapping 3x3 pooling every 2 pixels.
    ``form="2014"`` is the network of the second paper, whose weights are published: one tower of
    64, 192, 384, 256 and 256 maps. ``form="2012"`` is that of the first: 96, 256, 384, 384 and 256
    maps, the second, fourth and fifth layer in two separate halves (two graphics cards), and local
    response normalisation

        b_i = a_i / (2 + 1e-4 sum_j a_j^2)^0.75      over five neighbouring maps j

    after the first two layers.

Use it when:
    You want a well-known point of comparison, or the published weights as a quick feature
    extractor.

Think twice when:
    You want accuracy: a residual network of a fifth of the parameters is better on any image set.
    59 of the 61 million weights sit in the dense layers, which overfit small data sets.

Cost:
    61,100,840 parameters with 1000 classes (244 MB); 0.71 billion multiplications for a 224x224
    image. Small images with a small stem need less: see ``hidden_width`` and ``pool_size``.

Shapes:
    ``(B, C, H, W)`` to ``(B, num_classes)``; at least 7x7 pixels with ``stem="imagenet"``, any size
    with ``stem="small"`` (a 3x3 first convolution that keeps the size).

Example:
    >>> import fieldguide as fg
    >>> model = fg.AlexNet(pretrained="alexnet-owt-7be5be79.pth", lr=1e-4)
    >>> model.fit("photos/").predict("new_photos/")             # doctest: +SKIP
"""

from __future__ import annotations

from torch import Tensor, nn

from fieldguide.algorithms.convolution._family import ConvolutionalNetwork, HeadedNetwork
from fieldguide.card import Card, Reference
from fieldguide.errors import UsageError
from fieldguide.hyperparameter import option
from fieldguide.nn import OptionalMaxPool2d

# Maps of the five convolutions for each form; the argument `width` scales them by width / 64.
CHANNELS = {"2014": (64, 192, 384, 256, 256), "2012": (96, 256, 384, 384, 256)}
SMALLEST_SIDE = {"imagenet": 7, "small": 1}  # pixels; 11x11 windows on an image padded by 2


class AlexNetNetwork(HeadedNetwork):
    """AlexNet; with the defaults, parameter names up to the head are torchvision's.

    Args:
        in_channels: Image channels, 1 or more.
        num_classes: Outputs of ``head``; replace the attribute for another head.
        form: "2014" (one tower, published weights) or "2012" (two halves, response normalisation).
        stem: "imagenet" (11x11 every 4 pixels) or "small" (3x3 every pixel).
        width: 64 is the published network; other multiples of 4 scale the maps of every layer.
        hidden_width: Units of the two dense layers.
        pool_size: Side of the grid of maps that the dense layers see.
        dropout: Share of inputs that the dense layers lose while training, 0 to 1.

    Raises:
        UsageError: An option has another value, or an image is too small for the stem.
    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        num_classes: int = 1000,
        form: str = "2014",
        stem: str = "imagenet",
        width: int = 64,
        hidden_width: int = 4096,
        pool_size: int = 6,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if form not in CHANNELS or stem not in SMALLEST_SIDE or width < 4 or width % 4:
            raise UsageError(
                f"AlexNet: got form={form!r}, stem={stem!r}, width={width}; expected form '2014' "
                "or '2012', stem 'imagenet' or 'small', and width a multiple of 4"
            )
        channels = [in_channels, *(maps * width // 64 for maps in CHANNELS[form])]
        self.stem = stem
        self.embedding_width = hidden_width
        self.features = nn.Sequential(*_convolutions(channels, form, stem))
        self.avgpool = nn.AdaptiveAvgPool2d(pool_size)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(channels[-1] * pool_size**2, hidden_width),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden_width, hidden_width),
            nn.ReLU(inplace=True),
        )
        self.head = nn.Linear(hidden_width, num_classes)

    def embed(self, x: Tensor) -> Tensor:
        """Return the second dense layer, ``(B, hidden_width)``, of images ``(B, C, H, W)``."""
        smallest = SMALLEST_SIDE[self.stem]
        if min(x.shape[-2:]) < smallest:
            raise UsageError(
                f"AlexNet with stem={self.stem!r} needs images of at least {smallest}x{smallest} "
                f"pixels, these have {x.shape[-2]}x{x.shape[-1]}; use stem='small' or enlarge them"
            )
        return super().embed(x)


class AlexNet(ConvolutionalNetwork):
    """AlexNet for classification and regression of pictures."""

    card = Card(
        title="AlexNet",
        paper="Krizhevsky, Sutskever & Hinton (2012). ImageNet classification with deep "
        "convolutional neural networks. NeurIPS.",
        year=2012,
        tasks=("classification", "regression"),
        inputs=("image",),
        capacity=3,
        needs_examples=2000,
        local=True,
        references=(
            Reference(
                data="ImageNet",
                metric="accuracy",
                value=0.5652,
                source="torchvision's published weights (form 2014)",
            ),
        ),
    )

    epochs: int = option(20, "passes over the training data", low=0)
    batch_size: int = option(64, "examples in one step", low=1, search=(16, 256), log=True)
    lr: float = option(3e-4, "learning rate", low=0, search=(3e-5, 3e-3), log=True)
    form: str = option("2014", "year of the paper", choices=tuple(CHANNELS))
    dropout: float = option(0.5, "chance that a dense unit rests", low=0, high=0.9, search=(0, 0.7))

    def network(self, channels: int, *, small: bool) -> HeadedNetwork:
        """Return the network that the options ask for."""
        return AlexNetNetwork(
            in_channels=channels,
            num_classes=1,
            form=self.form,
            stem="small" if small else "imagenet",
            hidden_width=1024 if small else 4096,
            pool_size=2 if small else 6,
            dropout=self.dropout,
        )


def _convolutions(channels: list[int], form: str, stem: str) -> list[nn.Module]:
    first = (11, 4, 2) if stem == "imagenet" else (3, 1, 1)  # kernel, stride, padding
    halves = 2 if form == "2012" else 1
    geometry = [(*first, 1), (5, 1, 2, halves), (3, 1, 1, 1), (3, 1, 1, halves), (3, 1, 1, halves)]
    layers: list[nn.Module] = []
    for number, (kernel, stride, padding, groups) in enumerate(geometry):
        size = channels[number], channels[number + 1], kernel
        layers.append(nn.Conv2d(*size, stride=stride, padding=padding, groups=groups))
        layers.append(nn.ReLU(inplace=True))
        if form == "2012" and number < 2:
            # PyTorch divides alpha by the window's size; the paper does not.
            layers.append(nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0))
        if number in (0, 1, 4):
            layers.append(OptionalMaxPool2d(3, 2))
    return layers
