from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fieldguide.advisor.racing.run_folder import BEST, locked
from fieldguide.advisor.reporting import contents, figures, mistakes, report
from fieldguide.advisor.reporting.material import Material
from fieldguide.algorithms.perceptron.mlp import MLP
from fieldguide.data import Dataset
from fieldguide.errors import RunFolderError
from tests.advisor.reporting.made_up import made_up

FAILED = "could not be shown"


def sections(run: Path) -> dict[str, Any]:
    """What the report says, from its JSON."""
    stored: dict[str, Any] = json.loads((run / "report.json").read_text())["sections"]
    return stored


@pytest.mark.parametrize("name", ["iris", "digits", "diabetes"])
def test_report_of_every_kind_of_data(
    tmp_path: Path, name: str, request: pytest.FixtureRequest
) -> None:
    dataset = request.getfixturevalue(name)
    outcome, test = made_up(tmp_path, dataset, noise=0.5)
    page, plain = (tmp_path / "report.html").read_text(), (tmp_path / "report.md").read_text()
    for said in outcome["verdict"]:
        assert said in plain
    found = sections(tmp_path)
    assert list(found) == list(contents._makers())
    for section in found.values():
        assert section["title"] in page and section["says"].count("\n") == 0
        assert section["says"][-1] in ".?" or "fieldguide report" in section["says"]
        assert section["title"] in plain and FAILED not in section["says"]
    # scores, curves, errors, calibration (two of numbers), cost
    assert page.count("<svg") == (6 if name == "diabetes" else 5)
    for drawn in re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL):
        assert ElementTree.fromstring(drawn).get("aria-label")
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "<b>loudly" not in page and "\\|" in plain
    assert not re.search(r'(src|href)="(?!data:|#)', page)  # nothing is fetched
    assert not re.search(r"url\((?!#)|@import", page)
    assert all(re.search(r'alt="[^"]+"', image) for image in re.findall(r"<img[^>]*>", page))
    assert f"{len(test):,} held out" in page
    assert "fieldguide race" in page and "--seed 0" in page
    assert ('<img src="data:image/png' in page) == (name == "digits")
    assert "data:image" not in (tmp_path / "report.json").read_text()


def test_errors_are_counted_right(tmp_path: Path, iris: Dataset) -> None:
    made_up(tmp_path, iris, noise=0.5)
    found = sections(tmp_path)["errors"]
    with np.load(tmp_path / "entrants" / "mlp" / "predictions.npz") as stored:
        guess = stored["prediction"]
    truth = np.asarray(iris.column("species"))[1::2]
    matrix = np.array(found["matrix"])
    for row, one in enumerate(found["classes"]):
        for column, other in enumerate(found["classes"]):
            assert matrix[row, column] == np.sum((truth == one) & (guess == other))
    counts = [pair["count"] for pair in found["pairs"]]
    assert counts == sorted(counts, reverse=True) and counts[0] == max(
        matrix[i, j] for i in range(3) for j in range(3) if i != j
    )
    advice = sections(tmp_path)["next"]
    assert sum(part["wrong"] for part in advice["parts"]) == int(np.sum(truth != guess))
    assert advice["guess"] and "guess" in advice["says"] + advice["source"].lower()


def test_hyperparameters_stand_beside_the_name(tmp_path: Path, iris: Dataset) -> None:
    outcome, test = made_up(tmp_path, iris, noise=0.5)
    outcome["leaderboard"][0]["hyperparameters"] = {"lr": 0.012345, "hidden": [8, 8]}
    report.write_report(tmp_path, outcome, iris, np.arange(0, 150, 2), test)
    for form in ("report.html", "report.md"):
        assert "lr 0.0123, hidden [8, 8]" in (tmp_path / form).read_text()


