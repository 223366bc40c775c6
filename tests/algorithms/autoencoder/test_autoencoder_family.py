"""What every autoencoder does: codes and back, scores beside PCA, repair in the user's units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

import fieldguide as fg
from fieldguide.data import Dataset, SeriesColumn
from fieldguide.errors import DataError, UsageError

DENSE = [
    fg.Autoencoder(code=3, epochs=60, lr=3e-3),
    fg.DenoisingAutoencoder(code=3, epochs=60, lr=3e-3, amount=0.1),
    fg.SparseAutoencoder(code=20, epochs=60, lr=1e-2, penalty=0.1),
    fg.ContractiveAutoencoder(code=20, epochs=100, lr=1e-2, penalty=1e-3),
    fg.VAE(code=3, hidden=(64,), epochs=60, lr=3e-3),
]
dense = pytest.mark.parametrize("model", DENSE, ids=lambda model: type(model).__name__)


def curves(count: int = 400, seed: int = 0) -> np.ndarray:
    """Waves of 24 steps, of which amplitude, offset and phase vary; almost without noise."""
    chance = np.random.default_rng(seed)
    high, base, phase = chance.normal(size=(3, count, 1))
    steps = np.linspace(0, 2 * np.pi, 24)
    waves = (2 + high) * np.sin(steps + 0.5 * phase) + base
    return waves + 0.05 * chance.normal(size=waves.shape)


def spoilt(clean: np.ndarray, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Add a spike to every second row; return it and where."""
    chance = np.random.default_rng(seed)
    rows, where = clean.copy(), np.zeros(clean.shape, dtype=bool)
    chosen = np.arange(0, len(rows), 2)
    places = chance.integers(0, clean.shape[1], len(chosen))
    where[chosen, places] = True
    rows[where] += 12 * chance.choice([-1, 1], len(chosen))
    return rows, where


def rmse(one: np.ndarray, other: Any) -> float:
    return float(np.sqrt(np.square(one - other).mean()))


@dense
def test_it_explains_curves_nearly_as_well_as_principal_components(model: fg.Estimator) -> None:
    X, new = curves(), curves(seed=9)
    pca = PCA(3).fit(X)
    rest = np.square(new - pca.inverse_transform(pca.transform(new))).sum()
    theirs = 1 - rest / np.square(new - new.mean(axis=0)).sum()
    assert model.fit(X).evaluate(new)["explained"] > theirs - 0.08


@dense
def test_codes_go_there_and_back(model: fg.Estimator) -> None:
    X = curves()
    model.fit(X)
    codes = model.encode(X)
    assert codes.shape == (len(X), model.code)
    assert np.array_equal(codes, model.transform(X))
    np.testing.assert_allclose(model.decode(codes), model.reconstruct(X), atol=1e-5)
    with pytest.raises(UsageError, match=f"expected {model.code}"):
        model.decode(codes[:, :-1])


@dense
def test_spikes_are_taken_back(model: fg.Estimator) -> None:
    model.fit(curves())
    clean = curves(seed=5)
    rows, where = spoilt(clean)
    found = model.repair(rows)
    assert found.mask.shape == found.values.shape == rows.shape
    assert found.mask[where].mean() > 0.9 and found.mask[~where].mean() < 0.1
    assert np.array_equal(found.values[~found.mask], rows[~found.mask])
    assert rmse(found.values, clean) < 0.35 * rmse(rows, clean)


@dense
def test_strange_examples_are_found(model: fg.Estimator) -> None:
    model.fit(curves())
    chance = np.random.default_rng(3)
    usual, strange = curves(seed=5), chance.permuted(curves(seed=5), axis=1)
    likely = model.score_samples(np.concatenate([usual, strange]))
    assert roc_auc_score(np.repeat([1, 0], len(usual)), likely) > 0.95


def test_narrower_than_it_bends_it_beats_principal_components() -> None:
    """A closed curve in the plane of 3 directions: one number tells it, no line does."""
    angle = np.random.default_rng(0).uniform(0, 2.5, size=600)
    X = np.stack([np.cos(angle), np.sin(angle), np.sin(2 * angle)], axis=1)
    bent = fg.Autoencoder(code=1, epochs=150, lr=3e-3).fit(X).evaluate(X)["explained"]
    straight = fg.PrincipalComponents(components=1, validation=0).fit(X).evaluate(X)["explained"]
    assert bent > 0.97 > 0.9 > straight


def test_without_layers_it_is_as_good_as_principal_components_and_no_better() -> None:
    chance = np.random.default_rng(0)
    X = chance.normal(size=(500, 2)) @ chance.normal(size=(2, 6)) + 0.3 * chance.normal(
        size=(500, 6)
    )
    line = fg.Autoencoder(hidden=(), code=2, epochs=100, lr=1e-2, validation=0).fit(X)
    plane = fg.PrincipalComponents(components=2, validation=0).fit(X)
    theirs = plane.evaluate(X)["explained"]
    assert theirs - 0.005 < line.evaluate(X)["explained"] <= theirs + 1e-6


def test_a_saved_model_repairs_alike(tmp_path: Path) -> None:
    model = fg.Autoencoder(code=3, epochs=20).fit(curves())
    rows, _ = spoilt(curves(seed=5))
    again = fg.load(model.save(tmp_path / "model")).repair(rows)
    found = model.repair(rows)
    assert np.array_equal(again.mask, found.mask)
    np.testing.assert_allclose(again.values, found.values, atol=1e-6)


