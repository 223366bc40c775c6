"""Files of sequences with bytes changed, cut, doubled: always data or a message, no traceback."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import fieldguide as fg
from fieldguide.errors import DataError

FILES = {
    "Toy_TRAIN.ts": "@univariate false\n@dimensions 2\n@classLabel true up down\n@data\n"
    + "1,2,?:3,4,5:up\n6,7:8,9:down\n" * 3,
    "Toy_TRAIN.arff": "@relation toy\n@attribute all relational\n@attribute t0 numeric\n@end all\n"
    "@attribute c {up,down}\n@data\n" + "'1,2\\n3,4',up\n\"1,?\\n3,4\",down\n" * 3,
    "Flat_TRAIN.arff": "@attribute t1 real\n@attribute t2 real\n@attribute class {up,'d n'}\n"
    + "@data\n"
    + "1,2,up\n3,?,'d n'\n" * 3,
    "Toy_TRAIN.tsv": "1\t0.5\t1\t2\t3\n2\t0.25\tNaN\t2\tNaN\n" * 3,
}
STRANGE = [b"", b",", b":", b"'", b'"', b"?", b"@", b"{", b"(", b"\n", b"\t", b"\xff", b"1e999",
           b"\\n", b"nan", b"-", b"%", b"@data", b" "]  # fmt: skip


def changed(text: bytes, chance: np.random.Generator) -> bytes:
    for _ in range(chance.integers(1, 4)):
        start = int(chance.integers(0, len(text)))
        stop = start + int(chance.integers(0, 6))
        text = text[:start] + STRANGE[chance.integers(len(STRANGE))] + text[stop:]
        if chance.random() < 0.1:
            text = text[: int(chance.integers(1, len(text)))]
    return text or b"@"


@pytest.mark.parametrize("name", FILES)
def test_whatever_comes(name: str, tmp_path: Path) -> None:
    chance, path, refused = np.random.default_rng(0), tmp_path / name, 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(300):
            path.write_bytes(changed(FILES[name].encode(), chance))
            try:
                data = fg.read(path)
            except DataError as error:
                refused += 1
                assert name in str(error)
            else:
                assert len(data) <= data.ledger.total
    assert 10 < refused < 300
