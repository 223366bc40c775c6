"""The data run through the history of the field: from a constant to today's networks."""

from __future__ import annotations

from typing import Any

from fieldguide.advisor import words
from fieldguide.advisor.reporting import figures
from fieldguide.advisor.reporting.material import Material
from fieldguide.advisor.reporting.why import card_of


def generations(material: Material) -> tuple[dict[str, Any], str]:
    """Return the best entrant of each idea, the oldest first, and its figure."""
    steps: dict[str, dict[str, Any]] = {}
    for row in material.scored:
        card = card_of(row)
        if card is None or (card.baseline and card.capacity > 0):
            continue
        # What is predicted without looking at the inputs came before any learning.
        label = "constant" if card.capacity == 0 else row.get("algorithm") or row["name"]
        year = None if card.capacity == 0 else card.year
        step = {"label": label, "title": row["title"], "year": year, "capacity": card.capacity}
        keys = ("name", "score", "interval", "winner", "deep", "status")
        steps.setdefault(label, step | {key: row[key] for key in keys})
    ordered = sorted(steps.values(), key=lambda step: (step["year"] or 0, step["capacity"]))
    plain = [row for row in material.scored if not row["deep"] and row["capacity"] > 0]
    plain = [row for row in plain if row["name"] not in {step["name"] for step in ordered}]
    yardstick = {"name": plain[0]["name"], "score": plain[0]["score"]} if plain else None
    facts = {"says": _says(ordered, material.score), "steps": ordered, "yardstick": yardstick}
    return facts, figures.generations(ordered, yardstick, material.score)


def _says(steps: list[dict[str, Any]], score: str) -> str:
    if len(steps) < 2:
        return "Too few generations of algorithms raced to compare them."
    first = steps[0]
    leaps = [
        (later["score"] - max(step["score"] for step in steps[:place]), later)
        for place, later in enumerate(steps) if place
    ]  # fmt: skip
    gain, leap = max(leaps, key=lambda pair: pair[0])
    titles = [words.inside(step["title"]) for step in (first, leap, steps[-1])]
    if gain <= 0:
        return f"None of the later ideas did better here than the first, {titles[0]}."
    year = f" ({leap['year']})" if leap["year"] else ""
    newest = max(steps, key=lambda step: step["score"]) is steps[-1]
    return (
        f"The largest leap came with {titles[1]}{year}: {words.margin(gain, score)} over all that "
        f"came before it; the newest idea that raced, {titles[2]}, is {'' if newest else 'not '}"
        "the best of them."
    )
