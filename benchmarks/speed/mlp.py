"""Training an MLP 784-256-256-10 in turn with a bare PyTorch loop and the libraries users pick.

    python -m benchmarks.speed.mlp [batch size]

Every side trains the same layers with Adam on the same 20,000 float32 examples. A round starts from
new weights, runs one epoch, and times the next. lightning, skorch and keras take part where they
are installed; lightning and skorch twice, with Adam as PyTorch gives it and with the fused one.

The bare loop is the limit that a library over autograd can reach. `raw` is what people write; `raw
fused` uses the fused optimizer; `raw flushed` also rounds denormal numbers to 0 (PyTorch's
`set_flush_denormal`, before any thread starts its workers): at batch 32 silent units leave Adam
with denormal means, and loops that keep them fall to a third of their pace.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import fieldguide as fg
from benchmarks.in_turn import in_turn, save_ratio, second_epoch_of_fit, timed
from fieldguide.engine import denormals

COUNT = 20_000
HIDDEN = (256, 256)
Case = Callable[[], float]


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Return inputs like pixels and ten classes, both with a fixed seed."""
    chance = np.random.default_rng(0)
    x = chance.random((COUNT, 784), dtype=np.float32)
    return x, chance.integers(0, 10, COUNT)


def network() -> nn.Sequential:
    """Return the layers that every side trains."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)
    )


def bare(
    x: np.ndarray, y: np.ndarray, size: int, *, fused: bool = False, flushed: bool = False
) -> Case:
    """A hand-written loop: no validation, no logging but the epoch's loss."""
    around = denormals.flushed if flushed else contextlib.nullcontext
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y)

    def start() -> Callable[[], None]:
        net = network()
        return partial(epoch, net, torch.optim.Adam(net.parameters(), 1e-3, fused=fused or None))

    def epoch(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        total = 0.0
        with around():
            for index in torch.randperm(COUNT).split(size):
                loss = F.cross_entropy(net(inputs[index]), targets[index])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item()

    return second_epoch(start)


def second_epoch(start: Callable[[], Callable[[], object]]) -> Case:
    """Return a case that starts anew, does an epoch, and times the next."""

    def case() -> float:
        epoch = start()
        epoch()
        return timed(epoch, COUNT)()

    return case


def scikit_learn(x: np.ndarray, y: np.ndarray, size: int) -> Case:
    """MLPClassifier, one epoch more of the same network each round."""
    from sklearn.neural_network import MLPClassifier

    def start() -> Callable[[], None]:
        return partial(epoch, MLPClassifier(HIDDEN, batch_size=size, max_iter=1, warm_start=True))

    def epoch(model: MLPClassifier) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(x, y)

    return second_epoch(start)


def skorch(x: np.ndarray, y: np.ndarray, size: int, *, fused: bool = False) -> Case:
    """NeuralNetClassifier without its validation split and printing."""
    from skorch import NeuralNetClassifier

    def start() -> Callable[[], object]:
        net = NeuralNetClassifier(
            network(),
            criterion=nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            optimizer__fused=fused or None,
            lr=1e-3,
            batch_size=size,
            train_split=None,
            verbose=0,
            callbacks__print_log=None,
            iterator_train__shuffle=True,
        ).initialize()
        return lambda: net.partial_fit(x, y, epochs=1)

    return second_epoch(start)


def lightning(x: np.ndarray, y: np.ndarray, size: int, *, fused: bool = False) -> Case:
    """Trainer without checkpoints, logger and progress bar; batches whole from tensors."""
    import logging

    import lightning.pytorch as pl
    from torch.utils.data import BatchSampler, DataLoader, RandomSampler, TensorDataset

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    data = TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    sampler = BatchSampler(RandomSampler(data), size, drop_last=False)
    loader = DataLoader(data, sampler=sampler, batch_size=None)

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = network()

        def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
            return F.cross_entropy(self.net(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), 1e-3, fused=fused or None)

    seconds = [0.0]

    class Watch(pl.Callback):
        def on_train_epoch_start(self, *_: object) -> None:
            seconds[0] = time.perf_counter()

        def on_train_epoch_end(self, *_: object) -> None:
            seconds[0] = time.perf_counter() - seconds[0]

    def epoch() -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pl.Trainer(
                max_epochs=2,
                accelerator="cpu",
                logger=False,
                enable_checkpointing=False,
                enable_progress_bar=False,
                enable_model_summary=False,
                callbacks=[Watch()],
            ).fit(Module(), loader)
        return COUNT / seconds[0]

    return epoch


def keras(x: np.ndarray, y: np.ndarray, size: int) -> Case:
    """Keras on the backend that KERAS_BACKEND names."""
    import keras

    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(256, "relu"),
            keras.layers.Dense(256, "relu"),
            keras.layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss)
    labels, fresh = y.astype("int32"), model.get_weights()

    def start() -> Callable[[], object]:
        model.set_weights(fresh)
        return lambda: model.fit(x, labels, batch_size=size, epochs=1, verbose=0)

    return second_epoch(start)


def main(size: int) -> None:
    """Run every side that is installed and record the ratios."""
    started = time.perf_counter()
    x, y = examples()
    model = fg.MLP(hidden=HIDDEN, batch_size=size, validation=0, precision="fp32")
    cases: dict[str, Case] = {
        "fieldguide": second_epoch_of_fit(model, x, y),
        "raw": bare(x, y, size),
        "raw fused": bare(x, y, size, fused=True),
        "raw flushed": bare(x, y, size, fused=True, flushed=True),
        "scikit-learn": scikit_learn(x, y, size),
    }
    installed: dict[str, Callable[..., Case]] = {
        "lightning": lightning,
        "skorch": skorch,
        "keras": keras,
    }
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    for name, peer in installed.items():
        if importlib.util.find_spec(name):
            cases[f"keras on {backend}" if name == "keras" else name] = peer(x, y, size)
            if name != "keras":
                cases[f"{name} fused"] = peer(x, y, size, fused=True)
    targets = {
        "raw fused": 0.97,
        "raw flushed": 0.97,
        "scikit-learn": 1.8,
        "lightning": 1.7,
        "skorch": 2.5,
        "keras on torch": 2.5,
    }
    print(f"MLP 784-256-256-10, batch {size}, {COUNT} examples an epoch; samples/s")
    rates = in_turn(cases, rounds=7, warm_up=1)
    for name in list(cases)[1:]:
        save_ratio(
            f"mlp-batch-{size}-over-{name.replace(' ', '-')}",
            rates,
            "fieldguide",
            name,
            unit="samples/s",
            target=targets.get(name) if size == 128 else None,
            data=f"{COUNT} random vectors of 784 numbers, batch {size}",
            algorithm="mlp",
            started=started,
            command=f"KERAS_BACKEND={backend} python -m benchmarks.speed.mlp {size}",
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 128)
