"""Codecs: fitted once, reversible, through JSON, equal to scikit-learn's where it has one."""

from __future__ import annotations

import datetime
import json
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import LabelEncoder, StandardScaler

import fieldguide as fg
from fieldguide.codecs import (
    Array,
    Boolean,
    Category,
    Codec,
    DateTime,
    Labels,
    Number,
    Picture,
    Quantity,
    Words,
    from_config,
)
from fieldguide.errors import ModelFolderError

CHANCE = np.random.default_rng(0)
NUMBERS = pl.Series([3.0, None, -1.0, 10.0, float("nan")])
COLUMNS: list[tuple[type[Codec], Any]] = [
    (Number, NUMBERS),
    (Number, pl.Series([1, 2, 5])),
    (Quantity, pl.Series([1.5, 2.0, 9.0])),
    (Quantity, CHANCE.normal(size=(6, 3))),
    (Array, CHANCE.normal(5, 3, size=(6, 4))),
    (Boolean, pl.Series([True, None, False])),
    (Category, pl.Series(["b", "a", "b", None])),
    (DateTime, pl.Series([datetime.datetime(2024, 2, 29, 13, 5, 7), None])),
    (Labels, pl.Series(["no", "yes", "no"])),
    (Labels, pl.Series([3, -7, 2**62])),
    (Labels, pl.Series([True, False])),
    (Labels, pl.Series(["b", "a"], dtype=pl.Categorical)),
    (Words, pl.Series(["one fish two fish", "red fish", None])),
    (Picture, CHANCE.integers(0, 256, size=(5, 3, 4, 6)).astype(np.uint8)),
]
IDS = [f"{codec.name}{n}" for n, (codec, _) in enumerate(COLUMNS)]


@pytest.mark.parametrize(("kind", "column"), COLUMNS, ids=IDS)
def test_through_json_it_is_the_same_codec(kind: type[Codec], column: Any) -> None:
    codec = kind.fit(column)
    back = from_config(json.loads(json.dumps(codec.config())))
    assert back == codec and type(back) is kind
    assert np.array_equal(back.encode(column), codec.encode(column))


@pytest.mark.parametrize(("kind", "column"), COLUMNS, ids=IDS)
def test_encoding_is_finite_and_as_wide_as_it_says(kind: type[Codec], column: Any) -> None:
    codec = kind.fit(column)
    encoded = codec.encode(column)
    assert len(encoded) == len(column) and np.isfinite(encoded).all()
    if codec.codes:
        assert encoded.dtype == np.int64 and encoded.ndim == 1
        assert encoded.min() >= 0 and encoded.max() < codec.width
    else:
        assert encoded[0].size == codec.width


@pytest.mark.parametrize(("kind", "column"), COLUMNS, ids=IDS)
def test_no_codec_learns_after_fitting(kind: type[Codec], column: Any) -> None:
    codec = kind.fit(column)
    with pytest.raises(AttributeError):
        codec.anything = 3


def test_numbers_are_scikit_learns() -> None:
    values = CHANCE.normal(50, 9, size=(40, 1))
    scaler = StandardScaler().fit(values)
    codec = Number.fit(pl.Series(values[:, 0]))
    assert np.allclose(codec.encode(pl.Series(values[:, 0])), scaler.transform(values), atol=1e-6)
    target = Quantity.fit(values)
    assert np.allclose(target.encode(values), scaler.transform(values), atol=1e-6)
    assert np.allclose(target.decode(target.encode(values)), values[:, 0], atol=1e-4)
    block = CHANCE.normal(-3, 9, size=(40, 5))
    array = Array.fit(block)
    assert np.allclose(array.encode(block), StandardScaler().fit_transform(block), atol=1e-5)
    assert np.allclose(array.decode(array.encode(block)), block, atol=1e-4)


