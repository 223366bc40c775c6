"""Linear separability: planes that exist, planes that do not, and margins from scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.svm import SVC

from fieldguide.advisor.profiling.measures.separability import find, plane
from tests.advisor.advisor_data import blobs, pictures, table, xor
from tests.advisor.profiling.material import material


def of_iris(name):
    X, y = load_iris(return_X_y=True)
    data = table(**{f"x{i}": X[:, i] for i in range(4)}, y=np.array(["a", "b", "c"])[y])
    return find(material(data)).figures["classes"][name]["exists"]


def test_setosa_is_parted_from_the_others_and_they_are_not():
    assert of_iris("a")
    assert not of_iris("b")
    assert not of_iris("c")


def test_clouds_apart_have_a_plane_and_xor_has_none():
    assert find(material(blobs(200))).figures["separable"] is True
    found = find(material(xor(200)))
    assert found.figures["separable"] is False
    assert "No hyperplane" in found.sentences[0]


def test_a_single_example_on_the_wrong_side_is_noticed():
    chance = np.random.default_rng(0)
    x = chance.normal(size=(400, 5))
    w = chance.normal(size=5)
    inside = x @ w > 0.3
    assert plane(x, inside).exists
    inside[np.argmax(x @ w)] = False  # deep inside the other class
    assert not plane(x, inside).exists


def test_margins_are_at_most_those_of_the_hard_margin_machine():
    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    chosen = np.r_[0:150]
    x, inside = X[chosen], y[chosen] == 1
    machine = SVC(kernel="linear", C=1e8).fit(x, inside)
    assert machine.score(x, inside) == 1
    radius = np.sqrt(np.square(x - x.mean(axis=0)).sum(axis=1).mean())
    best = 1 / np.linalg.norm(machine.coef_) / radius
    found = plane(x, inside)
    assert found.exists
    assert 0 < found.margin <= best * 1.01


def test_with_many_numbers_the_question_is_not_asked():
    found = find(material(pictures(200)))
    assert found.figures == {"examples": 200, "separable": None, "meaningful": False}


def test_the_margin_of_two_points_is_half_their_distance():
    x = np.array([[0.0, 0.0], [0.0, 0.1], [2.0, 0.0], [2.0, 0.1]])
    radius = np.sqrt(np.square(x - x.mean(axis=0)).sum(axis=1).mean())
    assert plane(x, np.array([0, 0, 1, 1], bool)).margin == pytest.approx(1 / radius, rel=0.05)
