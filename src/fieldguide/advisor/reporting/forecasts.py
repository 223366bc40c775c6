"""Forecasts beside what came: the last ones of the held-out part, drawn over the history."""

from __future__ import annotations

import zipfile
from typing import Any

import numpy as np
import polars as pl

from fieldguide.advisor import words
from fieldguide.advisor.racing.run_folder import ENTRANTS
from fieldguide.advisor.reporting import figures_of_forecasts
from fieldguide.advisor.reporting.material import Material
from fieldguide.data.rolling import runs

YARDSTICK = "seasonal-naive"  # what skill is measured against
HISTORY = (24, 400)  # steps drawn before the first forecast, at least and at most
MISSING = "The winner's forecasts are not there, so there is nothing to see."


def section(material: Material) -> tuple[dict[str, Any], str]:
    """Return the section's facts and its figure."""
    kept = material.winner and backtest_of(material, material.winner["name"])
    if not kept:
        return {"says": MISSING, "panels": [], "note": ""}, ""
    panels = _panels(material, kept, backtest_of(material, YARDSTICK))
    fans = [fan for panel in panels for fan in panel["fans"]]
    facts = {"says": _says(fans), "note": _note(material, kept, fans), "panels": panels}
    assert material.winner is not None
    return facts, figures_of_forecasts.fans(panels, material.winner["title"])


def backtest_of(material: Material, name: str) -> dict[str, np.ndarray] | None:
    """Return what an entrant left of its backtest (`backtests.keep`), if it is there."""
    path = material.run / ENTRANTS / name / "predictions.npz"
    try:
        with np.load(path, allow_pickle=False) as opened:
            found = {key: opened[key] for key in opened.files}
    except (OSError, ValueError, zipfile.BadZipFile):
        return None
    return found if "fans" in found else None


def when(material: Material, row: int) -> str:
    """Return the time of a held-out row."""
    asked = material.dataset.forecast
    assert asked is not None and asked.time is not None
    times = material.held_out.column(asked.time)
    assert isinstance(times, pl.Series)
    return _text(times[int(row)])


def _panels(
    material: Material, kept: dict[str, np.ndarray], naive: dict[str, np.ndarray] | None
) -> list[dict[str, Any]]:
    data, asked = material.dataset, material.dataset.forecast
    assert asked is not None
    places = material.test[kept["fan_rows"]]  # first rows ahead, among all rows
    known = runs(data)
    owners, targets = known.of_rows(places), kept["fan_targets"]
    same = naive is not None and np.array_equal(naive["fan_rows"], kept["fan_rows"])
    found = []
    for owner, target in dict.fromkeys(zip(owners.tolist(), targets.tolist(), strict=True)):
        own = np.flatnonzero((owners == owner) & (targets == target))
        first, last = places[own[0]], places[own[-1]] + asked.horizon
        before = int(np.clip(last - first, *HISTORY))
        rows = np.arange(max(known.starts[owner], first - before), last)
        values = np.asarray(data.column(asked.targets[target]), float)[rows]
        fans = [
            _fan(kept["fans"][i], naive["fans"][i, 0] if same and naive is not None else None,
                 int(places[i] - rows[0]), values)
            for i in own
        ]  # fmt: skip
        times = data.column(str(asked.time))
        assert isinstance(times, pl.Series)
        stamps = [_text(time) for time in times.gather(rows)]
        for fan in fans:
            fan["begins"] = stamps[fan["at"]]
        found.append({"series": known.names[owner], "target": asked.targets[target],
                      "times": stamps, "values": values.tolist(), "fans": fans})  # fmt: skip
    return found


def _fan(parts: np.ndarray, naive: np.ndarray | None, at: int, values: np.ndarray) -> dict:
    """Return one forecast, and how it did; ``at`` is its first step among the values."""
    truth = values[at : at + parts.shape[1]]
    found: dict[str, Any] = {
        "at": at,
        "forecast": parts[0].tolist(),
        "low": parts[1].tolist() if len(parts) > 1 else None,
        "high": parts[2].tolist() if len(parts) > 1 else None,
        "seasonal_naive": None if naive is None else naive.tolist(),
        "error": _error(parts[0], truth),
        "naive_error": None if naive is None else _error(naive, truth),
        "known": int(np.isfinite(truth).sum()),
    }
    if len(parts) > 1:
        found["inside"] = int(((truth >= parts[1]) & (truth <= parts[2])).sum())
    return found


def _error(guess: np.ndarray, truth: np.ndarray) -> float | None:
    error = np.abs(guess - truth)
    return float(np.nanmean(error)) if np.isfinite(error).any() else None


def _says(fans: list[dict[str, Any]]) -> str:
    judged = [fan for fan in fans if fan["error"] is not None and fan["naive_error"] is not None]
    said = ""
    if judged and all(np.isclose(fan["error"], fan["naive_error"]) for fan in judged):
        said = "The winner forecasts what the seasonal-naive forecast does"
    elif judged:
        nearer = sum(fan["error"] < fan["naive_error"] for fan in judged)
        said = (
            f"In {nearer} of the {len(judged)} forecasts drawn, the winner came nearer to what "
            "happened than the seasonal-naive forecast"
        )
    ranged = [fan for fan in fans if "inside" in fan]
    inside, known = (sum(fan[key] for fan in ranged) for key in ("inside", "known"))
    if not known:
        return f"{said or 'These are the last forecasts of the held-out part'}."
    held = f"{words.share(inside / known)} of these {known:,} values"
    if not said:
        return f"The winner's 80 % intervals hold {held}."
    return f"{said}; its 80 % intervals hold {held}."


def _note(material: Material, kept: dict[str, np.ndarray], fans: list[dict[str, Any]]) -> str:
    return (
        f"The last {len(fans)} forecasts of the held-out part that do not overlap, of a few series "
        f"or columns: few, and not picked. Scores are over all {len(kept['rows']):,} windows. The "
        "winner was fitted before the first held-out step, and looks back on what had happened by "
        "each thin line."
    )


def _text(time: Any) -> str:
    return str(time).removesuffix(" 00:00:00").removesuffix(":00")
