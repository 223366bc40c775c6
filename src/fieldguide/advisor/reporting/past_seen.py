"""What of the past a forecast hangs on: stretches of it are shuffled among windows.

Permutation importance (Breiman 2001) for windows of series. What is shuffled is how a stretch of a
column differs from the column's last value, which stays: else a series that wanders would look as
if every step of its past mattered, only because levels differ. What is known in advance is
shuffled whole, column by column.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fieldguide.advisor import scoring
from fieldguide.data import Dataset, Examples
from fieldguide.data.windows import Windows
from fieldguide.estimator import Estimator
from fieldguide.tasks import backtest
from fieldguide.tasks.forecasting import Forecasting

WINDOWS = 500  # held-out windows looked at
REPEATS = 3  # shuffles of each stretch
MOST_PLACES = 60  # stretches of all columns together: of more columns the first ones count

Inputs = Tensor | dict[str, Tensor]


@dataclass(frozen=True)
class Place:
    """A stretch of one column.

    Attributes:
        name: What the reader sees.
        column: Its number among the channels, or among the columns known in advance.
        steps: Steps of the window, from its first one; all of them for what is known in advance.
        known: Whether it is known in advance.
    """

    name: str
    column: int
    steps: slice
    known: bool = False


def measure(
    model: Estimator, held_out: Dataset, *, until: float, seed: int = 0
) -> dict[str, Any] | None:
    """Shuffle one stretch after the other among held-out windows, and forecast again.

    Args:
        model: Fitted on series.
        held_out: Series that it has not learnt from.
        until: Value of ``time.monotonic()`` to stop at.
        seed: Decides the shuffles and the resamples.

    Returns:
        What `importance.measure` returns, ``kind`` ``"past"``: ``columns`` are stretches, with the
        ``drop`` of the skill when one is shuffled, and its 95 % interval over blocks of windows.
        None where there was no time.
    """
    task = model.task_
    assert isinstance(task, Forecasting)
    windows = task.encode(held_out)
    assert isinstance(windows, Windows)
    some = windows.some(WINDOWS)
    x, y = some.batch(torch.arange(len(some))).x, some.y
    assert y is not None
    length = max(1, task.question.horizon * len(some) // len(windows))
    places = places_of(task)
    before = task.each(model._run_network(Examples(x)), y)
    found = []
    for place in places:
        drops = np.zeros_like(before)
        for repeat in range(REPEATS):
            if time.monotonic() >= until:
                return None
            order = torch.from_numpy(np.random.default_rng((seed, repeat)).permutation(len(some)))
            changed = shuffled(x, place, order, some)
            drops += (before - task.each(model._run_network(Examples(changed)), y)) / REPEATS
        found.append({"column": place.name, "repeats": REPEATS, **_interval(drops, length, seed)})
    return {
        "kind": "past",
        "rows": len(some),
        "score": float(before.mean()),
        "repeats": REPEATS,
        "columns": sorted(found, key=lambda one: -one["drop"]),
    }


def places_of(task: Forecasting) -> list[Place]:
    """Return the stretches of every column, each twice as long as the one after it.

    Example: of a lookback of 8 steps, those 1, 2 to 3 and 4 to 7 steps before the last.
    """
    asked, found = task.question, []
    lookback, start = asked.lookback, 1
    while start < lookback:
        end = min(2 * start, lookback)
        back = f"{start}" if end == start + 1 else f"{start} to {end - 1}"
        steps = slice(lookback - end, lookback - start)
        for number, name in enumerate(asked.channels):
            found.append(Place(f"{back} back: {name}", number, steps))
        start = end
    ahead = [
        Place(f"known: {name}", number, slice(None), known=True)
        for number, name in enumerate(asked.known)
    ]
    return [*ahead, *found][:MOST_PLACES]


def shuffled(x: Inputs, place: Place, order: Tensor, windows: Windows) -> Inputs:
    """Return inputs with a stretch exchanged among windows; its column's last values stay.

    Args:
        x: Of the form ``window``, or ``array``.
        place: What to shuffle.
        order: Permutation of the windows, (n,).
        windows: They know how ``array`` is laid out.
    """
    cut = windows.cut
    numbers = cut.lookback * cut.channels
    if isinstance(x, Tensor):  # differences from the last value already
        part = "known" if place.known else "past"
        copied = x.clone()
        block = copied[:, numbers:] if part == "known" else copied[:, :numbers]
        view = block.view(len(x), -1, _width(windows) if part == "known" else cut.channels)
        view[:, place.steps, place.column] = view[order][:, place.steps, place.column]
        return copied
    if place.known:
        known = x["known"].clone()
        known[..., place.column] = known[order][..., place.column]
        return {**x, "known": known}
    past = x["past"].clone()
    column = past[..., place.column]  # (n, lookback), a view
    apart = column - column[:, -1:]
    column[:, place.steps] = apart[order][:, place.steps] + column[:, -1:]
    return {**x, "past": past}


def _width(windows: Windows) -> int:
    return windows.values.shape[1] - windows.cut.channels


def _interval(drops: np.ndarray, length: int, seed: int) -> dict[str, float]:
    starts = backtest.blocks(len(drops), length)
    sums = np.add.reduceat(drops, starts)[:, None]
    counts = np.add.reduceat(np.ones_like(drops), starts)[:, None]
    low, high = np.quantile(scoring.resampled_means(sums, counts, seed), [0.025, 0.975])
    return {"drop": float(drops.mean()), "low": float(low), "high": float(high)}
