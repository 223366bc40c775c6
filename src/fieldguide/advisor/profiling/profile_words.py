"""The profile in plain words."""

from __future__ import annotations

import numpy as np

from fieldguide.advisor.profiling.measures import translations
from fieldguide.advisor.profiling.phrases import MOST_NAMES, change, counted, listed, score
from fieldguide.advisor.profiling.pictures import LOCAL_FROM
from fieldguide.advisor.profiling.profile import Profile
from fieldguide.advisor.profiling.rows import TASKS

TRIED = (*TASKS, *translations.TASKS)  # tasks whose quick models are told of by measures


def sentences(profile: Profile) -> list[str]:
    """Return one sentence a finding."""
    said = [_size(profile), _task(profile), *offers(profile), *_ledger(profile)]
    said += _normal(profile) if profile.task == "outliers" else _classes(profile)
    said += [*_inputs(profile), *_pictures(profile), *_missing(profile), *_copies(profile)]
    said += [f"Careful: {leak.reason}." for leak in profile.leaks]
    said += [*_signals(profile), *_growth(profile)]
    return said + [one for found in profile.findings.values() for one in found.sentences]


def _size(profile: Profile) -> str:
    kinds: dict[str, int] = {}
    for known in profile.fields:
        if known.name != profile.target:
            kinds[known.kind] = kinds.get(known.kind, 0) + 1
    what = ", ".join(counted(count, kind, _PLURALS.get(kind, "")) for kind, count in kinds.items())
    looked = (
        f" The measurements below looked at {profile.sampled:,} of them (seed {profile.seed})."
        if profile.sampled
        else ""
    )
    unit = "window" if profile.task == "forecasting" else "example"
    return f"{profile.source}: {counted(profile.examples, unit)}; columns: {what}.{looked}"


def _task(profile: Profile) -> str:
    if not profile.task:
        return f"No task: {profile.task_reason}"
    if not profile.target:
        return f"The task is {profile.task}: {profile.task_reason}."
    chosen = f" ({profile.target_reason})" if profile.target_reason else ""
    return (
        f"The target is '{profile.target}'{chosen}; the task is {profile.task}: "
        f"{profile.task_reason}."
    )


def offers(profile: Profile) -> list[str]:
    """Return a sentence for each task that data without anything to predict allow."""
    if not profile.offers:
        return []
    said = ["Nothing is there to predict; these tasks learn from the inputs alone (--task NAME)."]
    return said + [f"{name.capitalize()}: {what}." for name, what in profile.offers.items()]


def _normal(profile: Profile) -> list[str]:
    """Say which examples count as normal, and which as outliers."""
    classes = profile.classes
    if classes is None:
        return [
            "No column tells outliers from the others: models learn from all examples, and are "
            "judged against rows whose columns were shuffled."
        ]
    most, count = classes.counts[0]
    others = [f"'{name}' {number:,}" for name, number in classes.counts[1 : MOST_NAMES + 1]]
    more = len(classes) - 1 - len(others)
    return [
        f"Normal is '{most}', the commonest class ({counted(count, 'example')}, "
        f"{classes.majority:.1%}): models learn from it alone. The rest count as outliers: "
        f"{', '.join(others)}{f' and {more} more' if more > 0 else ''}."
    ]


def _ledger(profile: Profile) -> list[str]:
    if not profile.ledger:
        return []
    counts = "; ".join(f"{reason} ({count:,})" for reason, count in profile.ledger.items())
    return [f"{profile.used:,} of {counted(profile.total, 'example')} used. {counts}."]


def _classes(profile: Profile) -> list[str]:
    classes = profile.classes
    if classes is None:
        return []
    (most, count), (least, few) = classes.counts[0], classes.smallest
    said = [
        f"{len(classes)} classes; the commonest, '{most}', has {counted(count, 'example')} "
        f"({classes.majority:.1%}), the rarest, '{least}', {few:,}."
    ]
    if classes.imbalance >= 10:
        said.append(
            f"The classes are unbalanced ({classes.imbalance:.0f} to 1): look at the balanced "
            "accuracy, not at the accuracy alone."
        )
    if classes.lonely:
        names = listed([str(one) for one in classes.lonely])
        said.append(
            f"{counted(len(classes.lonely), 'class', 'classes')} with one example only: {names}."
        )
    return said


