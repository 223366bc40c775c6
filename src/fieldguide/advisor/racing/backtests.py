"""What a forecaster leaves behind of its backtest: errors by step ahead, and forecasts to draw."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from fieldguide.data import Dataset
from fieldguide.data.rolling import runs
from fieldguide.data.windows import Windows
from fieldguide.tasks import backtest
from fieldguide.tasks.forecasting import Forecasting

SHOWN = 4  # series, or targets, of which forecasts are drawn
FANS, STEPS = 3, 24  # forecasts drawn of each: so many, or more that make so many steps together


def keep(task: Forecasting, outputs: Tensor, held_out: Dataset) -> dict[str, np.ndarray]:
    """Return errors by step ahead, in blocks that can be resampled, and the forecasts to draw.

    Args:
        task: Of a model that has learnt.
        outputs: Of all windows held out.
        held_out: The series that they were cut from.

    Returns:
        ``rows``: first row ahead of each window; ``skills`` of each. ``step_errors``,
        ``step_counts`` and (where there are intervals) ``step_inside``, each (blocks, horizon):
        sums over windows and targets of absolute standardised errors, of truths, and of those
        inside. ``deviation``: what to multiply errors by for the user's units, NaN where series
        or targets have several. ``fans`` (n, 1 or 3, horizon): point, low and high ends in the
        user's units, with their ``fan_rows`` and ``fan_targets``.
    """
    windows = task.encode(held_out)
    assert isinstance(windows, Windows) and windows.y is not None
    truth, bounds = windows.y.double(), task.bounds(outputs)
    error = (task.points(outputs).double() - truth).abs()
    found = {
        "rows": windows.starts.numpy() + windows.cut.lookback,
        "skills": task.each(outputs, windows.y).astype(np.float32),
        "step_errors": _by_step(error),
        "step_counts": _by_step(error.isfinite().double()),
        "deviation": _deviation(windows),
    }
    if bounds is not None:
        found["step_inside"] = _by_step(backtest.within(truth, *bounds))
    chosen = to_draw(held_out, windows)
    return found | _fans(task, outputs, windows, chosen)


def to_draw(held_out: Dataset, windows: Windows) -> list[tuple[int, int]]:
    """Return windows and targets to draw: the last forecasts that do not overlap, of a few series.

    Nothing else decides, least of all how good they are.
    """
    found, starts = runs(held_out), windows.starts.numpy()
    horizon, targets = windows.cut.horizon, windows.cut.targets
    owners = found.of_rows(starts)
    names = dict.fromkeys(found.names[owner] for owner in owners.tolist())
    pairs = [(name, target) for name in names for target in range(targets)]
    if len(names) > 1:  # rather another series than another column of the same
        pairs = sorted(pairs, key=lambda pair: pair[1])
    count, chosen = max(FANS, -(-STEPS // horizon)), []
    for name, target in pairs[:SHOWN]:
        own = np.flatnonzero(np.asarray(found.names, dtype=object)[owners] == name)
        wanted = starts[own[-1]] - horizon * np.arange(count)[::-1]
        last = own[owners[own] == owners[own[-1]]]  # what lies behind a gap is another stretch
        chosen += [(int(place), target) for place in last[np.isin(starts[last], wanted)]]
    return chosen


def _fans(
    task: Forecasting, outputs: Tensor, windows: Windows, chosen: list[tuple[int, int]]
) -> dict[str, np.ndarray]:
    index = torch.tensor([place for place, _ in chosen])
    some, targets = windows.take(index), np.array([target for _, target in chosen])
    bounds = task.bounds(outputs[index])
    parts = [task.points(outputs[index]), *(() if bounds is None else bounds)]
    offsets = some.offsets.double()[:, None]
    values = [backtest.in_units(part.double() + offsets, some.scales) for part in parts]
    own = [part[np.arange(len(targets)), :, targets] for part in values]
    rows = some.starts.numpy() + some.cut.lookback
    return {"fans": np.stack(own, axis=1), "fan_rows": rows, "fan_targets": targets}


def _by_step(values: Tensor) -> np.ndarray:
    """Return sums over targets and blocks of neighbouring windows, (blocks, horizon)."""
    sums = values.nansum(dim=2).numpy()
    return np.asarray(np.add.reduceat(sums, backtest.blocks(*sums.shape), axis=0))


def _deviation(windows: Windows) -> np.ndarray:
    found = windows.scales[..., 1].unique()
    return np.asarray(float(found[0]) if len(found) == 1 else np.nan)
