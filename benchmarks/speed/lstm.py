"""Training an LSTM language model in turn with a bare PyTorch loop and, if it is there, Keras.

    python -m benchmarks.speed.lstm [batches in an epoch]

The medium model of Zaremba, Sutskever & Vinyals (2014): two layers of 650 units, 10,000 words,
batches of 20 sequences of 35 words whose state goes on from batch to batch, plain gradient descent
with clipping. Ours is `fieldguide.nn.Recurrent` under the engine that every `fit` runs on; the bare
loop trains ``nn.LSTM`` with the same optimizer, clipping and sum of losses. Keras, on the backend
that KERAS_BACKEND names, starts each batch from zeros, which is a little less work. Words a second.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.in_turn import in_turn, save_ratio, timed
from fieldguide import engine
from fieldguide.data import Batch, Examples
from fieldguide.engine import Descent, Settings, Stage
from fieldguide.engine.schedule import SCHEDULES
from fieldguide.nn.recurrent import Recurrent, State, detached

WORDS, UNITS, LAYERS, BATCH, STEPS = 10_000, 650, 2, 20, 35
RATE, CLIP = 1.0, 5.0
Case = Callable[[], float]


class LanguageModel(nn.Module):
    """Says at each word how likely every word is next.

    Args:
        layers: Recurrent layers of UNITS; ``run(steps, state)`` gives outputs and state.
    """

    def __init__(self, layers: nn.Module):
        super().__init__()
        self.words = nn.Embedding(WORDS, UNITS)
        self.layers = layers
        self.head = nn.Linear(UNITS, WORDS)

    def forward(self, codes: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Return (B, T, WORDS) and the state after the last word of codes (B, T)."""
        run = self.layers.run if isinstance(self.layers, Recurrent) else self.layers
        outputs, state = run(self.words(codes), state)
        return self.head(outputs), state


def text(batches: int) -> tuple[Tensor, Tensor]:
    """Return random words and those that follow them, one row a sequence, in order of batches."""
    chance = torch.Generator().manual_seed(0)
    words = torch.randint(WORDS, (BATCH, batches * STEPS + 1), generator=chance)
    cut = [words[:, :-1].split(STEPS, dim=1), words[:, 1:].split(STEPS, dim=1)]
    return torch.cat(cut[0]), torch.cat(cut[1])


def ours(x: Tensor, y: Tensor) -> Case:
    """One epoch under the engine."""
    torch.manual_seed(0)
    layers = Recurrent(cell="lstm", inputs=UNITS, units=UNITS, layers=LAYERS)
    network = LanguageModel(layers)
    held: list[State | None] = [None]

    def step(batch: Batch) -> Mapping[str, Tensor]:
        assert isinstance(batch.x, Tensor) and batch.y is not None
        outputs, state = network(batch.x, held[0])
        held[0] = detached(state)
        loss = F.cross_entropy(outputs.flatten(0, 1), batch.y.flatten())
        descent.descend("network", loss)
        return {"loss": loss}

    optimizer = torch.optim.SGD(network.parameters(), RATE)
    descent = Descent({"network": optimizer}, schedule=SCHEDULES["constant"], clip=CLIP)
    batches = Examples(x, y).batches(BATCH, shuffle=False)

    def epoch() -> None:
        stage = Stage("fit", step, batches, 1)
        engine.run([stage], network=network, descent=descent, settings=Settings())

    return timed(epoch, x.numel())


def bare(x: Tensor, y: Tensor) -> Case:
    """One epoch of a hand-written loop."""
    torch.manual_seed(0)
    network = LanguageModel(nn.LSTM(UNITS, UNITS, LAYERS, batch_first=True))
    optimizer = torch.optim.SGD(network.parameters(), RATE)
    held: list[State | None] = [None]

    def epoch() -> None:
        total = 0.0
        for codes, following in zip(x.split(BATCH), y.split(BATCH), strict=True):
            outputs, state = network(codes, held[0])
            held[0] = detached(state)
            loss = F.cross_entropy(outputs.flatten(0, 1), following.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            optimizer.step()
            total += loss.item()

    return timed(epoch, x.numel())


def keras(x: Tensor, y: Tensor) -> Case:
    """One epoch of Keras's own loop."""
    import keras

    model = keras.Sequential(
        [
            keras.Input((STEPS,), dtype="int32"),
            keras.layers.Embedding(WORDS, UNITS),
            *(keras.layers.LSTM(UNITS, return_sequences=True) for _ in range(LAYERS)),
            keras.layers.Dense(WORDS),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(RATE, global_clipnorm=CLIP), loss)
    codes, following = x.numpy().astype("int32"), y.numpy().astype("int32")

    def epoch() -> None:
        model.fit(codes, following, batch_size=BATCH, epochs=1, shuffle=False, verbose=0)

    return timed(epoch, x.numel())


def main(batches: int, rounds: int = 7) -> None:
    """Run every side that is installed and record the ratios."""
    started = time.perf_counter()
    x, y = text(batches)
    cases = {"fieldguide": ours(x, y), "bare loop": bare(x, y)}
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if importlib.util.find_spec("keras"):
        cases[f"keras on {backend}"] = keras(x, y)
    print(f"LSTM {LAYERS} x {UNITS}, batch {BATCH}, {STEPS} steps, {WORDS} outputs; words/s")
    rates = in_turn(cases, rounds=rounds, warm_up=1)
    for name in list(cases)[1:]:
        save_ratio(
            f"lstm-language-model-over-{name.replace(' ', '-')}",
            rates,
            "fieldguide",
            name,
            unit="words/s",
            target=0.97 if name == "bare loop" else 2.0,
            data=f"{batches} batches of {BATCH} random sequences of {STEPS} words",
            algorithm="lstm",
            started=started,
            command=f"KERAS_BACKEND={backend} python -m benchmarks.speed.lstm",
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
