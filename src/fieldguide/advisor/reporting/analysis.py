"""A closer look at the best model of a race, within the time that is left.

What the model looks at, what more examples would bring, and (where the race had no time to measure
it) what the data are like. Every finding is written down at once, so that nothing is lost when the
process is stopped from outside. ``python -m fieldguide.advisor.reporting.analysis RUN SECONDS``
does it by hand.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fieldguide.advisor.racing import data_store, run_folder
from fieldguide.advisor.reporting import analysis_file
from fieldguide.data import Dataset
from fieldguide.errors import FieldguideError
from fieldguide.estimator import Estimator
from fieldguide.tasks import known as known_tasks

NETWORK = "network_"  # begins the names of arrays that belong to the best network
SHORTEST = 0.5  # seconds below which nothing is begun
FOR_ATTENTION = 0.5  # of the time left, at most: growth comes after it
NO_GROWTH = (
    "What a longer history would bring is not measured: a part of a series is an older or a "
    "shorter one, not a sample of it."
)
UNDER_WATCH = 0.85  # of its time: what a watched process plans with, before it is killed


@dataclass
class Look:
    """One look at one model: what is known, and until when to go on.

    Attributes:
        model: The best model.
        known: The examples it learnt from.
        held_out: The examples that scored it.
        ends: Value of ``time.monotonic()`` to stop at.
        seed: Decides samples.
        found: Findings by name, as they come.
        arrays: What belongs to them and is too large for JSON.
        run: The run folder.
        rows: The leaderboard's rows that have a model, the best first.
    """

    model: Estimator
    known: Dataset
    held_out: Dataset
    ends: float
    seed: int = 0
    found: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    run: Path = Path()
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def left(self) -> float:
        """Seconds until it must stop."""
        return self.ends - time.monotonic()


def analyse(
    run: Path,
    best_model_folder: Path,
    dataset: Dataset,
    train: np.ndarray,
    test: np.ndarray,
    *,
    seconds: float,
    seed: int = 0,
) -> dict[str, Any]:
    """Look closely at a model; write ``RUN/analysis.json`` after every finding.

    What an earlier call has found about the same model is kept and not done again.

    Args:
        run: The run folder.
        best_model_folder: Where the model is saved.
        dataset: All examples.
        train: Positions of the examples it learnt from.
        test: Positions of the examples held out.
        seconds: Wall clock to stop within. A single step of an algorithm (a prediction) is not
            cut short: whoever must be sure runs this in a process that can be killed.
        seed: Decides samples.

    Returns:
        ``attention``, ``growth`` and perhaps ``profile``, as far as time allowed (a finding that
        could not be made holds a ``reason``); ``unfinished``: the names of the others.
    """
    ends = time.monotonic() + seconds
    identity = analysis_file.identity_of(best_model_folder)
    stored, arrays = analysis_file.read(run, identity)
    found = {"schema": analysis_file.SCHEMA, "model": identity, "unfinished": [], **stored}
    rows = _scored(run)
    waiting = [name for name in _names(run, rows) if name not in found]
    if (run / "profile.json").exists() and "profile" in waiting:
        waiting.remove("profile")
    if not waiting or identity is None:
        return found | {"unfinished": waiting}
    look = _look(best_model_folder, dataset, train, test, ends)
    if isinstance(look, str):
        found |= {"attention": {"reason": look}, "growth": {"reason": look}}
        analysis_file.write(run, found, {})
        return found
    look.seed, look.found, look.arrays, look.run, look.rows = seed, found, arrays, run, rows
    for number, name in enumerate(waiting):
        found["unfinished"] = waiting[number:]
        analysis_file.write(run, found, look.arrays)
        result = _attempt(name, look)
        if result is not None:
            found[name] = result
    found["unfinished"] = [name for name in waiting if name not in found]
    analysis_file.write(run, found, look.arrays)
    return found


def _scored(run: Path) -> list[dict[str, Any]]:
    outcome = run_folder.read_json(run / run_folder.LEADERBOARD) or {}
    rows = outcome.get("leaderboard") or []
    return [row for row in rows if row["score"] is not None]


def _names(run: Path, rows: list[dict[str, Any]]) -> list[str]:
    """Return what is to be found out, the most telling first."""
    outcome = run_folder.read_json(run / run_folder.LEADERBOARD) or {}
    kind = known_tasks().get(str(outcome.get("task")))
    if kind is None or kind.needs_target:
        return ["attention", "profile", "growth"]
    network = ["network"] if rival_of(rows) is not None else []
    return ["attention", "inside", *network, "profile", "growth"]


def rival_of(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the best network where something else won, or None."""
    winner = next((row for row in rows if row["winner"]), None)
    if winner is None or winner["deep"]:
        return None
    return next((row for row in rows if row["deep"] and row["algorithm"] != "ensemble"), None)


