"""Did a generator learn the distribution, or its training examples by heart?

A sample that is a copy lies nearer to the training data than a fresh real example does. So the
distances of samples to their nearest training neighbour are compared with those of held-out real
examples, by the Mann-Whitney test (Meehan, Chaudhuri & Dasgupta 2020).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from fieldguide.metrics.distances import Matrix, blocks, matrix, pair

ALARM = -3.0  # standard deviations: one model in 700 that copies nothing falls below
NEAR = 0.1  # share of the median distance of held-out examples below which a sample is a copy


@dataclass(frozen=True)
class Memorisation:
    """What the test found.

    Attributes:
        z: Mann-Whitney statistic in standard deviations; 0 where samples and held-out examples are
            equally far from the training data, far below 0 where samples are nearer.
        copied: Share of samples ten times nearer to a training example than held-out examples
            usually are.
        samples: Median distance of samples to their nearest training example.
        held_out: The same of held-out examples.
    """

    z: float
    copied: float
    samples: float
    held_out: float

    @property
    def suspected(self) -> bool:
        """Whether samples are nearer to the training data than chance explains."""
        return self.z < ALARM

    def __str__(self) -> str:
        verdict = "copies of training examples" if self.suspected else "no sign of memorisation"
        return (
            f"{verdict}: samples lie {self.samples:.3g} from their nearest training example, "
            f"held-out examples {self.held_out:.3g} (z = {self.z:.1f}; {self.copied:.1%} copies)"
        )


def nearest_neighbours(samples: Matrix, train: Matrix) -> tuple[Tensor, Tensor]:
    """Return the distance of each sample to its nearest training row, and that row's position.

    Args:
        samples: (m, d), m at least 1.
        train: (n, d), n at least 1.

    Returns:
        Distances (m,) in double precision, positions (m,).
    """
    trained, rows = pair(train, samples)
    found = [part.min(dim=1) for _, part in blocks(rows, trained)]
    return torch.cat([one.values for one in found]), torch.cat([one.indices for one in found])


def memorisation(samples: Matrix, train: Matrix, held_out: Matrix) -> Memorisation:
    """Return whether samples are nearer to the training data than held-out examples are.

    Args:
        samples: Generated rows, (m, d).
        train: What the generator learnt from, (n, d).
        held_out: Real rows that it has never seen, (h, d).

    Raises:
        DataError: No rows, different widths, or values that are no numbers.
    """
    distances, _ = nearest_neighbours(samples, train)
    fair, _ = nearest_neighbours(matrix(held_out, "the held-out data"), train)
    usual = fair.median()
    return Memorisation(
        z=mann_whitney(distances, fair),
        copied=float((distances <= NEAR * usual).double().mean()),
        samples=float(distances.median()),
        held_out=float(usual),
    )


def mann_whitney(one: Tensor, other: Tensor) -> float:
    """Return by how many standard deviations ``one`` ranks above ``other``; ties share a rank.

    Args:
        one: Numbers, (n,).
        other: Numbers, (m,).
    """
    n, m = len(one), len(other)
    together = torch.cat([one, other])
    _, which, ties = together.unique(return_inverse=True, return_counts=True)
    last = ties.cumsum(0).double()
    ranks = (last - (ties.double() - 1) / 2)[which]  # the mean rank of a tie, counted from 1
    above = float(ranks[:n].sum()) - n * (n + 1) / 2
    tied = float((ties.double() ** 3 - ties).sum()) / ((n + m) * max(1, n + m - 1))
    deviation = math.sqrt(max(0.0, n * m / 12 * (n + m + 1 - tied)))
    return (above - n * m / 2) / deviation if deviation else 0.0
