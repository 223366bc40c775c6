"""What speaks for an algorithm and against it, in plain words, from its card and the profile."""

from __future__ import annotations

from typing import Any

from fieldguide.advisor import machine
from fieldguide.advisor.profiling.landmarks import Landmark
from fieldguide.advisor.profiling.phrases import score
from fieldguide.advisor.profiling.pictures import LOCAL_FROM
from fieldguide.advisor.profiling.profile import Profile
from fieldguide.advisor.recommending import of_pictures, of_ratings, of_series, without_target
from fieldguide.advisor.recommending.first_guess import MIXED_FROM, mixed, rule_of
from fieldguide.advisor.recommending.probe import Cost
from fieldguide.card import Card

LONG = 3_600  # seconds of a fit that are worth a warning
TIGHT = 0.7  # share of the machine's memory that is worth a warning
NOISY = 0.05  # share of wrong labels that many weights are likely to learn by heart
WIDE = 10  # numbers per example and example, above which a rule can fit anything


def reasons(card: Card, profile: Profile) -> list[str]:
    """Return what speaks for it."""
    if without_target.concerns(profile):
        return without_target.reasons(card, profile)
    if of_pictures.concerns(profile):
        return of_pictures.reasons(card, profile)
    marks, rule = profile.landmarks, rule_of(card)
    said = {
        "constant": _constant, "linear": _linear, "separator": _linear, "smooth": _smooth,
        "trees": _trees, "neighbours": _neighbours, "local": _local,
    }.get(rule, _nothing)(profile) if marks else []  # fmt: skip
    said += of_series.reasons(card, profile) + of_ratings.reasons(card, profile)
    if card.capacity >= 1 and profile.examples >= 10 * max(20, card.needs_examples):
        said.append(f"{profile.examples:,} {_unit(profile)} are plenty for it.")
    if card.baseline and card.capacity:
        said.append("It is cheap, and the yardstick that deep learning must beat.")
    return said


def doubts(card: Card, profile: Profile, cost: Cost | None = None) -> list[str]:
    """Return what speaks against it."""
    said = []
    if profile.examples < card.needs_examples:
        said.append(
            f"It usually needs about {card.needs_examples:,} {_unit(profile)}; there are "
            f"{profile.examples:,}."
        )
    if profile.landmarks:
        said += _wrong_shape(card, profile)
    said += of_series.doubts(card, profile) + of_ratings.doubts(card, profile)
    if without_target.concerns(profile):
        said += without_target.doubts(card, profile)
    if of_pictures.concerns(profile):
        return said + of_pictures.doubts(card, profile) + ([] if cost is None else _expensive(cost))
    if card.capacity >= 2 and profile.numbers > WIDE * profile.examples:
        said.append(
            f"{profile.numbers:,} numbers an example and {profile.examples:,} examples: it can "
            "learn them by heart."
        )
    return said + _noisy(card, profile) + ([] if cost is None else _expensive(cost))


def _unit(profile: Profile) -> str:
    return "windows" if profile.task == "forecasting" else "examples"


def _noisy(card: Card, profile: Profile) -> list[str]:
    figures = _figures(profile, "label_noise")
    share = figures.get("estimated") or 0.0
    if card.capacity < 3 or share < NOISY or figures.get("upper_bound_only"):
        return []
    return [
        f"About {share:.0%} of the labels look wrong, and with that many weights it can learn "
        "mistakes by heart: stop early."
    ]


def _figures(profile: Profile, measure: str) -> dict[str, Any]:
    found = profile.findings.get(measure)
    return {} if found is None else found.figures


def _constant(profile: Profile) -> list[str]:
    mark = profile.landmarks["constant"]
    return [
        f"It scores {_score(mark, profile)} without looking at the inputs: whatever does not beat "
        "that has learnt nothing."
    ]


def _linear(profile: Profile) -> list[str]:
    linear, best = profile.landmarks["linear"], _best(profile)
    said = [_compared("A straight line reaches", linear, profile)]
    if linear.score >= best.score - linear.deviation:
        said.append("Nothing tried does clearly better than a straight line.")
    figures = _figures(profile, "separability")
    if figures.get("separable"):
        said.append(
            f"Hyperplanes part the classes of the {figures['examples']:,} examples looked at "
            "without a mistake."
        )
    return said


def _smooth(profile: Profile) -> list[str]:
    marks = profile.landmarks
    smooth, linear = marks["smooth"], marks["linear"]
    if smooth.score > linear.score + linear.deviation:
        return [
            f"A rule that bends scores {_score(smooth, profile)}, a straight line "
            f"{_score(linear, profile)}: there are bends to learn."
        ]
    return [f"It can learn what a straight line does ({_score(linear, profile)}), and bend it."]


