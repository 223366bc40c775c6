"""What the model looks at, as the page shows it: pictures beside their maps, columns, or trees."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from fieldguide.advisor import words
from fieldguide.advisor.reporting import figures_of_steps, figures_of_winner, mistakes, trees
from fieldguide.advisor.reporting.material import Material
from fieldguide.codecs.steps import as_sequences
from fieldguide.data import ClipColumn

COLUMNS = 20  # columns shown
HEAT = np.array([213, 94, 0], dtype=np.float64)  # vermillion, which all readers tell from grey
BAR = 7  # pixels of height of the bar below a frame, its rims included
SIDE = 112  # pixels at least, so that small pictures stay sharp when they are printed


def attention(material: Material) -> tuple[dict[str, Any], str]:
    """Return the section's facts and its figure (empty where there is none)."""
    found = material.analysis.get("attention") or {}
    if found.get("kind") == "importance":
        return _columns(found, material.score)
    if found.get("kind") == "past":
        return _past(found, material.score)
    if found.get("kind") == "saliency" and "saliency" in material.arrays:
        return _pictures(found, material), ""
    if found.get("kind") == "frames":
        return _frames(found, material), ""
    if found.get("kind") == "steps":
        return _steps(found, material)
    if found.get("kind") == "trees":
        return _trees(found), trees.draw(found["trees"])
    return {"says": material.missing("attention"), "columns": [], "pictures": []}, ""


def _columns(found: dict[str, Any], score: str) -> tuple[dict[str, Any], str]:
    columns = found["columns"]
    clear = [one for one in columns if one["low"] > 0]
    if clear:
        names = words.listed([f"'{one['column']}'" for one in clear[:3]])
        says = (
            f"It relies most on {names}: shuffling {'it' if len(clear) == 1 else 'the first'} "
            f"alone costs {words.margin(clear[0]['drop'], score)}."
        )
    else:
        says = (
            "Shuffling any single column costs nothing that these rows can confirm: no column is "
            "needed by itself."
        )
    idle = len(columns) - len(clear)
    note = (
        f"Permutation importance (Breiman 2001) on {found['rows']:,} held-out rows, up to "
        f"{found['repeats']} shuffles of each column; the intervals (95 %) are over shuffles and "
        "resampled rows. Columns that tell the same share the credit, so that each may look idle. "
        f"{idle} of {len(columns)} cannot be told from 0."
    )
    drawn = figures_of_winner.importance(columns[:COLUMNS], score)
    return {"says": says, "note": note, "columns": columns, "pictures": []}, drawn


def _past(found: dict[str, Any], score: str) -> tuple[dict[str, Any], str]:
    """Return the stretches of the past that forecasts hang on."""
    columns = found["columns"]
    clear = [one for one in columns if one["low"] > 0]
    says = (
        "Beside the last value it looks at nothing that these windows can confirm: whatever came "
        "before may be shuffled."
    )
    if clear:
        names = words.listed([f"'{one['column']}'" for one in clear[:3]])
        says = (
            f"Beside the last value it relies most on {names}: shuffling "
            f"{'it' if len(clear) == 1 else 'the first'} alone costs "
            f"{words.margin(clear[0]['drop'], score)} of skill."
        )
    note = (
        f"Permutation importance (Breiman 2001) of stretches of the past on {found['rows']:,} "
        f"held-out windows, {found['repeats']} shuffles of each: how a stretch differs from the "
        "column's last value, which stays, is exchanged among windows ('4 to 7 back': so many "
        "steps before it). The intervals (95 %) are over blocks of windows. Stretches that tell "
        "the same share the credit."
    )
    drawn = figures_of_winner.importance(columns[:COLUMNS], score)
    return {"says": says, "note": note, "columns": columns, "pictures": []}, drawn