def test_sections_degrade_with_a_sentence(
    tmp_path: Path, iris: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome, test = made_up(tmp_path, iris, noise=0.5)
    for file in (tmp_path / "entrants").rglob("*.npz"):
        file.write_bytes(b"broken")
    (tmp_path / "entrants" / "mlp" / "result.json").write_text("{")
    report.rebuild(tmp_path)
    found = sections(tmp_path)
    assert "not there" in found["errors"]["says"] and "not there" in found["mistakes"]["says"]
    assert FAILED not in (tmp_path / "report.html").read_text()

    def broken(_: Material) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(contents, "_cost", broken)
    report.write_report(tmp_path, outcome, iris, np.arange(0, 150, 2), test)
    assert FAILED in sections(tmp_path)["cost"]["says"]


def test_a_race_without_winner_has_a_report(tmp_path: Path, iris: Dataset) -> None:
    outcome, test = made_up(tmp_path, iris, noise=0.5)
    rows = outcome["leaderboard"]
    for row in rows:
        row |= {"score": None, "winner": False, "tied": False, "rank": None, "interval": None,
                "status": "failed"}  # fmt: skip
    outcome["verdict"] = []
    report.write_report(tmp_path, outcome, iris, np.arange(0, 150, 2), test)
    page = (tmp_path / "report.html").read_text()
    assert FAILED not in page and "No entrant has finished yet." in page


def test_rebuild_makes_up_for_what_the_race_left_out(tmp_path: Path, iris: Dataset) -> None:
    made_up(tmp_path, iris, noise=0.5)
    assert "no model" in sections(tmp_path)["attention"]["says"]
    MLP(hidden=(8,), epochs=3, device="cpu").fit(iris).save(tmp_path / BEST)
    before = sorted(path.name for path in tmp_path.iterdir())
    assert report.rebuild(tmp_path)["unfinished"] == []
    assert "fieldguide report" in sections(tmp_path)["attention"]["says"]
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    done = report.rebuild(tmp_path, seconds=60)
    assert done["unfinished"] == [] and all(Path(file).exists() for file in done["files"])
    found = sections(tmp_path)
    assert {one["column"] for one in found["attention"]["columns"]} == set(iris.inputs)
    assert found["why"]["shapes"] and FAILED not in (tmp_path / "report.html").read_text()


def test_rebuild_refuses_what_is_no_finished_race(tmp_path: Path, iris: Dataset) -> None:
    with pytest.raises(RunFolderError, match="holds no race"):
        report.rebuild(tmp_path)
    made_up(tmp_path, iris, noise=0.5)
    with locked(tmp_path), pytest.raises(RunFolderError, match="running"):
        report.rebuild(tmp_path)
    (tmp_path / report.OUTCOME).unlink()
    with pytest.raises(RunFolderError, match="--resume"):
        report.rebuild(tmp_path)


def test_the_worst_mistakes_are_the_surest_and_the_furthest(
    iris: Dataset, diabetes: Dataset
) -> None:
    stored = {
        "parts": np.array([[1.0, 1], [0, 1], [0, 1]]),
        "prediction": np.array(["setosa", "setosa", "virginica"]),
        "confidence": np.array([0.99, 0.6, 0.9]),
    }
    found = mistakes.worst(iris.take(np.array([0, 60, 70])), stored)
    assert [each["where"] for each in found] == ["row 71", "row 61"]
    assert found[0]["predicted"] == "virginica" and found[0]["confidence"] == 0.9
    assert set(found[0]["values"]) < set(iris.fields)
    stored = {
        "parts": np.column_stack([[1.0, 9.0, 4.0], np.zeros((3, 2)), np.ones(3)]),
        "prediction": np.array([1.0, 2.0, 3.0]),
    }
    found = mistakes.worst(diabetes.take(np.arange(3)), stored)
    assert [each["where"] for each in found] == ["row 2", "row 3", "row 1"]


def test_python_reproduces_data_in_memory() -> None:
    facts = {"source": "memory", "algorithms": ["mlp"], "seed": 3, "test": 0.2}
    said = contents.command({"facts": facts, "budget_seconds": 90.0, "target": "y"})
    assert "race(data, budget=90" in said and "algorithms=['mlp']" in said
    facts["source"] = "my data.csv"
    said = contents.command({"facts": facts, "budget_seconds": 90.0, "target": "y"})
    assert said.startswith("fieldguide race 'my data.csv' --target y --budget 90s")
    assert "--algorithms mlp" in said


def test_a_hopeless_entrant_does_not_squeeze_the_figure() -> None:
    rows = [
        {"score": s, "interval": {"low": s - 0.02, "high": s + 0.02}} for s in (0.98, 0.97, 0.1)
    ]
    low, high = figures._zoom(rows)
    assert 0.8 < low < 0.95 and high > 0.98
