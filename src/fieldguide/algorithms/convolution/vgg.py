"""VGG: nothing but stacks of 3x3 convolutions and pooling (Simonyan and Zisserman 2015).

Simonyan, Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
ICLR 2015.

How it works:
    Two 3x3 convolutions see as much as one of 5x5, with fewer weights and one more non-linearity.
    So use nothing else, double the maps whenever pooling halves the image, and go deep:

        x <- max(0, norm(W * x + b))       3x3 windows, 1 to 4 times a stage
        x <- pool(x)                       2x2 windows, after each of the five stages
        y  = head((dropout, dense 4096) twice (x))

    with 64, 128, 256, 512 and 512 maps. ``depth`` counts the layers with weights: 11, 13, 16 and 19
    are configurations A, B, D and E of the paper's Table 1. ``norm`` is batch normalisation, which
    came a few months later; without it (``batch_norm=False``, the paper's network) the deeper ones
    hardly start to learn unless their first layers are taken from a shallower one.

Use it when:
    You want its published weights: their features are a standard for style and perceptual losses.

Think twice when:
    You train from the start: a residual network reaches more with a tenth of the weights and time.

Cost:
    VGG-11: 132,863,336 parameters with 1000 classes, 7.6 billion multiplications for a 224x224
    image; VGG-16: 138,357,544 and 15.5 billion. Of these 124 million sit in the dense layers: lower
    ``hidden_width`` and ``pool_size`` for small images.

Shapes:
    ``(B, C, H, W)`` of any size to ``(B, num_classes)``; a pooling that would leave nothing (images
    below 32x32) is skipped.

Example:
    >>> import fieldguide as fg
    >>> model = fg.VGG(depth=16, batch_norm=False, pretrained="vgg16-397923af.pth", lr=1e-4)
    >>> model.fit("photos/").predict("new_photos/")             # doctest: +SKIP
"""

from __future__ import annotations

from torch import nn

from fieldguide.algorithms.convolution._family import ConvolutionalNetwork, HeadedNetwork
from fieldguide.card import Card, Reference
from fieldguide.errors import UsageError
from fieldguide.hyperparameter import option
from fieldguide.nn import OptionalMaxPool2d

# Convolutions in each of the five stages, by depth (Table 1: A, B, D, E).
STAGES = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


class VGGNetwork(HeadedNetwork):
    """VGG; with the default widths, parameter names up to the head are torchvision's.

    Args:
        depth: 11, 13, 16 or 19 layers with weights.
        in_channels: Image channels, 1 or more.
        num_classes: Outputs of ``head``; replace the attribute for another head.
        batch_norm: Normalise after each convolution.
        width: Maps of the first stage; 64 is the published network.
        hidden_width: Units of the two dense layers.
        pool_size: Side of the grid of maps that the dense layers see.
        dropout: Share of units that the dense layers lose while training, 0 to 1.

    Raises:
        UsageError: ``depth`` is not one of the paper's.
    """

    def __init__(
        self,
        *,
        depth: int = 16,
        in_channels: int = 3,
        num_classes: int = 1000,
        batch_norm: bool = False,
        width: int = 64,
        hidden_width: int = 4096,
        pool_size: int = 7,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if depth not in STAGES:
            raise UsageError(f"VGG: depth={depth!r} is unknown; choose one of {list(STAGES)}")
        channels = [width * factor for factor in (1, 2, 4, 8, 8)]
        self.embedding_width = hidden_width
        self.features = nn.Sequential(*_stages(STAGES[depth], in_channels, channels, batch_norm))
        self.avgpool = nn.AdaptiveAvgPool2d(pool_size)
        self.classifier = nn.Sequential(
            nn.Linear(channels[-1] * pool_size**2, hidden_width),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden_width, hidden_width),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
        )
        self.head = nn.Linear(hidden_width, num_classes)
        self.apply(_initialise)


class VGG(ConvolutionalNetwork):
    """VGG for classification and regression of pictures."""

    card = Card(
        title="VGG",
        paper="Simonyan & Zisserman (2015). Very deep convolutional networks for large-scale image "
        "recognition. ICLR.",
        year=2015,
        tasks=("classification", "regression"),
        inputs=("image",),
        capacity=4,
        needs_examples=2000,
        local=True,
        references=(
            Reference(
                data="ImageNet",
                metric="accuracy",
                value=0.7159,
                source="torchvision's published weights (depth 16, no batch normalisation)",
            ),
        ),
    )

    epochs: int = option(20, "passes over the training data", low=0)
    batch_size: int = option(64, "examples in one step", low=1, search=(16, 256), log=True)
    lr: float = option(5e-4, "learning rate", low=0, search=(3e-5, 3e-3), log=True)
    depth: int = option(11, "layers with weights", choices=tuple(STAGES))
    batch_norm: bool = option(True, "normalise after each convolution; not in the paper")
    dropout: float = option(0.5, "chance that a dense unit rests", low=0, high=0.9, search=(0, 0.7))

    def network(self, channels: int, *, small: bool) -> HeadedNetwork:
        """Return the network that the options ask for."""
        return VGGNetwork(
            depth=self.depth,
            in_channels=channels,
            num_classes=1,
            batch_norm=self.batch_norm,
            hidden_width=512 if small else 4096,
            pool_size=1 if small else 7,
            dropout=self.dropout,
        )


def _stages(
    repeats: tuple[int, ...], in_channels: int, channels: list[int], batch_norm: bool
) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for repeat, maps in zip(repeats, channels, strict=True):
        for _ in range(repeat):
            layers.append(nn.Conv2d(in_channels, maps, 3, padding=1))
            if batch_norm:
                layers.append(nn.BatchNorm2d(maps))
            layers.append(nn.ReLU(inplace=True))
            in_channels = maps
        layers.append(OptionalMaxPool2d(2))
    return layers


def _initialise(module: nn.Module) -> None:
    # Without normalisation, PyTorch's default start makes the signal vanish over 16 layers.
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.01)
    if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
