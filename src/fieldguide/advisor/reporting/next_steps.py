"""What to do next: which examples to label, what that would bring, and how sure that is."""

from __future__ import annotations

from typing import Any

import numpy as np

from fieldguide.advisor import words
from fieldguide.advisor.recommending.expected import EIGHTY
from fieldguide.advisor.recommending.first_guess import rule_of
from fieldguide.advisor.reporting import mistakes, without_target
from fieldguide.advisor.reporting.calibration import wilson
from fieldguide.advisor.reporting.growth import ENDS
from fieldguide.advisor.reporting.material import Material
from fieldguide.advisor.reporting.why import card_of

DRAWS = 4_000
MOST = 12  # classes or ranges listed
# Hestness et al. (2017), Deep learning scaling is predictable, empirically: error falls with the
# number of examples to the power of -0.07 to -0.35 on the tasks that they measured.
USUAL = (0.07, 0.35)
BY_HABIT = (
    "A guess: nothing was measured here, and errors usually fall with the number of examples to "
    f"the power of -{USUAL[0]} to -{USUAL[1]} (Hestness et al. 2017)."
)
BY_LANDMARK = (
    "A guess from how a quick model of the same shape grew with its examples; the winner itself "
    "was not measured."
)
ALIKE, MOST_ALIKE = 0.8, 4  # share of the best gain that counts as no less; classes so named
NOTHING = 0.0005  # gain that is shown as 0.0 points
TINY = 1e-300
SHARE = 0.1  # of the training examples: how many more labels are imagined


def advise(material: Material) -> dict[str, Any]:
    """Return what is worth labelling, what it would bring, and how that is known.

    Returns:
        ``says``; ``source`` of the figures and ``guess`` (whether they are one); ``parts`` (by
        class, or by range of the target); ``growth`` with the whole; ``advice``: more sentences.
    """
    if material.dataset.forecast is not None and material.winner is not None:
        return _of_forecasts(material, material.winner)
    power = _power(material)
    answers, winner = material.answers, material.winner
    if winner is None or (answers is None and material.predicts):
        return {"says": "Give the race a larger budget: there is no winner to improve yet.",
                "parts": [], "advice": [], "source": "", "guess": True, "more": 0}  # fmt: skip
    more = max(10, round(SHARE * len(material.train)))
    if not material.predicts:
        return _without_target(material, winner, power, more)
    assert answers is not None
    if material.classifies:
        parts = _by_class(material, *answers, power["drawn"], more)
        says = _label_what(parts, power, material, more)
    else:
        parts = _by_range(material, *answers)
        says = _measure_more(parts, material)
    return {
        "says": says,
        "source": power["source"],
        "guess": power["guess"],
        "more": more,
        "parts": parts[:MOST],
        "growth": _growth(material),
        "advice": [_whole(material, power), *_advice(material, winner)],
    }


def _of_forecasts(material: Material, winner: dict[str, Any]) -> dict[str, Any]:
    """Return what may make forecasts better, read from how the backtest went."""
    asked = material.dataset.forecast
    assert asked is not None
    naive = winner["capacity"] == 0
    advice = [
        "Bring columns that are known in advance (holidays, promotions, weather forecasts) and "
        "name them with --known."
    ] if not asked.known else []  # fmt: skip
    if asked.season > 1 and asked.lookback < 2 * asked.season:
        advice.append(
            f"Let forecasts look back on two seasons (--lookback {2 * asked.season}); now it is "
            f"{asked.lookback} steps."
        )
    if any(row["status"] in ("out of time", "rescued") for row in material.scored):
        advice.append("Give the race a larger budget: some had not finished learning.")
    says = (
        "Use the naive forecast until something beats it: what these columns tell of their own "
        "future is in it already."
        if naive
        else "Forecast with the winner, and fit it again as the series grows: the world drifts."
    )
    return {"says": says, "parts": [], "advice": advice, "source": "", "guess": True, "more": 0,
            "growth": None}  # fmt: skip


