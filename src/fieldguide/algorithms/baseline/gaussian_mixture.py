"""Gaussian mixture: a few clouds, each an ellipsoid (Dempster, Laird & Rubin 1977).

How it works:
    p(x) = Σₖ wₖ N(x; mₖ, Σₖ). Two steps take turns until nothing changes: say how likely each
    example is of each cloud, then move and stretch each cloud to fit the examples that are its own.
    Examples are drawn by drawing a cloud and then a point of it; -ln p(x) says how strange one is.
    Rows of more than 64 numbers get ellipsoids along the axes, for want of examples.

Use it when:
    The data fall into groups, and you want a density, new examples or outliers in seconds: what a
    generative network must beat.

Think twice when:
    The data are pictures or signals, which lie on thin bent sheets that clouds cover badly.

Cost:
    rounds · clouds · examples · width² multiplications.

Shapes:
    x: (B, features), (B, channels, height, width), sequences, or numbers and categories of a table;
    outputs: (B,); rows: (count, width).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.concatenate([np.random.default_rng(0).normal(size=(100, 2)) + c for c in (-5, 5)])
    >>> model = fg.GaussianMixture(clouds=2).fit(X)
    >>> new = model.sample(100, seed=0)
    >>> bool((np.abs(np.abs(new.mean(axis=1)) - 5) < 3).all())
    True
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import torch
from sklearn import mixture
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor, nn

from fieldguide.algorithms.baseline._family import Baseline, held_out
from fieldguide.card import Card
from fieldguide.data import Batch, Inputs
from fieldguide.hyperparameter import option
from fieldguide.tasks import Task
from fieldguide.tasks.without_target import WithoutTarget

FULL = 64  # numbers in a row up to which ellipsoids lie in any direction


class Clouds(nn.Module):
    """Weights, middles and shapes of Gaussian clouds.

    Args:
        width: Numbers in a row.
        clouds: How many there are.
    """

    weights: Tensor
    means: Tensor
    scales: Tensor

    def __init__(self, *, width: int, clouds: int):
        super().__init__()
        shape = (clouds, width, width) if width <= FULL else (clouds, width)
        self.register_buffer("weights", torch.ones(clouds, dtype=torch.float64))
        self.register_buffer("means", torch.zeros(clouds, width, dtype=torch.float64))
        self.register_buffer("scales", torch.ones(shape, dtype=torch.float64))

    def log_density(self, rows: Tensor) -> Tensor:
        """Return ln p of rows, (B,)."""
        away = rows.double()[:, None] - self.means  # (B, clouds, width)
        if self.scales.dim() == 3:  # lower triangles L with Σ = L Lᵀ
            shape = torch.distributions.MultivariateNormal(self.means, scale_tril=self.scales)
            each = shape.log_prob(rows.double()[:, None])
        else:
            half = 0.5 * (away / self.scales).square().sum(dim=2)
            volume = self.scales.log().sum(dim=1) + 0.9189385332046727 * rows.shape[1]
            each = -half - volume
        return torch.logsumexp(each + self.weights.log(), dim=1)

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Return rows drawn at random, (count, width)."""
        chosen = torch.multinomial(self.weights.cpu(), count, True, generator=generator)
        noise = torch.randn(count, self.means.shape[1], generator=generator, dtype=torch.float64)
        scales = self.scales.cpu()[chosen]
        spread = (scales @ noise[:, :, None]).squeeze(2) if scales.dim() == 3 else (scales * noise)
        return self.means.cpu()[chosen] + spread


class GaussianMixture(Baseline):
    """A mixture of Gaussians, as a baseline for generation and outliers; fitted by scikit-learn."""

    card = Card(
        title="Gaussian mixture",
        paper="Dempster, Laird & Rubin (1977). Maximum likelihood from incomplete data via the EM "
        "algorithm. Journal of the Royal Statistical Society B 39.",
        year=1977,
        tasks=("generation", "outliers"),
        inputs=("array", "table", "image", "series"),
        capacity=2,
        needs_examples=50,
        baseline=True,
    )

    validation: float = held_out()  # type: ignore[misc]
    clouds: int = option(8, "Gaussians, at most half of the examples", low=1, search=(1, 32))
    rounds: int = option(100, "turns of the two steps at most", low=1)
    floor: float = option(1e-3, "variance added along every axis", low=1e-9)

    def build(self, task: Task) -> nn.Module:
        """Return clouds that have learnt nothing."""
        assert isinstance(task, WithoutTarget)
        return Clouds(width=task.width, clouds=self.clouds)

    def learn(self, x: Inputs, y: Any) -> Mapping[str, float]:
        """Let scikit-learn fit the clouds, and copy them; clouds too many get no weight."""
        clouds, task = self.network_, self.task_
        assert isinstance(clouds, Clouds) and isinstance(task, WithoutTarget)
        rows = task.rows(x).double().numpy()
        count = max(1, min(self.clouds, len(rows) // 2))
        solver = mixture.GaussianMixture(
            count, covariance_type="full" if clouds.scales.dim() == 3 else "diag",
            reg_covar=self.floor, max_iter=self.rounds, random_state=self.seed,
        )  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            solver.fit(rows if len(rows) > 1 else rows.repeat(2, axis=0))
        found = torch.from_numpy(solver.covariances_)
        clouds.weights.zero_()[:count] = torch.from_numpy(solver.weights_)
        clouds.means[:count] = torch.from_numpy(solver.means_)
        shapes = torch.linalg.cholesky(found) if found.dim() == 3 else found.sqrt()
        clouds.scales[:count] = shapes
        if clouds.scales.dim() == 3:
            clouds.scales[count:] = torch.eye(rows.shape[1], dtype=torch.float64)
        return {"rounds": float(solver.n_iter_)}

    def surprise(self, batch: Batch) -> Tensor:
        """Return -ln p."""
        clouds, task = self.network_, self.task_
        assert isinstance(clouds, Clouds) and isinstance(task, WithoutTarget)
        return -clouds.log_density(task.rows(batch.x))

    def samples(self, count: int, y: Tensor | None, generator: torch.Generator) -> Tensor:
        """Draw from the clouds."""
        clouds = self.network_
        assert isinstance(clouds, Clouds)
        return clouds.draw(count, generator).float()
