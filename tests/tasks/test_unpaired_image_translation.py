"""Pictures of one class as those of another: classes, directions and scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import fieldguide as fg
from fieldguide.data import Dataset, as_dataset
from fieldguide.errors import DataError
from fieldguide.metrics.generation import coverage, frechet_distance, kernel_distance
from fieldguide.tasks.generation import features
from fieldguide.tasks.unpaired_image_translation import UnpairedImageTranslation
from tests.pictures import write


def two(count: int = 60) -> Dataset:
    """Dark pictures and light ones."""
    chance = np.random.default_rng(0)
    x = chance.integers(0, 100, (count, 1, 8, 8)).astype(np.uint8)
    x[1::2] += 150
    return as_dataset(x, np.array(["dark", "light"] * (count // 2)))


def test_three_classes_one_and_none_are_refused() -> None:
    x = np.random.default_rng(0).integers(0, 99, (12, 1, 8, 8)).astype(np.uint8)
    for names, said in ((["a", "b", "c"], r"3 \(a, b, c\)"), (["a"], r"1 \(a\)")):
        with pytest.raises(DataError, match=f"exactly two classes.*{said}"):
            fg.CycleGAN().fit(x, names * (12 // len(names)))
    with pytest.raises(DataError, match="there are none"):
        fg.CycleGAN().fit(x)


def test_each_picture_goes_into_the_other_class_and_unknown_ones_into_the_second() -> None:
    task = UnpairedImageTranslation.fit(two())
    assert task.classes == ("dark", "light")
    assert task.goals(torch.tensor([0, 1, -1]), 3).tolist() == [1, 0, 1]
    assert task.goals(None, 2).tolist() == [1, 1]
    model = fg.ColourStatistics().fit(two())
    x = np.asarray(two().columns["x"])
    told, untold = model.predict(two()), model.predict(x)
    assert np.array_equal(told[::2], untold[::2])  # dark ones get light
    assert told[1::2].mean() < 100  # light ones get dark where their class is known


def test_folders_tell_the_class(tmp_path: Path) -> None:
    for name, base in (("dark", 0), ("light", 150)):
        for number in range(10):
            pixels = np.random.default_rng(number).integers(base, base + 100, (8, 8))
            write(tmp_path / "two" / name / f"{name}{number}.png", pixels.astype(np.uint8))
    model = fg.ColourStatistics().fit(tmp_path / "two")
    found = model.predict(tmp_path / "two")
    assert found[:10].mean() > 150 and found[10:].mean() < 100
    assert model.predict(tmp_path / "two" / "light").mean() < 100
    assert model.predict(tmp_path / "two" / "light" / "light0.png").mean() < 100


def test_scores_are_those_of_both_directions() -> None:
    data = two()
    task = UnpairedImageTranslation.fit(data)
    truth = task.truth(task.encode(data))
    rows, codes = truth[:, :-1], truth[:, -1]
    assert codes.tolist() == [0, 1] * 30
    made = rows.roll(1, dims=0)  # every translation is a real picture of the other class
    found = task.scores(made, truth)
    assert found["coverage"] == 1 and found["frechet_distance"] == pytest.approx(0, abs=1e-6)
    unchanged = task.scores(rows, truth)
    assert unchanged["kept"] == pytest.approx(1) and unchanged["coverage"] < 0.1
    real, drawn = features(rows, rows)
    pairs = [(real[codes == c], drawn[codes == 1 - c]) for c in (0, 1)]
    for name, measure in (
        ("frechet_distance", frechet_distance), ("kernel_distance", kernel_distance),
        ("coverage", coverage),
    ):  # fmt: skip
        expected = np.mean([measure(*pair) for pair in pairs])
        assert unchanged[name] == pytest.approx(expected), name
    assert task.score(rows, truth) == unchanged["coverage"]


def test_too_few_of_a_class_to_judge_on() -> None:
    data = two()
    task = UnpairedImageTranslation.fit(data)
    dark = data.take(np.arange(0, 20, 2))
    truth = task.truth(task.encode(dark))
    with pytest.raises(DataError, match="0 pictures of 'light' to judge on"):
        task.scores(truth[:, :-1], truth)
