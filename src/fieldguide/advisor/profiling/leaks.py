"""Columns that give the target away on their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from fieldguide.advisor.profiling.landmarks import score_of
from fieldguide.codecs.number import as_floats
from fieldguide.data import Dataset

COLUMNS = 300  # columns looked at, at most
PERFECT = 0.99  # share of what there is to learn, that one column must tell to be called a leak
FEWEST = 20  # examples below which nothing can be said


@dataclass(frozen=True)
class Leak:
    """One column that predicts the target nearly perfectly.

    Attributes:
        field: Its name.
        score: Accuracy or R² of that column alone, on examples held out.
        constant: The score of always giving the same answer.
        reason: In plain words.
    """

    field: str
    score: float
    constant: float
    reason: str


def find(dataset: Dataset, y: np.ndarray, folds: np.ndarray, classes: int) -> list[Leak]:
    """Try every column alone on examples held out.

    Args:
        dataset: The examples.
        y: Their targets, encoded: class codes (n,) or numbers (n, targets).
        folds: The fold of each example; fold 0 is held out.
        classes: Number of classes, or 0 where numbers are predicted.
    """
    found = {
        name: Leak(name, float("nan"), float("nan"), f"'{name}': {known.facts['leaks']}")
        for name, known in dataset.fields.items()
        if known.facts.get("leaks") and name != dataset.target
    }
    held, rest = np.flatnonzero(folds == 0), np.flatnonzero(folds != 0)
    if len(y) < FEWEST or not len(rest):
        return list(found.values())
    base = _constant(y, rest, held, classes)
    for name in list(dataset.inputs)[:COLUMNS]:
        values = _values(dataset, name)
        if values is None:
            continue
        score = score_of(y[held], _alone(values, y, rest, held, classes), classes)[0]
        if score - base >= PERFECT * (1 - base):
            found[name] = Leak(name, score, base, _reason(name, score, base, classes))
    return list(found.values())


def _reason(name: str, score: float, base: float, classes: int) -> str:
    what = f"{score:.1%} right" if classes else f"R² {score:.3f}"
    without = f"{base:.1%}" if classes else f"{base:.3f}"
    return (
        f"'{name}' alone tells the target nearly perfectly ({what} on examples held out; always "
        f"the same answer: {without}). If it is not known at the time of prediction, remove it"
    )


def _values(dataset: Dataset, name: str) -> np.ndarray | None:
    """Return one number an example (categories as codes), or None for blocks and text."""
    column, kind = dataset.column(name), dataset.fields[name].kind
    if not isinstance(column, pl.Series) or kind == "text":
        return None
    if kind == "category":
        words = column.cast(pl.String)
        return words.rank("dense").fill_null(0).cast(pl.Float64).to_numpy()
    if kind == "datetime":
        return column.to_physical().cast(pl.Float64).fill_null(-1.0).to_numpy()
    values = as_floats(column)
    return np.where(np.isfinite(values), values, np.nan)


def _alone(
    values: np.ndarray, y: np.ndarray, rest: np.ndarray, held: np.ndarray, classes: int
) -> np.ndarray:
    """Predict held-out targets from one column with a small tree."""
    x = values[:, None].astype(np.float32)
    leaves = max(8, 2 * classes)  # three questions deep, or a leaf or two for every class
    if classes:
        tree = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0)
        return np.asarray(tree.fit(x[rest], y[rest]).predict(x[held]))
    # A number that leaks is followed closely; eight steps cannot follow a straight line.
    tree = DecisionTreeRegressor(min_samples_leaf=3, random_state=0)
    answers = np.asarray(tree.fit(x[rest], y[rest]).predict(x[held]))
    return answers.reshape(len(held), -1)


def _constant(y: np.ndarray, rest: np.ndarray, held: np.ndarray, classes: int) -> float:
    if classes:
        return float(np.mean(y[held] == np.bincount(y[rest], minlength=classes).argmax()))
    return 0.0
