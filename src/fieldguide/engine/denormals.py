"""Numbers too small to be normal count as 0 while a network learns on the CPU.

Where a unit falls silent its gradient is 0, and Adam's running mean shrinks by a tenth a step: 800
steps later it is below 1e-38, where processors compute a hundred times slower, and it never reaches
0. A network with a few silent units then trains at a third of its pace, with nothing to see but the
clock. Rounding such numbers to 0 changes no weight.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import torch

ENVIRONMENT_BYTES = 256  # what C calls fenv_t: 32 bytes on x86-64, 8 on ARM


@contextlib.contextmanager
def flushed() -> Iterator[None]:
    """Round denormal numbers to 0 inside, on every thread that computes for this one."""
    if not torch.set_flush_denormal(True):
        yield  # this processor cannot; then it is slow, and right
        return
    _tell_workers()
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        _tell_workers()


def _tell_workers() -> None:
    """Give this thread's floating-point environment to OpenMP's workers.

    PyTorch sets its own thread only, and workers keep what their creator had when they were made.
    C's `fesetenv` takes one pointer, as a task of OpenMP does, so it can be the task.
    """
    openmp = _openmp()
    if openmp is None:
        return
    c = ctypes.CDLL(None)
    environment = ctypes.create_string_buffer(ENVIRONMENT_BYTES)
    c.fegetenv(environment)
    task = ctypes.cast(c.fesetenv, ctypes.c_void_p)
    openmp.GOMP_parallel(
        task,
        ctypes.c_void_p(ctypes.addressof(environment)),
        ctypes.c_uint(torch.get_num_threads()),
        ctypes.c_uint(0),
    )


@cache
def _openmp() -> ctypes.CDLL | None:
    """Return the OpenMP library that PyTorch brings; None where it has another one."""
    for path in (Path(torch.__file__).parent / "lib").glob("libgomp*.so*"):
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(str(path))
            if library.GOMP_parallel and ctypes.CDLL(None).fesetenv:
                return library
    return None
