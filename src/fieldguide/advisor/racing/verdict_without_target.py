"""What the margins of a leaderboard mean where nothing is predicted."""

from __future__ import annotations

from collections.abc import Sequence

from fieldguide.advisor import words
from fieldguide.advisor.racing.leaderboard import Row


def against_planes(winner: Row, scored: Sequence[Row], score_name: str) -> list[str]:
    """Compare the winner with the best that knows one plane through the data."""
    said = _against_nothing(winner, scored, score_name)
    plane = _best(scored, 1, winner)
    if plane is None or winner.capacity <= 1:
        return said
    title, gap = words.inside(plane.title), _gap(winner, plane, score_name)
    if plane.tied:
        return [*said, f"{plane.title}, which knows one plane through the data, does as well: "
                "no bend was needed."]  # fmt: skip
    lead = f"The best that knows one plane only, {title}, is {gap} behind"
    if winner.code is None or plane.code is None:
        return [*said, f"{lead}: the normal examples do not lie on one."]
    if winner.code > plane.code:
        return [
            *said,
            f"{lead}, with a narrower code ({plane.code:,} numbers against {winner.code:,}): how "
            "much of that is a bend in the data, and how much the wider code, this race does not "
            "tell.",
        ]
    wide = "as wide a code" if plane.code == winner.code else "a wider code"
    return [
        *said,
        f"{lead}, with {wide} ({plane.code:,} numbers): the data lie on something bent.",
    ]


def against_clouds(winner: Row, scored: Sequence[Row], score_name: str) -> list[str]:
    """Compare the winner with the best that draws from one Gaussian cloud."""
    said = _against_nothing(winner, scored, score_name)
    cloud = _best(scored, 1, winner)
    if cloud is None or winner.capacity <= 1:
        return said
    if cloud.tied:
        return [*said, f"{cloud.title}, which draws from one Gaussian cloud, does as well."]
    return [
        *said,
        f"The best that draws from one Gaussian cloud, {words.inside(cloud.title)}, is "
        f"{_gap(winner, cloud, score_name)} behind: the data are not one cloud.",
    ]


def _against_nothing(winner: Row, scored: Sequence[Row], score_name: str) -> list[str]:
    """Compare the winner with what learns nothing of how columns go together."""
    plain = _best(scored, 0, winner)
    if plain is None:
        return []
    said = (
        f"{plain.title}, which learns nothing of how columns go together, reaches "
        f"{words.score(plain.score, score_name)}; the winner is {_gap(winner, plain, score_name)} "
        "above that."
    )
    if plain.tied:
        said += " That is within the noise: nothing was learnt that these examples can confirm."
    return [said]


def _best(scored: Sequence[Row], capacity: int, winner: Row) -> Row | None:
    return next((r for r in scored if r.capacity == capacity and r is not winner), None)


def _gap(winner: Row, other: Row, score_name: str) -> str:
    return words.margin((winner.score or 0.0) - (other.score or 0.0), score_name)
