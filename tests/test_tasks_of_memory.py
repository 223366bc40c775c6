"""The tasks of memory ask what they say they ask."""

from __future__ import annotations

import numpy as np
import pytest

import fieldguide as fg
from benchmarks.tasks_of_memory import adding, copying


def test_adding() -> None:
    x, y = adding(500, 30, seed=0)
    assert x.shape == (500, 30, 2)
    assert (x[..., 1].sum(axis=1) == 2).all() and set(np.unique(x[..., 1])) == {0.0, 1.0}
    assert (x[:, :15, 1].sum(axis=1) == 1).all()
    np.testing.assert_allclose((x[..., 0] * x[..., 1]).sum(axis=1), y)
    assert np.square(y - 1).mean() == pytest.approx(1 / 6, rel=0.15)
    assert not np.array_equal(adding(500, 30, seed=1)[0], x)
    assert np.array_equal(adding(500, 30, seed=0)[0], x)


def test_copying() -> None:
    x, y = copying(200, 20, seed=0, symbols=5, length=3)
    assert x.shape == y.shape == (200, 26)
    assert set(np.unique(x[:, :3])) == {1, 2, 3, 4, 5} and (x[:, 22] == 6).all()
    rest = np.delete(x, [0, 1, 2, 22], axis=1)
    assert not rest.any() and not y[:, :23].any()
    assert np.array_equal(x[:, :3], y[:, 23:])


def test_gates_learn_a_short_sum() -> None:
    model = fg.GRU(hidden=24, epochs=15, lr=0.02, task="regression", validation=0)
    model.fit(*adding(1500, 20, seed=0))
    assert model.evaluate(*adding(300, 20, seed=1))["r2"] > 0.8
