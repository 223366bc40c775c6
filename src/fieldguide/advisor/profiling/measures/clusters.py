"""Clusters: whether examples fall into groups, and into how many (k-means, silhouettes)."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import silhouette_score

from fieldguide.advisor.profiling.measure import Finding, Material, Measure
from fieldguide.advisor.profiling.narrow import draw
from fieldguide.advisor.profiling.rows import FORMS, TASKS, turned

EXAMPLES = 1_000
MOST = 10  # clusters tried
DIRECTIONS = 20  # principal directions that distances are taken in
WEAK, CLEAR = 0.25, 0.5  # silhouettes of a weak and of a clear structure (Kaufman & Rousseeuw 1990)
FEWEST = 30  # examples


def find(material: Material) -> Finding | None:
    """Find the number of clusters with the best mean silhouette, from 2 to 10."""
    if material.rows is None or len(material.rows.values) < FEWEST:
        return None
    values = material.rows.values
    part = turned(values[draw(len(values), EXAMPLES, material.seed)], DIRECTIONS)
    different = len(np.unique(part, axis=0))
    tried = {k: _silhouette(part, k, material.seed) for k in range(2, min(MOST, different - 1) + 1)}
    if not tried:
        return None
    best = max(tried, key=tried.__getitem__)
    quality = tried[best]
    figures = {"clusters": best if quality >= WEAK else 1, "silhouette": quality,
               "silhouettes": {str(k): each for k, each in tried.items()}}  # fmt: skip
    if quality < WEAK:
        said = f"No clusters stand apart (best silhouette {quality:.2f}, of {best} groups)."
    else:
        how = "clear" if quality >= CLEAR else "weak"
        said = f"Examples fall into {best} {how} clusters (silhouette {quality:.2f})."
    return Finding(figures, (said,))


def _silhouette(rows: np.ndarray, count: int, seed: int) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = KMeans(count, n_init=3, random_state=seed).fit_predict(rows)
    return float(silhouette_score(rows, found)) if len(np.unique(found)) > 1 else -1.0


MEASURE = Measure("clusters", find, tasks=TASKS, forms=FORMS, order=12)
