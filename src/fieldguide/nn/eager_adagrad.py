"""AdaGrad for networks that are never compiled, and for tables of which few rows are in use."""

from __future__ import annotations

import inspect

import torch
from torch import Tensor
from torch.optim import Adagrad


class EagerAdagrad(Adagrad):
    """`torch.optim.Adagrad` without loading `torch._dynamo` first; see `EagerAdamW`.

    Each weight's step is its gradient over the root of the sum of its squared gradients so far
    (Duchi, Hazan & Singer 2011). Of a table with sparse gradients only the rows in use are touched;
    weight decay leaves such tables alone.
    """

    add_param_group = inspect.unwrap(Adagrad.add_param_group)
    state_dict = inspect.unwrap(Adagrad.state_dict)
    load_state_dict = inspect.unwrap(Adagrad.load_state_dict)
    zero_grad = inspect.unwrap(Adagrad.zero_grad)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # no closure is used
        """Take one step on the gradients that are there."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                total = self.state[weight]["sum"]
                if weight.grad.is_sparse:
                    _step_rows(weight, total, group["lr"], group["eps"])
                else:
                    slope = weight.grad.add(weight, alpha=group["weight_decay"])
                    total.addcmul_(slope, slope)
                    root = total.sqrt().add_(group["eps"])
                    weight.addcdiv_(slope, root, value=-group["lr"])


def _step_rows(weight: Tensor, total: Tensor, lr: float, eps: float) -> None:
    slope = weight.grad.coalesce()  # type: ignore[union-attr]
    rows, values = slope.indices()[0], slope.values()
    sums = total.index_select(0, rows).addcmul_(values, values)
    total.index_copy_(0, rows, sums)
    weight.index_add_(0, rows, values / sums.sqrt_().add_(eps), alpha=-lr)
