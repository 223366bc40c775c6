"""What every algorithm does, whatever it learns: the promises, once for all."""

from __future__ import annotations

import copy
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import fieldguide as fg
from fieldguide import catalog, tasks
from fieldguide.data import Bundle, Column, Dataset
from fieldguide.errors import TaskMismatch
from fieldguide.hyperparameter import ranges
from tests import toys
from tests.contract import quick
from tests.contract.conftest import OWN

ROOT = Path(__file__).parents[2]


def outputs(model: fg.Estimator, data: Dataset) -> np.ndarray:
    """Probabilities, or numbers in the user's units."""
    if model.task_.name == "classification":
        return model.predict_proba(data)
    if model.task_.name == "generation":
        return np.asarray(model.sample(9, seed=1))
    if model.task_.name == "outliers":
        return model.score_samples(data)
    return np.asarray(model.predict(data))


def weights(model: fg.Estimator) -> dict[str, torch.Tensor]:
    return model.network_.state_dict()


def _arrays(column: Column) -> list[np.ndarray]:
    if isinstance(column, Bundle):
        return list(column.stored()[0].values())
    return [np.asarray(column)]


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(
        torch.equal(value, other[name]) for name, value in one.items()
    )


def test_the_constructor_only_stores(entry: catalog.Entry) -> None:
    kind = entry.load()
    odd: dict[str, Any] = {name: object() for name in ranges(kind)}
    model = kind(**odd)
    assert vars(model) == odd
    assert all(model.get_params()[name] is value for name, value in odd.items())
    assert kind().set_params(**odd).get_params() == odd
    given = kind().get_params()
    assert clone(kind(**given)).get_params() == given
    copy.deepcopy(kind())


def test_fit_leaves_hyperparameters_and_data_alone(entry: catalog.Entry) -> None:
    kind, data = entry.load(), quick.data(entry)
    model = kind(**quick.settings(kind))
    before, columns = model.get_params(), copy.deepcopy(data.columns)
    assert model.fit(data) is model
    assert model.get_params() == before
    assert set(vars(model)) - set(before) >= {"task_", "network_", "history_", "ledger_"}
    for name, column in columns.items():
        for one, other in zip(_arrays(column), _arrays(data.columns[name]), strict=True):
            assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f"), name


def test_every_task_and_form_on_the_card_works(entry: catalog.Entry) -> None:
    for task in entry.card.tasks:
        for form in entry.card.inputs:
            data = quick.data(entry, task, form)
            model = quick.fitted(entry, task, form)
            assert _fits(model, outputs(model, data), data), (task, form)
            scores = model.evaluate(data)
            assert model.task_.score_name in scores and all(np.isfinite(list(scores.values())))
            assert model.score(data) == pytest.approx(scores[model.task_.score_name])
            if task == "classification":
                guesses = model.predict(data)
                assert guesses.shape == (len(data),) and set(guesses) <= {"high", "low"}
                assert np.allclose(model.predict_proba(data).sum(axis=1), 1)
            assert model.history_ and {"stage", "epoch", "seconds"} <= set(model.history_[-1])


def _fits(model: fg.Estimator, found: np.ndarray, data: Dataset) -> bool:
    """Whether answers are as many as they should be, and of the shape of what they stand for."""
    task = model.task_.name
    if task == "forecasting":  # no answer for each row: it goes on from the end of each series
        return found.shape == (2, toys.AHEAD)
    if task == "regression":
        return found.shape == (len(data),)
    if task in quick.OF_PICTURES:
        side = 14 if task == "image_translation" else 16
        return found.shape[0] == len(data) and found.shape[2:] == (side, side)
    if task in ("representation", "generation"):
        return len(found) == (9 if task == "generation" else len(data)) and found.ndim > 1
    return len(found) == len(data)


def test_the_same_seed_gives_the_same_weights(entry: catalog.Entry) -> None:
    if not entry.card.deterministic:
        pytest.skip("the card says that it is not deterministic")
    kind = entry.load()
    again = kind(**quick.settings(kind)).fit(quick.data(entry))
    assert same(weights(again), weights(quick.fitted(entry)))


def test_another_seed_gives_others(entry: catalog.Entry) -> None:
    kind = entry.load()
    if entry.card.baseline or "seed" not in ranges(kind):
        pytest.skip("it learns the same whatever the seed")
    other = kind(**quick.settings(kind, seed=1)).fit(quick.data(entry))
    assert not same(weights(other), weights(quick.fitted(entry)))


def test_chance_outside_is_left_alone(entry: catalog.Entry, tmp_path: Path) -> None:
    def drawn() -> list[object]:
        states = torch.get_rng_state().tolist(), np.random.get_state()[1].tolist()
        return [*states, random.getstate()]

    kind, before = entry.load(), drawn()
    model = kind(**quick.settings(kind)).fit(quick.data(entry))
    assert drawn() == before
    outputs(fg.load(model.save(tmp_path / "model")), quick.data(entry))
    assert drawn() == before


