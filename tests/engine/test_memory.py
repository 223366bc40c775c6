"""Out of memory: the batch in pieces, with the gradient of the whole."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import SGD

import fieldguide as fg
from fieldguide.data import Batch, Examples
from fieldguide.engine import Descent, Settings, Stage, memory, run
from fieldguide.engine.schedule import constant
from fieldguide.errors import FieldguideError
from tests import toys

# As torch words them: the allocators of the CPU on Linux and on Windows, and of CUDA.
LINUX = (
    "[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory: "
    "you tried to allocate 1099511627776 bytes. Error code 12 (Cannot allocate memory)"
)
WINDOWS = (
    "[enforce fail at alloc_cpu.cpp:80] data. DefaultCPUAllocator: not enough memory: you tried "
    "to allocate 1099511627776 bytes."
)
CUDA = (
    "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 15.77 GiB of "
    "which 14.24 GiB is free."
)
CUBLAS = "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"
ERRORS = [
    RuntimeError(LINUX),
    RuntimeError(WINDOWS),
    torch.OutOfMemoryError(CUDA),
    RuntimeError(CUBLAS),
    MemoryError(),
]


def test_torchs_own_message_is_known() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert memory.ran_out(caught.value)
    with pytest.raises(RuntimeError) as caught:
        torch.empty((1 << 40, 1 << 40))
    assert memory.ran_out(caught.value)


def test_other_errors_are_not_taken_for_it() -> None:
    assert not memory.ran_out(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not memory.ran_out(ValueError("memory"))


class Regression:
    """A linear network whose step runs out of memory above a number of examples."""

    def __init__(self, largest: int, error: BaseException, count: int = 37):
        torch.manual_seed(0)
        self.network = nn.Linear(5, 1)
        self.descent = Descent(
            {"network": SGD(self.network.parameters(), 0.1)}, schedule=constant, clip=0.0
        )
        self.data = Examples(torch.randn(count, 5), torch.randn(count, 1))
        self.largest, self.error = largest, error
        self.sizes: list[int] = []

    def step(self, batch: Batch) -> dict[str, torch.Tensor]:
        self.sizes.append(len(batch))
        if len(batch) > self.largest:
            raise self.error
        loss = F.mse_loss(self.network(batch.x), batch.y)
        self.descent.descend("network", loss)
        return {"loss": loss}

    def run(self, size: int = 16, epochs: int = 2) -> list[dict]:
        stage = Stage("fit", self.step, self.data.batches(size), epochs)
        return run([stage], network=self.network, descent=self.descent, settings=Settings())


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: str(e)[:12] or "python")
def test_pieces_give_the_weights_and_losses_of_the_whole(error, capsys) -> None:
    whole, pieces = Regression(99, error), Regression(5, error)
    expected, found = whole.run(), pieces.run()
    assert max(pieces.sizes[2:]) <= 8 and 16 not in pieces.sizes[2:]
    assert torch.allclose(whole.network.weight, pieces.network.weight, atol=1e-6)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=1e-5)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "batches of 16 now run in pieces of 8" in shown.err
    assert "batches of 16 now run in pieces of 4" in shown.err
    assert "batch_size" in shown.err


@pytest.mark.parametrize(("size", "count"), [(7, 2), (7, 3), (10, 4), (3, 8), (1, 2)])
def test_uneven_pieces_are_weighted_by_their_examples(size: int, count: int) -> None:
    toy = Regression(99, MemoryError(), count=size)
    batch = toy.data.batch(torch.arange(size))
    loss = F.mse_loss(toy.network(batch.x), batch.y)
    exact = torch.autograd.grad(loss, toy.network.weight)[0]
    before = toy.network.weight.detach().clone()
    losses = memory.in_pieces(toy.step, toy.descent, batch, count)
    moved = (before - toy.network.weight) / 0.1
    assert torch.allclose(moved, exact, atol=1e-6)
    assert float(losses["loss"]) == pytest.approx(loss.item(), rel=1e-5)
    assert sum(toy.sizes) == size


def test_one_example_too_many_refuses_with_a_remedy() -> None:
    with pytest.raises(FieldguideError, match=r"single example.*smaller network"):
        Regression(0, RuntimeError(LINUX)).run()


def test_other_errors_pass() -> None:
    with pytest.raises(RuntimeError, match="a bug of ours"):
        Regression(0, RuntimeError("a bug of ours")).run()


def test_gradients_of_a_step_that_failed_half_way_are_dropped() -> None:
    toy = Regression(99, MemoryError())
    failed = [False]

    def step(batch: Batch) -> dict[str, torch.Tensor]:
        if not failed[0]:
            failed[0] = True
            (1e6 * toy.network(batch.x).sum()).backward()
            raise MemoryError
        return toy.step(batch)

    stage = Stage("fit", step, toy.data.batches(16), 2)
    run([stage], network=toy.network, descent=toy.descent, settings=Settings())
    whole = Regression(99, MemoryError())
    whole.run()
    assert torch.allclose(whole.network.weight, toy.network.weight, atol=1e-6)


@pytest.mark.parametrize("dropout", [0.0, 1e-9], ids=["by hand", "autograd"])
def test_an_estimator_learns_the_same_in_pieces(dropout: float, monkeypatch, capsys) -> None:
    data = toys.array("classification", 200)
    settings = {"hidden": (8,), "epochs": 3, "dropout": dropout, "validation": 0.0}
    whole = fg.MLP(**settings).fit(data)
    original = fg.MLP.step

    def step(self, batch):
        if len(batch) > 10:
            raise RuntimeError(LINUX)
        return original(self, batch)

    monkeypatch.setattr(fg.MLP, "step", step)
    pieces = fg.MLP(**settings).fit(data)
    for name, value in whole.network_.state_dict().items():
        assert torch.allclose(value, pieces.network_.state_dict()[name], atol=1e-4), name
    assert "pieces of 8" in capsys.readouterr().err


def test_a_network_that_does_not_fit_in_memory_says_so() -> None:
    with pytest.raises(FieldguideError, match=r"Memory ran out while training.*smaller network"):
        fg.MLP(hidden=(1 << 40, 1 << 20)).fit(toys.array("classification"))
