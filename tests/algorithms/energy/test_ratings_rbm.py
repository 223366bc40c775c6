"""The machine of ratings beside sums over all its states, and the exact gradient."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

import fieldguide as fg
from fieldguide.algorithms.energy._rating_machine import RatingMachine, _edges
from fieldguide.data import Dataset
from fieldguide.errors import UsageError
from tests import toys

ITEMS, LEVELS, HIDDEN = 4, 3, 2
FORMS = [(True, False), (False, False), (True, True), (False, True)]


def machine(ordinal: bool, conditional: bool) -> RatingMachine:
    """A small machine with weights at random."""
    torch.manual_seed(1)
    made = RatingMachine(users=3, items=ITEMS, levels=LEVELS, hidden=HIDDEN, ordinal=ordinal,
                         conditional=conditional).double()  # fmt: skip
    for weight in made.parameters():
        torch.nn.init.normal_(weight, std=0.7)
    made.levels.copy_(torch.tensor([-1.0, 0.2, 1.5]))
    made.edges.copy_(torch.tensor([-0.5, 0.8]))
    made.codes.copy_(made.levels[:, None] if ordinal else torch.eye(LEVELS))
    return made.requires_grad_()


def energy(net: RatingMachine, items: list[int], levels: tuple[int, ...], hidden: Tensor) -> Tensor:
    """E(v, h) written out."""
    weight = net.weight.view(ITEMS, net.numbers, HIDDEN)
    total = -(hidden * net.hidden_bias).sum()
    for item, level in zip(items, levels, strict=True):
        total = total - net.item_bias[item, level]
        pull = net.codes[level] @ weight[item]
        if net.rated is not None:
            pull = pull + net.rated[item]
        total = total - (pull * hidden).sum()
    return total


def summed_out(net: RatingMachine, items: list[int], levels: tuple[int, ...]) -> Tensor:
    """log Σ_h exp(-E)."""
    states = [
        torch.tensor(s, dtype=torch.float64) for s in itertools.product((0, 1), repeat=HIDDEN)
    ]
    return torch.stack([-energy(net, items, levels, s) for s in states]).logsumexp(0)


@pytest.mark.parametrize(("ordinal", "conditional"), FORMS)
def test_free_energy_sums_the_hidden_units_out(ordinal: bool, conditional: bool) -> None:
    net, items = machine(ordinal, conditional), [1, 3]
    for levels in itertools.product(range(LEVELS), repeat=2):
        found = net.free_energy(torch.zeros(2).long(), torch.tensor(items), torch.tensor(levels), 1)
        assert torch.allclose(-found[0], summed_out(net, items, levels))


@pytest.mark.parametrize(("ordinal", "conditional"), FORMS)
def test_guesses_are_exact_expectations(ordinal: bool, conditional: bool) -> None:
    net, rated = machine(ordinal, conditional), {1: 1.4, 3: -2.0}
    net.known.keep(torch.tensor([[2, 1], [2, 3]]), torch.tensor(list(rated.values())), 3)
    levels = {1: 2, 3: 0}
    for item in (1, 2, 3):  # of what was rated, the guess is made without that rating
        given = {i: level for i, level in levels.items() if i != item}
        weights = torch.stack([
            summed_out(net, [*given, item], (*given.values(), k)) for k in range(LEVELS)
        ])  # fmt: skip
        expected = weights.softmax(0) @ net.levels
        assert torch.allclose(net(torch.tensor([[2, item]]))[0, 0], expected, atol=1e-6)
    new = net.of_newcomer(torch.tensor([1, 3]), torch.tensor([1.4, -2.0]))
    assert torch.allclose(new[2], net(torch.tensor([[2, 2]]))[0, 0], atol=1e-6)


@pytest.mark.parametrize(("ordinal", "conditional"), FORMS)
def test_contrastive_divergence_follows_the_exact_gradient(
    ordinal: bool, conditional: bool
) -> None:
    """With many Gibbs steps and users, the gradient is that of the log-likelihood."""
    net, items, count = machine(ordinal, conditional), [1, 3], 20_000
    levels = (2, 0)
    states = list(itertools.product(range(LEVELS), repeat=2))
    whole = torch.stack([summed_out(net, items, state) for state in states]).logsumexp(0)
    exact = torch.autograd.grad(whole - summed_out(net, items, levels), list(net.parameters()))
    model = fg.RatingsRBM(gibbs=30)
    model.network_, model._share = net, 1.0
    place = torch.arange(count).repeat_interleave(2)
    rated, data = torch.tensor(items * count), torch.tensor(levels * count)
    dream = model._dream(place, rated, data, count)
    contrast = net.free_energy(place, rated, data, count) - net.free_energy(
        place, rated, dream, count
    )
    found = torch.autograd.grad(contrast.mean(), list(net.parameters()))
    for one, other in zip(found, exact, strict=True):
        assert torch.allclose(one, other, atol=0.03)


def test_stars_are_a_level_each_and_others_are_cut_evenly() -> None:
    stars = torch.tensor([1.0, 2, 2, 4, 5]).double()
    assert _edges(stars, 10).tolist() == [1.5, 3.0, 4.5]
    torch.manual_seed(0)
    values = torch.randn(10_000)
    net = RatingMachine(users=2, items=3, levels=8)
    net.start(torch.ones(10_000, dtype=torch.int64), values)
    sizes = torch.bincount(net.level_of(values), minlength=8)
    assert sizes.min() > 1_200 and torch.allclose(net.levels.sort().values, net.levels)
    net.start(torch.ones(5, dtype=torch.int64), stars.float())
    assert net.level_of(stars.float()).tolist() == [0, 1, 1, 2, 3]
    assert net.levels[:4].tolist() == [1, 2, 4, 5]
    # Levels that no rating has are never guessed.
    assert net.item_bias.softmax(dim=1)[:, 4:].max() < 1e-6


def test_without_weights_it_guesses_the_items_means() -> None:
    model = fg.RatingsRBM(epochs=0).fit(toys.ratings(count=280))
    net = model.network_
    torch.nn.init.zeros_(net.weight)
    pairs = model.task_.encode(toys.ratings(count=280))
    means = [float(pairs.y[pairs.x[:, 1] == item, 0].mean()) for item in range(1, net.items)]
    guesses = net.of_newcomer(torch.empty(0).long(), torch.empty(0)).detach()[1:]
    assert np.corrcoef(means, guesses)[0, 1] > 0.99


@pytest.fixture(scope="module")
def split() -> tuple[Dataset, Dataset]:
    return toys.ratings(count=280).split(0.2, seed=1)


def test_it_finds_tastes(split: tuple[Dataset, Dataset]) -> None:
    train, test = split
    model = fg.RatingsRBM(epochs=60, batch_size=5, hidden=20, weight_decay=0.0).fit(train)
    means = fg.ItemMeans().fit(train).evaluate(test)
    assert model.evaluate(test)["rmse"] < 0.9 * means["rmse"]


@pytest.mark.parametrize("conditional", [False, True])
def test_explanations_leave_ratings_out(split: tuple[Dataset, Dataset], conditional: bool) -> None:
    train, _ = split
    model = fg.RatingsRBM(epochs=20, batch_size=5, conditional=conditional).fit(train)
    mine = train.column("user") == "u3"
    ratings = dict(
        zip(train.column("item").filter(mine), train.column("rating").filter(mine), strict=True)
    )
    wanted = model.recommend("u3", 1)["item"][0]
    found = model.explain("u3", wanted, 100)
    assert set(found["item"]) == set(ratings)
    assert found["contribution"].abs().is_sorted(descending=True)
    with_all = guess(model, ratings, wanted)
    for item, rating, contribution in found.iter_rows():
        assert rating == pytest.approx(ratings[item])
        others = {name: value for name, value in ratings.items() if name != item}
        assert contribution == pytest.approx(with_all - guess(model, others, wanted), abs=1e-4)
    assert model.explain("u3", wanted, 2).equals(found.head(2))
    rated = next(iter(ratings))
    assert rated not in model.explain("u3", rated, 100)["item"].to_list()


def guess(model: fg.RatingsRBM, ratings: dict[str, float], wanted: str) -> float:
    """The expectation in units of a rating, not cut to the range."""
    items, values = model._newcomer(ratings)
    with torch.no_grad():
        found = model.network_.of_newcomer(items, values)[model._item_code(wanted)]
    return float(model.task_.codec.decode(np.array([[float(found)]]))[0])


def test_explaining_what_is_not_known_is_refused(split: tuple[Dataset, Dataset]) -> None:
    model = fg.RatingsRBM(epochs=0).fit(split[0])
    with pytest.raises(UsageError, match="no 'item' 'i77' was seen"):
        model.explain("u3", "i77")
    with pytest.raises(UsageError, match="no 'user' 'nobody' was seen"):
        model.explain("nobody", "i7")
    with pytest.raises(UsageError, match="count=0"):
        model.explain("u3", "i7", 0)
