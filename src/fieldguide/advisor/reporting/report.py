"""The report of a race: one page that opens anywhere, and the same in Markdown."""

from __future__ import annotations

import shlex
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import polars as pl

from fieldguide.advisor import words
from fieldguide.advisor.racing.run_folder import ENTRANTS, read_json, write_text
from fieldguide.advisor.reporting import figures, mistakes
from fieldguide.data import Dataset

MOST_CLASSES = 20  # more do not fit into a readable confusion matrix
MOST_SHARES = 12  # classes whose shares are shown


def write_report(
    run: Path, outcome: dict[str, Any], dataset: Dataset, train: np.ndarray, test: np.ndarray
) -> None:
    """Write ``report.html`` and ``report.md`` into the run folder, each whole or not at all.

    Args:
        run: The run folder.
        outcome: `Race.to_dict`.
        dataset: All examples.
        train: Positions of the examples that were learnt from.
        test: Positions of the examples held out.
    """
    held_out = dataset.take(test)
    context = {
        **outcome,
        "dataset": dataset,
        "train": len(train),
        "held_out": len(test),
        "command": command(outcome),
        "ties": sum(row["tied"] for row in outcome["leaderboard"]),
        "fields": fields(dataset),
        "shares": shares(dataset, outcome["task"]),
        "ledger": dataset.ledger.counts(),
        **_pictures(run, outcome, held_out),
    }
    for name in ("report.html", "report.md"):
        write_text(run / name, _environment().get_template(f"{name}.jinja").render(context))


def command(outcome: dict[str, Any]) -> str:
    """Return what runs the same race again: a command line, or Python for data in memory."""
    facts, budget = outcome["facts"], outcome["budget_seconds"]
    algorithms, seed, test = facts["algorithms"], facts["seed"], facts["test"]
    if facts["source"] == "memory":
        chosen = f", algorithms={algorithms}" if algorithms else ""
        return (
            f"fieldguide.race(data, budget={budget:g}, test={test:g}, seed={seed}{chosen}, run=…)"
        )
    said = ["fieldguide", "race", str(facts["source"]), "--target", str(outcome["target"])]
    said += ["--budget", f"{budget:g}s", "--test", f"{test:g}", "--seed", str(seed)]
    said += ["--algorithms", ",".join(algorithms)] if algorithms else []
    return shlex.join(said)


def fields(dataset: Dataset) -> list[dict[str, Any]]:
    """Return kind, reason and missing values of each field."""
    return [
        {
            "name": name,
            "kind": field.kind,
            "reason": field.reason,
            "missing": field.missing,
            "role": "target" if name == dataset.target else "input" if field.is_input else "unused",
        }
        for name, field in dataset.fields.items()
    ]


def shares(dataset: Dataset, task: str) -> list[tuple[str, int, float]]:
    """Return the commonest classes with their counts and shares, for classification."""
    if task != "classification" or dataset.target is None:
        return []
    counts = pl.Series("value", mistakes.values(dataset).astype(str)).value_counts(sort=True)
    rows = list(counts.head(MOST_SHARES).iter_rows())
    return [(value, count, count / len(dataset)) for value, count in sorted(rows)]


def _pictures(run: Path, outcome: dict[str, Any], held_out: Dataset) -> dict[str, Any]:
    rows, name = outcome["leaderboard"], outcome["score"]
    histories = {
        row["name"]: (read_json(run / ENTRANTS / row["name"] / "result.json") or {}).get("history")
        for row in rows
        if row["deep"] and row["score"] is not None
    }
    winner = next((row for row in rows if row["winner"]), None)
    return {
        "winner": winner,
        "figure_scores": figures.scores(rows, name),
        "figure_seconds": figures.score_against_seconds(rows, name),
        "figure_curves": figures.learning_curves({n: h for n, h in histories.items() if h}, name),
        **_of_winner(run, winner, held_out, outcome["task"]),
    }


def _of_winner(
    run: Path, winner: dict[str, Any] | None, held_out: Dataset, task: str
) -> dict[str, Any]:
    """Return what the winner's predictions look like, and its worst mistakes."""
    path = run / ENTRANTS / (winner or {"name": ""})["name"] / "predictions.npz"
    if winner is None or not path.exists():
        return {"figure_winner": "", "mistakes": []}
    with np.load(path, allow_pickle=False) as opened:
        stored = {name: opened[name] for name in opened.files}
    truth, guess = mistakes.values(held_out), stored["prediction"]
    drawn = ""
    if task == "classification":
        truth, guess = truth.astype(str), guess.astype(str)
        classes = _sorted(set(truth) | set(guess))
        drawn = figures.confusion(truth, guess, classes) if len(classes) <= MOST_CLASSES else ""
    elif task == "regression" and guess.ndim == 1:
        drawn = figures.predicted_against_true(truth.astype(float), guess)
    return {"figure_winner": drawn, "mistakes": mistakes.worst(held_out, stored)}


def _sorted(classes: set[str]) -> list[str]:
    """Sort class names; numbers by size."""
    try:
        return sorted(classes, key=float)
    except ValueError:
        return sorted(classes)


@cache
def _environment() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=lambda name: name is not None and name.startswith("report.html"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "score": words.score,
        "seconds": words.seconds,
        "size": words.size,
        "first_sentence": words.first_sentence,
        "score_title": words.score_title,
        "span": _span,
        "cell": lambda text: str(text).replace("|", "\\|").replace("\n", " "),
    }
    return found


def _span(found: dict[str, float] | None, name: str) -> str:
    from fieldguide.advisor.racing.scoring import Interval

    return words.interval(None if found is None else Interval(**found), name)
