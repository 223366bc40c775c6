"""What each decoder of videos hands over is brought to (height, width, 3) in red, green, blue."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from fieldguide.data import video
from fieldguide.errors import DataError

FRAMES = np.random.default_rng(0).integers(0, 255, (3, 4, 6, 3)).astype(np.uint8)


class Capture:
    """OpenCV's reader: blue first, and whether there was a frame."""

    open = 0

    def __init__(self, path):
        self.left = list(FRAMES)
        Capture.open += 1

    def read(self):
        return (True, self.left.pop(0)[..., ::-1]) if self.left else (False, None)

    def release(self):
        Capture.open -= 1


def read_frames(path):
    """imageio-ffmpeg's reader: facts first, then bytes."""
    yield {"size": (6, 4)}
    for frame in FRAMES:
        yield frame.tobytes()


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("cv2", SimpleNamespace(VideoCapture=Capture)),
        ("imageio_ffmpeg", SimpleNamespace(read_frames=read_frames)),
    ],
)
def test_decoders_agree(monkeypatch, name, module):
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(video, "decoder", lambda: name)
    assert np.array_equal(np.stack(list(video.frames("some.mp4"))), FRAMES)
    assert Capture.open == 0


def test_without_a_decoder_the_file_is_named(monkeypatch):
    monkeypatch.setattr(video.importlib.util, "find_spec", lambda name: None)
    assert video.decoder() == ""
    with pytest.raises(DataError, match=r"wave.mp4.*pip install 'fieldguide\[video\]'"):
        video.frames("wave.mp4")


@pytest.mark.parametrize(("name", "known"), [("a/b.MP4", True), ("c.webm", True), ("d.gif", False)])
def test_videos_are_known_by_their_suffix(name, known):
    assert video.is_video(name) == known
