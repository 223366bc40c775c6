"""Do you need deep learning? Race it against honest baselines on a table, for half a minute.

python examples/baseline.py
"""

from __future__ import annotations

import tempfile

import fieldguide as fg

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as run:
        outcome = fg.race("wine", budget=30, run=f"{run}/race", progress=False)
        for row in outcome.leaderboard:
            print(f"{row.name:20s} {'-' if row.score is None else round(row.score, 3)}")
        print(*outcome.verdict, sep="\n")
