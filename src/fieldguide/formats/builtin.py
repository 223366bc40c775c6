"""Built-in data sets: small real ones that scikit-learn brings along, available offline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fieldguide.formats.format import Format, Options

if TYPE_CHECKING:
    from fieldguide.data import Dataset


@dataclass(frozen=True)
class Sample:
    """One built-in data set.

    Attributes:
        loader: Function of ``sklearn.datasets``.
        target: Name of the column to predict.
        about: What it holds, in one sentence.
    """

    loader: str
    target: str
    about: str


SAMPLES = {
    "breast-cancer": Sample(
        "load_breast_cancer", "diagnosis", "569 tumours, 30 measurements: malignant or benign"
    ),
    "diabetes": Sample(
        "load_diabetes", "progression", "442 patients, 10 measurements: disease after one year"
    ),
    "digits": Sample("load_digits", "digit", "1,797 handwritten digits, 8 by 8 pixels"),
    "iris": Sample("load_iris", "species", "150 flowers, 4 measurements: three species"),
    "wine": Sample("load_wine", "cultivar", "178 wines, 13 measurements: three cultivars"),
}


def names() -> list[str]:
    """Return the names of the built-in data sets."""
    return sorted(SAMPLES)


class Builtin(Format):
    """Data sets that are always there."""

    name = "built-in"
    looks_for = f"one of the names {', '.join(sorted(SAMPLES))}"

    def knows(self, path: Path) -> bool:
        """Say whether the path is a built-in name; something on disk of that name goes first."""
        return str(path) in SAMPLES and not path.exists()

    def read(self, path: Path, options: Options) -> Dataset:
        """Load the data set."""
        from sklearn import datasets

        sample = SAMPLES[str(path)]
        bunch = getattr(datasets, sample.loader)()
        return (
            _images(bunch, sample, options)
            if "images" in bunch
            else _table(bunch, str(path), sample, options)
        )


def _images(bunch: Any, sample: Sample, options: Options) -> Dataset:
    import numpy as np

    from fieldguide.formats.blocks import labelled_blocks

    pixels = np.rint(bunch.images).astype(np.uint8)[:, None]  # 0 to 16, (n, 1, 8, 8)
    columns = {"image": pixels, sample.target: bunch.target.astype(np.int64)}
    return labelled_blocks(columns, sample.target, "digits", options, "it comes with the data")


def _table(bunch: Any, name: str, sample: Sample, options: Options) -> Dataset:
    import numpy as np
    import polars as pl

    from fieldguide.formats.table import RawTable, to_dataset

    target = bunch.target
    if "target_names" in bunch and sample.target != "progression":
        target = np.asarray(bunch.target_names)[target].tolist()
    columns = {
        str(feature): pl.Series(str(feature), np.ascontiguousarray(values))
        for feature, values in zip(bunch.feature_names, np.asarray(bunch.data).T, strict=True)
    }
    columns[sample.target] = pl.Series(sample.target, target)
    raw = RawTable(pl.DataFrame(columns), np.arange(1, len(bunch.data) + 1), name)
    return to_dataset(raw, options, default_target=sample.target)
