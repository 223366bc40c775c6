"""Modes, conditions and packs of the tabular GAN, and a table with a rare word."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch
from scipy.stats import norm
from sklearn.mixture import GaussianMixture

import fieldguide as fg
from fieldguide.algorithms.adversarial._conditions import Conditions, as_frequent
from fieldguide.algorithms.adversarial._encoding import Encoding
from fieldguide.algorithms.adversarial._modes import Modes, _fitted, _mixture
from fieldguide.algorithms.adversarial.tabular_gan import PackedCritic
from tests import toys


def peaks(count: int = 1500) -> torch.Tensor:
    chance = np.random.default_rng(0)
    left = chance.random(count) < 0.3
    two = np.where(left, -3 + 0.1 * chance.normal(size=count), 2 + chance.normal(size=count))
    return torch.tensor(np.stack([two, chance.integers(0, 3, count)], axis=1)).float()


def test_modes_are_found_and_numbers_told_by_them_come_back() -> None:
    numbers = peaks()
    modes = Modes(columns=2, most=6)
    modes.learn(numbers, seed=0)
    assert modes.discrete.tolist() == [False, True]
    assert modes.weight.sum(dim=1).tolist() == pytest.approx([1, 1])
    narrow = (modes.mean[0] + 3).abs() < 0.2
    assert float(modes.weight[0][narrow].sum()) == pytest.approx(0.3, abs=0.05)
    codes, distances = modes.tell(numbers, torch.Generator().manual_seed(0))
    back = modes.numbers(codes, distances)
    assert torch.equal(back[:, 1], numbers[:, 1]) and not distances[:, 1].any()
    inside = distances[:, 0].abs() < 0.99
    assert inside.float().mean() > 0.99
    assert torch.allclose(back[inside], numbers[inside], atol=1e-5)


def test_two_far_gaussians_are_found_as_scikit_learn_finds_them() -> None:
    values = peaks()[:, 0].double().numpy()
    means, deviations, weights = _mixture(values, 2, seed=0)
    theirs = GaussianMixture(2, tol=1e-8, max_iter=500, random_state=0).fit(values[:, None])
    order, others = means.argsort(), theirs.means_[:, 0].argsort()
    assert np.allclose(means[order], theirs.means_[others, 0], atol=0.01)
    assert np.allclose(deviations[order], np.sqrt(theirs.covariances_[others, 0, 0]), atol=0.01)
    assert np.allclose(weights[order], theirs.weights_[others], atol=0.01)


def test_there_are_as_many_gaussians_as_peaks() -> None:
    chance = np.random.default_rng(0)
    three = np.repeat([-5.0, 0.0, 5.0], 200) + chance.normal(size=600) * 0.1
    assert np.allclose(np.sort(_mixture(three, 10, seed=0)[0]), [-5, 0, 5], atol=0.05)
    assert len(_mixture(chance.normal(size=800), 10, seed=0)[0]) == 1
    mostly_nothing = np.where(chance.random(800) < 0.9, 0.0, chance.exponential(size=800) * 5)
    means, deviations, weights = _mixture(mostly_nothing, 10, seed=0)
    nothing = np.abs(means) < 1e-3
    assert weights[nothing].sum() == pytest.approx(0.9, abs=0.03)
    assert (deviations[nothing] < 0.01).all()


def test_the_criterion_is_scikit_learns() -> None:
    values = peaks()[:, 0].double().numpy()
    theirs = GaussianMixture(2, tol=1e-8, max_iter=500, random_state=0).fit(values[:, None])
    assert _fitted(values, 2)[0] == pytest.approx(theirs.bic(values[:, None]), rel=1e-3)


def test_a_mode_is_drawn_by_its_probability() -> None:
    modes = Modes(columns=1, most=3)
    modes.mean[0], modes.deviation[0] = torch.tensor([0.0, 1.0, 9.0]), torch.tensor([1.0, 2.0, 1.0])
    modes.weight[0] = torch.tensor([0.6, 0.4, 0.0])
    value = 1.5
    codes, _ = modes.tell(torch.full((20_000, 1), value), torch.Generator().manual_seed(0))
    share = np.array([0.6 * norm.pdf(value, 0, 1), 0.4 * norm.pdf(value, 1, 2)])
    found = torch.bincount(codes[:, 0], minlength=3) / len(codes)
    assert found.tolist() == pytest.approx([*(share / share.sum()), 0], abs=0.02)


def test_rare_words_are_asked_for_by_the_logarithm_of_their_frequency() -> None:
    codes = torch.tensor([0] * 900 + [1] * 90 + [3] * 10)[:, None]
    conditions = Conditions(codes, [4], [2], 7)
    torch.manual_seed(0)
    rows, asked = conditions.draw(20_000)
    assert asked.sum(dim=1).unique().tolist() == [1]
    assert torch.equal(codes[rows, 0], asked[:, 2:6].argmax(dim=1)), "each row has its word"
    weights = np.log1p([900, 90, 0, 10])
    assert asked[:, 2:6].mean(dim=0).tolist() == pytest.approx(
        (weights / weights.sum()).tolist(), abs=0.02
    )
    assert len(rows[codes[rows, 0] == 3].unique()) == 10, "all rows of a rare word are shown"


def test_without_categories_any_row_is_drawn() -> None:
    rows, asked = Conditions(torch.empty(30, 0, dtype=torch.int64), [], [], 4).draw(500)
    assert len(rows.unique()) == 30 and asked.shape == (500, 4) and not asked.any()


def test_samples_are_asked_for_as_frequently_as_the_data_have_them() -> None:
    counts = torch.tensor([5, 0, 15, 8, 2])
    asked = as_frequent(counts, [0, 3], [3, 2], 20_000, torch.Generator().manual_seed(0))
    assert asked.sum(dim=1).unique().tolist() == [1]
    expected = [0.5 * share for share in (0.25, 0, 0.75, 0.8, 0.2)]
    assert asked.mean(dim=0).tolist() == pytest.approx(expected, abs=0.02)


def encoding() -> tuple[Encoding, torch.Tensor]:
    made = Encoding(columns=2, cardinalities=(4,), most=5)
    x = {"numbers": peaks(), "categories": torch.randint(1, 4, (1500, 1))}
    told = made.learn(x, 0, torch.Generator().manual_seed(0))
    return made, made.expand(told, torch.arange(1500))


def test_encoded_rows_come_back() -> None:
    made, rows = encoding()
    assert rows.shape == (1500, made.width) == (1500, 2 + 5 + 5 + 4)
    back = made.rows(rows)
    assert back.shape == (1500, 2 + 4)
    assert (back[:, :2] - peaks()).abs().quantile(0.98) < 1e-4
    assert torch.equal(back[:, 2:], rows[:, -4:])


def test_softened_outputs_are_nearly_one_hot_and_never_impossible() -> None:
    made, _ = encoding()
    torch.manual_seed(0)
    soft = made.soften(torch.randn(2000, made.width))
    words = soft[:, -4:]
    assert torch.allclose(words.sum(dim=1), torch.ones(2000)) and (words[:, 0] == 0).all()
    assert words.amax(dim=1).mean() > 0.8 and not soft[:, 1].any()
    logits = torch.zeros(20_000, made.width)
    logits[:, -3:] = torch.tensor([1.0, 0.0, -1.0])
    drawn = made.soften(logits)[:, -3:].argmax(dim=1).bincount() / 20_000
    assert drawn.tolist() == pytest.approx(torch.tensor([1.0, 0, -1]).softmax(0).tolist(), abs=0.02)


def test_disobedience_is_a_cross_entropy() -> None:
    made, _ = encoding()
    raw = torch.randn(6, made.width)
    asked = torch.zeros(6, made.words)
    asked[:, -2] = 1.0
    logits = raw[:, -3:].numpy()
    expected = np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[:, 1])
    assert float(made.disobeyed(raw, asked)) == pytest.approx(expected, rel=1e-5)


def towns(count: int = 1200) -> pl.DataFrame:
    chance = np.random.default_rng(0)
    town = chance.choice(["Bern", "Rome", "Oslo"], count, p=[0.6, 0.34, 0.06])
    heat = chance.normal(size=count) + 9.0 * (town == "Rome") - 9.0 * (town == "Oslo")
    return pl.DataFrame({"town": town, "heat": heat, "wild": chance.random(count) > 0.5})


def test_it_learns_that_the_rare_town_is_cold() -> None:
    model = fg.TabularGAN(
        epochs=40, batch_size=100, lr=1e-3, hidden=(64, 64), latent=16, pack=1, validation=0
    ).fit(towns())
    made = model.sample(1500)
    assert made.columns == ["town", "heat", "wild"] and made["wild"].dtype == pl.Boolean
    shares = {row["town"]: row["count"] / 1500 for row in made["town"].value_counts().to_dicts()}
    assert 0.01 < shares["Oslo"] < 0.15
    heat = dict(made.group_by("town").agg(pl.col("heat").mean()).iter_rows())
    assert heat["Oslo"] < heat["Bern"] < heat["Rome"]
    assert heat["Rome"] - heat["Oslo"] > 8


def test_packs_of_ten_and_arrays_without_words() -> None:
    model = fg.TabularGAN(epochs=2, batch_size=25, hidden=(8,), validation=0)
    model.fit(toys.array("generation"))
    assert model.network_.discriminator.packed == 10 * (4 + 2 * 4 * 10)
    assert model.sample(7).shape == (7, 4)


@pytest.mark.parametrize(("rows", "together"), [(400, 1), (2200, 2), (10_100, 10)])
def test_packs_grow_with_the_table(
    rows: int, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    criticise = PackedCritic.forward

    def watched(self: PackedCritic, packs: torch.Tensor) -> torch.Tensor:
        seen.append(10 * packs.shape[1] // self.packed)
        return criticise(self, packs)

    monkeypatch.setattr(PackedCritic, "forward", watched)
    x = np.random.default_rng(0).normal(size=(rows, 2))
    fg.TabularGAN(epochs=1, batch_size=6000, hidden=(4,), modes=1, validation=0).fit(x)
    assert set(seen) == {together}


def test_smaller_packs_leave_inputs_at_nothing() -> None:
    critic = PackedCritic(width=3, hidden=(4,), pack=5).eval()
    pack = torch.randn(6, 6)
    whole = torch.cat([pack, torch.zeros(6, 9)], dim=1)
    assert torch.equal(critic(pack), critic(whole))


def test_batches_of_one_row_are_made_of_two() -> None:
    model = fg.TabularGAN(epochs=1, batch_size=1, pack=1, hidden=(4,), validation=0)
    assert model.fit(toys.array("generation", 10)).sample(3).shape == (3, 4)
