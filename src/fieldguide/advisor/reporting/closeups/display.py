"""Rows as a person can look at them: pictures, curves, or cells of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from PIL import Image
from torch import Tensor

from fieldguide.advisor.reporting import mistakes
from fieldguide.data import Dataset, SeriesColumn
from fieldguide.tasks.without_target import WithoutTarget

COLUMNS = 8  # columns of a table shown; those that tell most
SIDE = 96  # pixels of a small picture at least
LEVELS = 255.0
ROUNDING = 1e-6  # of the largest value of a column


def form_of(task: WithoutTarget, dataset: Dataset) -> str:
    """Return the form that rows are shown in: sequences that were laid out flat, as sequences."""
    form: str = task.inputs.form
    if form == "array":
        column = dataset.column(next(iter(task.inputs.codecs)))
        if isinstance(column, SeriesColumn) and column.values.shape[1] == 1:
            return "series"
    return form


def units(task: WithoutTarget, rows: Tensor, form: str) -> tuple[dict[str, Any], np.ndarray | None]:
    """Return rows in the user's units, as they are stored.

    Args:
        task: Knows rows.
        rows: (n, width).
        form: See `form_of`.

    Returns:
        For pictures and sequences nothing, and an array (n, …); for tables and blocks the
        ``names`` of columns and ``cells`` (texts, one list a row), and None.
    """
    if form in ("image", "series"):
        values = task.values(rows)
        return {}, values if values.ndim > 2 else values[:, :, None]
    if form == "table":
        frame = task.frame(rows)
        cells = [[mistakes.short(value) for value in row] for row in _clean(frame).iter_rows()]
        return {"names": frame.columns, "cells": cells}, None
    block = task.values(rows).reshape(len(rows), -1)
    (name,) = task.inputs.codecs
    names = [f"{name}[{place}]" for place in range(block.shape[1])]
    return {"names": names, "cells": [[mistakes.short(v) for v in row] for row in block]}, None


def _clean(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame whose zeros are zeros again: single precision left some of 1e-9."""
    floats = [name for name, kind in frame.schema.items() if kind.is_float()]
    return frame.with_columns(
        pl.when(pl.col(name).abs() < ROUNDING * pl.col(name).abs().max())
        .then(0.0).otherwise(pl.col(name)).alias(name)
        for name in floats
    )  # fmt: skip


def image(picture: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return a picture as bytes, (height, width, 1 or 3).

    Args:
        picture: (channels, height, width), in the user's units.
        low: What is black.
        high: What is white.
    """
    spread = (picture.astype(np.float64) - low) * (LEVELS / (high - low) if high > low else 0.0)
    shown = np.clip(spread, 0, LEVELS).astype(np.uint8).transpose(1, 2, 0)
    return shown[..., :3] if shown.shape[2] >= 3 else shown[..., :1]


def levels(pictures: np.ndarray) -> tuple[float, float]:
    """Return what is black and white in pictures (n, channels, height, width): bytes as they are.

    Pictures of few levels, and such as are no bytes, are spread over all levels.
    """
    if pictures.dtype == np.uint8 and pictures.max(initial=0) >= 64:
        return 0.0, LEVELS
    return float(pictures.min(initial=0)), float(pictures.max(initial=1))


def enlarged(shown: np.ndarray, side: int = SIDE) -> Image.Image:
    """Return bytes (height, width, 1 or 3) as a picture that stays sharp.

    Args:
        shown: The bytes.
        side: Pixels of the longer side at least; at most twice as many.
    """
    found = Image.fromarray(shown.squeeze(-1) if shown.shape[2] == 1 else shown).convert("RGB")
    scale = max(1, -(-side // max(found.size)))
    found = found.resize((found.width * scale, found.height * scale), Image.Resampling.NEAREST)
    found.thumbnail((2 * side, 2 * side))
    return found


def strip(pictures: np.ndarray, low: float, high: float) -> str:
    """Return pictures (n, channels, height, width) in a row, standing inside the page."""
    return in_a_row([enlarged(image(one, low, high)) for one in pictures])


def one(shown: np.ndarray) -> str:
    """Return one picture, standing inside the page."""
    return mistakes.data_uri(enlarged(shown))


def pair(left: np.ndarray, right: np.ndarray) -> str:
    """Return two pictures side by side, standing inside the page."""
    return in_a_row([enlarged(left), enlarged(right)])


def in_a_row(pictures: Sequence[Image.Image]) -> str:
    """Return pictures of one height side by side, standing inside the page."""
    gap = np.full((pictures[0].height, 4, 3), 255, dtype=np.uint8)
    row = [piece for picture in pictures for piece in (np.asarray(picture), gap)][:-1]
    return mistakes.data_uri(Image.fromarray(np.concatenate(row, axis=1)))


def classes_of(dataset: Dataset) -> list[str] | None:
    """Return the class of each example as text, or None where the data name none."""
    from fieldguide.codecs import Labels
    from fieldguide.tasks.without_target import labels

    if not isinstance(labels(dataset), Labels):
        return None
    return [str(value) for value in mistakes.values(dataset)]
