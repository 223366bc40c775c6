"""Quick models of tasks without a target, by the shape of what they find.

Each learns from three quarters of the examples looked at and is judged on the others as a race
would judge it: `Landmark`s of data that have none, because nothing is to be predicted.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors

from fieldguide.advisor.profiling.measure import Finding, Material, Measure
from fieldguide.advisor.profiling.narrow import draw
from fieldguide.advisor.profiling.rows import FORMS, Rows, turned
from fieldguide.metrics.generation import covered

EXAMPLES = 2_000
FEWEST = 60  # examples
CLOUDS = 8
NEAREST = 5
FLOOR = 1e-3  # variance added along every axis
RESAMPLES = 500
WORDS = {
    "linear": "one ellipsoid",
    "smooth": f"{CLOUDS} ellipsoids",
    "trees": "random cuts along columns",
    "neighbours": f"the distance to the {NEAREST}th nearest example",
    "constant": "columns drawn each on its own",
}


def find(material: Material) -> Finding | None:
    """Try the quick models of the task."""
    if material.rows is None:
        return None
    tried = _detectors(material) if material.task == "outliers" else _generators(material)
    if tried is None:
        return None
    marks, judged = tried
    best = max(marks.values(), key=lambda mark: mark["score"])
    scores = "; ".join(f"{mark['words']} {mark['score']:.2f}" for mark in marks.values())
    said = f"Quick models, telling strange from normal (area under the ROC curve): {scores}."
    if material.task == "generation":
        said = f"Quick models, drawing examples like the held-out ones (coverage): {scores}."
    return Finding({"marks": marks, "judged": judged, "best": best["words"]}, (said,))


def _detectors(material: Material) -> tuple[dict[str, dict[str, Any]], int] | None:
    """Return scores of detectors: against known outliers, else against shuffled columns."""
    assert material.rows is not None
    known, judged, strange = _parts(material.rows, material.seed)
    if len(known) < FEWEST // 2 or not 0 < strange.sum() < len(strange):
        return None
    both = turned(np.concatenate([known, judged]))
    known, judged = both[: len(known)], both[len(known) :]
    code = material.rows.code
    found = {rule: detect(known, judged, code) for rule, detect in DETECTORS.items()}
    return {rule: _mark(rule, *_area(each, strange, material.seed), len(known))
            for rule, each in found.items()}, len(judged)  # fmt: skip


def _generators(material: Material) -> tuple[dict[str, dict[str, Any]], int] | None:
    """Return the coverage of examples that quick models draw."""
    assert material.rows is not None
    values = material.rows.values
    if len(values) < FEWEST:
        return None
    part = turned(values[draw(len(values), EXAMPLES, material.seed)], 64)
    order = np.random.default_rng(material.seed).permutation(len(part))
    held, known = part[order[: len(order) // 4]], part[order[len(order) // 4 :]]
    marks = {}
    for rule, make in GENERATORS.items():
        made = make(known, len(held), material.rows.code, material.seed)
        hits = covered(torch.from_numpy(held), torch.from_numpy(made)).double().numpy()
        again = np.random.default_rng(0).integers(0, len(hits), (RESAMPLES, len(hits)))
        deviation = float(hits[again].mean(axis=1).std())
        marks[rule] = _mark(rule, float(hits.mean()), deviation, len(known))
    return marks, len(held)


def _parts(rows: Rows, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return normal rows to learn from, rows to be judged on, and which of those are strange."""
    chosen = draw(len(rows.values), EXAMPLES, seed)
    values, codes = rows.values[chosen], None if rows.codes is None else rows.codes[chosen]
    held = np.zeros(len(values), dtype=bool)
    held[np.random.default_rng(seed).permutation(len(values))[: len(values) // 4]] = True
    if codes is not None and len(rows.classes) > 1:
        normal = codes == rows.normal
        return values[~held & normal], values[held], ~normal[held]
    shuffled = np.random.default_rng(seed).permuted(values[held], axis=0)
    strange = np.repeat([False, True], held.sum())
    return values[~held], np.concatenate([values[held], shuffled]), strange


def _area(surprise: np.ndarray, strange: np.ndarray, seed: int) -> tuple[float, float]:
    """Return the area under the ROC curve and its standard deviation (Hanley & McNeil 1982)."""
    area = float(roc_auc_score(strange, surprise))
    one, other = int(strange.sum()), int((~strange).sum())
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (one - 1) * (first - area**2) + (other - 1) * (second - area**2)
    return area, float(np.sqrt(max(0.0, variance) / (one * other)))


def _mark(rule: str, score: float, deviation: float, learnt: int) -> dict[str, Any]:
    return {"rule": rule, "words": WORDS[rule], "score": score, "deviation": deviation,
            "learnt": learnt}  # fmt: skip


def _ellipsoid(known: np.ndarray, judged: np.ndarray, code: int) -> np.ndarray:
    """Return -log p of a Gaussian around the leading directions (Tipping & Bishop 1999)."""
    kept = min(code, known.shape[1])
    _, powers, directions = np.linalg.svd(known - known.mean(axis=0), full_matrices=False)
    powers = np.square(powers) / len(known) + FLOOR
    rest = powers[kept:].mean() if len(powers) > kept else FLOOR
    away = judged - known.mean(axis=0)
    along = away @ directions[:kept].T
    off = np.square(away).sum(axis=1) - np.square(along).sum(axis=1)
    return np.asarray((np.square(along) / powers[:kept]).sum(axis=1) + off / rest)


def _mixed(known: np.ndarray, seed: int = 0) -> GaussianMixture:
    count = max(1, min(CLOUDS, len(known) // 8))
    shape = "full" if known.shape[1] <= 64 else "diag"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianMixture(count, covariance_type=shape, reg_covar=FLOOR, max_iter=50,
                               random_state=seed).fit(known)  # fmt: skip


def _mixture(known: np.ndarray, judged: np.ndarray, code: int) -> np.ndarray:
    return np.asarray(-_mixed(known).score_samples(judged))


def _cuts(known: np.ndarray, judged: np.ndarray, code: int) -> np.ndarray:
    return np.asarray(-IsolationForest(random_state=0).fit(known).score_samples(judged))


def _distance(known: np.ndarray, judged: np.ndarray, code: int) -> np.ndarray:
    finder = NearestNeighbors(n_neighbors=min(NEAREST, len(known))).fit(known)
    return np.asarray(finder.kneighbors(judged)[0][:, -1])


def _one_cloud(known: np.ndarray, count: int, code: int, seed: int) -> np.ndarray:
    """Draw from one Gaussian around the leading directions, as probabilistic PCA does."""
    chance = np.random.default_rng(seed)
    _, powers, directions = np.linalg.svd(known - known.mean(axis=0), full_matrices=False)
    spread, kept = powers / np.sqrt(len(known)), min(code, len(powers))
    if len(spread) > kept:
        spread[kept:] = np.sqrt(np.square(spread[kept:]).mean())
    drawn = chance.normal(size=(count, len(spread))) * spread
    return np.asarray(drawn @ directions + known.mean(axis=0))


def _clouds(known: np.ndarray, count: int, code: int, seed: int) -> np.ndarray:
    return np.asarray(_mixed(known, seed).sample(count)[0])


def _apart(known: np.ndarray, count: int, code: int, seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).integers(0, len(known), (count, known.shape[1]))
    return np.take_along_axis(known, drawn, axis=0)


DETECTORS = {
    "linear": _ellipsoid, "smooth": _mixture, "trees": _cuts, "neighbours": _distance
}  # fmt: skip
GENERATORS = {"constant": _apart, "linear": _one_cloud, "smooth": _clouds}
MEASURE = Measure("quick_rows", find, tasks=("outliers", "generation"), forms=FORMS, order=9)
