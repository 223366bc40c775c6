"""One weight for each number and for each word of a category: the linear layer of mixed columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class WeightedSum(nn.Module):
    """ŷ = W [x; one-hot categories] + b, summed in double precision; starts at 0.

    The columns of zeros and ones are never made: a word's weights are looked up.

    Args:
        numbers: Numbers in one example.
        cardinalities: Codes of each category column.
        outputs: Rows of W.

    Shapes:
        x: (B, *shape), or ``{"numbers": (B, *shape), "categories": (B, columns)}``; output
        (B, outputs).
    """

    starts: Tensor

    def __init__(self, *, numbers: int, cardinalities: Sequence[int] = (), outputs: int):
        super().__init__()
        self.numbers = numbers
        width = numbers + sum(cardinalities)
        self.weight = nn.Parameter(torch.zeros(outputs, width, dtype=torch.float64))
        self.bias = nn.Parameter(torch.zeros(outputs, dtype=torch.float64))
        starts = torch.tensor(list(accumulate(cardinalities, initial=0))[:-1])
        self.register_buffer("starts", starts, persistent=False)

    def forward(self, x: Tensor | dict[str, Tensor]) -> Tensor:
        """Return (B, outputs), in the precision of the numbers in x."""
        numbers = (x if isinstance(x, Tensor) else x["numbers"]).flatten(1)
        sums = F.linear(numbers.double(), self.weight[:, : self.numbers], self.bias)
        if not isinstance(x, Tensor):
            of_words = self.weight[:, self.numbers :].t()
            sums = sums + F.embedding(x["categories"] + self.starts, of_words).sum(dim=1)
        return sums.to(numbers.dtype)

    def columns(self, x: Tensor | dict[str, Tensor]) -> Tensor:
        """Return what the weights are multiplied with, zeros and ones made; (B, width)."""
        if isinstance(x, Tensor):
            return x.flatten(1).double()
        numbers = x["numbers"].flatten(1).double()
        ones = self.weight.shape[1] - self.numbers
        words = numbers.new_zeros(len(numbers), ones).scatter_(1, x["categories"] + self.starts, 1)
        return torch.cat([numbers, words], dim=1)
