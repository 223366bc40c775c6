"""Rows of numbers and blocks: residuals, marks that cover a block, decisions."""

from __future__ import annotations

import math

import torch

from fieldguide.algorithms.autoencoder._layout import Layout

LAYOUT = Layout(2, (3, 2))
ROWS = torch.tensor([[1.0, -2.0, 0.0, 1.0, 0.0, 1.0, 0.0]])


def test_residuals_are_differences_and_nats() -> None:
    said = torch.tensor([[0.5, -1.0, 0.2, 0.7, 0.1, 0.0, 1.0]])
    (found,) = LAYOUT.residuals(ROWS, said)
    torch.testing.assert_close(found[:3], torch.tensor([0.5, -1.0, -math.log(0.7)]))
    assert 20 < float(found[3]) < 100  # a probability of 0 is loud, not infinite


def test_a_mark_covers_its_whole_block() -> None:
    marks = torch.tensor([[True, False, True, False]])
    assert LAYOUT.spread(marks).tolist() == [[True, False, True, True, True, False, False]]


def test_the_likeliest_category_gets_everything() -> None:
    unsure = torch.tensor([[0.3, 0.4, 0.2, 0.3, 0.5, 0.6, 0.4]])
    decided = LAYOUT.decide(unsure)
    assert decided[0, 2:].tolist() == [0, 0, 1, 1, 0]
    assert torch.equal(decided[:, :2], unsure[:, :2])


def test_rows_without_blocks() -> None:
    plain = Layout(3)
    rows = torch.randn(4, 3)
    assert torch.equal(plain.decide(rows), rows)
    assert torch.equal(plain.spread(rows), rows)
    assert plain.residuals(rows, torch.zeros(4, 3)).shape == (4, 3)
