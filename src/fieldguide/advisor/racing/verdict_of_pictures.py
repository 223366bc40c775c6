"""What the margins of a leaderboard mean where pictures are translated."""

from __future__ import annotations

from collections.abc import Sequence

from fieldguide.advisor import words
from fieldguide.advisor.racing.leaderboard import Row


def against_simple_answers(winner: Row, scored: Sequence[Row], score_name: str) -> list[str]:
    """Compare the winner with what learns nothing, and with what changes all pictures alike."""
    said = []
    for capacity, what in ((0, "which learns nothing of how one goes into the other"),
                           (1, "which treats every place of every picture alike")):  # fmt: skip
        row = next((r for r in scored if r.capacity == capacity and r is not winner), None)
        if row is None or capacity >= max(1, winner.capacity):
            continue
        gap = words.margin((winner.score or 0.0) - (row.score or 0.0), score_name)
        one = (
            f"{row.title}, {what}, reaches {words.score(row.score, score_name)}; the winner is "
            f"{gap} above that."
        )
        if row.tied:
            one += " That is within the noise: nothing more was learnt that can be confirmed."
        said.append(one)
    return said
