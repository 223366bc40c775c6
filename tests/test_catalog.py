"""The catalog: every file is found, without being imported; strangers' packages too."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import fieldguide as fg
from fieldguide import catalog
from fieldguide.advisor.racing.race import race
from fieldguide.errors import ModelFolderError, UsageError
from tests import toys
from tests.third_party import MODULE, install

ROOT = Path(__file__).parents[1]


def test_as_many_as_there_are_files() -> None:
    files = [path for path in catalog.ROOT.glob("*/*.py") if not path.name.startswith("_")]
    own = [e for e in catalog.entries() if e.module.startswith("fieldguide.algorithms.")]
    with_card = [path for path in files if "card = Card(" in path.read_text(encoding="utf-8")]
    assert sorted(entry.path for entry in own) == sorted(with_card)
    assert own


def test_names_are_those_of_files_and_in_the_order_of_years() -> None:
    found = catalog.entries()
    assert [entry.card.year for entry in found] == sorted(entry.card.year for entry in found)
    assert all(entry.name == entry.path.stem.replace("_", "-") for entry in found)
    assert len({entry.name for entry in found}) == len(found)


def test_listing_imports_neither_torch_nor_any_algorithm() -> None:
    code = (
        "import sys, fieldguide\n"
        "from fieldguide import catalog\n"
        "assert len(dir(fieldguide)) > 5 and catalog.get('mlp').summary\n"
        "assert not [m for m in sys.modules if m == 'torch' or m.startswith('fieldguide.alg')]\n"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )


def test_by_name_by_class_name_and_back() -> None:
    assert catalog.get("mlp") is catalog.get("MLP") is catalog.list_algorithms()["mlp"]
    assert catalog.name_of(fg.MLP) == "mlp"
    assert catalog.name_of(toys.ToyStack) == "toystack"


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no algorithm 'resnett'.*Did you mean 'resnet'"):
        catalog.get("resnett")
    with pytest.raises(AttributeError, match="no attribute 'Resnetty'"):
        _ = fg.Resnetty


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages, forgotten after the test."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith(("strangers", "alone")):
            del sys.modules[name]
    for name in ("NearestCentre", "Second"):
        vars(fg).pop(name, None)
    monkeypatch.undo()
    catalog.forget()


PACKAGE = {
    "strangers/__init__.py": "raise SystemExit('imported too early')",
    "strangers/models/centre.py": MODULE,
}


def test_a_strangers_algorithm_is_one_like_ours(site: Path, tmp_path: Path) -> None:
    modules = {**PACKAGE, "strangers/__init__.py": ""}
    install(site, {"nearest-centre": "strangers.models.centre"}, modules)
    catalog.forget()
    entry = catalog.get("nearest-centre")
    assert (entry.class_name, entry.family, entry.card.year) == ("NearestCentre", "strangers", 2001)
    assert entry.summary.startswith("Nearest centre: each class")
    assert "NearestCentre" in dir(fg)
    assert not (site / "strangers/models/centre.imported").exists()

    data = toys.array("classification")
    model = fg.NearestCentre(lr=0.1).fit(data)
    saved = model.save(tmp_path / "model")
    back = fg.load(saved)
    assert type(back) is fg.NearestCentre
    assert np.array_equal(back.predict(data), model.predict(data))


def test_listing_runs_none_of_a_strangers_code(site: Path) -> None:
    install(site, {"nearest-centre": "strangers.models.centre"}, PACKAGE)
    catalog.forget()
    assert catalog.get("nearest-centre").card.title == "Nearest centre"


def test_a_single_module_and_a_chosen_class(site: Path) -> None:
    install(site, {"second": "alone:Second"}, {"alone.py": MODULE})
    catalog.forget()
    assert catalog.get("second").class_name == "Second"
    assert fg.Second.card.year == 2002


@pytest.mark.parametrize(
    ("points", "modules", "reason"),
    [
        ({"x": "strangers.gone"}, {"strangers/__init__.py": ""}, "no module strangers.gone"),
        ({"x": "nowhere.at.all"}, {}, "no module nowhere.at.all"),
        ({"x": "alone:Third"}, {"alone.py": MODULE}, "no class Third with a card"),
        ({"x": "alone"}, {"alone.py": "class A: pass"}, "no class with a card"),
        ({"x": "alone"}, {"alone.py": "def ("}, "cannot be read"),
        (
            {"x": "alone"},
            {"alone.py": MODULE.replace("year=2001", "year=this_year()")},
            "cannot be read as a file with a card of literals",
        ),
        ({"x": "alone"}, {"alone.py": MODULE.replace("year=2001,", "")}, "cannot be read"),
        ({"x": "alone"}, {"alone.py": MODULE.replace("year=", "era=")}, "cannot be read"),
        ({"mlp": "alone"}, {"alone.py": MODULE}, "'mlp' is the name of fieldguide.algorithms"),
        (
            {"x": "alone"},
            {"alone.py": MODULE.replace("class NearestCentre", "class MLP")},
            "'MLP' is the name of fieldguide.algorithms",
        ),
    ],
)
def test_a_broken_package_is_left_out_with_a_warning(
    site: Path, points: dict[str, str], modules: dict[str, str], reason: str
) -> None:
    install(site, points, modules)
    catalog.forget()
    with pytest.warns(UserWarning, match=reason):
        found = catalog.entries()
    assert "x" not in [entry.name for entry in found]
    assert catalog.get("mlp").class_name == "MLP"
    assert fg.MLP.__module__ == "fieldguide.algorithms.perceptron.mlp"


def test_a_package_whose_needs_are_missing_says_so_when_it_is_used(site: Path) -> None:
    source = MODULE.replace("import pathlib\n", "import pathlib, a_package_nobody_has\n")
    install(site, {"nearest-centre": "alone"}, {"alone.py": source})
    catalog.forget()
    with pytest.raises(UsageError, match=r"'nearest-centre' cannot be loaded.*a_package_nobody"):
        catalog.get("nearest-centre").load()


def test_a_model_whose_package_was_uninstalled_says_so(site: Path, tmp_path: Path) -> None:
    install(site, {"nearest-centre": "alone"}, {"alone.py": MODULE})
    catalog.forget()
    saved = fg.NearestCentre().fit(toys.array("classification")).save(tmp_path / "model")
    (site / "strangers-1.0.dist-info" / "entry_points.txt").unlink()
    catalog.forget()
    with pytest.raises(ModelFolderError, match=r"alone:NearestCentre.*Install the package"):
        fg.load(saved)


def test_the_catalog_itself_warns_of_nothing() -> None:
    catalog.forget()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert catalog.entries()


def test_a_strangers_algorithm_is_raced_beside_ours(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(site, {"nearest-centre": "alone"}, {"alone.py": MODULE})
    catalog.forget()
    paths = [str(site), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    outcome = race(
        toys.array("classification", 120),
        budget=120,
        run=tmp_path / "run",
        algorithms=["nearest-centre"],
        progress=False,
    )
    (row,) = [row for row in outcome.leaderboard if row.name == "nearest-centre"]
    assert row.status == "finished" and 0 <= row.score <= 1
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "nearest-centre" in report or "Nearest centre" in report