def test_gaps_do_not_come_back() -> None:
    """Decoded are values, also where the example had none: of numbers and of categories."""
    column = pl.Series([1.0, None, 3.0, 8.0])
    codec = Number.fit(column)
    assert codec.flagged
    assert codec.decode(codec.encode(column)).tolist() == pytest.approx([1.0, 3.0, 3.0, 8.0])
    words = pl.Series(["a", None, "b", "a"] * 30)
    frame = pl.DataFrame({"number": column.to_list() * 30, "word": words})
    model = fg.GaussianMixture(clouds=2, task="generation").fit(frame)
    assert model.sample(60).null_count().sum_horizontal()[0] == 0
    model = fg.Autoencoder(epochs=2, validation=0).fit(frame)
    assert model.reconstruct(frame).null_count().sum_horizontal()[0] == 0


def test_missing_numbers_are_the_median_and_flagged() -> None:
    codec = Number.fit(NUMBERS)
    assert codec.flagged and codec.median == 3.0
    encoded = codec.encode(NUMBERS)
    assert encoded[:, 1].tolist() == [0, 1, 0, 0, 1]
    assert encoded[1, 0] == encoded[0, 0]
    assert codec.decode(encoded)[3] == pytest.approx(10.0, abs=1e-5)
    quiet = Number.fit(pl.Series([1.0, 3.0]))
    assert quiet.width == 1 and quiet.encode(pl.Series([None], dtype=pl.Float64)).item() == 0


@pytest.mark.parametrize("values", [[5.0] * 4, [1e300, -1e300, 0.0], [2**63 - 1, -(2**63), 0]])
def test_extreme_and_constant_numbers_stay_finite(values: list[float]) -> None:
    column = pl.Series(values)
    for codec in (Number.fit(column), Quantity.fit(column)):
        encoded = codec.encode(column)
        assert np.isfinite(encoded).all()
        assert np.allclose(codec.decode(encoded) / 1e18, np.array(values, float) / 1e18, rtol=1e-5)
    unknown = Number.fit(pl.Series([None, None], dtype=pl.Float64))
    assert unknown.encode(column).shape == (len(values), 1)


def test_labels_are_scikit_learns() -> None:
    for values in (["b", "a", "c", "a"], [10, -3, 7, 7], [0.5, 0.25, 0.5]):
        codec, encoder = Labels.fit(pl.Series(values)), LabelEncoder().fit(values)
        assert codec.encode(pl.Series(values)).tolist() == encoder.transform(values).tolist()
        assert codec.decode(codec.encode(pl.Series(values))).tolist() == values


def test_a_class_never_seen_is_minus_one() -> None:
    words = Labels.fit(pl.Series(["a", "c"]))
    assert words.encode(pl.Series(["b", "a", "z"])).tolist() == [-1, 0, -1]
    assert Labels.fit(pl.Series([1, 5])).encode(pl.Series([0, 3, 5, 9])).tolist() == [-1, -1, 1, -1]


def test_labels_of_other_number_types_still_match() -> None:
    codec = Labels.fit(pl.Series([0, 2, 2**62, 2**62 + 1]))
    assert codec.encode(pl.Series([0.0, 2.0, 0.5])).tolist() == [0, 1, -1]
    large = pl.Series([2**62, 2**62 + 1, 2**63 + 5], dtype=pl.UInt64)
    assert codec.encode(large).tolist() == [2, 3, -1]
    assert codec.encode(np.array([2, 0], dtype=np.int8)).tolist() == [1, 0]
    flags = Labels.fit(pl.Series([False, True]))
    assert flags.encode(pl.Series([1, 0])).tolist() == [1, 0]


def test_labels_keep_the_users_type() -> None:
    for values, kind in ((["a", "b"], str), ([1, 2], np.int64), ([True, False], np.bool_)):
        codec = Labels.fit(pl.Series(values))
        assert isinstance(codec.decode(np.array([0]))[0], kind)
    small = Labels.fit(np.array([3, 1], dtype=np.uint8))
    assert small.decode(np.array([0, 1])).dtype == np.uint8


