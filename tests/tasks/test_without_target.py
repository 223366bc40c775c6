"""Rows, and the tasks whose truth is the data themselves."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch
from sklearn import metrics

import fieldguide as fg
from fieldguide import tasks
from fieldguide.advisor import scoring
from fieldguide.data import Dataset, SeriesColumn
from fieldguide.errors import DataError, UsageError
from fieldguide.tasks.generation import Generation
from fieldguide.tasks.outliers import Outliers
from fieldguide.tasks.representation import Representation
from tests import toys

FORMS = ("array", "table", "image", "series")
CHANCE = np.random.default_rng(3)


def rows_of(task, data):
    return task.all_rows(task.encode(data))


@pytest.mark.parametrize("form", FORMS)
def test_rows_go_back_to_the_users_values(form: str) -> None:
    data = toys.FORMS[form]("classification", 30)
    task = Representation.fit(data, ("array", "image", "series", "table"))
    rows = rows_of(task, data)
    assert rows.shape == (30, task.width)
    back = task.values(rows)
    if form == "table":
        frame = task.frame(rows)
        colours = data.column("colour").to_list()
        assert frame["colour"].to_list() == colours and frame["wild"].dtype == pl.Boolean
        np.testing.assert_allclose(frame["size"], data.column("size"), rtol=1e-5)
    elif form == "series":
        column = data.column("series")
        one = column[4]
        known = np.isfinite(one)
        np.testing.assert_allclose(back[4, : len(one)][known], one[known], atol=1e-4)
    elif form == "image":
        assert np.array_equal(back, data.column("x"))
    else:
        np.testing.assert_allclose(back, data.column("x"), atol=1e-5)


def test_a_row_of_a_table_is_numbers_and_one_hot_words() -> None:
    data = Dataset.from_columns(
        {"a": pl.Series([1.0, 3.0]), "c": pl.Series(["x", "y"]), "d": pl.Series([5.0, 5.5])}
    )
    task = Representation.fit(data)
    rows = rows_of(task, data)
    words = rows[:, task.numbers :]
    assert words.sum(dim=1).tolist() == [1, 1] and not torch.equal(words[0], words[1])
    raw = torch.randn(2, task.width)
    shares = task.finish_rows(raw)[:, task.numbers :]
    torch.testing.assert_close(shares, raw[:, task.numbers :].softmax(dim=1))
    by_hand = (raw[:, : task.numbers] - rows[:, : task.numbers]).square().sum(dim=1)
    by_hand += torch.nn.functional.cross_entropy(
        raw[:, task.numbers :], words.argmax(dim=1), reduction="none"
    )
    torch.testing.assert_close(task.row_loss(raw, rows), by_hand)


def test_explained_is_the_r2_of_all_values_together() -> None:
    data = toys.array("classification", 50)
    task = Representation.fit(data)
    truth = rows_of(task, data)
    guess = truth + 0.3 * torch.from_numpy(CHANCE.normal(size=truth.shape)).float()
    expected = metrics.r2_score(truth, guess, multioutput="variance_weighted")
    assert task.score(guess, truth) == pytest.approx(expected, abs=1e-6)
    assert scoring.score_of(task.summands(guess, truth).sum(axis=0)) == pytest.approx(expected)


def test_pictures_are_judged_in_decibels() -> None:
    data = toys.images("classification", 10)
    task = Representation.fit(data)
    truth = rows_of(task, data)
    wrong = data.column("x").astype(float)
    wrong[:] += 10
    darker = Dataset.from_columns({"x": np.clip(wrong, 0, 255).astype(np.uint8)})
    mse = np.mean((np.clip(wrong, 0, 255).astype(np.uint8) - data.column("x").astype(float)) ** 2)
    found = task.scores(rows_of(task, darker), truth)["psnr"]
    assert found == pytest.approx(10 * np.log10(255**2 / mse), abs=1e-3)


def outlier_data(count: int = 200) -> Dataset:
    inputs = CHANCE.normal(size=(count, 3))
    strange = CHANCE.random(count) < 0.2
    inputs[strange] += 4
    labels = np.where(strange, "odd", "usual")
    return Dataset.from_columns({"x": inputs, "kind": pl.Series("kind", labels)}, target="kind")


def test_outliers_learn_from_the_commonest_class_alone() -> None:
    data = outlier_data()
    task = Outliers.fit(data)
    learnt = task.learnt_from(data)
    assert set(learnt.column("kind")) == {"usual"}
    truth = task.truth(task.examined(data))
    assert truth.tolist() == (data.column("kind") == "odd").cast(int).to_list()
    normal = data.column("x")[truth.numpy() == 0]
    codec = task.inputs.codecs["x"]
    np.testing.assert_allclose(codec.means, normal.mean(axis=0), rtol=1e-6)


def test_the_area_is_scikit_learns_and_its_spread_is_delongs() -> None:
    data = outlier_data(300)
    task = Outliers.fit(data)
    truth = task.truth(task.examined(data))
    strange = torch.from_numpy(CHANCE.normal(size=300)) + 0.8 * truth
    area = metrics.roc_auc_score(truth, strange)
    parts = task.summands(strange, truth)
    assert scoring.score_of(parts.sum(axis=0)) == pytest.approx(area)
    drawn = scoring.resampled(parts, seed=0)
    areas = []
    for seed in range(400):  # the plain bootstrap, which draws each class anew
        some = np.random.default_rng(seed).integers(0, 300, 300)
        areas.append(metrics.roc_auc_score(truth[some], strange[some]))
    assert drawn.std() == pytest.approx(np.std(areas), rel=0.15)


def test_without_outliers_shuffled_rows_stand_in() -> None:
    values = CHANCE.normal(size=(150, 1)) @ np.ones((1, 4)) + 0.01 * CHANCE.normal(size=(150, 4))
    data = Dataset.from_columns({"x": values})
    task = Outliers.fit(data)
    examples = task.examined(data)
    assert len(examples) == 300 and task.truth(examples).sum() == 150
    real, shuffled = examples.x[:150], examples.x[150:]
    torch.testing.assert_close(real.sort(dim=0).values, shuffled.sort(dim=0).values)
    model = fg.PrincipalComponents(components=1, task="outliers").fit(values)
    assert model.evaluate(values)["auroc"] > 0.95


def test_the_threshold_is_learnt_from_examples_held_out() -> None:
    values = CHANCE.normal(size=(1000, 3))
    model = fg.PrincipalComponents(components=2, task="outliers").fit(values)
    flagged = model.predict(values) == "outlier"
    assert 0.01 < flagged.mean() < 0.1  # of those held out one in twenty is stranger
    assert (model.score_samples(values)[flagged].max() <= -model.task_.threshold) and set(
        model.predict(values)
    ) == {"normal", "outlier"}


def test_judging_needs_both_kinds() -> None:
    data = outlier_data()
    model = fg.IsolationForest().fit(data)
    usual = data.take(np.flatnonzero(np.asarray(data.column("kind")) == "usual"))
    with pytest.raises(DataError, match=r"all normal.*leave the target away"):
        model.evaluate(usual)


def test_coverage_tells_real_from_noise_and_from_one_point() -> None:
    values = CHANCE.normal(size=(400, 2))
    data = Dataset.from_columns({"x": values})
    task = Generation.fit(data)
    real = rows_of(task, data)
    alike = torch.from_numpy(CHANCE.normal(size=(400, 2))).float()
    assert task.score(alike, real) > 0.9
    assert task.score(torch.zeros(400, 2), real) < 0.1
    assert task.score(alike + 10, real) < 0.05
    assert scoring.score_of(task.summands(alike, real).sum(axis=0)) == task.score(alike, real)


def test_a_generator_predicts_nothing_and_samples_classes_it_knows() -> None:
    model = fg.GaussianMixture(clouds=2).fit(CHANCE.normal(size=(50, 2)))
    with pytest.raises(UsageError, match="sample"):
        model.predict(np.zeros((3, 2)))
    with pytest.raises(UsageError, match="takes no classes"):
        model.sample(3, label="cat")
    with pytest.raises(UsageError, match="at least 1"):
        model.sample(0)
    assert model.sample(7, seed=1).shape == (7, 2)
    assert not np.array_equal(model.sample(7, seed=1), model.sample(7, seed=2))


def test_sequences_longer_than_any_before_are_refused() -> None:
    short = SeriesColumn.of([CHANCE.normal(size=(n, 1)) for n in (4, 6, 5)] * 4)
    long = SeriesColumn.of([CHANCE.normal(size=(9, 1))])
    model = fg.PrincipalComponents(components=2).fit(Dataset.from_columns({"s": short}))
    with pytest.raises(DataError, match=r"9 steps.*6"):
        model.encode(Dataset.from_columns({"s": long}))


def test_a_table_read_for_representation_loses_no_column(tmp_path) -> None:
    file = tmp_path / "made.csv"
    file.write_text("a,b,price\n" + "\n".join(f"{i % 9},{i * i % 7},{i % 3}.5" for i in range(40)))
    model = fg.PrincipalComponents(components=2).fit(file)
    assert set(model.task_.inputs.codecs) == {"a", "b", "price"} and model.task_.target == ""
    assert model.encode(file).shape == (40, 2)
    assert model.reconstruct(file).columns == ["a", "b", "price"]
    assert tasks.from_config(model.task_.config()) == model.task_
