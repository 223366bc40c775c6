"""The sample with fewer numbers an example, or fewer examples, so that measuring stays quick."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch.nn.functional as F
from sklearn.utils.extmath import randomized_svd
from torch import from_numpy

from fieldguide.advisor.profiling.pictures import LOCAL_FROM, correlations, locality
from fieldguide.advisor.profiling.sample import Sample

KERNEL = 1_500  # examples for the models whose cost grows with the square of their number
DIRECTIONS = 200  # principal directions kept where there are more numbers than that
TREE_COLUMNS = 100  # columns that trees look at; more pixels are averaged, more columns drawn


def compact(sample: Sample, seed: int) -> Sample:
    """Return the sample with vectors turned onto their principal directions, if there are many."""
    if sample.vectors.shape[1] <= DIRECTIONS:
        return sample
    centred = sample.vectors - sample.vectors.mean(axis=0)
    _, _, axes = randomized_svd(
        centred[:KERNEL], min(DIRECTIONS, len(centred[:KERNEL]) - 1), n_iter=2, random_state=seed
    )
    return replace(sample, vectors=centred @ axes.T)


def coarse_columns(sample: Sample) -> np.ndarray:
    """Return at most `TREE_COLUMNS` columns: their cost grows with the number of columns."""
    count = sample.columns.shape[1]
    if count <= TREE_COLUMNS:
        return sample.columns
    pictures = sample.pictures
    if pictures is not None and locality(*correlations(pictures[:500])) >= LOCAL_FROM:
        side = max(4, int(np.sqrt(TREE_COLUMNS / pictures.shape[1])))
        size = tuple(min(side, length) for length in pictures.shape[2:])
        pooled: np.ndarray = F.adaptive_avg_pool2d(from_numpy(pictures), size).numpy()
        return pooled.reshape(len(pooled), -1)
    # Those that vary most: of many columns, such as words, most are nearly always the same.
    loud = np.argsort(-np.nanvar(sample.columns[:, : count - len(sample.categories)], axis=0))
    kept = np.sort(loud[: max(1, TREE_COLUMNS - len(sample.categories))])
    return sample.columns[:, np.concatenate([kept, sample.categories]).astype(int)]


def at_most(sample: Sample, count: int, seed: int) -> Sample:
    """Return a seeded draw of this many examples, in their order, or all where there are fewer."""
    return sample.take(draw(len(sample), count, seed))


def draw(length: int, count: int, seed: int) -> np.ndarray:
    """Return the positions that `at_most` keeps."""
    if length <= count:
        return np.arange(length)
    return np.sort(np.random.default_rng(seed).choice(length, count, replace=False))
