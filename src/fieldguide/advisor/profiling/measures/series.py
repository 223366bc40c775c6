"""Series: their number and length, season, stationarity, and what simple forecasts are worth."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from fieldguide import catalog
from fieldguide.advisor.profiling.measure import Finding, Material, Measure
from fieldguide.data import Dataset
from fieldguide.data.forecast import Forecast
from fieldguide.data.rolling import runs
from fieldguide.errors import DataError
from fieldguide.tasks.forecasting import Forecasting

MOST_SERIES = 50  # series that are tested for stationarity
MOST_STEPS = 5_000  # of each, from its end
FEWEST_STEPS = 25  # below which the test says nothing
LAGS = 12  # changes before, in the Dickey-Fuller regression, at most
CRITICAL = -2.86  # 5 % quantile of the Dickey-Fuller distribution with a constant
NAIVE_WINS = 0.02  # skill that a better forecast must bring at least
SURE = 2.0  # standard errors that its lead must exceed
FEWEST_BLOCKS = 8  # of neighbouring windows
HARD_TO_BEAT = (
    "The naive forecasts are hard to beat: nothing simple does better than repeating the last "
    "value or the last season by more than chance explains."
)


def find(material: Material) -> Finding | None:
    """Describe series, and try the simplest forecasts on their last fifth."""
    data = material.dataset
    asked = data.forecast
    if asked is None:
        return None
    found = runs(data)
    lengths = found.knowns - found.starts
    wanders, tested = _wandering(data, asked)
    tried = backtest(material.looked_at)
    hard = bool(tried) and _hard_to_beat(tried, asked.horizon)
    figures = {
        "series": len(set(found.names)),
        "shortest": int(lengths.min()),
        "longest": int(lengths.max()),
        "step": asked.step,
        "horizon": asked.horizon,
        "lookback": asked.lookback,
        "season": asked.season,
        "horizons_in_shortest": round(float(lengths.min()) / asked.horizon, 1),
        "windows": len(found.windows(asked.lookback, asked.horizon)),
        "wandering": wanders,
        "tested": tested,
        "skills": {name: round(one.skill, 4) for name, one in tried.items()},
        "backtest": {name: one.to_dict() for name, one in tried.items()},
        "hard_to_beat": hard,
    }
    said = [_size(figures), _season(asked), *_stationarity(wanders, tested), *_worth(tried, hard)]
    return Finding(figures, tuple(said))


@dataclass(frozen=True)
class Tried:
    """A simple forecast, tried on the last fifth of the series.

    Attributes:
        title: Its name in full.
        capacity: 0 where it learns nothing; see `fieldguide.card`.
        skill: 1 - its error / that of the seasonal-naive forecast in training.
        deviation: Standard deviation of the skill by chance, over blocks of windows.
        each: Skill of every window, (windows,).
    """

    title: str
    capacity: int
    skill: float
    deviation: float
    each: np.ndarray

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form, less the single windows."""
        return {
            "title": self.title,
            "capacity": self.capacity,
            "skill": round(self.skill, 4),
            "deviation": round(self.deviation, 4),
            "windows": len(self.each),
        }


def backtest(data: Dataset) -> dict[str, Tried]:
    """Try the baselines that take windows on the last fifth; empty where there is too little."""
    found: dict[str, Tried] = {}
    try:
        train, test = data.split(0.2)
    except DataError:
        return found
    assert data.forecast is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for entry in catalog.entries():
            card = entry.card
            if not (card.baseline and "forecasting" in card.tasks):
                continue
            model = entry.load()().fit(train)
            outputs, truth = model._outputs_and_truth(test, None)
            assert isinstance(model.task_, Forecasting)
            each = model.task_.each(outputs, truth)
            chance = _by_chance(each, data.forecast.horizon)
            found[entry.name] = Tried(card.title, card.capacity, float(each.mean()), chance, each)
    return found


