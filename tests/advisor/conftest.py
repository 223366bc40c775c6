"""A tiny package of well-behaved and hostile algorithms, installed by its entry points."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn import datasets

from fieldguide import catalog
from fieldguide.data import Dataset

HEAD = '''
"""A toy (Nobody 2024)."""
import ctypes, os, signal, subprocess, sys, time
import numpy as np
import torch
from torch import nn
from fieldguide.card import Card
from fieldguide.estimator import Estimator

class {cls}(Estimator):
    card = Card(title="{title}", paper="Nobody (2024). Toys.", year=2024,
                tasks=("classification", "regression"), capacity={capacity})

    def network(self, task):
        numbers = int(torch.Size(task.inputs.shape).numel())
        return nn.Sequential(nn.Flatten(), nn.Linear(numbers, 16), nn.Tanh(), task.head(16))

    @property
    def notes_(self):
        return ["the classes cannot be told apart by a line; try the MLP"]

    def build(self, task):
{build}
        return self.network(task)
'''

STEP = """
    def step(self, batch):
{step}
        return super().step(batch)
"""

TOYS = {
    "fine": (2, "", ""),
    "linear-toy": (1, "", ""),
    "constant": (0, "", "self.network_[-1].weight.data.zero_()"),
    "noted": (2, "", "self.seen = True"),
    "raises": (2, "raise RuntimeError('the toy broke\\nsecond line')", ""),
    "exits": (2, "os._exit(3)", ""),
    "segfaults": (2, "os.kill(os.getpid(), signal.SIGSEGV)", ""),
    "sleeps": (2, "time.sleep(600)", ""),
    "deaf": (
        2,
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT]); "
        "time.sleep(600)",
        "",
    ),
    "forks": (
        2,
        "[subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], "
        "start_new_session=bool(i % 2)) for i in range(4)]; time.sleep(600)",
        "",
    ),
    "leaks": (
        2,
        "held = []\n        while True: held.append(np.ones(5_000_000)); time.sleep(.01)",
        "",
    ),
    "garbage": (2, "", "os.write(1, os.urandom(200_000)); os.write(2, b'\\x1b[2J fit 1/0  x')"),
    "hangs": (
        2,
        "",
        "self.done = getattr(self, 'done', 0) + 1; time.sleep(600 if self.done > 25 else .06)",
    ),
    "moody": (2, "", "time.sleep(600 if self.lr != 1e-3 else 0)"),
    "slow": (2, "", "time.sleep(.02)"),
}  # fmt: skip


def _class(name: str) -> str:
    return name.title().replace("-", "") + "Toy"


def _source(name: str) -> str:
    capacity, build, step = TOYS[name]
    text = HEAD.format(
        cls=_class(name),
        title=name.capitalize(),
        capacity=capacity,
        build=f"        {build or '...'}",
    )
    return text + (STEP.format(step=f"        {step}") if step else "")


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Install the package on the path of this process; entrants inherit it.

    No longer than a file of tests needs it: others look at all that is installed, and one of these
    never ends.
    """
    site = tmp_path_factory.mktemp("site")
    package, about = site / "toybox", site / "toybox-1.0.dist-info"
    package.mkdir()
    about.mkdir()
    (package / "__init__.py").write_text("")
    points = []
    for name in TOYS:
        module = name.replace("-", "_")
        (package / f"{module}.py").write_text(_source(name))
        points.append(f"{name} = toybox.{module}:{_class(name)}")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toybox\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[fieldguide.algorithms]\n" + "\n".join(points) + "\n")
    sys.path.insert(0, str(site))
    catalog.forget()
    yield site
    sys.path.remove(str(site))
    for name in [name for name in sys.modules if name.split(".")[0] == "toybox"]:
        del sys.modules[name]
    catalog.forget()


@pytest.fixture
def iris() -> Dataset:
    bunch = datasets.load_iris()
    columns = {n: pl.Series(n, bunch.data[:, i]) for i, n in enumerate(bunch.feature_names)}
    names = pl.Series("species", np.asarray(bunch.target_names)[bunch.target].tolist())
    return Dataset.from_columns({**columns, "species": names}, target="species", source="iris")


@pytest.fixture
def digits() -> Dataset:
    bunch = datasets.load_digits()
    pixels = bunch.images.astype(np.uint8)[:, None]
    columns = {"image": pixels, "digit": pl.Series("digit", bunch.target)}
    return Dataset.from_columns(columns, target="digit", source="digits")


@pytest.fixture
def diabetes() -> Dataset:
    bunch = datasets.load_diabetes()
    columns = {n: pl.Series(n, bunch.data[:, i]) for i, n in enumerate(bunch.feature_names)}
    target = pl.Series("progression", bunch.target + 0.5)
    return Dataset.from_columns(
        {**columns, "progression": target}, target="progression", source="diabetes"
    )
