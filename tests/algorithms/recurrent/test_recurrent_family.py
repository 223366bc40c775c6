"""What all recurrent networks do: learn, cope with lengths, refuse what cannot be."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

import fieldguide as fg
from fieldguide.errors import UsageError
from fieldguide.nn.recurrent import Recurrent
from fieldguide.nn.sequence_network import SequenceNetwork, of_steps
from fieldguide.nn.window_network import WindowNetwork
from tests import toys
from tests.gradients import assert_gradients_match

KINDS = pytest.mark.parametrize("kind", [fg.RNN, fg.LSTM, fg.GRU])
QUICK = {"hidden": 12, "validation": 0.0, "lr": 0.02}


def firsts(count: int, steps: int = 8, seed: int = 0) -> tuple[list[np.ndarray], np.ndarray]:
    """Sequences of their own lengths; the first value of the second channel decides."""
    chance = np.random.default_rng(seed)
    x = [chance.normal(size=(chance.integers(3, steps + 1), 2)) for _ in range(count)]
    return x, np.array(["up" if one[0, 1] > 0 else "down" for one in x])


@KINDS
def test_learns_what_came_first(kind: type[fg.Estimator]) -> None:
    model = kind(epochs=60, **QUICK).fit(*firsts(200))
    assert model.evaluate(*firsts(100, seed=1))["accuracy"] > 0.95


@KINDS
def test_learns_sums(kind: type[fg.Estimator]) -> None:
    x, _ = firsts(300)
    sums = np.array([one[:, 0].sum() for one in x])
    model = kind(epochs=60, task="regression", **QUICK).fit(x[::2], sums[::2])
    assert model.evaluate(x[1::2], sums[1::2])["r2"] > 0.9


@KINDS
@pytest.mark.parametrize("more", [
    {"layers": 2, "bidirectional": True, "dropout": 0.1},
    {"bidirectional": True, "summary": "mean"},
    {"summary": "mean", "truncate": 3},
])  # fmt: skip
def test_learns_in_every_form(kind: type[fg.Estimator], more: dict[str, object]) -> None:
    model = kind(epochs=60, **QUICK, **more).fit(*firsts(200))
    assert model.evaluate(*firsts(100, seed=1))["accuracy"] > 0.9


@KINDS
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_batch_of_longer_sequences_changes_nothing(
    kind: type[fg.Estimator], bidirectional: bool
) -> None:
    x, y = firsts(40)
    model = kind(epochs=2, bidirectional=bidirectional, layers=2, **QUICK).fit(x, y)
    together = model.predict_proba([*x[:5], np.zeros((50, 2))])[:5]
    for place in range(5):
        alone = model.predict_proba(x[place : place + 1])
        np.testing.assert_allclose(alone[0], together[place], atol=1e-6)


@KINDS
@pytest.mark.parametrize("bidirectional", [False, True])
def test_gradients(kind: type[fg.Estimator], bidirectional: bool) -> None:
    model = kind(hidden=5, bidirectional=bidirectional, device="cpu", epochs=0)
    network = model.fit(toys.series("classification")).network_
    torch.manual_seed(0)
    channels = model.task_.inputs.shape[-1]
    x = {"steps": 3 * torch.randn(4, 6, channels), "lengths": torch.tensor([6, 2, 5, 6])}
    assert_gradients_match(network, x)


def test_rows_of_numbers_are_sequences_of_one_channel() -> None:
    chance = np.random.default_rng(0)
    x = chance.normal(size=(200, 10))
    y = np.where(x[:, 0] > 0, "up", "down")
    model = fg.GRU(epochs=40, **QUICK).fit(x, y)
    assert model.task_.inputs.form == "series" and model.task_.inputs.shape == (10, 1)
    assert model.evaluate(x, y)["accuracy"] > 0.95


def test_truncation_in_both_directions_is_refused() -> None:
    with pytest.raises(UsageError, match=r"truncate=3 with bidirectional=True.*Leave one"):
        fg.LSTM(truncate=3, bidirectional=True).fit(*firsts(20))


@pytest.mark.parametrize("known", [0, 3])
def test_windows_are_read_with_what_is_known_ahead(known: int) -> None:
    """The head sees the past's last state and what is known ahead, and says what changes."""
    torch.manual_seed(0)
    inputs = SimpleNamespace(shape=(7, 2), known=known, cut=SimpleNamespace(horizon=4))
    channels, ahead = of_steps(inputs)
    made = Recurrent(cell="gru", inputs=channels, units=5)
    head = torch.nn.Sequential(torch.nn.Linear(5 + ahead, 4), torch.nn.Unflatten(1, (4, 1)))
    network = SequenceNetwork(body=made, head=head)
    past, beside = torch.randn(6, 7, 2), torch.randn(6, 11, known)
    x = {"past": past, "scale": torch.ones(6, 1, 2)} | ({"known": beside} if known else {})
    state = made(torch.cat([past, beside[:, :7]], dim=2))[:, -1]
    changes = head(torch.cat([state, beside[:, 7:].flatten(1)], dim=1))
    torch.testing.assert_close(network(x), past[:, -1:, :1] + changes)


@pytest.mark.parametrize(
    ("kind", "parameters"), [(fg.RNN, 4288), (fg.LSTM, 17152), (fg.GRU, 12864)]
)
def test_the_documented_size(kind: type[fg.Estimator], parameters: int) -> None:
    model = kind(epochs=0).fit(np.zeros((4, 9, 1)), ["a", "b", "a", "b"])
    assert sum(weight.numel() for weight in model.network_.body.parameters()) == parameters


@pytest.mark.parametrize("known", [0, 3])
def test_targets_are_read_apart_at_a_level_and_size_of_their_own(known: int) -> None:
    torch.manual_seed(0)
    body = Recurrent(cell="gru", inputs=2 + known, units=5)
    network = WindowNetwork(body=body, head=torch.nn.Linear(5 + 4 * known, 4), targets=2)
    past = torch.randn(6, 7, 3)
    x = {"past": past} | ({"known": torch.randn(6, 11, known)} if known else {})
    found = network(x)
    assert found.shape == (6, 4, 2)
    moved = {**x, "past": past * torch.tensor([5.0, 1.0, 1.0]) + torch.tensor([100.0, 0.0, 0.0])}
    expected = torch.stack([found[..., 0] * 5 + 100, found[..., 1]], dim=2)
    torch.testing.assert_close(network(moved), expected, rtol=1e-4, atol=1e-3)
    swapped = {**x, "past": past[..., [1, 0, 2]]}
    torch.testing.assert_close(network(swapped), found[..., [1, 0]])
