"""Padded batches of random clips, for the tests of networks of clips."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def batch(
    lengths: tuple[int, ...] = (5, 2, 7, 1), channels: int = 2, side: int = 8, seed: int = 0
) -> dict[str, Tensor]:
    """Clips of these lengths, zeros after their ends."""
    chance = torch.Generator().manual_seed(seed)
    frames = torch.randn(len(lengths), max(lengths), channels, side, side, generator=chance)
    told = torch.tensor(lengths)
    frames[torch.arange(max(lengths)) >= told[:, None]] = 0
    return {"frames": frames, "lengths": told}


def alone(x: dict[str, Tensor], place: int) -> dict[str, Tensor]:
    """One clip of a batch, without padding."""
    length = int(x["lengths"][place])
    return {"frames": x["frames"][[place], :length], "lengths": x["lengths"][[place]]}


def backwards(x: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same clips, each shown from its end."""
    frames = torch.zeros_like(x["frames"])
    for place, length in enumerate(x["lengths"].tolist()):
        frames[place, :length] = x["frames"][place, :length].flip(0)
    return {**x, "frames": frames}


def assert_padding_does_not_matter(network: nn.Module) -> None:
    """One clip gives what it gives in a batch, whatever stands after its end."""
    network.eval()
    x = batch()
    with torch.no_grad():
        together = network(x)
        for place in range(4):
            torch.testing.assert_close(network(alone(x, place))[0], together[place])
        there = torch.arange(7) < x["lengths"][:, None]
        rubbish = torch.where(there[..., None, None, None], x["frames"], 1e3)
        torch.testing.assert_close(network({**x, "frames": rubbish}), together)
