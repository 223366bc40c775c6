"""Columns of sequences, and batches of them that are as long as their longest."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fieldguide.data import Bundle, Sequences, SeriesColumn
from fieldguide.data.arrays import as_dataset
from fieldguide.errors import DataError

CHANCE = np.random.default_rng(0)
RAGGED = [CHANCE.normal(size=(length, 2)) for length in (3, 1, 5, 2)]


def test_each_sequence_keeps_its_length():
    column = SeriesColumn.of(RAGGED, ("height", "weight"))
    assert len(column) == 4 and column.shape == (0, 2) and column.lengths.tolist() == [3, 1, 5, 2]
    assert all(np.array_equal(column[place], one) for place, one in enumerate(RAGGED))
    assert SeriesColumn.of([[1.0, 2.0], [3.0, 4.0]]).shape == (2, 1)


def test_taken_are_those_asked_for_in_that_order():
    taken = SeriesColumn.of(RAGGED).take(np.array([2, 0, 2]))
    assert [one.tolist() for one in (taken[0], taken[1], taken[2])] == [
        RAGGED[place].tolist() for place in (2, 0, 2)
    ]
    assert len(SeriesColumn.of(RAGGED).take(np.array([], dtype=int))) == 0


def test_flat_rows_are_cut_or_filled_with_nothing():
    column = SeriesColumn.of(RAGGED)
    rows = column.flat(6)
    assert rows.shape == (4, 6)
    assert np.array_equal(rows[0], RAGGED[0].ravel())
    assert np.array_equal(rows[2], RAGGED[2][:3].ravel())
    assert np.array_equal(rows[1, :2], RAGGED[1].ravel()) and np.isnan(rows[1, 2:]).all()
    assert column.flat().shape == (4, 10)


def test_it_can_be_taken_apart_and_put_together():
    column = SeriesColumn.of(RAGGED, ("height", "weight"))
    again = Bundle.known["series"].restored(*column.stored())
    assert isinstance(again, SeriesColumn) and again.channels == ("height", "weight")
    assert np.array_equal(again.values, column.values)
    assert np.array_equal(again.offsets, column.offsets)


def test_copies_have_one_digest_and_emptiness_is_seen():
    column = SeriesColumn.of([RAGGED[0], RAGGED[1], RAGGED[0], np.full((2, 2), np.nan)])
    assert column.digest(0) == column.digest(2) != column.digest(1)
    assert column.missing().tolist() == [False, False, False, True]


def test_odd_sequences_are_named():
    with pytest.raises(DataError, match=r"row 2.*shape \(3, 3\).*2 channel"):
        SeriesColumn.of([RAGGED[0], np.zeros((3, 3))])
    with pytest.raises(DataError, match="at least one step"):
        SeriesColumn.of([np.zeros((0, 2))])


def test_a_batch_is_as_long_as_its_longest():
    column = SeriesColumn.of(RAGGED)
    examples = Sequences(torch.from_numpy(column.values), offsets=torch.from_numpy(column.offsets))
    batch = examples.batch(torch.tensor([3, 0]))
    assert batch.x["lengths"].tolist() == [2, 3]
    assert batch.x["steps"].shape == (2, 3, 2)
    assert torch.equal(batch.x["steps"][1], torch.from_numpy(RAGGED[0]))
    assert (batch.x["steps"][0, 2] == 0).all()
    assert len(examples) == 4 and examples.numbers == 10
    assert examples.span(2, 9).x["steps"].shape == (2, 5, 2)


def test_the_digest_tells_cuts_apart():
    values = torch.arange(6.0).view(6, 1)
    one = Sequences(values, offsets=torch.tensor([0, 2, 6]))
    other = Sequences(values, offsets=torch.tensor([0, 3, 6]))
    assert one.digest() != other.digest()
    assert one.digest() == Sequences(values, offsets=torch.tensor([0, 2, 6])).digest()


def test_arrays_are_sequences_for_those_that_want_them():
    block = CHANCE.normal(size=(6, 5, 2))
    y = [0, 1, 0, 1, 0, 1]
    assert as_dataset(block, y, forms=("series",)).fields["x"].kind == "series"
    assert as_dataset(block, y, forms=("image",)).fields["x"].kind == "image"
    ragged = as_dataset(RAGGED, ["a", "b", "a", "b"], forms=("series",))
    assert ragged.fields["x"].shape == (0, 2) and ragged.target == "y"
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        as_dataset(RAGGED, [1, 2], forms=("series",))
    with pytest.raises(ValueError, match="NaN"):
        as_dataset(RAGGED, [1.0, 2.0, np.nan, 1.0], forms=("series",))
