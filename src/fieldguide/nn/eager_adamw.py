"""AdamW for networks that are never compiled (Loshchilov & Hutter 2019)."""

from __future__ import annotations

import inspect

import torch
from torch.optim import AdamW


class EagerAdamW(AdamW):
    """`torch.optim.AdamW`, without loading `torch._dynamo` first.

    torch hides these methods from `torch.compile` behind wrappers, and the first one called loads
    the whole compiler: a second of processor time in every process that trains. What they wrap is
    the optimizer as it is. Should torch drop the wrappers, there is nothing to unwrap; should it
    load the compiler elsewhere, this class is slow to start again, and a test says so.
    """

    add_param_group = inspect.unwrap(AdamW.add_param_group)
    state_dict = inspect.unwrap(AdamW.state_dict)
    load_state_dict = inspect.unwrap(AdamW.load_state_dict)
    zero_grad = inspect.unwrap(AdamW.zero_grad)
    step = torch.no_grad()(inspect.unwrap(AdamW.step))
