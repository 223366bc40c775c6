from __future__ import annotations

import pytest

from fieldguide.engine import clock
from fieldguide.engine.clock import Clock


class Time:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    fake = Time()
    monkeypatch.setattr(clock, "time", fake)
    return fake


def test_a_resumed_run_counts_on(time: Time) -> None:
    run = Clock()
    time.now += 5
    assert run.elapsed == 5
    run.go_on(60.0)
    time.now += 2
    assert run.elapsed == 62


def test_a_stage_ends_so_many_seconds_into_the_run(time: Time) -> None:
    run = Clock()
    time.now += 4
    run.enter()
    assert run.entered == 4 and run.share == 0 and not run.is_up
    run.limit(8.0)
    time.now += 3
    assert run.share == 0.75 and not run.is_up
    time.now += 1
    assert run.share == 1 and run.is_up
    run.limit(None)
    assert run.share == 0 and not run.is_up


def test_a_stage_entered_after_its_end_is_over(time: Time) -> None:
    run = Clock()
    time.now += 4
    run.enter()
    run.limit(2.0)
    time.now += 1
    assert run.is_up and run.share > 1
