"""Why the winner won: margins measured in the race, and what was measured about the data."""

from __future__ import annotations

import zipfile
from typing import Any

from fieldguide import catalog
from fieldguide.advisor import scoring, words
from fieldguide.advisor.profiling.pictures import LOCAL_FROM
from fieldguide.advisor.racing import leaderboard
from fieldguide.advisor.recommending.first_guess import rule_of
from fieldguide.advisor.reporting.material import Material
from fieldguide.card import Card
from fieldguide.errors import UsageError

OF_ROWS = ("quick_rows", "bend", "intrinsic_dimension")  # measures that bear on who wins
SHAPES = {
    "constant": "nothing but the commonest answer",
    "linear": "straight lines",
    "separator": "lines that part the classes",
    "smooth": "smooth bends",
    "network": "whatever combination of inputs pays",
    "trees": "steps along one column at a time",
    "neighbours": "the likeness of examples",
    "local": "patterns in small windows of the picture",
}


def explain(material: Material) -> dict[str, Any]:
    """Return ``says``, ``margins`` over the rivals that teach something, and ``facts``."""
    winner = material.winner
    if winner is None:
        return {"says": "Nobody has finished, so nobody has won.", "margins": [], "facts": [],
                "shapes": []}  # fmt: skip
    gaps = margins(material, winner)
    card = card_of(winner)
    shapes = [] if material.profile is None else _shapes(material.profile, card)
    facts = _facts(material, winner, card, shapes)
    return {"says": _says(winner, gaps, material.score), "margins": gaps, "facts": facts,
            "shapes": shapes}  # fmt: skip


def margins(material: Material, winner: dict[str, Any]) -> list[dict[str, Any]]:
    """Return by how much the winner leads, with 95 % intervals over the same resamples.

    The rivals are the next best, the best deep model, the best baseline, the best linear model
    and the constant.
    """
    others = [row for row in material.scored if not row["winner"]]
    forecasts = material.dataset.forecast is not None
    nothing_learnt = "what learns nothing" if forecasts else "a constant answer"
    if not material.predicts:
        nothing_learnt = "what learns nothing of how columns go together"
    kinds = [
        ("the next best", others),
        ("the best deep model", [row for row in others if row["deep"]]),
        ("the best baseline", [r for r in others if not r["deep"] and r["capacity"] > 1]),
        (
            words.STRAIGHT.get(material.outcome["task"], "the best straight line"),
            [row for row in others if row["capacity"] == 1],
        ),
        (nothing_learnt, [row for row in others if row["capacity"] == 0]),
    ]
    chosen: dict[str, tuple[str, dict[str, Any]]] = {}
    for kind, rows in kinds[1:] + kinds[:1]:
        if rows:
            chosen.setdefault(rows[0]["name"], (kind, rows[0]))
    names = [winner["name"], *chosen]
    try:
        parts = leaderboard.read_parts(material.run, names)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):  # damaged since the race
        return []
    if winner["name"] not in parts:
        return []
    seed = material.outcome["facts"].get("seed", 0)
    drawn = {name: scoring.resampled(part, seed) for name, part in parts.items()}
    found = []
    for name, (kind, row) in chosen.items():
        if name not in drawn:
            continue
        span = scoring.difference(drawn[winner["name"]], drawn[name])
        found.append({"kind": kind, "name": name, "title": row["title"], "score": row["score"],
                      "margin": (winner["score"] or 0) - row["score"], "low": span.low,
                      "high": span.high, "certain": span.low > 0})  # fmt: skip
    return sorted(found, key=lambda one: one["margin"])


def card_of(row: dict[str, Any]) -> Card | None:
    """Return the card of an entrant's algorithm, if it is (still) in the catalog."""
    try:
        return catalog.get(row.get("algorithm") or row["name"]).card
    except UsageError:
        return None


