"""ConvLSTM: an LSTM whose state is a picture and whose products are convolutions (Shi et al. 2015).

Shi, Chen, Wang, Yeung, Wong, Woo, "Convolutional LSTM Network: A Machine Learning Approach for
Precipitation Nowcasting", NeurIPS 2015.

How it works:
    Input, state and memory keep their height and width; what a cell learns about one place it knows
    about every place. With convolutions ``*`` and products by element ``.`` (equation 3):

        i_t = s(Wxi * X_t + Whi * H_{t-1} + Wci . C_{t-1} + bi)
        f_t = s(Wxf * X_t + Whf * H_{t-1} + Wcf . C_{t-1} + bf)
        C_t = f_t . C_{t-1} + i_t . tanh(Wxc * X_t + Whc * H_{t-1} + bc)
        o_t = s(Wxo * X_t + Who * H_{t-1} + Wco . C_t + bo)
        H_t = o_t . tanh(C_t)

    The three ``Wc.`` (peepholes) have a weight for every place; ``peepholes=False`` leaves them
    out. As in the paper, a frame is first cut into patches of 4x4 pixels whose pixels become
    channels. The paper forecasts radar pictures; here the last state is averaged over a grid of
    4x4 cells for the head. Layers lie one upon the other, each reading the states of the one below.

Use it when:
    What matters is how something moves or changes where it is: weather, cells, crowds, gestures in
    front of a fixed camera. From a few hundred clips on.

Think twice when:
    The frames are large or the clips long: the steps cannot run side by side, and every one
    convolves. A CNN-RNN is there in a fraction of the time.

Cost:
    For each layer ``4 * maps * (kernel^2 * (inputs + maps) + 1)`` weights and, with peepholes, 3
    for each map and place: 80,000 with the defaults and grey frames of 64x64 pixels. Time grows
    with the length of the clips, frame by frame.

Shapes:
    ``{"frames": (B, T, C, H, W), "lengths": (B,)}`` to ``(B, num_classes)``. With peepholes all
    clips have the size of those it learned from; the codec sees to that.

Example:
    >>> import numpy as np, fieldguide as fg
    >>> clips = np.zeros((48, 4, 1, 8, 8), dtype=np.uint8)
    >>> for place, clip in enumerate(clips):                # a bar that goes down, or up
    ...     for time, frame in enumerate(clip if place % 2 else clip[::-1]):
    ...         frame[:, 2 * time : 2 * time + 2] = 200
    >>> labels = np.array(["up", "down"] * 24)
    >>> model = fg.ConvLSTM(epochs=10, maps=(8,), validation=0.0).fit(clips, labels)
    >>> model.predict(clips[:2]).tolist()
    ['up', 'down']
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from fieldguide.algorithms.recurrent._clips import GRID, ClipNetwork, clip_shape
from fieldguide.card import Card
from fieldguide.hyperparameter import option
from fieldguide.nn.clips import mask
from fieldguide.tasks import Task


class ConvLSTMLayer(nn.Module):
    """One layer of cells, run over time.

    Args:
        in_channels: Channels of the input.
        maps: Maps of the state.
        height: Of input and state, in cells; the peepholes have a weight for each.
        width: Likewise.
        kernel: Side of the convolutions, odd.
        peepholes: Whether the gates see the memory.
    """

    def __init__(
        self,
        *,
        in_channels: int,
        maps: int,
        height: int,
        width: int,
        kernel: int = 3,
        peepholes: bool = True,
    ) -> None:
        super().__init__()
        self.maps = maps
        # Gates stand in the order of the equations: i, f, c, o.
        self.from_input = nn.Conv2d(in_channels, 4 * maps, kernel, padding=kernel // 2)
        self.from_state = nn.Conv2d(maps, 4 * maps, kernel, padding=kernel // 2, bias=False)
        self.peepholes = nn.Parameter(torch.zeros(3, maps, height, width)) if peepholes else None
        with torch.no_grad():  # it begins by remembering
            assert self.from_input.bias is not None
            self.from_input.bias[maps : 2 * maps] += 1.0

    def forward(self, x: Tensor, there: Tensor) -> Tensor:
        """Return the states H, ``(B, T, maps, H, W)``, of inputs ``(B, T, C, H, W)``.

        Args:
            x: Inputs.
            there: Which are no padding, ``(B, T)``; the state stays as it is at padding.
        """
        seen = self.from_input(x.flatten(0, 1)).unflatten(0, x.shape[:2])  # all times at once
        state = memory = x.new_zeros(len(x), self.maps, *x.shape[3:])
        states = []
        for step in range(x.shape[1]):
            here = there[:, step, None, None, None]
            new_state, new_memory = self.cell(seen[:, step], state, memory)
            state = torch.where(here, new_state, state)
            memory = torch.where(here, new_memory, memory)
            states.append(state)
        return torch.stack(states, 1)

    def cell(self, seen: Tensor, state: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Return H_t and C_t.

        Args:
            seen: ``Wx * X_t + b`` of the four gates, ``(B, 4 maps, H, W)``.
            state: ``H_{t-1}``.
            memory: ``C_{t-1}``.
        """
        take, keep, new, show = (seen + self.from_state(state)).chunk(4, 1)
        if self.peepholes is not None:
            take = take + self.peepholes[0] * memory
            keep = keep + self.peepholes[1] * memory
        memory = keep.sigmoid() * memory + take.sigmoid() * new.tanh()
        if self.peepholes is not None:
            show = show + self.peepholes[2] * memory
        return show.sigmoid() * memory.tanh(), memory


