"""The contents of a report, section by section, and the figures that go with them.

Each section holds ``title`` and ``says``: one plain sentence of what one sees. The page, the
Markdown and the JSON are three forms of this.
"""

from __future__ import annotations

import shlex
import traceback
from collections.abc import Callable
from typing import Any

import polars as pl

from fieldguide.advisor import words
from fieldguide.advisor.reporting import (
    curves,
    entrants,
    errors,
    figures,
    figures_of_winner,
    forecasts,
    looks,
    mistakes,
    steps_ahead,
    without_target,
)
from fieldguide.advisor.reporting.generations import generations
from fieldguide.advisor.reporting.material import Material
from fieldguide.advisor.reporting.next_steps import advise
from fieldguide.advisor.reporting.why import explain
from fieldguide.data import Dataset
from fieldguide.data.rolling import count_examples

SCHEMA = 1
SAME = 0.0005  # difference of scores that is shown as none
SURE = 0.95  # confidence in a wrong answer from which the label is suspect
MOST_SHARES = 12  # classes whose shares are shown
DOES = {"representation": "encode and restore", "outliers": "judge", "generation": "draw"}
Section = tuple[dict[str, Any], list[str]]
Maker = Callable[[Material], Section]


def contents(material: Material) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the document, ready for JSON, and its figures (SVG) by section."""
    sections: dict[str, Any] = {}
    drawn: dict[str, list[str]] = {}
    shown: list[str] = []
    of_forecasts = material.dataset.forecast is not None
    for name, (title, make, blank) in _makers(of_forecasts).items():
        if not material.predicts and name in without_target.OF_ANSWERS:
            if not shown:
                shown = _show(material, sections, drawn)
            continue
        facts, found = _made(make, material)
        figures_of = [figure for figure in found if figure]
        told = figures_of or facts.get("margins") or facts.get("facts")
        if told or material.predicts or name not in without_target.IF_TOLD:
            sections[name], drawn[name] = {"title": title, **blank, **facts}, figures_of
    outcome = material.outcome
    keys = ("task", "target", "score", "budget_seconds", "spent_seconds", "facts")
    return {
        "schema": SCHEMA,
        **{key: outcome[key] for key in keys},
        "best": outcome["best"],
        "run": outcome["run"],
        "examples": {
            "learnt": count_examples(material.dataset.take(material.train)),
            "held_out": count_examples(material.held_out),
        },
        "verdict": outcome["verdict"] or ["No entrant has finished yet."],
        "sections": sections,
        "closeups": shown,
    }, drawn


def _show(material: Material, sections: dict[str, Any], drawn: dict[str, list[str]]) -> list[str]:
    """Add what there is to see of a model without a target; return the names of those parts."""
    try:
        made, figures_of = without_target.parts(material)
    except Exception as error:  # what algorithms of other packages leave behind is not ours
        traceback.print_exc()
        says = f"This could not be shown ({type(error).__name__}: {error})."
        made = {"closeup": {**without_target.BLANK, "title": "A look at the model", "says": says}}
        figures_of = {"closeup": []}
    sections |= made
    drawn |= figures_of
    return list(made)


def _makers(of_forecasts: bool = False) -> dict[str, tuple[str, Maker, dict[str, Any]]]:
    """Return title, maker and what an empty section holds, in the order of the page."""
    fans: tuple[str, Maker, dict[str, Any]] = (
        "Forecasts beside what came", _one(forecasts.section), {"panels": [], "note": ""}
    )  # fmt: skip
    return {
        "leaderboard": ("Leaderboard", entrants.section, {"rows": [], "ties": 0}),
        "why": ("Why the winner won", _why, {"margins": [], "facts": [], "shapes": []}),
        "ledger": ("What became of every example", _ledger,
                   {"counts": {}, "classes": [], "fields": [], "target_reason": ""}),
        "curves": ("Learning curves", curves.section, {"more": [], "histories": {}}),
        **({"forecasts": fans} if of_forecasts else {}),
        "errors": ("Where the winner errs", _one(errors.where),
                   {"pairs": [], "matrix": [], "steps": []}),
        "calibration": ("Does it know how sure to be?", errors.calibrated,
                        {"bins": [], "levels": []}),
        "mistakes": ("The worst mistakes", _mistakes, {"examples": []}),
        "attention": ("What the model looks at", _one(looks.attention),
                      {"columns": [], "pictures": [], "note": ""}),
        "cost": ("Cost against score", _cost, {}),
        "generations": ("Through the history of the field", _one(generations),
                        {"steps": [], "yardstick": None}),
        "next": ("What to do next", _next,
                 {"parts": [], "advice": [], "source": "", "more": 0, "growth": None}),
        "again": ("How to reproduce this", _again, {"command": "", "use": ""}),
    }  # fmt: skip


def _made(make: Maker, material: Material) -> Section:
    """Make a section; a race must not fail because one of them could not be made."""
    try:
        return make(material)
    except Exception as error:  # what algorithms of other packages leave behind is not ours
        traceback.print_exc()
        return {"says": f"This could not be shown ({type(error).__name__}: {error})."}, []


def command(outcome: dict[str, Any]) -> str:
    """Return what runs the same race again: a command line, or Python for data in memory."""
    facts, budget = outcome["facts"], outcome["budget_seconds"]
    algorithms, seed, test = facts["algorithms"], facts["seed"], facts["test"]
    if facts["source"] == "memory":
        chosen = f", algorithms={algorithms}" if algorithms else ""
        chosen += "".join(f", {name}={value!r}" for name, value in _unusual(facts).items())
        return (
            f"fieldguide.race(data, budget={budget:g}, test={test:g}, seed={seed}{chosen}, run=…)"
        )
    said = ["fieldguide", "race", str(facts["source"]), *_asked(outcome)]
    said += ["--budget", f"{budget:g}s", "--test", f"{test:g}", "--seed", str(seed)]
    said += ["--algorithms", ",".join(algorithms)] if algorithms else []
    flags = {"tune": ["--no-tune"], "ensemble": ["--ensemble"]}
    for name, value in _unusual(facts).items():
        said += flags.get(name, [f"--{name}", str(value)])
    return shlex.join(said)


def _asked(outcome: dict[str, Any]) -> list[str]:
    """Return the options that say what to predict."""
    asked = outcome["facts"].get("forecast")
    if asked is None:
        return ["--target", str(outcome["target"])] if outcome["target"] else []
    said = ["--target", ",".join(asked["targets"])]
    for name in ("horizon", "lookback", "season"):
        said += [f"--{name}", str(asked[name])]
    for name in ("series", "time", "every"):
        if asked[name]:
            said += [f"--{name}", str(asked[name])]
    return said + (["--known", ",".join(asked["known"])] if asked["known"] else [])


def _unusual(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of the race that differ from what it does by itself."""
    usual = {"task": "auto", "steps": None, "tune": True, "ensemble": False}
    return {name: facts[name] for name, value in usual.items() if facts.get(name, value) != value}


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
    """Return the commonest classes with their counts and shares, where classes are told apart."""
    if task not in ("classification", "outliers") or dataset.target is None:
        return []
    counts = pl.Series("value", mistakes.values(dataset).astype(str)).value_counts(sort=True)
    found = dict(counts.head(MOST_SHARES).iter_rows())
    return [(name, found[name], found[name] / len(dataset)) for name in errors.in_order(set(found))]


