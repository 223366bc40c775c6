"""Bag of frames: the mean of what a network sees in single frames, without their order (2014).

Karpathy, Toderici, Shetty, Leung, Sukthankar, Fei-Fei, "Large-scale Video Classification with
Convolutional Neural Networks", CVPR 2014, whose single-frame network this is, with the mean taken
in front of the head.

How it works:
    The encoder of the CNN-RNN turns every frame into a vector, and the head sees their mean:

        y = head( (e_1 + ... + e_T) / T ),    e_t = CNN(frame_t)

    A sum does not depend on order: a clip shown backwards gives the same output. It is the honest
    rival of every network that claims to understand movement. In the paper it came within two
    points of the networks that see time, because sports are told by the pitch.

Use it when:
    Scenes, places and objects tell the class, or to find out whether they do: where it equals the
    networks that see order, you do not need them.

Think twice when:
    The classes differ in direction or order: sitting down and standing up are one bag.

Cost:
    155,000 parameters in front of the head with the defaults and grey frames; the convolutions of
    every frame are all the time it takes.

Shapes:
    ``{"frames": (B, T, C, H, W), "lengths": (B,)}`` to ``(B, num_classes)``.

Example:
    >>> import numpy as np, fieldguide as fg
    >>> clips = np.random.default_rng(0).integers(0, 90, (48, 4, 1, 8, 8)).astype(np.uint8)
    >>> clips[::2, 2, :, :4] = 255                              # half of them have a flash
    >>> labels = np.array(["flash", "none"] * 24)
    >>> model = fg.BagOfFrames(epochs=8, maps=(8,), validation=0.0).fit(clips, labels)
    >>> model.predict(clips[:2]).tolist()
    ['flash', 'none']
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
from fieldguide.nn.clips import mean
from fieldguide.tasks import Task


class BagOfFramesNetwork(nn.Module):
    """An encoder of frames, their mean, and a head.

    Args:
        encoder: Frames ``(M, C, H, W)`` to ``(M, embedding)``.
        embedding: Numbers that a frame becomes.
        dropout: Share of units silenced in front of the head, 0 to below 1.
        num_classes: Outputs of ``head``; replace the attribute for another head.
    """

    def __init__(
        self,
        *,
        encoder: nn.Module,
        embedding: int = 128,
        dropout: float = 0.0,
        num_classes: int = 10,
    ) -> None:
        super().__init__()
        self.encoder, self.dropout = encoder, nn.Dropout(dropout)
        self.head: nn.Module = nn.Linear(embedding, num_classes)

    def forward(self, x: dict[str, Tensor]) -> Tensor:
        """Return the outputs of the head for padded clips."""
        embedded = encode_frames(self.encoder, x)  # (B, T, embedding)
        outputs: Tensor = self.head(self.dropout(mean(embedded, x["lengths"])))
        return outputs


class BagOfFrames(ClipNetwork):
    """Classification and regression of clips by what is in their frames."""

    card = Card(
        title="Bag of frames",
        paper="Karpathy, Toderici, Shetty, Leung, Sukthankar & Fei-Fei (2014). Large-scale video "
        "classification with convolutional neural networks. CVPR.",
        year=2014,
        tasks=("classification", "regression"),
        inputs=("clip",),
        capacity=3,
        needs_examples=200,
        local=True,
        rule="orderless",
        exportable=False,
    )

    epochs: int = option(15, "passes over the training data", low=0)
    lr: float = option(2e-3, "learning rate", low=0, search=(3e-4, 1e-2), log=True)
    maps: tuple[int, ...] = option((16, 32, 64), "maps of each convolution", low=1)
    embedding: int = option(128, "numbers that a frame becomes", low=1)
    dropout: float = option(0.2, "share of units silenced", low=0, high=0.9, search=(0.0, 0.5))

    def build(self, task: Task) -> nn.Module:
        """Return a network with this task's head."""
        channels, _, _ = clip_shape(task)
        encoder = FrameEncoder(
            in_channels=channels, maps=tuple(self.maps), embedding=self.embedding
        )
        network = BagOfFramesNetwork(
            encoder=encoder, embedding=self.embedding, dropout=self.dropout
        )
        network.head = task.head(self.embedding)
        return network
