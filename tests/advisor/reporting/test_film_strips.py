"""Clips that were mistaken are shown as film strips."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from fieldguide.advisor.reporting import mistakes
from tests import toys


def test_frames_stand_side_by_side_in_their_order():
    frames = np.zeros((3, 1, 10, 20), dtype=np.uint8)
    frames += np.array([50, 100, 200], dtype=np.uint8)[:, None, None, None]
    strip = np.asarray(mistakes.film_strip(frames))
    assert strip.shape == (14, 3 * 22 + 2, 3)
    assert [int(strip[7, 2 + 22 * place + 9, 0]) for place in range(3)] == [50, 100, 200]
    assert not strip[0].any() and not strip[:, 22].any()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_channels_and_numbers_can_be_shown(channels):
    frames = np.random.default_rng(0).normal(size=(2, channels, 200, 100))
    assert mistakes.film_strip(frames).size == (2 * 42 + 2, 84)
    assert mistakes.film_strip(np.zeros_like(frames)).size == (2 * 42 + 2, 84)


def test_the_worst_mistakes_of_clips_are_strips():
    held = toys.clips("classification", 12)
    truth = mistakes.values(held)
    wrong = np.where(truth == "high", "low", "high")
    parts = np.zeros((12, 2))
    stored = {"parts": parts, "prediction": wrong, "confidence": np.linspace(0.5, 1, 12)}
    found = mistakes.worst(held, stored)
    assert len(found) == 12 and found[0]["confidence"] == 1.0 and not found[0]["values"]
    content = base64.b64decode(found[0]["picture"].partition(",")[2])
    with Image.open(io.BytesIO(content)) as shown:
        frames = len(held.columns["clip"][11])
        assert shown.size == ((12 + 2) * frames + 2, 12 + 4)
