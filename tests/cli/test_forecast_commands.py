"""Series on the command line: fit, predict, evaluate, inspect and recommend with a horizon."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import fieldguide as fg

if TYPE_CHECKING:
    from tests.cli.conftest import Command

ASKED = ("--time", "date", "--horizon", 6)


@pytest.fixture(scope="module")
def hours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of hours that repeat every day."""
    path = tmp_path_factory.mktemp("series") / "hours.csv"
    first = np.datetime64("2024-01-01", "s")
    rows = [
        f"{first + np.timedelta64(i, 'h')},{10 + 3 * np.sin(i * 2 * np.pi / 24) + i % 5 / 10:.3f}"
        for i in range(400)
    ]
    path.write_text("\n".join(["date,load", *rows]).replace("T", " ") + "\n")
    return path


@pytest.fixture(scope="module")
def model(hours: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = fg.read(hours, time="date", horizon=6)
    return fg.SeasonalNaive().fit(data).save(tmp_path_factory.mktemp("models") / "hours")


def test_fit_says_what_is_forecast(command: Command, hours: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    answer = command("fit", hours, "-a", "dlinear", *ASKED, "--epochs", 2, "-o", out, "--json")
    assert answer.status == 0, answer.err
    assert "To forecast: 6 steps of 1h of load, looking back on 48, which repeat" in answer.err
    assert {"skill", "mase", "mae", "coverage"} <= set(answer.document["scores"])
    assert answer.document["task"] == "forecasting" and answer.document["target"] == "load"


def test_predict_writes_stamps_and_intervals(command: Command, model: Path, hours: Path) -> None:
    answer = command("predict", model, hours)
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert [row["date"] for row in rows][:2] == ["2024-01-17 16:00:00", "2024-01-17 17:00:00"]
    assert len(rows) == 6 and set(rows[0]) == {"date", "target", "forecast", "low", "high"}
    assert float(rows[0]["low"]) < float(rows[0]["forecast"]) < float(rows[0]["high"])


def test_evaluate_backtests(command: Command, model: Path, hours: Path) -> None:
    scores = command("evaluate", model, hours, "--json").document["scores"]
    assert scores == fg.load(model).evaluate(str(hours))


def test_inspect_with_and_without_a_horizon(command: Command, hours: Path) -> None:
    asked = command("inspect", hours, *ASKED)
    assert asked.status == 0 and "One series of 400 known steps" in asked.out.replace("\n  ", " ")
    assert "The series repeat after 24 steps." in asked.out and "None" not in asked.out
    plain = " ".join(command("inspect", hours).out.split())
    assert "add --horizon STEPS --time date" in plain


def test_recommend_names_the_command_that_comes_next(command: Command, hours: Path) -> None:
    answer = command("recommend", hours, *ASKED, "--no-probe")
    assert answer.status == 0, answer.err
    said = " ".join(answer.out.split())
    assert "Next: fieldguide race" in said and "--time date --horizon 6 --budget 10m" in said
    for name in ("seasonal-naive", "dlinear", "deepar"):
        assert name in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--horizon", 0), "horizon"),
        (("--horizon", 500), "Bring longer series"),
        (("--series", "shop"), "--horizon"),
        (("--horizon", 3, "--series", "shop"), "no column 'shop'"),
        (("--horizon", 3, "--every", "1 parsec"), "no spacing"),
    ],
)
def test_bad_questions_end_in_a_sentence(
    command: Command, hours: Path, words: tuple[object, ...], message: str
) -> None:
    answer = command("inspect", hours, *words)
    assert answer.status == 2 and message in answer.err and "Traceback" not in answer.err
