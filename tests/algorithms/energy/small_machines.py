"""Machines so small that every state can be visited, and their exact numbers by brute force."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from fieldguide.algorithms.energy._units import Binary, Counts, Softmax, Units

Weights = tuple[Tensor, Tensor, Tensor]


def weights(visible: int, hidden: int, seed: int = 0, scale: float = 1.0) -> Weights:
    """Return W, a, b in double precision."""
    chance = torch.Generator().manual_seed(seed)
    return tuple(
        scale * torch.randn(*shape, generator=chance, dtype=torch.float64)
        for shape in ((visible, hidden), (visible,), (hidden,))
    )


def bits(count: int) -> Tensor:
    """Return all states of binary units, (2^count, count)."""
    return torch.tensor(list(itertools.product((0.0, 1.0), repeat=count)), dtype=torch.float64)


def states(units: Units, width: int, words: int = 0) -> Tensor:
    """Return all visible states of discrete units; for counts, of documents word by word."""
    if isinstance(units, Softmax):
        blocks = [torch.eye(size, dtype=torch.float64) for size in units.sizes]
        return torch.stack([torch.cat(rows) for rows in itertools.product(*blocks)])
    if isinstance(units, Counts):
        one = torch.eye(width, dtype=torch.float64)
        documents = itertools.product(one, repeat=words)
        return torch.stack([torch.stack(rows).sum(0) for rows in documents])
    assert isinstance(units, Binary)
    return bits(width)


def log_joint(visible: Tensor, machine: Weights, replicas: Tensor | None = None) -> Tensor:
    """Return −E(v, h) for each visible state (rows) and each hidden state (columns)."""
    w, a, b = machine
    h = bits(w.shape[1])
    times = 1.0 if replicas is None else replicas
    return (visible @ a)[:, None] + times * (h @ b)[None] + visible @ w @ h.T
