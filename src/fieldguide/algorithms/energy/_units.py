"""Kinds of units of a Boltzmann machine, each an exponential family.

Given the other layer, a layer of units is distributed as

    p(v) = exp(log m(v) + θ·v − A(θ)),    θ = bias + weights · other layer,

and kinds differ in their base measure m and log-partition function A alone:

    binary    v in {0, 1}                     m = 1            A = Σ log(1 + exp θᵢ)
    Gaussian  v real, deviation 1             m = exp(−v²/2)   A = Σ (θᵢ² + log 2π) / 2
    softmax   v one-hot, block by block       m = 1            A = Σ log Σ exp θ, by block
    counts    N words in order, v their sums  m = 1            A = N log Σ exp θ

Energy, free energy, likelihood and annealing are written once on top of these.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Self

import torch
from torch import Generator, Tensor
from torch.nn import functional


class Units(ABC):
    """A layer of units; holds no weights. Shapes: natural parameters and states (B, width)."""

    @abstractmethod
    def mean(self, natural: Tensor) -> Tensor:
        """Return the expected state for natural parameters θ: the gradient of A."""

    @abstractmethod
    def draw(self, mean: Tensor, generator: Generator | None = None) -> Tensor:
        """Return a state drawn from the distribution with this mean."""

    @abstractmethod
    def log_partition(self, natural: Tensor) -> Tensor:
        """Return A(θ), shape (B,)."""

    def log_base(self, state: Tensor) -> Tensor | float:
        """Return log m(v), shape (B,), or 0."""
        return 0.0

    def replicas(self) -> Tensor | None:
        """Return how often each example's other layer counts its bias, (B, 1); None for once."""
        return None

    def of(self, state: Tensor) -> Units:
        """Return the units that these examples are states of; the same but for counts."""
        return self

    def loss(self, natural: Tensor, state: Tensor) -> Tensor:
        """Return −log p(v) under θ, (B,): cross-entropy for binary and softmax units."""
        return self.log_partition(natural) - (natural * state).sum(1) - self.log_base(state)


class Binary(Units):
    """Logistic units; a state may also be a probability between 0 and 1."""

    def mean(self, natural: Tensor) -> Tensor:
        """Return σ(θ)."""
        return natural.sigmoid()

    def draw(self, mean: Tensor, generator: Generator | None = None) -> Tensor:
        """Return zeros and ones."""
        if generator is None:
            return torch.rand_like(mean).lt_(mean)
        noise = torch.rand(mean.shape, generator=generator, device=generator.device)
        return noise.to(mean).lt_(mean)

    def log_partition(self, natural: Tensor) -> Tensor:
        """Return Σ log(1 + exp θ)."""
        return functional.softplus(natural).sum(1)


class Share(Binary):
    """Binary units whose data are probabilities, such as grey pixels: drawn as their mean.

    Data without noise against daydreams with noise would push hidden units to their ends; so
    daydreams have none either (Hinton 2012, section 3.2; Hinton & Salakhutdinov 2006).
    """

    def draw(self, mean: Tensor, generator: Generator | None = None) -> Tensor:
        """Return the mean."""
        return mean


class Gaussian(Units):
    """Real-valued units with deviation 1."""

    def mean(self, natural: Tensor) -> Tensor:
        """Return θ."""
        return natural

    def draw(self, mean: Tensor, generator: Generator | None = None) -> Tensor:
        """Return the mean plus noise of deviation 1."""
        if generator is None:
            return torch.randn_like(mean).add_(mean)
        return (
            torch.randn(mean.shape, generator=generator, device=generator.device)
            .to(mean)
            .add_(mean)
        )

    def log_partition(self, natural: Tensor) -> Tensor:
        """Return Σ (θ² + log 2π) / 2."""
        return 0.5 * (natural.square() + math.log(2 * math.pi)).sum(1)

    def log_base(self, state: Tensor) -> Tensor:
        """Return −|v|² / 2."""
        return -0.5 * state.square().sum(1)


