from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

import fieldguide as fg

if TYPE_CHECKING:
    from tests.cli.conftest import Command


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table in which everything follows from the first column."""
    size = pl.Series("size", [1 + 0.037 * number for number in range(300)])
    path = tmp_path_factory.mktemp("data") / "clean.csv"
    frame = pl.DataFrame({"size": size, "weight": 2 * size + 1, "price": 10 - size})
    frame.write_csv(path)
    return path


@pytest.fixture(scope="module")
def model(table: Path) -> Path:
    fitted = fg.Autoencoder(code=1, hidden=(32,), epochs=60, lr=3e-3, task="representation")
    return fitted.fit(table).save(table.parent / "model")


def test_a_table_is_put_right(command: Command, model: Path, table: Path, tmp_path: Path) -> None:
    clean = pl.read_csv(table).head(20)
    wrong = clean.with_columns(
        pl.when(pl.int_range(20) == 7).then(99.0).otherwise(pl.col("weight")).alias("weight")
    )
    wrong.write_csv(tmp_path / "wrong.csv")
    answer = command("repair", model, tmp_path / "wrong.csv", "-o", tmp_path / "right.csv")
    assert answer.status == 0 and "weight 1" in answer.out
    right = pl.read_csv(tmp_path / "right.csv")
    assert right.columns == clean.columns
    assert abs(right["weight"][7] - clean["weight"][7]) < 2
    found = command("repair", model, tmp_path / "wrong.csv", "--json").document
    assert found["replaced"]["weight"] >= 1 and len(found["examples"]) == 20


def test_nothing_to_repair_and_bad_words(command: Command, model: Path, table: Path) -> None:
    assert command("repair", model, table, "--threshold", "0").status == 2
    plane = fg.PrincipalComponents(components=1).fit(table).save(table.parent / "plane")
    answer = command("repair", plane, table)
    assert answer.status == 2 and "does not repair" in answer.err
