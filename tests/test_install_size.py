"""The default install stays small, and `constraints.txt` pins all of it."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from setuptools.config.pyprojecttoml import read_configuration

import fieldguide

ROOT = Path(__file__).parents[1]
MOST_PACKAGES = 40  # besides fieldguide, torch, and what torch itself needs


def needs(package: str, extra: str = "") -> list[Requirement]:
    """What an installed package asks for on this machine, with one of its extras or none."""
    wanted = [Requirement(line) for line in requires(package) or []]
    return [r for r in wanted if r.marker is None or r.marker.evaluate({"extra": extra})]


def closure(package: str) -> set[str]:
    """Every package that installing `package` without extras brings, itself included."""
    seen: set[tuple[str, str]] = set()
    waiting = [(canonicalize_name(package), "")]
    while waiting:
        item = waiting.pop()
        if item in seen:
            continue
        seen.add(item)
        for requirement in needs(*item):
            name = canonicalize_name(requirement.name)
            waiting += [(name, extra) for extra in ("", *requirement.extras)]
    return {name for name, _ in seen}


def installed_closure() -> set[str]:
    """The default install of fieldguide, or a skip where it is only on the path."""
    try:
        return closure("fieldguide")
    except PackageNotFoundError as missing:
        pytest.skip(f"not installed with pip here: {missing.name}")


def pins() -> dict[str, str]:
    """Name and version of every line of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(r.name): str(r.specifier).removeprefix("==") for r in wanted}


def test_default_install_is_small() -> None:
    ours = installed_closure() - closure("torch") - {"fieldguide"}
    assert {"numpy", "polars", "scikit-learn"} <= ours  # the walk did arrive somewhere
    assert len(ours) <= MOST_PACKAGES, sorted(ours)


def test_default_install_is_pinned() -> None:
    found = {name: version(name).split("+")[0] for name in installed_closure() - {"fieldguide"}}
    assert not {name for name in found if name not in pins()}
    assert found == {name: pins()[name] for name in found}


def test_every_declared_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    declared = [Requirement(line) for line in sum(extras, start=project["dependencies"])]
    ours = [r for r in declared if r.name != "fieldguide"]
    assert not [r.name for r in ours if canonicalize_name(r.name) not in pins()]
    wrong = [r for r in ours if not r.specifier.contains(pins()[canonicalize_name(r.name)])]
    assert not wrong


def test_the_package_is_built_with_the_version_that_it_states() -> None:
    read = read_configuration(ROOT / "pyproject.toml", expand=True)
    assert read["project"]["version"] == fieldguide.__version__


def test_constraints_are_exact_and_portable() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = [line for line in lines if line and not line.startswith("#")]
    exact = re.compile(r"[a-z0-9-]+==[0-9][a-z0-9.]*( ; sys_platform == \"win32\")?")
    assert not [line for line in pinned if not exact.fullmatch(line)]
    assert not [line for line in pinned if line.startswith(("nvidia-", "cuda-", "triton"))]
