"""The variational autoencoder as an estimator: bounds, samples, classes, pictures."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.linear_model import LogisticRegression

import fieldguide as fg
from fieldguide.algorithms.autoencoder._fitted_prior import FittedPrior
from fieldguide.errors import UsageError
from tests import toys


@pytest.fixture(scope="module")
def gaussian() -> tuple[fg.VAE, np.ndarray]:
    """A linear VAE and normal data, whose density is known."""
    chance = np.random.default_rng(0)
    X = chance.normal(size=(3000, 1)) @ [[2.0, -1.0, 1.0]] + 0.5 * chance.normal(size=(3000, 3))
    model = fg.VAE(code=1, hidden=(), epochs=60, lr=1e-2, batch_size=128, validation=0)
    return model.fit(X), X


def test_the_likelihood_of_normal_data_is_found(gaussian: tuple[fg.VAE, np.ndarray]) -> None:
    model, X = gaussian
    codec = model.task_.inputs.codecs["x"]
    standard = (X - np.array(codec.means)) / np.array(codec.deviations)
    truth = multivariate_normal(standard.mean(axis=0), np.cov(standard.T)).logpdf(standard).mean()
    assert model.log_likelihood(X, samples=50).mean() == pytest.approx(truth, abs=0.05)


def test_more_samples_tighten_the_bound(gaussian: tuple[fg.VAE, np.ndarray]) -> None:
    model, _ = gaussian
    far = 3 * np.random.default_rng(1).normal(size=(400, 3))
    loose = [model.log_likelihood(far, samples=k).mean() for k in (1, 10, 200)]
    assert loose == sorted(loose)
    with pytest.raises(UsageError, match="at least 1"):
        model.log_likelihood(far, samples=0)


def test_surprise_is_a_negative_log_likelihood(gaussian: tuple[fg.VAE, np.ndarray]) -> None:
    model, X = gaussian
    estimate = model.log_likelihood(X[:200], samples=400)
    assert np.abs(model.score_samples(X[:200]) - estimate).mean() < 0.2
    assert np.array_equal(model.score_samples(X[:5]), model.score_samples(X[:5]))


def test_samples_have_the_datas_moments(gaussian: tuple[fg.VAE, np.ndarray]) -> None:
    model, X = gaussian
    drawn = model.sample(4000, seed=3)
    np.testing.assert_allclose(drawn.mean(axis=0), X.mean(axis=0), atol=0.15)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(X.T), atol=0.35)
    assert np.array_equal(drawn[:5], model.sample(4000, seed=3)[:5])
    assert not np.array_equal(drawn[:5], model.sample(4000, seed=4)[:5])


def test_classes_are_conditions() -> None:
    chance = np.random.default_rng(0)
    y = chance.choice(["left", "right"], size=800)
    X = chance.normal(size=(800, 2)) + np.where(y == "left", -4.0, 4.0)[:, None] * [1.0, 0.0]
    model = fg.VAE(code=2, hidden=(32,), epochs=40, lr=5e-3, task="generation", validation=0).fit(
        X, y
    )
    judge = LogisticRegression().fit(X, y)
    for label in ("left", "right"):
        assert (judge.predict(model.sample(200, label=label)) == label).mean() > 0.95
    assert model.evaluate(X, y)["coverage"] > 0.7
    either = judge.predict(model.sample(400))
    assert 0.3 < (either == "left").mean() < 0.7
    assert model.encode(X).shape == (800, 2)


def test_tables_come_out_as_tables() -> None:
    chance = np.random.default_rng(0)
    kind = chance.choice(["cat", "dog"], size=600, p=[0.25, 0.75])
    weight = np.where(kind == "cat", 4.0, 20.0) + chance.normal(size=600)
    table = pl.DataFrame({"kind": kind, "weight": weight})
    drawn = fg.VAE(code=2, hidden=(32,), epochs=60, lr=5e-3).fit(table).sample(500)
    assert drawn.columns == ["kind", "weight"] and set(drawn["kind"]) == {"cat", "dog"}
    means = dict(drawn.group_by("kind").agg(pl.col("weight").mean()).iter_rows())
    assert means["cat"] < 9 < 15 < means["dog"]


@pytest.mark.parametrize("convolutional", [False, True])
def test_pictures_are_bernoulli(convolutional: bool) -> None:
    chance = np.random.default_rng(0)
    X = np.zeros((240, 1, 8, 8), dtype=np.uint8)
    for picture, row in zip(X, chance.integers(0, 7, 240), strict=True):
        picture[0, row : row + 2] = 255
    model = fg.VAE(
        code=2, hidden=(64,), channels=(8, 16), epochs=60, lr=5e-3, convolutional=convolutional
    ).fit(X)
    assert model.vae.likelihood.kind == "bernoulli"
    # Seven pictures, equally often: the entropy is ln 7 nats, and no bound is above -ln 7.
    assert -20 < model.log_likelihood(X, samples=20).mean() < -np.log(7) + 0.2
    drawn = model.sample(9)
    assert drawn.shape == (9, 1, 8, 8) and drawn.dtype == np.uint8
    assert model.evaluate(X)["explained"] > 0.7


def test_ends_are_the_pictures_own(gaussian: tuple[fg.VAE, np.ndarray]) -> None:
    X = np.random.default_rng(0).integers(50, 200, size=(30, 3, 4, 4)).astype(np.uint8)
    X[0, 0, 0, 0], X[0, 1, 0, 0] = 10, 250
    model = fg.VAE(epochs=0).fit(X)
    codec = next(iter(model.task_.inputs.codecs.values()))
    low = model.vae.likelihood.low.view(3, 16)
    torch.testing.assert_close(low, low[:, :1].expand(3, 16))
    assert float(low[0, 0]) == pytest.approx((10 - codec.means[0]) / codec.deviations[0], abs=1e-4)
    gone = model.vae.likelihood.mean(torch.full((1, 48), -99.0))
    torch.testing.assert_close(gone[0], model.vae.likelihood.low)


def test_divergence_comes_in_during_warm_up() -> None:
    X = np.random.default_rng(0).normal(size=(64, 4))
    model = fg.VAE(epochs=4, warm_up=1.0, validation=0).fit(X)
    assert model.history_[0]["divergence"] < model.history_[-1]["divergence"]
    heavy = fg.VAE(epochs=60, beta=20.0, lr=1e-2, validation=0).fit(X)
    assert np.abs(heavy.encode(X)).mean() < 0.1  # what is dear is not told


def test_convolutions_need_pictures() -> None:
    with pytest.raises(UsageError, match="for pictures"):
        fg.VAE(convolutional=True).fit(np.random.default_rng(0).normal(size=(20, 4)))


def test_generation_keeps_the_epoch_of_the_best_bound() -> None:
    """And representation the one that reconstructs best: what is kept follows the task."""
    data = toys.images("generation")
    model = fg.VAE(code=4, hidden=(32,), epochs=12, lr=3e-2, task="generation", validation=0.4)
    model.fit(data)
    bounds = [record["elbo"] for record in model.history_]
    _, held = data.split(test=0.4, seed=0)
    kept = model.more_watched(model.task_.examined(held))["elbo"]
    assert kept == pytest.approx(max(bounds), rel=1e-5) and max(bounds) > bounds[0]
    assert all({"coverage", "precision", "frechet_distance"} <= set(one) for one in model.history_)
    ours = np.mean(model.log_likelihood(held, samples=1, seed=model.seed))
    assert kept == pytest.approx(ours, rel=0.02), "an estimate of the same bound by other draws"
    model = fg.VAE(code=4, hidden=(32,), epochs=12, lr=3e-2, task="representation", validation=0.4)
    model.fit(data)
    assert "elbo" not in model.history_[0]
    best = max(record["explained"] for record in model.history_)
    assert model.evaluate(held)["explained"] == pytest.approx(best, abs=1e-5)


def test_a_class_asked_for_comes_out_after_short_training() -> None:
    """From a Gaussian fitted to its codes; from N(0, 1) hardly better than by chance."""
    chance = np.random.default_rng(0)
    y = np.arange(200) % 4
    X = np.zeros((200, 1, 8, 8), dtype=np.uint8)
    for picture, name in zip(X, y, strict=True):
        picture[0, 2 * name : 2 * name + 2] = chance.integers(150, 256)

    def right(prior: str) -> float:
        model = fg.VAE(
            task="generation", code=6, hidden=(32,), epochs=120, prior=prior, validation=0
        ).fit(X, y)
        drawn = [model.sample(50, label=name).reshape(50, 4, 16).sum(axis=2) for name in range(4)]
        return float(np.mean([bands.argmax(axis=1) == name for name, bands in enumerate(drawn)]))

    assert right("fitted") > 0.9 > right("standard")


def test_the_prior_is_the_spread_of_codes_drawn_from_all_examples() -> None:
    chance = torch.Generator().manual_seed(0)
    means = torch.randn(4000, 2, generator=chance) @ torch.tensor([[2.0, 0.0], [1.0, 0.5]]) + 3
    variances = torch.full((4000, 2), 0.25)
    prior = FittedPrior(2, 0)
    prior.learn(means, variances, None)
    drawn = prior.draw(torch.randn(40_000, 2, generator=chance), None)
    real = means + 0.5 * torch.randn(4000, 2, generator=chance)
    torch.testing.assert_close(drawn.mean(0), real.mean(0), atol=0.1, rtol=0)
    torch.testing.assert_close(drawn.T.cov(), real.T.cov(), atol=0.2, rtol=0.05)


def test_a_class_of_no_examples_is_drawn_from_all() -> None:
    means = torch.tensor([[0.0, 1.0], [0.2, 1.2], [0.1, 0.7]])
    prior = FittedPrior(2, 3)
    prior.learn(means, torch.full((3, 2), 0.01), torch.tensor([0, 0, -1]))
    noise = torch.zeros(1, 2)
    torch.testing.assert_close(prior.draw(noise, torch.tensor([2])), means.mean(0, keepdim=True))
    torch.testing.assert_close(prior.draw(noise, torch.tensor([0])), torch.tensor([[0.1, 1.1]]))
