"""Schedules against torch's own schedulers."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.optim import SGD
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR

from fieldguide.engine.descent import Descent
from fieldguide.engine.schedule import SCHEDULES, constant, cosine, late_linear, one_cycle

STEPS, RATE = 50, 0.4


def torch_rates(make: type, **settings: object) -> list[float]:
    optimizer = SGD([nn.Parameter(torch.zeros(1))], lr=RATE)
    scheduler = make(optimizer, **settings)
    rates = []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def own_rates(name: str) -> list[float]:
    optimizer = SGD([nn.Parameter(torch.zeros(1))], lr=RATE)
    descent = Descent({"network": optimizer}, schedule=SCHEDULES[name])
    rates = []
    for step in range(STEPS):
        descent.advance(step / STEPS)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def test_cosine_is_torchs() -> None:
    assert own_rates("cosine") == pytest.approx(torch_rates(CosineAnnealingLR, T_max=STEPS))


def test_one_cycle_is_torchs() -> None:
    # torch ends the rise at step pct_start * total - 1 and the run at step total - 1.
    total = STEPS + 1
    theirs = torch_rates(
        OneCycleLR,
        max_lr=RATE,
        total_steps=total,
        pct_start=(0.3 * STEPS + 1) / total,
        cycle_momentum=False,
        final_div_factor=1e12,
    )
    assert own_rates("one-cycle") == pytest.approx(theirs, abs=1e-9)


def test_constant_stays() -> None:
    assert own_rates("constant") == [RATE] * STEPS


def test_late_linear_falls_in_the_second_half_alone() -> None:
    rates = [late_linear(share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert rates == [1.0, 1.0, 1.0, 0.5, 0.0]


@pytest.mark.parametrize("schedule", [cosine, late_linear, one_cycle])
def test_progress_beyond_the_end_stays_at_zero(schedule) -> None:
    assert schedule(1.0) == pytest.approx(0.0)
    assert schedule(1.5) == pytest.approx(0.0)
    assert constant(1.5) == 1.0


def test_a_group_that_joins_later_follows_the_schedule_from_its_own_rate() -> None:
    first, second = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
    optimizer = SGD([first], lr=RATE)
    descent = Descent({"network": optimizer}, schedule=cosine)
    descent.advance(0.5)
    optimizer.add_param_group({"params": [second], "lr": 1.0})
    descent.advance(0.5)
    assert [g["lr"] for g in optimizer.param_groups] == pytest.approx([RATE / 2, 0.5])