def _steps(found: dict[str, Any], material: Material) -> tuple[dict[str, Any], str]:
    """Return curves, and below each how much the answer hangs on its steps."""
    held_out, answers = material.held_out, material.answers
    name = next(n for n, field in held_out.inputs.items() if field.kind in ("series", "array"))
    column = as_sequences(held_out.column(name))
    drawn = []
    for place, weights in zip(found["positions"], found["weights"], strict=True):
        truth, guess = ("", "") if answers is None else (answers[0][place], answers[1][place])
        drawn.append({
            "true": mistakes.short(truth), "predicted": mistakes.short(guess),
            "right": bool(truth == guess), "where": mistakes.where(held_out, place),
            "values": column[place], "weights": np.asarray(weights),
        })  # fmt: skip
    how = "Gradient times input (Shrikumar et al. 2016), averaged over noisy copies."
    if found["method"] != "gradient":
        how = "Occlusion over time: each twentieth of the time was covered with the mean in turn."
    note = how
    if "changed_weighty" in found:
        said = (
            f"Put to the test on {found['tried']} sequences: covering the weightiest tenth of the "
            f"time changed {words.share(found['changed_weighty'])} of the answers, covering a "
            f"tenth at random {words.share(found['changed_random'])}."
        )
        if found["changed_weighty"] <= found["changed_random"]:
            said += " The bars do not show what the answers hang on: do not lean on them."
        note = f"{said} {how}"
    says = "The higher the bar below a curve, the more the answer hangs on that moment."
    facts = {"says": says, "note": note, "columns": [], "pictures": [], "sequences": found}
    return facts, figures_of_steps.draw(drawn)


def _trees(found: dict[str, Any]) -> dict[str, Any]:
    shown = found["trees"]
    wrong = sum(tree["true"] != tree["labels"][-1] for tree in shown)
    says = (
        f"{len(shown)} held-out sentence{'s' if len(shown) > 1 else ''}, the predicted label at "
        f"every node{f'; {wrong} of the whole sentences are wrong' if wrong else ''}."
    )
    note = (
        "Each node's label is what the model would say of the words below it alone: read upwards "
        "to see where a phrase changed its mind. Sentences were chosen among the short ones."
    )
    return {"says": says, "note": note, "columns": [], "pictures": []}


def _pictures(found: dict[str, Any], material: Material) -> dict[str, Any]:
    tenth = f"{words.share(found['covered'])}"
    says = "Where the picture is tinted, a change would have changed the answer most."
    tested = ""
    if "changed_salient" in found:
        tested = (
            f"Put to the test on {found['tried']} pictures: covering the most tinted {tenth} of "
            f"the pixels changed {words.share(found['changed_salient'])} of the answers, covering "
            f"{tenth} at random {words.share(found['changed_random'])}."
        )
        if found["changed_salient"] <= found["changed_random"]:
            tested += " The tint does not show what the answers hang on: do not lean on it."
    method = (
        f"SmoothGrad (Smilkov et al. 2017), {found['copies']} noisy copies of each picture."
        if found["method"] == "SmoothGrad"
        else "Occlusion (Zeiler & Fergus 2014): the network has no useful gradients, so patches "
        "were covered one after the other."
    )
    if not all(heat.any() for heat in material.arrays["saliency"]):
        method += " Where nothing is tinted, no single change would have weakened the answer."
    shown = _shown(found, material)
    note = f"{tested} {method}".strip()
    return {"says": says, "note": note, "columns": [], "pictures": shown, "strips": False}


def _shown(found: dict[str, Any], material: Material) -> list[dict[str, Any]]:
    maps = material.arrays["saliency"].astype(np.float64)
    held_out, answers = material.held_out, material.answers
    name = next(n for n, field in held_out.inputs.items() if field.kind == "image")
    shown = []
    for place, heat in zip(found["positions"], maps, strict=True):
        truth, guess = ("", "") if answers is None else (answers[0][place], answers[1][place])
        pixels = mistakes.pixels(held_out.column(name), place)
        shown.append({
            "true": mistakes.short(truth), "predicted": mistakes.short(guess),
            "right": bool(truth == guess), "where": mistakes.where(held_out, place),
            "picture": mistakes.data_uri(side_by_side(pixels, heat)),
        })  # fmt: skip
    return shown