def _says(winner: dict[str, Any], gaps: list[dict[str, Any]], score: str) -> str:
    if not gaps:
        return f"{winner['title']} had no rival that it can be compared with."
    beaten = [one for one in gaps if one["certain"]]
    tied = [one for one in gaps if not one["certain"]]
    if not beaten:
        names = words.listed([words.inside(one["title"]) for one in tied])
        return f"{winner['title']} won on cost alone: its score cannot be told from {names}."
    said = words.listed(
        [
            f"{words.margin(one['margin'], score)} above {words.inside(one['title'])}"
            for one in beaten[:3]
        ]
    )
    more = (
        f"; it cannot be told from {words.listed([words.inside(o['title']) for o in tied])}"
        if tied
        else ""
    )
    return f"{winner['title']} scores {said}, more than chance explains{more}."


def _shapes(profile: dict[str, Any], card: Card | None) -> list[dict[str, Any]]:
    """Return the quick models that were tried before the race, the best first."""
    rule = "" if card is None else rule_of(card)
    rule = "network" if rule == "smooth" else rule  # the quick model that is one itself
    rule = "linear" if rule == "separator" else rule
    marks = (profile.get("landmarks") or {}).values()
    found = [{**mark, "own": mark["rule"] == rule} for mark in marks]
    return sorted(found, key=lambda mark: -mark["score"])


def _facts(
    material: Material, winner: dict[str, Any], card: Card | None, shapes: list[dict[str, Any]]
) -> list[str]:
    """Return sentences of what was measured about the data and bears on the outcome."""
    if not material.predicts:
        return _of_rows(material)
    if not shapes:
        return [material.missing("profile")] if material.profile is None else []
    score, best = material.score, shapes[0]
    said = [
        f"Before anything was raced, quick models of each shape were tried on "
        f"{max(mark['trained'] for mark in shapes):,} of the examples: {best['words']} did best "
        f"({words.score(best['score'], score)})."
    ]
    if card is not None:
        said += _of_rule(winner, card, shapes, score)
        said += _of_pictures(material.profile or {}, card)
        if 0 < len(material.train) < card.needs_examples:
            said.append(
                f"It had {len(material.train):,} examples to learn from, fewer than the "
                f"{card.needs_examples:,} that its card asks for."
            )
    return said


def _of_rows(material: Material) -> list[str]:
    """Return what was measured of data that nothing is predicted from."""
    found = (material.profile or {}).get("findings") or {}
    return [said for name in OF_ROWS if name in found for said in found[name]["sentences"]]


def _of_rule(
    winner: dict[str, Any], card: Card, shapes: list[dict[str, Any]], score: str
) -> list[str]:
    rule = rule_of(card)
    own = next((mark for mark in shapes if mark["own"]), None)
    if own is None:
        return []
    kind = SHAPES.get(rule, rule)
    lead = f"{winner['title']} makes use of {kind}; the quick model of that shape "
    place = shapes.index(own)
    if place == 0:
        return [lead + "is the one that did best, so the outcome fits what was measured before."]
    gap = shapes[0]["score"] - own["score"]
    noise = max(own["deviation"], shapes[0]["deviation"])
    if gap <= noise:
        return [f"{lead}came within the noise of the best: the outcome fits what was measured."]
    return [
        f"{lead}scored {words.score(own['score'], score)}, {words.margin(gap, score)} less than "
        "the best: the quick trial did not foresee this winner."
    ]


def _of_pictures(profile: dict[str, Any], card: Card) -> list[str]:
    seen = profile.get("pictures")
    if not seen:
        return []
    belong = seen.get("locality", 0) >= LOCAL_FROM
    said = (
        f"Neighbouring pixels {'belong together' if belong else 'tell little of each other'} "
        f"(correlation {seen['neighbours']:.2f}, far apart {seen['strangers']:.2f})"
    )
    if belong == card.local:
        return [f"{said}, which is what {'a' if belong else 'no'} convolution is made for."]
    return [f"{said}; the winner makes no use of that." if belong else f"{said}."]
