"""`inspect`, `recommend`, `race` and `predict` on a folder of clips."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from tests.cli.conftest import Command


@pytest.fixture
def gestures(tmp_path: Path) -> Path:
    """A bar that goes down, or the same frames backwards."""
    chance = np.random.default_rng(0)
    for number in range(48):
        folder = tmp_path / "gestures" / ("up", "down")[number % 2] / f"clip{number}"
        folder.mkdir(parents=True)
        frames = chance.integers(0, 60, (5, 12, 12)).astype(np.uint8)
        for time, frame in enumerate(frames):
            frame[2 * time : 2 * time + 3] = 230
        for time, frame in enumerate(frames if number % 2 else frames[::-1]):
            Image.fromarray(frame).save(folder / f"frame{time}.png")
    return tmp_path / "gestures"


def test_inspect_and_recommend(command: Command, gestures: Path) -> None:
    document = command("inspect", gestures, "--json").document
    assert {field["name"]: field["kind"] for field in document["fields"]}["clip"] == "clip"
    told = command("inspect", gestures).out
    assert "order matters, and a bag of frames cannot see it" in " ".join(told.split())
    document = command("recommend", gestures, "--no-probe", "--json").document
    listed = {one["name"]: one["ruled_out"] for one in document["recommendations"]}
    fitting = {"cnn-rnn", "conv-lstm", "bag-of-frames", "c3d", "mlp", "logistic-regression"}
    assert all(not listed[name] for name in fitting)
    ranked = [one["name"] for one in document["recommendations"]]
    assert ranked.index("cnn-rnn") < ranked.index("bag-of-frames")
    (bag,) = (one for one in document["recommendations"] if one["name"] == "bag-of-frames")
    assert "It cannot see order, and order matters" in " ".join(bag["doubts"])
    assert listed["lenet"] == "It takes pictures; these data are clips."


@pytest.mark.slow
def test_race_and_predict(
    command: Command, gestures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = "cnn-rnn,bag-of-frames"
    answer = command("race", gestures, "--budget", "40s", "--algorithms", names, "-o", "run",
                     "--json")  # fmt: skip
    assert answer.status == 0, answer.err
    scores = {row["name"]: row["score"] for row in answer.document["leaderboard"]}
    assert scores["cnn-rnn"] > scores["bag-of-frames"]
    page = (tmp_path / "run" / "report.html").read_text()
    assert "cnn-rnn" in page or "CNN-RNN" in page
    single = command("predict", "run", gestures / "up" / "clip0", "--json").document
    assert single["predictions"] == ["up"] or single["predictions"][0]["prediction"] == "up"
