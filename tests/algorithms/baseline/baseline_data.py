"""Data for the tests of the baselines, with truth from scikit-learn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
from sklearn import datasets

from fieldguide.data import Dataset

ARRAYS = ("iris", "wine", "digits", "diabetes")


def array_set(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets of a small real data set."""
    inputs, targets = getattr(datasets, f"load_{name}")(return_X_y=True)
    return inputs, targets


def mixed_frame(rows: int = 600, seed: int = 0) -> pd.DataFrame:
    """A table with missing numbers, missing words, truth values, and a column of many words."""
    chance = np.random.default_rng(seed)
    size = chance.normal(3.0, 2.0, rows)
    age = chance.integers(18, 80, rows).astype(float)
    town = chance.choice(["Ulm", "Bonn", "Kiel", "Jena", "Gera", "Hof"], rows, p=_shares(6))
    words = 300 if rows >= 600 else rows // 4  # more than that would pass for running text
    code = np.array([f"c{number}" for number in chance.integers(0, words, rows)])
    member = chance.random(rows) < 0.4
    effect = {"Ulm": 1.0, "Bonn": -1.5, "Kiel": 0.5, "Jena": -0.5, "Gera": 2.0, "Hof": 0.0}
    score = size - 0.05 * age + np.array([effect[name] for name in town]) + member
    score += 0.3 * chance.normal(size=rows)
    size[chance.random(rows) < 0.15] = np.nan
    towns = np.where(chance.random(rows) < 0.1, None, town)
    return pd.DataFrame(
        {
            "size": size,
            "town": pd.Series(towns, dtype="object"),
            "age": age,
            "code": code,
            "member": member,
            "score": score,
            "grade": np.where(score < 0, "low", np.where(score < 2, "middle", "high")),
        }
    )


def as_data(frame: pd.DataFrame, target: str) -> Dataset:
    """The frame as a data set that predicts one of its last two columns."""
    other = {"score": "grade", "grade": "score"}[target]
    columns = {
        name: pl.Series(name, [None if value != value else value for value in column.tolist()])
        for name, column in frame.drop(columns=other).items()
    }
    return Dataset.from_columns(columns, target=target)


def _shares(count: int) -> np.ndarray:
    weights = np.arange(count, 0, -1)
    return weights / weights.sum()
