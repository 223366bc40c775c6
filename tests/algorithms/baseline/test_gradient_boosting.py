from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from baseline_data import ARRAYS, array_set, as_data, mixed_frame
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

import fieldguide as fg
from fieldguide.algorithms.baseline._forest import MOST_WORDS, Columns, grown


def reference(frame, target, **options):
    """scikit-learn on the frame itself: raw numbers, NaN where missing, native categories."""
    table = frame[["size", "town", "age", "member"]].copy()
    # More than 255 words: their codes, commonest first, ties alphabetically.
    counts = frame["code"].value_counts().rename_axis("word").reset_index()
    ordered = counts.sort_values(["count", "word"], ascending=[False, True])["word"].tolist()
    table["code"] = frame["code"].map({word: code for code, word in enumerate(ordered, 1)})
    table["town"] = table["town"].astype("category")
    table["member"] = table["member"].astype(float)
    kind = HistGradientBoostingClassifier if target == "grade" else HistGradientBoostingRegressor
    return kind(categorical_features="from_dtype", **options).fit(table, frame[target]), table


@pytest.mark.parametrize("name", ARRAYS)
def test_equals_scikit_learn(name):
    inputs, targets = array_set(name)
    model = fg.GradientBoosting(rounds=20).fit(inputs, targets)
    encoded = model.task_.encode(fg.Dataset.from_columns({"x": inputs}), with_target=False).x
    if name == "diabetes":
        centred = (targets - targets.mean()) / targets.std()
        truth = HistGradientBoostingRegressor(max_iter=20, random_state=0)
        truth.fit(encoded.double().numpy(), centred.astype(np.float32))
        expected = truth.predict(encoded.double().numpy()) * targets.std() + targets.mean()
        np.testing.assert_allclose(model.predict(inputs), expected, rtol=1e-6)
    else:
        truth = HistGradientBoostingClassifier(max_iter=20, random_state=0)
        truth.fit(encoded.double().numpy(), targets)
        expected = truth.predict_proba(encoded.double().numpy())
        np.testing.assert_allclose(model.predict_proba(inputs), expected, atol=1e-6)


@pytest.mark.parametrize("target", ["grade", "score"])
def test_equals_scikit_learn_on_a_mixed_table(target):
    frame = mixed_frame()
    assert frame["code"].nunique() > MOST_WORDS
    model = fg.GradientBoosting(rounds=30).fit(as_data(frame, target))
    truth, table = reference(frame, target, max_iter=30)
    if target == "grade":
        expected = truth.predict_proba(table)
        np.testing.assert_allclose(model.predict_proba(as_data(frame, target)), expected, atol=1e-6)
    else:
        np.testing.assert_allclose(
            model.predict(as_data(frame, target)), truth.predict(table), rtol=1e-5
        )


def test_unseen_words_and_newly_missing_numbers_go_where_scikit_learn_sends_them():
    frame = mixed_frame()
    model = fg.GradientBoosting(rounds=30).fit(as_data(frame, "grade"))
    truth, table = reference(frame, "grade", max_iter=30)
    strange = frame.copy()
    strange.loc[::2, "town"] = "Atlantis"
    strange.loc[::3, "size"] = np.nan
    raw = table.copy()
    raw.loc[::2, "town"] = np.nan
    raw.loc[::3, "size"] = np.nan
    np.testing.assert_allclose(
        model.predict_proba(as_data(strange, "grade")), truth.predict_proba(raw), atol=1e-6
    )


def test_every_code_goes_where_scikit_learn_sends_it():
    chance = np.random.default_rng(1)
    codes = torch.from_numpy(chance.integers(0, 256, (2000, 2)))
    effects = chance.normal(size=(2, 256))
    y = effects[0][codes[:, 0]] + effects[1][codes[:, 1]]
    columns = Columns(numbers=0, flags=(), cardinalities=(256, 256))
    x = {"numbers": torch.empty(2000, 0), "categories": codes}
    table = columns.table(x)
    booster = HistGradientBoostingRegressor(categorical_features=[0, 1], min_samples_leaf=2)
    booster.fit(table, y)
    network = columns.ensemble(1)
    network.learn(**grown([booster], columns, table, 1))
    every = torch.arange(256)
    again = {
        "numbers": torch.empty(256, 0).double(),
        "categories": torch.stack([every, 255 - every], 1),
    }
    expected = booster.predict(columns.table(again))
    np.testing.assert_allclose(network(again)[:, 0].numpy(), expected, rtol=1e-12)


