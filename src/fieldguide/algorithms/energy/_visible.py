"""The visible layer as data know it: which kind of unit each column is, and on what scale.

Rows come standardised (numbers, then one number for each word of each category). Binary units
want 0 to 1, counts want whole numbers, Gaussian units want deviations of their noise: each a
shift and a factor by column, measured on the training examples and stored with the weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from fieldguide.algorithms.energy._measure import Measured, measure
from fieldguide.algorithms.energy._units import (
    Binary,
    Counts,
    Gaussian,
    Mixed,
    Share,
    Softmax,
    Units,
)
from fieldguide.codecs import Array, Boolean, Number
from fieldguide.data import Inputs
from fieldguide.errors import DataError
from fieldguide.tasks import Task

KINDS = ("auto", "binary", "gaussian", "softmax", "counts")
SHARE, TWO_VALUED, GAUSSIAN, SOFTMAX, COUNTS = range(5)  # as they are stored, one a column
EXTREME = 0.5  # of pixels nearly black or white: from there on, intensities count as shares
FAR = 1.0  # how many ranges a value may lie beyond what training saw


class Visible(nn.Module):
    """Turns inputs into states of visible units and back into rows.

    Args:
        shape: Shape of one example's numbers.
        cardinalities: Words of each category column.
        alike: Group of each number; columns of one group have one scale (pixels of a channel).
        drawn: Whether samples of Gaussian units keep their noise; pictures look better without.
    """

    shift: Tensor
    factor: Tensor
    kinds: Tensor

    def __init__(
        self, *, shape: Sequence[int], cardinalities: Sequence[int], alike: Tensor, drawn: bool
    ):
        super().__init__()
        self.numbers, self.cardinalities = int(torch.Size(shape).numel()), tuple(cardinalities)
        self.width = self.numbers + sum(cardinalities)
        self.alike, self.drawn = alike, drawn
        self.register_buffer("shift", torch.zeros(self.width))
        self.register_buffer("factor", torch.ones(self.width))
        kinds = torch.full((self.width,), SOFTMAX, dtype=torch.uint8)
        kinds[: self.numbers] = GAUSSIAN
        self.register_buffer("kinds", kinds)
        self._units: Units | None = None

    @property
    def units(self) -> Units:
        """The units of a row, as machines learn: intensities without noise."""
        if self._units is None:
            self._units = self._assembled(Share())
        return self._units

    @property
    def noisy_units(self) -> Units:
        """The units of a row, of which intensities are drawn as zeros and ones."""
        return self._assembled(Binary())

    @property
    def has_gaussian(self) -> bool:
        """Whether any unit is Gaussian: they need smaller steps."""
        return bool((self.kinds == GAUSSIAN).any())

    @property
    def shares_a_scale(self) -> bool:
        """Whether the numbers are alike, such as pixels."""
        return self.numbers > 1 and int(self.alike.max()) + 1 < self.numbers

    @property
    def has_counts(self) -> bool:
        """Whether the units are counts."""
        return isinstance(self.units, Counts)

    def rows(self, x: Inputs) -> Tensor:
        """Lay inputs out flat, (B, width)."""
        if isinstance(x, Tensor):
            return x.flatten(1)
        codes = x["categories"].unbind(1)
        hot = [
            functional.one_hot(column, size).float()
            for column, size in zip(codes, self.cardinalities, strict=True)
        ]
        return torch.cat([x["numbers"].flatten(1), *hot], dim=1)

    def forward(self, x: Inputs) -> Tensor:
        """Return states of inputs seen in training, (B, width)."""
        return torch.addcmul(self.shift, self.rows(x), self.factor)

    def checked(self, x: Inputs) -> Tensor:
        """Return states of any inputs; binary units between 0 and 1.

        Raises:
            DataError: Values far beyond what training saw, or no counts.
        """
        states = self(x)
        kinds = self.kinds
        if self.has_counts:
            return whole(states)
        squashed = (kinds == SHARE) | (kinds == TWO_VALUED)
        if self.shares_a_scale and bool(squashed.any()):
            self._check_range(states[:, squashed])
        return torch.where(squashed, states.clamp(0, 1), states)

    def log_density_scale(self) -> Tensor:
        """Return by how much log densities of rows exceed those of states."""
        return self.factor[self.kinds == GAUSSIAN].log().sum()

    def as_rows(self, states: Tensor) -> Tensor:
        """Return states or their means as standardised rows."""
        return (states - self.shift) / self.factor

    def sampled(self, natural: Tensor, generator: torch.Generator) -> Tensor:
        """Return rows drawn by the units; intensities, and Gaussian pixels, as their means."""
        units = self.units
        means = units.mean(natural)
        states = units.draw(means, generator)
        smooth = self.kinds == SHARE
        if not self.drawn:
            smooth = smooth | (self.kinds == GAUSSIAN)
        return self.as_rows(torch.where(smooth, means, states))

    @torch.no_grad()
    def learn(self, batches: Iterable[Inputs], kind: str, noise: float, task: Task) -> Tensor:
        """Measure the training examples, choose kinds and scales; return fitting biases.

        Args:
            batches: All inputs, batch by batch.
            kind: What the numbers are: one of `KINDS`.
            noise: Deviation of Gaussian units, in deviations of the data.
            task: Knows the user's units, for counts.

        Raises:
            DataError: Nothing varies, or the data are not of that kind.
        """
        found = measure([self.rows(x) for x in batches], self.numbers, self.alike)
        kinds = _chosen(found, kind, self.numbers)
        self.kinds[: self.numbers] = kinds
        self._units = None
        gaussian, counts = self.kinds == GAUSSIAN, self.kinds == COUNTS
        binary = (self.kinds == SHARE) | (self.kinds == TWO_VALUED)
        span = torch.where(found.high > found.low, found.high - found.low, 1.0)
        self.factor.fill_(1.0).masked_fill_(gaussian, 1 / noise)
        self.factor.copy_(torch.where(binary, 1 / span, self.factor))
        self.shift.copy_(torch.where(binary, -found.low / span, 0.0))
        if bool(counts.any()):
            self._count(task, found)
        return self.biases(found.mean * self.factor + self.shift, found.count)

    def _count(self, task: Task, found: Measured) -> None:
        """Undo the standardisation, so that counts are counts again."""
        means, deviations = _users_scale(task, self.numbers)
        self.shift.copy_(means)
        self.factor.copy_(deviations)
        whole(torch.stack([found.low, found.second]) * self.factor + self.shift)

    def biases(self, mean: Tensor, count: int) -> Tensor:
        """Return biases under which units without weights have these means, of ``count`` rows."""
        least = 0.5 / (count + 1)
        biases = torch.logit(mean.clamp(least, 1 - least))
        biases = torch.where(self.kinds == GAUSSIAN, mean, biases)
        shared = (self.kinds == SOFTMAX) | (self.kinds == COUNTS)
        return torch.where(shared, mean.clamp_min(least).log(), biases)

    def _assembled(self, share: Units) -> Units:
        kinds = self.kinds[: self.numbers].cpu()
        if bool((kinds == COUNTS).any()):
            return Counts()
        parts: list[tuple[Units, slice | Tensor]] = []
        known = ((share, SHARE), (Binary(), TWO_VALUED), (Gaussian(), GAUSSIAN))
        for units, code in known:
            chosen = kinds == code
            if bool(chosen.any()):
                whole_part = slice(0, self.numbers) if bool(chosen.all()) else None
                parts.append((units, whole_part or chosen.nonzero().squeeze(1)))
        if self.cardinalities:
            parts.append((Softmax(self.cardinalities), slice(self.numbers, self.width)))
        return parts[0][0] if len(parts) == 1 else Mixed(parts)

    def _check_range(self, shares: Tensor) -> None:
        if bool(((shares < -FAR) | (shares > 1 + FAR)).any()):
            low, high = float(shares.min()), float(shares.max())
            raise DataError(
                "values lie far beyond those that were learnt from, which binary units read as 0 "
                f"to 1: here they reach from {low:.3g} to {high:.3g} on that scale.",
                "Bring the values to the scale of the training data (pixels of 0 to 1 or 0 to "
                "255?), or learn with visible='gaussian'.",
            )

    def _load_from_state_dict(self, *args: object, **kwargs: object) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._units = None


def for_task(task: Task) -> Visible:
    """Return the visible layer for a task's inputs, not measured yet."""
    inputs = task.inputs
    numbers = int(torch.Size(inputs.shape).numel())
    alike = torch.arange(numbers)
    first = next(iter(inputs.codecs.values()))
    if inputs.form == "image":
        alike = alike // max(1, numbers // inputs.shape[0])
    elif isinstance(first, Array) and len(first.means) == 1 and len(inputs.codecs) == 1:
        alike = torch.zeros_like(alike)
    return Visible(
        shape=inputs.shape,
        cardinalities=inputs.cardinalities,
        alike=alike,
        drawn=inputs.form != "image",
    )


