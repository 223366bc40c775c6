"""Advice on ratings: simple models are tried on held-out ratings, and decide the order."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import fieldguide as fg
from fieldguide.advisor.profiling.measures import ratings
from fieldguide.advisor.profiling.profile import profile
from fieldguide.advisor.recommending import of_ratings
from fieldguide.advisor.recommending.recommend import recommend
from fieldguide.advisor.recommending.recommendation import Recommendation
from fieldguide.data import Dataset


def made(taste: float, *, items: float = 0.0, users: int = 60, seed: int = 0) -> Dataset:
    """Ratings of 20 items: how good they are, a taste of one direction, and noise."""
    chance = np.random.default_rng(seed)
    likes = np.outer(chance.normal(size=users), chance.normal(size=20))
    values = 5 + taste * likes + items * chance.normal(size=20) + chance.normal(size=likes.shape)
    kept = chance.random(likes.shape) < 0.6
    who, what = np.nonzero(kept)
    frame = {"user": pl.Series(who).cast(pl.String), "item": pl.Series(what).cast(pl.String),
             "rating": pl.Series(values[kept].clip(-10, 20))}  # fmt: skip
    return Dataset.from_columns(frame).as_ratings(lowest=-10, highest=20)


def advised(data: Dataset) -> dict[str, Recommendation]:
    return {one.name: one for one in recommend(data, probe=False) if not one.ruled_out}


def test_where_tastes_differ_hidden_features_come_first() -> None:
    found = advised(made(taste=2.0))
    assert found["matrix-factorisation"].rank == 1
    best = found["matrix-factorisation"].score
    assert best is not None and best.low < best.expected < best.high and best.expected > 0.4
    assert "of your ratings, held out" in best.source
    machine = found["ratings-rbm"]
    assert any("hidden features find" in said for said in machine.reasons)
    assert machine.score is not None and "not tried itself" in machine.score.source


def test_where_they_do_not_means_come_first() -> None:
    found = advised(made(taste=0.0, items=1.5))
    first = min(found.values(), key=lambda one: one.rank or 99)
    assert first.name in ("item-means", "popularity")
    assert any("little taste to find" in said for said in found["ratings-rbm"].doubts)


def test_the_gain_of_item_means_is_measured_on_held_out_ratings() -> None:
    data = made(taste=0.5, items=1.5)
    figures = profile(data).findings["ratings"].figures
    train, test = data.split(0.2)
    known = {name: np.mean(values) for name, values in grouped(train).items()}
    truth = np.asarray(test.column("rating"))
    overall = np.asarray(train.column("rating")).mean()
    guess = np.array([known.get(name, overall) for name in test.column("item")])
    gain = 1 - np.square(truth - guess).mean() / np.square(truth - overall).mean()
    assert figures["gain_of_item_means"] == pytest.approx(gain, abs=1e-3) and gain > 0.3


def grouped(data: Dataset) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for name, value in zip(data.column("item"), data.column("rating"), strict=True):
        found.setdefault(name, []).append(value)
    return found


def test_noise_is_that_over_users() -> None:
    data = made(taste=1.0)
    train, test = data.split(0.2)
    model = fg.ItemMeans().fit(train)
    parts = model.task_.summands(*model._outputs_and_truth(test, None))
    found = ratings._scored(parts)
    assert found["score"] == pytest.approx(model.score(test))
    chance = np.random.default_rng(0)
    drawn = chance.integers(0, len(parts), (2000, len(parts)))
    resampled = parts[drawn].sum(axis=1)
    assert found["deviation"] == pytest.approx((resampled[:, 0] / resampled[:, 1]).std(), rel=0.15)


def test_other_data_have_no_trial() -> None:
    seen = profile(Dataset.from_columns({"x": np.arange(40.0), "y": np.arange(40.0)}, target="y"))
    assert of_ratings.tried(seen) == [] and of_ratings.noise(seen) == 0
