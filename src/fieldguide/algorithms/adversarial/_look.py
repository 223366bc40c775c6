"""A look at the samples after the contest."""

from __future__ import annotations

import torch
from torch import Tensor

from fieldguide.metrics.features import space_of_rows
from fieldguide.metrics.generation import coverage
from fieldguide.metrics.memorisation import nearest_neighbours

KIND = 0.05  # share of the data that makes a kind of examples


def look(rows: Tensor, made: Tensor, y: Tensor | None, classes: int) -> tuple[float, Tensor]:
    """Return how much of the training data samples cover, and how often each class is found.

    Args:
        rows: Training examples, (n, width).
        made: Samples, (m, width).
        y: Class codes of the training examples, (n,), or None.
        classes: Number of classes; 0 if there are none.

    Returns:
        The share of training examples with a sample nearer than a twentieth of the data; and for
        each class the frequency of samples whose nearest training example has it, as a share of
        its real frequency: -1 where it has none or nothing is known.
    """
    space = space_of_rows(rows)
    real, drawn = space.features(rows), space.features(made)
    near = coverage(real, drawn, k=max(5, round(KIND * len(real))))
    if y is None or not classes:
        return near, torch.full((classes,), -1.0)
    _, nearest = nearest_neighbours(drawn, real)
    known = y.cpu()
    return near, _ratio(known[nearest], known, classes)


def _ratio(found: Tensor, real: Tensor, classes: int) -> Tensor:
    """Return the share of each class as a share of its real one; -1 where it has none."""
    shares = torch.bincount(found, minlength=classes) / len(found)
    wanted = torch.bincount(real, minlength=classes) / len(real)
    return torch.where(wanted > 0, shares / wanted.clamp(min=1e-12), -1.0)
