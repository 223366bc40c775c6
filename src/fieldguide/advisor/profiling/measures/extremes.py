"""Extreme rows: far out in a single column, or far from every other example."""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import NearestNeighbors

from fieldguide.advisor.profiling.measure import Finding, Material, Measure
from fieldguide.advisor.profiling.narrow import draw
from fieldguide.advisor.profiling.rows import FORMS, TASKS, turned

EXAMPLES = 3_000
FAR = 5.0  # robust deviations from a column's median
QUARTERS = 1.349  # interquartile range of a standard normal distribution
LONELY = 3.0  # times the median distance to the nearest other example
MEASURED = ("array", "table")  # single pixels and steps are often extreme, and mean nothing


def find(material: Material) -> Finding | None:
    """Return the shares of examples that are extreme in one column, or lonely."""
    if material.rows is None or len(material.rows.values) < 10:
        return None
    values = material.rows.values
    chosen = values[draw(len(values), EXAMPLES, material.seed)]
    figures: dict[str, float | int] = {"examples": len(chosen), "lonely_share": lonely(chosen)}
    said = []
    if material.form in MEASURED:
        figures["extreme_share"] = extreme(chosen)
        said.append(
            f"{figures['extreme_share']:.1%} of the examples have a value more than {FAR:.0f} "
            "robust deviations from their column's median."
        )
    said.append(
        f"{figures['lonely_share']:.1%} are more than {LONELY:.0f} times as far from their nearest "
        "other as is usual."
    )
    return Finding(figures, (" ".join(said),))


def extreme(rows: np.ndarray) -> float:
    """Return the share of rows (n, d) with a number far from its column's median.

    Columns whose middle half is one value, such as indicators of categories, do not count.
    """
    low, middle, high = np.quantile(rows, (0.25, 0.5, 0.75), axis=0)
    spread = (high - low) / QUARTERS
    told = spread > 1e-9
    away = np.abs(rows[:, told] - middle[told]) / spread[told]
    return float((away > FAR).any(axis=1).mean()) if told.any() else 0.0


def lonely(rows: np.ndarray) -> float:
    """Return the share of rows far from their nearest other, by the median of that distance."""
    part = turned(rows)
    distances, _ = NearestNeighbors(n_neighbors=2).fit(part).kneighbors(part)
    nearest = distances[:, 1]
    usual = float(np.median(nearest))
    return float((nearest > LONELY * usual).mean()) if usual > 0 else 0.0


MEASURE = Measure("extremes", find, tasks=TASKS, forms=FORMS, order=13)
