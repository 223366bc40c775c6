"""Distributions of one step: log-probabilities to learn by, quantiles to draw from.

Parameters come from a linear layer, one row a step; the unit ν of a series scales them, as in
section 3.3 of Salinas et al. (2020).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from scipy import special, stats  # type: ignore[import-untyped]
from torch import Tensor

LEAST = 1e-4  # deviation, or mean of counts, at least: likelihoods are endless at 0


class Likelihood(ABC):
    """A distribution with parameters from a network.

    Attributes:
        count: Parameters of one step.
    """

    count: ClassVar[int]

    @abstractmethod
    def log_probability(self, values: Tensor, parameters: Tensor, unit: Tensor) -> Tensor:
        """Return the logarithm of the density, or of the probability, of each value.

        Args:
            values: (N, steps).
            parameters: What the network gives, (N, steps, count).
            unit: Scale of each series, (N, 1).
        """

    @abstractmethod
    def quantile(self, chance: Tensor, parameters: Tensor, unit: Tensor) -> Tensor:
        """Return the values below which a share of the distribution lies.

        Args:
            chance: The shares, above 0 and below 1, (N,).
            parameters: What the network gives, (N, count).
            unit: Scale of each series, (N,).
        """

    def raw(self, values: Tensor, scale: Tensor) -> Tensor:
        """Return standardised steps in the units that the distribution is about.

        Args:
            values: (N, steps).
            scale: Mean and deviation that they were standardised with, (N, 2).
        """
        return values

    def standard(self, values: Tensor, scale: Tensor) -> Tensor:
        """Undo `raw`.

        Args:
            values: (N, …).
            scale: Mean and deviation, (N, 2).
        """
        return values


class Gaussian(Likelihood):
    """Normal distribution: μ = ν o₁, σ = ν softplus(o₂)."""

    count = 2

    def log_probability(self, values: Tensor, parameters: Tensor, unit: Tensor) -> Tensor:
        """-(z - μ)² / 2σ² - log σ - log √2π."""
        mean, deviation = self._moments(parameters, unit)
        z = (values - mean) / deviation
        return -0.5 * z.square() - deviation.log() - 0.5 * math.log(2 * math.pi)

    def quantile(self, chance: Tensor, parameters: Tensor, unit: Tensor) -> Tensor:
        """Return μ + σ Φ⁻¹(chance)."""
        mean, deviation = self._moments(parameters, unit)
        return mean + deviation * torch.special.ndtri(chance)

    @staticmethod
    def _moments(parameters: Tensor, unit: Tensor) -> tuple[Tensor, Tensor]:
        return unit * parameters[..., 0], unit * (F.softplus(parameters[..., 1]) + LEAST)


class StudentT(Likelihood):
    """Student's t: as the Gaussian, with 2 + softplus(o₃) degrees of freedom."""

    count = 3

    def log_probability(self, values: Tensor, parameters: Tensor, unit: Tensor) -> Tensor:
        """Log Γ((f+1)/2) - log Γ(f/2) - log √(fπ) - log σ - (f+1)/2 log(1 + z²/f)."""
        mean, deviation = Gaussian._moments(parameters, unit)
        freedom = 2 + F.softplus(parameters[..., 2])
        z = (values - mean) / deviation
        normal = torch.lgamma((freedom + 1) / 2) - torch.lgamma(freedom / 2)
        normal = normal - 0.5 * (freedom * math.pi).log() - deviation.log()
        return normal - (freedom + 1) / 2 * torch.log1p(z.square() / freedom)

    def quantile(self, chance: Tensor, parameters: Tensor, unit: Tensor) -> Tensor:
        """Return μ + σ times the quantile of t."""
        mean, deviation = Gaussian._moments(parameters, unit)
        freedom = 2 + F.softplus(parameters[..., 2])
        found = special.stdtrit(freedom.double().cpu().numpy(), chance.double().cpu().numpy())
        return mean + deviation * torch.from_numpy(np.asarray(found)).to(mean)


class NegativeBinomial(Likelihood):
    """Counts: mean ν softplus(o₁), and shape α = softplus(o₂) / √ν; variance μ + α μ²."""

    count = 2

    def log_probability(self, values: Tensor, parameters: Tensor, unit: Tensor) -> Tensor:
        """Return log P(z), with r = 1/α failures."""
        mean, shape = self._moments(parameters, unit)
        r, count = 1 / shape, values.clamp_min(0)
        choose = torch.lgamma(count + r) - torch.lgamma(count + 1) - torch.lgamma(r)
        spread = shape * mean
        return choose - r * torch.log1p(spread) + count * (spread / (1 + spread)).log()

    def quantile(self, chance: Tensor, parameters: Tensor, unit: Tensor) -> Tensor:
        """Return the smallest count that a share of the distribution does not exceed."""
        mean, shape = (part.double().cpu().numpy() for part in self._moments(parameters, unit))
        found = stats.nbinom.ppf(chance.double().cpu().numpy(), 1 / shape, 1 / (1 + shape * mean))
        return torch.from_numpy(np.asarray(found)).to(parameters)

    def raw(self, values: Tensor, scale: Tensor) -> Tensor:
        """Return the counts themselves."""
        return (values * scale[:, 1:] + scale[:, :1]).round().clamp_min(0)

    def standard(self, values: Tensor, scale: Tensor) -> Tensor:
        """Return standardised counts."""
        mean, deviation = (scale[:, place].view(-1, *[1] * (values.dim() - 1)) for place in (0, 1))
        return (values - mean) / deviation

    @staticmethod
    def _moments(parameters: Tensor, unit: Tensor) -> tuple[Tensor, Tensor]:
        mean = unit * (F.softplus(parameters[..., 0]) + LEAST)
        return mean, (F.softplus(parameters[..., 1]) + LEAST) / unit.sqrt()


LIKELIHOODS: dict[str, type[Likelihood]] = {
    "gaussian": Gaussian,
    "student-t": StudentT,
    "negative-binomial": NegativeBinomial,
}
