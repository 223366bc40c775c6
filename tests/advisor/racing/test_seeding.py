from __future__ import annotations

from fieldguide.advisor.racing.seeding import Seeding, seed
from fieldguide.advisor.racing.shortlist import Candidate


def seeded(seconds: float, *needs: float | None) -> Seeding:
    return seed([Candidate(f"a{k}", seconds=need) for k, need in enumerate(needs)], seconds)


def names(of: Seeding) -> tuple[str, str, str]:
    groups = (of.ending, of.hungry, of.late)
    return tuple(" ".join(one.name for one in group) for group in groups)


def test_where_there_is_time_for_all_everybody_ends_in_the_order_given() -> None:
    assert names(seeded(100, 50, 5, 40)) == ("a0 a1 a2", "", "")


def test_who_ends_within_an_even_share_leaves_the_rest_to_the_others() -> None:
    found = seeded(420, 18, 60, 86, 1380)
    assert names(found) == ("a0 a1 a2", "a3", "")
    assert found.rest == 420 - 18 - 60 - 86


def test_the_slowest_is_left_out_first_and_the_shares_of_the_others_grow() -> None:
    # ResNet, AlexNet and VGG on 60,000 pictures of clothes, with seven minutes for all networks.
    assert names(seeded(420, 18, 60, 86, 3280, 3930, 1380)) == ("a0 a1 a2", "a5", "a3 a4")


def test_somebody_must_use_the_time_though_it_is_short() -> None:
    assert names(seeded(10, 1, 4_000, 3_000)) == ("a0", "a1 a2", "")
    assert names(seeded(10, 4_000)) == ("", "a0", "")


def test_who_costs_more_than_somebody_who_ends_and_promises_less_waits() -> None:
    # ResNet, LeNet, an MLP and a deep belief network on clothes, in the advisor's order.
    needs = {"resnet": 2001.0, "lenet": 121.0, "mlp": 81.0, "perceptron": 32.0, "dbn": 529.0}
    ranked = [
        Candidate(name, seconds=need, place=place)
        for place, (name, need) in enumerate(needs.items())
    ]
    found = seed(ranked, 440)
    assert names(found) == ("mlp perceptron", "resnet lenet", "")
    assert [one.name for one in found.waiting] == ["dbn"]


def test_nothing_is_concluded_where_nothing_was_forecast() -> None:
    assert names(seeded(10, None, None)) == ("", "a0 a1", "")
    assert names(seeded(10)) == ("", "", "")
