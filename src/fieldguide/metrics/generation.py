"""How like real data generated data are, as functions of rows of features.

All take real and generated rows, (n, d) and (m, d), in one feature space (`metrics.features` has
some) and none of them is worth more than that space. No single number will do: `frechet_distance`
and `kernel_distance` are small where the two clouds agree as a whole; `precision` says how much of
what was generated looks real, `recall` and `coverage` how much of the real data can be generated,
`mode_coverage` whether a class is missing. Whether the training data were merely copied is asked
in `metrics.memorisation`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fieldguide.errors import DataError
from fieldguide.metrics.distances import Matrix, blocks, pair, radii


def frechet_distance(real: Matrix, generated: Matrix) -> float:
    """Return the squared Fréchet distance of the Gaussians fitted to both (Heusel et al. 2017).

    ``|μ₁ - μ₂|² + Tr(Σ₁ + Σ₂ - 2 (Σ₁ Σ₂)^½)``: FID, if the features are Inception's. It shrinks
    with more rows even where nothing else changes: compare only at equal numbers of rows.

    Args:
        real: (n, d), n at least 2.
        generated: (m, d), m at least 2.

    Example:
        >>> import torch
        >>> rows = torch.randn(100, 3, generator=torch.Generator().manual_seed(0))
        >>> round(frechet_distance(rows, rows + 2), 6)
        12.0
    """
    one, other = pair(real, generated, least=2)
    root = _root(one.T.cov().reshape(one.shape[1], -1))
    theirs = other.T.cov().reshape(other.shape[1], -1)
    shared = torch.linalg.eigvalsh(root @ theirs @ root).clamp(min=0).sqrt().sum()
    apart = (one.mean(dim=0) - other.mean(dim=0)).square().sum()
    total = apart + (root @ root).trace() + theirs.trace() - 2 * shared
    return max(0.0, float(total))


def kernel_distance(
    real: Matrix, generated: Matrix, *, block: int = 1000, count: int = 100, seed: int = 0
) -> float:
    """Return KID: the unbiased squared maximum mean discrepancy (Bińkowski et al. 2018).

    The kernel is ``(x·y / d + 1)³``. Around 0, and below it half of the time, where the two come
    from one distribution, whatever the number of rows. Large sets are compared in random blocks,
    whose mean is returned.

    Args:
        real: (n, d), n at least 2.
        generated: (m, d), m at least 2.
        block: Rows of each compared at a time, 2 or more.
        count: Blocks, where either set is larger than one.
        seed: Decides which rows are in a block.
    """
    one, other = pair(real, generated, least=2)
    if max(len(one), len(other)) <= block:
        return _discrepancy(one, other)
    chance = np.random.default_rng(seed)
    found = [
        _discrepancy(_some(one, block, chance), _some(other, block, chance)) for _ in range(count)
    ]
    return float(np.mean(found))


def precision_recall(real: Matrix, generated: Matrix, k: int = 3) -> tuple[float, float]:
    """Return improved precision and recall (Kynkäänniemi et al. 2019), each 0 to 1.

    Precision: the share of samples within reach of the real data, that is, at most as far from
    some real row as that row's k-th nearest real neighbour. Recall: the same with roles exchanged.

    Args:
        real: (n, d), n at least 2.
        generated: (m, d), m at least 2.
        k: Which neighbour sets the reach, 1 or more.
    """
    one, other = pair(real, generated, least=2)
    return _within_reach(one, other, k), _within_reach(other, one, k)


def density(real: Matrix, generated: Matrix, k: int = 5) -> float:
    """Return density (Naeem et al. 2020): precision that outliers cannot inflate.

    How many real rows a sample is within reach of, divided by k: about 1 where both come from one
    distribution, and more where samples crowd where real rows are dense.

    Args:
        real: (n, d), n at least 2.
        generated: (m, d), m at least 1.
        k: Which neighbour sets the reach, 1 or more; the farthest where there are fewer.
    """
    one, other = pair(real, generated)
    reach, k = _reach(one, k), min(k, len(one) - 1)
    hits = sum(int((part <= reach).sum()) for _, part in blocks(other, one))
    return hits / (k * len(other))


def coverage(real: Matrix, generated: Matrix, k: int = 5) -> float:
    """Return coverage (Naeem et al. 2020), 0 to 1: the share of real rows that have a sample near.

    Near: at most as far as the row's k-th nearest real neighbour. About ``1 - 2^-k`` where both
    come from one distribution in equal numbers.

    Args:
        real: (n, d), n at least 2.
        generated: (m, d), m at least 1.
        k: Which neighbour sets the reach, 1 or more; the farthest where there are fewer.
    """
    return float(covered(real, generated, k).double().mean())


def covered(real: Matrix, generated: Matrix, k: int = 5) -> Tensor:
    """Return for each real row whether it has a sample near, (n,); `coverage` is their mean.

    Args:
        real: (n, d), n at least 2.
        generated: (m, d), m at least 1.
        k: Which neighbour sets the reach, 1 or more; the farthest where there are fewer.
    """
    one, other = pair(real, generated)
    reach = _reach(one, k)
    near = [part.min(dim=1).values <= reach[some] for some, part in blocks(one, other)]
    return torch.cat(near)


@dataclass(frozen=True)
class ModeCoverage:
    """Which classes of the real data the samples have.

    Attributes:
        covered: Classes that enough samples have.
        total: Classes of the real data.
        missing: The classes that too few samples have, in order.
        divergence: Kullback-Leibler divergence of the classes' shares, samples from real, in nats:
            0 where they agree.
    """

    covered: int
    total: int
    missing: tuple[int, ...]
    divergence: float


def mode_coverage(real: Matrix, generated: Matrix, least: float = 0.1) -> ModeCoverage:
    """Return which classes the samples cover, given the class of each real row and each sample.

    Args:
        real: Class codes, 0 or more, (n,), n at least 1.
        generated: Class codes that a classifier gave the samples, (m,), m at least 1.
        least: What share of its real frequency a class needs to count as covered, 0 to 1; one
            sample is always needed.

    Example:
        >>> import numpy as np
        >>> mode_coverage(np.array([0, 1, 2, 2]), np.array([2, 0, 2, 0])).missing
        (1,)
    """
    wanted, found = _shares(real, generated)
    present = wanted > 0
    covered = present & (found > 0) & (found >= least * wanted)
    both = present & (found > 0)
    divergence = float((found[both] * np.log(found[both] / wanted[both])).sum())
    missing = tuple(np.flatnonzero(present & ~covered).tolist())
    return ModeCoverage(int(covered.sum()), int(present.sum()), missing, max(0.0, divergence))


def _shares(real: Matrix, generated: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of each class in the two."""
    one, other = (np.asarray(codes).astype(int).ravel() for codes in (real, generated))
    if not len(one) or not len(other):
        raise DataError(
            f"there are {len(one)} real classes and {len(other)} of samples.",
            "Bring at least one of each.",
        )
    count = max(one.max(), other.max()) + 1
    return (
        np.bincount(one, minlength=count) / len(one),
        np.bincount(other, minlength=count) / len(other),
    )


