"""An algorithm from another package is recommended like ours, by the library and the command."""

from __future__ import annotations

import contextlib
import json
import sys
import time

import pytest

from fieldguide import catalog, tasks
from fieldguide.advisor.recommending import probe
from fieldguide.advisor.recommending.recommend import recommend
from fieldguide.cli import main
from tests import toys
from tests.third_party import MODULE, install


@pytest.fixture
def stranger(tmp_path, monkeypatch):
    """Install a package with one algorithm, and forget it afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    source = MODULE.replace('inputs=("array",)', 'inputs=("array", "table")')
    install(tmp_path, {"nearest-centre": "alone:NearestCentre"}, {"alone.py": source})
    catalog.forget()
    yield
    sys.modules.pop("alone", None)
    monkeypatch.undo()
    catalog.forget()


def test_it_is_forecast_probed_and_explained(stranger):
    advice = recommend(toys.array("classification", 120))
    names = {one.name for one in advice}
    assert {"nearest-centre", "mlp", "logistic-regression"} <= names
    (it,) = [one for one in advice.ranked if one.name == "nearest-centre"]
    (ours,) = [one for one in advice.ranked if one.name == "mlp"]
    assert it.score.low <= it.score.expected <= it.score.high
    assert it.seconds > 0 and it.memory_bytes > 0
    assert it.reasons and it.evidence
    assert set(it.facts) == set(ours.facts)
    assert it.alternative == ours.alternative
    assert it.alternative is not None


def test_the_command_shows_it(stranger, capsys):
    assert main(["recommend", "iris", "--no-probe", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["recommendations"]
    (it,) = [one for one in listed if one["name"] == "nearest-centre"]
    assert it["rank"] and it["facts"] and it["evidence"] and it["alternative"]["title"]
    assert main(["recommend", "iris", "--no-probe"]) == 0
    assert "Nearest centre" in capsys.readouterr().out


def test_one_that_never_ends_costs_a_minute_and_no_more(stranger, monkeypatch):
    monkeypatch.setattr(probe, "LONGEST", 0.5)
    (entry,) = [one for one in catalog.entries() if one.name == "nearest-centre"]
    monkeypatch.setattr(entry.load(), "build", _sleeps_through_errors)
    began = time.monotonic()
    cost = probe.probe(entry, probe.prepare(toys.array("classification", 60), _classification()))
    assert time.monotonic() - began < 10
    assert cost.seconds is None
    assert "not done in" in cost.problem


def _classification():
    return tasks.known()["classification"]


def _sleeps_through_errors(estimator, task):
    with contextlib.suppress(Exception):
        time.sleep(60)
    raise AssertionError("nobody woke it")
