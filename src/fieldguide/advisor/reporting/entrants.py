"""The leaderboard of a report: who raced, and who could not."""

from __future__ import annotations

from typing import Any

from fieldguide.advisor import words
from fieldguide.advisor.reporting import figures
from fieldguide.advisor.reporting.material import Material


def section(material: Material) -> tuple[dict[str, Any], list[str]]:
    """Return the leaderboard and its figure; who could not race stands apart."""
    usual: dict[str, Any] = {"hyperparameters": {}, "unfit": False}
    rows = [usual | row for row in material.rows]
    scored, raced = material.scored, sum(not row["unfit"] for row in rows)
    says = f"{len(scored)} of {raced} entrants have a model"
    if len(scored) > 1:
        best, last = (words.score(scored[end]["score"], material.score) for end in (0, -1))
        says += f"; their scores lie between {last} and {best}"
    ties = sum(row["tied"] for row in rows)
    return {"says": f"{says}.", "ties": ties, "rows": rows}, [figures.scores(rows, material.score)]
