"""Image detail: waves of known length, edges of known number."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from PIL import Image

from fieldguide.advisor.profiling.measures.detail import edge_share, find, spectrum
from fieldguide.data import Dataset, ImageFiles
from tests.advisor.profiling.material import material


def wave(length, side=64):
    """Brightness that rises and falls every `length` pixels, from left to right."""
    return np.tile(100 + 50 * np.sin(2 * np.pi * np.arange(side) / length), (side, 1))


@pytest.mark.parametrize("length", [2.5, 8, 16])
def test_a_wave_has_its_power_at_its_own_frequency(length):
    frequency, power = spectrum(wave(length))
    assert frequency[power.argmax()] == pytest.approx(1 / length, abs=1 / 64)
    near = np.abs(frequency - 1 / length) < 3 / 64
    assert power[near].sum() / power.sum() > 0.95


def test_the_power_of_white_noise_is_spread_evenly():
    frequency, power = spectrum(np.random.default_rng(0).normal(size=(128, 128)))
    # The square of frequencies below 0.25 holds a quarter of them.
    assert power[frequency > 0.25].sum() / power.sum() == pytest.approx(0.75, abs=0.03)


def test_edges_are_where_the_step_is():
    step = np.zeros((34, 34))
    step[:, 17:] = 200
    assert edge_share(step) == pytest.approx(2 / 32)
    assert edge_share(np.full((20, 20), 7.0)) == 0


def files_of(folder, arrays):
    paths = []
    for place, array in enumerate(arrays):
        paths.append(folder / f"{place}.png")
        Image.fromarray(array.astype(np.uint8)).save(paths[-1])
    columns = {"i": ImageFiles(paths), "y": pl.Series(["a", "b"] * (len(arrays) // 2))}
    return Dataset.from_columns(columns, target="y")


def test_enlarged_pictures_are_found_out(tmp_path):
    """Noise of 16 by 16 pixels, enlarged smoothly to 128: an eighth of the size holds it all."""
    chance = np.random.default_rng(0)
    small = [chance.integers(0, 255, (16, 16), dtype=np.uint8) for _ in range(20)]
    large = [np.asarray(Image.fromarray(one).resize((128, 128), Image.BICUBIC)) for one in small]
    found = find(material(files_of(tmp_path, large)))
    assert found.figures["fine_share"] < 0.01
    assert 12 <= found.figures["sufficient_width"] <= 32
    assert "Shrunk to" in found.sentences[1]


def test_fine_noise_must_not_be_shrunk_and_blank_pictures_do_not_fail(tmp_path):
    chance = np.random.default_rng(0)
    noise = [chance.integers(0, 255, (40, 30)) for _ in range(12)]
    found = find(material(files_of(tmp_path, noise)))
    assert found.figures["fine_share"] > 0.6
    assert len(found.sentences) == 1
    blank = {"i": np.zeros((12, 1, 8, 8), np.uint8), "y": pl.Series(["a", "b"] * 6)}
    assert find(material(Dataset.from_columns(blank, target="y"))) is None
