"""What rules an algorithm out, read from its card and the profile."""

from __future__ import annotations

import torch

from fieldguide.advisor.profiling.profile import Profile
from fieldguide.card import Card

FORMS = {
    "image": "pictures",
    "array": "blocks of numbers",
    "table": "a table of columns",
    "series": "sequences",
    "clip": "clips",
    "tree": "trees of words",
    "window": "series to forecast",
    "rating": "ratings",
}
FAR_TOO_FEW = 0.1  # share of the examples it needs, below which a deep network is ruled out
DEEP = 3  # capacity from which that rule holds


def objection(card: Card, profile: Profile) -> str:
    """Return why the algorithm cannot be used on these data, or an empty string."""
    if profile.task not in card.tasks:
        return f"It does {' and '.join(card.tasks)}; these data pose {profile.task}."
    if not set(profile.forms) & set(card.inputs):
        takes = " or ".join(FORMS.get(form, form) for form in card.inputs)
        return f"It takes {takes}; these data are {FORMS.get(profile.forms[0], profile.forms[0])}."
    return _too_small(card, profile) or _too_few(card, profile) or _no_device(card)


def remedy(card: Card, profile: Profile) -> str:
    """Return what would let an algorithm in that `objection` rules out, or an empty string."""
    if profile.task not in card.tasks or not set(profile.forms) & set(card.inputs):
        return ""
    if _too_small(card, profile):
        return f"Pictures of {card.smallest_image} pixels on the shorter side would let it in."
    if _too_few(card, profile):
        least = round(FAR_TOO_FEW * card.needs_examples)
        return f"From about {least:,} examples on it takes part."
    return "A machine that has one would let it in." if _no_device(card) else ""


def _too_small(card: Card, profile: Profile) -> str:
    seen = profile.pictures
    side = min(seen.height, seen.width) if seen is not None else 0
    if seen is None or side >= card.smallest_image:
        return ""
    return (
        f"It needs pictures of at least {card.smallest_image} pixels on the shorter side; these "
        f"are {seen.width} by {seen.height}."
    )


def _too_few(card: Card, profile: Profile) -> str:
    if card.capacity < DEEP or profile.examples >= FAR_TOO_FEW * card.needs_examples:
        return ""
    return (
        f"It has many weights to learn and needs about {card.needs_examples:,} examples; there "
        f"are {profile.examples:,}."
    )


def _no_device(card: Card) -> str:
    if "cpu" in card.devices or ("cuda" in card.devices and torch.cuda.is_available()):
        return ""
    return f"It runs on {' or '.join(card.devices)} only, and this machine has none."
