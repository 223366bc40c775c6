"""Pictures from pictures: what poses the task, its scores, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import fieldguide as fg
from fieldguide import tasks
from fieldguide.data import Batch, Dataset, as_dataset
from fieldguide.errors import DataError, TaskMismatch
from fieldguide.metrics.pictures import structural_similarity
from fieldguide.tasks.image_translation import ImageTranslation
from tests import toys


def pictures(count: int = 6, channels: int = 1, height: int = 12, width: int = 12) -> np.ndarray:
    chance = np.random.default_rng(0)
    return chance.integers(0, 256, (count, channels, height, width)).astype(np.uint8)


def test_a_target_of_pictures_poses_it() -> None:
    data = toys.pairs(20)
    assert tasks.choose(data) == (ImageTranslation, "'drawing' holds a picture for each picture")
    assert not ImageTranslation.fits(toys.images("classification", 20))[0]
    assert not ImageTranslation.fits(replace(data, target=None))[0]
    assert as_dataset(pictures(), pictures()).target == "y"


def test_scores_are_those_of_the_formulas() -> None:
    data = toys.pairs(20)
    task = ImageTranslation.fit(data)
    truth = task.truth(task.encode(data))
    assert truth.dtype == torch.uint8 and truth.shape == (20, 1, 14, 14)
    outputs = task.wanted(truth) + 0.1 * torch.randn(truth.shape)
    found = task.scores(outputs, truth)
    guess, bytes_ = task.decode(outputs).astype(float), truth.double().numpy()
    similar = structural_similarity(torch.from_numpy(guess), torch.from_numpy(bytes_), 255.0)
    assert found["ssim"] == pytest.approx(float(similar.mean()), abs=1e-5)
    assert found["mae"] == pytest.approx(np.abs(guess - bytes_).mean(), abs=1e-3)
    mse = np.square(guess - bytes_).mean(axis=(1, 2, 3))
    assert found["psnr"] == pytest.approx(np.mean(10 * np.log10(255**2 / mse)), abs=1e-3)
    r2 = 1 - np.square(guess - bytes_).sum() / np.square(bytes_ - bytes_.mean(axis=0)).sum()
    assert found["explained"] == pytest.approx(r2, abs=1e-5)
    parts = task.summands(outputs, truth)
    assert parts[:, 0].sum() / parts[:, 1].sum() == pytest.approx(found["ssim"])
    perfect = task.scores(task.wanted(truth), truth)
    assert perfect["ssim"] == pytest.approx(1) and perfect["psnr"] == 100 and perfect["mae"] == 0


def test_loss_and_head() -> None:
    data = toys.pairs(8)
    task = ImageTranslation.fit(data)
    batch = next(iter(task.encode(data).whole()))
    outputs = task.head(5)(torch.randn(8, 5, 14, 14))
    assert outputs.shape == (8, 1, 14, 14) and outputs.abs().max() <= 1
    assert isinstance(batch, Batch) and batch.y is not None
    expected = (outputs - (batch.y.float() / 127.5 - 1)).abs().mean()
    assert task.loss(outputs, batch).item() == pytest.approx(expected.item(), abs=1e-6)


def test_inputs_of_another_size_and_colour_are_brought_to_the_targets() -> None:
    data = toys.pairs(8)
    task = ImageTranslation.fit(data)
    batch = next(iter(task.encode(data).whole()))
    assert task.on_grid(batch.x).shape == (8, 3, 14, 14)
    assert task.unchanged(batch.x).shape == (8, 1, 14, 14)
    same = pictures(channels=3)
    task = ImageTranslation.fit(data := as_dataset(same, same))
    (batch,) = task.encode(data).whole()
    assert np.array_equal(task.decode(task.unchanged(batch.x)), same)


def test_other_proportions_are_refused() -> None:
    with pytest.raises(DataError, match=r"16 wide and 8 high.* 8 and 8.*[Cc]rop"):
        ImageTranslation.fit(as_dataset(pictures(height=8, width=16), pictures(height=8, width=8)))
    ImageTranslation.fit(as_dataset(pictures(height=8, width=16), pictures(height=24, width=48)))


def test_one_pair_and_equal_answers_are_refused() -> None:
    with pytest.raises(DataError, match="one pair"):
        ImageTranslation.fit(as_dataset(pictures(1), pictures(1)))
    with pytest.raises(DataError, match=r"all the same \(of 6"):
        ImageTranslation.fit(as_dataset(pictures(), np.zeros((6, 1, 12, 12))))
    with pytest.raises(DataError, match="at least 4"):
        ImageTranslation.fit(as_dataset(pictures(height=3, width=3), pictures(height=3, width=3)))


def test_questions_that_are_all_the_same_are_learnt_without_a_crash() -> None:
    model = fg.LinearFilter().fit(np.zeros((9, 1, 12, 12)), pictures(9))
    assert np.isfinite(list(model.evaluate(np.zeros((9, 1, 12, 12)), pictures(9)).values())).all()


def test_a_target_of_classes_is_refused_and_pictures_are_no_classes() -> None:
    with pytest.raises(DataError, match="image_translation predicts pictures"):
        fg.MeanPicture(task="image_translation").fit(toys.images("classification", 20))
    with pytest.raises(TaskMismatch, match="poses image_translation"):
        fg.Majority().fit(toys.pairs(20))
    with pytest.raises(TaskMismatch, match="poses image_translation"):
        fg.LeNet().fit(pictures(), pictures())


def test_arrays_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\[6, 5\]"):
        as_dataset(pictures(6), pictures(5))


def test_pictures_of_a_single_column_are_found_whatever_its_name() -> None:
    data = toys.pairs(20)
    model = fg.MeanPicture().fit(data)
    renamed = Dataset.from_columns({"holiday": data.columns["photo"]})
    assert np.array_equal(model.predict(renamed), model.predict(data))
