from __future__ import annotations

import pytest
import torch

from fieldguide.nn import Learnt


def points() -> Learnt:
    return Learnt({"points": (torch.float32, (None, 2)), "labels": (torch.int64, (None,))})


def test_sizes_come_from_what_is_stored():
    kept, again = points(), points()
    kept.learn(points=torch.ones(3, 2), labels=torch.arange(3))
    again.load_state_dict(kept.state_dict())
    assert torch.equal(again.points, kept.points)
    assert torch.equal(again.labels, kept.labels)


def test_it_loads_inside_another_network_and_twice():
    kept = torch.nn.Sequential(points())
    kept[0].learn(points=torch.ones(3, 2), labels=torch.arange(3))
    again = torch.nn.Sequential(points())
    again[0].learn(points=torch.zeros(7, 2), labels=torch.zeros(7, dtype=torch.int64))
    again.load_state_dict(kept.state_dict())
    assert again[0].points.shape == (3, 2)


@pytest.mark.parametrize(
    "stored",
    [
        {"points": torch.ones(3, 5), "labels": torch.arange(3)},
        {"points": torch.ones(3), "labels": torch.arange(3)},
        {"points": torch.ones(3, 2)},
    ],
)
def test_what_does_not_fit_is_refused(stored):
    with pytest.raises(RuntimeError):
        points().load_state_dict(stored)


def test_derived_facts_follow_what_is_loaded():
    class Counted(Learnt):
        def prepare(self) -> None:
            self.count = len(self.points)

    kept = Counted({"points": (torch.float32, (None,))})
    kept.learn(points=torch.ones(4))
    again = Counted({"points": (torch.float32, (None,))})
    again.load_state_dict(kept.state_dict())
    assert kept.count == again.count == 4