def test_saved_and_loaded_is_the_same(entry: catalog.Entry, tmp_path: Path) -> None:
    for task in entry.card.tasks:
        model, data = quick.fitted(entry, task), quick.data(entry, task)
        folder = model.save(tmp_path / task)
        back = fg.load(folder)
        assert type(back) is type(model) and back.get_params() == model.get_params()
        assert np.array_equal(outputs(back, data), outputs(model, data))
        assert back.evaluate(data) == model.evaluate(data)
        again = back.save(tmp_path / f"{task} again")
        for name in ("config.json", "weights.safetensors"):
            assert (again / name).read_bytes() == (folder / name).read_bytes(), name


def test_unfitted_it_says_what_to_do(entry: catalog.Entry, tmp_path: Path) -> None:
    model, data = entry.load()(), quick.data(entry)
    for verb in (model.predict, model.evaluate, model.score):
        with pytest.raises(NotFittedError, match=r"not learnt anything yet. Call fit.*load"):
            verb(data)
    with pytest.raises(NotFittedError, match="not learnt anything yet"):
        model.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_wrong_task_explains_itself(entry: catalog.Entry) -> None:
    kind = entry.load()
    for task in set(tasks.names()) - set(entry.card.tasks):
        data = quick.data(entry, task)
        with pytest.raises(TaskMismatch, match=f"{kind.__name__} does .*poses {task}.*recommend"):
            kind(task=task).fit(data)


def test_a_wrong_form_of_inputs_explains_itself(entry: catalog.Entry) -> None:
    kind, task = entry.load(), entry.card.tasks[0]
    # Series, ratings and pairs of pictures pose a task of their own, and no other task meets them.
    alone = task in quick.OWN_FORM or task == "image_translation"
    others = set(toys.FORMS) if alone else set(quick.OWN_FORM.values())
    for form in toys.FORMS.keys() - set(entry.card.inputs) - others:
        data = toys.FORMS[form](task)
        if set(tasks.forms_of(data)) & set(entry.card.inputs):
            continue  # the same data can be read in a form that it takes
        with pytest.raises(TaskMismatch, match=rf"{kind.__name__} takes inputs.*the form {form}"):
            kind().fit(data)


def test_pictures_that_are_too_small_explain_themselves(entry: catalog.Entry) -> None:
    least = entry.card.smallest_image
    if "image" not in entry.card.inputs or least < 2:
        pytest.skip("it takes pictures of any size")
    with pytest.raises(TaskMismatch, match=f"at least {least} pixels"):
        entry.load()().fit(toys.images(entry.card.tasks[0], 30, side=least - 1))


def test_what_has_a_form_of_its_own_is_read_flat_where_it_must_be(entry: catalog.Entry) -> None:
    flat, task = {"array", "table"} & set(entry.card.inputs), entry.card.tasks[0]
    if not flat:
        pytest.skip("it takes no rows of numbers")
    for form in toys.FORMS.keys() - {"array", "table", "image", *entry.card.inputs}:
        data, kind = quick.data(entry, task, form), entry.load()
        model = kind(**quick.settings(kind)).fit(data)
        assert model.task_.inputs.form in flat
        assert _fits(model, outputs(model, data), data), form


def test_one_example_is_one_of_a_batch(entry: catalog.Entry) -> None:
    for task in entry.card.tasks:
        if task == "generation":
            continue  # what is generated is no answer to an example
        model, data = quick.fitted(entry, task), quick.data(entry, task)
        together = outputs(model, data)
        if task == "forecasting":
            alone = outputs(model, data.take(np.flatnonzero(data.columns["shop"] == "south")))
            assert np.allclose(alone[0], together[1], atol=1e-4)
            continue
        for index in (0, 7, len(data) - 1):
            alone = outputs(model, data.take(np.array([index])))
            assert np.allclose(alone[0], together[index], atol=1e-5), (task, index)


def test_predicting_twice_is_predicting_once(entry: catalog.Entry) -> None:
    model, data = quick.fitted(entry), quick.data(entry)
    first, before = outputs(model, data), copy.deepcopy(weights(model))
    assert np.array_equal(outputs(model, data), first)
    assert same(weights(model), before)


@pytest.fixture(scope="session")
def resumed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What became of killing and resuming every algorithm, by class name."""
    names = [entry.class_name for entry in OWN if entry.card.deterministic]
    done = subprocess.run(
        [sys.executable, "-m", "tests.killing", "0", str(tmp_path_factory.mktemp("runs")), *names],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=550,
    )
    assert done.returncode == 0, done.stderr
    found = map(json.loads, done.stdout.splitlines())
    return {result["name"]: result for result in found}


def test_killed_and_resumed_equals_uninterrupted(
    entry: catalog.Entry, resumed: dict[str, dict[str, Any]]
) -> None:
    if not entry.card.deterministic:
        pytest.skip("the card says that it is not deterministic")
    result = resumed[entry.class_name]
    assert result["weights"] and result["history"], result
