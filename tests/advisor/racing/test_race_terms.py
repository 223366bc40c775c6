"""What a race gives to everybody alike, and when it may end early."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import fieldguide as fg
from fieldguide.advisor.racing.arena import Arena
from fieldguide.advisor.racing.learning import _race_terms


@pytest.mark.parametrize(
    ("kind", "task", "terms"),
    [
        (fg.ContractiveAutoencoder, "representation", {"code": 0}),
        (fg.ContractiveAutoencoder, "outliers", {}),
        (fg.RBM, "representation", {}),
        (fg.DCGAN, "generation", {"film": 10}),
        (fg.VAE, "generation", {}),
        (fg.MLP, "classification", {}),
    ],
)
def test_codes_are_as_wide_as_everybodys_and_films_are_kept(
    kind: Any, task: str, terms: dict[str, Any]
) -> None:
    assert _race_terms(kind, task) == terms


def test_the_usual_code_is_the_same_for_everybody() -> None:
    x = np.random.default_rng(0).normal(size=(60, 20))
    kinds = (fg.Autoencoder, fg.ContractiveAutoencoder, fg.SparseAutoencoder, fg.VAE, fg.RBM)
    for kind in kinds:
        terms = _race_terms(kind, "representation")
        model = kind(epochs=1, validation=0, task="representation", **terms).fit(x)
        assert model.encode(x).shape == (60, 5)


@pytest.mark.parametrize(("task", "ends"), [("classification", True), ("generation", False)])
def test_full_coverage_of_a_few_examples_ends_no_race(
    tmp_path: Path, task: str, ends: bool
) -> None:
    folder = tmp_path / "entrants" / "one"
    folder.mkdir(parents=True)
    np.savez(folder / "validation.npz", parts=np.ones((50, 2)))
    standings: Any = SimpleNamespace(learnt=[SimpleNamespace(name="one", title="One")])
    nobody: Any = None
    arena = Arena(tmp_path, {"seed": 0, "kind": task}, nobody, nobody, standings)
    assert (arena.cannot_be_beaten() == "One") == ends
