"""Series: their number and length, season, stationarity, and what simple forecasts are worth."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from fieldguide import catalog
from fieldguide.advisor.profiling.measure import Finding, Material, Measure
from fieldguide.data import Dataset
from fieldguide.data.forecast import Forecast
from fieldguide.data.rolling import runs
from fieldguide.errors import DataError

MOST_SERIES = 50  # series that are tested for stationarity
MOST_STEPS = 5_000  # of each, from its end
FEWEST_STEPS = 25  # below which the test says nothing
LAGS = 12  # changes before, in the Dickey-Fuller regression, at most
CRITICAL = -2.86  # 5 % quantile of the Dickey-Fuller distribution with a constant
NAIVE_WINS = 0.02  # skill that a better forecast must bring at least


def find(material: Material) -> Finding | None:
    """Describe series, and try the simplest forecasts on their last fifth."""
    data = material.dataset
    asked = data.forecast
    if asked is None:
        return None
    found = runs(data)
    lengths = found.knowns - found.starts
    wanders, tested = _wandering(data, asked)
    skills = backtest(material.looked_at)
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
        "skills": {name: round(skill, 4) for name, (_, skill, _) in skills.items()},
    }
    said = [_size(figures), _season(asked), *_stationarity(wanders, tested), *_worth(skills)]
    return Finding(figures, tuple(said))


def backtest(data: Dataset) -> dict[str, tuple[str, float, int]]:
    """Return title, skill and capacity of the baselines that take windows, on the last fifth."""
    found: dict[str, tuple[str, float, int]] = {}
    try:
        train, test = data.split(0.2)
    except DataError:
        return found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for entry in catalog.entries():
            card = entry.card
            if card.baseline and "forecasting" in card.tasks:
                model = entry.load()().fit(train)
                found[entry.name] = (card.title, float(model.score(test)), card.capacity)
    return found


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
            part = np.asarray(data.column(name), float)[max(start, end - MOST_STEPS) : end]
            if len(part) >= FEWEST_STEPS and np.ptp(part) > 0:
                tested += 1
                wanders += dickey_fuller((part - part.mean()) / part.std()).wanders
    return wanders, tested


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


def _worth(skills: dict[str, tuple[str, float, int]]) -> list[str]:
    if not skills:
        return []
    said = "; ".join(f"{title} {skill:.3f}" for title, skill, _ in skills.values())
    plain = max(skill for _, skill, capacity in skills.values() if capacity == 0)
    best = max(skill for _, skill, _ in skills.values())
    sentences = [f"Simple forecasts of the last fifth, by skill: {said}."]
    if best < plain + NAIVE_WINS:
        sentences.append(
            "The naive forecasts are hard to beat: nothing simple does better than repeating the "
            "last value or the last season."
        )
    return sentences


MEASURE = Measure("series", find, tasks=("forecasting",), order=5)
