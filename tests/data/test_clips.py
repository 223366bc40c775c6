from __future__ import annotations

import numpy as np
import pytest

from fieldguide.data import Dataset, as_dataset
from fieldguide.data.clips import ClipColumn, plainest, spread
from fieldguide.data.video import thinned


def clips(*lengths: int) -> list[np.ndarray]:
    chance = np.random.default_rng(0)
    return [chance.integers(0, 256, (n, 3, 4, 5)).astype(np.uint8) for n in lengths]


def test_a_column_of_clips_in_memory():
    held = clips(3, 2, 4)
    column = ClipColumn.of(held)
    assert len(column) == 3 and column.shape == (0, 3, 4, 5) and column.lengths.tolist() == [3, 2, 4]
    taken = column.take(np.array([2, 0]))
    assert taken.lengths.tolist() == [4, 3] and np.array_equal(taken[0], held[2])
    assert np.array_equal(column.load(2, 2), held[2][[0, 3]])
    assert ClipColumn.of(held[:1]).shape == (3, 3, 4, 5)
    assert column.take(np.array([], dtype=int)).shape == (0, 0, 0, 0)


def test_a_data_set_of_clips():
    data = Dataset.from_columns({"clip": ClipColumn.of(clips(3, 2, 4))})
    assert data.fields["clip"].kind == "clip" and data.fields["clip"].shape == (0, 3, 4, 5)
    assert data.take(np.array([1])).columns["clip"].lengths.tolist() == [2]


def test_blocks_of_five_axes_are_clips():
    block = np.random.default_rng(0).random((6, 2, 3, 8, 9))
    data = as_dataset(block, [0, 1] * 3)
    assert data.fields["x"].kind == "clip" and data.fields["x"].shape == (2, 3, 8, 9)
    assert np.array_equal(data.columns["x"][4], block[4])
    last = as_dataset(block.transpose(0, 1, 3, 4, 2))
    assert np.array_equal(last.columns["x"][4], block[4])


def test_six_axes_are_refused():
    with pytest.raises(ValueError, match=r"6 axes.*5 \(clips\)"):
        as_dataset(np.zeros((2,) * 6))


@pytest.mark.parametrize(
    ("length", "most", "places"),
    [(5, 0, [0, 1, 2, 3, 4]), (5, 9, [0, 1, 2, 3, 4]), (9, 3, [0, 4, 8]), (9, 1, [4]), (1, 4, [0])],
)
def test_frames_spread_evenly(length, most, places):
    assert spread(length, most).tolist() == places


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 16, 17, 100, 1000])
def test_thinning_keeps_even_distances(count):
    kept = [int(one) for one in thinned(map(np.array, range(count)), 8)]
    assert len(kept) <= 8 and (len(kept) > 4 or len(kept) == count)
    assert kept == list(range(0, count, kept[1] if len(kept) > 1 else 1))


def test_channels_that_say_nothing_are_dropped():
    grey = np.random.default_rng(0).integers(0, 255, (4, 4, 1)).astype(np.uint8)
    full = np.full_like(grey, 255)
    colour = np.concatenate([grey, grey, grey // 2], axis=2)
    assert plainest(np.concatenate([grey, grey, grey, full], axis=2)).shape == (4, 4, 1)
    assert plainest(np.concatenate([colour, full], axis=2)).shape == (4, 4, 3)
    assert plainest(np.concatenate([colour, full // 2], axis=2)).shape == (4, 4, 4)
