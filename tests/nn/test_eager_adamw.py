"""Our AdamW against torch's, and what it leaves unloaded."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from fieldguide.nn.eager_adamw import EagerAdamW

OPTIONS = {"lr": 1e-2, "weight_decay": 0.1, "fused": True}
FIT = """
import sys
import fieldguide as fg
folder = sys.argv[1]
fg.MLP(epochs=1, clip=1.0).fit("iris", run=f"{folder}/mlp")
fg.MLP(epochs=1, hidden=(4,), dropout=0.5).fit("iris")
fg.LeNet(epochs=1, time_limit=0.01).fit("digits").predict("digits")
print(sorted(name for name in sys.modules if name in ("torch._dynamo", "torch._inductor")))
"""


def networks() -> list[nn.Module]:
    torch.manual_seed(0)
    made = [nn.Sequential(nn.Linear(5, 4), nn.Linear(4, 3)) for _ in range(2)]
    made[1].load_state_dict(made[0].state_dict())
    return made


def descend(network: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> None:
    for number in range(steps):
        x = torch.randn(8, 5, generator=torch.Generator().manual_seed(number))
        network(x).square().sum().backward()
        optimizer.param_groups[0]["lr"] = 1e-2 / (1 + number)
        optimizer.step()
        optimizer.zero_grad()


def assert_same(one: nn.Module, other: nn.Module) -> None:
    for mine, theirs in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize("fused", [True, False])
def test_equals_torch_step_by_step(fused: bool) -> None:
    ours, theirs = networks()
    options: dict[str, Any] = {**OPTIONS, "fused": fused}
    descend(ours, EagerAdamW(ours.parameters(), **options), 5)
    descend(theirs, torch.optim.AdamW(theirs.parameters(), **options), 5)
    assert_same(ours, theirs)
    assert all(weight.grad is None for weight in ours.parameters())
    assert all(weight.requires_grad and weight.is_leaf for weight in ours.parameters())


def test_takes_over_from_torch_and_hands_back() -> None:
    ours, theirs = networks()
    mine = EagerAdamW(ours.parameters(), **OPTIONS)
    other = torch.optim.AdamW(theirs.parameters(), **OPTIONS)
    descend(theirs, other, 3)
    ours.load_state_dict(theirs.state_dict())
    mine.load_state_dict(copy.deepcopy(other.state_dict()))
    assert repr(mine.state_dict()) == repr(other.state_dict())
    descend(ours, mine, 3)
    descend(theirs, other, 3)
    assert_same(ours, theirs)


def test_hooks_and_groups_are_torchs() -> None:
    ours, _ = networks()
    optimizer, seen = EagerAdamW([ours[0].weight], **OPTIONS), []
    optimizer.register_step_post_hook(lambda *_: seen.append(1))
    optimizer.add_param_group({"params": [ours[0].bias], "lr": 0.5})
    descend(ours, optimizer, 2)
    assert seen == [1, 1] and optimizer.param_groups[1]["lr"] == 0.5
    with pytest.raises(ValueError, match="more than one parameter group"):
        optimizer.add_param_group({"params": [ours[0].weight]})


def test_training_does_not_load_the_compiler(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIT, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
