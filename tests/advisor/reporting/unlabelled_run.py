"""Finished races without a target, their models fitted here and now: no process, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn import datasets

from fieldguide import catalog
from fieldguide.advisor.racing import data_store, leaderboard, run_folder
from fieldguide.advisor.racing.judging import judge
from fieldguide.advisor.racing.leaderboard import Row, rank
from fieldguide.advisor.racing.outcome import Race
from fieldguide.advisor.racing.run_folder import write_json
from fieldguide.advisor.racing.verdict import verdict
from fieldguide.advisor.reporting import analysis, report
from fieldguide.data import Dataset, SeriesColumn
from fieldguide.tasks import known

ENTRANTS = {
    "representation": ("principal-components",),
    "outliers": ("isolation-forest", "principal-components"),
    "generation": ("principal-components", "gaussian-mixture"),
}


def digits(count: int = 300, target: str | None = "digit") -> Dataset:
    """Pictures of digits, 8 by 8."""
    bunch = datasets.load_digits()
    pixels = bunch.images[:count].astype(np.uint8)[:, None]
    columns = {"image": pixels, "digit": pl.Series("digit", bunch.target[:count])}
    return Dataset.from_columns(columns, target=target, source="digits")


def sensors(count: int = 300, target: str | None = None) -> Dataset:
    """A table: pressure follows temperature, flow depends on the mode; one pump in ten is odd."""
    chance = np.random.default_rng(0)
    temperature, mode = chance.normal(20, 3, count), chance.integers(0, 3, count)
    odd = np.arange(count) % 10 == 0
    pressure = 2 * temperature + chance.normal(0, 0.3, count) + np.where(odd, 25.0, 0.0)
    columns: dict[str, Any] = {
        "temperature": pl.Series(temperature),
        "pressure": pl.Series(pressure),
        "flow": pl.Series(5.0 * mode + chance.normal(0, 0.2, count)),
        "mode": pl.Series(np.array(["idle", "run", "boost"])[mode]),
    }
    if target:
        columns[target] = pl.Series(np.where(odd, "odd", "fine"))
    return Dataset.from_columns(columns, target=target, source="sensors")


def waves(count: int = 200, target: str | None = None) -> Dataset:
    """Sequences of 30 steps: waves of one kind; every tenth has a spike at step 20."""
    chance = np.random.default_rng(0)
    steps = np.linspace(0, 4 * np.pi, 30)
    block = np.sin(steps + chance.normal(0, 0.3, (count, 1))) + chance.normal(0, 0.1, (count, 30))
    odd = np.arange(count) % 10 == 0
    block[odd, 20] += 6
    columns: dict[str, Any] = {"wave": SeriesColumn.of_block(block)}
    if target:
        columns[target] = pl.Series(np.where(odd, "spike", "fine"))
    return Dataset.from_columns(columns, target=target, source="waves")


def finished(
    run: Path,
    dataset: Dataset,
    task: str,
    *,
    seconds: float = 60,
    names: tuple[str, ...] = (),
    given: Mapping[str, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Write what a finished race leaves in its folder, and its report; return the outcome.

    Args:
        run: The run folder.
        dataset: All examples.
        task: Name of the task.
        seconds: For the closer look.
        names: Who races.
        given: Hyperparameters by name of the algorithm.
    """
    train, test = np.arange(0, len(dataset), 2), np.arange(1, len(dataset), 2)
    if dataset.target is not None or task == "outliers":
        order = np.random.default_rng(1).permutation(len(dataset))
        train, test = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
    data_store.write(run / "data", dataset, train, test)
    names, rows = names or ENTRANTS[task], []
    for name in names:
        folder = run / "entrants" / name
        folder.mkdir(parents=True)
        model = (
            catalog.get(name)
            .load()(task=task, **(given or {}).get(name, {}))
            .fit(dataset.take(train))
        )
        model.save(folder / "model")
        result = {"status": "finished", "seconds": 0.1, "history": model.history_,
                  **judge(model, dataset.take(test), folder)}  # fmt: skip
        write_json(folder / "result.json", result)
        rows.append(Row.from_result(name, result))
    parts = leaderboard.read_parts(run, list(names))
    rows = rank(rows, parts)
    winner = next(row for row in rows if row.winner)
    run_folder.put_folder(run / "entrants" / winner.name / "model", run / run_folder.BEST)
    kind = known()[task]
    facts = {
        "source": dataset.source, "seed": 0, "test": 0.5, "algorithms": None, "task": task,
        "kind_reason": "you named it", "fieldguide": "0", "torch": "2", "python": "3", "memory": 1,
        "processors": 2, "machine": "x",
    }  # fmt: skip
    said = verdict(rows, parts, task=task, target=None, score_name=kind.score_name,
                   held_out=len(test))  # fmt: skip
    outcome = Race(run, task, None, kind.score_name, 90, 80, rows, said, facts).to_dict()
    outcome["best"] = str(run / run_folder.BEST)
    run_folder.start(run, facts)
    write_json(run / report.OUTCOME, outcome)
    if seconds:
        analysis.analyse(run, run / run_folder.BEST, dataset, train, test, seconds=seconds)
    report.write_report(run, outcome, dataset, train, test)
    return outcome
