"""Devices, precision and memory layout."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import fieldguide as fg
from fieldguide.engine import hardware
from fieldguide.errors import UsageError
from tests import toys


def test_auto_is_the_best_there_is() -> None:
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert hardware.resolve_device("auto") == expected
    assert hardware.resolve_device("cpu") == "cpu"


@pytest.mark.parametrize("name", ["banana", "cuda:99", "meta", "", "cpu:1:2"])
def test_a_device_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"cannot be used here.*'auto' or 'cpu'"):
        fg.MLP(device=name).fit(toys.array("classification"))


def test_precision_is_what_was_asked_for() -> None:
    network = nn.Linear(3, 3)
    assert hardware.resolve_bf16("bf16", "cpu", network)
    assert not hardware.resolve_bf16("fp32", "cpu", network)
    with pytest.raises(UsageError, match="precision='fp64'"):
        hardware.resolve_bf16("fp64", "cpu", network)
    with pytest.raises(UsageError, match=r"precision='fp64'.*'bf16'"):
        fg.MLP(precision="fp64").fit(toys.array("classification"))


@pytest.mark.parametrize("fast", [True, False])
def test_auto_is_bf16_only_where_it_pays(fast: bool, monkeypatch) -> None:
    monkeypatch.setattr(hardware, "has_fast_bf16", lambda: fast)
    wide = nn.Sequential(*(nn.Conv2d(64, 64, 3) for _ in range(5)))
    assert hardware.resolve_bf16("auto", "cpu", wide) is fast
    assert not hardware.resolve_bf16("auto", "cpu", nn.Linear(4, 4))
    assert not hardware.resolve_bf16("auto", "cpu", nn.Identity())


@pytest.mark.parametrize("kind", [fg.MLP, toys.ToyRivals, toys.ToyStack])
def test_bf16_learns_and_keeps_weights_in_single_precision(kind: type[fg.Estimator]) -> None:
    data = toys.array("classification", 200)
    model = kind(precision="bf16", epochs=40, lr=0.03).fit(data)
    assert {weight.dtype for weight in model.network_.parameters()} == {torch.float32}
    assert model.evaluate(data)["accuracy"] > 0.8
    assert model._outputs(data).dtype == torch.float32


def test_bf16_is_near_single_precision() -> None:
    data = toys.table("regression", 200)
    exact = fg.MLP(precision="fp32", epochs=5).fit(data)
    rough = fg.MLP(precision="bf16", epochs=5).fit(data)
    assert rough.evaluate(data)["r2"] == pytest.approx(exact.evaluate(data)["r2"], abs=0.1)


def test_convolutions_are_stored_channels_last() -> None:
    network = hardware.choose_layout(nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten()))
    assert network[0].weight.is_contiguous(memory_format=torch.channels_last)
    plain = nn.Linear(3, 3)
    assert hardware.choose_layout(plain) is plain