def _trees(profile: Profile) -> list[str]:
    said = [_compared("Boosted trees reach", profile.landmarks["trees"], profile)]
    if mixed(profile) and profile.examples >= MIXED_FROM:
        said.append(
            f"The columns are mixed ({profile.numbers} numbers, {profile.categories} categories) "
            f"and there are {profile.examples:,} rows: gradient-boosted trees usually win there "
            "(Grinsztajn et al. 2022)."
        )
    return said


def _neighbours(profile: Profile) -> list[str]:
    said = [
        _compared("Asking the nearest examples reaches", profile.landmarks["neighbours"], profile)
    ]
    if profile.purity is not None and profile.classes is not None and profile.purity > 0.9:
        said.append(f"The nearest other example has the same class in {profile.purity:.1%}.")
    return said


def _local(profile: Profile) -> list[str]:
    seen, marks = profile.pictures, profile.landmarks
    if seen is None or "local" not in marks:
        return []
    said = [_compared("Looking through small windows reaches", marks["local"], profile)]
    if seen.locality >= LOCAL_FROM:
        said.append(
            "Neighbouring pixels belong together (correlation "
            f"{seen.neighbours:.2f}, far apart {seen.strangers:.2f}): windows see strokes, edges "
            "and textures wherever they stand."
        )
    return said


def _nothing(profile: Profile) -> list[str]:
    return []


def _wrong_shape(card: Card, profile: Profile) -> list[str]:
    marks, rule, seen = profile.landmarks, rule_of(card), profile.pictures
    best, said = _best(profile), []
    if rule == "local" and seen is not None and seen.locality < LOCAL_FROM:
        said.append(
            "Neighbouring pixels tell nothing about each other (correlation "
            f"{seen.neighbours:.2f}, far apart {seen.strangers:.2f}): windows have nothing to see."
        )
    if rule == "smooth" and "local" in marks and _beats(marks["local"], marks["smooth"]):
        said.append(
            f"It does not know which pixels are neighbours; a model that does scores "
            f"{_score(marks['local'], profile)}, one that does not "
            f"{_score(marks['smooth'], profile)}."
        )
    if rule in ("linear", "separator") and _beats(best, marks["linear"]):
        said.append(f"{_capital(best.words)}: {_score(best, profile)}. A line is too stiff.")
    if rule == "separator" and not _parted(profile):
        said.append("No line parts the classes, and then it never settles.")
    if rule == "orderless":
        said += _blind_to_order(profile)
    if rule in ("trees", "neighbours") and _beats(best, marks[rule]):
        said.append(f"{_capital(best.words)}: {_score(best, profile)}, more than its kind of rule.")
    if rule == "smooth" and mixed(profile) and profile.examples >= MIXED_FROM:
        said.append("On mixed columns boosted trees usually win, in seconds.")
    if card.capacity >= 2 and not card.baseline and not _beats(best, marks["linear"]):
        said.append("A straight line does as well as anything tried, and costs next to nothing.")
    return said


def _blind_to_order(profile: Profile) -> list[str]:
    figures = _figures(profile, "clips")
    gain = figures.get("with_order", 0.0) - figures.get("without_order", 0.0)
    if gain <= 2 * figures.get("error", 0.0):
        return []
    return [
        f"It cannot see order, and order matters: a quick model of the frames scores "
        f"{score(figures['without_order'], profile.score_name)} without it, "
        f"{score(figures['with_order'], profile.score_name)} with it."
    ]


def _parted(profile: Profile) -> bool:
    """Whether hyperplanes part the classes, as far as that was found out."""
    separable = _figures(profile, "separability").get("separable")
    return profile.landmarks["linear"].score == 1 if separable is None else bool(separable)


def _expensive(cost: Cost) -> list[str]:
    said = []
    if cost.seconds is not None and cost.seconds > LONG:
        said.append(f"A full fit takes about {cost.seconds / 3_600:.1f} hours here.")
    memory = machine.memory_bytes()
    if cost.memory_bytes is not None and cost.memory_bytes > TIGHT * memory:
        said.append(
            f"It needs about {cost.memory_bytes / 2**30:.1f} GiB of memory; this machine has "
            f"{memory / 2**30:.1f}."
        )
    return said


def _compared(what: str, mark: Landmark, profile: Profile) -> str:
    constant = profile.landmarks["constant"]
    return (
        f"{what} {_score(mark, profile)} from {mark.trained:,} of your examples; always giving "
        f"the same answer, {_score(constant, profile)}."
    )


def _best(profile: Profile) -> Landmark:
    return max(profile.landmarks.values(), key=lambda mark: mark.score)


def _beats(one: Landmark, other: Landmark) -> bool:
    return one.score > other.score + max(one.deviation, other.deviation)


def _score(mark: Landmark, profile: Profile) -> str:
    return score(mark.score, profile.score_name)


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