def _inputs(profile: Profile) -> list[str]:
    said = []
    if profile.left_out:
        said.append(
            f"Left out, because they cannot inform a prediction: {listed(list(profile.left_out))}."
        )
    if profile.numbers or profile.categories:
        count = profile.categories
        codes = f" and {counted(count, 'category', 'categories')}" if count else ""
        said.append(
            f"An example is {counted(profile.numbers, 'number')}{codes}; "
            f"{counted(profile.directions, 'direction')} hold 90 % of their variance."
        )
    return said


def _pictures(profile: Profile) -> list[str]:
    seen = profile.pictures
    if seen is None:
        return []
    kind = {1: "grey", 3: "colour", 4: "colour with transparency"}.get(
        seen.channels, f"{seen.channels}-channel"
    )
    sizes = (
        "all of one size"
        if seen.sizes == 1
        else f"{seen.sizes} sizes, sides from {seen.shortest} to {seen.longest} pixels"
    )
    alike = "belong together" if seen.locality >= LOCAL_FROM else "tell nothing about each other"
    return [
        f"The pictures are {kind}, {seen.width} by {seen.height} pixels ({sizes}).",
        f"Neighbouring pixels {alike} (correlation {seen.neighbours:.2f}; pixels far apart "
        f"{seen.strangers:.2f}).",
    ]


def _missing(profile: Profile) -> list[str]:
    if not profile.missing:
        return []
    worst = sorted(profile.missing.items(), key=lambda item: -item[1])
    shares = ", ".join(
        f"'{name}' {count / max(1, profile.examples):.1%}" for name, count in worst[:MOST_NAMES]
    )
    return [f"Values are missing in {counted(len(worst), 'column')}: {shares}."]


def _copies(profile: Profile) -> list[str]:
    found = profile.duplicates
    said = []
    if found.rows:
        said.append(f"Exact copies of an earlier example: {found.rows:,}.")
    if found.conflicting:
        said.append(
            f"Label noise: {counted(found.conflicting, 'example')} with the same inputs as another "
            "but a different target" + _ceiling(profile) + "."
        )
    return said


def _ceiling(profile: Profile) -> str:
    best = score(1 - profile.duplicates.floor, profile.score_name)
    if best == score(1.0, profile.score_name):
        return ""  # too few to show
    return f"; no rule can score above {best} on these data"


def _signals(profile: Profile) -> list[str]:
    marks, name = profile.landmarks, profile.score_name
    if not marks:
        vectors = bool(profile.numbers or profile.categories) and profile.task not in TRIED
        few = "There are too few examples to measure how hard the task is."
        return [few] if name and vectors else []
    said = [
        "Quick models on held-out examples: "
        + "; ".join(f"{mark.words} {score(mark.score, name)}" for mark in marks.values())
        + "."
    ]
    said += _shape(profile)
    if profile.purity is not None and profile.classes is not None:
        said.append(f"The nearest other example has the same class in {profile.purity:.1%}.")
    return said


def _shape(profile: Profile) -> list[str]:
    """Say what the quick models tell about the shape of the rule, with all examples to learn."""
    errors = {rule: mark.error_at(profile.examples) for rule, mark in profile.landmarks.items()}
    best, constant, linear = min(errors.values()), errors["constant"], errors["linear"]
    noise = profile.landmarks["linear"].deviation
    if constant - best < 2 * (noise + profile.landmarks["constant"].deviation):
        return ["None does clearly better than always giving the same answer: weak signal."]
    if linear - best <= noise:
        return ["A straight line is about as good as anything tried: the task looks linear."]
    if constant - linear < 0.5 * (constant - best):
        return ["A straight line misses most of what can be learnt: the task bends."]
    return []


def _growth(profile: Profile) -> list[str]:
    """Say what the learning curve of the best quick model promises for twice the examples."""
    if not profile.curves:
        return []
    now = profile.examples
    name = profile.score_name
    best = min(profile.curves.values(), key=lambda one: one.expect(now).error)
    gains = best.errors_at(now) - best.errors_at(2 * now)
    low, gain, high = (change(float(one), name) for one in np.quantile(gains, (0.1, 0.5, 0.9)))
    few, many = score(1 - best.errors[0], name), score(1 - best.errors[-1], name)
    return [
        f"Signal in small samples: {best.words} scores {few} from {best.sizes[0]:,} examples and "
        f"{many} from {best.sizes[-1]:,}. If the curve goes on as it went, twice as many examples "
        f"as now would bring it {gain} more (80 % of the estimates: {low} to {high})."
    ]


_PLURALS = {"category": "categories", "text": "texts"}
