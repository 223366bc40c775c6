from __future__ import annotations

import json

import pytest

import fieldguide as fg
from fieldguide.advisor.racing.search import Tried, propose, searched
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option


class Picky(Estimator):
    hidden: tuple[int, ...] = option((8,), "units", search=((8,), (8, 8), (32,)))
    depth: int = option(2, "layers", low=1, search=(1, 4))
    activation: str = option("relu", "bend", choices=("relu", "tanh"), search=("relu", "tanh"))

    def build(self, task):
        raise NotImplementedError


def search(kind: type[Estimator], trials: int, score, seed: int = 0) -> list[Tried]:
    tried: list[Tried] = []
    for _ in range(trials):
        given = propose(kind, tried, seed)
        tried.append((given, score(given)))
    return tried


def test_the_first_trial_is_the_defaults() -> None:
    assert propose(fg.MLP, [], 0) == {}


@pytest.mark.parametrize("kind", [fg.MLP, fg.GradientBoosting, Picky])
def test_proposals_are_valid_and_within_what_is_worth_searching(kind: type[Estimator]) -> None:
    from fieldguide import hyperparameter

    for given, _ in search(kind, 12, lambda given: 0.5)[1:]:
        hyperparameter.check(kind(**given))
        assert given.keys() == searched(kind).keys()
        for name, limits in searched(kind).items():
            inside = given[name] in limits.search or (
                limits.search[0] <= given[name] <= limits.search[1]
            )
            assert inside, (name, given[name])


def test_a_killed_search_proposes_what_an_undisturbed_one_would() -> None:
    undisturbed = search(Picky, 9, lambda given: given.get("depth", 2) / 4)
    stored = json.loads(json.dumps(undisturbed))  # as the run folder has it: tuples are lists
    for killed_at in (1, 4, 8):
        again = propose(Picky, [(given, score) for given, score in stored[:killed_at]], 0)
        assert again == undisturbed[killed_at][0]


def test_another_seed_searches_elsewhere() -> None:
    first, second = (search(fg.MLP, 3, lambda given: 0.5, seed)[1:] for seed in (0, 1))
    assert first != second


def test_the_sampler_learns_where_scores_are_high() -> None:
    scores = [s for _, s in search(fg.MLP, 30, lambda given: -abs(given.get("dropout", 0) - 0.4))]
    assert sum(scores[20:]) / 10 > sum(scores[:5]) / 5


def test_a_trial_that_failed_counts_as_the_worst() -> None:
    tried: list[Tried] = [({}, 0.9), (propose(fg.MLP, [({}, 0.9)], 0), None)]
    assert propose(fg.MLP, tried, 0).keys() == searched(fg.MLP).keys()
