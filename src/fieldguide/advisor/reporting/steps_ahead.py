"""Errors and intervals of forecasts by step ahead: how far the winner can see, and how surely."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from fieldguide.advisor import scoring, words
from fieldguide.advisor.reporting import figures_of_forecasts
from fieldguide.advisor.reporting.forecasts import MISSING, YARDSTICK, backtest_of, when
from fieldguide.advisor.reporting.material import Material

INTENDED = 0.8  # share of the truths that intervals should hold


def where(material: Material) -> tuple[dict[str, Any], str]:
    """Return errors by step ahead: of the winner, the seasonal-naive, the best other entrant."""
    winner = material.winner
    kept = {} if winner is None else _backtests(material, winner)
    if winner is None or winner["name"] not in kept:
        return {"says": MISSING, "pairs": [], "steps": []}, ""
    means = {
        name: scoring.resampled_means(one["step_errors"], one["step_counts"], _seed(material))
        for name, one in kept.items()
    }
    unit = float(kept[winner["name"]]["deviation"])
    factor = unit if np.isfinite(unit) else 1.0
    titles = {row["name"]: row["title"] for row in material.rows}
    steps = [
        {"name": name, "title": titles[name], "winner": name == winner["name"],
         "errors": factor * one["step_errors"].sum(axis=0) / _counts(one),
         "low": factor * np.quantile(means[name], 0.025, axis=0),
         "high": factor * np.quantile(means[name], 0.975, axis=0)}
        for name, one in kept.items()
    ]  # fmt: skip
    measure = material.outcome["target"] if np.isfinite(unit) else "standard deviations"
    facts = {
        "says": _says(steps, means, str(measure), bool(np.isfinite(unit))),
        "pairs": [],
        "steps": steps,
        "measure": measure,
        "worst": _worst(material, kept[winner["name"]]),
    }
    return facts, figures_of_forecasts.errors_by_step(steps, str(measure))


def calibrated(material: Material) -> tuple[dict[str, Any], list[str]]:
    """Return the share of truths inside the winner's 80 % intervals, by step ahead."""
    winner = material.winner
    kept = winner and backtest_of(material, winner["name"])
    if not kept:
        return {"says": MISSING}, []
    if "step_inside" not in kept:
        return {"says": "The winner does not say how sure it is."}, []
    drawn = scoring.resampled_means(kept["step_inside"], kept["step_counts"], _seed(material))
    whole = _whole(kept, _seed(material))
    held = {
        "held": kept["step_inside"].sum(axis=0) / _counts(kept),
        "low": np.quantile(drawn, 0.025, axis=0),
        "high": np.quantile(drawn, 0.975, axis=0),
    }
    says = (
        f"Its 80 % intervals hold {words.share(whole['held'])} of the held-out values (95 % "
        f"interval {words.share(whole['low'])} to {words.share(whole['high'])})"
    )
    says += _judged(whole)
    facts = {"says": says, "coverage": whole, "by_step": held}
    return facts, [figures_of_forecasts.coverage_by_step(held, INTENDED)]


def worst(material: Material) -> str:
    """Say which held-out forecast of the winner's was furthest off."""
    kept = material.winner and backtest_of(material, material.winner["name"])
    if not kept:
        return MISSING
    found = _worst(material, kept)
    return (
        f"The forecast that begins at {found['begins']}"
        f"{' of ' + found['series'] if found['series'] else ''} was furthest off: its mean error "
        f"is {found['times']:.1f} times the usual one of the seasonal-naive forecast."
    )


def _backtests(material: Material, winner: dict[str, Any]) -> dict[str, dict[str, np.ndarray]]:
    """Return the backtests of winner, yardstick and best other, in that order."""
    scored = [row["name"] for row in material.scored]
    rival = next((name for name in scored if name not in (winner["name"], YARDSTICK)), None)
    names = dict.fromkeys([winner["name"], YARDSTICK, rival])
    found = {name: backtest_of(material, name) for name in names if name in scored}
    return {name: one for name, one in found.items() if one is not None}


def _says(
    steps: list[dict[str, Any]], means: dict[str, np.ndarray], measure: str, in_units: bool
) -> str:
    first = steps[0]
    errors, horizon = first["errors"], len(first["errors"])
    what = "" if in_units else f" {measure}"
    if horizon == 1:
        said = f"One step ahead it errs by {errors[0]:.3g}{what} on average"
    else:
        said = (
            f"Its mean absolute error goes from {errors[0]:.3g}{what} one step ahead to "
            f"{errors[-1]:.3g} at {horizon} steps"
        )
    if first["name"] == YARDSTICK or YARDSTICK not in means:
        return f"{said}."
    gap = means[YARDSTICK] - means[first["name"]]
    if not np.abs(gap).max() > 1e-9:
        return f"{said}, the same as that of the seasonal-naive forecast."
    low, high = np.quantile(gap, [0.025, 0.975], axis=0)
    better, worse = int((low > 0).sum()), int((high < 0).sum())
    tail = f"; at {worse} it is worse" if worse else ""
    if not better:
        return f"{said}; at no step is it better than the seasonal-naive forecast by more than " \
               f"chance explains{tail}."  # fmt: skip
    count = "every step" if better == horizon > 1 else f"{better} of {horizon} step(s)"
    return (
        f"{said}; at {count} it is better than the seasonal-naive forecast by more than chance "
        f"explains{tail}."
    )


def _worst(material: Material, kept: dict[str, np.ndarray]) -> dict[str, Any]:
    place = int(np.argmin(kept["skills"]))
    row = int(kept["rows"][place])
    asked = material.dataset.forecast
    assert asked is not None
    names = None if asked.series is None else material.held_out.column(asked.series)
    series = str(names[row]) if isinstance(names, pl.Series) else ""
    return {"begins": when(material, row), "series": series,
            "times": float(1 - kept["skills"][place])}  # fmt: skip


def _whole(kept: dict[str, np.ndarray], seed: int) -> dict[str, float]:
    sums, counts = (kept[key].sum(axis=1, keepdims=True) for key in ("step_inside", "step_counts"))
    drawn = scoring.resampled_means(sums, counts, seed)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"held": float(sums.sum() / counts.sum()), "low": float(low), "high": float(high)}


def _judged(whole: dict[str, float]) -> str:
    if whole["low"] > INTENDED:
        return ": they are wider than they should be."
    if whole["high"] < INTENDED:
        return ": they are narrower than they should be, as where the times have changed."
    return ", as they should."


def _counts(one: dict[str, np.ndarray]) -> np.ndarray:
    return np.maximum(one["step_counts"].sum(axis=0), 1)


def _seed(material: Material) -> int:
    return int(material.outcome["facts"].get("seed", 0))
