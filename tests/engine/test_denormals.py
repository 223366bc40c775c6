"""Denormal numbers are 0 while training, on every thread, and numbers again afterwards."""

import pytest
import torch

from fieldguide.engine import denormals

pytestmark = pytest.mark.skipif(
    not torch.set_flush_denormal(False), reason="this processor cannot flush denormal numbers"
)
TINY = torch.full((1 << 20,), 1e-40)  # long enough for several threads


@pytest.fixture
def two_threads():
    former = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(former)


def kept() -> int:
    return int((TINY * 0.5).count_nonzero())


def test_workers_that_were_there_before_flush_too(two_threads):
    assert kept() == len(TINY)  # wakes the workers, in the usual environment
    with denormals.flushed():
        assert kept() == 0
    assert kept() == len(TINY)


def test_an_error_inside_restores(two_threads):
    with pytest.raises(KeyError), denormals.flushed():
        raise KeyError
    assert kept() == len(TINY)


def test_without_openmp_the_own_thread_flushes(monkeypatch):
    monkeypatch.setattr(denormals, "_openmp", lambda: None)
    with denormals.flushed():
        assert int((TINY[:10] * 0.5).count_nonzero()) == 0
