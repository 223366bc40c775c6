from __future__ import annotations

import time

import pytest

from fieldguide.advisor.racing.clock import Clock, level


def test_equal_shares_where_nothing_is_known() -> None:
    assert level(30, [None, None]) == pytest.approx(10)


def test_who_needs_little_leaves_the_rest_to_others() -> None:
    # 2 × 1 second is kept for the first, the rest is halved.
    assert level(30, [1.0, None]) == pytest.approx(14)


def test_a_large_forecast_gets_no_more_than_a_fair_share() -> None:
    assert level(30, [1000.0, 1000.0]) == pytest.approx(10)


@pytest.mark.parametrize("others", [[], [None], [0.1, 5.0, None, 40.0], [3.0] * 7])
def test_shares_add_up(others: list[float | None]) -> None:
    seconds, given = 60.0, 0.0
    mine = level(seconds, others)
    for need in others:
        given += mine if need is None else min(2 * need, mine)
    assert mine + given == pytest.approx(seconds) or (mine >= max([2 * (n or 0) for n in others]))


def test_unused_time_flows_on() -> None:
    clock = Clock(60, time.monotonic())
    first = clock.share([None] * 3)
    clock.began -= 1.0  # the first took one second only
    assert clock.share([None] * 2) > first


def test_no_share_is_too_short_to_be_of_use() -> None:
    clock = Clock(60, time.monotonic())
    assert clock.share([None] * 100) >= 4.9  # later ones wait until time is left for them


def test_the_last_report_is_set_aside() -> None:
    clock = Clock(60, time.monotonic())
    clock.learn_closing(4.0)
    assert clock.left == pytest.approx(54, abs=0.1)


def test_a_resumed_race_has_what_is_left() -> None:
    clock = Clock(60, time.monotonic(), spent=50)
    assert clock.left < 10
