"""A network of windows that reads every target on its own, with one set of weights for all."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fieldguide.nn import sequences

LEAST = 0.1  # smallest spread that a window is divided by: a tenth of the whole series'


class WindowNetwork(nn.Module):
    """Forecasts each target from its own past, moved to end at 0 and scaled to a spread of 1.

    One network learns from the windows of all targets, so that it sees as many times more of them,
    and what differs between targets, and between one season and the next, is taken out before:
    their level and their size. Nie et al. (2023, PatchTST) found that networks of many channels
    forecast better so; the level is that of Zeng et al. (2023, NLinear).

    Args:
        body: Takes steps (B, L, C) and returns (B, L, width).
        head: Makes as many outputs as there are steps ahead.
        targets: The first so many channels are to be forecast; further ones are read beside each.
        summary: What of the body's outputs the head sees; see `fieldguide.nn.sequences`.

    Shapes:
        x: ``{"past": (B, L, channels)}``, with ``"known": (B, L + H, K)`` where columns are known H
        steps ahead; outputs (B, H, targets).
    """

    def __init__(self, *, body: nn.Module, head: nn.Module, targets: int, summary: str = "last"):
        super().__init__()
        self.body, self.head = body, head
        self.targets, self.summary = targets, summary

    def forward(self, x: dict[str, Tensor]) -> Tensor:
        """Return (B, H, targets)."""
        past, known = x["past"], x.get("known")
        count, steps, _ = past.shape
        own = past[..., : self.targets]
        level, size = own[:, -1:], own.std(dim=1, keepdim=True).clamp(min=LEAST)
        read = [((own - level) / size).transpose(1, 2).reshape(-1, steps, 1)]
        beside = past[..., self.targets :]
        if known is not None:
            beside = torch.cat([beside, known[:, :steps]], dim=2)
        read += [beside.repeat_interleave(self.targets, dim=0)] if beside.shape[2] else []
        found = sequences.SUMMARIES[self.summary](self.body(torch.cat(read, dim=2), None), None)
        if known is not None:
            ahead = known[:, steps:].flatten(1).repeat_interleave(self.targets, dim=0)
            found = torch.cat([found, ahead], dim=1)
        changes = self.head(found).view(count, self.targets, -1).transpose(1, 2)
        outputs: Tensor = level + size * changes
        return outputs
