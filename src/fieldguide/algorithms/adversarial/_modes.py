"""Mode-specific normalisation (Xu et al. 2019): a number as a mode and a distance from its centre.

A column with several peaks is hard for a generator that ends in one tanh. A Gaussian mixture is
fitted to each column; a value is told by which Gaussian it came from, one-hot, and by how far it is
from its mean, in units of four standard deviations. A column of few distinct values (truth values,
flags of gaps, small counts) has one mode for each, at distance 0.
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture
from torch import Tensor, nn

WIDE = 64  # columns above which mixtures would take longer to fit than the networks
FITTED = 5_000  # rows that a mixture is fitted to
LIGHT = 0.005  # weight below which a Gaussian is dropped, as published
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
        elif len(self.mean) > WIDE:
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
    """Return means, deviations and weights of the Gaussians that are worth keeping."""
    chance = np.random.default_rng(seed)
    some = values if len(values) <= FITTED else chance.choice(values, FITTED, replace=False)
    mixture = BayesianGaussianMixture(
        n_components=min(most, len(np.unique(some))),
        weight_concentration_prior_type="dirichlet_process",
        weight_concentration_prior=0.001,
        random_state=seed,
    )
    with warnings.catch_warnings():  # an estimate that is still moving a little will do
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(some[:, None])
    kept = mixture.weights_ > LIGHT
    weights = mixture.weights_[kept]
    deviations = np.sqrt(mixture.covariances_[kept, 0, 0])
    return mixture.means_[kept, 0], deviations, weights / weights.sum()
