"""The verbs of who learns without a target."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import fieldguide as fg
from fieldguide.errors import UsageError
from tests import toys

CHANCE = np.random.default_rng(0)


def test_verbs_are_there_for_those_who_have_the_hook() -> None:
    plane, forest, mlp = fg.PrincipalComponents(), fg.IsolationForest(), fg.MLP()
    for verb in ("encode", "transform", "decode", "reconstruct", "score_samples", "sample"):
        assert hasattr(plane, verb)
        assert not hasattr(mlp, verb)
    assert hasattr(forest, "score_samples") and not hasattr(forest, "encode")


def test_unfitted_they_say_what_to_do() -> None:
    with pytest.raises(NotFittedError, match="fit"):
        fg.PrincipalComponents().encode(np.zeros((2, 2)))


def test_encode_and_decode_are_scikit_learns_on_standardised_values() -> None:
    values = CHANCE.normal(size=(60, 5)) @ CHANCE.normal(size=(5, 5))
    model = fg.PrincipalComponents(components=2, validation=0).fit(values)
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    peer = PCA(2).fit(scaled)
    codes = model.encode(values)
    np.testing.assert_allclose(np.abs(codes), np.abs(peer.transform(scaled)), atol=1e-4)
    back = peer.inverse_transform(peer.transform(scaled)) * values.std(axis=0) + values.mean(axis=0)
    np.testing.assert_allclose(model.decode(codes), back, atol=1e-3)
    np.testing.assert_allclose(model.reconstruct(values), back, atol=1e-3)


def test_the_likelihood_is_that_of_probabilistic_pca() -> None:
    values = CHANCE.normal(size=(80, 4)) @ CHANCE.normal(size=(4, 4))
    model = fg.PrincipalComponents(components=2, validation=0).fit(values)
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    peer = PCA(2).fit(scaled)
    np.testing.assert_allclose(
        model.score_samples(values), peer.score_samples(scaled), rtol=2e-3, atol=2e-3
    )


def test_in_a_pipeline_it_makes_columns_for_a_classifier() -> None:
    values = np.concatenate([CHANCE.normal(size=(50, 6)) + shift for shift in (0, 3)])
    labels = np.repeat(["low", "high"], 50)
    pipeline = make_pipeline(fg.PrincipalComponents(components=2), LogisticRegression())
    assert pipeline.fit(values, labels).score(values, labels) > 0.95


def test_of_a_table_a_data_frame_comes_back() -> None:
    data = toys.table("classification")
    model = fg.PrincipalComponents(components=30).fit(data)
    frame = model.reconstruct(data)
    assert isinstance(frame, pl.DataFrame) and "target" not in frame.columns
    assert frame["colour"].to_list() == data.column("colour").to_list()
    again = model.decode(model.encode(data))
    assert again["colour"].to_list() == frame["colour"].to_list()


def test_codes_of_the_wrong_shape_are_refused() -> None:
    model = fg.PrincipalComponents(components=2, validation=0).fit(CHANCE.normal(size=(20, 3)))
    with pytest.raises(UsageError, match=r"shape \(2,\).*encode"):
        model.decode([1.0, 2.0])


def test_samples_have_the_spread_of_the_data() -> None:
    values = CHANCE.normal(size=(500, 3)) @ CHANCE.normal(size=(3, 3)) + 4
    drawn = fg.PrincipalComponents(components=2, validation=0).fit(values).sample(20_000, seed=0)
    np.testing.assert_allclose(drawn.mean(axis=0), values.mean(axis=0), atol=0.15)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(values.T), rtol=0.25, atol=0.25)
