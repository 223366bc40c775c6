"""Reports of races in which nothing is predicted: their parts, and what these say."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

import fieldguide as fg
from fieldguide.advisor.reporting import closeups, without_target
from fieldguide.advisor.reporting.closeups import generation, outliers, representation
from fieldguide.data import Dataset
from tests.advisor.reporting.unlabelled_run import digits, finished, sensors, waves

PARTS = {
    "representation": ["restored", "lost", "codes"],
    "outliers": ["separation", "strangest"],
    "generation": ["samples", "likeness", "copies"],
}


def split(dataset: Dataset, seed: int = 0) -> tuple[Dataset, Dataset]:
    """Two halves, drawn at random."""
    order = np.random.default_rng(seed).permutation(len(dataset))
    half = len(order) // 2
    return dataset.take(np.sort(order[:half])), dataset.take(np.sort(order[half:]))


@pytest.mark.parametrize("task", list(PARTS))
@pytest.mark.parametrize("data", [digits, sensors, waves])
def test_every_task_has_its_own_parts(tmp_path: Path, task: str, data: Any) -> None:
    outcome = finished(tmp_path, data(), task)
    stored = json.loads((tmp_path / "report.json").read_text())
    found = stored["sections"]
    assert stored["closeups"] == PARTS[task]
    assert not set(without_target.OF_ANSWERS) & set(found)
    page, plain = (tmp_path / "report.html").read_text(), (tmp_path / "report.md").read_text()
    for section in found.values():
        assert "could not be shown" not in section["says"], section["says"]
        assert section["title"] in page and section["title"] in plain
        assert section["says"].endswith(".")
    for excuse in ("no winner to improve", "not there", "There is nothing to see", "no curve"):
        assert excuse not in page
    for said in outcome["verdict"]:
        assert said in plain
    for drawn in re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL):
        assert ElementTree.fromstring(drawn).get("aria-label")
    assert all(re.search(r'alt="[^"]+"', image) for image in re.findall(r"<img[^>]*>", page))
    assert ("<img" in page) == (data is digits)
    assert f"--task {task}" in page


def test_without_a_look_the_report_says_how_to_get_one(tmp_path: Path) -> None:
    finished(tmp_path, sensors(), "representation", seconds=0)
    found = json.loads((tmp_path / "report.json").read_text())
    assert found["closeups"] == ["closeup"]
    assert "fieldguide report" in found["sections"]["closeup"]["says"]


def test_what_is_lost_agrees_with_scikit_learn() -> None:
    known, held_out = split(digits(600))
    model = fg.PrincipalComponents(components=5, validation=0, task="representation").fit(known)
    found, arrays = representation.measure(model, known, held_out, seed=0)
    rows = model.task_.all_rows(model.task_.encode(known)).numpy()
    judged = model.task_.all_rows(model.task_.encode(held_out)).numpy()
    theirs = PCA(5).fit(rows)
    back = theirs.inverse_transform(theirs.transform(judged))
    error = np.sqrt(np.square(judged - back).mean(axis=0))
    assert arrays["lost"].ravel() == pytest.approx(error, abs=1e-3)
    spread = np.square(judged - judged.mean(axis=0)).sum()
    kept = 1 - np.square(judged - back).sum() / spread
    assert found["code"]["components_keep"] == pytest.approx(kept, abs=1e-3)
    assert found["code"]["width"] == 5 and found["code"]["row"] == 64
    assert found["code"]["neighbours_own"] == found["code"]["neighbours_components"]
    losses = [one["lost"] for one in found["examples"]]
    assert losses == sorted(losses) and len(losses) == representation.SHOWN


def test_columns_are_lost_as_much_as_they_are_alone() -> None:
    """One component through two copies of a number and one of its own: the loner is lost."""
    chance = np.random.default_rng(0)
    x = chance.normal(size=400)
    data = Dataset.from_columns({
        "one": x + 0.01 * chance.normal(size=400), "two": x + 0.01 * chance.normal(size=400),
        "alone": chance.normal(size=400),
    })  # fmt: skip
    known, held_out = split(data)
    model = fg.PrincipalComponents(components=1, task="representation").fit(known)
    found, arrays = representation.measure(model, known, held_out, seed=0)
    lost = {one["column"]: one["lost"] for one in found["columns"]}
    assert lost["alone"] > 0.9 and max(lost["one"], lost["two"]) < 0.05
    facts, _ = representation.sections(found, arrays, {"score": 0.66})["lost"]
    assert "Most is lost of 'alone'" in facts["says"]
    assert without_target._code(found)[0].startswith("Do not count on the code where 'alone'")


def test_why_a_row_is_strange_names_its_column() -> None:
    known, held_out = split(sensors(600, target="kind"))
    model = fg.PrincipalComponents(task="outliers", components=2).fit(known)
    found, arrays = outliers.measure(model, known, held_out, seed=0)
    assert found["normal"] == "fine" and found["known_outliers"]
    odd = [one for one in found["examples"] if one["class"] == "odd"]
    assert len(odd) >= 6
    assert all(one["why"][0]["column"] in ("pressure", "temperature") for one in odd)
    facts, _ = outliers.sections(found, arrays, {})["strangest"]
    assert any("pressure" in row[-1] and "usually" in row[-1] for row in facts["table"]["rows"])
    assert roc_auc_score(arrays["truth"], arrays["surprise"]) == pytest.approx(
        model.evaluate(held_out)["auroc"]
    )


def test_why_a_sequence_is_strange_points_to_its_steps() -> None:
    known, held_out = split(waves(300, target="kind"))
    model = fg.PrincipalComponents(task="outliers", components=3).fit(known)
    found, arrays = outliers.measure(model, known, held_out, seed=0)
    spikes = [n for n, one in enumerate(found["examples"]) if one["class"] == "spike"]
    assert len(spikes) >= 6
    assert all(abs(int(arrays["weights"][n].argmax()) - 20) <= 1 for n in spikes)


def test_why_a_picture_is_strange_points_to_its_patch() -> None:
    chance = np.random.default_rng(0)
    pictures = chance.normal(100, 10, (300, 1, 14, 14))
    pictures[::10, :, 8:10, 4:6] += 120
    kinds = np.where(np.arange(300) % 10 == 0, "spot", "plain")
    data = Dataset.from_columns(
        {"image": pictures.astype(np.uint8), "kind": pl.Series(kinds)}, target="kind"
    )
    known, held_out = split(data)
    model = fg.PrincipalComponents(task="outliers", components=3).fit(known)
    _, arrays = outliers.measure(model, known, held_out, seed=0)
    places = arrays["weights"][:5].reshape(5, -1).argmax(axis=1)
    assert all((place // 14, place % 14) == (8, 4) for place in places)


def test_a_threshold_that_raises_too_many_alarms_is_told() -> None:
    normal, strange = np.arange(100.0), np.arange(100.0) + 200
    (said,) = outliers._off(normal, strange, alarms=0.6)
    assert "At 94.05 instead" in said and "100 % of the others" in said
    assert outliers._off(normal, strange, alarms=0.06) == []


def test_copies_are_found_and_told() -> None:
    known, held_out = split(sensors(600))
    model = fg.GaussianMixture(task="generation").fit(known)
    honest, arrays = generation.measure(model, known, held_out, seed=0)
    assert not honest["memorisation"]["suspected"]
    rows = model.task_.all_rows(model.task_.encode(known))
    model.samples = lambda count, y, generator: rows[
        np.random.default_rng(0).integers(0, len(rows), count)
    ]
    found, arrays = generation.measure(model, known, held_out, seed=0)
    assert found["memorisation"]["suspected"] and found["memorisation"]["copied"] > 0.99
    facts, _ = generation.sections(found, arrays, {"scores": {}})["copies"]
    assert facts["says"].startswith("It copies: 100 %")
    assert found["near_made"]["cells"] == found["near_real"]["cells"]
    assert "Do not publish" in without_target.advise_of("generation", found)[0]


def test_classes_that_are_never_drawn_are_named() -> None:
    known, held_out = split(digits(600))
    model = fg.GaussianMixture(task="generation").fit(known)
    rows = model.task_.all_rows(model.task_.encode(known))
    kept = np.flatnonzero(np.asarray(known.column("digit")) != 7)
    model.samples = lambda count, y, generator: rows[np.random.default_rng(0).choice(kept, count)]
    found, _ = generation.measure(model, known, held_out, seed=0)
    assert found["modes"]["missing"] == ["7"] and found["modes"]["covered"] == 9
    assert "asked" not in found  # it does not mind which class it is asked for


def test_samples_of_classes_that_were_asked_for_are_labelled() -> None:
    known, held_out = split(digits(400))
    model = fg.GaussianMixture(task="generation").fit(known)
    rows = model.task_.all_rows(model.task_.encode(known))
    codes = np.asarray(known.column("digit"))
    model.samples = lambda count, y, generator: rows[
        [np.flatnonzero(codes == int(code))[0] for code in y]
    ]
    found, arrays = generation.measure(model, known, held_out, seed=0)
    assert found["asked"] == [str(digit) for digit in range(10) for _ in range(2)]
    facts, _ = generation.sections(found, arrays, {"scores": {}})["samples"]
    assert [one["caption"] for one in facts["groups"][0]["pictures"]] == found["asked"]


def test_unknown_tasks_have_no_parts() -> None:
    assert closeups.of_task("classification") is None
    assert closeups.of_task("no task") is None
