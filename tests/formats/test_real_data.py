"""Real data sets, as they are found in the wild; skipped where ``FIELDGUIDE_DATA`` is not set."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import fieldguide as fg
from fieldguide.data import Dataset
from fieldguide.errors import DataError

ROOT = os.environ.get("FIELDGUIDE_DATA")


def find(name: str) -> Path:
    """Return where a data set lies, or skip."""
    path = Path(ROOT or "", name)
    if ROOT is None or not path.exists():
        pytest.skip(f"FIELDGUIDE_DATA holds no {name}")
    return path


def column(data: Dataset, name: str) -> pl.Series:
    held = data.columns[name]
    assert isinstance(held, pl.Series)
    return held


def test_adult() -> None:
    data = fg.read(find("adult"))
    train, test = data.split()
    assert (len(train), len(test), data.target) == (32_561, 16_281, "income")
    kinds = Counter(known.kind for known in data.inputs.values())
    assert kinds == {"number": 6, "category": 8}
    assert Counter(column(test, "income")) == {"<=50K": 12_435, ">50K": 3_846}
    missing = {name: known.missing for name, known in data.fields.items() if known.missing}
    assert missing == {"workclass": 2799, "occupation": 2809, "native-country": 857}
    assert data.where(0).endswith("adult-train.csv.gz, row 2")
    # 24 duplicates within the training file, as the literature counts them
    one = fg.read(find("adult") / "adult-train.csv.gz")
    assert one.ledger.counts()["noted: the same as an earlier row (kept)"] == 24


def test_california_housing() -> None:
    data = fg.read(find("california-housing"), target="median_house_value")
    assert len(data) == 20_640 and data.ledger.excluded == 0
    assert data.fields["total_bedrooms"].missing == 207
    assert data.fields["ocean_proximity"].kind == "category"
    assert data.fields["ocean_proximity"].distinct == 5
    assert data.fields["median_house_value"].facts["largest"] == 500_001
    streamed = fg.read(find("california-housing") / "housing.csv", stream=True)
    assert streamed.fields["total_bedrooms"].missing == 207


@pytest.mark.parametrize(("colour", "count", "copies"), [("red", 1599, 240), ("white", 4898, 937)])
def test_wine_quality(colour: str, count: int, copies: int) -> None:
    data = fg.read(find("wine-quality") / f"winequality-{colour}.csv")
    assert len(data) == count and data.target == "quality" and len(data.inputs) == 11
    assert data.ledger.counts()["noted: the same as an earlier row (kept)"] == copies
    with pytest.raises(DataError, match=r"winequality-red.csv, winequality-white.csv"):
        fg.read(find("wine-quality"))


def test_mammography_has_no_header() -> None:
    data = fg.read(find("mammography"))
    assert len(data) == 11_183 and data.target == "column_7"
    assert Counter(column(data, "column_7")) == {-1: 10_923, 1: 260}
    assert "no header" in data.fields["column_1"].reason


def test_exchange_rate_has_no_header() -> None:
    data = fg.read(find("exchange-rate"))
    assert len(data) == 7_588 and len(data.fields) == 8 and data.origins[0] == 1


def test_fashion_mnist() -> None:
    data = fg.read(find("fashion-mnist"))
    train, test = data.split()
    assert (len(train), len(test)) == (60_000, 10_000)
    images = train.columns["image"]
    assert isinstance(images, np.ndarray) and images.shape[1:] == (1, 28, 28)
    assert round(float(images.mean() / 255), 4) == 0.286  # as torchvision's users normalise it
    assert set(Counter(column(train, "label")).values()) == {6000}


def test_cifar10_subset() -> None:
    data = fg.read(find("cifar10-jpeg") / "cifar10_subset.zip")
    train, test = data.split()
    assert (len(train), len(test)) == (10_000, 2_000)
    assert data.fields["image"].shape == (3, 32, 32) and data.fields["class"].distinct == 10
    assert str(test.origins[0]).startswith("test/airplane/")


def test_text_with_categories_described_beside_it() -> None:
    data = fg.read(find("banking77"))
    assert (data.target, data.fields["text"].kind) == ("category", "text")
    assert data.fields["category"].distinct == 77