class Softmax(Units):
    """Blocks of units of which exactly one is on (multinomial units).

    Args:
        sizes: Units of each block, in order.
    """

    def __init__(self, sizes: Sequence[int]):
        self.sizes = tuple(sizes)

    def mean(self, natural: Tensor) -> Tensor:
        """Return each block's probabilities."""
        return torch.cat([part.softmax(1) for part in natural.split(self.sizes, 1)], 1)

    def draw(self, mean: Tensor, generator: Generator | None = None) -> Tensor:
        """Return one-hot blocks: of exponential clocks with rates p, the first to ring."""
        where = mean.device if generator is None else generator.device
        clocks = torch.empty(mean.shape, device=where).exponential_(generator=generator)
        clocks = clocks.to(mean).div_(mean)
        parts = clocks.split(self.sizes, 1)
        first = [functional.one_hot(part.argmin(1), part.shape[1]) for part in parts]
        return torch.cat(first, 1).to(mean.dtype)

    def log_partition(self, natural: Tensor) -> Tensor:
        """Return the sum over blocks of log Σ exp θ."""
        parts = natural.split(self.sizes, 1)
        return torch.stack([part.logsumexp(1) for part in parts]).sum(0)


class Counts(Units):
    """Replicated softmax: N words that share one softmax (Salakhutdinov & Hinton 2009).

    Args:
        totals: N of each example, (B, 1); `of` takes them from the examples.
    """

    def __init__(self, totals: Tensor | None = None):
        self.totals = totals

    def of(self, state: Tensor) -> Self:
        """Take each example's number of words from its counts."""
        return type(self)(state.sum(1, keepdim=True))

    def replicas(self) -> Tensor:
        """Return N: a hidden unit has its bias once for each word."""
        assert self.totals is not None, "counts need their totals: call of(state) first"
        return self.totals

    def mean(self, natural: Tensor) -> Tensor:
        """Return the expected counts."""
        return natural.softmax(1) * self.replicas()

    def draw(self, mean: Tensor, generator: Generator | None = None) -> Tensor:
        """Return counts of N words drawn one by one."""
        totals = self.replicas().round()
        longest = max(1, int(totals.max()))
        shares = mean.clamp_min(torch.finfo(mean.dtype).tiny)  # an example without words has none
        where = mean.device if generator is None else generator.device
        words = torch.multinomial(
            shares.to(where), longest, replacement=True, generator=generator
        ).to(mean.device)
        there = torch.arange(longest, device=mean.device) < totals
        return torch.zeros_like(mean).scatter_add_(1, words, there.to(mean.dtype))

    def log_partition(self, natural: Tensor) -> Tensor:
        """Return N log Σ exp θ."""
        return natural.logsumexp(1) * self.replicas().squeeze(1)


class Mixed(Units):
    """Columns of several kinds side by side.

    Args:
        parts: Units, and the columns (a slice or their positions) that they are.
    """

    def __init__(self, parts: Sequence[tuple[Units, slice | Tensor]]):
        self.parts = tuple(parts)

    def mean(self, natural: Tensor) -> Tensor:
        """Return each part's mean, in place."""
        means = torch.empty_like(natural)
        for units, columns in self.parts:
            means[:, columns] = units.mean(natural[:, columns])
        return means

    def draw(self, mean: Tensor, generator: Generator | None = None) -> Tensor:
        """Return each part's draw, in place."""
        states = torch.empty_like(mean)
        for units, columns in self.parts:
            states[:, columns] = units.draw(mean[:, columns], generator)
        return states

    def log_partition(self, natural: Tensor) -> Tensor:
        """Return the sum over parts."""
        found = [units.log_partition(natural[:, columns]) for units, columns in self.parts]
        return torch.stack(found).sum(0)

    def log_base(self, state: Tensor) -> Tensor | float:
        """Return the sum over parts."""
        return sum(units.log_base(state[:, columns]) for units, columns in self.parts)
