"""A network of sequences: a body that reads the steps, a summary of what it puts out, a head."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fieldguide.nn import sequences

Inputs = dict[str, Tensor]


class SequenceNetwork(nn.Module):
    """Reads each sequence whole, then says one thing about it.

    Args:
        body: Takes steps (B, T, C) and lengths (B,) or None, and returns (B, T, width); what lies
            after a sequence's end must not change what lies before it.
        head: Makes outputs of ``width`` numbers, and those of the columns known ahead if any.
        summary: What of the body's outputs the head sees: ``"last"``, ``"mean"`` or ``"ends"``;
            see `fieldguide.nn.sequences`.

    Shapes:
        x: ``{"steps": (B, T, C), "lengths": (B,)}``, or a window, ``{"past": (B, L, C)}`` with
        ``"known": (B, L + H, K)`` where columns are known H steps ahead: those of the past are read
        beside it, those ahead are handed to the head, flattened. Outputs: the head's.
    """

    def __init__(self, *, body: nn.Module, head: nn.Module, summary: str = "last"):
        super().__init__()
        self.body, self.head, self.summary = body, head, summary

    def forward(self, x: Inputs) -> Tensor:
        """Return (B, outputs)."""
        steps, lengths, ahead = taken_in(x)
        found = sequences.SUMMARIES[self.summary](self.body(steps, lengths), lengths)
        if ahead is not None:
            found = torch.cat([found, ahead.flatten(1)], dim=1)
        outputs: Tensor = self.head(found)
        return outputs


def taken_in(x: Inputs) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """Return steps, lengths (None where all are equal) and what is known of the steps ahead."""
    if "past" not in x:
        return x["steps"], sequences.uneven(x["lengths"], x["steps"].shape[1]), None
    past, known = x["past"], x.get("known")
    if known is None:
        return past, None, None
    looked_back = past.shape[1]
    steps = torch.cat([past, known[:, :looked_back]], dim=2)
    return steps, None, known[:, looked_back:]
