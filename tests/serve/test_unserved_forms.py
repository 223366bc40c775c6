from __future__ import annotations

import pytest

import fieldguide as fg
from fieldguide.errors import UsageError
from fieldguide.serve import served
from tests import toys


def test_a_model_of_clips_says_that_it_cannot_be_served(tmp_path):
    model = fg.BagOfFrames(epochs=0, maps=(2,), validation=0.0).fit(toys.clips("classification"))
    folder = model.save(tmp_path / "model")
    with pytest.raises(UsageError, match=r"of the form clip.*fieldguide predict .*model INPUT"):
        served.load(folder)
