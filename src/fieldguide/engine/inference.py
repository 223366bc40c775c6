"""A network's outputs for many examples, without gradients and in batches that fit in memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from torch import Tensor, nn

from fieldguide.data import Batch, Examples
from fieldguide.engine import heap

BATCH_NUMBERS = 1 << 20  # input numbers in one batch
SMALLEST, LARGEST = 64, 2048  # examples in one batch


def outputs(
    forward: Callable[[Batch], Tensor], network: nn.Module, examples: Examples, *, bf16: bool
) -> Tensor:
    """Return the outputs of all examples, on the CPU, in order, in single precision.

    Args:
        forward: Gives the outputs of a batch.
        network: What it runs; left in evaluation mode.
        examples: At least one.
        bf16: Whether products run in bfloat16.
    """
    heap.keep_freed_memory()
    weights = itertools.chain(network.parameters(), network.buffers())
    device = next(weights, torch.empty(0)).device
    size = min(LARGEST, max(SMALLEST, BATCH_NUMBERS // max(1, examples.numbers)))
    network.eval()
    products = torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16)
    with torch.inference_mode(), products:
        found = [
            forward(batch).float() for batch in examples.on(device).batches(size, shuffle=False)
        ]
    return torch.cat(found).cpu()
