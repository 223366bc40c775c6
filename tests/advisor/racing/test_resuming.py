"""A race of steps ends the same, whatever was killed on the way."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from fieldguide import catalog
from fieldguide.advisor.racing import process
from fieldguide.advisor.racing.leaderboard import Row
from fieldguide.advisor.racing.race import Race, race
from fieldguide.data import Dataset

SETTINGS: dict[str, Any] = {"steps": 24, "seed": 3, "algorithms": ["slow", "fine", "mlp"]}
COMPARED = ("name", "rank", "winner", "tied", "score", "interval", "behind", "validation_score",
            "hyperparameters", "algorithm", "round", "epochs", "status")  # fmt: skip


@pytest.mark.slow
def test_killed_anywhere_a_race_of_steps_ends_the_same(
    tmp_path: Path, diabetes: Dataset, toys: Path
) -> None:
    undisturbed = race(diabetes, run=tmp_path / "whole", ensemble=True, progress=False, **SETTINGS)
    run = tmp_path / "killed"
    script = _script(tmp_path, run)
    plan = {
        "entrants/slow/checkpoint/*": _an_entrant,
        "rounds/2/*/spec.json": _the_race,
        "trials/*/003/spec.json": _the_nursery,
        "entrants/*-tuned/spec.json": _everything,
    }
    _disturbed(script, run, list(plan.items()))
    outcome = race(None, run=run, resume=True, progress=False)
    assert [_facts(row) for row in outcome.leaderboard] == [
        _facts(row) for row in undisturbed.leaderboard
    ]
    assert outcome.verdict == undisturbed.verdict
    _has_everything(outcome, diabetes)


def _has_everything(outcome: Race, data: Dataset) -> None:
    rows = {row.name: row for row in outcome.leaderboard}
    assert {row.round for row in rows.values()} >= {1, 2}  # one algorithm went on
    tuned = [row for row in rows.values() if row.name.endswith("-tuned")]
    assert tuned and all(row.hyperparameters and row.score is not None for row in tuned)
    assert len({row.name for row in outcome.leaderboard}) == len(outcome.leaderboard)
    assert outcome.facts["search"] and all(found["trials"] for found in outcome.facts["search"])
    if "ensemble" in rows:
        assert sum(rows["ensemble"].hyperparameters.values()) == pytest.approx(1, abs=1e-3)
        model = catalog.load(outcome.run / "entrants" / "ensemble" / "model")
        assert np.isfinite(model.predict(data)).all()


def _facts(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COMPARED}


def _disturbed(script: Path, run: Path, plan: list[tuple[str, Any]]) -> None:
    """Run the race again and again; kill something at each moment of the plan."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                   "FIELDGUIDE_CHECKPOINT_EVERY": "0"}  # fmt: skip
    runner = None
    for pattern, kill in plan:
        if runner is None or runner.poll() is not None:
            runner = subprocess.Popen([sys.executable, script], env=environment)
        ends = time.monotonic() + 120
        while not any(run.glob(pattern)) and runner.poll() is None:
            assert time.monotonic() < ends, pattern
            time.sleep(0.01)
        kill(runner, run)
    if runner is not None and runner.poll() is None:
        runner.kill()
        runner.wait()


def _the_race(runner: subprocess.Popen, run: Path) -> None:
    runner.send_signal(signal.SIGKILL)
    runner.wait()


def _everything(runner: subprocess.Popen, run: Path) -> None:
    _the_race(runner, run)
    for one in process.marked(f"{run.resolve()}#"):
        _kill(one)


def _the_nursery(runner: subprocess.Popen, run: Path) -> None:
    for one in process.marked(f"{run.resolve()}#"):
        with contextlib.suppress(psutil.Error):
            if one.ppid() == runner.pid:
                _kill(one)


def _an_entrant(runner: subprocess.Popen, run: Path) -> None:
    for one in process.marked(f"{run.resolve()}#"):
        with contextlib.suppress(psutil.Error):
            if one.ppid() != runner.pid:
                _kill(one)


def _kill(one: psutil.Process) -> None:
    with contextlib.suppress(psutil.Error):
        one.kill()


def _script(folder: Path, run: Path) -> Path:
    """Write a program that starts the race, or goes on with it."""
    script = folder / "program.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "import numpy as np, polars as pl\n"
        "from sklearn import datasets\n"
        "from fieldguide.advisor.racing.race import race\n"
        "from fieldguide.data import Dataset\n"
        "bunch = datasets.load_diabetes()\n"
        "columns = {n: pl.Series(n, bunch.data[:, i]) for i, n in enumerate(bunch.feature_names)}\n"
        "target = pl.Series('progression', bunch.target + 0.5)\n"
        "data = Dataset.from_columns({**columns, 'progression': target}, target='progression',\n"
        "                            source='diabetes')\n"
        f"run = Path({str(run)!r})\n"
        "resume = (run / 'race.json').exists()\n"
        f"race(data, run=run, ensemble=True, resume=resume, progress=False, **{SETTINGS!r})\n"
    )
    return script
