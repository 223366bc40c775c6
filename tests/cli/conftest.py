from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fieldguide.cli import main


@dataclass
class Outcome:
    """What a command left: exit status, standard output and standard error."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Outcome]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command line in this process."""

    def run(*words: object) -> Outcome:
        capsys.readouterr()
        status = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def iris_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model of the irises."""
    from fieldguide.algorithms.perceptron.mlp import MLP

    folder = tmp_path_factory.mktemp("models") / "iris"
    return MLP(hidden=(16,), epochs=30, lr=0.01, device="cpu").fit("iris").save(folder)
