"""Intrinsic dimension: how many directions there are to go from an example, bent or not.

With r1 and r2 the distances of an example to its two nearest others, r2 / r1 = m has the
distribution F(m) = 1 - m^-d wherever the density changes little on that scale. The slope of
-log(1 - F) over log m is d: two nearest neighbours (Facco, d'Errico, Rodriguez & Laio 2017).
"""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import NearestNeighbors

from fieldguide.advisor.profiling.measure import Finding, Material, Measure
from fieldguide.advisor.profiling.narrow import draw
from fieldguide.advisor.profiling.phrases import counted
from fieldguide.advisor.profiling.rows import FORMS, TASKS, turned

EXAMPLES = 3_000
FEWEST = 50  # ratios below which nothing can be said
DISCARDED = 0.1  # share of the largest ratios, which noise decides; as in the paper
RESAMPLES = 200


def find(material: Material) -> Finding | None:
    """Estimate the dimension, with its 95 % interval over resampled examples."""
    if material.rows is None:
        return None
    values = material.rows.values
    part = turned(values[draw(len(values), EXAMPLES, material.seed)])
    ratios = neighbour_ratios(part)
    if len(ratios) < FEWEST:
        return None
    found = dimension(ratios)
    chance = np.random.default_rng(material.seed)
    again = [dimension(chance.choice(ratios, len(ratios))) for _ in range(RESAMPLES)]
    low, high = np.quantile(again, (0.025, 0.975))
    width = values.shape[1]
    figures = {"dimension": found, "low": float(low), "high": float(high), "width": width,
               "examples": len(part)}  # fmt: skip
    said = (
        f"Intrinsic dimension: seen from one of them, examples lie in about {found:.1f} directions "
        f"({low:.1f} to {high:.1f}), though each is {counted(width, 'number')}"
    )
    if found < 0.7 * width:
        said += f": a code of about {max(1, round(found))} could hold most of what tells them apart"
    return Finding(figures, (f"{said}.",))


def neighbour_ratios(rows: np.ndarray) -> np.ndarray:
    """Return r2 / r1 of each example that has no exact copy, above 1; (m,), m at most n.

    Args:
        rows: Examples, (n, width).
    """
    rows = np.unique(rows, axis=0)
    if len(rows) < 3:
        return np.empty(0)
    distances, _ = NearestNeighbors(n_neighbors=3).fit(rows).kneighbors(rows)
    near, far = distances[:, 1], distances[:, 2]
    apart = near > 1e-9 * max(float(far.max()), 1e-300)
    return np.asarray(far[apart] / near[apart])


def dimension(ratios: np.ndarray) -> float:
    """Return the slope of -log(1 - F) over log m, through the origin, without the largest tenth.

    Args:
        ratios: r2 / r1, at least 1, (n,).
    """
    ordered = np.log(np.sort(ratios))
    kept = max(1, int((1 - DISCARDED) * len(ordered)))
    across = ordered[:kept]
    up = -np.log1p(-np.arange(1, kept + 1) / len(ordered))
    square = float(across @ across)
    return float(across @ up) / square if square > 0 else 0.0


MEASURE = Measure("intrinsic_dimension", find, tasks=TASKS, forms=FORMS, order=11)
