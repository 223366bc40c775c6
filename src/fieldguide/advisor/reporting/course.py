"""The course of a generator's training: its measures, epoch by epoch, and what went wrong."""

from __future__ import annotations

from typing import Any

from fieldguide.advisor import words
from fieldguide.advisor.reporting import figures_of_course as figures
from fieldguide.advisor.reporting.material import Material

SHARES = ("coverage", "precision", "recall", "diversity")
DISTANCES = ("frechet_distance", "kernel_distance")
FALLEN = 0.15  # points of coverage lost since the best epoch from which it is worth a word


def section(material: Material) -> tuple[dict[str, Any], list[str]] | None:
    """Return the part of the report, or None where nobody generated in epochs."""
    for row in material.scored:
        past = material.histories.get(row["name"])
        if past is not None and all(name in past[-1] for name in DISTANCES):
            return _of_one(row, [record for record in past if DISTANCES[0] in record])
    return None


def _of_one(row: dict[str, Any], past: list[dict[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    names = [name for name in SHARES if all(name in record for record in past)]
    shares = {name: [record[name] for record in past] for name in names}
    distances = {name: [record[name] for record in past] for name in DISTANCES}
    drawn = figures.course([record["epoch"] for record in past], shares, distances)
    facts = {
        "title": f"The course of training of the {words.inside(row['title'])}",
        "says": _says(shares["coverage"], distances["frechet_distance"]),
        "more": [words.sentence(note) for note in row.get("notes") or []],
        "note": "Measured after every epoch on validation examples, in the space of the report's "
        "other distances. Coverage and recall: how much of the real variety is drawn; precision: "
        "how many samples look real" + (
            "; diversity: how much samples of a batch vary, real ones counting as 1 (far below "
            "that, the generator has collapsed)" if "diversity" in shares else ""
        ) + ". Fréchet and kernel distance (FID and KID, there of Inception's features): smaller "
        "is better.",
        "measures": {**shares, **distances},
    }  # fmt: skip
    return facts, [drawn]


def _says(coverage: list[float], frechet: list[float]) -> str:
    best = max(range(len(coverage)), key=coverage.__getitem__)
    nearest = min(range(len(frechet)), key=frechet.__getitem__)
    said = (
        f"Coverage was highest after epoch {best + 1} of {len(coverage)} "
        f"({words.share(coverage[best])}), the Fréchet distance smallest after epoch "
        f"{nearest + 1} ({frechet[nearest]:.3g})."
    )
    if coverage[best] - coverage[-1] > FALLEN:
        said += (
            f" By the end coverage had fallen to {words.share(coverage[-1])}: longer training did "
            "not help here."
        )
    return said