def test_categories_are_ordered_by_how_common_they_are() -> None:
    codec = Category.fit(pl.Series(["b", "a", "c", "c", None, "a"]))
    assert codec.words == ("a", "c", "b")
    assert codec.encode(pl.Series(["c", "new", None, "b"])).tolist() == [2, 0, 0, 3]
    assert codec.decode(np.array([0, 1])).tolist() == [None, "a"]


def test_words_are_scikit_learns_tf_idf() -> None:
    texts = ["The cat sat on the mat", "a dog; the CAT!", "mat mat mat", ""]
    theirs = TfidfVectorizer(token_pattern=r"(?u)[^\W_]{2,}").fit(texts)
    ours = Words.fit(pl.Series(texts))
    order = [theirs.vocabulary_[word] for word in ours.words]
    assert np.allclose(ours.encode(pl.Series(texts)), theirs.transform(texts).toarray()[:, order])


def test_dates_come_back_and_cycles_close() -> None:
    days = pl.Series([datetime.datetime(2024, 1, 1, 0, 0), datetime.datetime(2024, 1, 1, 23, 59)])
    codec = DateTime.fit(days)
    encoded = codec.encode(days)
    assert np.abs(encoded[0, 1:3] - encoded[1, 1:3]).max() < 0.01
    assert codec.decode(encoded).astype("datetime64[m]").tolist() == days.to_list()
    assert codec.encode(pl.Series([None], dtype=pl.Datetime)).tolist() == [[0.0] * 7]


def test_truth_values() -> None:
    codec, column = Boolean.fit(pl.Series([True])), pl.Series([True, False, None])
    assert codec.encode(column)[:, 0].tolist() == [1, -1, 0]
    assert codec.decode(codec.encode(column)).tolist() == [True, False, None]


def test_pictures_are_normalised_channel_by_channel() -> None:
    pictures = CHANCE.integers(0, 256, size=(50, 3, 8, 8)).astype(np.uint8)
    codec = Picture.fit(pictures)
    stored = codec.encode(pictures)
    assert stored.dtype == np.uint8 and codec.shape == (3, 8, 8)
    x = codec.normalise(torch.from_numpy(stored))
    assert torch.allclose(x.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-5)
    assert torch.allclose(x.std(dim=(0, 2, 3), correction=0), torch.ones(3), atol=1e-4)
    blank = Picture.fit(np.zeros((4, 1, 5, 5), dtype=np.uint8))
    assert torch.isfinite(blank.normalise(torch.zeros(1, 1, 5, 5))).all()


def test_pictures_of_another_size_or_colour_are_brought_to_the_common_one() -> None:
    codec = Picture.fit(np.full((4, 3, 6, 8), 9, dtype=np.uint8))
    assert codec.encode(np.full((2, 3, 12, 16), 7, dtype=np.uint8)).shape == (2, 3, 6, 8)
    grey = np.full((2, 1, 6, 8), 7, dtype=np.uint8)
    assert np.array_equal(codec.encode(grey), np.full((2, 3, 6, 8), 7))


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {},
        {"codec": "pickle"},
        {"codec": ["number"]},
        {"codec": "number", "mean": 1.0},
        {"codec": "number", "mean": "1", "deviation": 1.0, "median": 0.0, "flagged": False},
        {"codec": "number", "mean": True, "deviation": 1.0, "median": 0.0, "flagged": False},
        {"codec": "number", "mean": 1.0, "deviation": 1.0, "median": 0.0, "flagged": 0},
        {"codec": "category", "words": "abc"},
        {"codec": "category", "words": ["a", 3]},
        {"codec": "boolean", "extra": 1},
    ],
)
def test_what_is_no_codec_is_refused(stored: Any) -> None:
    with pytest.raises(ModelFolderError, match=r"again|[Ii]nstall"):
        from_config(stored)
