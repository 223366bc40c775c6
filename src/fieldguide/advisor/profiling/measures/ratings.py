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
FEW = 5  # ratings below which little is known of a user


def find(material: Material) -> Finding | None:
    """Count users, items and their ratings, and what their means explain."""
    if material.dataset.ratings is None:
        return None
    figures: dict[str, Any] = dict(measure(material.dataset))
    said = _said(figures)
    worth = tried(material.dataset.in_memory(TRIED, material.seed))
    figures["explained"] = {name: round(share, 4) for name, (_, share) in worth.items()}
    return Finding(figures, (*said, *_worth(worth)))


def tried(data: Dataset) -> dict[str, tuple[str, float]]:
    """Return title and score of the baselines of ratings, on a fifth that is held out."""
    try:
        train, test = data.split(0.2)
    except DataError:  # nobody has two ratings
        return {}
    found = {}
    for entry in catalog.entries():
        if entry.card.baseline and "recommendation" in entry.card.tasks:
            found[entry.name] = (entry.card.title, float(entry.load()().fit(train).score(test)))
    return found


def _worth(found: dict[str, tuple[str, float]]) -> list[str]:
    if not found:
        return []
    ranked = sorted(found.values(), key=lambda one: -one[1])
    shares = "; ".join(f"{title} {share:.0%}" for title, share in ranked)
    return [
        "Simple models, tried on some of the users, explain this share of what the items' means "
        f"leave open: {shares}."
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
