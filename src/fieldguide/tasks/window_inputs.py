"""The input side of forecasting: series, standardised, from which windows are cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import polars as pl
import torch

from fieldguide.codecs import from_config as codec_from_config
from fieldguide.codecs.scales import Scales
from fieldguide.data import Dataset
from fieldguide.data.forecast import Forecast
from fieldguide.data.rolling import Runs, runs
from fieldguide.data.windows import Shape, Windows
from fieldguide.errors import DataError
from fieldguide.tasks.forms import OF_SERIES
from fieldguide.tasks.inputs import Inputs


@dataclass(frozen=True)
class WindowInputs(Inputs):
    """Scales of every series, and the shape of a window.

    Attributes:
        names: Series seen in training, in the order of the scales.
        cut: What a window is made of.
        known: Columns known in advance.
    """

    names: tuple[str, ...]
    cut: Shape
    known: int

    @classmethod
    def of(cls, train: Dataset, forms: Sequence[str] = ()) -> Self:
        """Fit the scales on the training split.

        Args:
            train: Series.
            forms: The forms that the algorithm takes; ``window`` if empty.
        """
        asked = train.forecast
        assert asked is not None
        able = [form for form in OF_SERIES if form in forms] or ["window"]
        found, values = runs(train), _values(train, asked)
        steps = _steps_by_name(found, values)
        names, parts = tuple(steps), list(steps.values())
        cut = Shape(asked.lookback, asked.horizon, len(asked.targets), len(asked.channels),
                    flat=able[0] == "array")  # fmt: skip
        return cls(able[0], {"steps": Scales.of(parts)}, names, cut, len(asked.known))

    @property
    def shape(self) -> tuple[int, ...]:
        """(lookback, channels); of the form ``array`` the numbers in a row."""
        cut = self.cut
        if not cut.flat:
            return cut.lookback, cut.channels
        return (cut.lookback * cut.channels + (cut.lookback + cut.horizon) * self.known,)

    def windows(self, series: Dataset, *, with_target: bool) -> Windows:
        """Return every window whose targets are known, or the last window of each series.

        Where a target is missing, the value before it is filled in, or the mean where there is
        none. Windows that lack most of the steps ahead are left out.

        Raises:
            DataError: No series is long enough, or a column that must be known in advance is not.
        """
        asked = series.forecast
        assert asked is not None
        found, values = runs(series), _values(series, asked)
        if with_target:
            starts = found.windows(asked.lookback, asked.horizon)
        else:
            starts = last_windows(series, found)
            self._check_known(series, values, starts)
        if not len(starts):
            raise too_short(series, found, with_target)
        scales = self._scales(found, values)
        owner = found.of_rows(np.arange(len(values)))
        scaled = (values - scales[owner, :, 0]) / scales[owner, :, 1]
        absent = np.isnan(scaled[:, : self.cut.targets])
        absent &= (np.arange(len(values)) < found.knowns[owner])[:, None]
        if absent.any():
            scaled = _carried(scaled, owner)
            if with_target:
                starts = starts[_judgeable(absent, starts + asked.lookback, asked.horizon)]
                if not len(starts):
                    raise too_short(series, found, with_target)
        of_targets = scales[found.of_rows(starts), : self.cut.targets]
        return Windows(
            torch.from_numpy(np.nan_to_num(scaled).astype(np.float32)),
            torch.from_numpy(starts),
            torch.from_numpy(of_targets.astype(np.float32)),
            self.cut,
            with_target=with_target,
            absent=torch.from_numpy(absent) if absent.any() else None,
        )

    def config(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        more = {"names": list(self.names), "cut": asdict(self.cut), "known": self.known}
        return {**super().config(), **more}

    @classmethod
    def from_config(cls, stored: dict[str, Any]) -> Self:
        """Rebuild from `config`."""
        codecs = {name: codec_from_config(kept) for name, kept in stored["codecs"].items()}
        cut = Shape(**stored["cut"])
        return cls(stored["form"], codecs, tuple(stored["names"]), cut, stored["known"])

    def _scales(self, found: Runs, values: np.ndarray) -> np.ndarray:
        """Return the scales of each run; of a series that training did not have, its own."""
        codec = self.codecs["steps"]
        assert isinstance(codec, Scales)
        known = dict(zip(self.names, codec.table, strict=True))
        strange = {name for name in found.names if name not in known}
        if strange:
            steps = _steps_by_name(found, values)
            known |= {name: Scales.of([steps[name]]).table[0] for name in strange}
        return np.stack([known[name] for name in found.names])

    def _check_known(self, series: Dataset, values: np.ndarray, starts: np.ndarray) -> None:
        """Refuse a forecast for whose steps a column that is known in advance is empty."""
        asked = series.forecast
        assert asked is not None
        for place, name in enumerate(asked.known, start=len(asked.channels)):
            for start in starts:
                last = start + asked.lookback - 1
                ahead = values[last + 1 : last + 1 + asked.horizon, place]
                lacking = np.isnan(ahead)
                if len(ahead) < asked.horizon or lacking.any():
                    at = int(lacking.argmax()) if lacking.any() else len(ahead)
                    row = series.origins[min(last + at + lacking.any(), len(series) - 1)]
                    raise DataError(
                        f"the column is known in advance, and its value {at + 1} step(s) ahead is "
                        f"missing; a forecast needs {asked.horizon}.",
                        "Add rows for the steps to come, with this column filled in and the "
                        "columns to forecast left empty.",
                        file=series.source,
                        row=int(row),
                        field=name,
                    )


def last_windows(series: Dataset, found: Runs) -> np.ndarray:
    """Return the first row of the last window of each series that is long enough to forecast.

    Series that are too short are booked in the ledger.
    """
    asked = series.forecast
    assert asked is not None
    last = {name: place for place, name in enumerate(found.names)}
    order = np.array(list(last.values()))
    long = (found.knowns - found.starts)[order] >= asked.lookback
    for place in order[~long]:
        reason = f"its series has fewer than the {asked.lookback} steps that a forecast looks back"
        rows = series.origins[found.starts[place] : found.ends[place]]
        series.ledger.book("excluded", reason, rows, file=series.source, field=asked.series)
    return np.asarray(found.knowns[order[long]] - asked.lookback)


def too_short(series: Dataset, found: Runs, with_target: bool) -> DataError:
    """Return the error of data without a window."""
    asked = series.forecast
    assert asked is not None
    longest = int((found.knowns - found.starts).max(initial=0))
    need = f"a forecast looks back on {asked.lookback}"
    need += f", and scoring it takes {asked.horizon} more" if with_target else ""
    return DataError(
        f"the longest stretch without a gap has {longest} known steps; {need}.",
        "Bring more of the series' past.",
        file=series.source,
    )


def _carried(values: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Fill gaps with the value before them in the same run; before the first, they stay."""
    frame = pl.DataFrame(values).with_columns(pl.Series("run", owner)).fill_nan(None)
    carried = frame.select(pl.exclude("run").forward_fill().over("run"))
    return np.asarray(carried.fill_null(np.nan).to_numpy())


def _judgeable(absent: np.ndarray, firsts: np.ndarray, horizon: int) -> np.ndarray:
    """Return which windows know at least half of the steps ahead."""
    before = np.concatenate([[0], np.cumsum(absent.sum(axis=1))])
    lacking = before[firsts + horizon] - before[firsts]
    return np.asarray(2 * lacking <= horizon * absent.shape[1])


def _values(series: Dataset, asked: Forecast) -> np.ndarray:
    columns = [np.asarray(series.column(n), float) for n in (*asked.channels, *asked.known)]
    return np.stack(columns, axis=1)


def _steps_by_name(found: Runs, values: np.ndarray) -> dict[str, np.ndarray]:
    """Return the known steps of each series, in the order of their first rows."""
    parts: dict[str, list[np.ndarray]] = {}
    for start, end, name in zip(found.starts, found.knowns, found.names, strict=True):
        parts.setdefault(name, []).append(values[start:end])
    return {name: np.concatenate(pieces) for name, pieces in parts.items()}
