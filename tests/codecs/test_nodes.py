"""Words and labels of trees as codes; plain sentences as trees."""

from __future__ import annotations

import json

import numpy as np
import polars as pl

from fieldguide.codecs import Nodes, Words, from_config
from fieldguide.codecs.nodes import tokens, trees_of
from fieldguide.data import TreeColumn
from fieldguide.data.tree_examples import TreeBatch

COLUMN = TreeColumn.of([
    (3, [(2, "The"), (4, [(2, "film"), (4, "shines")])]),
    (1, [(2, "the"), (None, [(2, "film"), (1, "fails")])]),
])  # fmt: skip


def test_words_are_coded_by_how_often_they_occur():
    codec = Nodes.fit(COLUMN)
    assert codec.words == ("film", "The", "fails", "shines", "the")
    assert codec.counts == (2, 1, 1, 1, 1)
    assert codec.labels == (1, 2, 3, 4) and codec.height == 2 and codec.parsed
    assert codec.width == 6
    assert codec.encode(COLUMN).tolist() == [2, 1, 4, 5, 1, 3]


def test_words_of_a_part_that_was_taken_are_all_that_count():
    codec = Nodes.fit(COLUMN.take(np.array([1])))
    assert codec.words == ("fails", "film", "the") and codec.labels == (1, 2)


def test_unknown_words_are_looked_up_in_lower_case():
    codec = Nodes.fit(COLUMN)
    new = TreeColumn.of([(5, [(1, "FILM"), (2, "of"), (3, "Fails")])])
    assert codec.encode(new).tolist() == [1, 0, 3]
    forest = codec.forest(new)
    assert forest.label.tolist() == [0, 1, 2, -1]


def test_it_is_saved_as_json():
    codec = Nodes.fit(COLUMN)
    assert from_config(json.loads(json.dumps(codec.config()))) == codec


def test_batches_are_schedules():
    batch = Nodes.fit(COLUMN).examples(COLUMN).span(0, 2)
    assert isinstance(batch, TreeBatch) and len(batch) == 2
    assert batch.x["levels"].tolist() == [6, 2, 2]
    assert batch.x["labels"].tolist() == [1, 1, 3, 1, 1, 0, 3, -1, 2, 0]


def test_plain_sentences_become_balanced_trees():
    texts = pl.Series("text", ["The film shines.", None, "It isn't bad, though: see it!"])
    column = trees_of(texts)
    assert column.texts() == ["The film shines .", "", "It isn't bad , though : see it !"]
    assert column.bracketed(0) == "(((The) (film)) ((shines) (.)))"
    codec = Nodes.fit(texts)
    assert not codec.parsed and codec.labels == ()
    assert len(codec.examples(texts)) == 3


def test_sentences_are_cut_into_words_and_marks():
    assert tokens("A well-made film 's end (1.5 hours)...") == [
        "A", "well-made", "film", "'s", "end", "(", "1.5", "hours", ")", ".", ".", "."
    ]  # fmt: skip


def test_bags_of_words_are_made_of_trees_as_of_their_texts():
    texts = pl.Series("text", COLUMN.texts())
    bags = Words.fit(COLUMN)
    assert bags == Words.fit(texts)
    assert np.array_equal(bags.encode(COLUMN), bags.encode(texts))
