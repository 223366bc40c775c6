"""How a variational autoencoder's outputs are distributed, and its bound on the likelihood.

Shapes: a leading k draws and B examples, D numbers in a row, K latent numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from fieldguide.algorithms.autoencoder._layout import Layout

LOG_TWO_PI = math.log(2 * math.pi)
LEAST_LOG_VARIANCE = -6.0  # a deviation of 0.05: a constant would be infinitely likely


class Likelihood(nn.Module):
    """The distribution of a row given raw outputs: independent numbers, softmax categories.

    ``"bernoulli"`` numbers are shares of the way from the lowest to the highest value of the
    training data, and the output is the log-odds; ``"gaussian"`` ones have the output as their
    mean and one learnt variance each.

    Args:
        kind: ``"gaussian"`` or ``"bernoulli"``.
        layout: What the numbers of a row are.
    """

    low: Tensor
    range: Tensor

    def __init__(self, *, kind: str, layout: Layout):
        super().__init__()
        self.kind, self.layout = kind, layout
        if kind == "gaussian":
            self.log_variance = nn.Parameter(torch.zeros(layout.numbers))
        else:
            self.register_buffer("low", torch.zeros(layout.numbers))
            self.register_buffer("range", torch.ones(layout.numbers))

    def learn_range(self, low: Tensor, high: Tensor) -> None:
        """Take over the ends of each number, (numbers,); where they meet, 1 lies between."""
        if self.kind == "bernoulli":
            self.low.copy_(low)
            self.range.copy_(torch.where(high > low, high - low, 1.0))

    def log_probability(self, rows: Tensor, raw: Tensor) -> Tensor:
        """Return log p(row | raw) in nats, (…); rows (B, D), raw (…, B, D)."""
        numbers, blocks = self.layout.split(rows)
        outputs, chances = self.layout.split(raw)
        found = self._of_numbers(numbers, outputs)
        for block, logits in zip(blocks, chances, strict=True):
            found = found + (block * logits.log_softmax(-1)).sum(-1)
        return found

    def mean(self, raw: Tensor) -> Tensor:
        """Return the mean of each number and the probability of each category, (…, D)."""
        numbers, blocks = self.layout.split(raw)
        if self.kind == "bernoulli":
            numbers = self.low + self.range * torch.sigmoid(numbers)
        return torch.cat([numbers, *[block.softmax(-1) for block in blocks]], dim=-1)

    def draw(self, raw: Tensor, generator: torch.Generator) -> Tensor:
        """Draw rows, (B, D), of raw outputs (B, D)."""
        numbers, blocks = self.layout.split(raw)
        if self.kind == "bernoulli":
            chance = torch.rand(numbers.shape, generator=generator)
            numbers = self.low + self.range * (chance < torch.sigmoid(numbers)).float()
        else:
            noise = torch.randn(numbers.shape, generator=generator)
            numbers = numbers + self._log_variance().div(2).exp() * noise
        drawn = [
            torch.multinomial(block.softmax(-1), 1, generator=generator).squeeze(-1)
            for block in blocks
        ]
        sure = [
            functional.one_hot(code, block.shape[-1]).float()
            for code, block in zip(drawn, blocks, strict=True)
        ]
        return torch.cat([numbers, *sure], dim=-1)

    def _log_variance(self) -> Tensor:
        return self.log_variance.clamp_min(LEAST_LOG_VARIANCE)

    def _of_numbers(self, numbers: Tensor, outputs: Tensor) -> Tensor:
        if self.kind == "bernoulli":
            share = ((numbers - self.low) / self.range).clamp(0.0, 1.0)
            return (share * outputs - functional.softplus(outputs)).sum(-1)
        spread = self._log_variance()
        away = (numbers - outputs).square() * (-spread).exp()
        return -0.5 * (away + spread + LOG_TWO_PI).sum(-1)


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return KL(N(mean, variance) || N(0, 1)) in nats, summed over the last axis.

    ½ Σ (μ² + σ² - log σ² - 1)
    """
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(-1)


def log_weights(
    rows: Tensor,
    mean: Tensor,
    log_variance: Tensor,
    noise: Tensor,
    log_probability: Callable[[Tensor, Tensor], Tensor],
) -> Tensor:
    """Return log p(x, z) - log q(z | x) of z = μ + σ ε, (k, B).

    Their mean over k is the evidence lower bound; the logarithm of the mean of their exponentials
    is the importance-weighted bound (Burda, Grosse & Salakhutdinov 2016), which is never lower.

    Args:
        rows: (B, D).
        mean: Of q, (B, K).
        log_variance: Of q, (B, K).
        noise: ε, (k, B, K), or (k, 1, K) for the same draws for every example.
        log_probability: log p(x | z) of rows (B, D) and latents (k, B, K).
    """
    latent = mean + (log_variance / 2).exp() * noise
    prior = -0.5 * (latent.square() + LOG_TWO_PI).sum(-1)
    posterior = -0.5 * (noise.square() + log_variance + LOG_TWO_PI).sum(-1)
    return log_probability(rows, latent) + prior - posterior


def importance_bound(weights: Sequence[Tensor]) -> Tensor:
    """Return log (1/k) Σ exp(log weight), (B,), of log weights (k, B) that come in pieces."""
    every = torch.cat(list(weights))
    return every.logsumexp(dim=0) - math.log(len(every))
