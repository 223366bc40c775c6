"""Fully convolutional network of time series: three convolutions and a mean (Wang et al. 2017).

Wang, Yan, Oates, "Time Series Classification from Scratch with Deep Neural Networks: A Strong
Baseline", IJCNN 2017.

How it works:
    Windows slide over the series and say at each step how much of their pattern stands there; the
    mean over all steps says how much of it there is in the whole, wherever it stands:

        h₀ = x,  hₗ = relu(norm(Wₗ * hₗ₋₁ + bₗ)),  l = 1 … 3,  ŷ = head(mean over steps of h₃)

    with 128, 256 and 128 windows of 8, 5 and 3 steps, batch normalisation and no pooling in
    between, so that every step keeps its place. Statistics and mean leave out what lies after a
    sequence's end.

Use it when:
    Short patterns decide wherever they stand: sensors, ECG, movements, spectra; a hundred labelled
    series or more. It trains in seconds to minutes, and often beats recurrent networks there.

Think twice when:
    The order of far-apart events decides, or how many there are in the sequence: the mean forgets
    where a pattern stood and windows see 14 steps; take an LSTM, a GRU or a TCN. There are a few
    dozen series only: nearest neighbours need no training.

Cost:
    264,192 parameters on one channel with the paper's windows, and as many multiplications a step.

Shapes:
    steps: (B, T, channels) with lengths (B,); outputs (B, classes) or (B, targets).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.random.default_rng(0).normal(size=(120, 30, 1))
    >>> X[::2, 10:16] += 4                                              # every second has a bump
    >>> y = np.array(["bump", "none"] * 60)
    >>> model = fg.TimeConvolution(channels=(16, 16, 16), epochs=20).fit(X, y)
    >>> model.predict([X[0], X[1], np.roll(X[2], 9, axis=0)]).tolist()
    ['bump', 'none', 'bump']
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from fieldguide.algorithms.convolution._sequences import SequenceConvolution
from fieldguide.card import Card, Reference
from fieldguide.errors import UsageError
from fieldguide.hyperparameter import option
from fieldguide.nn import sequences
from fieldguide.nn.time_convolutions import StepConv1d, StepNorm


class FullyConvolutionalBody(nn.Module):
    """Convolutions that keep the number of steps, each normalised and bent.

    Args:
        inputs: Numbers in a step.
        channels: Windows of each layer.
        kernels: Steps that a window of each layer looks at.
    """

    def __init__(self, *, inputs: int, channels: Sequence[int], kernels: Sequence[int]):
        super().__init__()
        before = [inputs, *channels]
        # What normalisation subtracts, it would subtract from a bias as well.
        self.convolutions = nn.ModuleList(
            StepConv1d(a, b, kernel, bias=False)
            for a, b, kernel in zip(before, channels, kernels, strict=False)
        )
        self.norms = nn.ModuleList(StepNorm(width) for width in channels)

    def forward(self, steps: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return (B, T, channels[-1]) of (B, T, inputs), 0 after a sequence's end."""
        x, inside = steps.transpose(1, 2), None
        if lengths is not None:
            inside = sequences.inside(lengths, steps.shape[1])
            x = x.masked_fill(~inside.unsqueeze(1), 0.0)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = norm(convolution(x), inside).relu()
        return x.transpose(1, 2)


class TimeConvolution(SequenceConvolution):
    """Fully convolutional network of time series."""

    card = Card(
        title="Fully convolutional network of time series",
        paper="Wang, Yan & Oates (2017). Time series classification from scratch with deep neural "
        "networks: a strong baseline. IJCNN.",
        year=2017,
        tasks=("classification", "regression"),
        inputs=("series",),
        capacity=3,
        needs_examples=100,
        local=True,
        exportable=False,
        references=(
            Reference(
                data="ECG5000",
                metric="accuracy",
                value=0.940,
                source="Ismail Fawaz et al. (2019), mean of ten runs",
            ),
        ),
    )

    channels: tuple[int, ...] = option((128, 256, 128), "windows of each layer", low=1)
    kernels: tuple[int, ...] = option((8, 5, 3), "steps that a window looks at, by layer", low=1)

    def body(self, channels: int, longest: int) -> tuple[nn.Module, int, str]:
        """Return convolutions, whose mean counts.

        Raises:
            UsageError: ``channels`` and ``kernels`` are not of one length, or are empty.
        """
        if len(self.channels) != len(self.kernels) or not self.channels:
            raise UsageError(
                f"channels={self.channels!r} and kernels={self.kernels!r}: expected one of each "
                "for every layer, and at least one layer."
            )
        layers = FullyConvolutionalBody(
            inputs=channels, channels=self.channels, kernels=self.kernels
        )
        return layers, self.channels[-1], "mean"
