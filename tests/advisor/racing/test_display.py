from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from rich.console import Console

from fieldguide.advisor import words
from fieldguide.advisor.racing.clock import Clock
from fieldguide.advisor.racing.display import Display, leaderboard_table, left_out
from fieldguide.advisor.racing.leaderboard import Row
from fieldguide.advisor.racing.outcome import Race
from fieldguide.advisor.scoring import Interval

FACTS = {"source": "[data].csv", "kind": "classification", "target": "y", "train": 1200,
         "held_out": 300, "score_name": "accuracy"}  # fmt: skip


def rows() -> list[Row]:
    interval = Interval(0.9, 0.95)
    return [
        Row("gradient-boosting", "finished", rank=1, tied=True, winner=True, score=0.93,
            interval=interval, seconds=3.2),
        Row("resnet", "out of time", rank=1, tied=True, score=0.93, interval=interval, seconds=71),
        Row("vgg", "failed", "its process was killed by SIGSEGV. It was not nice."),
    ]  # fmt: skip


@pytest.mark.parametrize("width", [80, 120])
def test_table_fits_a_terminal(width: int) -> None:
    race = Race(Path("run"), "classification", "y", "accuracy", 90, 80, rows())
    console = Console(file=io.StringIO(), width=width)
    console.print(leaderboard_table(race))
    lines = console.file.getvalue().rstrip().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 4 and max(map(len, lines)) <= width
    assert "gradient-boosting" in lines[1] and "93.0 %" in lines[1] and "wins" in lines[1]
    assert (
        lines[1].startswith("1=") and "1 min 11 s" in lines[2] and "tied, out of time" in lines[2]
    )
    assert lines[3].split() == ["vgg", "–", "–", "failed"]


def test_who_could_not_race_is_counted_and_not_listed() -> None:
    elsewhere = [Row(name, "not raced", "It does forecasting.", unfit=True) for name in ("a", "b")]
    race = Race(Path("run"), "classification", "y", "accuracy", 90, 80, [*rows(), *elsewhere])
    console = Console(file=io.StringIO(), width=100)
    console.print(leaderboard_table(race))
    assert len(console.file.getvalue().rstrip().splitlines()) == 4  # type: ignore[attr-defined]
    assert left_out(race.leaderboard).startswith("2 other algorithms are not for these data")
    assert left_out(elsewhere[:1]).startswith("1 other algorithm is")
    assert left_out(rows()) == ""


def test_lines_without_a_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    clock = Clock(90, time.monotonic())
    display = Display(clock, FACTS, shown=True)
    with display:
        display.begin("resnet", 12.0)
        display.draw()
        for row in rows():
            display.show(row)
    said = capsys.readouterr()
    assert not said.out
    assert "[data].csv" in said.err and "resnet … up to 12 s" in said.err
    assert "93.0 %" in said.err and "Its process was killed by SIGSEGV." in said.err


def test_silence(capsys: pytest.CaptureFixture[str]) -> None:
    with Display(Clock(90, time.monotonic()), FACTS, shown=False) as display:
        display.begin("resnet", 12.0)
        display.show(rows()[0])
    assert capsys.readouterr() == ("", "")


def test_epochs_are_found_among_garbage(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes(
        b"\xff\xfe\x1b[2J garbage\nfit 3/30  loss 0.41  accuracy 0.87  0:12 left\n\x00\x1b[31m\n"
    )
    display = Display(Clock(90, time.monotonic()), FACTS, shown=False)
    display.begin("resnet", 12.0, log)
    assert display._epoch() == "fit 3/30  loss 0.41  accuracy 0.87  0:12 left"


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "–"), (0.0, "0 s"), (0.012, "12 ms"), (0.44, "0.4 s"), (38.2, "38 s"),
     (60, "1 min"), (250, "4 min 10 s"), (7500, "2 h 5 min")],
)  # fmt: skip
def test_seconds(value: float | None, said: str) -> None:
    assert words.seconds(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(12, "12 B"), (3_200, "3.2 kB"), (346_000, "346 kB"), (39.1e6, "39.1 MB")]
)
def test_size(value: float, said: str) -> None:
    assert words.size(int(value)) == said


def test_lists_and_sentences() -> None:
    assert words.listed(["a"]) == "a" and words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.sentence("it broke") == "It broke."
    assert words.first_sentence("one thing. another thing") == "One thing."
