"""`inspect`, `recommend` and `race`, end to end on small data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Command


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    chance = np.random.default_rng(0)
    rows = [
        f"{i},{chance.normal():.3f},{'red' if i % 3 else 'blue'},{'yes' if i % 2 else 'no'}"
        for i in range(80)
    ]
    rows[7] = "7,0.5,red,"
    path = tmp_path / "shop.csv"
    path.write_text("id,size,colour,sold\n" + "\n".join(rows))
    return path


def test_inspect(command: Command, shop: Path) -> None:
    answer = command("inspect", shop, "--target", "sold")
    assert answer.status == 0, answer.err
    assert "the target is missing in 'sold' (row 9)" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80
    document = command("inspect", shop, "--target", "sold", "--json").document
    assert document["task"] == "classification" and document["target"] == "sold"
    assert document["ledger"]["excluded"] == 1
    kinds = {field["name"]: field["kind"] for field in document["fields"]}
    assert kinds["id"] == "identifier" and kinds["colour"] == "category"


def test_recommend(command: Command) -> None:
    answer = command("recommend", "iris", "--no-probe")
    assert answer.status == 0, answer.err
    assert "1. " in answer.out and "fieldguide race iris" in answer.out
    assert answer.out.startswith("Start ")  # the advice comes before its reasons
    assert "> what would change its place" in answer.out and "   = Score: " in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80
    flat = " ".join(answer.out.split())
    assert flat.count("akes clips; these data are a table") == 1, "each reason stands there once"
    document = command("recommend", "iris", "--no-probe", "--json").document
    listed = document["recommendations"]
    keys = {"reasons", "doubts", "changes", "facts", "alternative", "evidence", "score"}
    assert all(keys <= set(one) for one in listed) and document["summary"]
    assert document["profile"]["curves"]["linear"]["ahead"][0]["examples"] == 240
    assert document["profile"]["findings"]["label_noise"]["figures"]["estimated"] < 0.03
    assert {"mlp", "lenet"} <= {one["name"] for one in listed}
    assert all(one["ruled_out"] for one in listed if one["name"] == "lenet")


def test_race_and_what_follows(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("race", "iris", "--budget", "1m", "--algorithms", "mlp")
    answer = command(*words, "-o", "run", "--json")
    assert answer.status == 0, answer.err
    document = answer.document
    assert document["best"] == str(Path("run", "best"))
    assert json.loads((tmp_path / "run" / "leaderboard.json").read_text())["score"] == "accuracy"
    assert "mlp" in [row["name"] for row in document["leaderboard"]]
    predicted = command("predict", "run", "iris", "--json").document["predictions"]
    assert len(predicted) == 150
    again = command(*words, "-o", "run")
    assert again.status == 2 and "--resume run" in again.err
    (tmp_path / "run" / "report.html").unlink()
    report = command("report", "run", "--time", "20s", "--json").document
    assert report["unfinished"] == [] and (tmp_path / "run" / "report.html").exists()
    assert (tmp_path / "run" / "analysis.json").exists()
    assert "report.html" in command("report", "run", "--time", "0").out
    assert command("report", "nowhere").status == 2
    resumed = command("race", "--resume", "run")
    assert resumed.status == 0 and "fieldguide predict run/best INPUT" in resumed.out