def _root(covariance: Tensor) -> Tensor:
    """Return the symmetric square root of a covariance matrix."""
    values, vectors = torch.linalg.eigh(covariance)
    return (vectors * values.clamp(min=0).sqrt()) @ vectors.T


def _discrepancy(one: Tensor, other: Tensor) -> float:
    """Return the unbiased estimate: rows are not compared with themselves."""
    alike = _without_itself(_kernel(one, one)) + _without_itself(_kernel(other, other))
    return alike - 2 * float(_kernel(one, other).mean())


def _kernel(one: Tensor, other: Tensor) -> Tensor:
    return (one @ other.T / one.shape[1] + 1) ** 3


def _without_itself(values: Tensor) -> float:
    count = len(values)
    return float((values.sum() - values.trace()) / (count * (count - 1)))


def _some(rows: Tensor, count: int, chance: np.random.Generator) -> Tensor:
    chosen = chance.choice(len(rows), min(count, len(rows)), replace=False)
    return rows[torch.from_numpy(chosen)]


def _reach(rows: Tensor, k: int) -> Tensor:
    if len(rows) < 2:
        raise DataError(
            f"there are {len(rows)} real rows, and neighbours need at least 2.",
            "Bring more real examples.",
        )
    return radii(rows, k)


def _within_reach(rows: Tensor, others: Tensor, k: int) -> float:
    """Return the share of others that are within the reach of some row."""
    reach = radii(rows, k)
    hit = [(part <= reach).any(dim=1) for _, part in blocks(others, rows)]
    return float(torch.cat(hit).double().mean())
