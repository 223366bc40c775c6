from __future__ import annotations

import torch
from torch import nn

from fieldguide.engine.best import Best


def scored(best: Best, network: nn.Linear, *scores: float) -> None:
    """Judge the network once a score, with the score's number for a weight."""
    for number, score in enumerate(scores):
        nn.init.constant_(network.weight, number)
        best.judge(score)


def test_the_best_weights_come_back_of_equals_the_later() -> None:
    network = nn.Linear(1, 1)
    best = Best(network)
    scored(best, network, 0.5, 0.9, 0.9, 0.2)
    assert best.score == 0.9 and best.waited == 2
    best.take()
    assert network.weight.item() == 2 and best.weights is None
    nn.init.constant_(network.weight, 7.0)
    best.take()
    assert network.weight.item() == 7


def test_a_new_stage_begins_anew() -> None:
    network = nn.Linear(1, 1)
    best = Best(network)
    scored(best, network, 0.5, 0.1)
    best.forget()
    assert best.waited == 0 and best.weights is None
    scored(best, network, 0.2)
    assert best.score == 0.2 and torch.equal(best.weights["weight"], torch.zeros(1, 1))
