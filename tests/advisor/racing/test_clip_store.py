"""Clips in the store of a race: as they are, or once at the size that training uses."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from PIL import Image

from fieldguide.advisor.racing import data_store
from fieldguide.codecs import Frames
from fieldguide.data import ClipColumn, Dataset


@pytest.fixture
def column(tmp_path):
    """Clips of two sizes, as files and in memory."""
    chance = np.random.default_rng(0)
    files, clips = [], []
    for number, (length, side) in enumerate([(3, 12), (5, 12), (2, 16), (4, 12)]):
        clips.append(chance.integers(0, 255, (length, 3, side, side), dtype=np.uint8))
        files.append([str(tmp_path / f"{number}-{place}.png") for place in range(length)])
        for name, frame in zip(files[-1], clips[-1], strict=True):
            Image.fromarray(frame.transpose(1, 2, 0)).save(name)
    return files, ClipColumn.of(clips)


def store(column, folder):
    data = Dataset.from_columns({"clip": column, "y": pl.Series("y", ["a", "b"] * 2)}, target="y")
    data_store.write(folder, data, np.arange(3), np.array([3]))
    found, _, _ = data_store.read(folder)
    assert data_store.fingerprint(data) == data_store.fingerprint(data.take(np.arange(4)))
    return found.columns["clip"]


def test_clips_in_memory_are_kept(column, tmp_path):
    _, held = column
    found = store(held, tmp_path / "data")
    assert isinstance(found, ClipColumn) and found.lengths.tolist() == [3, 5, 2, 4]
    assert all(np.array_equal(found[place], held[place]) for place in range(4))


def test_files_are_decoded_once(column, tmp_path):
    files, held = column
    found = store(ClipColumn(files, sizes=held.sizes), tmp_path / "data")
    codec = Frames.fit(held.take(np.arange(3)))
    assert found.in_memory and found.shape == (0, 3, 12, 12)
    for place in range(4):
        assert np.array_equal(found[place], codec.fit_one(held[place]))


def test_too_many_files_stay_files(column, tmp_path, monkeypatch):
    files, held = column
    monkeypatch.setattr(data_store, "PICTURES_BYTES", 100)
    found = store(ClipColumn(files, sizes=held.sizes), tmp_path / "data")
    assert not found.in_memory
    assert all(np.array_equal(found[place], held[place]) for place in range(4))
