"""What the linear baselines share: the table that scikit-learn solves, and where weights go."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy import sparse  # type: ignore[import-untyped]
from torch import Tensor, nn

from fieldguide.data import Inputs
from fieldguide.nn import WeightedSum
from fieldguide.tasks import Task

DENSE = 1 << 26  # numbers in a design matrix up to which zeros are stored as well (512 MiB)


class LinearLayer:
    """Gives a baseline its network, one linear layer, and scikit-learn's coefficients to that."""

    network_: nn.Module

    def build(self, task: Task) -> nn.Module:
        """Return one linear layer."""
        return WeightedSum(
            numbers=int(torch.Size(task.inputs.shape).numel()),
            cardinalities=task.inputs.cardinalities,
            outputs=task.codec.width,
        )

    def copy_weights(self, weight: np.ndarray, bias: np.ndarray) -> None:
        """Copy scikit-learn's coefficients; of two classes, it gives those of the second alone."""
        network = self.network_
        assert isinstance(network, WeightedSum)
        weight, bias = np.atleast_2d(weight), np.atleast_1d(bias)
        if len(weight) < len(network.weight):
            weight = np.concatenate([np.zeros_like(weight), weight])
            bias = np.concatenate([np.zeros_like(bias), bias])
        network.weight.copy_(torch.from_numpy(weight))
        network.bias.copy_(torch.from_numpy(bias))


def design(x: Inputs, cardinalities: Sequence[int]) -> np.ndarray | sparse.csr_array:
    """Return numbers and one-hot categories side by side, sparse where that is much smaller.

    Args:
        x: Inputs of all examples.
        cardinalities: Codes of each category column.
    """
    if isinstance(x, Tensor):
        return x.flatten(1).double().numpy()
    numbers = x["numbers"].double().numpy()
    codes = x["categories"].numpy() + np.array([0, *np.cumsum(cardinalities)[:-1]])
    count, columns = codes.shape
    ones = np.ones(codes.size)
    rows = np.repeat(np.arange(count), columns)
    hot = sparse.csr_array((ones, (rows, codes.ravel())), shape=(count, sum(cardinalities)))
    if count * (numbers.shape[1] + hot.shape[1]) <= DENSE:
        return np.concatenate([numbers, hot.toarray()], axis=1)
    return sparse.csr_array(sparse.hstack([numbers, hot]))
