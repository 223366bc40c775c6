"""AdaGrad is torch's own, also where few rows of a table are in use."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.optim import Adagrad

from fieldguide.nn.eager_adagrad import EagerAdagrad


@pytest.mark.parametrize("sparse", [False, True])
def test_it_steps_as_torchs_does(sparse: bool) -> None:
    torch.manual_seed(0)
    mine, theirs = nn.Embedding(9, 4, sparse=sparse).double(), nn.Embedding(9, 4).double()
    layers = [nn.Linear(4, 3).double(), nn.Linear(4, 3).double()]
    theirs.load_state_dict(mine.state_dict())
    layers[1].load_state_dict(layers[0].state_dict())
    optimizers = [
        kind([{"params": table.parameters()}, {"params": layer.parameters(), "weight_decay": 0.1}],
             0.3, eps=1e-3)
        for kind, table, layer in zip([EagerAdagrad, Adagrad], [mine, theirs], layers, strict=True)
    ]  # fmt: skip
    for _ in range(5):
        words = torch.randint(9, (7,))
        for optimizer, table, layer in zip(optimizers, [mine, theirs], layers, strict=True):
            optimizer.zero_grad()
            layer(table(words)).square().sum().backward()
            optimizer.step()
    assert torch.allclose(mine.weight, theirs.weight, rtol=1e-12, atol=0)
    assert torch.allclose(layers[0].weight, layers[1].weight, rtol=1e-12, atol=0)


def test_it_does_not_load_the_compiler() -> None:
    code = (
        "import sys, torch; from fieldguide.nn.eager_adagrad import EagerAdagrad; "
        "w = torch.nn.Parameter(torch.ones(2)); o = EagerAdagrad([w], 0.1); "
        "w.square().sum().backward(); o.step(); o.zero_grad(); o.load_state_dict(o.state_dict()); "
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
