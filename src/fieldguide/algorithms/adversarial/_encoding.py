"""Rows of a table as the tabular GAN makes them: distances, modes and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fieldguide.algorithms.adversarial._modes import Modes

HEAT = 0.2  # of Gumbel-softmax, as published: nearly one-hot


@dataclass(frozen=True)
class Told:
    """Training rows as modes and distances, compact.

    Attributes:
        distances: From the mode's centre, (n, columns of numbers).
        codes: Mode of each number, then code of each category, (n, blocks).
    """

    distances: Tensor
    codes: Tensor


class Encoding(nn.Module):
    """Lays out what the generator makes: all distances, then a block of logits a column.

    The first blocks are the modes of the columns of numbers, the rest the words of the categories.

    Args:
        columns: Columns of numbers.
        cardinalities: Codes of each category.
        most: Modes of a column of numbers at most.
    """

    counts: Tensor

    def __init__(self, *, columns: int, cardinalities: Sequence[int], most: int):
        super().__init__()
        self.columns = columns
        self.sizes = [most] * columns + list(cardinalities)
        self.words = sum(self.sizes)
        self.width = columns + self.words
        self.modes = Modes(columns=columns, most=most)
        self.register_buffer("counts", torch.zeros(self.words, dtype=torch.int64))

    def learn(self, x: dict[str, Tensor], seed: int, chance: torch.Generator) -> Told:
        """Learn modes and frequencies from training rows, and return those encoded."""
        self.modes.learn(x["numbers"], seed)
        codes, distances = self.modes.tell(x["numbers"], chance)
        if "categories" in x:
            codes = torch.cat([codes, x["categories"]], dim=1)
        counts = [
            torch.bincount(column, minlength=size)
            for column, size in zip(codes.unbind(1), self.sizes, strict=True)
        ]
        self.counts.copy_(torch.cat(counts))
        return Told(distances, codes)

    def asked(self) -> list[tuple[int, int, int]]:
        """Return number, place and size of each block whose words may be asked for."""
        discrete = [*self.modes.discrete.tolist(), *[True] * (len(self.sizes) - self.columns)]
        places = [sum(self.sizes[:number]) for number in range(len(self.sizes))]
        blocks = zip(range(len(self.sizes)), places, self.sizes, strict=True)
        return [block for block, may in zip(blocks, discrete, strict=True) if may]

    def expand(self, told: Told, rows: Tensor) -> Tensor:
        """Return some of the training rows as the critic sees them, (B, width)."""
        codes = told.codes[rows]
        hot = [
            F.one_hot(column, size)
            for column, size in zip(codes.unbind(1), self.sizes, strict=True)
        ]
        return torch.cat([told.distances[rows], *(block.float() for block in hot)], dim=1)

    def soften(self, raw: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return distances in -1 to 1, and nearly one-hot draws from each block of logits."""
        distances, logits = raw[:, : self.columns].tanh(), self._possible(raw)
        draws = torch.empty(logits.shape).exponential_(generator=generator).to(logits.device)
        logits = (logits - draws.clamp(min=1e-30).log()) / HEAT
        parts = [block.softmax(dim=1) for block in logits.split(self.sizes, dim=1)]
        # A column of exact values has no distances.
        distances = torch.where(self.modes.discrete, torch.zeros_like(distances), distances)
        return torch.cat([distances, *parts], dim=1)

    def disobeyed(self, raw: Tensor, conditions: Tensor) -> Tensor:
        """Return the mean cross-entropy of the words that were asked for."""
        blocks = self._possible(raw).split(self.sizes, dim=1)
        known = torch.cat([block.log_softmax(dim=1) for block in blocks], dim=1)
        return -torch.where(conditions > 0, known, torch.zeros_like(known)).sum(dim=1).mean()

    def rows(self, made: Tensor) -> Tensor:
        """Return numbers, then words one-hot, of the likeliest word of each block."""
        blocks = made[:, self.columns :].split(self.sizes, dim=1)
        codes = [block.argmax(dim=1) for block in blocks]
        words = [
            F.one_hot(code, size).to(made.dtype)
            for code, size in zip(codes[self.columns :], self.sizes[self.columns :], strict=True)
        ]
        if not self.columns:
            return torch.cat(words, dim=1)
        modes = torch.stack(codes[: self.columns], dim=1)
        return torch.cat([self.modes.numbers(modes, made[:, : self.columns]), *words], dim=1)

    def _possible(self, raw: Tensor) -> Tensor:
        """Return the logits; words that no training row has are out of the question."""
        logits = raw[:, self.columns :]
        return torch.where(self.counts > 0, logits, torch.full_like(logits, -1e9))
