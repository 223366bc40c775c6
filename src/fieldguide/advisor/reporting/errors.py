"""Where the winner errs, and whether it knows how sure to be: facts, a sentence, a figure each."""

from __future__ import annotations

from typing import Any

import numpy as np

from fieldguide.advisor import words
from fieldguide.advisor.reporting import calibration, figures_of_winner, steps_ahead
from fieldguide.advisor.reporting.material import Material

MOST_CLASSES = 20  # more do not fit into a readable confusion matrix
WIDE = 0.05  # expected calibration error by chance, above which nothing can be said
MOST_PAIRS = 8  # confusions listed
NOTHING = "The winner's predictions are not there, so there is nothing to see."
SEVERAL = "Several numbers are predicted at once, which one figure cannot show."


def where(material: Material) -> tuple[dict[str, Any], str]:
    """Return the confusion matrix, the residuals, or the errors of forecasts by step ahead."""
    if material.dataset.forecast is not None:
        return steps_ahead.where(material)
    if material.answers is None:
        return {"says": NOTHING if material.stored is None else SEVERAL, "pairs": []}, ""
    truth, guess = material.answers
    if not material.classifies:
        return _residuals(truth, guess)
    classes = in_order(set(truth) | set(guess))
    place = {name: number for number, name in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), dtype=int)
    np.add.at(counts, ([place[t] for t in truth], [place[g] for g in guess]), 1)
    pairs = _pairs(counts, classes)
    facts: dict[str, Any] = {"says": _confused(pairs, len(truth)), "pairs": _often(pairs)}
    if len(classes) > MOST_CLASSES:
        return facts, ""
    facts |= {"classes": classes, "matrix": counts.tolist()}
    return facts, figures_of_winner.confusion(counts, classes)


def calibrated(material: Material) -> tuple[dict[str, Any], list[str]]:
    """Return the reliability diagram, or predictions beside truths and coverage."""
    if material.dataset.forecast is not None:
        return steps_ahead.calibrated(material)
    seed = int(material.outcome["facts"].get("seed", 0))
    stored, answers = material.stored, material.answers
    if stored is None or answers is None:
        return {"says": NOTHING if stored is None else SEVERAL}, []
    if not material.classifies:
        return _coverage(*answers, seed)
    if "confidence" not in stored:
        return {"says": "The winner does not say how sure it is."}, []
    found = calibration.reliability(stored["confidence"], stored["parts"][:, 0], seed)
    if found is None:
        return {"says": _too_few(len(answers[0]))}, []
    return {"says": _sure(found), **found}, [figures_of_winner.reliability(found["bins"])]


def in_order(classes: set[str]) -> list[str]:
    """Sort class names; numbers by size."""
    try:
        return sorted(classes, key=float)
    except ValueError:
        return sorted(classes)


def _pairs(counts: np.ndarray, classes: list[str]) -> list[dict[str, Any]]:
    """Return the confusions, the commonest first."""
    found = [
        {"true": classes[row], "predicted": classes[column], "count": int(count),
         "of": int(counts[row].sum())}
        for (row, column), count in np.ndenumerate(counts) if row != column and count
    ]  # fmt: skip
    return sorted(found, key=lambda pair: -pair["count"])


def _often(pairs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the confusions worth a table: what happens once may be chance."""
    return [pair for pair in pairs if pair["count"] > 1][:MOST_PAIRS]


def _confused(pairs: list[dict[str, Any]], count: int) -> str:
    wrong = sum(pair["count"] for pair in pairs)
    if not wrong:
        return f"It is right on every one of the {count:,} held-out examples."
    first = pairs[0]
    if first["count"] == 1 and wrong > 1:
        return (
            f"It is wrong on {wrong:,} of {count:,} held-out examples, and no confusion occurs "
            "twice."
        )
    return (
        f"It is wrong on {wrong:,} of {count:,} held-out examples, most often by taking "
        f"'{first['true']}' for '{first['predicted']}' ({first['count']:,} of {first['of']:,})."
    )


def _residuals(truth: np.ndarray, guess: np.ndarray) -> tuple[dict[str, Any], str]:
    residual = truth - guess
    radius = float(np.quantile(np.abs(residual), 0.9))
    slant = float(np.median(residual))
    error = float(np.sqrt(np.square(residual).mean()))
    said = f"Nine tenths of its predictions are within {radius:.4g} of the truth (the band)"
    lean = f"; they lean {'low' if slant > 0 else 'high'}, by {abs(slant):.3g} in the middle."
    middle = lean if abs(slant) > 0.1 * error else ", and as often too high as too low."
    facts = {"says": said + middle, "pairs": [], "root_mean_squared_error": error,
             "median": slant, "nine_tenths_within": radius}  # fmt: skip
    return facts, figures_of_winner.residuals(guess, residual, radius)


def _coverage(truth: np.ndarray, guess: np.ndarray, seed: int) -> tuple[dict[str, Any], list[str]]:
    drawn = [figures_of_winner.predicted_against_true(truth, guess)]
    found = calibration.coverage(truth, guess, seed)
    if found is None:
        return {"says": _too_few(len(truth))}, drawn
    ninety = next(one for one in found["levels"] if one["level"] == 0.9)
    widest = min(found["thirds"], key=lambda one: one["covered"])
    says = (
        f"Write ± {ninety['radius']:.4g} behind each prediction, and it holds the truth in "
        f"{words.share(ninety['covered'])} of the cases, where 90 % were asked for."
    )
    if widest["covered"] < 0.8:
        says += (
            f" Among predictions of {widest['from']:.4g} to {widest['to']:.4g} it holds only "
            f"{words.share(widest['covered'])}: errors are larger there."
        )
    return {"says": says, **found}, [*drawn, figures_of_winner.coverage(found["levels"])]


def _sure(found: dict[str, Any]) -> str:
    off = words.margin(found["error"], "accuracy")
    if found["error"] <= found["chance"] and found["chance"] > WIDE:
        return (
            f"There are too few held-out examples to tell: its percentages are off by {off} on "
            f"average (expected calibration error), and by chance alone up to "
            f"{words.margin(found['chance'], 'accuracy')} would be seen."
        )
    if found["error"] <= found["chance"]:
        return (
            f"Its percentages can be taken at their word: they are off by {off} on average "
            f"(expected calibration error), and by chance alone up to "
            f"{words.margin(found['chance'], 'accuracy')} would be seen."
        )
    over = found["confidence"] > found["right"]
    return (
        f"It is {'surer than it should be' if over else 'more often right than it claims'}: "
        f"{words.share(found['confidence'])} sure on average, {words.share(found['right'])} right; "
        f"the expected calibration error is {off}, more than chance explains."
    )


def _too_few(count: int) -> str:
    return f"{count:,} held-out examples are too few to say ({calibration.FEWEST} would do)."
