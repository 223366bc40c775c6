"""Temporal convolutional network: dilated windows that see only the past (Bai et al. 2018).

Bai, Kolter, Koltun, "An Empirical Evaluation of Generic Convolutional and Recurrent Networks for
Sequence Modeling", arXiv:1803.01271, 2018.

How it works:
    A level looks at k steps, 1, 2, 4, 8, … apart, so that a few levels see far back; two such
    convolutions with a shortcut around them make a residual block. Zeros stand before the first
    step, so that no output sees what comes later:

        F(s) = Σᵢ f(i) · x(s - d·i),  i = 0 … k-1,  d = 2^level
        block(x) = relu(x + dropout(relu(F₂ dropout(relu(F₁ x))))),  ŷ = head(block_L at step T)

    The last step sees 1 + 2 (k - 1) (2^L - 1) steps; by default there are as many levels as it
    takes to see the longest sequence of the training data whole. Weights are factored into length
    and direction (Salimans & Kingma 2016).

Use it when:
    What decides may lie far back, and training has to be quick: all steps are worked on at once,
    where a recurrent network goes through them one by one.

Think twice when:
    A stream is followed step by step: it must keep as many steps as it sees, an LSTM one state.
    Sequences are far longer than training's: what lies before its field is not seen. The whole
    sequence is there and a pattern may stand anywhere: a fully convolutional network is simpler.

Cost:
    2 · levels · k · channels² multiplications a step. Four levels of 64 channels and k = 7 on one
    channel, which see 181 steps: 202,304 parameters.

Shapes:
    steps: (B, T, channels) with lengths (B,); outputs (B, classes) or (B, targets).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.random.default_rng(0).normal(size=(200, 12, 1))
    >>> y = np.where(X[:, 0, 0] > 0, "up", "down")                      # the first step decides
    >>> model = fg.TCN(channels=16, epochs=30).fit(X, y)
    >>> model.predict([[[2.0]] + [[0.0]] * 11, [[-2.0]] + [[0.0]] * 11]).tolist()
    ['up', 'down']
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from fieldguide.algorithms.convolution._sequences import SequenceConvolution
from fieldguide.card import Card, Reference
from fieldguide.hyperparameter import option
from fieldguide.nn.time_convolutions import StepConv1d


class ResidualBlock(nn.Module):
    """Two causal convolutions and the way around them (figure 1b of the paper).

    Args:
        inputs: Channels that come in.
        outputs: Channels that go out.
        kernel: Steps that a window looks at.
        dilation: How far apart they are.
        dropout: Probability that a unit is silenced.
    """

    def __init__(
        self, *, inputs: int, outputs: int, kernel: int, dilation: int, dropout: float = 0.0
    ):
        super().__init__()
        layers: list[nn.Module] = []
        for before in (inputs, outputs):
            causal = StepConv1d(before, outputs, kernel, dilation=dilation, causal=True)
            layers += [weight_norm(causal), nn.ReLU(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers)
        same = inputs == outputs
        self.around = nn.Identity() if same else nn.Conv1d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs, T) of (B, inputs, T)."""
        return (self.layers(x) + self.around(x)).relu()


class TCNBody(nn.Module):
    """Residual blocks whose windows double their stride.

    Args:
        inputs: Numbers in a step.
        channels: Channels of every block.
        levels: Number of blocks.
        kernel: Steps that a window looks at.
        dropout: Probability that a unit is silenced.
    """

    def __init__(
        self, *, inputs: int, channels: int, levels: int, kernel: int = 7, dropout: float = 0.0
    ):
        super().__init__()
        self.blocks = nn.Sequential(
            *(
                ResidualBlock(
                    inputs=channels if level else inputs,
                    outputs=channels,
                    kernel=kernel,
                    dilation=2**level,
                    dropout=dropout,
                )
                for level in range(levels)
            )
        )

    def forward(self, steps: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return (B, T, channels) of (B, T, inputs); what ends a sequence comes too late to matter.

        Args:
            steps: (B, T, inputs).
            lengths: Not needed: a step sees only those before it.
        """
        outputs: Tensor = self.blocks(steps.transpose(1, 2))
        return outputs.transpose(1, 2)


class TCN(SequenceConvolution):
    """Temporal convolutional network."""

    card = Card(
        title="Temporal convolutional network",
        paper="Bai, Kolter & Koltun (2018). An empirical evaluation of generic convolutional and "
        "recurrent networks for sequence modeling. arXiv:1803.01271.",
        year=2018,
        tasks=("classification", "regression", "forecasting"),
        inputs=("series", "window"),
        capacity=3,
        needs_examples=200,
        local=True,
        exportable=False,
        references=(
            Reference(
                data="Sequential MNIST",
                metric="accuracy",
                value=0.990,
                source="Bai et al. (2018), table 1",
            ),
        ),
    )

    clip: float = option(1.0, "largest norm of the gradient; 0 for no limit", low=0)
    channels: int = option(64, "channels of a level", low=1, search=(16, 128), log=True)
    levels: int = option(0, "levels; 0 for as many as see the longest sequence", low=0, high=20)
    kernel: int = option(7, "steps that a window looks at", low=2, search=(3, 9))
    dropout: float = option(0.1, "chance that a unit rests", low=0, high=0.9, search=(0, 0.4))

    def body(self, channels: int, longest: int) -> tuple[nn.Module, int, str]:
        """Return blocks, whose last step has seen all."""
        levels = self.levels or levels_to_see(longest, self.kernel)
        blocks = TCNBody(
            inputs=channels,
            channels=self.channels,
            levels=levels,
            kernel=self.kernel,
            dropout=self.dropout,
        )
        return blocks, self.channels, "last"


def field(levels: int, kernel: int) -> int:
    """Return the steps that an output sees.

    Example:
        >>> field(4, 7)
        181
    """
    return 1 + 2 * (kernel - 1) * (2**levels - 1)


def levels_to_see(steps: int, kernel: int) -> int:
    """Return the smallest number of levels that see so many steps."""
    return next(levels for levels in range(1, 64) if field(levels, kernel) >= steps)
