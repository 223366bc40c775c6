"""Reports of races without a target: which parts they have, and what to do next."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from fieldguide.advisor import words
from fieldguide.advisor.reporting import closeups, course, inside
from fieldguide.advisor.reporting.analysis import NETWORK
from fieldguide.advisor.reporting.closeups import generation
from fieldguide.advisor.reporting.material import Material

SHOWN = "attention"  # name of the finding: it takes the place of what a model looks at
OF_ANSWERS = ("errors", "calibration", "mistakes", "attention")  # parts that compare with truths
IF_TOLD = ("why", "curves", "cost", "generations")  # parts that are left out where empty
BLANK: dict[str, Any] = {"title": "", "more": [], "pictures": [], "groups": [], "kind": "",
                         "table": None, "side": False, "note": ""}  # fmt: skip
Sections = dict[str, dict[str, Any]]
Figures = dict[str, list[str]]
Made = dict[str, tuple[dict[str, Any], list[str]]]
OF_NETWORK = ("restored", "codes", "separation", "samples", "copies")  # parts shown of it


def parts(material: Material) -> tuple[Sections, Figures]:
    """Return what there is to see of the winner, by name: sections and their figures."""
    file, winner = closeups.of_task(material.outcome["task"]), material.winner
    if file is None or winner is None:
        return {}, {}
    found = material.analysis.get(SHOWN) or {}
    if "form" not in found:
        blank = {**BLANK, "title": "A look at the model", "says": material.missing(SHOWN)}
        return {"closeup": blank}, {"closeup": []}
    made = file.sections(found, material.arrays, winner)
    made |= _of_network(material, file) | _of_training(material)
    return (
        {name: {**BLANK, **facts} for name, (facts, _) in made.items()},
        {name: [one for one in drawn if one] for name, (_, drawn) in made.items()},
    )


def _of_network(material: Material, file: ModuleType) -> Made:
    """Return what there is to see of the best network, where something else won."""
    found = material.analysis.get("network") or {}
    if "form" not in found:
        return {}
    own = {name.removeprefix(NETWORK): values for name, values in material.arrays.items()
           if name.startswith(NETWORK)}  # fmt: skip
    row = found["row"]
    made: Made = file.sections(found, own, row)
    shown = {name: part for name, part in made.items() if name in OF_NETWORK}
    score = words.score(row["score"], material.score)
    place = "ties with the winner, which is cheaper" if row["tied"] else "did not win"
    lead = f"The best network {place} ({words.score_title(material.score)} {score}). "
    for number, (facts, _) in enumerate(shown.values()):
        facts["title"] = f"The {words.inside(row['title'])}: {words.inside(facts['title'])}"
        facts["says"] = f"{'' if number else lead}{facts['says']}"
    return {f"{NETWORK}{name}": part for name, part in shown.items()}


def _of_training(material: Material) -> Made:
    """Return how a generator's training went, its film, and the filters of machines."""
    went = course.section(material) if material.outcome["task"] == "generation" else None
    kept = inside.sections(material.analysis.get("inside") or {}, material.arrays)
    return {**({"course": went} if went else {}), **kept}


def advise(material: Material) -> list[str]:
    """Return what would help, read from what was found about the winner; most important first."""
    return advise_of(material.outcome["task"], material.analysis.get(SHOWN) or {})


def advise_of(task: str, found: dict[str, Any]) -> list[str]:
    """Return the same of what was found about the model of a task."""
    make = {"representation": _code, "outliers": _alarms, "generation": _draws}.get(task)
    return [] if make is None or "form" not in found else make(found)


def _code(found: dict[str, Any]) -> list[str]:
    code, said = found.get("code"), []
    if code is not None and code["width"] >= code["row"]:
        said.append(
            f"Ask for a narrower code: it has {code['width']:,} numbers for rows of "
            f"{code['row']:,}, so that nothing need be left out."
        )
    lossy = [one for one in found.get("columns", []) if one["lost"] > 0.8]
    if lossy:
        names = words.listed([f"'{one['column']}'" for one in lossy[:5]])
        said.append(
            f"Do not count on the code where {names} matter{'s' if len(lossy) == 1 else ''}: most "
            "of that is lost. A wider code would keep more of it."
        )
    return said or ["Try a wider and a narrower code: the score says what each number is worth."]


def _alarms(found: dict[str, Any]) -> list[str]:
    if found["known_outliers"]:
        return [
            "Look at the strangest examples below the threshold and beyond it: if the false alarms "
            "are worth a look too, the normal class is less uniform than its name."
        ]
    return [
        "Look through the strangest examples, and write down in a column which of them are "
        "outliers indeed; name it with --target, and the race is judged by them."
    ]


def _draws(found: dict[str, Any]) -> list[str]:
    scores, said = found["scores"], []
    if generation.copies(found):
        said.append(
            "Do not publish samples as if they were nobody's: they are too near to training "
            "examples. Fewer epochs, a smaller network or more examples make copies rarer."
        )
    missing = (found.get("modes") or {}).get("missing")
    if missing:
        names = words.listed([f"'{name}'" for name in missing])
        said.append(f"Bring more examples of {names}: samples of them are missing.")
    best = found["yardstick"]
    if scores["precision"] < 0.8 * best["precision"]:
        said.append(
            "Many samples look like nothing real: bring more examples; a network may need more "
            "epochs."
        )
    if scores["recall"] < 0.8 * best["recall"]:
        said.append("Part of the real variety is never drawn: a larger network may draw it.")
    return said or ["Samples are about as good as other training examples would be: use them."]
