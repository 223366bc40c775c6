"""ResNet: layers that learn what to add to their input, so that depth helps (He et al. 2016).

He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", CVPR 2016.

How it works:
    A plain network gets worse when it gets deeper, because its layers can hardly learn to do
    nothing. A residual block does nothing at weights of zero, and gradients pass it undamped:

        x_{l+1} = max(0, shortcut(x_l) + F(x_l))

    ``F`` is two 3x3 convolutions (basic block) or 1x1, 3x3, 1x1 with a fourth of the maps in
    between (bottleneck), each with batch normalisation. Where the image halves and the maps double,
    the shortcut takes every second pixel and fills the new maps with zeros (option A) or is a 1x1
    convolution (option B). ``depth`` names the published forms:

        20, 32, 44, 56, 110     CIFAR (section 4.2): 3x3 stem; 3 stages of 16, 32 and 64 maps; A
        18, 34                  ImageNet (Table 1): 7x7/2 stem and pool; 64 to 512 maps; basic; B
        50, 101, 152            the same with bottlenecks, 256 to 2048 maps; B

    As everywhere since 2016, the bottleneck halves the image in its 3x3 convolution, not in the
    first.

Use it when:
    Images are the input and accuracy counts: the default choice, from a few hundred examples (with
    published weights) to millions. Depth 20 for images of about 32x32, 18 or 50 above.

Think twice when:
    There are a few hundred images and no published weights, or the images are simple and time is
    short: LeNet is there in a fraction of the time.

Cost:
    Parameters: depth 20 0.27 million, 32 0.46, 18 11.7, 34 21.8, 50 25.6. Multiplications: 41 and
    69 million for a 32x32 image (20, 32); 1.8, 3.7 and 4.1 billion for 224x224 (18, 34, 50).

Shapes:
    ``(B, C, H, W)`` of any size to ``(B, num_classes)``. Pick ``stem="small"`` (3x3, no pooling)
    for images below about 64x64; with the ImageNet stem a 32x32 image is a single pixel at the end.

Example:
    >>> import fieldguide as fg
    >>> model = fg.ResNet(depth=20, augment=("crop", "flip"), epochs=40)
    >>> tuned = fg.ResNet(depth=18, pretrained="resnet18-f37072fd.pth", lr=3e-4, epochs=5)
    >>> tuned.fit("photos/").predict("new_photos/")             # doctest: +SKIP
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from fieldguide.algorithms.convolution._family import ConvolutionalNetwork, HeadedNetwork
from fieldguide.card import Card, Reference
from fieldguide.errors import UsageError
from fieldguide.hyperparameter import option


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut, ``(B, I, H, W)`` to ``(B, C, H/stride, W/stride)``."""

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int, downsample: nn.Module) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        """Return ``max(0, shortcut(x) + F(x))``."""
        out = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        out = self.bn2(self.conv2(out))
        return functional.relu(out + self.downsample(x), inplace=True)


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions and a shortcut, to ``(B, 4C, H/stride, W/stride)``."""

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int, downsample: nn.Module) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * channels)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        """Return ``max(0, shortcut(x) + F(x))``."""
        out = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        out = functional.relu(self.bn2(self.conv2(out)), inplace=True)
        out = self.bn3(self.conv3(out))
        return functional.relu(out + self.downsample(x), inplace=True)


class PaddedShortcut(nn.Module):
    """Option A: every second pixel, and zeros for the maps that are new. It has no weights."""

    def __init__(self, added_channels: int, stride: int) -> None:
        super().__init__()
        self.added_channels = added_channels
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` thinned out and padded with half of the new maps on each side."""
        before = self.added_channels // 2
        after = self.added_channels - before
        thinned = x[:, :, :: self.stride, :: self.stride]
        return functional.pad(thinned, (0, 0, 0, 0, before, after))


# Block and blocks per stage by depth: section 4.2 has three stages, Table 1 has four.
FORMS: dict[int, tuple[type[BasicBlock | Bottleneck], tuple[int, ...]]] = {
    **{6 * n + 2: (BasicBlock, (n, n, n)) for n in (3, 5, 7, 9, 18)},
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
    101: (Bottleneck, (3, 4, 23, 3)),
    152: (Bottleneck, (3, 8, 36, 3)),
}


