"""Grids, walks and films of a generator, read back from their files."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import fieldguide as fg
from fieldguide.advisor.reporting.generated import (
    GAP,
    film,
    grid,
    interpolation,
    sample_grid,
)
from fieldguide.errors import UsageError
from tests import toys


@cache
def model() -> fg.DCGAN:
    return fg.DCGAN(epochs=2, maps=4, latent=5, film=4, validation=0).fit(toys.images("generation"))


def read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_a_grid_holds_every_picture_in_order() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (5, 1, 3, 4), dtype=np.uint8)
    sheet = grid(pictures)
    assert sheet.shape == (1, 2 * 3 + GAP, 3 * 4 + 2 * GAP)
    assert np.array_equal(sheet[0, 3 + GAP :, 4 + GAP : 8 + GAP], pictures[4, 0])
    assert (sheet[0, 3 + GAP :, 8 + 2 * GAP :] == 255).all(), "the last place is empty"
    stretched = grid(np.array([[[[-1.0, 0.0, 1.0]]]]))
    assert stretched[0].tolist() == [[0, 128, 255]]


def test_samples_are_the_models_own(tmp_path: Path) -> None:
    path = sample_grid(model(), tmp_path / "samples.png", count=4, seed=3)
    seen = read(path)
    sheet = grid(model().sample(4, seed=3))
    factor = seen.shape[0] // sheet.shape[1]
    assert factor > 1 and np.array_equal(seen[::factor, ::factor], sheet.transpose(1, 2, 0))


def test_a_walk_goes_from_one_sample_to_another(tmp_path: Path) -> None:
    seen = read(interpolation(model(), tmp_path / "walk.png", walks=2, steps=5))
    factor = seen.shape[1] // (5 * 16 + 4 * GAP)
    small = seen[::factor, ::factor]
    assert small.shape == (2 * 16 + GAP, 5 * 16 + 4 * GAP, 3)
    ends = np.random.default_rng(0).normal(size=(2, 2, 1, 5))
    first, last = (model().decode(ends[i, :1, 0]).transpose(0, 2, 3, 1)[0] for i in (0, 1))
    assert np.array_equal(small[:16, :16], first)
    assert np.array_equal(small[:16, -16:], last)


def test_a_film_has_a_frame_before_training_and_one_after_each_epoch(tmp_path: Path) -> None:
    path = film(model(), tmp_path / "film.gif", milliseconds=100)
    with Image.open(path) as image:
        assert image.n_frames == 3
        assert image.info["duration"] == 100
        image.seek(2)
        assert image.info["duration"] == 1000


def test_what_cannot_be_drawn_is_answered(tmp_path: Path) -> None:
    rows = fg.GAN(epochs=0, validation=0).fit(toys.array("generation"))
    with pytest.raises(UsageError, match=r"no pictures here.*DCGAN"):
        sample_grid(rows, tmp_path / "samples.png")
    silent = fg.DCGAN(epochs=0, maps=4, validation=0).fit(toys.images("generation"))
    with pytest.raises(UsageError, match="film=16"):
        film(silent, tmp_path / "film.gif")
    assert not list(tmp_path.iterdir())