def carry_out(spec: dict[str, Any]) -> dict[str, Any]:
    """Analyse in a process that is watched: what the racing room's entrant calls.

    Args:
        spec: ``data`` (folder of the race's data, inside the run folder), ``seconds``, ``seed``.
    """
    began = time.monotonic()
    data = Path(spec["data"])
    run = data.parent
    dataset, train, test = data_store.read(data)
    left = UNDER_WATCH * spec["seconds"] - (time.monotonic() - began)
    found = analyse(
        run, run / run_folder.BEST, dataset, train, test, seconds=left, seed=spec["seed"]
    )
    return {"status": "finished", "unfinished": found["unfinished"]}


def _look(
    folder: Path, dataset: Dataset, train: np.ndarray, test: np.ndarray, ends: float
) -> Look | str:
    """Load the model; where that fails, return why in a sentence."""
    from fieldguide import catalog

    try:
        model = catalog.load(folder)
    except FieldguideError as error:
        return f"The best model could not be loaded: {error}"
    except Exception as error:  # the algorithm may come from anywhere, and the report must not fail
        traceback.print_exc()
        return f"The best model could not be loaded ({type(error).__name__}: {error})."
    return Look(model, dataset.take(train), dataset.take(test), ends)


def _attempt(name: str, look: Look) -> dict[str, Any] | None:
    """Make one finding; None where there was no time for it."""
    if look.left < SHORTEST:
        return None
    steps: dict[str, Callable[[Look], dict[str, Any] | None]] = {
        "attention": _attention,
        "inside": _inside,
        "network": _network,
        "profile": _profile,
        "growth": _growth,
    }
    try:
        return steps[name](look)
    except MemoryError:
        return {"reason": "Memory ran out."}
    except Exception as error:  # any bug of any algorithm must end as a sentence in the report
        traceback.print_exc()
        return {"reason": f"It could not be computed ({type(error).__name__}: {error})."}


def _attention(look: Look) -> dict[str, Any] | None:
    from fieldguide.advisor.reporting import (
        closeups,
        frames_seen,
        importance,
        past_seen,
        saliency,
        steps_seen,
        trees,
    )

    if not look.model.task_.needs_target or look.model.task_.pairs:
        file = closeups.of_task(look.model.task_.name)
        if file is None:
            return {"reason": "There is nothing to show of a model that does this task."}
        found, arrays = file.measure(look.model, look.known, look.held_out, seed=look.seed)
        look.arrays |= arrays
        return {"kind": "closeup", **found}
    until = time.monotonic() + FOR_ATTENTION * look.left
    if look.model.task_.forecast is not None:
        return past_seen.measure(look.model, look.held_out, until=until, seed=look.seed)
    if look.model.task_.inputs.form == "image":
        found, arrays = saliency.measure(look.model, look.held_out, until=until, seed=look.seed)
        look.arrays |= arrays
        return found
    if look.model.task_.inputs.form == "clip":
        return frames_seen.measure(look.model, look.held_out, until=until, seed=look.seed)
    if look.model.task_.inputs.form == "series":
        return steps_seen.measure(look.model, look.held_out, until=until, seed=look.seed)
    if hasattr(look.model, "node_predictions"):
        return trees.measure(look.model, look.held_out, until=until, seed=look.seed)
    return importance.measure(look.model, look.held_out, until=until, seed=look.seed)


def _inside(look: Look) -> dict[str, Any]:
    from fieldguide.advisor.reporting import inside

    until = time.monotonic() + FOR_ATTENTION * look.left
    found, arrays = inside.measure(look.run, look.rows, until=until)
    look.arrays |= arrays
    return found


def _network(look: Look) -> dict[str, Any]:
    """Look at the best network as at the winner, where the winner is none."""
    from fieldguide import catalog
    from fieldguide.advisor.reporting import closeups

    row, file = rival_of(look.rows), closeups.of_task(look.model.task_.name)
    if row is None or file is None:
        return {"reason": "There is no network to show."}
    model = catalog.load(look.run / run_folder.ENTRANTS / row["name"] / "model")
    found, arrays = file.measure(model, look.known, look.held_out, seed=look.seed)
    look.arrays |= {f"{NETWORK}{name}": values for name, values in arrays.items()}
    return {
        **found,
        "row": {name: row[name] for name in ("name", "title", "score", "scores", "tied")},
    }


def _profile(look: Look) -> dict[str, Any] | None:
    """Measure the data, where that is sure to be over in time."""
    from fieldguide.advisor.profiling.profile import profile

    numbers = len(look.known) * max(1, len(look.known.inputs))
    if look.model.task_.inputs.form != "table" or numbers > 100_000:
        if look.left < 25:
            return None
    elif look.left < 2.5:
        return None
    seen = profile(look.known, look.model.task_.name, seed=look.seed)
    return {**seen.to_dict(), "sentences": seen.sentences()}


def _growth(look: Look) -> dict[str, Any] | None:
    from fieldguide.advisor.reporting import growth

    if look.model.task_.forecast is not None:
        return {"reason": NO_GROWTH}
    return growth.measure(look.model, look.known, look.held_out, until=look.ends, seed=look.seed)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    carry_out({"data": str(folder / run_folder.DATA), "seconds": float(sys.argv[2]), "seed": 0})