class ResNetNetwork(HeadedNetwork):
    """A residual network; parameter names up to the head are torchvision's.

    Args:
        depth: A key of ``FORMS``.
        in_channels: Image channels, 1 or more.
        num_classes: Outputs of ``head``; replace the attribute for another head.
        width: Maps of the first stage; by default 16 in the CIFAR forms, 64 in the others.
        stem: "small" or "imagenet"; by default "small" in the CIFAR forms, else "imagenet".

    Raises:
        UsageError: ``depth`` or ``stem`` is unknown.
    """

    def __init__(
        self,
        *,
        depth: int = 18,
        in_channels: int = 3,
        num_classes: int = 1000,
        width: int | None = None,
        stem: str | None = None,
    ) -> None:
        super().__init__()
        if depth not in FORMS or stem not in (None, "small", "imagenet"):
            raise UsageError(
                f"ResNet: got depth={depth!r}, stem={stem!r}; expected depth to be one of "
                f"{sorted(FORMS)} and stem 'small' or 'imagenet'"
            )
        block, repeats = FORMS[depth]
        cifar = len(repeats) == 3
        width = width or (16 if cifar else 64)
        if (stem or ("small" if cifar else "imagenet")) == "small":
            self.conv1 = nn.Conv2d(in_channels, width, 3, padding=1, bias=False)
            self.maxpool: nn.Module = nn.Identity()
        else:
            self.conv1 = nn.Conv2d(in_channels, width, 7, 2, padding=3, bias=False)
            self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        self.bn1 = nn.BatchNorm2d(width)
        self.stages = [f"layer{number}" for number in range(1, len(repeats) + 1)]
        channels_in = width
        for number, (name, repeat) in enumerate(zip(self.stages, repeats, strict=True)):
            channels, stride = width * 2**number, 1 if number == 0 else 2
            self.add_module(name, _stage(block, channels_in, channels, repeat, stride, cifar))
            channels_in = channels * block.expansion
        self.embedding_width = channels_in
        self.head = nn.Linear(channels_in, num_classes)
        self.apply(_initialise)

    def maps(self, x: Tensor) -> list[Tensor]:
        """Return the output of every stage for images ``(B, C, H, W)``, finest first."""
        x = self.maxpool(functional.relu(self.bn1(self.conv1(x)), inplace=True))
        found = []
        for name in self.stages:
            x = getattr(self, name)(x)
            found.append(x)
        return found

    def embed(self, x: Tensor) -> Tensor:
        """Return the last stage's maps averaged over the image, ``(B, embedding_width)``."""
        return self.maps(x)[-1].mean((2, 3))


class ResNet(ConvolutionalNetwork):
    """Residual network for classification and regression of pictures."""

    card = Card(
        title="Residual network",
        paper="He, Zhang, Ren & Sun (2016). Deep residual learning for image recognition. CVPR.",
        year=2016,
        tasks=("classification", "regression"),
        inputs=("image",),
        capacity=4,
        needs_examples=1000,
        local=True,
        references=(
            Reference(
                data="CIFAR-10",
                metric="accuracy",
                value=0.9125,
                source="He et al. (2016), table 6, depth 20",
            ),
            Reference(
                data="ImageNet",
                metric="accuracy",
                value=0.6976,
                source="torchvision's published weights, depth 18",
            ),
        ),
    )

    epochs: int = option(20, "passes over the training data", low=0)
    batch_size: int = option(64, "examples in one step", low=1, search=(16, 256), log=True)
    lr: float = option(3e-3, "learning rate", low=0, search=(1e-4, 1e-2), log=True)
    weight_decay: float = option(0.05, "pull of weights towards 0", low=0, search=(0.0, 0.1))
    depth: int | None = option(
        None,
        "layers; unset: 20 for pictures below 64 pixels, else 18",
        choices=tuple(sorted(FORMS)),
    )

    def network(self, channels: int, *, small: bool) -> HeadedNetwork:
        """Return the network that the options ask for."""
        return ResNetNetwork(
            depth=self.depth or (20 if small else 18),
            in_channels=channels,
            num_classes=1,
            stem="small" if small else None,
        )


def _stage(
    block: type[BasicBlock | Bottleneck],
    in_channels: int,
    channels: int,
    repeat: int,
    stride: int,
    padded: bool,
) -> nn.Sequential:
    out_channels = channels * block.expansion
    shortcut: nn.Module = nn.Identity()
    if padded and stride > 1:
        shortcut = PaddedShortcut(out_channels - in_channels, stride)
    elif stride > 1 or in_channels != out_channels:
        shortcut = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
            nn.BatchNorm2d(out_channels),
        )
    blocks = [block(in_channels, channels, stride, shortcut)]
    blocks += [block(out_channels, channels, 1, nn.Identity()) for _ in range(1, repeat)]
    return nn.Sequential(*blocks)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
