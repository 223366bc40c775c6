"""Noise floor: the share of a number's variance that no smooth rule can explain.

The Gamma test (Stefánsson, Končar & Jones 1997; Jones 2004. New tools in non-linear modelling and
prediction. Computational Management Science): with δ(k) the mean squared distance to the k-th
nearest neighbour and γ(k) half the mean squared difference of the targets, γ is close to Γ + A δ
where neighbours are near, and Γ is the variance of the noise. A rule that already explains more
than the test allows proves it wrong, so that the best quick model bounds the estimate.
"""

from __future__ import annotations

import numpy as np

from fieldguide.advisor.profiling.measure import Finding, Material, Measure
from fieldguide.advisor.profiling.narrow import KERNEL, at_most
from fieldguide.advisor.profiling.sample import VECTORS

NEIGHBOURS = 10  # p in the papers
FEWEST = 50  # examples below which neighbours are too far away
DRAWS = 200  # of the bootstrap


def find(material: Material) -> Finding | None:
    """Estimate the noise as a share of the target's variance, with an 80 % interval."""
    part = at_most(material.compact, KERNEL, material.seed)
    if len(part) < FEWEST or not material.landmarks:
        return None
    delta, gamma = _pairs(part.vectors, part.y)
    spread = np.square(part.y - part.y.mean(axis=0)).mean()
    if spread <= 0:
        return None
    chance = np.random.default_rng(material.seed)
    drawn = [
        _intercept(delta[pick].mean(axis=0), gamma[pick].mean(axis=0)) / spread
        for pick in chance.integers(0, len(part), (DRAWS, len(part)))
    ]
    reached = max(mark.score for mark in material.landmarks.values())
    bound = max(0.0, 1 - reached)
    low, high = np.clip(np.quantile(drawn, (0.1, 0.9)), 0.0, bound)
    share = float(np.clip(gamma_test(part.vectors, part.y) / spread, 0.0, bound))
    figures = {
        "examples": len(part),
        "estimated": share,
        "low": min(float(low), share),
        "high": max(float(high), share),
        "best_reached": reached,
    }
    said = (
        f"Noise in the target: about {share:.0%} of its variance cannot be told from these inputs "
        f"({figures['low']:.0%} to {figures['high']:.0%}, Gamma test on {len(part):,} examples): "
        f"expect no R² above {1 - share:.2f} or so. The best quick model reaches {reached:.2f}.",
    )
    return Finding(figures, said)


def gamma_test(vectors: np.ndarray, y: np.ndarray) -> float:
    """Return Γ, the estimated variance of the noise.

    Args:
        vectors: Inputs, (n, features).
        y: Numbers, (n, targets); the mean over targets is returned.
    """
    delta, gamma = _pairs(vectors, y)
    return _intercept(delta.mean(axis=0), gamma.mean(axis=0))


def _pairs(vectors: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return squared distances to the nearest others and half the squared differences; (n, p)."""
    x = vectors.astype(np.float64)
    lengths = np.square(x).sum(axis=1)
    apart = (lengths[:, None] + lengths[None, :] - 2 * x @ x.T).clip(0)
    np.fill_diagonal(apart, np.inf)
    nearest = np.argsort(apart, axis=1)[:, : min(NEIGHBOURS, len(x) - 1)]
    half = 0.5 * np.square(y[:, None] - y[nearest]).mean(axis=2)
    return np.take_along_axis(apart, nearest, axis=1), half


def _intercept(delta: np.ndarray, gamma: np.ndarray) -> float:
    """Return the line's value at distance 0; the mean where all distances are equal."""
    centred = delta - delta.mean()
    bend = float(centred @ centred)
    slope = float(centred @ gamma) / bend if bend > 0 else 0.0
    return float(gamma.mean() - max(0.0, slope) * delta.mean())


MEASURE = Measure("noise_floor", find, tasks=("regression",), forms=VECTORS, order=20)
