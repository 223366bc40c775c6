"""Which frames an answer hangs on, found again where only one can tell."""

from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest

import fieldguide as fg
from fieldguide.advisor.reporting import frames_seen, looks
from fieldguide.advisor.reporting.looks import HEAT
from fieldguide.data import ClipColumn, Dataset

FLASH = 3  # the frame that tells the class


def flashes(count: int = 60, seed: int = 0) -> Dataset:
    """Noise; half of the clips flash on the left in one frame, the others on the right."""
    chance = np.random.default_rng(seed)
    clips = chance.integers(0, 60, (count, 6, 1, 12, 12)).astype(np.uint8)
    clips[::2, FLASH, :, :, :6] = 250
    clips[1::2, FLASH, :, :, 6:] = 250
    columns = {
        "clip": ClipColumn.of(list(clips)),
        "side": pl.Series("side", ["left", "right"] * (count // 2)),
    }
    return Dataset.from_columns(columns, target="side")


@pytest.mark.parametrize(("name", "options"), [("BagOfFrames", {}), ("CNNRNN", {"hidden": 32})])
def test_the_frame_that_tells_is_found(name, options):
    model = getattr(fg, name)(epochs=8, maps=(8,), validation=0.0, **options).fit(flashes())
    held = flashes(24, seed=1)
    assert model.score(held) == 1.0
    found = frames_seen.measure(model, held, until=time.monotonic() + 60)
    assert len(found["positions"]) == len(found["weights"]) > 0
    assert all(np.argmax(weights) == FLASH for weights in found["weights"])
    assert found["changed_weighty"] > found["changed_random"]


def test_where_there_is_no_time_there_is_nothing():
    model = fg.BagOfFrames(epochs=1, maps=(4,), validation=0.0).fit(flashes())
    assert frames_seen.measure(model, flashes(), until=time.monotonic()) is None


def test_bars_are_as_long_as_weights():
    frames = np.zeros((12, 1, 10, 20), dtype=np.uint8)
    weights = np.zeros(12)
    weights[[1, 4]] = [1.0, 0.5]  # of the first and the third stretch of two
    strip = np.asarray(looks.weighed_strip(frames, weights))
    bars = (strip[-looks.BAR + 1] == HEAT).all(axis=1)
    assert bars.reshape(-1)[2:24].sum() == 20 and bars[46:68].sum() == 10 and bars.sum() == 30


def test_quantities_have_weights_too():
    data = flashes()
    columns = {**data.columns, "side": pl.Series("side", np.arange(60) % 2 * 3.0 + 0.5)}
    numbers = Dataset.from_columns(columns, target="side")
    model = fg.BagOfFrames(epochs=4, maps=(4,), validation=0.0).fit(numbers)
    found = frames_seen.measure(model, numbers, until=time.monotonic() + 60)
    assert "changed_random" not in found and max(found["weights"][0]) == 1.0
