"""A finished race of forecasts, run without its processes: what it leaves in its folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

import fieldguide as fg
from fieldguide.advisor.racing import data_store, run_folder
from fieldguide.advisor.racing.judging import MODEL, judge
from fieldguide.advisor.racing.leaderboard import Row, rank, read_parts
from fieldguide.advisor.racing.learning import Parts
from fieldguide.advisor.racing.outcome import Race
from fieldguide.advisor.racing.race import _split
from fieldguide.advisor.racing.run_folder import write_json
from fieldguide.advisor.racing.verdict import verdict
from fieldguide.advisor.reporting import report
from fieldguide.advisor.reporting.material import Material
from fieldguide.data import Dataset
from fieldguide.data.rolling import count_examples

MODELS = {"naive": fg.Naive, "seasonal-naive": fg.SeasonalNaive,
          "ridge-regression": fg.RidgeRegression}  # fmt: skip


def waves(horizon: int = 6, series: int = 1, count: int = 500) -> Dataset:
    """Return noisy waves with a gap."""
    chance = np.random.default_rng(0)
    names, values, steps = [], [], []
    for number in range(series):
        y = (1 + number) * np.sin(np.arange(count) * 2 * np.pi / 12) + 0.3 * chance.normal(
            size=count
        )
        y[-20] = np.nan
        names += [f"shop {number}"] * count
        values += y.tolist()
        steps += range(count)
    columns = {"step": pl.Series(steps), "y": pl.Series(values).fill_nan(None)}
    if series > 1:
        columns["shop"] = pl.Series(names)
    asked = {"lookback": 24, "season": 12, "time": "step"}
    data = Dataset.from_columns(columns)
    return data.as_series(horizon, **asked, **({"series": "shop"} if series > 1 else {}))


def raced(run: Path, dataset: Dataset) -> Material:
    """Fit three baselines, judge them as a race does, and write the report."""
    train, held, validation, fitted = _split(dataset, {"test": 0.2, "seed": 0})
    data_store.write(run / "data", dataset, train, held, validation, fitted)
    parts, rows = Parts.read(run / "data"), []
    for name, kind in MODELS.items():
        folder = run / "entrants" / name
        model = kind().fit(parts.known)
        model.save(folder / MODEL)
        result = judge(model, parts.held_out, folder)
        write_json(folder / "result.json", {"history": model.history_})
        rows.append(Row.from_result(name, {"status": "finished", "seconds": 1.0, **result}))
    summands = read_parts(run, list(MODELS))
    rows = rank(rows, summands)
    asked = dataset.forecast
    assert asked is not None
    facts = {
        "source": "waves.csv", "seed": 0, "test": 0.2, "algorithms": None, "fieldguide": "0",
        "kind_reason": "a horizon was named", "torch": "2", "python": "3", "memory": 1,
        "processors": 2, "machine": "x", "forecast": asked.to_dict(),
    }  # fmt: skip
    said = verdict(rows, summands, task="forecasting", target="y", score_name="skill",
                   held_out=count_examples(parts.held_out))  # fmt: skip
    run_folder.start(run, facts)
    outcome = Race(run, "forecasting", "y", "skill", 90, 80, rows, said, facts).to_dict()
    write_json(run / report.OUTCOME, outcome)
    report.write_report(run, outcome, dataset, train, held)
    return Material(run, outcome, dataset, train, held)
