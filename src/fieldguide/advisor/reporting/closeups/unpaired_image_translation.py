"""Pictures beside their translations into the other class, and how like that class they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from fieldguide.advisor import words
from fieldguide.advisor.reporting import mistakes
from fieldguide.advisor.reporting.closeups import display
from fieldguide.data import Dataset
from fieldguide.estimator import Estimator
from fieldguide.tasks.generation import DIRECTIONS, NEIGHBOURS
from fieldguide.tasks.unpaired_image_translation import UnpairedImageTranslation

JUDGED, SHOWN = 1_000, 9  # held-out pictures looked at; pictures shown of each class
NAMES = {"coverage": "coverage", "frechet_distance": "Fréchet distance",
         "kernel_distance": "kernel distance", "kept": "kept of the picture"}  # fmt: skip
ALIKE = 0.97  # structural similarity above which a translation changes next to nothing


def measure(
    model: Estimator, known: Dataset, held_out: Dataset, *, seed: int
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Translate held-out pictures, and compare with leaving them as they are.

    Args:
        model: Fitted; translates pictures of two classes.
        known: What it learnt from.
        held_out: What it did not.
        seed: Decides which are looked at.
    """
    task = model.task_
    assert isinstance(task, UnpairedImageTranslation)
    held = held_out.in_memory(JUDGED, seed)
    outputs, truth = model._outputs_and_truth(held, None)
    rows, codes = truth[:, :-1], truth[:, -1].long()
    places = torch.cat([(codes == code).nonzero().flatten()[:SHOWN] for code in (0, 1)])
    found = {
        "form": task.inputs.form,
        "classes": list(task.classes),
        "judged": len(held),
        "scores": task.scores(outputs, truth),
        "unchanged": task.scores(rows, truth),
        "from": codes[places].tolist(),
        "where": [mistakes.where(held, int(place)) for place in places],
    }
    return found, {"given": task.values(rows[places]), "made": task.values(outputs[places])}


def sections(
    found: dict[str, Any], arrays: dict[str, np.ndarray], winner: dict[str, Any]
) -> dict[str, tuple[dict[str, Any], list[str]]]:
    """Return the parts of the report by name, each with its figures."""
    return {"translations": (_shown(found, arrays), []), "likeness": (_likeness(found, winner), [])}


def _shown(found: dict[str, Any], arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    low, high = display.levels(arrays["given"])
    names = found["classes"]
    each = zip(arrays["given"], arrays["made"], found["from"], found["where"], strict=True)
    return {
        "title": "Pictures and their translations",
        "says": "Held-out pictures, not chosen: left as they are, right translated into the other "
        "class.",
        "kind": "pairs",
        "pictures": [
            {
                "picture": display.pair(
                    display.image(given, low, high), display.image(made, low, high)
                ),
                "alt": "left a picture, right its translation",
                "caption": f"{names[code]} → {names[1 - code]}",
                "under": where,
            }
            for given, made, code, where in each
        ],
    }


def _likeness(found: dict[str, Any], winner: dict[str, Any]) -> dict[str, Any]:
    own, left = found["scores"], found["unchanged"]
    rows = [[title, f"{own[name]:.3g}", f"{left[name]:.3g}"] for name, title in NAMES.items()]
    more = []
    if own["kept"] > ALIKE:
        more.append(
            "The translations are all but the pictures themselves. A network that ends so may need "
            "more epochs, or a lower weight of cycle and identity."
        )
    return {
        "title": "Do they look like the other class?",
        "says": f"{words.share(own['coverage'])} of the held-out pictures have a translated one of "
        f"the other class near them; without translation it would be "
        f"{words.share(left['coverage'])}.",
        "table": {"head": ["", winner["title"], "unchanged pictures"], "rows": rows, "text": 1},
        "more": more,
        "note": f"Near: nearer than the {NEIGHBOURS}th nearest real neighbour, in the space of the "
        f"first {DIRECTIONS} principal components of {found['judged']:,} held-out pictures. Kept: "
        "structural similarity of picture and translation. Whether each translation is the right "
        "one cannot be told without pairs: look at them.",
    }
