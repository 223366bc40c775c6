from __future__ import annotations

from typing import TYPE_CHECKING

from fieldguide import catalog

if TYPE_CHECKING:
    from tests.cli.conftest import Command


def test_the_guide_lists_every_algorithm(command: Command) -> None:
    listed = command("algorithms", "--json").document
    assert [one["name"] for one in listed] == [entry.name for entry in catalog.entries()]
    text = command("algorithms").out
    assert all(entry.name in text for entry in catalog.entries())
    assert max(map(len, text.splitlines())) <= 80


def test_a_page_shows_hyperparameters_with_ranges(command: Command) -> None:
    page = command("algorithms", "mlp").out
    assert "Rumelhart" in page and "How it works:" in page
    assert "--weight-decay" in page and "0 to 0.9" in page
    document = command("algorithms", "MLP", "--json").document
    known = {one["name"]: one for one in document["hyperparameters"]}
    assert known["hidden"]["default"] == [256, 256] and known["hidden"]["low"] == 1
    assert known["activation"]["choices"] == ["relu", "tanh", "gelu"]


def test_built_in_data(command: Command) -> None:
    names = [one["name"] for one in command("data", "--json").document]
    assert {"digits", "iris", "wine", "breast-cancer", "diabetes"} <= set(names)
    assert command("data", "iris", "--json").document["target"] == "species"
    assert "species" in command("data").out
