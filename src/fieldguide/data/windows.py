"""Examples that are windows of series: cut out of the steps when a batch is fetched, never before.

Form ``window``: ``x = {"past": (B, lookback, channels), "scale": (B, targets, 2)}``, the targets
first among the channels, with ``"known": (B, lookback + horizon, columns)`` where columns are known
in advance; ``y = (B, horizon, targets)``. All are standardised; ``scale`` holds the mean and the
deviation that the targets were standardised with, for distributions of counts.

A value that the series lacks has been filled in, to look back on and to learn from; it is no truth
to be judged by, and NaN stands for it in `Windows.y`.

Form ``array``: past and known in one row, and the steps ahead in another. Both are differences from
the last value of each channel, which itself takes the last place of the past: so whatever pulls
towards 0 pulls towards the naive forecast, and a level never seen in training does no harm.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fieldguide.data.examples import SAMPLED, Batch, Examples, Inputs


@dataclass(frozen=True)
class Shape:
    """What a window is made of.

    Attributes:
        lookback: Steps of the past.
        horizon: Steps ahead.
        targets: Channels to forecast, the first ones.
        channels: Channels of the past.
        flat: Whether past and known go into one row.
    """

    lookback: int
    horizon: int
    targets: int
    channels: int
    flat: bool = False


class Windows(Examples):
    """Windows of series.

    Args:
        values: Steps of all series, standardised, (steps, channels + known columns), float32.
        starts: First step of each window, (n,).
        scales: Mean and deviation of each target, (n, targets, 2).
        shape: What a window is made of.
        with_target: Whether the steps ahead are known.
        absent: Which targets were filled in, (steps, targets); None for none.
    """

    def __init__(
        self,
        values: Tensor,
        starts: Tensor,
        scales: Tensor,
        shape: Shape,
        *,
        with_target: bool = True,
        absent: Tensor | None = None,
        device: torch.device | str = "cpu",
    ):
        self.values, self.starts, self.scales, self.cut = values, starts, scales, shape
        self.with_target, self.absent = with_target, absent
        self.device, self.finish = device, None

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def x(self) -> Inputs:  # type: ignore[override]
        """Inputs of the first window: the whole is never made."""
        return self.batch(torch.arange(min(1, len(self)))).x

    @property
    def y(self) -> Tensor | None:  # type: ignore[override]
        """Truth of all windows, (n, horizon, targets), NaN where it was filled in.

        A view where windows follow each other and nothing is missing.
        """
        if not self.with_target:
            return None
        shape, count = self.cut, len(self)
        targets = self.values[:, : shape.targets]
        if self.absent is not None:
            targets = targets.masked_fill(self.absent, torch.nan)
        if count and not shape.flat and int(self.starts[-1] - self.starts[0]) == count - 1:
            first = int(self.starts[0]) + shape.lookback
            part = targets[first : first + count + shape.horizon - 1]
            return part.unfold(0, shape.horizon, 1).transpose(1, 2)
        ahead = self._gather(targets, self.starts + shape.lookback, shape.horizon)
        return ahead - self.offsets[:, None] if shape.flat else ahead

    @property
    def offsets(self) -> Tensor:
        """What to add to the outputs of each window, (n, targets): its last values, or 0."""
        shape = self.cut
        last = self.values[:, : shape.targets].index_select(0, self.starts + shape.lookback - 1)
        return last if shape.flat else torch.zeros_like(last)

    @property
    def numbers(self) -> int:
        """Numbers in one example."""
        known = self.values.shape[1] - self.cut.channels
        ahead = (self.cut.lookback + self.cut.horizon) * known
        return self.cut.lookback * self.cut.channels + ahead

    def batch(self, index: Tensor) -> Batch:
        """Cut out the windows at ``index``."""
        shape, starts = self.cut, self.starts.index_select(0, index)
        past = self._gather(self.values[:, : shape.channels], starts, shape.lookback)
        y = None
        if self.with_target:
            targets = self.values[:, : shape.targets]
            y = self._gather(targets, starts + shape.lookback, shape.horizon)
        known = None
        if self.values.shape[1] > shape.channels:
            both = shape.lookback + shape.horizon
            known = self._gather(self.values[:, shape.channels :], starts, both)
        if shape.flat:
            last = past[:, -1:]
            past = torch.cat([past[:, :-1] - last, last], dim=1)
            y = None if y is None else y - last[..., : shape.targets]
            parts = [part.flatten(1) for part in (past, known) if part is not None]
            x: Inputs = torch.cat(parts, dim=1).to(self.device)
            return Batch(x, None if y is None else y.to(self.device), index)
        parts_by_name = {"past": past, "scale": self.scales.index_select(0, index)}
        parts_by_name |= {} if known is None else {"known": known}
        x = {name: part.to(self.device) for name, part in parts_by_name.items()}
        return Batch(x, None if y is None else y.to(self.device), index)

    def span(self, start: int, stop: int) -> Batch:
        """Cut out consecutive windows."""
        return self.batch(torch.arange(start, min(stop, len(self))))

    def on(self, device: torch.device | str) -> Windows:
        """Return windows whose batches arrive on ``device``."""
        return Windows(self.values, self.starts, self.scales, self.cut, absent=self.absent,
                       with_target=self.with_target, device=device)  # fmt: skip

    def take(self, index: Tensor) -> Windows:
        """Return the windows at ``index``."""
        return Windows(self.values, self.starts[index], self.scales[index], self.cut,
                       absent=self.absent, with_target=self.with_target,
                       device=self.device)  # fmt: skip

    def some(self, most: int) -> Windows:
        """Return at most so many windows, spread evenly over all."""
        chosen = np.unique(np.linspace(0, len(self) - 1, min(most, len(self))).astype(np.int64))
        return self.take(torch.from_numpy(chosen))

    def late(self, share: float) -> tuple[Tensor, Tensor]:
        """Return the indices of early windows, and of the last ones of each series.

        No step ahead is in both: the early windows next to the late ones belong to neither.

        Args:
            share: Of the windows, that of the late ones; 0 to 1.
        """
        apart = self.cut.lookback + self.cut.horizon  # of the next series: nothing is shared
        breaks = torch.nonzero(self.starts.diff() >= apart).flatten() + 1
        early, late = [], []
        for run in torch.tensor_split(torch.arange(len(self)), breaks):
            held = run[len(run) - round(share * len(run)) :]
            first = self.starts[held[0]] if len(held) else self.starts[run[-1]] + apart
            early.append(run[self.starts[run] + self.cut.horizon <= first])
            late.append(held)
        return torch.cat(early), torch.cat(late)

    def digest(self) -> str:
        """Return a short fingerprint: shapes, starts, and the values of steps spread over all."""
        found = hashlib.sha256(f"{tuple(self.values.shape)} {self.cut}".encode())
        found.update(self.starts.numpy().tobytes())
        rows = torch.linspace(0, max(0, len(self.values) - 1), min(len(self.values), SAMPLED))
        found.update(self.values.index_select(0, rows.long()).contiguous().numpy().tobytes())
        return found.hexdigest()

    @staticmethod
    def _gather(values: Tensor, starts: Tensor, steps: int) -> Tensor:
        """Return (n, steps, columns)."""
        rows = (starts[:, None] + torch.arange(steps)).flatten()
        return values.index_select(0, rows).view(len(starts), steps, values.shape[1])
