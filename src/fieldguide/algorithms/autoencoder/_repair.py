"""Correction of outliers: which entries of an example are wrong, and what stood there instead.

A model that has learnt what healthy examples look like reconstructs each example. An entry that it
misses by far more than it misses healthy ones is wrong, and is replaced by what the model says of
the *others*. Since a wrong entry drags the reconstruction of its neighbours along, this takes two
steps:

1. Softly: entries are moved towards their reconstruction as far as they are loud among their row,

       x̃ ← x̂(x̃) + min(1, c / r) (x - x̂(x̃)),  r = |x - x̂(x̃)| / scale,  c = half the median of r

   until outliers pull no harder than anything else. For a linear model this is Huber's regression
   of the row on its directions, by his pseudo-values (Huber & Ronchetti 2009, 7.8).
2. Hard: what is still more than a threshold away is wrong, x_wrong ← x̂(x)_wrong is repeated until
   it stands still (for a linear model: least squares over the others), and all entries are heard
   again, until the verdict stays the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from fieldguide.algorithms.autoencoder._layout import Layout

Say = Callable[[Tensor, Tensor], Tensor]

THRESHOLD = 5.0  # robust deviations that a residual may have
SOFT = 60  # reconstructions of the first step
BEND = 0.5  # median residuals of a row beyond which an entry pulls no harder
ROUNDS = 10  # verdicts of the second step, at most
SETTLING = 15  # reconstructions before a verdict, for replacements to stand still
MOST = 0.5  # of an example's entries; where more are wrong, nothing is left to tell them from
TO_DEVIATION = 1.4826  # the deviation of a normal distribution over its median absolute deviation
HEALTHY = 0.99  # share of healthy residuals that stay below the threshold, whatever their tails
MARGIN = 0.5  # of the range of healthy values that a replacement may lie beyond it
FLOOR = 0.2  # of the median scale: what is always reconstructed exactly is not held to that


@dataclass(frozen=True)
class Scales:
    """How far healthy entries are from their reconstructions.

    Attributes:
        centre: The median residual of each entry, (E,).
        scale: A robust deviation of each entry's residuals, (E,); never 0.
        low: Below this no replacement is, (D,).
        high: Nor above this, (D,).
    """

    centre: Tensor
    scale: Tensor
    low: Tensor
    high: Tensor

    def ratios(self, residuals: Tensor) -> Tensor:
        """Return residuals in robust deviations, 0 or more, same shape."""
        return (residuals - self.centre).abs() / self.scale


class Usual(nn.Module):
    """How far healthy entries are from what is said of them, kept with the weights.

    Args:
        layout: What the numbers of a row are.
    """

    centre: Tensor
    scale: Tensor
    low: Tensor
    high: Tensor

    def __init__(self, layout: Layout):
        super().__init__()
        for name in ("centre", "scale"):
            self.register_buffer(name, torch.zeros(layout.entries))
        for name in ("low", "high"):
            self.register_buffer(name, torch.zeros(layout.width))

    def learn(self, scales: Scales) -> None:
        """Keep what was learnt."""
        for name in ("centre", "scale", "low", "high"):
            self.get_buffer(name).copy_(getattr(scales, name))


def learn_scales(residuals: Tensor, rows: Tensor, layout: Layout) -> Scales:
    """Learn from residuals of healthy examples, best held out, what is usual.

    The deviation is 1.4826 medians of the absolute deviation, which a few outliers among the
    examples leave alone, or a fifth of the 99 % quantile, whichever is larger.

    Args:
        residuals: Of `Layout.residuals`, (n, E), n at least 1; NaN where nothing was there.
        rows: Those examples, (n, D).
        layout: What the entries are.
    """
    centre = residuals.nanmedian(dim=0).values.nan_to_num()
    centre[layout.numbers :] = 0.0  # of categories: a probability of 1
    away = (residuals - centre).abs()
    usual = TO_DEVIATION * away.nanmedian(dim=0).values.nan_to_num()
    tails = away.nanquantile(HEALTHY, dim=0).nan_to_num() / THRESHOLD
    scale = torch.maximum(usual, tails)
    numbers = scale[: layout.numbers]
    floor = FLOOR * float(numbers[numbers > 0].median()) if bool((numbers > 0).any()) else 1.0
    scale[: layout.numbers].clamp_(min=max(floor, 1e-6))
    scale[layout.numbers :].clamp_(min=1.0)  # 5 nats: a probability below 1 in 150
    low, high = rows.aminmax(dim=0)
    return Scales(centre, scale, low - MARGIN * (high - low), high + MARGIN * (high - low))


def repair(
    rows: Tensor,
    say: Say,
    layout: Layout,
    scales: Scales,
    *,
    threshold: float = THRESHOLD,
    settling: int = SETTLING,
    known: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Find the wrong entries of each example and replace them.

    Args:
        rows: Examples, (B, D).
        say: The model: rows (B, D), and which of their numbers are worth nothing (B, D), to
            reconstructions (B, D).
        layout: What the numbers of a row are.
        scales: What residuals are usual.
        threshold: Robust deviations above which an entry counts as wrong, above 0.
        settling: Reconstructions before a verdict; 1 for a model that needs no repetition.
        known: Entries known to be wrong, such as missing ones, (B, E); none if left out.

    Returns:
        The repaired rows (B, D), and which entries were wrong (B, E). An example of which more
        than half seems wrong is strange as a whole; of it, only what is ``known`` is replaced.
    """
    nowhere = torch.zeros(len(rows), layout.entries, dtype=torch.bool, device=rows.device)
    known = nowhere if known is None else known

    def bounded(some: Tensor, replaced: Tensor) -> Tensor:
        return say(some, replaced).clamp(scales.low, scales.high)

    def verdict(filled: Tensor) -> Tensor:
        said = bounded(filled, torch.zeros_like(rows, dtype=torch.bool))
        return known | (scales.ratios(layout.residuals(rows, said)) > threshold)

    filled = _soften(rows, bounded, layout, scales, known)
    wrong = verdict(filled)
    for _ in range(ROUNDS):
        filled = _settle(rows, filled, layout.spread(wrong), bounded, settling)
        former, wrong = wrong, verdict(filled)
        if torch.equal(former, wrong):
            break
    strange = wrong.float().mean(dim=1, keepdim=True) > MOST
    wrong = torch.where(strange, known, wrong)
    wide = layout.spread(wrong)
    filled = _settle(rows, filled, wide, bounded, settling)
    return torch.where(wide, layout.decide(filled), rows), wrong


def _soften(rows: Tensor, say: Say, layout: Layout, scales: Scales, known: Tensor) -> Tensor:
    """Return rows in which no entry is far from its reconstruction for its row."""
    filled, wide = rows, layout.spread(known)
    for _ in range(SOFT):
        said = say(filled, wide)
        ratios = scales.ratios(layout.residuals(rows, said))
        bend = BEND * ratios.median(dim=1, keepdim=True).values.clamp_min(1.0)
        trust = (bend / ratios.clamp_min(1e-9)).clamp(max=1.0).masked_fill(known, 0.0)
        filled = said + layout.spread(trust) * (rows - said)
    return filled


def _settle(rows: Tensor, filled: Tensor, wide: Tensor, say: Say, times: int) -> Tensor:
    """Return rows whose wrong numbers are what the model says of the others."""
    replaced = wide
    for _ in range(times):
        filled = torch.where(wide, say(torch.where(wide, filled, rows), replaced), rows)
        replaced = torch.zeros_like(wide)  # now there is something to go on from
    return filled
