from __future__ import annotations

import numpy as np
import pytest

from fieldguide.data import Dataset, as_dataset
from fieldguide.data.clip_frames import plainest, spread
from fieldguide.data.clips import ClipColumn
from fieldguide.data.video import thinned
from fieldguide.errors import DataError


def clips(*lengths: int) -> list[np.ndarray]:
    chance = np.random.default_rng(0)
    return [chance.integers(0, 256, (n, 3, 4, 5)).astype(np.uint8) for n in lengths]


def test_a_column_of_clips_in_memory():
    held = clips(3, 2, 4)
    column = ClipColumn.of(held)
    assert (
        len(column) == 3 and column.shape == (0, 3, 4, 5) and column.lengths.tolist() == [3, 2, 4]
    )
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


def test_rows_of_numbers_are_thumbnails():
    grey = np.full((3, 1, 32, 16), 7, dtype=np.uint8)
    grey[2] = 9
    colour = np.zeros((8, 3, 16, 16), dtype=np.uint8)
    colour[:, 1] = 30
    column = ClipColumn.of([grey, colour])
    rows = column.flat().reshape(2, 8, 3, 16, 16)
    assert rows[0, :, 2, 5, 5].tolist() == [7] * 6 + [9] * 2
    assert np.array_equal(rows[1], colour)
    alone = column.take(np.array([0])).flat(rows[0].size)  # as a model of colours takes it
    assert np.array_equal(alone[0], rows[0].reshape(-1))
    as_grey = column.take(np.array([1])).flat(8 * 16 * 16)
    assert (as_grey == 10).all()


def test_copies_have_one_digest():
    held = clips(3, 3)
    column = ClipColumn.of([held[0], held[1], held[0].copy(), held[0][:2]])
    digests = [column.digest(index) for index in range(4)]
    assert digests[0] == digests[2] and len(set(digests)) == 3


def test_lists_of_clips_are_clips():
    data = as_dataset(clips(3, 2, 4), [0, 1, 0])
    assert data.fields["x"].kind == "clip" and data.columns["x"].lengths.tolist() == [3, 2, 4]
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        as_dataset(clips(3, 2, 4), [0, 1])


@pytest.mark.parametrize(
    ("clip", "said"),
    [
        (np.zeros((4, 8, 8)), r"row 2.*\(4, 8, 8\).*expected"),
        (np.zeros((0, 1, 8, 8)), "row 2.*none of them 0"),
        (np.full((2, 1, 8, 8), np.nan), "row 2.*NaN or infinity"),
        (np.full((2, 1, 8, 8), "a"), "row 2.*expected numbers"),
    ],
)
def test_what_is_no_clip_is_refused_by_its_row(clip, said):
    with pytest.raises(DataError, match=said):
        ClipColumn.of([np.zeros((2, 1, 8, 8)), clip])


def test_clips_and_images_are_not_mistaken_for_each_other():
    known = as_dataset(np.zeros((6, 2, 1, 8, 8))).fields
    with pytest.raises(DataError, match=r"learnt from the kind clip.*of the kind image"):
        as_dataset(np.zeros((6, 1, 8, 8)), fields=known)
    pictures = as_dataset(np.zeros((6, 1, 8, 8))).fields
    with pytest.raises(DataError, match=r"learnt from the kind image.*of the kind clip"):
        as_dataset(np.zeros((6, 2, 1, 8, 8)), fields=pictures)