def _without_target(
    material: Material, winner: dict[str, Any], power: dict[str, Any], more: int
) -> dict[str, Any]:
    said = [*without_target.advise(material), _whole(material, power)]
    return {
        "says": said[0],
        "source": power["source"],
        "guess": power["guess"],
        "more": more,
        "parts": [],
        "growth": _growth(material),
        "advice": [*said[1:], *_advice(material, winner)],
    }


def _power(material: Material) -> dict[str, Any]:
    """Return draws of b in error ∝ examples^-b, and where they come from."""
    chance = np.random.default_rng(0)
    found = material.analysis.get("growth") or {}
    if "slope" in found:
        spread = max((found["slope_high"] - found["slope_low"]) / (2 * EIGHTY), 0.01)
        counts = words.listed([f"{point['examples']:,}" for point in found["points"]])
        drawn, guess = chance.normal(found["slope"], spread, DRAWS), False
        source = f"Measured: the winner was trained and scored with {counts} examples."
        return {"drawn": np.maximum(drawn, 0.0), "guess": guess, "source": source}
    why = f" {found['reason']}" if "reason" in found else ""
    card = None if material.winner is None else card_of(material.winner)
    marks = (material.profile or {}).get("landmarks") or {}
    mark = marks.get("" if card is None else rule_of(card))
    if mark and mark["slope"] > 0:
        drawn = np.maximum(chance.normal(mark["slope"], 0.5 * mark["slope"], DRAWS), 0.0)
        return {"drawn": drawn, "guess": True, "source": BY_LANDMARK + why}
    return {"drawn": chance.uniform(*USUAL, DRAWS), "guess": True, "source": BY_HABIT + why}


def _by_class(
    material: Material, truth: np.ndarray, guess: np.ndarray, drawn: np.ndarray, more: int
) -> list[dict[str, Any]]:
    """Return errors and what more labels would bring, by class, the most rewarding first."""
    learnt = mistakes.values(material.dataset)[material.train].astype(str)
    chance, found = np.random.default_rng(1), []
    for name in sorted({str(name) for name in truth}):
        own = truth == name
        wrong, count = int((own & (guess != name)).sum()), int(own.sum())
        known = int((learnt == name).sum())
        share = chance.beta(wrong + 0.5, count - wrong + 0.5, DRAWS) * count / len(truth)
        gain = share * (1 - ((known + more) / max(known, 1)) ** -drawn)
        low, middle, high = np.quantile(gain, [0.1, 0.5, 0.9])
        ends = wilson(wrong, count)
        found.append({"part": name, "learnt": known, "held_out": count, "wrong": wrong,
                      "error": wrong / count, "low": ends[0], "high": ends[1],
                      "gain": float(middle), "gain_low": float(low),
                      "gain_high": float(high)})  # fmt: skip
    return sorted(found, key=lambda one: (-one["gain"] - one["gain_high"], one["part"]))


def _by_range(material: Material, truth: np.ndarray, guess: np.ndarray) -> list[dict[str, Any]]:
    """Return errors in each quarter of the target's values, the largest first."""
    learnt = mistakes.values(material.dataset)[material.train].astype(float)
    edges = np.unique(np.quantile(truth, [0, 0.25, 0.5, 0.75, 1]))
    last = max(0, len(edges) - 2)
    place = np.clip(np.searchsorted(edges, truth, side="right") - 1, 0, last)
    before = np.clip(np.searchsorted(edges, learnt, side="right") - 1, 0, last)
    square = np.square(truth - guess)
    parts = np.stack([square * (place == number) for number in range(last + 1)], axis=1)
    chance, count = np.random.default_rng(1), len(truth)
    drawn = (np.bincount(chance.integers(0, count, count), minlength=count) for _ in range(500))
    totals = np.stack([times @ parts for times in drawn])
    low, high = np.quantile(totals / np.maximum(totals.sum(axis=1), TINY)[:, None], ENDS, axis=0)
    found = []
    for number in np.unique(place).tolist():
        own = place == number
        ends = f"{edges[number]:.4g} to {edges[min(number + 1, len(edges) - 1)]:.4g}"
        found.append({"part": ends, "learnt": int((before == number).sum()),
                      "held_out": int(own.sum()), "error": float(np.sqrt(square[own].mean())),
                      "share": float(square[own].sum() / max(square.sum(), TINY)),
                      "low": float(low[number]), "high": float(high[number])})  # fmt: skip
    return sorted(found, key=lambda one: -one["share"])


