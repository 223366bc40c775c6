"""Ten-minute races on Adult and Fashion-MNIST: do they end on time, and how good is the winner?

    python -m benchmarks.quality.races [adult | fashion-mnist]

The target is one point below the best that the other quality benchmarks know.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.quality._runs import data_folder
from benchmarks.results import Result, load, machine, versions
from fieldguide.advisor.racing.race import race

BUDGET = 600.0
LATE = 1.05  # of the budget: when a race must have ended
RACES = {"adult": ("adult/adult-train.csv.gz", "income"), "fashion-mnist": ("fashion-mnist", None)}


def best_known(name: str) -> float:
    """Return the best accuracy that the quality benchmarks have recorded on these data."""
    return max(
        one.value
        for one in load()
        if one.benchmark.startswith(f"{name}-") and one.metric == "accuracy"
    )


def record(name: str, run: Path, seconds: float) -> None:
    """Write down what a race that took ``seconds`` found."""
    outcome = json.loads((run / "leaderboard.json").read_text())
    winner = next(row for row in outcome["leaderboard"] if row["winner"])
    Result(
        benchmark=f"race-{name}",
        kind="quality",
        algorithm=None,
        data=f"{RACES[name][0]}, {outcome['facts']['held_out']:,} examples held out",
        metric="accuracy of a ten-minute race's winner",
        value=round(winner["score"], 4),
        target=round(best_known(name) - 0.01, 4),
        seeds=[0],
        runs=[
            {
                "value": row["score"],
                "name": row["name"],
                "winner": row["winner"],
                "training_s": row["seconds"],
                "hyperparameters": row.get("hyperparameters", {}),
            }
            for row in outcome["leaderboard"]
            if row["score"] is not None
        ],
        runtime_s=round(seconds, 1),
        versions=versions(),
        machine=machine(),
        command=f"python -m benchmarks.quality.races {name}",
    ).save()
    ended = "on time" if seconds <= LATE * BUDGET else "LATE"
    print(f"{name}: {winner['name']} {winner['score']:.4f}, {seconds:.0f} s: {ended}")


def main(wanted: list[str]) -> None:
    """Race and record."""
    for name in wanted or RACES:
        path, target = RACES[name]
        data_folder(path.split("/")[0])
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            data = data_folder(path.split("/")[0]).parent / path
            race(data, target=target, budget=BUDGET, run=Path(folder) / "run")
            record(name, Path(folder) / "run", time.perf_counter() - began)


if __name__ == "__main__":
    main(sys.argv[1:])
