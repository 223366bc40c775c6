"""Clips: lengths, movement, and whether order tells anything."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from fieldguide.advisor.profiling.measures.clips import MEASURE, change, features, find
from fieldguide.data import ClipColumn, Dataset
from tests import toys
from tests.advisor.profiling.material import material

CHANCE = np.random.default_rng(0)


def moving(forward: bool, frames: int = 6) -> np.ndarray:
    """A bar that goes down, or the same frames backwards."""
    clip = CHANCE.integers(0, 40, (frames, 1, 16, 16))
    for time, frame in enumerate(clip):
        frame[:, 2 * time : 2 * time + 3] += 200
    return (clip if forward else clip[::-1]).astype(np.uint8)


def lit(bright: bool, frames: int = 6) -> np.ndarray:
    """Noise, brighter or not."""
    return CHANCE.integers(0, 200 if bright else 120, (frames, 1, 16, 16)).astype(np.uint8)


def data(make, count: int = 60, **options) -> Dataset:
    made = [make(place % 2 == 0, **options) for place in range(count)]
    columns = {"clip": ClipColumn.of(made), "y": pl.Series("y", ["a", "b"] * (count // 2))}
    return Dataset.from_columns(columns, target="y")


def test_order_is_found_where_it_alone_tells_the_class():
    found = find(material(data(moving)))
    assert found.figures["without_order"] < 0.75 < 0.95 < found.figures["with_order"]
    assert "order matters, and a bag of frames cannot see it" in found.sentences[2]


def test_a_single_frame_may_tell_the_class():
    found = find(material(data(lit)))
    assert found.figures["single_frame"] > 0.95
    assert "a single frame tells as much as the clip" in found.sentences[2]


def test_what_does_not_depend_on_order_does_not():
    frames = CHANCE.random((5, 8, 30))
    forth, back = features(frames), features(frames[:, ::-1])
    assert np.allclose(forth["without_order"], back["without_order"])
    assert not np.allclose(forth["with_order"], back["with_order"])


def test_lengths_and_sizes():
    clips = [np.zeros((frames, 1, 8, side), np.uint8) for frames, side in [(1, 8), (4, 8), (9, 9)]]
    columns = {"clip": ClipColumn.of(clips), "y": pl.Series("y", ["a", "b", "a"])}
    held = Dataset.from_columns(columns, target="y")
    found = find(material(held))
    wanted = {"clips": 3, "frames": 4, "shortest": 1, "longest": 9, "one_frame": 1, "sizes": 2}
    assert found.figures.items() >= wanted.items()
    assert "1 to 9 frames, typically 4" in found.sentences[0]
    assert "1 of them are single pictures" in found.sentences[0]
    assert "Hardly anything changes" in found.sentences[1] and "single_frame" not in found.figures


@pytest.mark.parametrize(("within", "between", "expected"), [(0.0, 1.0, 0.0), (1.0, 0.0, 1.0)])
def test_change(within, between, expected):
    frames = between * CHANCE.random((200, 1, 50)) + within * CHANCE.random((200, 8, 50))
    assert change(frames) == pytest.approx(expected, abs=0.02)


def test_other_data_are_none_of_its_business():
    assert find(material(toys.array("classification"))) is None
    assert MEASURE.applies("classification", "array")


def test_quantities_are_not_asked_for_order():
    found = find(material(toys.clips("regression")))
    assert "with_order" not in found.figures and len(found.sentences) == 2
