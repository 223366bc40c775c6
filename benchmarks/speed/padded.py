"""Sequences of different lengths: read to the end of the filling, or packed as PyTorch does it?

    python -m benchmarks.speed.padded

Forward and backward passes of one layer of 64 units over 32 sequences of 35 to 140 steps, with the
last valid state summed up; in both directions, too. Both sides give the same numbers (tests hold
them to it). Sequences a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from benchmarks.in_turn import in_turn, save_ratio, timed
from fieldguide.engine import denormals
from fieldguide.nn import sequences
from fieldguide.nn.recurrent import LAYERS, Recurrent

COUNT, STEPS, UNITS, REPEATS = 32, 140, 64, 5


def rate(network: Callable[[], Tensor]) -> Callable[[], float]:
    """Return a case: sequences a second, forwards and backwards."""

    def work() -> None:
        with denormals.flushed():
            for _ in range(REPEATS):
                network().sum().backward()

    return timed(work, COUNT * REPEATS)


def packed(layer: nn.RNNBase, x: Tensor, lengths: Tensor) -> Tensor:
    """Return the outputs of PyTorch's layer for every step, zeros after the end."""
    held = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    return pad_packed_sequence(layer(held)[0], batch_first=True)[0]


def main() -> None:
    """Run every cell in one direction and in both, and record."""
    torch.manual_seed(0)
    x = torch.randn(COUNT, STEPS, 1)
    lengths = torch.randint(STEPS // 4, STEPS + 1, (COUNT,))
    lengths[0] = STEPS
    for cell, kind in LAYERS.items():
        for both in (False, True):
            started = time.perf_counter()
            ours = Recurrent(cell=cell, inputs=1, units=UNITS, bidirectional=both)
            theirs = kind(1, UNITS, batch_first=True, bidirectional=both)
            summary = sequences.ends if both else sequences.last
            cases = {
                "padded": rate(lambda ours=ours, end=summary: end(ours(x, lengths), lengths)),
                "packed": rate(
                    lambda theirs=theirs, end=summary: end(packed(theirs, x, lengths), lengths)
                ),
            }
            name = f"{cell}{' in both directions' if both else ''}"
            print(f"{name}; sequences/s")
            save_ratio(
                f"padded-over-packed-{name.replace(' ', '-')}",
                in_turn(cases, rounds=5, warm_up=1),
                "padded",
                "packed",
                unit="sequences/s",
                target=1.0,
                data=f"{COUNT} sequences of {STEPS // 4} to {STEPS} random steps",
                algorithm={"elman": "rnn"}.get(cell, cell),
                started=started,
                command="python -m benchmarks.speed.padded",
            )


if __name__ == "__main__":
    main()
