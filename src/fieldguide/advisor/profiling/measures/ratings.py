"""Ratings: how many, of how many, how full the table is, what simple models find."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from fieldguide import catalog
from fieldguide.advisor.profiling.measure import Finding, Material, Measure
from fieldguide.data import Dataset
from fieldguide.data.rating_columns import as_names
from fieldguide.errors import DataError

TRIED = 50_000  # ratings that simple models are tried on, at most
LITTLE = 0.02  # gain of items' means below which items hardly differ
FEW = 5  # ratings below which little is known of a user


def find(material: Material) -> Finding | None:
    """Count users, items and their ratings, and what their means explain."""
    if material.dataset.ratings is None:
        return None
    figures: dict[str, Any] = dict(measure(material.dataset))
    said = _said(figures)
    worth = tried(material.dataset.in_memory(TRIED, material.seed))
    gain = _gain(worth.pop("", None))
    figures["explained"] = {name: round(one["score"], 4) for name, one in worth.items()}
    figures["trial"] = worth
    if gain is not None:
        figures["gain_of_item_means"] = gain
    return Finding(figures, (*said, *_worth(worth, gain)))


def tried(data: Dataset) -> dict[str, dict[str, Any]]:
    """Return the scores of the baselines of ratings, on a fifth that is held out.

    Returns:
        By name: ``title``, ``capacity``, ``score`` (the share explained of what the items' means
        leave open), ``deviation`` of that by chance and ``judged`` (ratings). What guesses the mean
        of all ratings, and the mean of an item's, stand under the empty name.
    """
    try:
        train, test = data.split(0.2)
    except DataError:  # nobody has two ratings
        return {}
    found: dict[str, dict[str, Any]] = {}
    for entry in catalog.entries():
        if entry.card.baseline and "recommendation" in entry.card.tasks:
            model = entry.load()().fit(train)
            outputs, truth = model._outputs_and_truth(test, None)
            parts = model.task_.summands(outputs, truth)
            found[entry.name] = {"title": entry.card.title, "capacity": entry.card.capacity,
                                 "judged": len(truth), **_scored(parts)}  # fmt: skip
            found.setdefault("", _plain(model.task_, train, test))
    return found


def _plain(task: Any, train: Dataset, test: Dataset) -> dict[str, Any]:
    """Return the squared errors of the mean of all ratings, and of each item's, held out."""
    (one, other), name = (task.known.codes(part)[1] for part in (train, test)), task.target
    known, truth = (np.asarray(part.column(name), dtype=float) for part in (train, test))
    sums, counts = np.bincount(one, weights=known), np.bincount(one)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), known.mean())
    theirs = np.where(other < len(means), means[np.minimum(other, len(means) - 1)], known.mean())
    theirs = np.where(other > 0, theirs, known.mean())  # 0 is an item that was never seen
    errors = np.square(truth - known.mean()).mean(), np.square(truth - theirs).mean()
    return {"overall": float(errors[0]), "items": float(errors[1])}


def _gain(errors: dict[str, Any] | None) -> float | None:
    """Return by what share items' means lower the squared error of the mean of all."""
    if errors is None or errors["overall"] <= 0:
        return None
    return round(1 - errors["items"] / errors["overall"], 4)


def _scored(parts: np.ndarray) -> dict[str, float]:
    """Return the ratio of sums, (users, 2), and its standard deviation over users."""
    sums, counts = parts.T
    score = sums.sum() / counts.sum()
    away = np.square(sums - score * counts).sum()
    return {"score": float(score), "deviation": float(np.sqrt(away) / counts.sum())}


def _worth(found: dict[str, dict[str, Any]], gain: float | None) -> list[str]:
    if not found:
        return []
    ranked = sorted(found.values(), key=lambda one: -one["score"])
    shares = "; ".join(f"{one['title']} {one['score']:.0%}" for one in ranked)
    said = [
        "Simple models, tried on some of the users, explain this share of what the items' means "
        f"leave open: {shares}."
    ]
    if gain is None:
        return said
    if gain < LITTLE:
        return [
            "On held-out ratings, an item's own mean is no better than the mean of all: items "
            "hardly differ.",
            *said,
        ]
    return [
        f"On held-out ratings, an item's own mean lowers the squared error by {gain:.0%} against "
        "the mean of all.",
        *said,
    ]


def measure(data: Dataset) -> dict[str, float | int]:
    """Return the figures of a table of ratings.

    Returns:
        ``users``, ``items``; ``filled`` (share of all pairs that are rated); ``of_user`` and
        ``of_item`` (median number of ratings); ``few`` (share of users with fewer than five);
        ``lowest`` and ``highest``; ``mean``; ``by_item`` and ``by_user`` (share of the variance
        that the means of items and of users explain, less what chance alone would).
    """
    asked = data.ratings
    assert asked is not None
    lowest, highest = asked.ends
    users, items = (_codes(data, name) for name in (asked.user, asked.item))
    values = np.asarray(data.column(asked.rating), dtype=float)
    of_users, of_items = np.bincount(users), np.bincount(items)
    return {
        "users": len(of_users),
        "items": len(of_items),
        "filled": len(values) / (len(of_users) * len(of_items)),
        "of_user": float(np.median(of_users)),
        "of_item": float(np.median(of_items)),
        "few": float((of_users < FEW).mean()),
        "lowest": lowest,
        "highest": highest,
        "mean": float(values.mean()),
        "by_item": _explained(items, values),
        "by_user": _explained(users, values),
    }


def _codes(data: Dataset, name: str) -> np.ndarray:
    names = as_names(data.column(name))
    return names.cast(pl.Categorical).to_physical().rank("dense").to_numpy().astype(np.int64) - 1


def _explained(codes: np.ndarray, values: np.ndarray) -> float:
    """Return the adjusted share of the variance that lies between groups, at least 0."""
    counts = np.bincount(codes)
    means = np.bincount(codes, weights=values) / counts
    within = np.square(values - means[codes]).sum() / max(1, len(values) - len(counts))
    between = np.square(values - values.mean()).sum() / max(1, len(values) - 1)
    return float(max(0.0, 1 - within / between)) if between > 0 else 0.0


def _said(figures: dict[str, float | int]) -> list[str]:
    said = [
        f"Ratings: {figures['users']:,} users and {figures['items']:,} items, of whose pairs "
        f"{100 * figures['filled']:.2g} % are rated; a typical user has rated "
        f"{figures['of_user']:.0f}, a typical item is rated {figures['of_item']:.0f} times, from "
        f"{figures['lowest']:g} to {figures['highest']:g} and {figures['mean']:.2f} on average.",
        f"How good an item is explains {figures['by_item']:.0%} of the variance, how generous a "
        f"user is {figures['by_user']:.0%}: what remains is taste, and noise.",
    ]
    if figures["few"] > 0.2:
        said.append(
            f"{figures['few']:.0%} of the users have rated fewer than {FEW} items: little can be "
            "known of their taste, and item means will be hard to beat for them."
        )
    return said


MEASURE = Measure("ratings", find, tasks=("recommendation",), order=5)
