"""The block's optimizer against torch's."""

from __future__ import annotations

import torch
from torch import nn

from fieldguide.nn.block_adamw import BlockAdamW


def test_equals_torch_step_by_step() -> None:
    start = torch.randn(1000)
    ours, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    mine = BlockAdamW([ours], 1e-2, weight_decay=0.1, fused=True)
    other = torch.optim.AdamW([theirs], 1e-2, weight_decay=0.1, fused=True)
    for number in range(5):
        slope = torch.randn(1000)
        for weight, optimizer in ((ours, mine), (theirs, other)):
            weight.grad = slope.clone()
            optimizer.param_groups[0]["lr"] = 1e-2 / (1 + number)
            optimizer.step()
    assert torch.equal(ours, theirs)
    assert mine.state_dict()["state"][0]["step"] == 5
