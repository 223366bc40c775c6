"""What the profile says of trees."""

from __future__ import annotations

import numpy as np
import polars as pl

from fieldguide.advisor.profiling.measures import trees
from fieldguide.advisor.profiling.profile import profile
from fieldguide.data import Dataset, TreeColumn
from tests import toys

COLUMN = TreeColumn.of([
    (1, [(0, "a"), (None, [(None, "b"), (0, "c"), (0, "d")])]),
    (0, "a"),
    (1, [(None, "a"), (None, [(None, "e"), (None, [(None, "f"), (None, "g")])])]),
])  # fmt: skip


def test_figures_of_three_trees() -> None:
    assert trees.measure(COLUMN) == {
        "nodes": 6.0, "words": 4.0, "height": 2.0, "highest": 3, "labelled": 3 / 11,
        "branches": 3, "balance": 2 / 3, "vocabulary": 7, "once": 6 / 7,
    }  # fmt: skip


def test_the_profile_tells_of_trees() -> None:
    found = profile(toys.trees("classification", 80)).findings["trees"]
    assert found.figures["vocabulary"] == 4
    assert "a typical one has" in found.sentences[0]
    assert any("child-sum" in sentence for sentence in found.sentences)


def test_trees_with_labels_at_the_roots_only() -> None:
    flat = TreeColumn.of([(k % 2, [(None, "a"), (None, f"w{k}")]) for k in range(80)])
    columns = {"tree": flat, "class": pl.Series("class", np.arange(80) % 2)}
    found = profile(Dataset.from_columns(columns, target="class")).findings["trees"]
    assert any(sentence.startswith("Only the roots have labels") for sentence in found.sentences)
    assert any("occur only once" in sentence for sentence in found.sentences)
