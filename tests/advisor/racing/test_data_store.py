from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from fieldguide import formats
from fieldguide.advisor.racing import data_store
from fieldguide.codecs import Picture
from fieldguide.data import Dataset, ImageFiles


@pytest.fixture
def mixed() -> Dataset:
    generator = np.random.default_rng(0)
    return Dataset.from_columns(
        {
            "number": pl.Series("number", [1.5, None, 3.0, 4.0]),
            "word": pl.Series("word", ["a", "b", None, "ü"]),
            "block": generator.normal(size=(4, 3)),
            "y": pl.Series("y", ["p", "q", "p", "q"]),
        },
        target="y",
        source="mixed.csv",
    )


def test_what_is_written_is_read(tmp_path: Path, mixed: Dataset) -> None:
    mixed.ledger.book("repaired", "missing", [2], file="mixed.csv", field="number")
    mixed.provided = np.array(["train", "train", "test", "test"])
    data_store.write(tmp_path, mixed, np.array([0, 1]), np.array([2, 3]))
    found, train, test = data_store.read(tmp_path)
    assert found.fields == mixed.fields and found.target == "y" and found.source == "mixed.csv"
    assert found.columns["word"].to_list() == ["a", "b", None, "ü"]
    assert found.columns["number"].to_list() == [1.5, None, 3.0, 4.0]
    assert np.array_equal(found.columns["block"], mixed.columns["block"])
    assert train.tolist() == [0, 1] and test.tolist() == [2, 3]
    assert found.ledger.counts() == mixed.ledger.counts()
    assert found.origins.tolist() == [1, 2, 3, 4]
    assert found.provided is not None and found.provided.tolist() == mixed.provided.tolist()
    assert not [file for file in tmp_path.iterdir() if b"pickle" in file.read_bytes()]


def test_pictures_are_decoded_once_to_the_size_that_training_would_use(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    paths = []
    for number, side in enumerate([12, 12, 16, 12]):
        path = tmp_path / f"{number}.png"
        Image.fromarray(generator.integers(0, 255, (side, side, 3), dtype=np.uint8)).save(path)
        paths.append(path)
    files = ImageFiles(paths)
    data = Dataset.from_columns({"image": files, "y": pl.Series("y", ["a", "b"] * 2)}, target="y")
    data_store.write(tmp_path / "data", data, np.arange(3), np.array([3]))
    found, _, _ = data_store.read(tmp_path / "data")
    pixels = found.columns["image"]
    assert isinstance(pixels, np.ndarray) and pixels.shape == (4, 3, 12, 12)
    codec = Picture.fit(files.take(np.arange(3)))
    assert np.array_equal(pixels, codec.encode(files))
    assert found.fields["image"].kind == "image"


def test_a_streamed_table_stays_where_it_is(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    rows = [f"{number},{'yes' if number % 3 else 'no'}" for number in range(300)]
    table.write_text("\n".join(["number,answer", *rows]) + "\n")
    data = formats.read(table, target="answer", stream=True)
    chosen = data.take(np.arange(0, 300, 2))
    data_store.write(tmp_path / "data", chosen, np.arange(100), np.arange(100, 150))
    found, _, test = data_store.read(tmp_path / "data")
    assert type(found) is type(data) and found.target == "answer" and found.fields == data.fields
    held = found.take(test)
    assert held.columns["number"].to_list() == list(range(200, 300, 2))
    assert held.origins.tolist() == chosen.take(np.arange(100, 150)).origins.tolist()
    assert not (tmp_path / "data" / data_store.TABLE).exists()
    assert data_store.fingerprint(found) == data_store.fingerprint(chosen)
    assert data_store.fingerprint(found) != data_store.fingerprint(data)


def test_fingerprint_sees_values_names_and_target(mixed: Dataset) -> None:
    same = data_store.fingerprint(mixed)
    assert same == data_store.fingerprint(mixed.take(np.arange(4)))
    assert same != data_store.fingerprint(mixed.take(np.array([1, 0, 2, 3])))
    assert same != data_store.fingerprint(mixed.with_target("word"))
