"""Numbers in words: scores, times and sizes as a reader wants them."""

from __future__ import annotations

from collections.abc import Sequence

from fieldguide.advisor.scoring import Interval

SHARES = (
    "accuracy",
    "balanced_accuracy",
    "explained",
    "coverage",
)  # scores that read best as percentages
NAMES = {"r2": "R²", "rmse": "root mean squared error", "mae": "mean absolute error",
         "f1_macro": "macro F1", "log_loss": "log loss",
         "balanced_accuracy": "balanced accuracy", "explained": "share explained",
         "ssim": "structural similarity", "auroc": "area under the ROC curve"}  # fmt: skip

PEOPLE = ("Gaussian", "Wasserstein", "Elman", "Boltzmann", "Markov")  # and others' adjectives
ROLES = {
    "outliers": "judges",
    "generation": "class",
    "image_translation": "target",
    "unpaired_image_translation": "class",
}  # of a target that is no class and no number to be predicted
STRAIGHT = {
    "representation": "the best plane",
    "outliers": "the best plane",
    "generation": "the best single cloud",
    "image_translation": "the best filter",
    "unpaired_image_translation": "the best match of colours",
}  # what a model of capacity 1 is, where nothing is predicted


def score_title(name: str) -> str:
    """Return a score's name as people write it."""
    return NAMES.get(name, name.replace("_", " "))


def score(value: float | None, name: str) -> str:
    """Return ``"97.5 %"`` for shares, else three digits behind the point."""
    if value is None:
        return "–"
    return f"{100 * value:.1f} %" if name in SHARES else f"{value:.3f}"


def interval(found: Interval | None, name: str) -> str:
    """Return ``"95.8 to 98.9 %"``."""
    if found is None:
        return ""
    if name in SHARES:
        return f"{100 * found.low:.1f} to {100 * found.high:.1f} %"
    return f"{found.low:.3f} to {found.high:.3f}"


def margin(value: float, name: str) -> str:
    """Return a difference of scores: ``"3.1 points"`` or ``"0.042"``."""
    return f"{100 * value:.1f} points" if name in SHARES else f"{value:.3f}"


def margins(low: float, high: float, name: str) -> str:
    """Return a range of differences of scores: ``"-1.1 to 2.8 points"`` or ``"0.010 to 0.289"``."""
    if name in SHARES:
        return f"{100 * low:.1f} to {100 * high:.1f} points"
    return f"{low:.3f} to {high:.3f}"


def inside(title: str) -> str:
    """Return a title as it stands inside a sentence: acronyms and names keep their capitals."""
    first = title.split()[0] if title else ""
    keeps = first in PEOPLE or any(letter.isupper() or letter.isdigit() for letter in first[1:])
    return title if keeps else title[:1].lower() + title[1:]


def share(value: float) -> str:
    """Return ``"25 %"``."""
    return f"{100 * value:.0f} %"


def seconds(value: float | None) -> str:
    """Return ``"20 ms"``, ``"0.4 s"``, ``"38 s"``, ``"4 min 10 s"`` or ``"2 h 5 min"``."""
    if value is None:
        return "–"
    if value < 0.0995:
        return f"{max(1, round(1000 * value))} ms" if value else "0 s"
    if value < 10:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(value: int | None) -> str:
    """Return ``"3.2 MB"``; kilo is 1,000."""
    if value is None:
        return "–"
    amount = float(value)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if amount >= 100 or unit == "B" else f"{amount:.1f} {unit}"


def task_of(task: str, target: str | None) -> str:
    """Return ``"classification of 'species'"``, or the task alone where nothing is predicted."""
    return f"{task} of '{target}'" if target else task


def use(task: str, folder: str) -> str:
    """Return the command line that uses a model of a task."""
    if task == "generation":
        return f"fieldguide sample {folder}"
    if task.endswith("image_translation"):
        return f"fieldguide predict {folder} PHOTOS -o OUT"
    return f"fieldguide {'encode' if task == 'representation' else 'predict'} {folder} INPUT"


def listed(names: Sequence[str]) -> str:
    """Return ``"a, b and c"``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def sentence(text: str) -> str:
    """Return the text with a capital and a full stop."""
    text = " ".join(text.split())
    if not text:
        return text
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")


def first_sentence(text: str) -> str:
    """Return the first sentence, for a cell of a table."""
    whole = sentence(text)
    return whole.split(". ")[0].rstrip(".") + "."
