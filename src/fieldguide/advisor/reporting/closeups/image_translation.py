"""Translated pictures beside questions and truths, and how much of their detail answers hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from fieldguide.advisor import words
from fieldguide.advisor.reporting import mistakes
from fieldguide.advisor.reporting.closeups import display
from fieldguide.codecs import Picture
from fieldguide.data import Dataset
from fieldguide.estimator import Estimator
from fieldguide.tasks.image_translation import ImageTranslation

JUDGED, SHOWN = 500, 12  # held-out pictures looked at, and shown
LEARNT = 500  # training pictures that the mean picture is made of
BLURRED = 0.75  # share of the truths' detail below which answers look blurred
NAMES = {"ssim": "structural similarity", "psnr": "peak signal-to-noise ratio (dB)",
         "mae": "mean absolute error", "explained": "share explained"}  # fmt: skip


def measure(
    model: Estimator, known: Dataset, held_out: Dataset, *, seed: int
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Answer held-out questions, and compare with what learns nothing.

    Args:
        model: Fitted; translates pictures.
        known: What it learnt from.
        held_out: What it did not.
        seed: Decides which are looked at.
    """
    task = model.task_
    assert isinstance(task, ImageTranslation)
    held = held_out.in_memory(JUDGED, seed)
    outputs, truth = model._outputs_and_truth(held, None)
    questions = next(iter(task.encode(held, with_target=False).whole())).x
    assert isinstance(questions, torch.Tensor)
    learnt = task.truth(task.encode(known.in_memory(LEARNT, seed)))
    mean = task.wanted(learnt).mean(dim=0, keepdim=True).expand_as(outputs)
    simple = {"Unchanged picture": task.unchanged(questions), "Mean picture": mean}
    scores = task.summands(outputs, truth)[:, 0]
    places = _spread(scores)
    found = {
        "form": task.inputs.form,
        "judged": len(held),
        "scores": task.scores(outputs, truth),
        "simple": {name: task.scores(answers, truth) for name, answers in simple.items()},
        "detail": _detail(outputs) / max(_detail(task.wanted(truth)), 1e-9),
        "where": [mistakes.where(held, place) for place in places],
        "shown": [float(scores[place]) for place in places],
    }
    codec = next(iter(task.inputs.codecs.values()))
    assert isinstance(codec, Picture)
    return found, {
        "questions": codec.decode(questions[places].numpy()),
        "answers": task.decode(outputs[places]),
        "truths": task.decode(task.wanted(truth[places])),
    }


def sections(
    found: dict[str, Any], arrays: dict[str, np.ndarray], winner: dict[str, Any]
) -> dict[str, tuple[dict[str, Any], list[str]]]:
    """Return the parts of the report by name, each with its figures."""
    return {"translations": (_shown(found, arrays), []), "worth": (_worth(found, winner), [])}


def side_by_side(*pictures: np.ndarray) -> str:
    """Return pictures in a row, all as high as the first, standing inside the page.

    Args:
        pictures: Bytes, (height, width, 1 or 3).
    """
    first, *others = (display.enlarged(shown) for shown in pictures)
    scaled = [
        other.resize((round(other.width * first.height / other.height), first.height))
        for other in others
    ]
    return display.in_a_row([first, *scaled])


def _spread(scores: np.ndarray) -> list[int]:
    """Return places from the worst answer to the best, evenly spaced."""
    order = np.argsort(scores, kind="stable")
    chosen = np.linspace(0, len(order) - 1, min(len(order), SHOWN)).round().astype(int)
    return [int(place) for place in order[chosen]]


def _detail(pictures: torch.Tensor) -> float:
    """Return the mean difference of neighbouring pixels."""
    across = (pictures[..., 1:] - pictures[..., :-1]).abs().mean()
    down = (pictures[..., 1:, :] - pictures[..., :-1, :]).abs().mean()
    return float(across + down)


def _shown(found: dict[str, Any], arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    ends = {"questions": display.levels(arrays["questions"])}
    ends["answers"] = ends["truths"] = display.levels(arrays["truths"])
    rows = zip(*(arrays[name] for name in ends), found["shown"], found["where"], strict=True)
    return {
        "title": "Question, answer, truth",
        "says": "Held-out pictures, from the worst answer to the best: left the question, in the "
        "middle the answer, right the truth.",
        "kind": "strips",
        "pictures": [
            {
                "picture": side_by_side(*(
                    display.image(picture, *limits)
                    for picture, limits in zip(pictures, ends.values(), strict=True)
                )),
                "alt": "question, answer and truth",
                "caption": f"structural similarity {score:.3f}",
                "under": where,
            }
            for *pictures, score, where in rows
        ],
    }  # fmt: skip


def _worth(found: dict[str, Any], winner: dict[str, Any]) -> dict[str, Any]:
    columns = {winner["title"]: found["scores"], **found["simple"]}
    share = found["detail"]
    what = "as much as"
    if share < BLURRED:
        what = "less than"
    elif share > 1 / BLURRED:
        what = "more than"
    rows = [
        [title, *(f"{scores[name]:.3g}" for scores in columns.values())]
        for name, title in NAMES.items()
    ]
    more = []
    if share < BLURRED:
        more.append(
            "Where several answers are possible, their mean is blurred; an adversarial loss "
            "(pix2pix) decides for one of them, and may err more for it."
        )
    return {
        "title": "What the answers are worth",
        "says": f"Neighbouring pixels differ {what} in the truths: the answers hold "
        f"{words.share(share)} of their detail.",
        "table": {"head": ["", *columns], "rows": rows, "text": 1},
        "more": more,
        "note": f"Judged on {found['judged']:,} held-out pictures; errors are in the units of the "
        "pictures, 0 to 255 of bytes.",
    }
