"""What can go wrong in the contest, recognised in its history, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BEGUN = 0.3  # share of the epochs before which nothing is to be said
LAST = 0.2  # share of the epochs that is looked at: how the contest ended
WON = 0.05  # loss of a discriminator that tells nearly all apart; 1.39 if it guesses
HELPLESS = 4.0  # the generator's loss: it fools in 2 of 100 cases
ALIKE = 0.5  # diversity below which samples are much more alike than real examples
UNCOVERED = 0.7  # share of training examples with a sample of their kind, below which some lack
RARE = 0.1  # share of its real frequency below which a class counts as missing


def notes(
    history: Sequence[Mapping[str, Any]],
    found: Mapping[str, float],
    covered: float = -1.0,
    *,
    critic: bool,
    epochs: int = 0,
) -> list[str]:
    """Return sentences about a contest that went wrong; none if it went well.

    Args:
        history: One record an epoch.
        found: How often each class was found among samples, as a share of its real frequency.
        covered: Share of training examples that have a sample among the nearest twentieth of the
            data; below 0 if unknown.
        critic: Whether the discriminator is a critic, whose loss has no absolute meaning.
        epochs: That the contest was to last; 0 where it is unknown.
    """
    if not history:
        return []
    if len(history) < BEGUN * epochs:
        return [
            f"It was stopped after {len(history)} of {epochs} epochs, too early to tell a collapse "
            "from a beginning. Give it more time before you judge it."
        ]
    last = history[-max(1, round(LAST * len(history))) :]
    answers = [
        None if critic else _won(_mean(last, "discriminator"), _mean(last, "generator")),
        _alike(_mean(last, "diversity"), critic),
        _uncovered(covered, critic),
        _missing(found, critic),
    ]
    return [answer for answer in answers if answer]


def _mean(records: Sequence[Mapping[str, Any]], name: str) -> float:
    values = [record[name] for record in records if name in record]
    return sum(values) / len(values) if values else 1.0


def _won(discriminator: float, generator: float) -> str | None:
    if discriminator > WON or generator < HELPLESS:
        return None
    return (
        f"The discriminator has won (its loss is {discriminator:.3f}, the generator's "
        f"{generator:.1f}), and the generator has nothing left to learn from. Lower lr, raise "
        "dropout where there is one, bring more examples, or take WGANGP, whose critic cannot win."
    )


def _alike(diversity: float, critic: bool) -> str | None:
    if diversity >= ALIKE:
        return None
    take = "Lower" if critic else "Take WGANGP, lower"
    return (
        f"The generator has collapsed: its samples vary {100 * diversity:.0f} % as much as real "
        f"examples. {take} lr, raise batch_size, or stop at an earlier epoch (patience)."
    )


def _uncovered(covered: float, critic: bool) -> str | None:
    if not 0 <= covered < UNCOVERED:
        return None
    return (
        f"{100 * (1 - covered):.0f} % of the training examples have no sample anywhere near: whole "
        "kinds of examples are missing, or samples are not realistic yet. Train longer"
        f"{'' if critic else ', or take WGANGP'}."
    )


def _missing(found: Mapping[str, float], critic: bool) -> str | None:
    missing = [name for name, share in found.items() if 0 <= share < RARE]
    if not missing:
        return None
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    fewer = "" if critic else "; WGANGP drops fewer"
    return (
        f"{len(missing)} of {len(found)} classes hardly appear among the samples "
        f"({', '.join(missing[:5])}{more}), by the class of each sample's nearest training "
        f"example. ConditionalGAN makes every class by name{fewer}."
    )