def test_numbers_at_a_threshold_and_its_neighbours_go_where_scikit_learn_sends_them():
    chance = np.random.default_rng(2)
    x = chance.normal(size=(500, 3)).astype(np.float32)
    y = np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2]
    booster = HistGradientBoostingRegressor().fit(x.astype(np.float64), y)
    columns = Columns(numbers=3, flags=(), cardinalities=())
    network = columns.ensemble(1)
    network.learn(**grown([booster], columns, x.astype(np.float64), 1))
    nodes = np.concatenate([group[0].nodes for group in booster._predictors])
    nodes = nodes[nodes["is_leaf"] == 0]
    at = nodes["num_threshold"].astype(np.float32)
    near = [at, np.nextafter(at, np.float32(np.inf)), np.nextafter(at, np.float32(-np.inf))]
    probes = np.repeat(np.concatenate(near)[:, None], 3, axis=1)
    expected = booster.predict(probes.astype(np.float64))
    np.testing.assert_allclose(network(torch.from_numpy(probes).double())[:, 0].numpy(), expected)


def test_a_split_between_missing_and_present():
    size = np.where(np.arange(200) % 2, np.arange(200.0), np.nan)
    columns = Columns(numbers=2, flags=(1,), cardinalities=())
    missing = np.isnan(size)
    x = torch.from_numpy(np.stack([np.nan_to_num(size, nan=100.0), missing], 1)).float()
    table = columns.table(x)
    booster = HistGradientBoostingRegressor(max_iter=5, max_leaf_nodes=2).fit(table, missing * 1.0)
    network = columns.ensemble(1)
    network.learn(**grown([booster], columns, table, 1))
    given = network(x.double())[:, 0].numpy()
    np.testing.assert_allclose(given, booster.predict(table), rtol=1e-12)
    assert np.ptp(booster.predict(table)) > 0.2


def test_several_targets():
    inputs, targets = array_set("diabetes")
    both = np.stack([targets, -2 * targets + inputs[:, 0]], axis=1)
    data = fg.Dataset.from_columns({"x": inputs, "y": both}, target="y")
    together = fg.GradientBoosting(rounds=10, task="regression").fit(data).predict(inputs)
    alone = fg.GradientBoosting(rounds=10, task="regression").fit(inputs, targets).predict(inputs)
    assert together.shape == both.shape
    np.testing.assert_allclose(together[:, 0], alone, rtol=1e-6)


def test_a_time_limit_cuts_the_rounds():
    inputs, targets = array_set("iris")
    model = fg.GradientBoosting(rounds=10_000, time_limit=0.05).fit(inputs, targets)
    assert 1 <= model.history_[0]["rounds"] < 10_000
    assert model.evaluate(inputs, targets)["accuracy"] > 0.95
    whole = fg.GradientBoosting(rounds=30).fit(inputs, targets)
    patient = fg.GradientBoosting(rounds=30, time_limit=1e6).fit(inputs, targets)
    np.testing.assert_array_equal(whole.predict_proba(inputs), patient.predict_proba(inputs))


def test_an_expired_limit_leaves_a_model_of_one_round():
    inputs, targets = array_set("digits")
    began = time.perf_counter()
    model = fg.GradientBoosting(rounds=500, time_limit=0.0).fit(inputs, targets)
    assert model.history_[0]["rounds"] == 1
    assert model.evaluate(inputs, targets)["accuracy"] > 0.6
    assert time.perf_counter() - began < 20


def test_a_limit_that_is_not_reached_changes_nothing_where_some_are_set_aside():
    chance = np.random.default_rng(0)
    inputs = chance.normal(size=(10_500, 3))
    targets = inputs[:, 0] * inputs[:, 1] + 0.5 * chance.normal(size=10_500)
    whole, patient = (
        fg.GradientBoosting(rounds=40, leaves=7, time_limit=limit).fit(inputs, targets)
        for limit in (None, 1e6)
    )
    assert whole.history_[0]["rounds"] == patient.history_[0]["rounds"]
    np.testing.assert_array_equal(whole.predict(inputs), patient.predict(inputs))


def test_a_class_of_one_among_many_is_no_hindrance():
    chance = np.random.default_rng(0)
    inputs = chance.normal(size=(10_001, 2))
    targets = (inputs[:, 0] > 0).astype(int)
    targets[0] = 2
    model = fg.GradientBoosting(rounds=3, leaves=4).fit(inputs, targets)
    assert model.history_[0]["rounds"] == 3
    assert model.classes_.tolist() == [0, 1, 2]


def test_above_ten_thousand_examples_growth_stops_by_itself():
    chance = np.random.default_rng(0)
    inputs = chance.normal(size=(10_001, 2))
    targets = (inputs[:, 0] > 0).astype(int)
    targets[chance.random(10_001) < 0.3] ^= 1
    assert fg.GradientBoosting(rounds=300).fit(inputs, targets).history_[0]["rounds"] < 200
