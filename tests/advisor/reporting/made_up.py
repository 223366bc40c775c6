"""A finished race of two that nobody has run: what it leaves in its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from fieldguide.advisor.racing import data_store, run_folder
from fieldguide.advisor.racing.leaderboard import Row, rank
from fieldguide.advisor.racing.outcome import Race
from fieldguide.advisor.racing.run_folder import write_json
from fieldguide.advisor.racing.verdict import verdict
from fieldguide.advisor.reporting import report
from fieldguide.data import Dataset
from fieldguide.tasks import choose


def made_up(run: Path, dataset: Dataset, noise: float) -> tuple[dict[str, Any], np.ndarray]:
    """Write what a finished race of two leaves in its folder, and its report."""
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
        parts[name] = task.summands(outputs, truth)
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
    run_folder.start(run, facts)
    write_json(run / report.OUTCOME, outcome.to_dict())
    report.write_report(run, outcome.to_dict(), dataset, train, test)
    return outcome.to_dict(), test
