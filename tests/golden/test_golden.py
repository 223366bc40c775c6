"""Scores with a fixed seed, one a family: they change only for a reason, given in the commit.

The tolerance is what another processor's rounding may cost, two examples of 360.
"""

from __future__ import annotations

import pytest

import fieldguide as fg

GOLDEN = {
    "perceptron": (fg.Perceptron(epochs=10), 0.9526),
    "mlp": (fg.MLP(hidden=(64,), epochs=10), 0.9415),
    "lenet": (fg.LeNet(epochs=4, batch_size=64, lr=3e-3), 0.9443),
    "gradient-boosting": (fg.GradientBoosting(rounds=20), 0.9582),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_score_on_digits_is_what_it_was(name: str) -> None:
    model, score = GOLDEN[name]
    train, test = fg.read("digits").split(test=0.2, seed=0)
    assert model.fit(train).evaluate(test)["accuracy"] == pytest.approx(score, abs=2 / 360)
