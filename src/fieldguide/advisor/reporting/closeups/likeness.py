"""How like the real data generated examples are, in figures, and what the figures do not see."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from fieldguide.advisor import words
from fieldguide.metrics.features import space_of_rows
from fieldguide.tasks.generation import DIRECTIONS, NEIGHBOURS

LEAN = 0.1  # difference of precision and recall that is worth a word
SMOOTH = 0.8  # of the variance of real rows, below which samples are smoother
NOISY = 1.5  # times the variation that real rows have outside the space of comparison
NAMES = {"coverage": "coverage", "precision": "precision", "recall": "recall",
         "frechet_distance": "Fréchet distance", "kernel_distance": "kernel distance"}  # fmt: skip


def unseen(width: int, held: Tensor, made: Tensor, fresh: Tensor) -> list[float] | None:
    """Return what share of the variation of samples, and of real rows, the space leaves out."""
    if width <= DIRECTIONS:
        return None
    centre = held.double().mean(dim=0)
    space = space_of_rows(held.double() - centre, DIRECTIONS)
    found = []
    for rows in (made, fresh[: len(made)]):
        away = rows.double() - centre
        kept = space.features(away).square().sum()
        found.append(1 - float(kept / away.square().sum().clamp_min(1e-12)))
    return found


def space(width: int) -> str:
    """Return the name of the space that samples are compared in."""
    if width <= DIRECTIONS:
        return f"the {width} standardised numbers of a row"
    return f"the first {DIRECTIONS} principal components of the held-out rows"


def section(found: dict[str, Any], winner: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the part of the report; ``winner`` holds the scores of the race."""
    own, best = {**found["scores"], **winner["scores"]}, found["yardstick"]
    facts: dict[str, Any] = {"title": "How like the real data they are"}
    lean = own["precision"] - own["recall"]
    what = "" if abs(lean) < LEAN else (
        ": it leaves out part of what there is" if lean > 0 else ": part of it is like nothing real"
    )  # fmt: skip
    facts["says"] = (
        f"{words.share(own['coverage'])} of the held-out examples have a sample near them; "
        f"{words.share(own['precision'])} of the samples are near something real (precision), "
        f"{words.share(own['recall'])} of the real ones near a sample (recall){what}."
    )
    facts["table"] = {
        "head": ["", "samples", "real training examples"],
        "rows": [[title, _number(own[name], name), _number(best[name], name)]
                 for name, title in NAMES.items()],
        "text": 1,
    }  # fmt: skip
    facts["note"] = (
        f"Compared with held-out examples in {found['space']}; figures from another space cannot "
        "be compared with these. Training examples, put in the samples' place, show what could be "
        "reached. Coverage: held-out examples with a sample nearer than their "
        f"{NEIGHBOURS}th nearest real neighbour. Distances: smaller is better."
    )
    modes, more = found.get("modes"), []
    if modes is not None:
        missing = words.listed([f"'{name}'" for name in modes["missing"]])
        said = f"Judged by their nearest training example, samples show {modes['covered']:,} of "
        said += f"{modes['total']:,} classes"
        more.append(f"{said}; too few or none are of {missing}." if missing else f"{said}.")
    if found.get("varies", 1.0) < SMOOTH:
        more.append(
            f"Samples vary {words.share(found['varies'])} as much as real examples: they are "
            "smoother, each a mean of several. Coverage and precision forgive that, recall does "
            "not."
        )
    if found.get("unseen") is not None:
        more += outside(*found["unseen"])
    return facts | {"more": more}, []


def outside(made: float, real: float) -> list[str]:
    """Say so where samples differ from real examples in what the figures leave out."""
    if made < NOISY * real:
        return []
    return [
        f"These figures do not see everything: {words.share(made)} of what varies among the "
        f"samples lies outside their space, of real examples {words.share(real)}. The samples are "
        "grainier than real examples, whatever the figures say: trust your eyes."
    ]


def _number(value: float, name: str) -> str:
    return f"{value:.3g}" if name.endswith("distance") else words.share(value)
