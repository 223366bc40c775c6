"""CNN-RNN: a convolutional network looks at each frame, a recurrent one at their order (2015).

Donahue, Hendricks, Guadarrama, Rohrbach, Venugopalan, Saenko, Darrell, "Long-term Recurrent
Convolutional Networks for Visual Recognition and Description", CVPR 2015.

How it works:
    One small convolutional network turns every frame into a vector, whatever its time; an LSTM or a
    GRU reads the vectors in order and keeps what it needs to remember:

        e_t = CNN(frame_t)                     the same weights for all t
        h_t = LSTM(e_t, h_{t-1})               or GRU
        y   = head(h_T)                        or head(mean of h_1 ... h_T)

    All frames of all clips go through the network as one batch. Clips of different lengths are
    padded; neither the convolutions nor the statistics of batch normalisation see the padding. The
    paper averages the class probabilities of all frames, and starts from a network trained on
    photographs; here ``pooling="mean"`` averages what the head sees, and the small network learns
    from your clips alone. Its last maps are a grid of 4x4 cells, because a movement is told by
    where things are.

Use it when:
    The order of frames matters: gestures, signs, actions, direction of movement. Clips of some ten
    to some hundred frames, from a few hundred clips on.

Think twice when:
    A single frame tells the class: the bag of frames is as good and simpler. What moves is small
    and everywhere alike (clouds, cells): a convolutional LSTM or a 3-D network sees local movement
    directly.

Cost:
    287,000 parameters in front of the head with the defaults and grey frames: 155,000 for frames
    (131,000 of them in the dense layer behind the grid) plus 4 (3 for GRU) times
    ``hidden * (embedding + hidden + 2)``. The convolutions of every frame dominate the time.

Shapes:
    ``{"frames": (B, T, C, H, W), "lengths": (B,)}`` to ``(B, num_classes)``. Frames of any size;
    longer clips than 16 frames (the paper's length) are represented by 16, larger frames are scaled
    to 112 pixels.

Example:
    >>> import numpy as np, fieldguide as fg
    >>> clips = np.zeros((48, 4, 1, 8, 8), dtype=np.uint8)
    >>> for place, clip in enumerate(clips):                # a bar that goes down, or up
    ...     for time, frame in enumerate(clip if place % 2 else clip[::-1]):
    ...         frame[:, 2 * time : 2 * time + 2] = 200
    >>> labels = np.array(["up", "down"] * 24)
    >>> model = fg.CNNRNN(epochs=8, hidden=32, maps=(8,), validation=0.0).fit(clips, labels)
    >>> model.predict(clips[:2]).tolist()
    ['up', 'down']
"""

from __future__ import annotations

from torch import Tensor, nn

from fieldguide.algorithms.recurrent._clips import (
    ClipNetwork,
    FrameEncoder,
    clip_shape,
    encode_frames,
)
from fieldguide.card import Card
from fieldguide.hyperparameter import option
from fieldguide.nn.clips import last, mean
from fieldguide.tasks import Task

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU}
POOLINGS = ("last", "mean")


class CNNRNNNetwork(nn.Module):
    """An encoder of frames, a recurrent network over time, and a head.

    Args:
        encoder: Frames ``(M, C, H, W)`` to ``(M, embedding)``.
        embedding: Numbers that a frame becomes.
        hidden: Units of a recurrent layer.
        layers: Recurrent layers, one upon the other.
        cell: "lstm" or "gru".
        pooling: What the head sees: "last", the state after the last frame, or "mean", the mean
            of all states.
        dropout: Share of units silenced in front of the head, 0 to below 1.
        num_classes: Outputs of ``head``; replace the attribute for another head.
    """

    def __init__(
        self,
        *,
        encoder: nn.Module,
        embedding: int = 128,
        hidden: int = 128,
        layers: int = 1,
        cell: str = "lstm",
        pooling: str = "last",
        dropout: float = 0.0,
        num_classes: int = 10,
    ) -> None:
        super().__init__()
        self.encoder, self.pooling = encoder, pooling
        self.recurrent = CELLS[cell](embedding, hidden, layers, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.head: nn.Module = nn.Linear(hidden, num_classes)

    def states(self, x: dict[str, Tensor]) -> Tensor:
        """Return the state after each frame, ``(B, T, hidden)``; after a clip's end, anything."""
        embedded = encode_frames(self.encoder, x)  # (B, T, embedding)
        # Padding comes after the last frame, and a state knows nothing of what comes after it.
        states: Tensor = self.recurrent(embedded)[0]
        return states

    def forward(self, x: dict[str, Tensor]) -> Tensor:
        """Return the outputs of the head for padded clips."""
        pool = last if self.pooling == "last" else mean
        pooled = pool(self.states(x), x["lengths"])  # (B, hidden)
        outputs: Tensor = self.head(self.dropout(pooled))
        return outputs


class CNNRNN(ClipNetwork):
    """Classification and regression of clips whose order matters."""

    card = Card(
        title="CNN-RNN (long-term recurrent convolutional network)",
        paper="Donahue, Hendricks, Guadarrama, Rohrbach, Venugopalan, Saenko & Darrell (2015). "
        "Long-term recurrent convolutional networks for visual recognition and description. CVPR.",
        year=2015,
        tasks=("classification", "regression"),
        inputs=("clip",),
        capacity=3,
        needs_examples=300,
        local=True,
        exportable=False,
    )

    epochs: int = option(15, "passes over the training data", low=0)
    lr: float = option(2e-3, "learning rate", low=0, search=(3e-4, 1e-2), log=True)
    clip: float = option(5.0, "largest norm of the gradient; 0 for no limit", low=0)
    cell: str = option("lstm", "recurrent cell", choices=tuple(CELLS), search=tuple(CELLS))
    hidden: int = option(128, "units of a recurrent layer", low=1, search=(32, 256), log=True)
    layers: int = option(1, "recurrent layers", low=1)
    maps: tuple[int, ...] = option((16, 32, 64), "maps of each convolution", low=1)
    embedding: int = option(128, "numbers that a frame becomes", low=1)
    dropout: float = option(0.2, "share of units silenced", low=0, high=0.9, search=(0.0, 0.5))
    pooling: str = option("last", "states that the head sees", choices=POOLINGS)

    def build(self, task: Task) -> nn.Module:
        """Return a network with this task's head."""
        channels, _, _ = clip_shape(task)
        encoder = FrameEncoder(
            in_channels=channels, maps=tuple(self.maps), embedding=self.embedding
        )
        network = CNNRNNNetwork(
            encoder=encoder,
            embedding=self.embedding,
            hidden=self.hidden,
            layers=self.layers,
            cell=self.cell,
            pooling=self.pooling,
            dropout=self.dropout,
        )
        network.head = task.head(self.hidden)
        return network
