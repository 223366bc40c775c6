"""Pictures of what a generator makes: a grid of samples, a walk between some, a training film.

Each draws from a fitted model of pictures into one file. The film shows the same noise epoch by
epoch; the model must have kept its frames, which it does if it was fitted with ``film=16`` or so.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from fieldguide.errors import UsageError
from fieldguide.tasks.without_target import WithoutTarget

if TYPE_CHECKING:
    import polars as pl

    from fieldguide.estimator import Estimator

GAP = 2  # pixels between pictures
SMALLEST = 320  # pixels that a grid is enlarged to, by a whole factor
MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def sample_grid(model: Estimator, path: str | Path, *, count: int = 64, seed: int = 0) -> Path:
    """Write a grid of new pictures as an image file.

    Args:
        model: Fitted on pictures; it must generate.
        path: Image file to write, such as ``samples.png``.
        count: Pictures in the grid, 1 or more.
        seed: Decides which.

    Raises:
        UsageError: The model makes no pictures.
    """
    _check(model, "sample")
    return write_grid(np.asarray(model.sample(count, seed=seed)), path)


def interpolation(
    model: Estimator, path: str | Path, *, walks: int = 6, steps: int = 10, seed: int = 0
) -> Path:
    """Write walks from one sample to another as an image file, a row each; see `walk`.

    Args:
        model: Fitted on pictures; it must make pictures of codes.
        path: Image file to write.
        walks: Rows.
        steps: Pictures in a row, 2 or more.
        seed: Decides between which samples.

    Raises:
        UsageError: The model makes no pictures of codes.
    """
    _check(model, "decode")
    return write_grid(np.asarray(walk(model, walks=walks, steps=steps, seed=seed)), path, steps)


def walk(
    model: Estimator, *, walks: int = 6, steps: int = 10, seed: int = 0
) -> np.ndarray | pl.DataFrame:
    """Return examples on the way from one sample to another, walk after walk.

    Noise goes along the arc between its two ends: half-way along the straight line it would be
    shorter than any that the generator has seen. Models whose codes are no noise (Boltzmann
    machines) draw two samples, and go straight from the code of one to that of the other.

    Args:
        model: Fitted; makes examples of codes.
        walks: How many.
        steps: Examples of each, both ends included, 2 or more.
        seed: Decides between which samples.

    Raises:
        UsageError: The model makes no examples of codes, or none of its own.
    """
    model._check_fitted()
    width: Any = getattr(model.network_, "latent", None)
    share = np.linspace(0, 1, steps)[None, :, None]
    if isinstance(width, int) and hasattr(model, "decode"):
        ends = np.random.default_rng(seed).normal(size=(2, walks, 1, width))
        one, other = np.cos(share * np.pi / 2), np.sin(share * np.pi / 2)
    elif all(hasattr(model, verb) for verb in ("decode", "encode", "sample")):
        codes = model.encode(model.sample(2 * walks, seed=seed))
        ends, (one, other) = codes.reshape(2, walks, 1, -1), (1 - share, share)
    else:
        raise UsageError(
            f"There is nothing to walk through between two samples of a {model.card.title}: it "
            "makes no examples of codes. DCGAN, VAE and RBM do."
        )
    path = one * ends[0] + other * ends[1]  # (walks, steps, width)
    return model.decode(path.reshape(walks * steps, -1))


def film(model: Estimator, path: str | Path, *, milliseconds: int = 200) -> Path:
    """Write the training film as an animated GIF: a grid of the same noise, epoch by epoch.

    Args:
        model: Fitted on pictures with ``film`` above 0.
        path: File to write, such as ``film.gif``.
        milliseconds: That a frame is shown; the last one is shown ten times as long.

    Raises:
        UsageError: The model kept no film, or makes no pictures.
    """
    _check(model, "sample")
    kept = getattr(model.network_, "film", None)
    if kept is None or not len(kept.shown):
        raise UsageError("The model kept no film. Fit it with film=16 (--film 16).")
    task = model.task_
    assert isinstance(task, WithoutTarget)
    frames = [grid(task.values(frame)) for frame in kept.shown.cpu()]
    images = [_image(frame).convert("RGB").quantize(128) for frame in frames]
    shown = [milliseconds] * (len(images) - 1) + [10 * milliseconds]
    images[0].save(path, save_all=True, append_images=images[1:], duration=shown, loop=0)
    return Path(path)


def grid(pictures: np.ndarray, columns: int = 0) -> np.ndarray:
    """Return pictures (n, channels, height, width) side by side, (channels, H, W), as bytes.

    Args:
        pictures: Bytes, or other numbers, whose range is stretched to that of bytes.
        columns: Pictures in a row; 0 for a square.
    """
    count, channels, height, width = pictures.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    sheet = np.full(
        (channels, rows * (height + GAP) - GAP, columns * (width + GAP) - GAP), 255, np.uint8
    )
    for number, picture in enumerate(_bytes(pictures)):
        top, left = number // columns * (height + GAP), number % columns * (width + GAP)
        sheet[:, top : top + height, left : left + width] = picture
    return sheet


def _bytes(pictures: np.ndarray) -> np.ndarray:
    if pictures.dtype == np.uint8:
        return pictures
    low, high = float(pictures.min()), float(pictures.max())
    return ((pictures - low) * (255 / max(high - low, 1e-12))).round().astype(np.uint8)


def _image(sheet: np.ndarray) -> Image.Image:
    factor = max(1, SMALLEST // max(sheet.shape[1:]))
    large = sheet.repeat(factor, axis=1).repeat(factor, axis=2).transpose(1, 2, 0)
    if large.shape[2] not in MODES:  # what no image file has: the first channel, as grey
        large = large[:, :, :1]
    return Image.fromarray(large.squeeze(-1) if large.shape[2] == 1 else large)


def write_grid(pictures: np.ndarray, path: str | Path, columns: int = 0) -> Path:
    """Write pictures side by side as one image file; arguments as for `grid`."""
    _image(grid(pictures, columns)).save(path)
    return Path(path)


def _check(model: Estimator, verb: str) -> None:
    model._check_fitted()
    if not hasattr(model, verb) or model.task_.inputs.form != "image":
        raise UsageError(
            f"{type(model).__name__} generates no pictures here: it needs to have learnt from "
            "pictures, by an algorithm that generates, such as DCGAN."
        )