def whole(counts: Tensor) -> Tensor:
    """Return counts, rounding errors of scaling removed.

    Raises:
        DataError: There are fractions or numbers below 0.
    """
    rounded = counts.round()
    wrong = (counts - rounded).abs() > 1e-3 * (1 + rounded.abs())
    if bool((wrong | (rounded < 0)).any()):
        value = float(counts[wrong | (rounded < 0)][0])
        raise DataError(
            f"visible='counts' takes whole numbers from 0, and there is {value:.6g}.",
            "Give how often each word occurs, or choose visible='auto'.",
        )
    return rounded


def _chosen(found: Measured, kind: str, numbers: int) -> Tensor:
    """Return the kind of each number.

    Raises:
        DataError: The data are not of the kind that was asked for.
    """
    kinds = torch.full((numbers,), GAUSSIAN, dtype=torch.uint8, device=found.low.device)
    if kind == "softmax" and numbers:
        raise DataError(
            f"visible='softmax' takes categories alone, and {numbers} of the columns are numbers.",
            "Write categories as words, leave the numbers out, or choose visible='auto'.",
        )
    if kind == "counts":
        return kinds.fill_(COUNTS)
    two, shared = found.two_valued[:numbers], found.shared
    if kind == "gaussian":
        return kinds
    if kind == "binary" and not (shared or bool(two.all())):
        worst = int((~two).nonzero()[0])
        raise DataError(
            "visible='binary' takes columns of two values, or intensities that share one scale, "
            f"such as pixels; number {worst + 1} of {numbers} has other values, on a scale of its "
            "own.",
            "Choose visible='gaussian', or visible='auto', which decides column by column.",
        )
    if shared and (kind == "binary" or found.extreme >= EXTREME or bool(two.all())):
        return kinds.fill_(TWO_VALUED if bool(two.all()) else SHARE)
    return torch.where(two & torch.tensor(not shared, device=two.device), TWO_VALUED, kinds)


def _users_scale(task: Task, numbers: int) -> tuple[Tensor, Tensor]:
    """Return mean and deviation of every number, as the codecs know them."""
    means: list[float] = []
    deviations: list[float] = []
    for codec in task.inputs.codecs.values():
        if isinstance(codec, Array):
            times = numbers if len(codec.means) == 1 else 1
            means += list(codec.means) * times
            deviations += list(codec.deviations) * times
        elif isinstance(codec, Number) and not codec.flagged:
            means.append(codec.mean)
            deviations.append(codec.deviation)
        elif isinstance(codec, Boolean):
            means.append(0.5)
            deviations.append(0.5)
    if len(means) != numbers or task.inputs.cardinalities:
        raise DataError(
            "visible='counts' takes columns of whole numbers alone, none missing.",
            "Leave categories, dates and pictures out, or choose visible='auto'.",
        )
    return torch.tensor(means), torch.tensor(deviations)
