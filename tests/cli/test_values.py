from __future__ import annotations

import math

import numpy as np
import pytest
import typer

from fieldguide.cli._answer import plain
from fieldguide.cli._values import duration, share, size, spoken_duration, spoken_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("10m", 600), ("10min", 600), ("1h30m", 5400), ("1h 30m", 5400),
     ("2d", 172_800), ("0.5h", 1800), ("1H", 3600)],
)  # fmt: skip
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "0s", "soon", "10x", "m10", "-5m", "1h-3m", "nan"])
def test_no_durations(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="no duration"):
        duration(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [("2GB", 2_000_000_000), ("512M", 512_000_000), ("1.5GiB", 1_610_612_736), ("100", 100),
     ("7 kB", 7000), ("3B", 3)],
)  # fmt: skip
def test_sizes(text: str, count: int) -> None:
    assert size(text) == count


@pytest.mark.parametrize("text", ["", "0", "GB", "2XB", "-1GB", "much"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="no size"):
        size(text)


def test_shares() -> None:
    assert share("0.2") == 0.2 and share("20%") == 0.2 and share("0") == 0
    for text in ("", "2", "-0.1", "120%", "some", "nan"):
        with pytest.raises(typer.BadParameter, match="no share"):
            share(text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0.4 s"), (12.3, "12 s"), (60, "1 min"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_spoken_durations(seconds: float, words: str) -> None:
    assert spoken_duration(seconds) == words


def test_spoken_sizes() -> None:
    assert [spoken_size(n) for n in (512, 3_400_000, 2e9)] == ["512 B", "3.4 MB", "2 GB"]


def test_plain_is_what_json_can_say() -> None:
    value = {"a": np.float64("nan"), "b": np.arange(2), "c": (np.int64(1), math.inf), 4: None}
    assert plain(value) == {"a": None, "b": [0, 1], "c": [1, None], "4": None}