def test_the_threshold_decides_how_much_is_touched() -> None:
    model = fg.Autoencoder(code=3, epochs=20).fit(curves())
    rows, _ = spoilt(curves(seed=5))
    touched = [model.repair(rows, threshold=bar).mask.mean() for bar in (2.0, 5.0, 1e6)]
    assert touched[0] > touched[1] > touched[2] == 0
    with pytest.raises(UsageError, match="above 0"):
        model.repair(rows, threshold=0)


def products(count: int = 600, seed: int = 0) -> pl.DataFrame:
    """A table in which weight follows size, price follows weight, and size tells the category."""
    chance = np.random.default_rng(seed)
    size = chance.uniform(1, 10, count)
    return pl.DataFrame(
        {
            "name": [f"item {seed} {number}" for number in range(count)],
            "size": size,
            "weight": (100 * size + chance.normal(size=count)).round().astype(int),
            "price": 3 * size + 0.05 * chance.normal(size=count),
            "box": np.where(size > 5, "large", "small"),
        }
    )


def test_a_table_is_put_right_in_its_own_columns() -> None:
    model = fg.DenoisingAutoencoder(code=3, hidden=(64,), epochs=100, lr=3e-3, amount=0.3).fit(
        products()
    )
    clean = products(60, seed=1)
    wrong = clean.with_columns(
        pl.when(pl.col("name") == "item 1 3")
        .then(9000)
        .otherwise(pl.col("weight"))
        .alias("weight"),
        pl.when(pl.col("name") == "item 1 5").then(-40.0).otherwise(pl.col("price")).alias("price"),
    )
    found = model.repair(wrong)
    assert found.values.schema == wrong.schema and found.mask.columns == wrong.columns
    assert found.mask["weight"][3] and found.mask["price"][5]
    assert abs(found.values["weight"][3] - clean["weight"][3]) < 150
    assert abs(found.values["price"][5] - clean["price"][5]) < 4
    assert sum(found.mask[name].sum() for name in ("size", "weight", "price", "box")) < 24
    after = rmse(found.values["price"].to_numpy(), clean["price"].to_numpy())
    assert after < 0.5 * rmse(wrong["price"].to_numpy(), clean["price"].to_numpy())
    assert found.values["name"].equals(wrong["name"])


def test_what_is_missing_is_filled() -> None:
    def holed(table: pl.DataFrame) -> pl.DataFrame:
        every = pl.int_range(pl.len())
        return table.with_columns(
            pl.when(every % 4 == 1).then(None).otherwise(pl.col("price")).alias("price"),
            pl.when(every % 4 == 2).then(None).otherwise(pl.col("box")).alias("box"),
        )

    model = fg.DenoisingAutoencoder(code=3, hidden=(64,), epochs=100, lr=3e-3, amount=0.3).fit(
        holed(products())
    )
    clean = products(80, seed=1)
    found = model.repair(holed(clean))
    assert sum(found.values[name].null_count() for name in ("price", "box")) == 0
    missing = holed(clean)["price"].is_null()
    assert found.mask["price"].filter(missing).all()
    assert rmse(found.values["price"].to_numpy(), clean["price"].to_numpy()) < 0.5 * rmse(
        clean["price"].to_numpy(), clean["price"].mean()
    )
    assert (found.values["box"] == clean["box"]).mean() > 0.9


def test_series_of_several_channels_and_lengths_keep_their_shape() -> None:
    chance = np.random.default_rng(0)
    sequences = [
        np.stack([level + np.zeros(steps), -level + np.zeros(steps)], axis=1)
        for level, steps in zip(chance.normal(size=200), chance.integers(6, 9, 200), strict=True)
    ]
    data = Dataset.from_columns({"series": SeriesColumn.of(sequences, ("up", "down"))})
    model = fg.RecurrentAutoencoder(code=2, hidden=24, epochs=30, lr=1e-2).fit(data)
    bad = [one.copy() for one in sequences]
    bad[0][2, 1] = 50.0
    bad[1][3, 0] = np.nan
    found = model.repair(Dataset.from_columns({"series": SeriesColumn.of(bad, ("up", "down"))}))
    assert found.values.shape == found.mask.shape == (200, 8, 2)
    assert found.mask[0, 2, 1] and abs(found.values[0, 2, 1] - sequences[0][2, 1]) < 0.5
    for row, one in zip(found.values, sequences, strict=True):
        assert np.isnan(row[len(one) :]).all()


BAD: dict[str, tuple[Any, str]] = {
    "one example": (np.ones((1, 4)), "one example"),
    "all alike": (np.full((9, 4), 3.0), "all 9 examples are exactly the same"),
    "constant pictures": (np.full((9, 1, 8, 8), 7, np.uint8), "nothing to learn"),
    "nothing but gaps": (pl.DataFrame({"a": [None] * 9, "b": [None] * 9}), "no column can inform"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("kind", [fg.Autoencoder, fg.VAE])
def test_data_that_teach_nothing_explain_themselves(kind: type[fg.Estimator], case: str) -> None:
    data, message = BAD[case]
    with pytest.raises(DataError, match=message):
        kind().fit(data)


def test_an_empty_column_beside_others_is_left_out() -> None:
    table = products(40).with_columns(pl.lit(None).alias("nothing"))
    model = fg.Autoencoder(epochs=2).fit(table)
    assert "nothing" not in model.task_.inputs.codecs
    assert model.repair(table).values["nothing"].null_count() == 40


def test_a_code_as_wide_as_the_data_is_remarked() -> None:
    X = np.random.default_rng(0).normal(size=(40, 4))
    (note,) = fg.Autoencoder(code=4, epochs=1).fit(X).notes_
    assert "can copy" in note
    assert not fg.Autoencoder(epochs=1).fit(X).notes_
    assert not fg.DenoisingAutoencoder(epochs=1).fit(X).notes_
