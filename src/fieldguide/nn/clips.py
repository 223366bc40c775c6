"""Clips in a batch: padding, the last frame, and one random change for all frames of a clip."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from fieldguide.nn.augment import CHANGES, Augment

CLIP_CHANGES = tuple(CHANGES)
"""Augmentations of clips; mixup is left out, because blended clips may differ in length."""


def mask(lengths: Tensor, steps: int) -> Tensor:
    """Return which places of padded clips hold a frame, ``(B, steps)``, booleans."""
    return torch.arange(steps, device=lengths.device) < lengths[:, None]


def frame_by_frame(values: Tensor, there: Tensor) -> Tensor:
    """Put the values of real frames in their places, zeros elsewhere.

    Args:
        values: ``(frames in all, ...)``, clip after clip.
        there: Which places hold a frame, ``(B, T)``.

    Returns:
        ``(B, T, ...)``.
    """
    whole = values.new_zeros((*there.shape, *values.shape[1:]))
    return whole.masked_scatter(there.view(*there.shape, *[1] * (values.dim() - 1)), values)


def last(values: Tensor, lengths: Tensor) -> Tensor:
    """Return what stands at the last frame of each clip, ``(B, ...)``, of ``(B, T, ...)``."""
    return values[torch.arange(len(values), device=values.device), lengths - 1]


def mean(values: Tensor, lengths: Tensor) -> Tensor:
    """Return the mean over the frames of each clip, ``(B, E)``, of ``(B, T, E)``."""
    there = mask(lengths, values.shape[1]).unsqueeze(2)
    return (values * there).sum(1) / lengths.unsqueeze(1).to(values.dtype)


def augmented(augment: Augment, x: dict[str, Tensor], targets: Tensor) -> dict[str, Tensor]:
    """Return a batch of clips with changed frames, as networks of clips take it."""
    changed = augment_clips(augment, x["frames"], x["lengths"], targets)
    return {"frames": changed, "lengths": x["lengths"]}


def augment_clips(augment: Augment, frames: Tensor, lengths: Tensor, targets: Tensor) -> Tensor:
    """Return changed frames, ``(B, T, C, H, W)``; every frame of a clip is changed alike.

    Args:
        augment: What to do; "mixup" is left out.
        frames: ``(B, T, C, H, W)``, standardised.
        lengths: Frames of each clip, ``(B,)``; what follows them stays 0.
        targets: First axis B; not changed.
    """
    steps, channels, height = frames.shape[1:4]
    moves = tuple(name for name in augment.names if name not in ("colour", "mixup"))
    # A clip is one picture of many channels to what moves pixels, and a tall one to colours.
    stacked, _ = replace(augment, names=moves)(frames.flatten(1, 2), targets)
    changed = stacked.unflatten(1, (steps, channels))
    if "colour" in augment.names:
        tall = changed.transpose(1, 2).flatten(2, 3)  # (B, C, T*H, W)
        tall, _ = replace(augment, names=("colour",))(tall, targets)
        changed = tall.unflatten(2, (steps, height)).transpose(1, 2)
    return changed * mask(lengths, steps)[:, :, None, None, None]
