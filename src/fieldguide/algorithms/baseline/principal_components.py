"""Principal components: the plane through the data that keeps most of them (Pearson 1901).

How it works:
    The directions v₁, v₂, … in which centred data vary most are the eigenvectors of their
    covariance. A code is c = V (x - m), and x̂ = Vᵀ c + m is the nearest point on the plane:
    of all linear codes of that width the one with the least squared error, which is what a linear
    autoencoder can learn at best. Whitened and drawn at random, codes give new examples; the
    distance from the plane, and along it, says how strange an example is.

Use it when:
    You want to know what an autoencoder must beat, to compress or to plot in two dimensions, at
    the price of one matrix.

Think twice when:
    The data lie on something bent: an autoencoder of the same width keeps more.

Cost:
    examples · width² multiplications once.

Shapes:
    x: (B, features), (B, channels, height, width), sequences, or numbers and categories of a table;
    codes: (B, components); rows: (B, width).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> t = np.random.default_rng(0).normal(size=(100, 1))
    >>> line = t * np.array([[1.0, 2.0, 3.0]])
    >>> model = fg.PrincipalComponents(components=1).fit(line)
    >>> model.encode(line).shape, round(model.evaluate(line)["explained"], 3)
    ((100, 1), 1.0)
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from fieldguide.algorithms.baseline._family import Baseline, held_out
from fieldguide.card import Card
from fieldguide.data import Batch, Inputs
from fieldguide.hyperparameter import option
from fieldguide.tasks import Task
from fieldguide.tasks.without_target import WithoutTarget

SMALLEST = 1e-6  # share of the largest variance that counts as none


class Plane(nn.Module):
    """A mean, directions, and how far data reach along them and away from them.

    Args:
        width: Numbers in a row.
        components: Directions.
    """

    mean: Tensor
    directions: Tensor
    variances: Tensor
    rest: Tensor

    def __init__(self, *, width: int, components: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("directions", torch.zeros(components, width))
        self.register_buffer("variances", torch.ones(components))
        self.register_buffer("rest", torch.ones(()))

    def codes(self, rows: Tensor) -> Tensor:
        """Return coordinates on the plane, (B, components)."""
        return (rows - self.mean) @ self.directions.T

    def rows(self, codes: Tensor) -> Tensor:
        """Return points of the plane, (B, width)."""
        return codes @ self.directions + self.mean


class PrincipalComponents(Baseline):
    """Principal component analysis, as a baseline for tasks without a target."""

    card = Card(
        title="Principal components",
        paper="Pearson (1901). On lines and planes of closest fit to systems of points in space. "
        "Philosophical Magazine 2.",
        year=1901,
        tasks=("representation", "outliers", "generation"),
        inputs=("array", "table", "image", "series"),
        capacity=1,
        needs_examples=20,
        baseline=True,
    )

    validation: float = held_out()  # type: ignore[misc]
    components: int = option(
        0, "numbers in a code; 0: a quarter of those of an example, 32 at most", low=0
    )

    def build(self, task: Task) -> nn.Module:
        """Return an empty plane."""
        assert isinstance(task, WithoutTarget)
        asked = self.components or task.usual_code
        return Plane(width=task.width, components=min(asked, task.width))

    def learn(self, x: Inputs, y: Tensor | None) -> Mapping[str, float]:
        """Find the directions, and the variance along each and away from all."""
        plane, task = self.network_, self.task_
        assert isinstance(plane, Plane) and isinstance(task, WithoutTarget)
        rows = task.rows(x).double()
        mean = rows.mean(dim=0)
        covariance = (rows - mean).T @ (rows - mean) / max(1, len(rows) - 1)
        values, vectors = torch.linalg.eigh(covariance)
        values, kept = values.flip(0).clamp(min=0), len(plane.directions)
        floor = max(SMALLEST * float(values[0]), 1e-12)
        plane.mean.copy_(mean)
        plane.directions.copy_(_signed(vectors.flip(1)[:, :kept].T))
        plane.variances.copy_(values[:kept].clamp(min=floor))
        others = values[kept:]
        plane.rest.copy_(others.mean().clamp(min=floor) if len(others) else torch.tensor(floor))
        share = float(values[:kept].sum() / values.sum()) if values.sum() > 0 else 0.0
        return {"explained_in_training": share}

    def codes(self, batch: Batch) -> Tensor:
        """Return coordinates on the plane."""
        plane, rows = self._parts(batch)
        return plane.codes(rows)

    def from_codes(self, codes: Tensor) -> Tensor:
        """Return points of the plane."""
        plane = self.network_
        assert isinstance(plane, Plane)
        return plane.rows(codes)

    def reconstruction(self, batch: Batch) -> Tensor:
        """Return the nearest points on the plane."""
        return self.from_codes(self.codes(batch))

    def surprise(self, batch: Batch) -> Tensor:
        """Return -ln p of a Gaussian around the plane (Tipping & Bishop 1999)."""
        plane, rows = self._parts(batch)
        codes = plane.codes(rows)
        away = (rows - plane.rows(codes)).square().sum(dim=1) / plane.rest
        along = (codes.square() / plane.variances).sum(dim=1)
        width, kept = rows.shape[1], codes.shape[1]
        volume = plane.variances.log().sum() + (width - kept) * plane.rest.log()
        return 0.5 * (away + along + volume + width * math.log(2 * math.pi))

    def samples(self, count: int, y: Tensor | None, generator: torch.Generator) -> Tensor:
        """Draw from that Gaussian."""
        plane = self.network_
        assert isinstance(plane, Plane)
        kept, width = plane.directions.shape
        codes = torch.randn(count, kept, generator=generator).to(plane.mean)
        noise = torch.randn(count, width, generator=generator).to(plane.mean)
        noise = noise - (noise @ plane.directions.T) @ plane.directions
        return plane.rows(codes * plane.variances.sqrt()) + plane.rest.sqrt() * noise

    def _parts(self, batch: Batch) -> tuple[Plane, Tensor]:
        plane, task = self.network_, self.task_
        assert isinstance(plane, Plane) and isinstance(task, WithoutTarget)
        return plane, task.rows(batch.x)


def _signed(directions: Tensor) -> Tensor:
    """Turn directions so that the largest entry of each is positive, and the answer unique."""
    largest = directions.abs().argmax(dim=1, keepdim=True)
    return directions * directions.gather(1, largest).sign()
