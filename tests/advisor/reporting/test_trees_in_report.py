"""Trees in the report: what is chosen, what is found at the nodes, what is drawn."""

from __future__ import annotations

import time

import numpy as np

import fieldguide as fg
from fieldguide.advisor.reporting import looks, trees
from tests import toys


def test_some_short_sentences_are_labelled_node_by_node() -> None:
    data = toys.trees("classification", 60)
    model = fg.TreeLSTM(epochs=3, hidden=8, validation=0.0).fit(data)
    found = trees.measure(model, data, until=time.monotonic() + 60)
    assert found is not None and found["kind"] == "trees"
    guesses = model.predict(data)
    for tree in found["trees"]:
        assert tree["labels"][-1] == guesses[tree["position"]]
        assert tree["true"] == data.columns["target"][tree["position"]]
        words = [word for word in tree["words"] if word is not None]
        assert " ".join(words) == data.columns["tree"].texts()[tree["position"]]
        assert trees.FEWEST <= len(words) <= trees.MOST and tree["parents"][-1] == -1
    assert len({tree["position"] for tree in found["trees"]}) == trees.SHOWN


def test_there_is_no_time_or_no_short_sentence() -> None:
    data = toys.trees("classification", 60)
    model = fg.RecursiveNetwork(epochs=1, validation=0.0).fit(data)
    assert trees.measure(model, data, until=time.monotonic() - 1) is None
    single = data.take(np.flatnonzero(data.columns["tree"].forest.sizes == 1))
    assert trees.measure(model, single, until=time.monotonic() + 60) is None


def test_the_picture_holds_every_word_and_label() -> None:
    tree = {"words": ["not", "bad", None], "labels": ["no", "bad", "good"], "parents": [2, 2, -1],
            "true": "bad", "position": 3}  # fmt: skip
    svg = trees.draw([tree])
    assert svg.startswith("<svg") and 'aria-label="Trees with the label predicted' in svg
    for text in ("not", "bad", "good", "no", "true: bad"):
        assert f">{text}<" in svg, text
    assert looks._trees({"trees": [tree]})["says"] == (
        "1 held-out sentence, the predicted label at every node; 1 of the whole sentences are "
        "wrong."
    )
