"""The held-out examples that the winner got most wrong, as a person can look at them."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import polars as pl
from PIL import Image

from fieldguide.data import ClipColumn, Dataset, ImageFiles

PICTURES, ROWS, COLUMNS = 18, 8, 6
SIDE = 128  # pixels of a thumbnail at most
STRIP = 6  # frames of a clip that its film strip shows, at most,
FRAME_SIDE = 80  # each so many pixels at most
GAP = 2  # pixels between them
SHOWN = ("image", "clip")  # kinds of columns that are shown rather than told


def worst(test: Dataset, stored: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Return the worst mistakes, the worst first; empty where there is none.

    Args:
        test: The held-out examples.
        stored: ``parts`` (`Task.summands`), ``prediction`` and, for classes, ``confidence``.

    Returns:
        For each: ``where``, ``true``, ``predicted``, ``confidence`` (or None), ``picture`` (a
        data URI, or None), ``strip`` (whether that shows several frames) and ``values`` (some
        inputs by name).
    """
    parts, guess = stored["parts"], stored["prediction"]
    confidence = stored.get("confidence")
    if guess.ndim > 1:
        return []
    if parts.shape[1] == 2:  # classes: 1 is right
        wrong = np.flatnonzero(parts[:, 0] < 0.5)
        order = wrong[np.argsort(-confidence[wrong])] if confidence is not None else wrong
    else:
        order = np.argsort(-parts[:, 0], kind="stable")
    picture = next((n for n, field in test.inputs.items() if field.kind in SHOWN), None)
    truth = values(test)
    return [
        {
            "where": where(test, index),
            "true": short(truth[index]),
            "predicted": short(guess[index]),
            "confidence": None if confidence is None else float(confidence[index]),
            "picture": None if picture is None else _thumbnail(test.column(picture), index),
            "strip": picture is not None and test.fields[picture].kind == "clip",
            "values": {} if picture else _inputs(test, index),
        }
        for index in order[: PICTURES if picture else ROWS].tolist()
    ]


def values(test: Dataset) -> np.ndarray:
    """Return the true values of the target."""
    assert test.target is not None
    column = test.column(test.target)
    return column.to_numpy() if isinstance(column, pl.Series) else np.asarray(column)


def _inputs(test: Dataset, index: int) -> dict[str, str]:
    chosen = [(name, test.columns[name]) for name in test.inputs]
    series = [(name, column) for name, column in chosen if isinstance(column, pl.Series)]
    return {name: short(column[index]) for name, column in series[:COLUMNS]}


def pixels(column: Any, index: int) -> np.ndarray:
    """Return one picture as it can be shown: (height, width, channels), uint8."""
    if isinstance(column, ImageFiles):
        found = column.load(index)
    else:
        found = np.asarray(column[index]).transpose(1, 2, 0)
        if found.dtype != np.uint8 or found.max() < 64:  # few levels: spread them over all
            low, high = float(found.min()), float(found.max())
            found = (found - low) * (255.0 / (high - low) if high > low else 0.0)
    shown = np.clip(found, 0, 255).astype(np.uint8)
    return shown if shown.shape[2] in (3, 4) else shown[..., :1]


def data_uri(image: Image.Image) -> str:
    """Return a picture that stands inside the page."""
    written = io.BytesIO()
    image.save(written, "PNG")
    return "data:image/png;base64," + base64.b64encode(written.getvalue()).decode()


def _thumbnail(column: Any, index: int) -> str:
    if isinstance(column, ClipColumn):
        return data_uri(film_strip(column.load(index, STRIP)))
    shown = pixels(column, index)
    image = Image.fromarray(shown.squeeze(-1) if shown.shape[2] == 1 else shown)
    image.thumbnail((SIDE, SIDE))
    return data_uri(image)


def film_strip(frames: np.ndarray) -> Image.Image:
    """Return frames (n, channels, height, width) side by side, in their order, on black."""
    block = frames
    if block.dtype != np.uint8:  # other numbers: spread them over all levels
        low, high = float(block.min()), float(block.max())
        block = (block - low) * (255.0 / (high - low) if high > low else 0.0)
    shown = np.clip(block, 0, 255).astype(np.uint8).transpose(0, 2, 3, 1)
    shown = shown[..., :3] if shown.shape[3] >= 3 else np.repeat(shown[..., :1], 3, axis=3)
    pictures = [Image.fromarray(one) for one in shown]
    for picture in pictures:
        picture.thumbnail((FRAME_SIDE, FRAME_SIDE))
    width, height = pictures[0].size
    strip = Image.new("RGB", ((width + GAP) * len(pictures) + GAP, height + 2 * GAP))
    for place, picture in enumerate(pictures):
        strip.paste(picture, (GAP + place * (width + GAP), GAP))
    return strip


def where(test: Dataset, index: int) -> str:
    """Return the row or file of an example."""
    place = test.origins[index]
    return f"row {place}" if isinstance(place, (int, np.integer)) else str(place)


def short(value: Any) -> str:
    """Return a value that fits into a cell."""
    if isinstance(value, (float, np.floating)):
        return f"{value:.4g}"
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"
