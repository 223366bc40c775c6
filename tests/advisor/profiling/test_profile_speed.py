"""The profile stays quick; the bounds are loose, for crowded machines (the benchmark is strict)."""

from __future__ import annotations

import time

import pytest

from benchmarks.speed.profile import pictures, rows, seconds
from fieldguide.advisor.profiling.profile import profile


@pytest.mark.parametrize("make", [lambda: rows(10_000), lambda: pictures(1_000)])
def test_a_tenth_of_the_promised_size_is_quick(make):
    assert seconds(make()) < 120


def test_beyond_the_sample_more_rows_cost_next_to_nothing():
    """Only what looks at every row grows: counting classes and copies."""
    profile(rows(500))
    few, many = (_processor(rows(count)) for count in (6_000, 60_000))
    assert many < 2 * few + 2


def _processor(data):
    began = time.process_time()
    found = profile(data)
    assert found.sampled == 5_000
    return time.process_time() - began
