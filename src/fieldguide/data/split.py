"""Splits: which examples train and which are held out."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, StratifiedShuffleSplit

from fieldguide.errors import DataError

Indices = np.ndarray


def split_indices(
    count: int,
    *,
    test: float,
    seed: int,
    provided: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
    target: np.ndarray | None = None,
    target_kind: str | None = None,
) -> tuple[Indices, Indices]:
    """Return the indices of training and held-out examples, both sorted.

    The first rule that applies decides: the provider's split, groups, time, classes, chance.

    Args:
        count: Number of examples.
        test: Share held out, above 0 and below 1.
        seed: Decides where chance has a say.
        provided: The provider's split by name, or None.
        groups: Values that must stay on one side, or None.
        times: Values that order the examples; the latest are held out.
        target: Values to predict, or None.
        target_kind: Kind of the target's field.

    Raises:
        DataError: There is one group only.
    """
    if provided is not None and len(set(provided.tolist()) & {"test", "validation"}):
        held = "test" if "test" in provided else "validation"
        return np.flatnonzero(provided != held), np.flatnonzero(provided == held)
    if groups is not None:
        return _split_groups(groups.astype(str), test, seed)
    size = min(count - 1, max(1, round(count * test)))
    if times is not None:
        order = np.argsort(times, kind="stable")
        return np.sort(order[:-size]), np.sort(order[-size:])
    classes = class_codes(target, target_kind)
    if classes is not None and _can_stratify(classes, count, size):
        chance = StratifiedShuffleSplit(1, test_size=size, random_state=seed)
        train, held_out = next(chance.split(np.empty(count), _merge_rare(classes)))
        return np.sort(train), np.sort(held_out)
    order = np.random.default_rng(seed).permutation(count)
    return np.sort(order[size:]), np.sort(order[:size])


def _split_groups(groups: np.ndarray, test: float, seed: int) -> tuple[Indices, Indices]:
    """Hold out a share of the groups, at least one and never all."""
    kinds = len(np.unique(groups))
    if kinds < 2:
        raise DataError(
            "all examples belong to one group, which must not be torn apart.",
            "Name another column as the group, or none.",
        )
    size = min(kinds - 1, max(1, round(kinds * test)))
    chance = GroupShuffleSplit(1, test_size=size, random_state=seed)
    train, held_out = next(chance.split(np.empty(len(groups)), groups=groups))
    return np.sort(train), np.sort(held_out)


def class_codes(target: np.ndarray | None, kind: str | None) -> np.ndarray | None:
    """Return integer class codes of a target that looks like classes, else None."""
    if target is None or (kind == "number" and not looks_like_classes(target)[0]):
        return None
    if kind not in ("category", "boolean", "number", "text", "constant"):
        return None
    return np.unique(target.astype(str), return_inverse=True)[1]


def looks_like_classes(values: np.ndarray) -> tuple[bool, str]:
    """Say whether numbers are more likely class codes than quantities, and why.

    Whole numbers with at most 20 distinct values, each seen five times on average, are classes.
    """
    present = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    if present.dtype.kind == "f" and not np.all(np.mod(present, 1) == 0):
        return False, "continuous: numbers with fractions"
    distinct = len(np.unique(present))
    if distinct > 20 or distinct * 5 > len(present):
        return False, f"{distinct} distinct numbers"
    return True, f"only {distinct} distinct whole numbers"


def _can_stratify(classes: np.ndarray, count: int, size: int) -> bool:
    kinds = len(np.unique(_merge_rare(classes)))
    smallest = np.bincount(_merge_rare(classes)).min(initial=count)
    return kinds >= 2 and smallest >= 2 and kinds <= min(size, count - size)


def _merge_rare(classes: np.ndarray) -> np.ndarray:
    """Give all classes with one example a common code: alone they cannot be stratified."""
    counts = np.bincount(classes)
    rare = counts[classes] < 2
    merged = classes.copy()
    if rare.sum() == 1:  # a lonely class joins the largest
        merged[rare] = counts.argmax()
    elif rare.any():
        merged[rare] = len(counts)
    return np.unique(merged, return_inverse=True)[1]
