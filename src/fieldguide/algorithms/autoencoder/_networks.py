"""Encoders and decoders of one row of numbers: layers, and convolutions over pictures.

Shapes: B examples, D numbers in a row, K numbers in a code. Every network takes and gives rows
(B, D); pictures are laid out channel by channel, row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from fieldguide.algorithms.autoencoder._repair import Usual

BENDS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU}
KERNEL = 3  # pixels on a side of a convolution's window


class AutoencoderNetwork(nn.Module):
    """An encoder and a decoder, one behind the other.

    Whoever builds it adds ``code``, the numbers in a code, and ``usual``, what repair goes by.

    Args:
        encoder: Rows (B, D) to codes (B, K).
        decoder: Codes (B, K) to raw rows (B, D).
    """

    code: int
    usual: Usual

    def __init__(self, *, encoder: nn.Module, decoder: nn.Module):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def encode(self, rows: Tensor) -> Tensor:
        """Return codes (B, K)."""
        codes: Tensor = self.encoder(rows)
        return codes

    def decode(self, codes: Tensor) -> Tensor:
        """Return raw rows (B, D)."""
        raw: Tensor = self.decoder(codes)
        return raw

    def forward(self, rows: Tensor) -> Tensor:
        """Return raw rows (B, D)."""
        return self.decode(self.encode(rows))


def dense(widths: Sequence[int], bend: str = "relu") -> nn.Sequential:
    """Return layers through these widths with a bend between them; the last one stays straight.

    Example:
        >>> [layer.out_features for layer in dense([9, 5, 2]) if isinstance(layer, nn.Linear)]
        [5, 2]
    """
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), BENDS[bend]()]
    return nn.Sequential(*layers[:-1])


def halved(height: int, width: int, times: int) -> list[tuple[int, int]]:
    """Return the sizes of a picture that strides of 2 shrink again and again, its own first.

    Example:
        >>> halved(28, 28, 2), halved(5, 7, 2)
        ([(28, 28), (14, 14), (7, 7)], [(5, 7), (3, 4), (2, 2)])
    """
    sizes = [(height, width)]
    for _ in range(times):
        height, width = -(-height // 2), -(-width // 2)
        sizes.append((height, width))
    return sizes


class ConvolutionalEncoder(nn.Module):
    """Convolutions of stride 2, each halving the picture, then one dense layer to the outputs.

    Args:
        shape: Channels, height and width of a picture.
        channels: Maps of each convolution.
        outputs: Numbers that come out, K.
        more: Numbers behind the pixels that go to the dense layer as they are.
    """

    def __init__(
        self, *, shape: Sequence[int], channels: Sequence[int], outputs: int, more: int = 0
    ):
        super().__init__()
        self.shape, self.more = tuple(shape), more
        layers: list[nn.Module] = []
        for before, after in pairwise([shape[0], *channels]):
            layers += [nn.Conv2d(before, after, KERNEL, stride=2, padding=1), nn.ReLU()]
        self.maps = nn.Sequential(*layers)
        height, width = halved(shape[1], shape[2], len(channels))[-1]
        last = channels[-1] if channels else shape[0]
        self.head = nn.Linear(last * height * width + more, outputs)

    def forward(self, rows: Tensor) -> Tensor:
        """Return (B, K) of rows (B, D + more)."""
        pixels, more = rows.split([rows.shape[1] - self.more, self.more], dim=1)
        maps = self.maps(pixels.reshape(len(rows), *self.shape))
        outputs: Tensor = self.head(torch.cat([maps.flatten(1), more], dim=1))
        return outputs


class ConvolutionalDecoder(nn.Module):
    """One dense layer to small maps, then transposed convolutions, each doubling the picture.

    Args:
        shape: Channels, height and width of a picture.
        channels: Maps of each convolution of the encoder; they are gone through backwards.
        inputs: Numbers that come in, K.
    """

    def __init__(self, *, shape: Sequence[int], channels: Sequence[int], inputs: int):
        super().__init__()
        sizes = halved(shape[1], shape[2], len(channels))
        self.smallest = (channels[-1] if channels else shape[0], *sizes[-1])
        self.entry = nn.Linear(inputs, int(torch.Size(self.smallest).numel()))
        layers: list[nn.Module] = []
        backwards = [*reversed(channels), shape[0]]
        for (before, after), size in zip(pairwise(backwards), sizes[-2::-1], strict=True):
            layers += [nn.ReLU(), _doubling(before, after, size)]
        self.maps = nn.Sequential(*layers)

    def forward(self, codes: Tensor) -> Tensor:
        """Return raw rows (B, D) of codes (B, K)."""
        maps = self.entry(codes).view(len(codes), *self.smallest)
        raw: Tensor = self.maps(maps)
        return raw.flatten(1)


def _doubling(before: int, after: int, size: tuple[int, int]) -> nn.ConvTranspose2d:
    """Return a transposed convolution onto exactly that size, which may be odd."""
    even = (1 - size[0] % 2, 1 - size[1] % 2)
    return nn.ConvTranspose2d(before, after, KERNEL, 2, padding=1, output_padding=even)
