"""What recursive estimators do with trees, labels of nodes, and plain sentences."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
import torch.nn.functional as F

import fieldguide as fg
from fieldguide.algorithms.recursive import _codes
from fieldguide.algorithms.recursive._network import WordVectors
from fieldguide.codecs import Nodes
from fieldguide.data import Dataset, TreeColumn
from fieldguide.data.trees import Node
from fieldguide.estimator import Estimator

ALL = (fg.RecursiveNetwork, fg.RNTN, fg.MVRNN, fg.TreeLSTM, fg.ChildSumTreeLSTM)
WORDS = {"good": 1, "bad": -1, "film": 0, "a": 0}
# Of every two: "not" turns around what follows it.
PHRASES: list[Node] = [
    (("up" if score > 0 else "down" if score < 0 else "even"), [(None, article), (
        "up" if score > 0 else "down" if score < 0 else "even",
        [("up" if turn * WORDS[word] > 0 else "down" if turn * WORDS[word] < 0 else "even",
          [(None, "not" if turn < 0 else "so"), (
              "up" if WORDS[word] > 0 else "down" if WORDS[word] < 0 else "even", word)]),
         (None, "film")],
    )])
    for article, turn, word in product(("a", "the", "this"), (1, -1), WORDS)
    for score in [turn * WORDS[word]]
]  # fmt: skip


def dataset(trees: list[Node], target: list[Any] | None = None) -> Dataset:
    labels = [label for label, _ in trees] if target is None else target
    columns = {"tree": TreeColumn.of(trees), "class": pl.Series("class", labels)}
    return Dataset.from_columns(columns, target="class")


def quick(kind: type[Estimator], **options: Any) -> Estimator:
    return kind(**{"epochs": 2, "validation": 0.0, "batch_size": 8, **options})


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind is not fg.RecursiveNetwork])
def test_it_learns_that_not_turns_meaning_around(kind: type[Estimator]) -> None:
    """The recursive network adds and cannot multiply; its page says so."""
    data = dataset(PHRASES * 3)
    options = {"epochs": 60, "lr": 0.03, "weight_decay": 0.0, "dropout": 0.0, "hidden_words": 0.0}
    model = quick(kind, **options).fit(data)
    assert model.evaluate(data)["accuracy"] >= 0.95


def test_the_sum_learns_words() -> None:
    data = dataset([tree for tree in PHRASES if "not" not in str(tree)] * 6)
    model = quick(fg.RecursiveNetwork, epochs=40, lr=0.1).fit(data)
    assert model.evaluate(data)["accuracy"] == 1.0


def test_every_labelled_node_adds_its_loss() -> None:
    data = dataset(PHRASES)
    model = quick(fg.TreeLSTM, dropout=0.0, hidden_words=0.0, node_weight=0.5).fit(data)
    examples = model.task_.encode(data)
    list(model.stages(examples))  # it looks at what the labels mean
    batch = examples.batch(torch.arange(10))
    losses = model.loss(batch)
    model.network_.eval()
    x = batch.x
    outputs = model.network_.outputs(model.network_.nodes(x))
    codec = next(iter(model.task_.inputs.codecs.values()))
    classes = model.task_.classes.tolist()
    wanted = {"root": 0.0, "nodes": 0.0}
    for node, label in enumerate(x["labels"].tolist()):
        if label >= 0:
            truth = torch.tensor([classes.index(codec.labels[label])])
            loss = F.cross_entropy(outputs[node : node + 1], truth).item()
            root = node in x["roots"].tolist()
            wanted["root" if root else "nodes"] += loss * (1.0 if root else 0.5) / 10
    assert {name: loss.item() for name, loss in losses.items()} == pytest.approx(wanted, rel=1e-5)
    model.node_weight = 0.0
    assert list(model.loss(batch)) == ["root"]


def test_labels_that_mean_something_else_are_left_out() -> None:
    grammar = [("S", [("D", "a"), ("N", word)]) for word in ("film", "flop", "hit")] * 6
    model = quick(fg.RNTN).fit(dataset(grammar, ["so", "bad", "good"] * 6))
    assert "nodes" not in model.history_[0] and "root" in model.history_[0]
    same = [(label, [(label, "a"), ("other", word)]) for label, word in [("u", "x"), ("v", "y")]]
    model = quick(fg.RNTN).fit(dataset(same * 6))
    assert "nodes" in model.history_[0]


def test_numbers_at_nodes_are_learnt_by_regression() -> None:
    chance = np.random.default_rng(0)
    worth = {f"w{k}": float(k) for k in range(5)}
    trees: list[Node] = []
    for _ in range(60):
        one, other = chance.choice(list(worth), 2)
        total = worth[one] + worth[other] + 0.5
        trees.append((total, [(worth[one], str(one)), (worth[other], str(other))]))
    data = dataset(trees)
    model = quick(fg.TreeLSTM, epochs=60, dropout=0.0, task="regression").fit(data)
    assert {"root", "nodes"} <= set(model.history_[0])
    assert model.evaluate(data)["r2"] > 0.95
    predicted = model.node_predictions(data)
    assert np.allclose(predicted.root_labels(), model.predict(data), atol=1e-5)
    leaf = predicted.labels(0)[0]
    assert abs(leaf - trees[0][1][0][0]) < 1.0


def test_classes_that_are_numbers_may_be_regressed() -> None:
    data = dataset([(0, [(0, "bad"), (1, "film")]), (2, [(2, "good"), (1, "film")])] * 10)
    assert fg.TreeLSTM(task="regression", epochs=1).fit(data).task_.name == "regression"


@pytest.mark.parametrize("kind", ALL)
def test_nodes_are_labelled_as_roots_are(kind: type[Estimator]) -> None:
    model = quick(kind).fit(dataset(PHRASES))
    new = dataset([*PHRASES[:4], ("up", "unheard-of"), ("up", [(None, "good"), ("up", "one"), (
        None, "or"), (None, "two")])])  # fmt: skip
    predicted = model.node_predictions(new)
    assert predicted.root_labels() == model.predict(new).tolist()
    assert predicted.texts() == new.columns["tree"].texts()
    assert all(label is not None for label in predicted.labels(0))
    nodes = 5 if kind is fg.ChildSumTreeLSTM else 7
    assert len(predicted.labels(5)) == nodes
    one = new.take(np.array([5]))
    assert model.node_predictions(one).bracketed(0) == predicted.bracketed(5)


@pytest.mark.parametrize("shape", ["given", "right", "balanced"])
@pytest.mark.parametrize("kind", [fg.TreeLSTM, fg.ChildSumTreeLSTM])
def test_trees_are_shaped_alike_in_training_and_prediction(
    kind: type[Estimator], shape: str
) -> None:
    flat: Node = ("up", [(None, word) for word in "abcdefg"])
    data = dataset([flat, *PHRASES])
    model = quick(kind, trees=shape).fit(data)
    examples = model.task_.encode(data)
    (stage,) = model.stages(examples)
    for once, later in zip(
        stage.batches.examples.batches(4, shuffle=False), examples.batches(4, shuffle=False),
        strict=True,
    ):  # fmt: skip
        assert torch.allclose(model.forward(once), model.forward(later), atol=1e-6)
    heights = {"right": 6, "balanced": 3, "given": 6 if kind.binary else 1}
    first = model.node_predictions(data.take(np.array([0])))
    assert first.forest.heights.max() == heights[shape]


def test_plain_sentences_are_read_as_trees() -> None:
    texts = [f"{article} film that is {word} from start to end" for article in ("A", "The", "One")
             for word in ("good", "bad")]  # fmt: skip
    frame = pl.DataFrame({"text": texts * 4, "y": ["up", "down"] * 12})
    model = quick(fg.TreeLSTM, epochs=30, dropout=0.0).fit(frame, "y")
    assert model.task_.inputs.form == "tree"
    assert model.predict(frame.select("text"))[:2].tolist() == ["up", "down"]
    assert "balanced trees" in model.notes_[0] and "parser" in model.notes_[0]
    assert not quick(fg.TreeLSTM).fit(dataset(PHRASES)).notes_
    right = quick(fg.TreeLSTM, trees="right").fit(frame, "y")
    assert "right-branching trees" in right.notes_[0]
    assert right.node_predictions(frame.select("text")).forest.heights.max() == 8


def test_rare_words_and_capitals_share_vectors() -> None:
    column = TreeColumn.of([(1, [(0, "Good"), (0, "good")]), (0, [(0, "bad"), (0, "good")])])
    codec = Nodes.fit(column)
    assert codec.words == ("good", "Good", "bad")
    assert _codes.rows_of(codec, 1, lower=False).tolist() == [0, 1, 2, 3]
    assert _codes.rows_of(codec, 2, lower=False).tolist() == [0, 1, 0, 0]
    assert _codes.rows_of(codec, 1, lower=True).tolist() == [0, 1, 1, 2]
    assert _codes.rows_of(codec, 3, lower=True).tolist() == [0, 1, 1, 0]


def test_words_are_hidden_in_training_only() -> None:
    torch.manual_seed(0)
    words = WordVectors(torch.arange(5), 3, hidden=0.5)
    codes = torch.ones(1000, dtype=torch.long)
    unknown = (words(codes) == words.table.weight[0]).all(dim=1)
    assert 0.4 < unknown.float().mean() < 0.6
    assert torch.equal(words.eval()(codes[:1])[0], words.table.weight[1])


@pytest.mark.parametrize("options", [{"optimizer": "adamw"}, {"clip": 1.0}, {"precision": "bf16"}])
def test_other_ways_down_are_open(options: dict[str, Any]) -> None:
    model = quick(fg.RNTN, **options).fit(dataset(PHRASES))
    assert np.isfinite(model.evaluate(dataset(PHRASES))["log_loss"])


def test_words_learn_at_a_rate_of_their_own_and_do_not_decay() -> None:
    for optimizer in ("adagrad", "adamw"):
        options = {"lr": 0.02, "word_rate": 5.0, "tensor_rate": 0.5, "optimizer": optimizer}
        model = quick(fg.RNTN, epochs=0, **options).fit(dataset(PHRASES))
        tensor, words, others = model.optimizers()["network"].param_groups
        assert words["params"][0] is model.network_.words.table.weight
        assert tensor["params"][0] is model.network_.tensor and len(others["params"]) == 4
        rates = [group["lr"] for group in (words, tensor, others)]
        assert rates == pytest.approx([0.1, 0.01, 0.02])
        assert words["weight_decay"] == 0 and others["weight_decay"] == model.weight_decay