class ConvLSTMNetwork(nn.Module):
    """Patches, layers of cells, and a head on the last state.

    Args:
        in_channels: Channels of a frame.
        height: Pixels of a frame.
        width: Likewise.
        maps: Maps of each layer.
        patch: Side of the patches, in pixels.
        kernel: Side of the convolutions, odd.
        peepholes: Whether the gates see the memory.
        dropout: Share of units silenced in front of the head, 0 to below 1.
        num_classes: Outputs of ``head``; replace the attribute for another head.
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        height: int = 64,
        width: int = 64,
        maps: tuple[int, ...] = (32,),
        patch: int = 4,
        kernel: int = 3,
        peepholes: bool = True,
        dropout: float = 0.0,
        num_classes: int = 10,
    ) -> None:
        super().__init__()
        self.patch = patch
        inputs = (in_channels * patch**2, *maps)
        self.layers = nn.ModuleList(
            ConvLSTMLayer(
                in_channels=below,
                maps=own,
                height=-(-height // patch),
                width=-(-width // patch),
                kernel=kernel,
                peepholes=peepholes,
            )
            for below, own in zip(inputs, maps, strict=False)
        )
        self.dropout = nn.Dropout(dropout)
        self.embedding_width = maps[-1] * GRID * GRID
        self.head: nn.Module = nn.Linear(self.embedding_width, num_classes)

    def patches(self, frames: Tensor) -> Tensor:
        """Return ``(B, T, C patch^2, H / patch, W / patch)``; rims are filled with zeros."""
        down, right = -frames.shape[3] % self.patch, -frames.shape[4] % self.patch
        whole = functional.pad(frames, (0, right, 0, down)).flatten(0, 1)
        return functional.pixel_unshuffle(whole, self.patch).unflatten(0, frames.shape[:2])

    def forward(self, x: dict[str, Tensor]) -> Tensor:
        """Return the outputs of the head for padded clips."""
        there = mask(x["lengths"], x["frames"].shape[1])
        states = self.patches(x["frames"])
        for layer in self.layers:
            states = layer(states, there)
        grid = functional.adaptive_avg_pool2d(states[:, -1], GRID)  # (B, maps, 4, 4)
        outputs: Tensor = self.head(self.dropout(grid.flatten(1)))
        return outputs


class ConvLSTM(ClipNetwork):
    """Classification and regression of clips by what moves where."""

    card = Card(
        title="Convolutional LSTM",
        paper="Shi, Chen, Wang, Yeung, Wong & Woo (2015). Convolutional LSTM network: a machine "
        "learning approach for precipitation nowcasting. NeurIPS.",
        year=2015,
        tasks=("classification", "regression"),
        inputs=("clip",),
        capacity=3,
        needs_examples=300,
        local=True,
        exportable=False,
    )

    epochs: int = option(15, "passes over the training data", low=0)
    lr: float = option(3e-3, "learning rate", low=0, search=(3e-4, 1e-2), log=True)
    clip: float = option(5.0, "largest norm of the gradient; 0 for no limit", low=0)
    maps: tuple[int, ...] = option((32,), "maps of each layer", low=1)
    patch: int = option(4, "side of the patches of a frame, in pixels", low=1)
    kernel: int = option(3, "side of the convolutions", choices=(1, 3, 5, 7), search=(3, 5))
    peepholes: bool = option(True, "whether the gates see the memory")
    dropout: float = option(0.2, "share of units silenced", low=0, high=0.9, search=(0.0, 0.5))

    def build(self, task: Task) -> nn.Module:
        """Return a network with this task's head; small frames are cut into smaller patches."""
        channels, height, width = clip_shape(task)
        network = ConvLSTMNetwork(
            in_channels=channels,
            height=height,
            width=width,
            maps=tuple(self.maps),
            patch=min(self.patch, max(1, min(height, width) // GRID)),
            kernel=self.kernel,
            peepholes=self.peepholes,
            dropout=self.dropout,
        )
        network.head = task.head(network.embedding_width)
        return network
