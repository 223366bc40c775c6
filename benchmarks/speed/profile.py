"""The profile's own time: 100,000 rows, 10,000 pictures in memory, 10,000 picture files.

python -m benchmarks.speed.profile

Data are made from a seed, so that nothing has to be there. The target is 20 seconds; each case is
timed with warm imports, in turn with the others, and reading the data is not part of it.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from benchmarks.results import Result, machine, versions
from fieldguide.advisor.profiling.profile import profile
from fieldguide.data import Dataset
from fieldguide.formats import read

TARGET = 20.0  # seconds
ROUNDS = 3
CLASSES = 10


def rows(count: int, seed: int = 0) -> Dataset:
    """A table of 20 numbers and 6 categories, with two classes that bend around them."""
    chance = np.random.default_rng(seed)
    x = chance.normal(size=(count, 20)).astype(np.float32)
    codes = chance.integers(0, 12, size=(count, 6))
    signal = x[:, 0] * x[:, 1] + np.sin(3 * x[:, 2]) + 0.2 * (codes[:, 0] % 3) * x[:, 3]
    columns: dict[str, pl.Series] = {f"x{i}": pl.Series(part) for i, part in enumerate(x.T)}
    for i, part in enumerate(codes.T):
        columns[f"c{i}"] = pl.Series([f"word {code}" for code in part])
    noisy = signal + 0.5 * chance.normal(size=count)
    columns["y"] = pl.Series(np.where(noisy > 0, "yes", "no"))
    return Dataset.from_columns(columns, target="y", source="rows")


def pixels(count: int, side: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Colour pictures of a bright bar, whose angle is the class, on smooth noise."""
    chance = np.random.default_rng(seed)
    y = chance.integers(0, CLASSES, count)
    coarse = chance.integers(40, 160, size=(count, 3, side // 8, side // 8))
    pictures = np.kron(coarse, np.ones((1, 1, 8, 8))).astype(np.int16)
    grid = np.arange(side) - side / 2
    middle = chance.uniform(-side / 5, side / 5, size=(2, count))
    for place, angle in enumerate(np.pi * y / CLASSES):
        down, across = grid[:, None] - middle[0, place], grid[None, :] - middle[1, place]
        pictures[place, :, np.abs(down * np.cos(angle) - across * np.sin(angle)) < side / 16] += 90
    noise = chance.integers(-15, 15, size=pictures.shape, dtype=np.int16)
    return np.clip(pictures + noise, 0, 255).astype(np.uint8), y


def pictures(count: int) -> Dataset:
    """32 by 32 pixels, in memory."""
    images, y = pixels(count, 32)
    columns = {"image": images, "y": pl.Series([f"bar {k}" for k in y])}
    return Dataset.from_columns(columns, target="y", source="pictures")


def files(count: int, folder: Path) -> Dataset:
    """128 by 128 pixels, as JPEG files, a folder a class."""
    for start in range(0, count, 500):  # a few at a time: they need not fit into memory
        images, y = pixels(min(500, count - start), 128, seed=start)
        for place, (image, k) in enumerate(zip(images, y, strict=True)):
            path = folder / f"bar-{k}" / f"{start + place}.jpg"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(image.transpose(1, 2, 0)).save(path, quality=90)
    return read(folder)


def seconds(data: Dataset) -> float:
    """Return the wall clock of one profile."""
    began = time.perf_counter()
    profile(data)
    return time.perf_counter() - began


def record(name: str, data: str, times: list[float], took: float) -> None:
    """Save and say one case's result."""
    Result(
        benchmark=f"profile-{name}",
        kind="speed",
        algorithm=None,
        data=data,
        metric="seconds",
        value=round(statistics.median(times), 2),
        target=TARGET,
        better="lower",
        seeds=[0],
        runs=[{"value": round(one, 2)} for one in times],
        runtime_s=round(took, 1),
        versions=versions(),
        machine=machine(),
        command="python -m benchmarks.speed.profile",
    ).save()
    print(f"{name}: {statistics.median(times):.2f} s, target {TARGET:g}")


def main() -> None:
    """Time the three cases in turn, and record them."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        cases: dict[str, tuple[str, Callable[[], Dataset]]] = {
            "100000-rows": ("made: 20 numbers, 6 categories", lambda: rows(100_000)),
            "10000-pictures": ("made: 3 x 32 x 32, in memory", lambda: pictures(10_000)),
            "10000-files": ("made: 128 x 128 JPEG files", lambda: files(10_000, Path(folder))),
        }
        data = {name: make() for name, (_, make) in cases.items()}
        seconds(rows(500))  # loads what is loaded late
        times: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(ROUNDS):
            for name, one in data.items():
                times[name].append(seconds(one))
    for name, (what, _) in cases.items():
        record(name, what, times[name], time.perf_counter() - began)


if __name__ == "__main__":
    main()
