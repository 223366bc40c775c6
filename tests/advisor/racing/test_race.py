from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil
import pytest

from fieldguide import catalog
from fieldguide.advisor.racing import process
from fieldguide.advisor.racing.race import Race, race
from fieldguide.data import Dataset
from fieldguide.errors import DataError, RunFolderError, UsageError


def left_over(run: Path) -> list[psutil.Process]:
    return process.marked(f"{run.resolve()}#")


def by_name(outcome: Race) -> dict[str, str]:
    return {row.name: row.status for row in outcome.leaderboard}


def test_a_race_on_digits(tmp_path: Path, digits: Dataset, toys: Path) -> None:
    run = tmp_path / "run"
    outcome = race(digits, budget=120, run=run, algorithms=["noted"], tune=False, progress=False)
    assert by_name(outcome)["noted"] == "finished"
    assert outcome.best is not None
    model = catalog.load(outcome.best)
    assert type(model).__name__ == catalog.get(_winner(outcome)).class_name
    # The model in the folder is the one that was scored: the same examples, the same score.
    found = model.evaluate(digits.take(_held_out(run)))["accuracy"]
    assert found == pytest.approx(outcome.leaderboard[0].score, abs=0.05)
    assert "Noted: The classes cannot be told apart by a line; try the MLP." in outcome.verdict
    stored = json.loads((run / "leaderboard.json").read_text())
    assert stored["verdict"] == outcome.verdict == outcome.to_dict()["verdict"]
    page = (run / "report.html").read_text()
    assert outcome.verdict[0] in page and "<svg" in page
    assert "http://" not in page.replace("http://www.w3.org", "") and "https://" not in page
    assert outcome.verdict[0] in (run / "report.md").read_text()
    assert not left_over(run)
    assert not [file for file in run.iterdir() if file.name.startswith(".")]


@pytest.mark.slow
def test_hostile_entrants_cannot_break_the_budget(
    tmp_path: Path, iris: Dataset, toys: Path
) -> None:
    hostile = ["raises", "exits", "segfaults", "hangs", "forks", "leaks", "deaf", "garbage"]
    run, budget = tmp_path / "run", 32.0
    began = time.monotonic()
    outcome = race(
        iris, budget=budget, run=run, algorithms=hostile, memory=1_200_000_000, progress=False
    )
    assert time.monotonic() - began <= 1.05 * budget
    assert not left_over(run)
    statuses, reasons = by_name(outcome), {row.name: row.reason for row in outcome.leaderboard}
    assert set(hostile) <= statuses.keys()
    raced = [name for name in hostile if statuses[name] != "not raced"]
    assert len(raced) >= 3, reasons
    expected = {
        # On a crowded machine its time may be up before it has filled the memory.
        "leaks": ("memory", "stopped at its share"),
        "forks": ("stopped at its share",),
        "deaf": ("stopped at its share",),
        "raises": ("RuntimeError: the toy broke",),
        "exits": ("status 3",),
        "segfaults": ("SIGSEGV",),
    }
    for name, words in expected.items():
        if name in raced:
            assert statuses[name] == "failed"
            assert any(word in reasons[name] for word in words)
    if "hangs" in raced and (run / "entrants" / "hangs" / "model").exists():
        assert statuses["hangs"] == "rescued"
        assert "Its last checkpoint competes" in reasons["hangs"]
    if "garbage" in raced:
        assert (run / "entrants" / "garbage" / "log.txt").stat().st_size <= process.LARGEST_LOG
    assert outcome.best is not None
    catalog.load(outcome.best)


@pytest.mark.slow
def test_trials_that_hang_cannot_break_the_budget(
    tmp_path: Path, diabetes: Dataset, toys: Path
) -> None:
    run, budget = tmp_path / "run", 40.0
    began = time.monotonic()
    outcome = race(diabetes, budget=budget, run=run, algorithms=["moody"], progress=False)
    assert time.monotonic() - began <= 1.05 * budget
    assert not left_over(run)
    # Where there was time for its trials at all, those with another rate never ended.
    paths = sorted(run.glob("trials/moody/0*/result.json"))
    tried = [json.loads(path.read_text())["status"] for path in paths]
    assert set(tried[1:]) <= {"failed"}
    assert "moody-tuned" not in by_name(outcome)


def test_a_killed_race_goes_on(tmp_path: Path, iris: Dataset, toys: Path) -> None:
    run = tmp_path / "run"
    script = _script(tmp_path, iris, run, ["fine", "slow"], budget=120)
    killed = subprocess.Popen([sys.executable, script], env=_environment())
    _until((run / "leaderboard.json").exists, killed)
    with pytest.raises(RunFolderError, match="is running in"):
        race(iris, budget=120, run=run, algorithms=["fine", "slow"], resume=True, progress=False)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    done = {path: path.stat().st_mtime_ns for path in run.glob("entrants/*/result.json")}
    assert done
    catalog.load(run / "best")
    with pytest.raises(RunFolderError, match="of other data"):
        race(
            iris.take(np.arange(100)),
            budget=120,
            run=run,
            algorithms=["fine", "slow"],
            resume=True,
            progress=False,
        )
    with pytest.raises(RunFolderError, match="--resume"):
        race(iris, budget=120, run=run, progress=False)
    outcome = race(None, budget=120, run=run, resume=True, progress=False)
    assert not left_over(run)
    assert {path: path.stat().st_mtime_ns for path in done} == done  # not run again
    assert by_name(outcome)["fine"] == "finished"
    assert outcome.spent > 1
    again = race(None, run=run, resume=True, progress=False)  # nothing is left to do
    assert [row.name for row in again.leaderboard] == [row.name for row in outcome.leaderboard]


