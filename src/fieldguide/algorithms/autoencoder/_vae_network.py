"""The network of a variational autoencoder: two halves, a likelihood, and classes told to both.

Shapes: B examples, D numbers in a row, K hidden numbers, k draws.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from fieldguide.algorithms.autoencoder._fitted_prior import FittedPrior
from fieldguide.algorithms.autoencoder._likelihood import Likelihood, log_weights
from fieldguide.algorithms.autoencoder._networks import (
    AutoencoderNetwork,
    ConvolutionalDecoder,
    ConvolutionalEncoder,
    dense,
)


class VAENetwork(AutoencoderNetwork):
    """Encoder of means and log-variances, decoder, and the distribution of what comes out.

    Args:
        encoder: Rows and classes (B, D + classes) to (B, 2 K).
        decoder: Codes and classes (B, K + classes) to raw rows (B, D).
        code: Hidden numbers, K.
        likelihood: How rows are distributed given raw rows.
        classes: Number of classes that are told; 0 for none.
    """

    def __init__(
        self,
        *,
        encoder: nn.Module,
        decoder: nn.Module,
        code: int,
        likelihood: Likelihood,
        classes: int = 0,
    ):
        super().__init__(encoder=encoder, decoder=decoder)
        self.likelihood, self.code, self.classes = likelihood, code, classes
        self.latent = code  # what is drawn for a new example
        self.prior = FittedPrior(code, classes)

    def moments(self, rows: Tensor, y: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance of q(z | x), (B, K) each."""
        mean, log_variance = _full(self.encoder(self._told(rows, y))).chunk(2, dim=-1)
        return mean, log_variance

    def encode(self, rows: Tensor, y: Tensor | None = None) -> Tensor:
        """Return the means (B, K)."""
        return self.moments(rows, y)[0]

    def decode(self, codes: Tensor, y: Tensor | None = None) -> Tensor:
        """Return raw rows (B, D)."""
        return _full(self.decoder(self._told(codes, y)))

    def forward(self, rows: Tensor, y: Tensor | None = None) -> Tensor:
        """Return the raw rows of the means."""
        return self.decode(self.encode(rows, y), y)

    def log_weights(self, rows: Tensor, noise: Tensor, y: Tensor | None = None) -> Tensor:
        """Return log p(x, z) - log q(z | x) for noise (k, B or 1, K); shape (k, B)."""

        def log_probability(rows: Tensor, latent: Tensor) -> Tensor:
            many = None if y is None else y.repeat(len(latent))
            raw = self.decode(latent.flatten(0, 1), many)
            return self.likelihood.log_probability(rows, raw.unflatten(0, latent.shape[:2]))

        mean, log_variance = self.moments(rows, y)
        return log_weights(rows, mean, log_variance, noise, log_probability)

    def _told(self, values: Tensor, y: Tensor | None) -> Tensor:
        """Append the class to each row, or zeros where it is not known (code -1)."""
        if not self.classes:
            return values
        if y is None:
            return functional.pad(values, (0, self.classes))
        hot = functional.one_hot(y.clamp_min(0), self.classes) * (y >= 0).unsqueeze(1)
        return torch.cat([values, hot.to(values.dtype)], dim=1)


def halves(
    *,
    code: int,
    classes: int,
    width: int,
    hidden: Sequence[int],
    activation: str,
    shape: tuple[int, ...],
    channels: Sequence[int],
) -> tuple[nn.Module, nn.Module]:
    """Return encoder and decoder.

    Args:
        code: Hidden numbers, K.
        classes: Number of classes that are told.
        width: Numbers in a row, D.
        hidden: Units of the layers between.
        activation: Bend between layers.
        shape: Channels, height and width of a picture, for convolutions; (): dense layers.
        channels: Maps of each convolution.
    """
    if shape:
        return (
            ConvolutionalEncoder(shape=shape, channels=channels, outputs=2 * code, more=classes),
            ConvolutionalDecoder(shape=shape, channels=channels, inputs=code + classes),
        )
    return (
        dense([width + classes, *hidden, 2 * code], activation),
        dense([code + classes, *reversed(hidden), width], activation),
    )


def _full(values: Tensor) -> Tensor:
    """Return values of half precision in single precision: logarithms need it."""
    return values.float() if values.dtype == torch.bfloat16 else values
