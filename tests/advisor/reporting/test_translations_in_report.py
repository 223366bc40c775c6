"""Reports of translations: questions, answers and truths side by side, and what they are worth."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import fieldguide as fg
from fieldguide.advisor.reporting import closeups
from fieldguide.advisor.reporting.closeups import image_translation, unpaired_image_translation
from tests import toys
from tests.advisor.reporting.unlabelled_run import finished


def test_questions_answers_and_truths_stand_side_by_side(tmp_path: Path) -> None:
    names = ("linear-filter", "mean-picture")
    finished(tmp_path, toys.pairs(60), "image_translation", names=names)
    stored = json.loads((tmp_path / "report.json").read_text())
    assert stored["closeups"] == ["translations", "worth"]
    assert len(stored["sections"]["translations"]["pictures"]) == 12
    page = (tmp_path / "report.html").read_text()
    assert "could not be shown" not in page and "Question, answer, truth" in page
    written = re.findall(r"data:image/png;base64,([^\"]+)", page)
    with Image.open(io.BytesIO(base64.b64decode(written[0]))) as picture:
        assert picture.width > 3 * picture.height  # three squares, and gaps
    plain = (tmp_path / "report.md").read_text()
    assert "structural similarity" in plain and "| Unchanged picture" in plain
    roles = {one["name"]: one["role"] for one in stored["sections"]["ledger"]["fields"]}
    assert roles == {"photo": "input", "drawing": "target"}
    assert "fieldguide predict" in stored["sections"]["again"]["use"]


def test_figures_are_those_of_the_held_out_pictures() -> None:
    train, held = toys.pairs(60).split(0.4)
    model = fg.LinearFilter().fit(train)
    found, arrays = image_translation.measure(model, train, held, seed=0)
    assert found["scores"] == pytest.approx(model.evaluate(held))
    simple = fg.UnchangedPicture().fit(train).evaluate(held)
    assert found["simple"]["Unchanged picture"] == pytest.approx(simple)
    mean = fg.MeanPicture().fit(train).evaluate(held)
    assert found["simple"]["Mean picture"]["ssim"] == pytest.approx(mean["ssim"], abs=1e-3)
    assert found["shown"] == sorted(found["shown"])  # from the worst to the best
    worst = int(found["where"][0].removeprefix("row "))
    place = held.origins.tolist().index(worst)
    assert np.array_equal(arrays["truths"][0], np.asarray(held.columns["drawing"])[place])
    assert np.array_equal(arrays["questions"][0], np.asarray(held.columns["photo"])[place])
    assert 0 < found["detail"] < 1  # a filter blurs


def test_translations_between_classes(tmp_path: Path) -> None:
    names = ("colour-statistics", "unchanged-picture")
    task, data = "unpaired_image_translation", toys.images("classification", 60)
    finished(tmp_path, data, task, names=names)
    stored = json.loads((tmp_path / "report.json").read_text())
    assert stored["closeups"] == ["translations", "likeness"]
    captions = [one["caption"] for one in stored["sections"]["translations"]["pictures"]]
    assert captions[0] == "high → low" and captions[-1] == "low → high"
    page = (tmp_path / "report.html").read_text()
    assert re.findall("[^>]*could not be shown[^<]*", page) == []
    assert task in page
    model = fg.ColourStatistics(task=task).fit(data)
    found, _ = unpaired_image_translation.measure(model, data, data, seed=0)
    assert found["scores"] == pytest.approx(model.evaluate(data))
    assert found["unchanged"]["kept"] == pytest.approx(1)


def test_both_tasks_have_a_file_of_their_own() -> None:
    for name in ("image_translation", "unpaired_image_translation"):
        assert closeups.of_task(name) is not None
