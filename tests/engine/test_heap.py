"""What a batch frees is there for the next, without asking the system again."""

import os
import platform
import resource
import subprocess
import sys

import pytest

from fieldguide.engine import heap

PROGRAM = """
import resource
import torch
from fieldguide.engine import heap
told = heap.keep_freed_memory()
def work():
    blocks = [torch.zeros(1 << 20) for _ in range(10)]
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    work()
print(int(told), resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
PAGES = 10 * (4 << 20) // resource.getpagesize()  # of one call of `work`


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
@pytest.mark.parametrize(("environment", "told"), [({}, True), ({"GLIBC_TUNABLES": ""}, False)])
def test_pages_are_kept_unless_the_user_decided(environment, told):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=clean() | environment
    )
    answer, faults = map(int, done.stdout.split())
    assert bool(answer) == told
    assert faults < PAGES or not told


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if "MALLOC" not in name}


def test_told_once():
    assert heap.keep_freed_memory() == heap.keep_freed_memory()