def _by_chance(values: np.ndarray, horizon: int) -> float:
    """Return the standard error of a mean of windows, neighbours of which share steps."""
    blocks = np.array_split(values, min(len(values), max(FEWEST_BLOCKS, len(values) // horizon)))
    means = np.array([block.mean() for block in blocks])
    return float(means.std(ddof=1) / np.sqrt(len(means))) if len(means) > 1 else 0.0


def _hard_to_beat(tried: dict[str, Tried], horizon: int) -> bool:
    """Whether nothing that learns is better than what does not, by more than chance explains."""
    plain = max((one for one in tried.values() if one.capacity == 0), key=lambda one: one.skill)
    for other in tried.values():
        gain = other.each - plain.each
        needed = max(NAIVE_WINS, SURE * _by_chance(gain, horizon))
        if other.capacity > 0 and gain.mean() > needed:
            return False
    return True


@dataclass(frozen=True)
class Unit:
    """What the augmented Dickey-Fuller test says of one series.

    Attributes:
        statistic: t value of the pull towards the mean; far below 0 for a stationary series.
    """

    statistic: float

    @property
    def wanders(self) -> bool:
        """Whether a random walk cannot be ruled out."""
        return self.statistic > CRITICAL


def dickey_fuller(values: np.ndarray) -> Unit:
    """Test whether a series comes back to its mean (Said & Dickey 1984).

    Δy(t) = a + ρ y(t-1) + Σ cᵢ Δy(t-i) + ε is fitted by least squares; ρ = 0 for a random walk.

    Args:
        values: One series, (steps,).
    """
    changes, lags = np.diff(values), min(LAGS, int(len(values) ** (1 / 3)))
    rows = len(changes) - lags
    columns = [np.ones(rows), values[lags:-1]]
    columns += [changes[lags - i : len(changes) - i] for i in range(1, lags + 1)]
    design, y = np.stack(columns, axis=1), changes[lags:]
    weights, *_ = np.linalg.lstsq(design, y, rcond=None)
    residual = y - design @ weights
    variance = residual @ residual / max(1, rows - design.shape[1])
    spread = np.sqrt(variance * np.linalg.pinv(design.T @ design)[1, 1])
    return Unit(float(weights[1] / spread) if spread > 0 else -np.inf)


def _wandering(data: Dataset, asked: Forecast) -> tuple[int, int]:
    """Return how many columns of series wander like a random walk, and how many were tested."""
    found, wanders, tested = runs(data), 0, 0
    for start, end in list(zip(found.starts, found.knowns, strict=True))[:MOST_SERIES]:
        for name in asked.targets:
            part = _filled(data, name)[max(start, end - MOST_STEPS) : end]
            if len(part) >= FEWEST_STEPS and np.ptp(part) > 0:
                tested += 1
                wanders += dickey_fuller((part - part.mean()) / part.std()).wanders
    return wanders, tested


def _filled(data: Dataset, name: str) -> np.ndarray:
    """Return a column with the value before standing in for what is missing."""
    column = data.column(name)
    assert isinstance(column, pl.Series)
    return column.fill_nan(None).forward_fill().backward_fill().to_numpy()


def _size(figures: dict[str, object]) -> str:
    count, least, most = figures["series"], figures["shortest"], figures["longest"]
    what = "One series" if count == 1 else f"{count:,} series"
    long = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return (
        f"{what} of {long} known steps, {figures['horizons_in_shortest']} times the horizon of "
        f"{figures['horizon']} at least; {figures['windows']:,} windows look {figures['lookback']} "
        "steps back. Neighbouring windows overlap, so they tell less than as many examples."
    )


def _season(asked: Forecast) -> str:
    if asked.season < 2:
        return "No season was found: the seasonal-naive forecast is the naive one."
    return f"The series repeat after {asked.season} steps."


def _stationarity(wanders: int, tested: int) -> list[str]:
    if not tested:
        return []
    if not wanders:
        return ["All come back to a mean (Dickey-Fuller test): the level tells something."]
    what = "It wanders" if tested == 1 else f"{wanders} of {tested} wander"
    return [
        f"{what} like a random walk (Dickey-Fuller test): what is forecast from the last value on "
        "does better there than what is forecast from a mean."
    ]


def _worth(tried: dict[str, Tried], hard: bool) -> list[str]:
    if not tried:
        return []
    said = "; ".join(f"{one.title} {one.skill:.3f}" for one in tried.values())
    sentences = [f"Simple forecasts of the last fifth, by skill: {said}."]
    if hard:
        sentences.append(HARD_TO_BEAT)
    return sentences


MEASURE = Measure("series", find, tasks=("forecasting",), order=5)