def _frames(found: dict[str, Any], material: Material) -> dict[str, Any]:
    """Return film strips, a bar below each frame as long as its weight."""
    held_out, answers = material.held_out, material.answers
    name = next(n for n, field in held_out.inputs.items() if field.kind == "clip")
    column = held_out.column(name)
    assert isinstance(column, ClipColumn)
    shown = []
    for place, weights in zip(found["positions"], found["weights"], strict=True):
        truth, guess = ("", "") if answers is None else (answers[0][place], answers[1][place])
        clip = column.load(place, len(weights))
        shown.append({
            "true": mistakes.short(truth), "predicted": mistakes.short(guess),
            "right": bool(truth == guess), "where": mistakes.where(held_out, place),
            "picture": mistakes.data_uri(weighed_strip(clip, np.asarray(weights))),
        })  # fmt: skip
    note = "Occlusion over time: each frame was covered with the average grey in turn."
    if "changed_weighty" in found:
        note = (
            f"Put to the test on {found['tried']} clips: covering the weightiest frame changed "
            f"{words.share(found['changed_weighty'])} of the answers, covering one at random "
            f"{words.share(found['changed_random'])}. {note}"
        )
    says = "The longer the bar below a frame, the more the answer hangs on it."
    return {"says": says, "note": note, "columns": [], "pictures": shown, "strips": True}


def weighed_strip(frames: np.ndarray, weights: np.ndarray) -> Image.Image:
    """Return a film strip with a bar below each frame.

    Args:
        frames: (n, channels, height, width).
        weights: (n,), 0 to 1. Of more frames than a strip holds, the weightiest of each stretch
            are shown.
    """
    stretches = np.array_split(np.arange(len(weights)), min(len(weights), mistakes.STRIP))
    kept = np.array([stretch[weights[stretch].argmax()] for stretch in stretches])
    strip = np.asarray(mistakes.film_strip(frames[kept]))
    bars = np.zeros((BAR, strip.shape[1], 3), dtype=np.uint8)
    step = (strip.shape[1] - mistakes.GAP) // len(kept)
    for place, weight in enumerate(weights[kept]):
        start = mistakes.GAP + place * step
        bars[1:-1, start : start + round(float(weight) * (step - mistakes.GAP))] = HEAT
    return Image.fromarray(np.concatenate([strip, bars]))


def side_by_side(pixels: np.ndarray, heat: np.ndarray) -> Image.Image:
    """Return a picture and, beside it, the same in grey and tinted where the model looked.

    Args:
        pixels: (height, width, channels), uint8.
        heat: (height', width'), 0 to 1.
    """
    left = Image.fromarray(pixels.squeeze(-1) if pixels.shape[2] == 1 else pixels).convert("RGB")
    scale = max(1, -(-SIDE // max(left.size))) if max(left.size) < SIDE else 1
    left = left.resize((left.width * scale, left.height * scale), Image.Resampling.NEAREST)
    left.thumbnail((2 * SIDE, 2 * SIDE))
    grey = np.asarray(left.convert("L"), dtype=np.float64)[..., None]
    over = Image.fromarray((255 * np.clip(heat, 0, 1)).astype(np.uint8))
    weight = np.asarray(over.resize(left.size, Image.Resampling.BILINEAR)) / 255.0
    weight = 0.9 * weight[..., None]
    faded = 70 + 0.7 * grey  # so that the tint stands out on black as on white
    tinted = (1 - weight) * faded + weight * HEAT
    both = np.concatenate([np.asarray(left), np.clip(tinted, 0, 255).astype(np.uint8)], axis=1)
    return Image.fromarray(both)
