"""What the verdict says of planes, clouds and codes."""

from __future__ import annotations

from dataclasses import replace

from fieldguide.advisor.racing.leaderboard import Row
from fieldguide.advisor.racing.verdict_without_target import against_clouds, against_planes

FACTS = {"algorithm": "mlp", "status": "finished"}
PLANE = Row("plane", **FACTS, title="Principal components", score=0.80, capacity=1, code=16)
NETWORK = Row("network", **FACTS, title="Autoencoder", score=0.84, code=16, winner=True)
NOTHING = Row("columns", **FACTS, title="Marginals", score=0.10, capacity=0)


def test_a_bend_is_claimed_at_equal_width_alone() -> None:
    (said,) = against_planes(NETWORK, [NETWORK, PLANE], "explained")
    assert "4.0 points behind" in said and "something bent" in said and "16 numbers" in said
    (said,) = against_planes(replace(NETWORK, code=32), [NETWORK, PLANE], "explained")
    assert "something bent" not in said and "narrower code (16 numbers against 32)" in said
    (said,) = against_planes(NETWORK, [NETWORK, replace(PLANE, tied=True)], "explained")
    assert "no bend was needed" in said
    winner = replace(PLANE, winner=True)
    assert against_planes(winner, [winner, NETWORK], "explained") == []


def test_outliers_have_no_code() -> None:
    rows = [replace(NETWORK, code=None), replace(PLANE, code=None)]
    (said,) = against_planes(rows[0], rows, "auroc")
    assert "0.040 behind" in said and "code" not in said


def test_clouds_and_columns() -> None:
    said = against_clouds(NETWORK, [NETWORK, PLANE, NOTHING], "coverage")
    assert said[0].startswith("Marginals, which learns nothing of how columns go together")
    assert "74.0 points" in said[0] and "one Gaussian cloud" in said[1]
    tied = [NETWORK, replace(NOTHING, tied=True)]
    assert "within the noise" in against_clouds(NETWORK, tied, "coverage")[0]
