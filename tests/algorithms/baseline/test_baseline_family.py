from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import torch
from baseline_data import array_set, as_data, mixed_frame
from sklearn.base import clone
from sklearn.dummy import DummyClassifier, DummyRegressor
from torch.export import Dim

import fieldguide as fg
from fieldguide import catalog
from fieldguide.algorithms.baseline import _family
from fieldguide.errors import FieldguideError, TaskMismatch, UsageError

PREDICT = {"classification", "regression"}  # baselines that do neither have test files of their own
BASELINES = [e.name for e in catalog.entries() if e.card.baseline and PREDICT & {*e.card.tasks}]
every = pytest.mark.parametrize("name", BASELINES)


def fitted(name, target=None, **options):
    kind = catalog.get(name).load()
    target = target or ("grade" if "classification" in kind.card.tasks else "score")
    data = as_data(mixed_frame(200), target)
    return kind(**options).fit(data), data


def answers(model, data):
    return model._outputs(data)


def test_all_are_found():
    assert set(BASELINES) == {
        "mean",
        "majority",
        "logistic-regression",
        "nearest-neighbours",
        "ridge-regression",
        "gradient-boosting",
    }


def test_majority_equals_scikit_learn():
    inputs, targets = array_set("wine")
    truth = DummyClassifier(strategy="prior").fit(inputs, targets)
    model = fg.Majority().fit(inputs, targets)
    np.testing.assert_allclose(model.predict_proba(inputs), truth.predict_proba(inputs), atol=1e-6)
    assert (model.predict(inputs) == truth.predict(inputs)).all()


def test_mean_equals_scikit_learn():
    inputs, targets = array_set("diabetes")
    truth = DummyRegressor().fit(inputs, targets)
    np.testing.assert_allclose(
        fg.Mean().fit(inputs, targets).predict(inputs), truth.predict(inputs), rtol=1e-6
    )


@every
def test_a_saved_model_comes_back(name, tmp_path):
    model, data = fitted(name)
    model.save(tmp_path / "model")
    again = fg.load(tmp_path / "model")
    assert torch.equal(answers(again, data), answers(model, data))
    assert again.get_params() == model.get_params()


@every
def test_a_checkpoint_fills_a_new_network_and_one_that_has_learnt(name):
    model, data = fitted(name)
    state = {key: value.clone() for key, value in model.network_.state_dict().items()}
    x = model.task_.encode(data, with_target=False).x
    new = type(model)().build(model.task_)
    new.load_state_dict(state)
    assert torch.equal(new(x), model.network_(x))
    with torch.no_grad():
        model.learn(x, model.task_.encode(data).y.flip(0))  # sizes may differ from those stored
    model.network_.load_state_dict(state)
    assert torch.equal(model.network_(x), new(x))


@every
def test_one_example_at_a_time_equals_all_at_once(name):
    model, data = fitted(name)
    whole = answers(model, data)
    single = torch.cat([answers(model, data.take(np.array([row]))) for row in range(0, 200, 9)])
    torch.testing.assert_close(single, whole[::9])


@every
def test_the_network_can_be_traced_for_any_number_of_examples(name):
    model, data = fitted(name)
    x = model.task_.encode(data, with_target=False).x
    few = {key: part[:3].clone() for key, part in x.items()}
    shapes = {key: {0: Dim("examples")} for key in few}
    program = torch.export.export(model.network_, (few,), dynamic_shapes=(shapes,))
    assert torch.equal(program.module()(x), model.network_(x))


@every
def test_what_has_no_meaning_is_no_hyperparameter(name):
    kind = catalog.get(name).load()
    names = {field.name for field in dataclasses.fields(kind)}
    assert not names & {"epochs", "batch_size", "weight_decay", "schedule", "clip", "validation"}
    assert ("lr" in names) == (name == "gradient-boosting")
    with pytest.raises(TypeError, match="epochs"):
        kind(epochs=3)
    assert set(clone(kind()).get_params()) == names
    json.dumps(kind().get_params())


@every
def test_the_wrong_task_is_refused(name):
    kind = catalog.get(name).load()
    for task, target in [("classification", "grade"), ("regression", "score")]:
        if task not in kind.card.tasks:
            with pytest.raises(TaskMismatch):
                kind().fit(as_data(mixed_frame(50), target))


@every
def test_a_hyperparameter_out_of_range_is_refused(name):
    with pytest.raises(UsageError, match="seed=-1"):
        fitted(name, seed=-1)


@every
def test_too_much_data_is_sampled_and_said(name, monkeypatch, tmp_path):
    monkeypatch.setattr(_family, "MOST_NUMBERS", 600)
    model, _ = fitted(name)
    assert "100 examples" in model.notes_[0]
    model.save(tmp_path / "model")
    assert fg.load(tmp_path / "model").notes_ == model.notes_


@every
def test_memory_that_runs_out_is_no_reason_to_learn_from_pieces(name, monkeypatch):
    def ask_for_too_much(*_):
        raise MemoryError

    monkeypatch.setattr(catalog.get(name).load(), "learn", ask_for_too_much)
    with pytest.raises(FieldguideError, match="200 training examples at once"):
        fitted(name)


@every
def test_validation_data_are_scored(name):
    kind = catalog.get(name).load()
    data = as_data(mixed_frame(200), "grade" if "classification" in kind.card.tasks else "score")
    train, test = data.split(test=0.25)
    model = kind().fit(train, validation_data=test)
    assert model.history_[0][model.task_.score_name] == pytest.approx(model.score(test))
