"""Forecasts in the report of a race: fans, errors and coverage by step ahead."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fieldguide.advisor.racing import backtests
from fieldguide.advisor.reporting import forecasts, steps_ahead
from fieldguide.advisor.reporting.material import Material
from fieldguide.data import Dataset
from tests.advisor.reporting.raced_forecasts import raced, waves


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return raced(tmp_path_factory.mktemp("race"), waves())


def truth_of(held: Dataset, lookback: int, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Return first rows ahead and what came, of every window; plain slices."""
    y = np.asarray(held.columns["y"].to_numpy(), float)
    rows = np.arange(lookback, len(y) - horizon + 1)
    return rows, np.stack([y[row : row + horizon] for row in rows])


def test_what_is_kept_equals_a_plain_backtest(finished: Material) -> None:
    """The seasonal-naive forecast needs no model: y(t - 12), with the gap filled."""
    kept = forecasts.backtest_of(finished, "seasonal-naive")
    rows, truth = truth_of(finished.held_out, 24, 6)
    y = finished.held_out.columns["y"].forward_fill().to_numpy()
    guess = np.stack([y[row - 12 : row - 6] for row in rows])
    error = np.abs(truth - guess)
    assert kept["rows"].tolist() == rows.tolist()
    own = kept["step_errors"].sum(axis=0) / kept["step_counts"].sum(axis=0)
    np.testing.assert_allclose(own * kept["deviation"], np.nanmean(error, axis=0), rtol=1e-4)
    assert kept["step_counts"].sum() == np.isfinite(error).sum()
    for row, target, parts in zip(kept["fan_rows"], kept["fan_targets"], kept["fans"], strict=True):
        assert target == 0
        np.testing.assert_allclose(parts[0], y[row - 12 : row - 6], rtol=1e-4)
        assert (parts[1] < parts[0]).all() and (parts[0] < parts[2]).all()
    inside = (truth >= guess - _half(kept)) & (truth <= guess + _half(kept))
    held = kept["step_inside"].sum() / kept["step_counts"].sum()
    assert held == pytest.approx(inside[np.isfinite(truth)].mean(), abs=1e-3)


def _half(kept: dict[str, np.ndarray]) -> np.ndarray:
    """Return the half widths of intervals, which are the same for every window."""
    return (kept["fans"][0, 2] - kept["fans"][0, 1]) / 2


def test_fans_are_the_last_ones_and_do_not_overlap(finished: Material) -> None:
    kept = forecasts.backtest_of(finished, "ridge-regression")
    rows = kept["fan_rows"]
    assert np.diff(rows).tolist() == [6] * (len(rows) - 1)
    assert rows[-1] + 6 == len(finished.held_out)
    assert len(rows) == max(backtests.FANS, backtests.STEPS // 6)


def test_few_series_are_drawn_each_by_itself(tmp_path: Path) -> None:
    found = raced(tmp_path, waves(series=6, count=200))
    panels = forecasts.section(found)[0]["panels"]
    assert [panel["series"] for panel in panels] == [f"shop {n}" for n in range(backtests.SHOWN)]
    for panel in panels:
        number = int(panel["series"][-1])
        assert np.nanmax(np.abs(panel["values"])) == pytest.approx(1 + number, rel=0.9)
        assert panel["fans"][-1]["at"] + 6 == len(panel["values"])
    kept = forecasts.backtest_of(found, "naive")
    assert np.isnan(kept["deviation"])  # each series has its own
    assert "standard deviations" in steps_ahead.where(found)[0]["measure"]


def test_panels_hold_history_truth_and_forecasts(finished: Material) -> None:
    facts, drawn = forecasts.section(finished)
    (panel,) = facts["panels"]
    y = np.asarray(finished.dataset.columns["y"].to_numpy(), float)
    np.testing.assert_array_equal(panel["values"], y[-len(panel["values"]) :])
    before = panel["fans"][0]["at"]
    assert before == sum(len(fan["forecast"]) for fan in panel["fans"])
    for fan in panel["fans"]:
        truth = np.asarray(panel["values"])[fan["at"] : fan["at"] + 6]
        assert fan["error"] == pytest.approx(np.nanmean(np.abs(truth - fan["forecast"])))
        assert fan["naive_error"] == pytest.approx(
            np.nanmean(np.abs(truth - fan["seasonal_naive"]))
        )
        assert fan["known"] == np.isfinite(truth).sum()
    assert any(fan["known"] == 5 for fan in panel["fans"])  # one value was never there
    assert "<svg" in drawn and "ridge regression (winner)" in drawn.lower()
    assert "% of these" in facts["says"] and "not picked" in facts["note"]


def test_errors_by_step_compare_the_winner(finished: Material) -> None:
    facts, drawn = steps_ahead.where(finished)
    names = [one["name"] for one in facts["steps"]]
    assert names[0] == finished.winner["name"] == "ridge-regression"
    assert names[1] == "seasonal-naive" and facts["measure"] == "y"
    for one in facts["steps"]:
        assert (one["low"] <= one["errors"]).all() and (one["errors"] <= one["high"]).all()
    mean = np.average(facts["steps"][0]["errors"])
    assert mean == pytest.approx(finished.winner["scores"]["mae"], rel=0.01)
    assert "better than the seasonal-naive forecast" in facts["says"]
    assert "<svg" in drawn


def test_coverage_is_judged(finished: Material) -> None:
    facts, (drawn,) = steps_ahead.calibrated(finished)
    assert facts["coverage"]["held"] == pytest.approx(
        finished.winner["scores"]["coverage"], abs=1e-6
    )
    assert facts["coverage"]["low"] < facts["coverage"]["held"] < facts["coverage"]["high"]
    assert "Its 80 % intervals hold" in facts["says"] and "<svg" in drawn


def test_the_report_in_its_three_forms(finished: Material) -> None:
    page = (finished.run / "report.html").read_text()
    assert "Forecasts beside what came" in page and "could not be shown" not in page
    text = (finished.run / "report.md").read_text()
    assert "| forecast of | begins at |" in text and "| steps ahead | Ridge regression |" in text
    assert "held-out windows" in text and "--horizon 6 --lookback 24 --season 12" in text
    assert "There is no winner" not in text and "constant answer" not in text.lower()
    stored = json.loads((finished.run / "report.json").read_text())
    sections = stored["sections"]
    assert sections["forecasts"]["panels"][0]["fans"]
    assert len(sections["errors"]["steps"][0]["errors"]) == 6
    assert "furthest off" in sections["mistakes"]["says"]


def test_one_step_ahead_is_drawn_as_well(tmp_path: Path) -> None:
    found = raced(tmp_path, waves(horizon=1, count=200))
    facts, drawn = forecasts.section(found)
    # Of the last 24 windows one is left out: what it should have forecast is missing.
    assert len(facts["panels"][0]["fans"]) == 23 and "<svg" in drawn
    assert "One step ahead it errs" in steps_ahead.where(found)[0]["says"]


def test_without_predictions_the_sections_say_so(tmp_path: Path) -> None:
    found = raced(tmp_path, waves(count=200))
    for file in found.run.glob("entrants/*/predictions.npz"):
        file.unlink()
    assert forecasts.section(found)[0]["says"] == forecasts.MISSING
    assert steps_ahead.where(found)[0]["says"] == forecasts.MISSING
    assert steps_ahead.calibrated(found)[0]["says"] == forecasts.MISSING
