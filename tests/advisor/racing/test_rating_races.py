"""Races on ratings: users are resampled, the split on disk, a race to the end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import fieldguide as fg
from fieldguide.advisor import scoring
from fieldguide.advisor.profiling.profile import profile
from fieldguide.advisor.racing import data_store
from fieldguide.advisor.racing.learning import Parts
from fieldguide.advisor.racing.race import _split, race
from fieldguide.data import Dataset
from tests import toys


@pytest.fixture(scope="module")
def data() -> Dataset:
    return toys.ratings(count=290)


def test_the_score_is_that_of_the_task(data: Dataset) -> None:
    train, test = data.split(0.2)
    model = fg.ItemMeans().fit(train)
    outputs, truth = model._outputs_and_truth(test, None)
    parts = model.task_.summands(outputs, truth)
    assert scoring.score_of(parts.sum(axis=0)) == pytest.approx(model.score(test))
    assert len(parts) == test.column("user").n_unique() and parts[:, 1].sum() == len(test)


def test_the_split_on_disk_keeps_the_question(data: Dataset, tmp_path: Path) -> None:
    train, held, validation, fitted = _split(data, {"test": 0.2, "seed": 0})
    data_store.write(tmp_path, data, train, held, validation, fitted)
    parts = Parts.read(tmp_path)
    assert parts.known.ratings == data.ratings and parts.validation is not None
    assert set(parts.held_out.column("user")) <= set(parts.known.column("user"))
    assert not set(parts.known.origins) & set(parts.held_out.origins)
    assert set(parts.fitted.origins) | set(parts.validation.origins) == set(parts.known.origins)


def test_another_range_is_another_fingerprint(data: Dataset) -> None:
    other = Dataset.from_columns(data.columns).as_ratings(lowest=0, highest=5)
    assert data_store.fingerprint(data) != data_store.fingerprint(other)


def test_the_profile_describes_ratings(data: Dataset) -> None:
    found = profile(data)
    figures = found.findings["ratings"].figures
    assert figures["filled"] == pytest.approx(290 / 300)
    assert 0 <= figures["by_item"] < 1 and figures["few"] == 0
    simple = figures["explained"]
    assert simple["matrix-factorisation"] > simple["item-means"] > simple["popularity"]
    assert found.forms == ("rating",) and "Ratings: 20 users and 15 items" in " ".join(
        found.sentences()
    )


def test_a_race_of_ratings(data: Dataset, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    outcome = race(data, budget=90, run=tmp_path / "run", algorithms=["ratings-rbm"], tune=False,
                   progress=False)  # fmt: skip
    rows = {row.name: row for row in outcome.leaderboard}
    for name in ("popularity", "item-means", "matrix-factorisation", "ratings-rbm"):
        assert rows[name].status == "finished", rows[name].reason
    assert rows["matrix-factorisation"].score > rows["item-means"].score > rows["popularity"].score
    best = fg.load(outcome.best)
    assert best.task_.question == data.ratings and len(best.recommend("u0", 1)) <= 1
    assert np.isfinite(best.evaluate(data)["rmse"])
    report = (tmp_path / "run" / "report.md").read_text("utf-8")
    assert "share explained" in report and "could not be shown" not in report
