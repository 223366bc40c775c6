"""Ratings by user, whatever their order."""

from __future__ import annotations

import torch

from fieldguide.nn.known_ratings import KnownRatings


def test_ratings_of_several_users_come_in_one_piece() -> None:
    torch.manual_seed(0)
    pairs = torch.cartesian_prod(torch.arange(1, 6), torch.arange(1, 8))
    pairs = pairs[torch.rand(len(pairs)) < 0.5][torch.randperm(17)[:15]]
    values = torch.rand(len(pairs))
    known = KnownRatings()
    known.keep(pairs, values, 7)
    users = torch.tensor([3, 0, 6, 1])
    place, items, found = known.of_users(users)
    expected = {(int(u), int(i)): float(v) for (u, i), v in zip(pairs, values, strict=True)
                if int(u) in (3, 1)}  # fmt: skip
    rows = zip(users[place].tolist(), items.tolist(), found.tolist(), strict=True)
    assert {(u, i): v for u, i, v in rows} == expected
    for user in users.tolist():
        alone = known.of(user)
        assert torch.equal(alone[0], items[users[place] == user])
        assert alone[0].tolist() == sorted(alone[0].tolist())
