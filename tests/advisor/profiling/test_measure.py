"""Measures are found by walking and by entry points, and each sees only what it is meant for."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from importlib import invalidate_caches
from pathlib import Path

import numpy as np
import pytest

from fieldguide.advisor.profiling import measure
from fieldguide.advisor.profiling.measure import Finding, Measure, measures
from fieldguide.advisor.profiling.profile import profile
from fieldguide.tasks.inputs import Inputs
from tests.advisor.advisor_data import blobs, pictures, table, xor

ROOM = Path(measure.__file__).parent / "measures"

SOURCE = """
from fieldguide.advisor.profiling.measure import Finding, Measure

def find(material):
    assert len(material.sample) == len(material.looked_at)
    count = len(material.dataset)
    return Finding({"twice": 2 * count}, (f"Twice as many would be {2 * count}.",))

def broken(material):
    return 1 / 0

MEASURE = Measure("twice", find, tasks=("classification",), forms=("table",), order=1)
TREES = Measure(
    "depth",
    lambda material: Finding({"deepest": len(material.dataset)}, ("The deepest has 60.",)),
    forms=("tree",),
)
FAILS = Measure("fails", broken)
TAKEN = Measure("label_noise", find)
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install a package that brings measures, and forget it afterwards."""

    def install(**points):
        (tmp_path / "extra_measures.py").write_text(SOURCE)
        about = tmp_path / "extra-1.0.dist-info"
        about.mkdir(exist_ok=True)
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: extra\nVersion: 1.0\n")
        lines = "\n".join(f"{name} = {value}" for name, value in points.items())
        (about / "entry_points.txt").write_text(f"[{measure.GROUP}]\n{lines}\n")
        invalidate_caches()
        measures.cache_clear()

    monkeypatch.syspath_prepend(tmp_path)
    yield install
    monkeypatch.undo()
    sys.modules.pop("extra_measures", None)
    measures.cache_clear()


def test_every_file_of_the_room_is_a_measure_of_its_name():
    files = {path.stem for path in ROOM.glob("*.py")} - {"__init__"}
    assert files == {one.name for one in measures()}
    orders = [one.order for one in measures()]
    assert orders == sorted(orders)


def test_a_measure_without_tasks_or_forms_suits_all():
    every = Measure("x", lambda material: Finding())
    some = Measure("x", lambda material: Finding(), tasks=("parsing",), forms=("tree", "graph"))
    assert every.applies("anything", "tree")
    assert some.applies("parsing", "graph")
    assert not some.applies("parsing", "table")
    assert not some.applies("classification", "tree")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (xor(200), {"separability", "label_noise"}),
        (pictures(200), {"detail", "separability", "label_noise"}),
        (table(a=np.arange(100) ** 1.5, y=np.arange(100) + 0.5), {"noise_floor"}),
    ],
)
def test_findings_suit_the_task_and_the_form_and_are_json(data, expected):
    found = profile(data)
    assert set(found.findings) == expected
    stored = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert set(stored["findings"]) == expected
    for name, one in found.findings.items():
        assert stored["findings"][name]["sentences"] == list(one.sentences)
        assert set(one.sentences) <= set(found.sentences())


def test_an_installed_package_adds_a_measure(installed):
    installed(any="extra_measures:MEASURE")
    found = profile(blobs(60))
    assert found.findings["twice"].figures == {"twice": 120}
    assert next(iter(found.findings)) == "twice"  # order 1
    assert "Twice as many would be 120." in found.sentences()
    assert "twice" not in profile(pictures(40)).findings


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("extra_measures:find", "it is no Measure"),
        ("extra_measures:gone", "cannot be imported"),
        ("no_such_module:MEASURE", "cannot be imported"),
        ("extra_measures:TAKEN", "its name is taken"),
        ("extra_measures:FAILS", "failed with ZeroDivisionError"),
    ],
)
def test_a_broken_measure_is_left_out_with_a_warning(installed, value, reason):
    installed(any=value)
    with pytest.warns(RuntimeWarning, match=reason):
        found = profile(blobs(60))
    assert set(found.findings) == {"separability", "label_noise"}


def test_a_form_that_is_no_vector_is_profiled_by_the_measures_made_for_it(installed, monkeypatch):
    """As trees or graphs will be: no quick models, but everything else, and no failure."""
    fit = Inputs.fit.__func__
    monkeypatch.setattr(
        Inputs,
        "fit",
        classmethod(lambda kind, train, forms: replace(fit(kind, train), form="tree")),
    )
    installed(any="extra_measures:TREES")
    found = profile(blobs(60))
    assert (found.form, found.task, found.examples) == ("tree", "classification", 60)
    assert found.landmarks == found.curves == {}
    assert found.findings == {"depth": Finding({"deepest": 60}, ("The deepest has 60.",))}
    assert "The deepest has 60." in found.sentences()
    json.dumps(found.to_dict(), allow_nan=False)
