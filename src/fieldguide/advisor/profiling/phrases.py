"""Scores, counts and names in words, as sentences about data need them."""

from __future__ import annotations

SHARES = ("accuracy", "explained", "coverage")  # scores that read best in per cent
NAMES = {"r2": "R²", "auroc": "AUROC", "ssim": "structural similarity"}
MOST_NAMES = 5  # columns or classes named in one sentence


def score(value: float, name: str) -> str:
    """Write a score: shares in per cent, anything else with two digits."""
    if name in SHARES:
        return f"{value:.1%}"
    shown = f"{value:.2f}".replace("-0.00", "0.00")
    return f"{NAMES.get(name, name)} {shown}"


def interval(low: float, high: float, name: str) -> str:
    """Write a range of scores: "91.6 to 100.0%", "0.41 to 0.56"."""
    if name in SHARES:
        return f"{100 * low:.1f} to {high:.1%}"
    return f"{low:.2f} to {high:.2f}".replace("-0.00", "0.00")


def listed(names: list[str]) -> str:
    """Name a few and count the rest."""
    shown = ", ".join(f"'{name}'" for name in names[:MOST_NAMES])
    more = len(names) - MOST_NAMES
    return shown + (f" and {more} more" if more > 0 else "")


def counted(count: int, noun: str, plural: str = "") -> str:
    """Write a number and its noun: "1 example", "1,797 examples"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def change(value: float, name: str) -> str:
    """Write a difference of scores: "0.4 points" of a share, "0.02" of anything else."""
    return f"{100 * value:.1f} points" if name in SHARES else f"{value:.2f}"
