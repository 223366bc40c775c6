"""Batches: every example once, in an order that depends on seed, stage and epoch alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fieldguide.data import Batch, Examples


def examples(count: int) -> Examples:
    x = {
        "numbers": torch.arange(count)[:, None].float(),
        "categories": torch.arange(count)[:, None],
    }
    return Examples(x, torch.arange(count) * 10)


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("size", [1, 2, 7, 10, 11, 12, 2**70])
@pytest.mark.parametrize("count", [1, 2, 11, 20, 21, 22])
def test_every_example_comes_once(count: int, size: int, shuffle: bool) -> None:
    batches = examples(count).batches(size, shuffle=shuffle)
    drawn = list(batches)
    assert len(drawn) == len(batches)
    index = torch.cat([batch.index for batch in drawn])
    assert sorted(index.tolist()) == list(range(count))
    for batch in drawn:
        assert len(batch) == len(batch.y) == len(batch.x["numbers"])
        assert torch.equal(batch.y, batch.index * 10)
        assert torch.equal(batch.x["categories"][:, 0], batch.index)


@pytest.mark.parametrize("size", [2, 5, 10, 20])
def test_a_shuffled_epoch_never_ends_in_a_batch_of_one(size: int) -> None:
    sizes = [len(batch) for batch in examples(21).batches(size)]
    assert sum(sizes) == 21 and min(sizes) > 1 and max(sizes) <= size + 1
    assert [len(batch) for batch in examples(21).batches(size, shuffle=False)][-1] == 1


def test_one_example_is_a_batch() -> None:
    assert [len(batch) for batch in examples(1).batches(8)] == [1]
    assert list(Examples(torch.empty(0, 3)).batches(8)) == []
    assert len(Examples(torch.empty(0, 3)).batches(8)) == 0


def order(seed: int = 0, stage: int = 0, epoch: int = 0, start: int = 0) -> list[int]:
    drawn = examples(40).batches(6, seed=seed).epoch(stage, epoch, start)
    return [int(i) for batch in drawn for i in batch.index]


def test_the_order_depends_on_seed_stage_and_epoch_alone() -> None:
    expected = order()
    torch.manual_seed(1)
    np.random.seed(1)
    assert order() == expected
    others = [order(seed=1), order(stage=1), order(epoch=1)]
    assert len({tuple(o) for o in [expected, *others]}) == 4
    assert order(seed=1, epoch=0) != order(seed=0, epoch=1)


@pytest.mark.parametrize("start", range(8))
@pytest.mark.parametrize("shuffle", [True, False])
def test_an_epoch_can_be_entered_in_the_middle(start: int, shuffle: bool) -> None:
    batches = examples(43).batches(6, shuffle=shuffle)
    whole = [batch.index.tolist() for batch in batches.epoch(2, 3)]
    rest = [batch.index.tolist() for batch in batches.epoch(2, 3, start)]
    assert rest == whole[start:]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 99])
def test_pieces_hold_the_whole_batch(count: int) -> None:
    batch = examples(7).batch(torch.tensor([6, 0, 3, 2, 5, 1, 4]))
    pieces = batch.pieces(count)
    assert len(pieces) <= min(count, 7) and min(map(len, pieces)) > 0
    assert torch.equal(torch.cat([piece.index for piece in pieces]), batch.index)
    assert torch.equal(torch.cat([piece.x["numbers"] for piece in pieces]), batch.x["numbers"])
    without = Batch(torch.zeros(7, 2), None, torch.arange(7)).pieces(count)
    assert all(piece.y is None for piece in without)


def test_finishing_is_done_per_batch() -> None:
    seen = []

    def finish(x: torch.Tensor) -> torch.Tensor:
        seen.append(len(x))
        return x.float() / 255

    stored = torch.full((10, 1, 2, 2), 255, dtype=torch.uint8)
    drawn = list(Examples(stored, finish=finish).batches(4, shuffle=False))
    assert seen == [4, 4, 2]
    assert all(batch.x.dtype == torch.float32 and batch.x.max() == 1 for batch in drawn)


def test_the_whole_is_one_batch() -> None:
    (batch,) = examples(5).whole()
    assert batch.index.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "other",
    [
        Examples(torch.zeros(5, 2), torch.ones(5)),
        Examples(torch.zeros(6, 2), torch.zeros(6)),
        Examples(torch.zeros(5, 2)),
        Examples(torch.zeros(5, 2, dtype=torch.float64), torch.zeros(5)),
        Examples({"numbers": torch.zeros(5, 2)}, torch.zeros(5)),
        Examples(torch.zeros(5, 2) + torch.eye(5)[:, :2], torch.zeros(5)),
    ],
)
def test_a_digest_tells_data_apart(other: Examples) -> None:
    one = Examples(torch.zeros(5, 2), torch.zeros(5))
    assert one.digest() == Examples(torch.zeros(5, 2), torch.zeros(5)).digest() != other.digest()