def _one(make: Callable[[Material], tuple[dict[str, Any], str]]) -> Maker:
    """Return a maker of several figures from a maker of one."""

    def section(material: Material) -> Section:
        facts, figure = make(material)
        return facts, [figure]

    return section


def _why(material: Material) -> Section:
    return explain(material), []


def _ledger(material: Material) -> Section:
    dataset, task = material.dataset, material.outcome["task"]
    ledger, counts = dataset.ledger, dataset.ledger.counts()
    says = f"All {ledger.total:,} examples were used as they are."
    if ledger.excluded:
        says = f"{ledger.used:,} of {ledger.total:,} examples were used, {ledger.excluded:,} not."
    elif counts:
        says = f"All {ledger.total:,} examples were used; what was repaired or noted stands below."
    return {
        "says": says,
        "total": ledger.total,
        "used": ledger.used,
        "counts": counts,
        "target_reason": dataset.target_reason,
        "classes": shares(dataset, task),
        "fields": fields(dataset) if material.predicts else _with_classes(dataset, task),
    }, []


def _with_classes(dataset: Dataset, task: str) -> list[dict[str, Any]]:
    """Return the fields; the target, which is not predicted, by the role that it has instead."""
    role = words.ROLES.get(task, "unused")
    return [field | ({"role": role} if field["role"] == "target" else {})
            for field in fields(dataset)]  # fmt: skip


def _mistakes(material: Material) -> Section:
    if material.dataset.forecast is not None:
        return {"says": steps_ahead.worst(material), "examples": []}, []
    stored = material.stored
    found = [] if stored is None else mistakes.worst(material.held_out, stored)
    if not found:
        right = stored is not None and material.answers is not None
        return {"says": "There is none to show." if right else errors.NOTHING, "examples": []}, []
    if len(found) == 1:
        return {
            "says": "This held-out example is the only one it got wrong.",
            "examples": found,
        }, []
    what = "surest" if material.classifies else "largest"
    says = f"The {len(found)} held-out examples it got most wrong, the {what} error first"
    sure = [one for one in found if (one["confidence"] or 0) > SURE]
    hint = ": where it was that sure, look at the label too." if sure else "."
    return {"says": says + hint, "examples": found}, []


def _cost(material: Material) -> Section:
    timed = [row for row in material.scored if row["seconds"] is not None]
    drawn = figures.score_against_seconds(material.rows, material.score)
    if not drawn or material.winner is None:
        return {"says": "Too few entrants finished to compare their costs."}, []
    winner = material.winner
    rival = next((row for row in timed if row is not winner), winner)
    does = DOES.get(material.outcome["task"], "predict")
    says = (
        f"The winner took {words.seconds(winner['seconds'])} to train and "
        f"{words.seconds(winner['predict_seconds'])} to {does} {len(material.test):,} examples"
    )
    if rival is not winner:
        gap = rival["score"] - winner["score"]
        than = f"{words.margin(abs(gap), material.score)} {'more' if gap > 0 else 'less'}"
        than = than if abs(gap) >= SAME else "the same"
        name, took = words.inside(rival["title"]), words.seconds(rival["seconds"])
        says += f"; {name} took {took} and scores {than}"
    return {"says": f"{says}."}, [drawn]


def _next(material: Material) -> Section:
    facts = advise(material)
    grown = facts.get("growth")
    drawn = (
        [figures_of_winner.growth(grown["points"], grown["ahead"], material.score)] if grown else []
    )
    return facts, drawn


def _again(material: Material) -> Section:
    outcome = material.outcome
    best = outcome["best"] or f"{outcome['run']}/best"
    return {
        "says": "One command runs the same race again; another uses the best model.",
        "command": command(outcome),
        "use": words.use(outcome["task"], shlex.quote(best)),
        "analyse": f"fieldguide report {shlex.quote(outcome['run'])}",
    }, []
