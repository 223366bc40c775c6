"""Who remembers over hundreds of steps? The adding problem and the copy task.

    python -m benchmarks.quality.memory [adding | copying] [--cells lstm gru rnn] [--seeds N] …

Adding, T = 200: 5,000 sequences to learn from, R² on 1,000 others; saying the mean has 0. Copying:
5 of 8 symbols are put out again after 50 steps, by a recurrent layer with an output at every step;
recalled is the share of symbols put out rightly on 1,000 others; guessing has 0.125. LSTM and GRU
should succeed, the Elman network should fail, all with the same number of units and passes.

Copying has the 128 units and the gates of Tallec & Ollivier (2018, "Can recurrent neural networks
warp time?"), which start out to remember 3/2 of the delay at most. With 64 units and 1/1
of the delay, the LSTM recalled 0.79 after as many passes and the GRU 0.98.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import fieldguide as fg
from benchmarks.results import Result, machine, versions
from benchmarks.tasks_of_memory import adding, copying
from fieldguide import engine
from fieldguide.data import Batch, Examples
from fieldguide.engine import Descent, Settings, Stage
from fieldguide.engine.schedule import SCHEDULES
from fieldguide.nn.recurrent import Recurrent

STEPS, DELAY, SYMBOLS, LENGTH = 200, 50, 8, 5
CELLS = {"lstm": fg.LSTM, "gru": fg.GRU, "rnn": fg.RNN}
ADDING = {"hidden": 64, "epochs": 8, "batch_size": 50, "lr": 1e-2, "task": "regression"}
UNITS, PASSES = 128, 20  # of the copy task; 20,000 sequences in batches of 64
MEMORY = 3 * DELAY // 2  # steps that gates start out to remember at most


def recall_of_sums(cell: str, seed: int) -> float:
    """Return R² of the adding problem."""
    model = CELLS[cell](**ADDING, seed=seed)
    model.fit(*adding(5000, STEPS, seed=seed), progress=True)
    return model.evaluate(*adding(1000, STEPS, seed=10_000 + seed))["r2"]


class Copier(nn.Module):
    """A recurrent layer with an output at every step.

    Args:
        cell: ``"elman"``, ``"lstm"`` or ``"gru"``.
    """

    def __init__(self, cell: str):
        super().__init__()
        memory = {} if cell == "elman" else {"memory": MEMORY}
        self.body = Recurrent(cell=cell, inputs=SYMBOLS + 2, units=UNITS, **memory)
        self.head = nn.Linear(UNITS, SYMBOLS + 1)

    def forward(self, codes: Tensor) -> Tensor:
        """Return (B, T, symbols + 1) of codes (B, T)."""
        outputs: Tensor = self.head(self.body(F.one_hot(codes, SYMBOLS + 2).float()))
        return outputs


def recall_of_symbols(cell: str, seed: int, count: int = 20_000) -> float:
    """Return the share of symbols that are put out rightly."""
    torch.manual_seed(seed)
    network = Copier("elman" if cell == "rnn" else cell)
    optimizer = torch.optim.AdamW(network.parameters(), 1e-2, weight_decay=0.0, fused=True)
    descent = Descent({"network": optimizer}, schedule=SCHEDULES["one-cycle"], clip=1.0)

    def step(batch: Batch) -> Mapping[str, Tensor]:
        assert isinstance(batch.x, Tensor) and batch.y is not None
        loss = F.cross_entropy(network(batch.x).flatten(0, 1), batch.y.flatten())
        descent.descend("network", loss)
        return {"loss": loss}

    x, y = map(torch.from_numpy, copying(count, DELAY, seed, symbols=SYMBOLS, length=LENGTH))
    batches = Examples(x, y).batches(64, seed=seed)
    engine.run(
        [Stage("copy", step, batches, PASSES)],
        network=network,
        descent=descent,
        settings=Settings(seed=seed, progress=True),
    )
    x, y = map(
        torch.from_numpy, copying(1000, DELAY, 10_000 + seed, symbols=SYMBOLS, length=LENGTH)
    )
    with torch.inference_mode():
        found = network(x)[:, -LENGTH:].argmax(dim=2)
    return float((found == y[:, -LENGTH:]).double().mean())


def record(
    task: str, cell: str, score: Callable[[str, int], float], seeds: int, **facts: object
) -> None:
    """Run every seed and record the mean."""
    started, runs = time.perf_counter(), []
    for seed in range(seeds):
        begun = time.perf_counter()
        value = score(cell, seed)
        runs.append({"value": value, "seconds": round(time.perf_counter() - begun, 1)})
        print(f"{task}, {cell}, seed {seed}: {value:.4f}", flush=True)
    Result(
        benchmark=f"memory-{task}-{cell}",
        kind="quality",
        algorithm=cell,
        value=round(statistics.mean(run["value"] for run in runs), 5),
        seeds=list(range(seeds)),
        runs=runs,
        runtime_s=round(time.perf_counter() - started, 1),
        versions=versions(),
        machine=machine(),
        command=f"python -m benchmarks.quality.memory {task}",
        **facts,  # type: ignore[arg-type]
    ).save()


def main() -> None:
    """Run the tasks that were asked for with every cell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tasks", nargs="*", default=["adding", "copying"])
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    for cell in given.cells:
        fails = cell == "rnn"
        better = "lower" if fails else "higher"
        if "adding" in given.tasks:
            record(
                "adding", cell, recall_of_sums, given.seeds, better=better,
                data=f"adding problem, T = {STEPS}, 1,000 unseen sequences",
                metric="R²" + (", expected to fail" if fails else ""),
                target=0.1 if fails else 0.95,
            )  # fmt: skip
        if "copying" in given.tasks:
            record(
                "copying", cell, recall_of_symbols, given.seeds, better=better,
                data=f"copy task, {LENGTH} of {SYMBOLS} symbols after {DELAY} steps, 1,000 unseen",
                metric="share recalled" + (", expected to fail" if fails else ""),
                target=0.5 if fails else 0.95,
            )  # fmt: skip


if __name__ == "__main__":
    main()
