"""AdaGrad for networks that are never compiled (Duchi, Hazan & Singer 2011)."""

from __future__ import annotations

import inspect

import torch
from torch.optim import Adagrad


class EagerAdagrad(Adagrad):
    """`torch.optim.Adagrad`, without loading `torch._dynamo` first; see `EagerAdamW`."""

    add_param_group = inspect.unwrap(Adagrad.add_param_group)
    state_dict = inspect.unwrap(Adagrad.state_dict)
    load_state_dict = inspect.unwrap(Adagrad.load_state_dict)
    zero_grad = inspect.unwrap(Adagrad.zero_grad)
    step = torch.no_grad()(inspect.unwrap(Adagrad.step))
