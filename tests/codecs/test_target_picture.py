"""Pictures to predict: sizes and ranges of their own, and the way back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from fieldguide.codecs import TargetPicture, from_config
from fieldguide.data import ImageFiles


def test_bytes_go_there_and_back() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (5, 3, 6, 7)).astype(np.uint8)
    codec = TargetPicture.fit(pictures)
    assert codec.shape == (3, 6, 7) and (codec.low, codec.high) == (0.0, 255.0)
    inward = codec.inward(torch.from_numpy(codec.encode(pictures)))
    assert inward.min() >= -1 and inward.max() <= 1
    assert codec.inward(torch.tensor([0, 255]).view(2, 1, 1, 1)).flatten().tolist() == [-1, 1]
    back = codec.decode(inward.numpy())
    assert back.dtype == np.uint8 and np.array_equal(back, pictures)
    assert from_config(json.loads(json.dumps(codec.config()))) == codec


def test_other_numbers_keep_their_range() -> None:
    heights = np.random.default_rng(0).normal(size=(4, 1, 5, 5))
    codec = TargetPicture.fit(heights)
    assert codec.stored == "float32" and codec.low == heights.min()
    back = codec.decode(codec.inward(torch.from_numpy(codec.encode(heights))).numpy())
    assert back.dtype == np.float32 and np.allclose(back, heights, atol=1e-5)
    clipped = codec.decode(np.full((1, 25), 7.0))
    assert np.allclose(clipped, codec.high, atol=1e-5)


def test_constant_numbers_have_a_range_still() -> None:
    codec = TargetPicture.fit(np.full((3, 1, 5, 5), 2.5))
    assert codec.high > codec.low
    assert codec.inward(torch.full((1, 1, 5, 5), 2.5)).isfinite().all()


def test_files_are_brought_to_the_commonest_size_and_most_channels(tmp_path: Path) -> None:
    for number, (size, mode) in enumerate([((8, 6), "L"), ((8, 6), "RGB"), ((16, 12), "RGB")]):
        Image.new(mode, size).save(tmp_path / f"{number}.png")
    column = ImageFiles([str(tmp_path / f"{number}.png") for number in range(3)])
    codec = TargetPicture.fit(column)
    assert codec.shape == (3, 6, 8) and codec.encode(column).shape == (3, 3, 6, 8)
