"""The same data read in several forms."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from fieldguide.codecs import Array, Steps, Words
from fieldguide.data import Dataset, SeriesColumn
from fieldguide.errors import DataError
from fieldguide.tasks import Inputs, forms_of
from tests import toys


def test_own_forms_come_first_and_flat_ones_follow():
    assert forms_of(toys.series("classification")) == ("series", "array")
    assert forms_of(toys.images("classification")) == ("image",)
    assert forms_of(toys.table("classification")) == ("table",)


def test_only_who_asks_gets_sequences_made_of_rows():
    data = toys.array("classification")
    assert forms_of(data) == ("array", "series")
    assert forms_of(data, natural=True) == ("array",)
    assert Inputs.fit(data).form == "array"
    assert Inputs.fit(data, ("series",)).form == "series"


def test_text_is_a_table_of_words():
    data = Dataset.from_columns(
        {
            "review": pl.Series(["good film here", "bad film there", "fine thing that"] * 10),
            "y": pl.Series([1.5, 2.5, 0.5] * 10),
        },
        target="y",
    )
    data.fields["review"] = data.fields["review"].from_dict(
        {**data.fields["review"].to_dict(), "kind": "text"}
    )
    assert forms_of(data, natural=True) == ("table",)
    assert isinstance(Inputs.fit(data).codecs["review"], Words)


def test_the_first_form_that_both_know_counts():
    data = toys.series("classification")
    assert isinstance(Inputs.fit(data).codecs["series"], Steps)
    assert isinstance(Inputs.fit(data, ("image", "array")).codecs["series"], Array)
    assert Inputs.fit(data, ("image",)).form == "series"  # the card's check refuses it by name


def test_sequences_beside_numbers_make_a_table():
    column = SeriesColumn.of([np.arange(4.0), np.arange(3.0)] * 5)
    data = Dataset.from_columns(
        {"s": column, "n": pl.Series(np.arange(10) * 1.5), "y": pl.Series(np.arange(10.0))},
        target="y",
    )
    assert forms_of(data) == ("series", "table")
    examples = Inputs.fit(data, ("table",)).encode(data)
    assert examples.x.shape == (10, 5)


def test_steps_are_standardised_gaps_filled_and_flagged():
    gap = [[1.0, 10.0], [np.nan, 20.0], [3.0, np.nan]]
    first = [[np.nan, 30.0]]
    column = SeriesColumn.of([np.array(gap), np.array(first)])
    codec = Steps.fit(column)
    assert codec.means == (2.0, 20.0) and codec.flagged and codec.shape == (3, 4)
    assert codec.deviations == pytest.approx((1.0, np.sqrt(200 / 3)))
    found = codec.encode(column)
    assert found[:, 0].tolist() == [-1.0, -1.0, 1.0, 0.0]  # carried on; the mean at a beginning
    assert found[2, 1] == found[1, 1] == 0.0
    assert found[:, 2:].tolist() == [[0, 0], [1, 0], [0, 1], [1, 0]]
    assert np.allclose(Steps.fit(column.take(np.array([0]))).encode(column)[:, 0], found[:, 0])


def test_another_number_of_channels_is_refused():
    codec = Steps.fit(SeriesColumn.of([np.ones((3, 2)), np.zeros((2, 2))]))
    with pytest.raises(DataError, match=r"have 1 channel\(s\).*trained on 2"):
        codec.encode(SeriesColumn.of([np.ones(3)]))


def test_equal_lengths_and_different_ones_give_the_same_batches():
    even = SeriesColumn.of([np.arange(4.0), np.arange(4.0) * 2])
    ragged = SeriesColumn.of([np.arange(4.0), np.arange(4.0) * 2, np.arange(2.0)])
    codec = Steps.fit(even)
    one, other = codec.examples(even).span(0, 2), codec.examples(ragged).span(0, 2)
    assert one.x["steps"].equal(other.x["steps"]) and one.x["lengths"].equal(other.x["lengths"])
