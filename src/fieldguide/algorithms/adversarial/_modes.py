"""Mode-specific normalisation (Xu et al. 2019): a number as a mode and a distance from its centre.

A column with several peaks is hard for a generator that ends in one tanh. A Gaussian mixture is
fitted to each column; a value is told by which Gaussian it came from, one-hot, and by how far it is
from its mean, in units of four standard deviations. A column of few distinct values (truth values,
flags of gaps, small counts) has one mode for each, at distance 0.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

FITTED = 5_000  # rows that a mixture is fitted to
LIGHT = 0.005  # weight below which a Gaussian is dropped, as published
TRIED = (1, 2, 3, 4, 6, 8, 10, 15, 20)  # numbers of Gaussians, up to the most allowed
ROUNDS, SETTLED = 200, 1e-4  # of fitting; a mean's last move, in standard deviations of the column
NARROWEST = 1e-3  # deviation of a Gaussian, in those of the column
REACH = 4.0  # standard deviations that distance 1 stands for
FAR = 0.99  # largest distance, so that tanh can reach it


class Modes(nn.Module):
    """The modes of every column of numbers.

    Args:
        columns: Number of columns.
        most: Modes of a column at most.
    """

    mean: Tensor
    deviation: Tensor
    weight: Tensor

    def __init__(self, *, columns: int, most: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(columns, most))
        self.register_buffer("deviation", torch.ones(columns, most))
        self.register_buffer("weight", torch.zeros(columns, most))

    @property
    def discrete(self) -> Tensor:
        """Whether each column has a mode for every value, (columns,)."""
        return (self.deviation == 0).all(dim=1)

    def learn(self, numbers: Tensor, seed: int) -> None:
        """Find the modes of standardised numbers, (n, columns)."""
        for column, values in enumerate(numbers.cpu().unbind(1)):
            self._learn_one(column, values.double().numpy(), seed)

    def tell(self, numbers: Tensor, chance: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the mode of each number, drawn by its probability, and the distance from it.

        Args:
            numbers: (n, columns).
            chance: Draws.

        Returns:
            Codes (n, columns) and distances (n, columns), -0.99 to 0.99.
        """
        told = [self._tell_one(j, column, chance) for j, column in enumerate(numbers.unbind(1))]
        if not told:
            return numbers.long(), numbers
        return torch.stack([c for c, _ in told], dim=1), torch.stack([d for _, d in told], dim=1)

    def numbers(self, modes: Tensor, distances: Tensor) -> Tensor:
        """Return the numbers that modes (n, columns) and distances (n, columns) tell."""
        column = torch.arange(len(self.mean), device=modes.device)
        return self.mean[column, modes] + REACH * self.deviation[column, modes] * distances

    def _learn_one(self, column: int, values: np.ndarray, seed: int) -> None:
        most = self.mean.shape[1]
        distinct, counts = np.unique(values, return_counts=True)
        found: tuple[np.ndarray, ...]
        if len(distinct) <= most:
            found = distinct, np.zeros(len(distinct)), counts / len(values)
        elif most == 1:
            found = values.mean(keepdims=True), values.std(keepdims=True), np.ones(1)
        else:
            found = _mixture(values, most, seed)
        for buffer, learnt in zip((self.mean, self.deviation, self.weight), found, strict=True):
            buffer[column].zero_()
            buffer[column, : len(learnt)] = torch.from_numpy(learnt).to(buffer)

    def _tell_one(
        self, column: int, values: Tensor, chance: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        mean, deviation = self.mean[column], self.deviation[column]
        away = values[:, None] - mean
        if bool(self.discrete[column]):
            known = torch.where(self.weight[column] > 0, away.abs(), torch.inf)
            return known.argmin(dim=1), torch.zeros_like(values)
        spread = deviation.clamp(min=1e-12)
        density = (-0.5 * (away / spread).square()).double()
        density = density + (self.weight[column].double() / spread).log()  # -inf where unused
        share = (density - density.amax(dim=1, keepdim=True)).exp()
        codes = torch.multinomial(share.cpu(), 1, generator=chance).to(values.device)
        apart = away.gather(1, codes) / (REACH * spread[codes])
        return codes.squeeze(1), apart.squeeze(1).clamp(-FAR, FAR)


def _mixture(values: np.ndarray, most: int, seed: int) -> tuple[np.ndarray, ...]:
    """Return means, deviations and weights of as many Gaussians as are worth their parameters.

    The published code leaves their number to a Dirichlet prior, which splits a single peak into
    several that nothing tells apart; here it is the one with the least Bayesian information
    criterion, and the fit takes milliseconds.
    """
    chance = np.random.default_rng(seed)
    x = values if len(values) <= FITTED else chance.choice(values, FITTED, replace=False)
    tried = [_fitted(x, count) for count in TRIED if count <= most]
    _, means, deviations, weights = min(tried, key=lambda found: float(found[0]))
    kept = weights > LIGHT
    return means[kept], deviations[kept], weights[kept] / weights[kept].sum()


def _fitted(x: np.ndarray, count: int) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Fit Gaussians by expectation and maximisation; return the criterion, and the Gaussians."""
    spread = x.std()
    means = np.quantile(np.unique(x), (np.arange(count) + 0.5) / count)
    deviations, weights = np.full(count, spread / count), np.full(count, 1 / count)
    for _ in range(ROUNDS):
        before = means
        shares, _ = _shares(x, means, deviations, weights)
        sums = shares.sum(axis=0) + 1e-12
        means = x @ shares / sums
        variances = ((x[:, None] - means) ** 2 * shares).sum(axis=0) / sums
        deviations = np.sqrt(variances).clip(NARROWEST * spread)
        weights = sums / sums.sum()
        if np.abs(means - before).max() < SETTLED * spread:
            break
    _, likelihood = _shares(x, means, deviations, weights)
    return (3 * count - 1) * np.log(len(x)) - 2 * likelihood, means, deviations, weights


def _shares(
    x: np.ndarray, means: np.ndarray, deviations: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return the probability that each value is of each Gaussian, (n, modes); and ln p of all."""
    exponent = -0.5 * ((x[:, None] - means) / deviations) ** 2 + np.log(weights / deviations)
    highest = exponent.max(axis=1, keepdims=True)
    density = np.exp(exponent - highest)
    sums = density.sum(axis=1, keepdims=True)
    likelihood = np.log(sums).sum() + highest.sum() - 0.5 * np.log(2 * np.pi) * len(x)
    return density / sums, float(likelihood)
