"""The RBM: what it learns, on every kind of unit; what it answers; what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.neural_network import BernoulliRBM

import fieldguide as fg
from fieldguide.algorithms.energy._annealed_importance_sampling import exact_log_partition
from fieldguide.algorithms.energy._contrastive_divergence import free_energy
from fieldguide.algorithms.energy._machine import Machine, Rule
from fieldguide.algorithms.energy._units import Binary
from fieldguide.algorithms.energy._visible import COUNTS, GAUSSIAN, SHARE, SOFTMAX, TWO_VALUED
from fieldguide.errors import DataError, UsageError
from tests.algorithms.energy.small_machines import bits

QUICK: dict[str, Any] = {"epochs": 3, "hidden": 8, "validation": 0}


def groups(count: int = 300, seed: int = 0) -> np.ndarray:
    """Rows of 12 in which one of four groups of three is on."""
    chosen = np.random.default_rng(seed).integers(0, 4, count)
    return np.repeat(np.eye(4), 3, axis=1)[chosen]


def pictures(count: int = 200, seed: int = 0) -> np.ndarray:
    """Bars on black, (n, 1, 6, 6), bytes; grey noise on top."""
    chance = np.random.default_rng(seed)
    found = chance.integers(0, 20, (count, 1, 6, 6))
    found[np.arange(count), :, chance.integers(0, 6, count)] = 255
    return found.astype(np.uint8)


def test_it_learns_the_distribution_of_four_patterns() -> None:
    model = fg.RBM(hidden=6, epochs=60, validation=0).fit(groups())
    found = model.log_likelihood(groups(200, seed=1))["log_likelihood"]
    assert found > -np.log(4) - 0.8  # entropy of the source: log 4 = 1.39 nats
    # The machine's own probabilities of all 4,096 rows say the same.
    machine = model.network_.machine
    parts = machine.weights, machine.visible_bias, machine.hidden_bias
    every = bits(12)
    log_p = -free_energy(every, *(part.double() for part in parts)) - exact_log_partition(*parts)
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-6)
    rows = torch.from_numpy(groups(200, seed=1)) @ 2.0 ** torch.arange(11, -1, -1).double()
    assert log_p[rows.long()].mean().item() == pytest.approx(found, abs=1e-3)


def test_samples_are_of_the_patterns() -> None:
    model = fg.RBM(hidden=6, epochs=60, validation=0, task="generation").fit(groups())
    drawn = model.sample(200, seed=1)
    known = {tuple(row) for row in np.repeat(np.eye(4), 3, axis=1)}
    rows = [tuple(row) for row in np.asarray(drawn).round(6) + 0.0]
    assert np.mean([row in known for row in rows]) > 0.7
    assert set(rows) >= known
    assert np.array_equal(model.sample(200, seed=1), drawn)
    assert not np.array_equal(model.sample(200, seed=2), drawn)


def test_annealing_agrees_with_enumeration_on_a_learnt_machine() -> None:
    model = fg.RBM(hidden=17, epochs=20, validation=0).fit(groups())
    found = model.log_likelihood(groups(), detail=0.05)
    machine = model.network_.machine
    exact = exact_log_partition(machine.weights, machine.visible_bias, machine.hidden_bias)
    assert found["log_partition"] == pytest.approx(exact, abs=0.2)
    assert found["low"] <= found["log_likelihood"] <= found["high"]


def test_pseudo_likelihood_and_codes_are_scikit_learns() -> None:
    x = groups()
    model = fg.RBM(hidden=6, epochs=5, validation=0).fit(x)
    machine, peer = model.network_.machine, BernoulliRBM(6, random_state=0)
    peer.components_ = machine.weights.detach().T.double().numpy()
    peer.intercept_visible_ = machine.visible_bias.detach().double().numpy()
    peer.intercept_hidden_ = machine.hidden_bias.detach().double().numpy()
    peer.n_features_in_ = 12
    assert np.allclose(peer.transform(x), model.encode(x), atol=1e-5)
    assert np.allclose(-peer._free_energy(x), model.score_samples(x), atol=1e-4)
    theirs = np.mean([peer.score_samples(x).mean() for _ in range(30)])
    ours = np.mean([model.pseudo_likelihood(x, seed=seed) for seed in range(30)])
    assert ours == pytest.approx(theirs, abs=0.15)


@pytest.mark.parametrize("persistent", [True, False])
def test_learning_lowers_the_surprise_of_what_is_usual(persistent: bool) -> None:
    model = fg.RBM(hidden=8, epochs=40, validation=0, persistent=persistent).fit(groups())
    odd = np.zeros((1, 12))
    odd[0, [0, 4, 8]] = 1
    assert model.score_samples(groups(20, seed=2)).min() > model.score_samples(odd)[0] + 1
    assert model.evaluate(groups(100, seed=3))["explained"] > 0.7


def kinds(model: fg.RBM) -> set[int]:
    return set(model.network_.visible.kinds.tolist())


def test_columns_choose_their_units() -> None:
    chance = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            "two": chance.integers(0, 2, 120) * 7.0,
            "length": chance.normal(size=120),
            "colour": chance.choice(["red", "green", "blue"], 120),
        }
    )
    model = fg.RBM(**QUICK).fit(frame)
    assert kinds(model) == {TWO_VALUED, GAUSSIAN, SOFTMAX}
    made = fg.RBM(**QUICK, task="generation").fit(frame).sample(30)
    assert set(made["two"].round(3).to_list()) <= {0.0, 7.0}
    assert set(made["colour"].to_list()) <= {"red", "green", "blue"}
    assert kinds(fg.RBM(**QUICK).fit(groups())) == {TWO_VALUED}
    assert kinds(fg.RBM(**QUICK).fit(pictures())) == {SHARE}
    assert kinds(fg.RBM(**QUICK, visible="gaussian").fit(pictures())) == {GAUSSIAN}
    assert kinds(fg.RBM(**QUICK).fit(frame.select("colour"))) == {SOFTMAX}


def test_categories_that_belong_together_are_learnt() -> None:
    chance = np.random.default_rng(0)
    fruit = chance.choice(["apple", "cherry"], 300)
    frame = pl.DataFrame({"fruit": fruit, "size": np.where(fruit == "apple", "big", "small")})
    model = fg.RBM(hidden=8, epochs=60, validation=0, visible="softmax").fit(frame)
    odd = pl.DataFrame({"fruit": ["apple"], "size": ["small"]})
    assert model.score_samples(frame[:20]).min() > model.score_samples(odd)[0] + 1


def test_gaussian_units_find_the_plane_that_columns_lie_in() -> None:
    chance = np.random.default_rng(0)
    x = chance.normal(size=(400, 2)) @ chance.normal(size=(2, 6))
    model = fg.RBM(hidden=32, epochs=60, validation=0, noise=0.4).fit(x)
    assert model.evaluate(x)["explained"] > 0.6
    shuffled = chance.permuted(x, axis=0)
    assert np.median(model.score_samples(x)) > np.median(model.score_samples(shuffled))


def test_the_density_of_gaussian_units_is_a_density() -> None:
    x = np.random.default_rng(0).normal(size=(500, 1)) * 3 + 10
    model = fg.RBM(hidden=2, epochs=2, lr=0.0, validation=0, noise=0.5).fit(x)
    model.network_.machine.weights.data.zero_()
    found = model.log_likelihood(x)["log_likelihood"]
    z = (x - x.mean()) / x.std()  # without learning: N(0, 0.5²), one Gaussian
    expected = np.mean(-0.5 * (z / 0.5) ** 2 - np.log(0.5 * np.sqrt(2 * np.pi)))
    assert found == pytest.approx(expected, abs=0.05)


def documents(count: int = 200) -> np.ndarray:
    """Counts of 10 words: documents are of the first five or of the last five."""
    chance = np.random.default_rng(0)
    topic = np.repeat(np.eye(2), 5, axis=1)[chance.integers(0, 2, count)]
    return (
        chance.poisson(3 * topic + 0.02).astype(float) + np.eye(10)[chance.integers(0, 10, count)]
    )


def test_replicated_softmax_finds_topics() -> None:
    words = documents()
    model = fg.RBM(hidden=4, epochs=80, validation=0, visible="counts").fit(words)
    assert kinds(model) == {COUNTS}
    given = model.reconstruct(words)
    assert np.allclose(given.sum(axis=1), words.sum(axis=1), atol=1e-3)
    first = words[:, :5].sum(axis=1) > words[:, 5:].sum(axis=1)
    assert np.mean((given[:, :5].sum(axis=1) > given[:, 5:].sum(axis=1)) == first) > 0.95
    with pytest.raises(UsageError, match="does not know how long a document is"):
        fg.RBM(**QUICK, visible="counts", task="generation").fit(words).sample(2)


def test_sparsity_rests_hidden_units() -> None:
    free = fg.RBM(hidden=12, epochs=30, validation=0).fit(groups()).encode(groups()).mean()
    model = fg.RBM(hidden=12, epochs=30, validation=0, sparsity=0.1, sparsity_cost=1.0)
    assert abs(model.fit(groups()).encode(groups()).mean() - 0.1) < min(0.1, abs(free - 0.1))


def test_momentum_and_weight_decay_take_part() -> None:
    plain = fg.RBM(**QUICK).fit(groups()).network_.machine.weights
    pulled = fg.RBM(**QUICK, weight_decay=2.0).fit(groups()).network_.machine.weights
    assert pulled.norm() < 0.9 * plain.norm()
    model = fg.RBM(**QUICK, momentum=0.9).fit(groups())
    assert model.network_.machine.weights.norm() > plain.norm()
    assert model.network_.machine.weights_velocity.norm() > 0


def test_clipping_limits_the_step() -> None:
    torch.manual_seed(0)
    machine = Machine(visible=12, hidden=8)
    before = machine.weights.detach().clone()
    machine.learn(torch.from_numpy(groups(20)).float(), Binary(), Rule(clip=0.5), 0.1)
    assert float((machine.weights.detach() - before).norm()) == pytest.approx(0.05, rel=1e-3)


def test_filters_are_a_picture(tmp_path: Any) -> None:
    model = fg.RBM(**QUICK).fit(pictures())
    grid = model.filters()
    assert grid.shape == (3 * 7 - 1, 3 * 7 - 1) and grid.dtype == np.uint8  # 8 tiles, 3 by 3
    assert grid.min() == 0 or grid.max() == 255
    with pytest.raises(UsageError, match="did not learn from pictures"):
        fg.RBM(**QUICK).fit(groups()).filters()
    assert np.array_equal(fg.load(model.save(tmp_path / "m")).filters(), grid)


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (np.zeros((40, 1, 6, 6), np.uint8), {}, "all 40 examples are the same"),
        (groups(1), {}, "one example to learn from"),
        (np.random.default_rng(0).normal(size=(40, 3)), {"visible": "binary"}, "takes columns of"),
        (np.random.default_rng(0).normal(size=(40, 3)), {"visible": "counts"}, "whole numbers"),
        (groups(40), {"visible": "softmax"}, "takes categories alone"),
    ],
)
def test_bad_data_are_told_in_words(data: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        fg.RBM(**QUICK, **options).fit(data)


def test_values_out_of_range_for_binary_units() -> None:
    model = fg.RBM(**QUICK).fit(pictures().astype(np.float32) / 255)
    with pytest.raises(DataError, match=r"far beyond .* to 255 .*visible='gaussian'"):
        model.encode(np.where(pictures() > 100, 255.0, 0.0).astype(np.float32))
    model.encode(pictures().astype(np.float32) / 250)  # a little beyond is cut off


def test_an_unknown_kind_of_units() -> None:
    with pytest.raises(UsageError, match="visible='bernoulli'"):
        fg.RBM(visible="bernoulli").fit(groups())
