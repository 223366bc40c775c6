"""The mood of sentences from their parse trees, phrase by phrase.

python examples/recursive.py
"""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import fieldguide as fg

MOODS = {"good": 1, "fine": 1, "dull": -1, "bad": -1}


def treebank() -> str:
    """Return made-up reviews in brackets: a label, 0 or 1, at every phrase that has a mood."""
    lines = []
    subjects, turns = (
        ("film", "plot", "cast", "score"),
        {"not": -1, "so": 1, "very": 1, "hardly": -1},
    )
    for subject, turn, word in itertools.product(subjects, turns, MOODS):
        mood, own = int(MOODS[word] * turns[turn] > 0), int(MOODS[word] > 0)
        lines.append(f"({mood} ((The) ({subject})) ((is) ({mood} ({turn}) ({own} {word}))))")
    return "\n".join(lines)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reviews.txt"
        path.write_text(treebank(), encoding="utf-8")
        train, test = fg.read(path).split(test=0.25)
        model = fg.TreeLSTM(hidden=30, word_width=30, epochs=40, dropout=0.0).fit(train)
        print(f"accuracy {model.evaluate(test)['accuracy']:.0%}")
        for index in range(3):
            print(model.node_predictions(test).bracketed(index))
