"""Splits of ratings: everybody whose ratings are held out keeps some to be known by."""

from __future__ import annotations

import numpy as np
import polars as pl

from fieldguide.data.dataset import Dataset
from fieldguide.errors import DataError


def split_ratings(data: Dataset, test: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of training and held-out ratings, both sorted.

    Each user's share is held out: their latest ratings where there are times, else any. The share
    is rounded by chance, so that users with few ratings lend some of theirs, and on average no more
    than is asked; one rating at least is always kept.

    Args:
        data: Ratings.
        test: Share held out, above 0 and below 1.
        seed: Decides where chance has a say.

    Raises:
        DataError: Nobody has two ratings.
    """
    codes = _users(data)
    chance = np.random.default_rng(seed)
    order = np.lexsort((_moments(data, chance), codes))
    counts = np.bincount(codes)
    held = np.floor(test * counts + chance.random(len(counts))).astype(np.int64)
    held = np.minimum(held, counts - 1)
    if counts.max() < 2:
        raise DataError(
            "every user has a single rating: none can be held out and still be known by others.",
            "Bring users with more ratings, or name another column with user=… (--user).",
            file=data.source,
            field=data.ratings.user if data.ratings is not None else None,
        )
    if not held.any():
        held[counts.argmax()] = 1
    place = np.arange(len(codes)) - np.repeat(np.cumsum(counts) - counts, counts)
    last = place >= np.repeat(counts - held, counts)
    return np.sort(order[~last]), np.sort(order[last])


def some_users(data: Dataset, limit: int, seed: int) -> np.ndarray:
    """Return the positions of the ratings of some users, drawn by lot, sorted.

    Args:
        data: Ratings.
        limit: Ratings at most, unless two users alone have more.
        seed: Decides which users.
    """
    codes = _users(data)
    counts = np.bincount(codes)
    order = np.random.default_rng(seed).permutation(len(counts))
    fitting = int((np.cumsum(counts[order]) <= limit).sum())
    return np.flatnonzero(np.isin(codes, order[: max(2, fitting)]))


def _users(data: Dataset) -> np.ndarray:
    """Return the number of the user of each rating, from 0."""
    assert data.ratings is not None
    users = data.column(data.ratings.user)
    assert isinstance(users, pl.Series)
    return np.asarray(users.rank("dense").to_numpy().astype(np.int64) - 1)


def _moments(data: Dataset, chance: np.random.Generator) -> np.ndarray:
    """Return what orders the ratings of a user: times, earliest where missing, or chance."""
    if data.time is None:
        return chance.random(len(data))
    times = data.column(data.time)
    assert isinstance(times, pl.Series)
    return times.rank("min").fill_null(0).to_numpy()
