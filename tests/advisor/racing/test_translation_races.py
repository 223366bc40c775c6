"""Races in which pictures are translated: summands, the split on disk, a race to the end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import fieldguide as fg
from fieldguide.advisor import scoring
from fieldguide.advisor.racing import data_store
from fieldguide.advisor.racing.learning import Parts
from fieldguide.advisor.racing.race import _split, race
from fieldguide.data import ImageFiles
from tests import toys
from tests.pictures import write

UNPAIRED = "unpaired_image_translation"


def test_scores_are_made_of_what_each_picture_adds() -> None:
    pairs, classes = toys.pairs(60), toys.images("classification", 60)
    for model, data in (
        (fg.LinearFilter(), pairs), (fg.ColourStatistics(), classes),
    ):  # fmt: skip
        train, test = data.split(0.4)
        model.fit(train)
        outputs, truth = model._outputs_and_truth(test, None)
        parts = model.task_.summands(outputs, truth)
        assert parts.shape == (len(test), 2)
        assert scoring.score_of(parts.sum(axis=0)) == pytest.approx(model.score(test))


def test_files_of_both_sides_are_decoded_once(tmp_path: Path) -> None:
    data = toys.pairs(40)
    for number in range(40):
        photo = np.asarray(data.columns["photo"])[number].transpose(1, 2, 0)
        side = 20 if number % 4 == 0 else 16  # of several sizes: they stay files
        photo = np.pad(photo, ((0, side - 16), (0, side - 16), (0, 0)))
        write(tmp_path / "pairs" / "A" / f"{number}.png", photo)
        write(tmp_path / "pairs" / "B" / f"{number}.png", photo[..., 0])
    pairs = fg.read(tmp_path / "pairs")
    assert isinstance(pairs.columns["A"], ImageFiles)
    train, held, validation, fitted = _split(pairs, {"test": 0.2, "seed": 0})
    data_store.write(tmp_path / "data", pairs, train, held, validation, fitted)
    parts = Parts.read(tmp_path / "data")
    assert parts.held_out.target == "B" and len(parts.known) == 32
    assert parts.known.column("A").shape[1:] == (3, 16, 16)
    assert parts.known.column("B").shape[1:] == (1, 16, 16)


@pytest.mark.parametrize("task", ["auto", UNPAIRED])
def test_a_race_of_baselines_ends_with_a_report(tmp_path: Path, task: str) -> None:
    data = toys.pairs(60) if task == "auto" else toys.images("classification", 60)
    found = race(
        data, budget=90, run=tmp_path / "run", task=task, algorithms=(), tune=False, progress=False
    )
    names = {row.name for row in found.leaderboard if row.score is not None}
    simple = {"unchanged-picture", "mean-picture", "linear-filter"}
    assert names == (simple if task == "auto" else {"unchanged-picture", "colour-statistics"})
    assert any("which learns nothing" in said for said in found.verdict)
    assert "fieldguide predict" in (tmp_path / "run" / "report.md").read_text()
    assert len(fg.load(tmp_path / "run" / "best").predict(data)) == 60
