"""The space that generated data are measured in, stated with every result.

A distance between two sets of pictures or rows means nothing without the space it was taken in.
For rows of numbers the space is the standardised values themselves, or their leading principal
components; for pictures with labels it is what a classifier sees before it decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from fieldguide.metrics.distances import Matrix, matrix
from fieldguide.metrics.generation import (
    coverage,
    density,
    frechet_distance,
    kernel_distance,
    precision_recall,
)

MOST = 64  # dimensions; more would need more rows than people have to fill them
PIECE = 512  # rows that a classifier sees at a time


@dataclass(frozen=True)
class FeatureSpace:
    """Where rows are compared.

    Attributes:
        name: What it is, for the reader of a result.
        features: Turns rows (n, d) into features (n, k).
    """

    name: str
    features: Callable[[Tensor], Tensor]


def space_of_rows(train: Matrix, most: int = MOST) -> FeatureSpace:
    """Return the space of standardised rows: as they are, or by their principal components.

    Args:
        train: Training rows, (n, d); the components are fitted on them alone.
        most: Dimensions above which components take the place of the values, 1 or more.
    """
    rows = matrix(train, "the training data", least=2)
    width = rows.shape[1]
    if width <= most:
        return FeatureSpace(f"the {width} standardised values", lambda some: matrix(some))
    centre = rows.mean(dim=0)
    variances, directions = _components(rows - centre)
    leading = directions[:, :most]
    share = float(variances[:most].sum() / variances.sum()) if variances.sum() > 0 else 1.0
    count = leading.shape[1]
    name = f"the first {count} principal components of the training data ({share:.0%} of variance)"
    return FeatureSpace(name, lambda some: (matrix(some) - centre) @ leading)


def space_of_classifier(penultimate: Callable[[Tensor], Tensor], name: str) -> FeatureSpace:
    """Return the space of a classifier's last hidden layer.

    Args:
        penultimate: Turns inputs (n, ...) as the classifier takes them into features (n, k).
        name: Which classifier, what it learnt from and how good it is.
    """

    def features(inputs: Tensor) -> Tensor:
        with torch.inference_mode():
            return torch.cat([penultimate(part).double().cpu() for part in inputs.split(PIECE)])

    return FeatureSpace(f"the last hidden layer of {name}", features)


def compare(space: FeatureSpace, real: Tensor, generated: Tensor) -> dict[str, float | str]:
    """Return every score of generated data beside real ones, and the space they were taken in.

    Args:
        space: Where to compare.
        real: Held-out real rows, as the space takes them.
        generated: As many samples, likewise.
    """
    one, other = space.features(real), space.features(generated)
    precise, recalled = precision_recall(one, other)
    return {
        "space": space.name,
        "rows": min(len(one), len(other)),
        "frechet_distance": frechet_distance(one, other),
        "kernel_distance": kernel_distance(one, other),
        "precision": precise,
        "recall": recalled,
        "density": density(one, other),
        "coverage": coverage(one, other),
    }


def _components(centred: Tensor) -> tuple[Tensor, Tensor]:
    """Return variances, largest first, and directions (d, k), by the smaller of the two products.

    Where there are fewer rows than values, the rows' inner products have the same eigenvalues as
    the covariance, and a picture's covariance may not fit in memory.
    """
    count, width = centred.shape
    if width <= count:
        values, directions = torch.linalg.eigh(centred.T @ centred)
        return values.flip(0).clamp(min=0), directions.flip(1)
    values, vectors = torch.linalg.eigh(centred @ centred.T)
    values, vectors = values.flip(0)[: count - 1].clamp(min=0), vectors.flip(1)[:, : count - 1]
    lengths = values.sqrt().clamp(min=1e-12)
    return values, centred.T @ vectors / lengths