def test_ctrl_c_ends_the_children_and_says_how_to_go_on(
    tmp_path: Path, iris: Dataset, toys: Path
) -> None:
    run = tmp_path / "run"
    script = _script(tmp_path, iris, run, ["sleeps"], budget=120)
    stopped = subprocess.Popen(
        [sys.executable, script], env=_environment(), stderr=subprocess.PIPE, text=True
    )
    _until((run / "leaderboard.json").exists, stopped)
    stopped.send_signal(signal.SIGINT)
    _, said = stopped.communicate(timeout=30)
    assert f"--resume {run}" in said
    assert stopped.returncode != 0
    assert not left_over(run)
    assert not (run / "lock.json").exists()


def test_several_races_at_once_keep_out_of_each_others_way(tmp_path: Path) -> None:
    budget, runs = 20.0, [tmp_path / "one", tmp_path / "other"]
    began = time.monotonic()
    racing = [
        subprocess.Popen(
            [sys.executable, "-m", "fieldguide", "race", "iris", "--budget", f"{budget:.0f}s",
             "--algorithms", "perceptron", "--no-tune", "-o", str(run)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        for run in runs
    ]  # fmt: skip
    for run, process_ in zip(runs, racing, strict=True):
        _, said = process_.communicate(timeout=4 * budget)
        assert process_.returncode == 0, said
        board = json.loads((run / "leaderboard.json").read_text())
        statuses = {row["name"]: row["status"] for row in board["leaderboard"]}
        assert statuses["perceptron"] == statuses["logistic-regression"] == "finished"
        assert (run / "best" / "config.json").exists() and not left_over(run)
    assert time.monotonic() - began <= 1.05 * budget + 5  # and the time to start Python


def test_what_the_caller_has_spent_already_counts(tmp_path: Path) -> None:
    earlier = time.monotonic() - 40
    race("iris", budget=52, run=tmp_path, algorithms=["perceptron"], began=earlier, progress=False)
    spent = json.loads((tmp_path / "clock.json").read_text())["spent"]
    assert 40 < spent < 52 * 1.05


def test_arrays_in_memory(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(120, 3))
    y = x @ np.array([1.0, -2.0, 0.5]) + 0.1 * generator.normal(size=120)
    outcome = race(x, target=y, budget=60, run=tmp_path / "run", algorithms=[], progress=False)
    assert outcome.task == "regression" and outcome.score_name == "r2"
    assert (tmp_path / "run" / "report.html").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"budget": 0}, "budget=0"),
        ({"budget": None}, "budget=None"),
        ({"test": 1.5}, "test=1.5"),
        ({"memory": -1}, "memory=-1"),
        ({"algorithms": ["resnett"]}, "Did you mean 'resnet'"),
        ({"task": "classificatio"}, "Did you mean 'classification'"),
        ({"data": None}, "data=None"),
        ({"steps": 0}, "steps=0"),
    ],
)
def test_wrong_arguments(
    tmp_path: Path, iris: Dataset, change: dict[str, object], words: str
) -> None:
    given = {"data": iris, "budget": 10, "run": tmp_path / "run", "progress": False} | change
    with pytest.raises(UsageError, match=words):
        race(given.pop("data"), **given)  # type: ignore[arg-type]
    assert not left_over(tmp_path / "run")


def test_data_that_cannot_be_raced(tmp_path: Path, iris: Dataset) -> None:
    with pytest.raises(DataError):
        race(iris.take(np.arange(20)), budget=10, run=tmp_path / "run", progress=False)
    assert not (tmp_path / "run" / "race.json").exists()


def _winner(outcome: Race) -> str:
    return next(row.name for row in outcome.leaderboard if row.winner)


def _held_out(run: Path) -> np.ndarray:
    with np.load(run / "data" / "split.npz") as split:
        return split["test"]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def _script(
    folder: Path, dataset: Dataset, run: Path, algorithms: Sequence[str], budget: float
) -> Path:
    """Write a program that races, so that it can be killed."""
    import polars as pl

    table = folder / "data.parquet"
    pl.DataFrame(dict(dataset.columns)).write_parquet(table)
    script = folder / "program.py"
    script.write_text(
        "import polars as pl\n"
        "from fieldguide.advisor.racing.race import race\n"
        "from fieldguide.data import Dataset\n"
        f"frame = pl.read_parquet({str(table)!r})\n"
        "data = Dataset.from_columns({n: frame[n] for n in frame.columns}, "
        f"target={dataset.target!r}, source={dataset.source!r})\n"
        f"race(data, budget={budget}, run={str(run)!r}, algorithms={list(algorithms)!r})\n"
    )
    return script


def _until(condition, runner: subprocess.Popen, seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert runner.poll() is None and time.monotonic() < ends, "the race ended by itself"
        time.sleep(0.02)
