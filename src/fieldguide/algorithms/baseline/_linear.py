"""What the linear baselines share: one weight for each number and for each word of a category."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import torch
import torch.nn.functional as F
from scipy import sparse  # type: ignore[import-untyped]
from torch import Tensor, nn

from fieldguide.data import Inputs
from fieldguide.tasks import Task

DENSE = 1 << 26  # numbers in a design matrix up to which zeros are stored as well (512 MiB)


class LinearNetwork(nn.Module):
    """ŷ = W [x; one-hot categories] + b, in double precision.

    Args:
        numbers: Numbers in one example.
        cardinalities: Codes of each category column.
        outputs: Rows of W.

    Shapes:
        x: (B, *shape), or ``{"numbers": (B, numbers), "categories": (B, columns)}``; output
        (B, outputs).
    """

    weight: Tensor
    bias: Tensor
    starts: Tensor

    def __init__(self, *, numbers: int, cardinalities: Sequence[int], outputs: int):
        super().__init__()
        self.numbers = numbers
        width = numbers + sum(cardinalities)
        self.register_buffer("weight", torch.zeros(outputs, width, dtype=torch.float64))
        self.register_buffer("bias", torch.zeros(outputs, dtype=torch.float64))
        starts = torch.tensor(list(accumulate(cardinalities, initial=0))[:-1])
        self.register_buffer("starts", starts, persistent=False)

    @classmethod
    def of(cls, task: Task) -> LinearNetwork:
        """Return the network for a task's inputs and outputs."""
        return cls(
            numbers=int(torch.Size(task.inputs.shape).numel()),
            cardinalities=task.inputs.cardinalities,
            outputs=task.codec.width,
        )

    def forward(self, x: Inputs) -> Tensor:
        """Return (B, outputs)."""
        if isinstance(x, Tensor):
            return F.linear(x.flatten(1).double(), self.weight, self.bias)
        numbers = F.linear(x["numbers"].double(), self.weight[:, : self.numbers], self.bias)
        of_words = self.weight[:, self.numbers :].t()
        return numbers + F.embedding(x["categories"] + self.starts, of_words).sum(dim=1)

    def learn(self, weight: np.ndarray, bias: np.ndarray) -> None:
        """Copy scikit-learn's coefficients; a single row of two classes speaks for the second."""
        weight, bias = np.atleast_2d(weight), np.atleast_1d(bias)
        if len(weight) < len(self.weight):
            weight = np.concatenate([np.zeros_like(weight), weight])
            bias = np.concatenate([np.zeros_like(bias), bias])
        self.weight.copy_(torch.from_numpy(weight))
        self.bias.copy_(torch.from_numpy(bias))


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
