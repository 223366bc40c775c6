"""Trees as arrays: columns, other shapes, schedules."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fieldguide.data import Bundle
from fieldguide.data.forest import unpacked
from fieldguide.data.tree_examples import TreeExamples
from fieldguide.data.tree_shapes import binarised, sentences, shaped
from fieldguide.data.trees import Node, TreeColumn

FLAT: Node = (1, [(0, "a"), (0, "b"), (None, [(2, "c"), (0, "d")]), (0, "e"), (0, "f")])
CHAIN: Node = (None, [(3, [(1, [(0, "deep"), (None, "er")])])])
LEAF: Node = (4, "word")


def nested(chance: np.random.Generator, leaves: int) -> Node:
    """A random tree with nodes of one to four children."""
    label = int(chance.integers(5)) if chance.random() < 0.6 else None
    if leaves == 1:
        return (label, f"w{chance.integers(9)}") if chance.random() < 0.8 else (
            label, [nested(chance, 1)]
        )  # fmt: skip
    count = int(chance.integers(2, min(4, leaves) + 1))
    cuts = np.sort(chance.choice(np.arange(1, leaves), size=count - 1, replace=False))
    return label, [nested(chance, int(size)) for size in np.diff([0, *cuts, leaves])]


def cut(tree: Node, side: str) -> Node:
    """Binary trees by recursion: what `binarised` does with arrays."""
    label, content = tree
    if isinstance(content, str):
        return tree
    if len(content) == 1:
        below, inner = cut(content[0], side)
        return (label if label is not None else below), inner
    children = [cut(child, side) for child in content]
    while len(children) > 2:
        pair = children[-2:] if side == "right" else children[:2]
        rest = children[:-2] if side == "right" else children[2:]
        children = [*rest, (None, pair)] if side == "right" else [(None, pair), *rest]
    return label, children


def text(forest: object, like: TreeColumn) -> list[str]:
    column = TreeColumn(forest, like.vocabulary, like.names)
    return [column.bracketed(index) for index in range(len(column))]


def test_a_column_gives_back_what_went_in():
    column = TreeColumn.of([FLAT, CHAIN, LEAF])
    assert len(column) == 3 and column.shape == (0,)
    assert column.texts() == ["a b c d e f", "deep er", "word"]
    assert column.root_labels() == [1, None, 4]
    assert column.bracketed(0) == "(1 (0 a) (0 b) ((2 c) (0 d)) (0 e) (0 f))"
    assert column.labels(2) == [4] and column.labels(1) == [0, None, 1, 3, None]
    taken = column.take(np.array([2, 0, 2]))
    assert [taken.bracketed(i) for i in range(3)] == ["(4 word)", column.bracketed(0), "(4 word)"]
    assert taken.digest(0) == taken.digest(2) != taken.digest(1)


def test_a_column_of_nothing():
    column = TreeColumn.of([FLAT]).take(np.array([], dtype=int))
    assert len(column) == 0 and column.texts() == [] and column.root_labels() == []


def test_a_column_is_stored_as_arrays_and_facts():
    column = TreeColumn.of([FLAT, CHAIN])
    arrays, facts = column.stored()
    back = Bundle.known["tree"].restored(arrays, facts)
    assert isinstance(back, TreeColumn)
    assert [back.bracketed(i) for i in range(2)] == [column.bracketed(i) for i in range(2)]


def test_heights_and_depths():
    forest = TreeColumn.of([FLAT, LEAF]).forest
    assert forest.heights.tolist() == [0, 0, 0, 0, 1, 0, 0, 2, 0]
    assert forest.depths.tolist() == [1, 1, 2, 2, 1, 1, 1, 0, 0]
    assert forest.arity.tolist() == [0, 0, 0, 0, 2, 0, 0, 5, 0]


def test_a_very_deep_tree_is_no_trouble():
    tree: Node = (0, "end")
    for _ in range(5_000):
        tree = (None, [(1, "on"), tree])
    column = TreeColumn.of([tree])
    assert column.forest.heights.max() == 5_000
    assert column.bracketed(0).count("(") == 10_001


@pytest.mark.parametrize("side", ["right", "left"])
def test_nodes_of_many_children_are_cut_in_two(side: str):
    chance = np.random.default_rng(0)
    trees = [FLAT, CHAIN, LEAF, *(nested(chance, int(n)) for n in chance.integers(1, 12, 60))]
    column = TreeColumn.of(trees)
    binary = binarised(column.forest, side)
    assert set(binary.arity.tolist()) == {0, 2}
    plain = TreeColumn.of([cut(tree, side) for tree in trees])
    assert text(binary, column) == [plain.bracketed(i) for i in range(len(trees))]


def test_binary_trees_stay_as_they_are():
    forest = TreeColumn.of([(1, [(0, "a"), (None, [(0, "b"), (1, "c")])])]).forest
    assert binarised(forest) is forest


def test_trees_without_grammar():
    column = TreeColumn.of([FLAT, LEAF, CHAIN])
    right = shaped(column.forest, "right")
    assert text(right, column)[0] == "(1 (0 a) ((0 b) ((2 c) ((0 d) ((0 e) (0 f))))))"
    balanced = shaped(column.forest, "balanced")
    assert text(balanced, column) == [
        "(1 (((0 a) (0 b)) (2 c)) (((0 d) (0 e)) (0 f)))", "(4 word)", "((0 deep) (er))"
    ]  # fmt: skip
    for forest in (right, balanced):
        again = shaped(forest, "right")
        assert text(again, column) == text(right, column)


@pytest.mark.parametrize("length", [1, 2, 3, 8, 33])
def test_balanced_trees_are_as_low_as_can_be(length: int):
    forest = sentences(np.arange(length), np.array([length]))
    assert forest.heights.max() == np.ceil(np.log2(length))
    assert forest.word[forest.arity == 0].tolist() == list(range(length))
    right = sentences(np.arange(length), np.array([length]), "right")
    assert right.heights.max() == length - 1


def test_a_schedule_has_leaves_first_and_children_below():
    column = TreeColumn.of([FLAT, CHAIN, LEAF])
    x = column.forest.packed(np.array([2, 0]))
    assert x["levels"].tolist() == [7, 1, 1]
    assert x["arity"].tolist() == [2, 5]
    words = [column.vocabulary[code] for code in x["words"]]
    assert words == ["word", *"abcdef"]
    assert [words[node] for node in x["children"][:2]] == ["c", "d"]
    assert x["children"][2:].tolist() == [1, 2, 7, 5, 6]
    assert x["roots"].tolist() == [0, 8]
    labels = [column.names[code] if code >= 0 else None for code in x["labels"]]
    assert labels == [4, 0, 0, 2, 0, 0, 0, None, 1]


def test_schedules_are_unpacked_again():
    chance = np.random.default_rng(3)
    column = TreeColumn.of([nested(chance, int(n)) for n in chance.integers(1, 9, 20)])
    order = chance.permutation(20)
    back = unpacked(column.forest.packed(order))
    assert text(back, column) == [column.bracketed(int(index)) for index in order]


def test_batches_are_cut_into_whole_trees():
    column = TreeColumn.of([FLAT, CHAIN, LEAF, FLAT])
    examples = TreeExamples.of(column.forest)
    examples.y = torch.arange(4)
    batch = examples.batch(torch.tensor([3, 1, 2]))
    pieces = batch.pieces(2)
    assert [len(piece) for piece in pieces] == [2, 1]
    assert [piece.y.tolist() for piece in pieces] == [[3, 1], [2]]
    for piece in pieces:
        alone = examples.batch(piece.index)
        assert all(torch.equal(alone.x[name], part) for name, part in piece.x.items())


def test_a_digest_tells_examples_apart():
    column = TreeColumn.of([FLAT, CHAIN, LEAF])
    digests = [
        TreeExamples.of(column.forest.take(np.array(rows))).digest()
        for rows in ([0, 1], [1, 0], [0, 2], [0, 1, 2])
    ]
    assert len(set(digests)) == 4
    assert TreeExamples.of(column.forest.take(np.array([0, 1]))).digest() == digests[0]
