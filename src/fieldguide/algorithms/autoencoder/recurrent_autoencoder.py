"""Recurrent autoencoder: reads a series and says it backwards from memory (Malhotra et al. 2016).

Malhotra, Ramakrishnan, Anand, Vig, Agarwal, Shroff, "LSTM-based Encoder-Decoder for Multi-sensor
Anomaly Detection", ICML workshop 2016; after Srivastava, Mansimov, Salakhutdinov, "Unsupervised
Learning of Video Representations Using LSTMs", ICML 2015.

How it works:
    One LSTM reads the T steps, its last output becomes the code, and a second LSTM, which sees
    nothing but the code, says the steps from the last to the first:

        h_T = LSTM(x₁ … x_T),  z = U h_T + u
        x̂_T … x̂₁ = V LSTM'(z, z, …) + v,  started in the state W z + w
        minimise Σₜ ‖xₜ - x̂ₜ‖²

    Backwards, because the first thing to say is then the last thing read. The decoder is
    Srivastava's unconditioned one: it is not told the steps that it should have said, which would
    let it predict from those and leave the code empty.

Use it when:
    Examples are series of one to some hundred steps, of one or several channels, equally long or
    not: for codes, and for outliers and their repair.

Think twice when:
    The series are short or aligned (heartbeats cut at the same place): dense layers over the steps
    learn quicker and reconstruct better. There are more than some 200 steps: what one state can
    hold is little, cut the series into windows.

Cost:
    Twice that of an LSTM of its width, one step after the other. Code 16, 64 units, one channel:
    41,000 parameters.

Shapes:
    steps: (B, T, C) with lengths (B,); codes (B, code); reconstructions (B, T · C), zeros after
    a series' end.

Example:
    >>> import numpy as np, fieldguide as fg
    >>> start = np.random.default_rng(0).uniform(0, 6, size=(128, 1, 1))
    >>> X = np.sin(start + np.arange(12)[:, None] / 2)                   # (128, 12, 1)
    >>> model = fg.RecurrentAutoencoder(code=2, hidden=32, epochs=60).fit(X)
    >>> model.encode(X).shape, model.evaluate(X)["explained"] > 0.8
    ((128, 2), True)
"""

from __future__ import annotations

from torch import Tensor, nn

from fieldguide.algorithms.autoencoder._family import RowAutoencoder
from fieldguide.algorithms.autoencoder._networks import AutoencoderNetwork
from fieldguide.card import Card
from fieldguide.data import Batch
from fieldguide.hyperparameter import option
from fieldguide.nn import sequences
from fieldguide.nn.recurrent import Recurrent
from fieldguide.tasks.without_target import WithoutTarget


class SeriesEncoder(nn.Module):
    """An LSTM whose last output becomes the code.

    Args:
        inputs: Numbers in a step.
        hidden: Units of the LSTM.
        code: Numbers in a code.
    """

    def __init__(self, *, inputs: int, hidden: int, code: int):
        super().__init__()
        self.inputs = inputs
        self.layers = Recurrent(cell="lstm", inputs=inputs, units=hidden)
        self.head = nn.Linear(hidden, code)

    def forward(self, rows: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return codes (B, K) of rows (B, T · C), of which ``lengths`` (B,) steps count."""
        steps = rows.view(len(rows), -1, self.inputs)
        codes: Tensor = self.head(sequences.last(self.layers(steps), lengths))
        return codes


class SeriesDecoder(nn.Module):
    """An LSTM that says the steps of a code, the last one first.

    Args:
        steps: Of the longest series.
        outputs: Numbers in a step.
        hidden: Units of the LSTM.
        code: Numbers in a code.
    """

    def __init__(self, *, steps: int, outputs: int, hidden: int, code: int):
        super().__init__()
        self.steps = steps
        self.start = nn.Linear(code, 2 * hidden)
        self.layers = Recurrent(cell="lstm", inputs=code, units=hidden)
        self.head = nn.Linear(hidden, outputs)

    def forward(self, codes: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return raw rows (B, T · C), zeros after the end of each series."""
        output, cell = self.start(codes).unsqueeze(0).chunk(2, dim=-1)
        told = codes.unsqueeze(1).expand(-1, self.steps, -1)
        said, _ = self.layers.run(told, (output.tanh().contiguous(), cell.contiguous()))
        steps = sequences.reverse(self.head(said), lengths)
        if lengths is not None:
            steps = steps * sequences.inside(lengths, self.steps).unsqueeze(2)
        return steps.flatten(1)


class RecurrentAutoencoder(RowAutoencoder):
    """LSTM encoder and decoder, for series."""

    card = Card(
        title="Recurrent autoencoder",
        paper="Malhotra, Ramakrishnan, Anand, Vig, Agarwal & Shroff (2016). LSTM-based "
        "encoder-decoder for multi-sensor anomaly detection. ICML workshop.",
        year=2016,
        tasks=("representation", "outliers"),
        inputs=("series",),
        capacity=3,
        needs_examples=200,
        exportable=False,
    )

    lr: float = option(5e-3, "learning rate", low=0, search=(5e-4, 2e-2), log=True)
    clip: float = option(1.0, "largest norm of the gradient; 0 for no limit", low=0)
    hidden: int = option(64, "units of both LSTMs", low=1, search=(16, 256), log=True)

    def network(self, task: WithoutTarget, code: int) -> AutoencoderNetwork:
        """Return two LSTMs."""
        steps, inputs = task.inputs.shape
        return AutoencoderNetwork(
            encoder=SeriesEncoder(inputs=inputs, hidden=self.hidden, code=code),
            decoder=SeriesDecoder(steps=steps, outputs=inputs, hidden=self.hidden, code=code),
        )

    def forward(self, batch: Batch) -> Tensor:
        """Return raw rows (B, D)."""
        assert isinstance(batch.x, dict)
        raw: Tensor = self.autoencoder.decoder(self.codes(batch), batch.x["lengths"])
        return raw

    def codes(self, batch: Batch) -> Tensor:
        """Return codes (B, K)."""
        assert isinstance(batch.x, dict)
        codes: Tensor = self.autoencoder.encoder(self.rows(batch), batch.x["lengths"])
        return codes

    def say(self, rows: Tensor, batch: Batch, void: Tensor) -> Tensor:
        """Return the reconstructions (B, D) of changed rows of a batch."""
        assert isinstance(batch.x, dict)
        lengths, network = batch.x["lengths"], self.autoencoder
        raw: Tensor = network.decoder(network.encoder(rows, lengths), lengths)
        return raw.float()
