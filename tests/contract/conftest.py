"""The algorithms that keep the contract: all that the catalog finds."""

from __future__ import annotations

import pytest

from fieldguide import catalog

OWN = [e for e in catalog.entries() if e.module.startswith("fieldguide.algorithms.")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "entry" in metafunc.fixturenames:
        metafunc.parametrize("entry", OWN, ids=[entry.name for entry in OWN], scope="session")
