from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fieldguide.advisor.racing import data_store, scoring
from fieldguide.advisor.racing.leaderboard import Row, rank
from fieldguide.advisor.racing.outcome import Race
from fieldguide.advisor.racing.run_folder import write_json
from fieldguide.advisor.racing.verdict import verdict
from fieldguide.advisor.reporting import figures, mistakes, report
from fieldguide.data import Dataset
from fieldguide.tasks import choose


def made_up(run: Path, dataset: Dataset, noise: float) -> tuple[dict[str, Any], np.ndarray]:
    """Write what a finished race of two leaves in its folder."""
    kind, reason = choose(dataset)
    train, test = np.arange(0, len(dataset), 2), np.arange(1, len(dataset), 2)
    held_out = dataset.take(test)
    task = kind.fit(dataset.take(train))
    truth = task.encode(held_out).y
    assert truth is not None
    data_store.write(run / "data", dataset, train, test)
    generator = torch.manual_seed(0)
    parts = {}
    for name, factor in (("mlp", 1.0), ("<script>", 3.0)):
        folder = run / "entrants" / name
        folder.mkdir(parents=True)
        exact = torch.eye(task.codec.width)[truth] if kind.name == "classification" else truth
        outputs = exact + factor * noise * torch.randn(exact.shape, generator=generator)
        parts[name] = scoring.summands(task, outputs, truth)
        kept: dict[str, Any] = {"parts": parts[name], "prediction": task.decode(outputs)}
        if kind.name == "classification":
            kept["confidence"] = outputs.softmax(dim=1).max(dim=1).values.numpy()
        if kept["prediction"].dtype.kind == "O":
            kept["prediction"] = kept["prediction"].astype(str)
        np.savez(folder / "predictions.npz", **kept)
        past = [{"epoch": e, "loss": 1 / e, task.score_name: 1 - 0.5 / e} for e in range(1, 6)]
        write_json(folder / "result.json", {"history": past})
    rows = rank(
        [Row(n, "finished", title=n, seconds=2.0 + i, size=10) for i, n in enumerate(parts)]
        + [Row("vgg", "failed", "it broke | badly & <b>loudly</b>.", title="VGG")],
        parts,
    )
    for row in rows[:2]:
        row.scores, row.predict_seconds = {task.score_name: row.score or 0.0}, 0.01
    facts = {
        "source": dataset.source, "seed": 0, "test": 0.5, "algorithms": None,
        "kind_reason": reason, "fieldguide": "0", "torch": "2", "python": "3", "memory": 1,
        "processors": 2, "machine": "x",
    }  # fmt: skip
    said = verdict(rows, parts, task=kind.name, target=dataset.target or "",
                   score_name=task.score_name, held_out=len(test))  # fmt: skip
    outcome = Race(run, kind.name, dataset.target or "", task.score_name, 90, 80, rows, said, facts)
    report.write_report(run, outcome.to_dict(), dataset, train, test)
    return outcome.to_dict(), test


@pytest.mark.parametrize("name", ["iris", "digits", "diabetes"])
def test_report_of_every_kind_of_data(
    tmp_path: Path, name: str, request: pytest.FixtureRequest
) -> None:
    dataset = request.getfixturevalue(name)
    outcome, test = made_up(tmp_path, dataset, noise=0.5)
    page, plain = (tmp_path / "report.html").read_text(), (tmp_path / "report.md").read_text()
    for said in outcome["verdict"]:
        assert said in plain
    assert page.count("<svg") == 4  # scores, seconds, the winner's predictions, curves
    for drawn in re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL):
        ElementTree.fromstring(drawn)
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "<b>loudly" not in page and "\\|" in plain
    assert not re.search(r'(src|href)="(?!data:|#)', page)  # nothing is fetched
    assert f"{len(test):,} held out" in page
    assert "fieldguide race" in page and "--seed 0" in page
    assert ('<img src="data:image/png' in page) == (name == "digits")


def test_the_worst_mistakes_are_the_surest_and_the_furthest(
    tmp_path: Path, iris: Dataset, diabetes: Dataset
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


def test_python_reproduces_data_in_memory(iris: Dataset) -> None:
    facts = {"source": "memory", "algorithms": ["mlp"], "seed": 3, "test": 0.2}
    said = report.command({"facts": facts, "budget_seconds": 90.0, "target": "y"})
    assert "race(data, budget=90" in said and "algorithms=['mlp']" in said
    facts["source"] = "my data.csv"
    said = report.command({"facts": facts, "budget_seconds": 90.0, "target": "y"})
    assert said.startswith("fieldguide race 'my data.csv' --target y --budget 90s")
    assert "--algorithms mlp" in said


def test_a_hopeless_entrant_does_not_squeeze_the_figure() -> None:
    rows = [
        {"score": s, "interval": {"low": s - 0.02, "high": s + 0.02}} for s in (0.98, 0.97, 0.1)
    ]
    low, high = figures._zoom(rows)
    assert 0.8 < low < 0.95 and high > 0.98
