"""The examples that the quick measurements look at, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import torch.nn.functional as F
from torch import Tensor, from_numpy

from fieldguide.data import Bundle, Column, Dataset, ImageFiles
from fieldguide.tasks import Task

VECTORS = ("image", "array", "table")  # forms of input that become vectors
LARGEST_SIDE = 32  # pixels; larger pictures are shrunk to this before they are measured
DECODED_PIXELS = 300_000_000  # picture files decoded at most, in pixels: about three seconds
FEWEST_FILES = 300  # picture files decoded at least
ONE_HOT_CODES = 64  # codes of a category that get a column of their own; rarer ones share one


@dataclass(frozen=True)
class Sample:
    """Encoded examples.

    Attributes:
        task: The task, with codecs fitted on these examples.
        vectors: Every input as numbers, categories as indicators; (n, features).
        columns: Numbers and category codes as trees take them; (n, columns).
        categories: Which of `columns` hold codes.
        pictures: (n, channels, height, width), or None where the inputs are no pictures.
        y: Class codes (n,), or standardised numbers (n, targets).
        classes: Number of classes; 0 where numbers are predicted.
    """

    task: Task
    vectors: np.ndarray
    columns: np.ndarray
    categories: tuple[int, ...]
    pictures: np.ndarray | None
    y: np.ndarray
    classes: int

    def __len__(self) -> int:
        return len(self.y)

    def take(self, chosen: np.ndarray) -> Sample:
        """Return the examples at these positions."""
        pictures = None if self.pictures is None else self.pictures[chosen]
        vectors, columns = self.vectors[chosen], self.columns[chosen]
        return replace(self, vectors=vectors, columns=columns, pictures=pictures, y=self.y[chosen])

    def folds(self, seed: int) -> np.ndarray:
        """Return the fold of each example, classes (or the range of numbers) spread evenly.

        Five folds up to 600 examples, three up to 1,200; beyond, a third is held out once.
        """
        count = 5 if len(self) <= 600 else 3
        chance = np.random.default_rng(seed).random(len(self))
        order = np.lexsort((chance, self.y if self.y.ndim == 1 else self.y[:, 0]))
        folds = np.empty(len(self), dtype=np.int64)
        folds[order] = np.arange(len(self)) % count
        return folds


def with_known_target(dataset: Dataset) -> Dataset:
    """Return the examples whose target is known."""
    if dataset.target is None:
        return dataset
    known = ~missing(dataset.column(dataset.target))
    return dataset if known.all() else dataset.take(np.flatnonzero(known))


def missing(column: Column) -> np.ndarray:
    """Return which examples lack this value (any part of it, for blocks); shape (n,)."""
    if isinstance(column, Bundle):
        return column.missing()
    if isinstance(column, pl.Series):
        present = column.fill_nan(None) if column.dtype.is_float() else column
        return present.is_null().to_numpy()
    if column.dtype.kind != "f":
        return np.zeros(len(column), dtype=bool)
    return np.asarray(np.isnan(column.reshape(len(column), -1)).any(axis=1))


def small_pictures(dataset: Dataset, seed: int) -> Dataset:
    """Return the data with pictures in memory and at most `LARGEST_SIDE` pixels on a side.

    Of many large picture files only a seeded sample is decoded.
    """
    for name, known in dataset.inputs.items():
        if known.kind == "image":
            sample = _affordable(dataset, name, seed)
            pictures = _decode(sample.column(name))
            columns = {**sample.columns, name: pictures}
            return replace(sample, columns=columns)
    return dataset


def encode(task: Task, dataset: Dataset) -> Sample:
    """Encode examples for measurements, with codecs fitted on them."""
    examples = task.encode(dataset)
    assert examples.y is not None
    batch = examples.span(0, len(examples))
    parts = batch.x if isinstance(batch.x, dict) else {"numbers": batch.x}
    numbers = parts["numbers"].numpy()
    codes = parts["categories"].numpy() if "categories" in parts else np.empty((len(numbers), 0))
    flat = numbers.reshape(len(numbers), -1)
    columns = np.concatenate([flat, codes], axis=1, dtype=np.float32)
    vectors = np.concatenate([flat, _indicators(codes)], axis=1, dtype=np.float32)
    categories = tuple(range(flat.shape[1], columns.shape[1]))
    y = examples.y.numpy()
    classes = task.codec.width if y.dtype.kind == "i" else 0
    pictures = numbers if numbers.ndim == 4 else None
    return Sample(task, vectors, columns, categories, pictures, y, classes)


def _indicators(codes: np.ndarray) -> np.ndarray:
    blocks = [np.empty((len(codes), 0))]
    for column in codes.T.astype(np.int64):
        kept = np.minimum(column, ONE_HOT_CODES)
        blocks.append(kept[:, None] == np.unique(kept)[None, :])
    return np.concatenate(blocks, axis=1)


def _affordable(dataset: Dataset, name: str, seed: int) -> Dataset:
    column = dataset.column(name)
    if not isinstance(column, ImageFiles) or len(column) <= FEWEST_FILES:
        return dataset
    looked = [column.load(index).shape for index in range(0, len(column), len(column) // 10)]
    area = max(1.0, float(np.mean([height * width for height, width, _ in looked])))
    return dataset.in_memory(max(FEWEST_FILES, int(DECODED_PIXELS / area)), seed)


def _decode(column: Column) -> np.ndarray:
    if isinstance(column, ImageFiles):
        loaded = [column.load(index) for index in range(len(column))]
        channels = max(picture.shape[2] for picture in loaded)
        height, width = _common(np.array([picture.shape[:2] for picture in loaded]))
        tensors = [from_numpy(_channels(picture, channels)) for picture in loaded]
        shrunk = [F.adaptive_avg_pool2d(tensor, (height, width)) for tensor in tensors]
        return np.stack([tensor.numpy() for tensor in shrunk])
    pictures = np.asarray(column)
    height, width = _common(np.array([pictures.shape[2:]]))
    if (height, width) == pictures.shape[2:]:
        return pictures
    pooled: Tensor = F.adaptive_avg_pool2d(from_numpy(pictures).float(), (height, width))
    return pooled.numpy()


def _common(sizes: np.ndarray) -> tuple[int, int]:
    height, width = np.median(sizes, axis=0)
    shrink = min(1.0, LARGEST_SIDE / max(height, width))
    return max(1, round(height * shrink)), max(1, round(width * shrink))


def _channels(picture: np.ndarray, channels: int) -> np.ndarray:
    """Bring (height, width, c) to (channels, height, width); grey fills colours, alpha is full."""
    have = picture.shape[2]
    if have == 1 and channels > 1:
        picture = np.repeat(picture, 3, axis=2)
    if picture.shape[2] < channels:
        picture = np.concatenate([picture, np.full_like(picture[..., :1], 255)], axis=2)
    return np.ascontiguousarray(picture.transpose(2, 0, 1), dtype=np.float32)
