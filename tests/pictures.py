"""Pictures that a convolutional network learns to tell apart in seconds, and such on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def bars(count: int, side: int, *, seed: int, channels: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a bar across or upright at a random place: bytes ``(n, C, side, side)``, names."""
    random = np.random.default_rng(seed)
    pictures = random.integers(0, 90, (count, channels, side, side)).astype(np.uint8)
    across = np.arange(count) % 2 == 0
    thick = max(1, side // 8)
    for picture, lies in zip(pictures, across, strict=True):
        start = random.integers(0, side - thick + 1)
        (picture if lies else picture.transpose(0, 2, 1))[:, start : start + thick] = 220
    return pictures, np.where(across, "across", "upright")


def write(path: Path, pixels: np.ndarray) -> Path:
    """Write a picture, (height, width) or (height, width, 3), and the folders around it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path
