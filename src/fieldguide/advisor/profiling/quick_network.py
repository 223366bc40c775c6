"""A small neural network as a quick model: two layers of 128 units, some hundred steps.

A kernel weighs all inputs alike; a network learns which of them matter, and combines them. Where
the two part ways (few of many columns count, signs that multiply) only a network tells what
networks will do.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

UNITS = 128
BATCH = 32
EPOCHS = 30  # as the multilayer perceptron does by default
STEPS = (100, 700)  # at least, at most
PEAK = 2e-3  # learning rate of Adam at the top of its cycle


def network(train: np.ndarray, y: np.ndarray, test: np.ndarray, classes: int) -> np.ndarray:
    """Learn from training inputs (n, d) and answer for test inputs; as the other quick models."""
    chance = torch.Generator().manual_seed(0)
    inputs, targets = _tensors(train, y, classes)
    outputs = classes or targets.shape[1]
    weights = _start([inputs.shape[1], UNITS, UNITS, outputs], chance)
    optimizer = torch.optim.Adam(weights, PEAK, fused=True)
    steps = int(np.clip(EPOCHS * len(inputs) / BATCH, *STEPS))
    with torch.enable_grad():
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = PEAK * _cycle(step / steps)
            index = torch.randint(len(inputs), (min(BATCH, len(inputs)),), generator=chance)
            answers = _forward(weights, inputs[index])
            lost = F.cross_entropy if classes else F.mse_loss
            optimizer.zero_grad()
            lost(answers, targets[index]).backward()
            optimizer.step()
    with torch.inference_mode():
        found = _forward(weights, torch.from_numpy(np.ascontiguousarray(test, dtype=np.float32)))
    return found.argmax(dim=1).numpy() if classes else found.double().numpy()


def _tensors(train: np.ndarray, y: np.ndarray, classes: int) -> tuple[Tensor, Tensor]:
    wanted = y.astype(np.int64) if classes else y.astype(np.float32)
    return (
        torch.from_numpy(np.ascontiguousarray(train, dtype=np.float32)),
        torch.from_numpy(np.ascontiguousarray(wanted)),
    )


def _start(widths: list[int], chance: torch.Generator) -> list[Tensor]:
    """Return weights and biases by LeCun et al. (1998), section 4.6, without global chance."""
    found = []
    for before, after in itertools.pairwise(widths):
        drawn = (torch.rand(after, before, generator=chance) * 2 - 1) / math.sqrt(before)
        found += [drawn.requires_grad_(), torch.zeros(after, requires_grad=True)]
    return found


def _forward(weights: list[Tensor], x: Tensor) -> Tensor:
    for number in range(0, len(weights), 2):
        x = F.linear(x, weights[number], weights[number + 1])
        x = F.relu(x) if number + 2 < len(weights) else x
    return x


def _cycle(share: float) -> float:
    """Rise for three tenths, fall along a cosine (Smith & Topin 2019)."""
    if share < 0.3:
        return 0.04 + 0.96 * share / 0.3
    return 0.5 * (1 + math.cos(math.pi * (share - 0.3) / 0.7))