def _label_what(
    parts: list[dict[str, Any]], power: dict[str, Any], material: Material, more: int
) -> str:
    best = parts[0]
    if not sum(one["wrong"] for one in parts):
        return (
            "The winner makes no mistake on the held-out examples: only more of those would show "
            "what is left to gain."
        )
    if best["gain"] < NOTHING:
        worst = max(parts, key=lambda one: one["wrong"])
        return (
            f"'{worst['part']}' is got wrong most often ({worst['wrong']:,} of "
            f"{worst['held_out']:,}), but nothing shows that more labels would help."
        )
    alike = [one for one in parts if one["gain"] >= ALIKE * best["gain"]]
    span = words.margins(best["gain_low"], best["gain_high"], material.score)
    how = "this is a guess" if power["guess"] else "80 % interval"
    what = (
        f"{more:,} more of {'them' if len(alike) == 1 else 'any one of these'} would bring about "
        f"{words.margin(best['gain'], material.score)} ({span}; {how})."
    )
    if len(alike) > MOST_ALIKE:
        return f"No class stands out by its errors: {what}"
    names = words.listed([f"'{one['part']}'" for one in alike])
    return f"Label more of {names}: {what}"


def _measure_more(parts: list[dict[str, Any]], material: Material) -> str:
    worst, target = parts[0], material.outcome["target"]
    if worst["low"] <= worst["held_out"] / len(material.test):
        return (
            f"No range of {target} stands out by its errors: more examples of any kind will do as "
            "well."
        )
    return (
        f"Bring more examples where {target} is {worst['part']}: {worst['held_out']:,} of "
        f"{len(material.test):,} held-out examples make {words.share(worst['share'])} of the "
        f"squared error ({words.share(worst['low'])} to {words.share(worst['high'])}; 80 % "
        "interval)."
    )


def _whole(material: Material, power: dict[str, Any]) -> str:
    """Say what twice as many examples of all kinds would bring."""
    ahead, name = (material.analysis.get("growth") or {}).get("ahead"), material.score
    if ahead is None:
        gains = (1 - (material.winner or {})["score"]) * (1 - 2.0 ** -power["drawn"])
        middle, low, high = np.quantile(gains, [0.5, *ENDS]).tolist()
        ahead = {"gain": middle, "gain_low": low, "gain_high": high}
    gain, span = (
        words.margin(ahead["gain"], name),
        words.margins(ahead["gain_low"], ahead["gain_high"], name),
    )
    if ahead["gain_low"] <= 0:
        return (
            f"Twice as many examples of all kinds would bring {span} (80 % interval): "
            "more of the same may change nothing."
        )
    return (
        f"Twice as many examples of all kinds would bring about {gain} ({span}; "
        f"{'this is a guess' if power['guess'] else '80 % interval'})."
    )


def _growth(material: Material) -> dict[str, Any] | None:
    found = material.analysis.get("growth") or {}
    return found if "ahead" in found else None


def _advice(material: Material, winner: dict[str, Any]) -> list[str]:
    said = []
    waiting = [row["title"] for row in material.rows if row.get("late")]
    cut = [row["title"] for row in material.scored if row["status"] in ("out of time", "rescued")]
    if waiting:
        said.append(f"Race again with more time: there was none left for {words.listed(waiting)}.")
    if cut:
        said.append(f"{words.listed(cut)} had not finished learning when the time was up; a larger "
                    "budget may change their places.")  # fmt: skip
    span = winner["interval"]
    if span and span["high"] - span["low"] > 0.05 and sum(row["tied"] for row in material.rows) > 1:
        said.append(
            f"Hold out more examples: with {len(material.test):,} the score is known to "
            f"{words.margin((span['high'] - span['low']) / 2, material.score)} only, and tied "
            "models cannot be told apart."
        )
    copies = (material.profile or {}).get("duplicates") or {}
    if copies.get("conflicting"):
        said.append(f"Check {copies['conflicting']:,} examples that have the same inputs as "
                    "another but a different target.")  # fmt: skip
    return said
