"""A network of sequences: a body that reads the steps, a summary of what it puts out, a head."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from fieldguide.nn import sequences
from fieldguide.nn.window_network import WindowNetwork

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
        beside it, those ahead are handed to the head, flattened. Outputs: the head's; for a window
        (B, H, targets), added to the last value of each target, the first of the channels.
    """

    def __init__(self, *, body: nn.Module, head: nn.Module, summary: str = "last"):
        super().__init__()
        self.body, self.head, self.summary = body, head, summary

    def forward(self, x: Inputs) -> Tensor:
        """Return (B, outputs), or (B, H, targets) for a window."""
        steps, lengths, ahead = taken_in(x)
        found = sequences.SUMMARIES[self.summary](self.body(steps, lengths), lengths)
        if ahead is not None:
            found = torch.cat([found, ahead.flatten(1)], dim=1)
        outputs: Tensor = self.head(found)
        if "past" in x:  # what changes is easier to say than where a wandering series will be
            outputs = outputs + x["past"][:, -1:, : outputs.shape[2]]
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


def of_steps(inputs: Any, *, apart: bool = False) -> tuple[int, int]:
    """Return the numbers in a step that the body reads, and those that the head sees beside it.

    Args:
        inputs: A task's inputs, of the form ``series`` or ``window``: ``shape`` ends in the numbers
            of a step; of windows, ``known`` is the number of columns known ahead and
            ``cut.horizon`` that of the steps ahead.
        apart: Whether each target is read on its own (`fieldguide.nn.window_network`).
    """
    known = getattr(inputs, "known", 0)
    channels = inputs.shape[-1] - (inputs.cut.targets - 1 if apart else 0)
    return channels + known, known * inputs.cut.horizon if known else 0


def finished(
    inputs: Any,
    *,
    body: nn.Module,
    width: int,
    head: Callable[[int], nn.Module],
    summary: str,
    apart: bool,
) -> nn.Module:
    """Return a body with a summary and a head: for sequences, or for windows read apart.

    Args:
        inputs: A task's inputs.
        body: What reads the steps.
        width: Numbers that the head sees.
        head: Makes the task's head of such a width, for all targets together.
        summary: See `SequenceNetwork`.
        apart: Whether each target of a window is read on its own.
    """
    if not apart:
        return SequenceNetwork(body=body, head=head(width), summary=summary)
    cut = inputs.cut
    own = nn.Linear(width, cut.horizon)
    return WindowNetwork(body=body, head=own, targets=cut.targets, summary=summary)
