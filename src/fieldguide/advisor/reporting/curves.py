"""How everybody learnt, epoch by epoch."""

from __future__ import annotations

from typing import Any

from fieldguide.advisor import words
from fieldguide.advisor.reporting import figures
from fieldguide.advisor.reporting.material import Material


def section(material: Material) -> tuple[dict[str, Any], list[str]]:
    """Return what the curves say, and their figure."""
    past = material.histories
    if not past:
        return {"says": "No entrant learnt in epochs, so there is no curve to draw."}, []
    drawn = figures.learning_curves(past, material.score)
    said = [_of_one(name, records, material.score) for name, records in past.items()]
    return {"says": said[0], "more": said[1:], "histories": past}, [drawn]


def _of_one(name: str, past: list[dict[str, Any]], score: str) -> str:
    """Say when a model was at its best, and whether it was still getting better."""
    key = next((one for one in (score, "loss") if all(one in record for record in past)), None)
    took = words.seconds(past[-1].get("seconds"))
    if key is None:  # several losses, or one in each stage: none of them alone says how good it is
        return f"{name} learnt for {len(past)} epochs, in {took}."
    values = [record[key] if key == score else -record[key] for record in past]
    best = max(range(len(values)), key=values.__getitem__)
    when = f"{name} was at its best after epoch {best + 1} of {len(past)}"
    if best >= len(past) - 1 and len(past) > 2:
        return f"{when}: it was still getting better when it ended."
    return f"{when}, in {took}."
