"""Reports of generators and machines: the best network, its training, its film, its filters."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import fieldguide as fg
from fieldguide.advisor.reporting import analysis, course, inside
from fieldguide.advisor.reporting.closeups import (
    display,
    generation,
    likeness,
    outliers,
    representation,
)
from tests.advisor.reporting.test_closeups import split
from tests.advisor.reporting.unlabelled_run import digits, finished, sensors, waves

SMALL = {"gan": {"epochs": 4, "film": 10}, "rbm": {"epochs": 2, "hidden": 16, "sample_steps": 5}}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A race that a baseline wins, with a GAN and an RBM that hardly learnt."""
    folder = tmp_path_factory.mktemp("generation")
    names = ("principal-components", "gaussian-mixture", "gan", "rbm")
    finished(folder, digits(600), "generation", names=names, given=SMALL)
    return folder


def stored(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "report.json").read_text())
    return found


def test_the_best_network_is_shown_where_a_baseline_won(run: Path) -> None:
    found = stored(run)
    wanted = ["network_samples", "network_copies", "course", "film", "filters"]
    assert [name for name in wanted if name in found["closeups"]] == wanted
    (winner,) = [row for row in found["sections"]["leaderboard"]["rows"] if row["winner"]]
    assert not winner["deep"]
    part = found["sections"]["network_samples"]
    assert part["says"].startswith("The best network did not win (coverage")
    assert part["title"] in (run / "report.html").read_text()
    assert part["title"] in (run / "report.md").read_text()
    assert "did not win" not in found["sections"]["network_copies"]["says"]


def test_measures_of_every_epoch_are_told(run: Path) -> None:
    part = stored(run)["sections"]["course"]
    history = json.loads((run / "entrants" / part_of(run) / "result.json").read_text())["history"]
    assert part["measures"]["coverage"] == [record["coverage"] for record in history]
    assert {"precision", "recall", "frechet_distance", "kernel_distance"} <= set(part["measures"])
    assert 'aria-label="Measures over the epochs' in (run / "report.html").read_text()
    says = course._says([0.1, 0.9, 0.5], [3.0, 2.0, 1.0])
    assert "after epoch 2 of 3 (90 %)" in says and "fallen to 50 %" in says


def part_of(run: Path) -> str:
    rows = stored(run)["sections"]["leaderboard"]["rows"]
    return next(str(row["name"]) for row in rows if row["name"] in SMALL)


def test_notes_of_who_lost_stand_in_the_leaderboard_alone(run: Path) -> None:
    found = stored(run)
    rows = {row["name"]: row for row in found["sections"]["leaderboard"]["rows"]}
    assert rows["gan"]["notes"]
    page = (run / "report.html").read_text()
    assert all(note.replace("'", "&#39;") in page for note in rows["gan"]["notes"])
    told = " ".join(found["verdict"])
    best = next(row for row in rows.values() if row["deep"])
    assert ("no sample anywhere near" in told) == (best["name"] == "gan")


def test_the_film_is_the_models_own(run: Path) -> None:
    model = fg.load(run / "entrants" / "gan" / "model")
    found, arrays = inside.measure(run, analysis._scored(run), until=float("inf"))
    assert found["film"]["name"] == "gan" and found["filters"]["name"] == "rbm"
    kept = model.network_.film.shown
    assert np.array_equal(arrays["film"][0], model.task_.values(kept[0]))
    assert np.array_equal(arrays["film"][-1], model.task_.values(kept[-1]))
    assert found["film"]["when"][0] == 0 and len(arrays["film"]) == len(kept)
    assert np.array_equal(arrays["filters"], fg.load(run / "entrants" / "rbm" / "model").filters())
    page = (run / "report.html").read_text()
    section = page[page.index('id="film"') : page.index('id="filters"')]
    pictures = re.findall(r'src="data:image/png;base64,([^"]+)"', section)
    with Image.open(io.BytesIO(base64.b64decode(pictures[0]))) as strip:
        assert strip.width > 9 * strip.height
    assert "before training" in section and "the model that was kept" in section


def test_belief_networks_have_filters_too() -> None:
    model = fg.DBN(
        task="generation", hidden=(9, 6), pretrain_epochs=1, epochs=0, sample_steps=2, validation=0
    ).fit(digits(60))
    assert model.filters().shape == (3 * 9 - 1, 3 * 9 - 1)
    one = fg.DBN(task="generation", hidden=(4,), pretrain_epochs=1, epochs=0, validation=0)
    assert one.fit(digits(60)).filters().shape == (17, 17), "classes beside pixels are no pixels"


def test_sequences_laid_out_flat_are_shown_as_sequences() -> None:
    known, held_out = split(waves(240, target="kind"))
    model = fg.Autoencoder(task="outliers", code=3, epochs=5, validation=0).fit(known)
    assert model.task_.inputs.form == "array"
    found, arrays = outliers.measure(model, known, held_out, seed=0)
    assert found["form"] == "series" and arrays["strangest"].shape == (9, 30, 1)
    spikes = [n for n, one in enumerate(found["examples"]) if one["class"] == "spike"]
    assert len(spikes) >= 6
    assert all(abs(int(arrays["weights"][n].argmax()) - 20) <= 1 for n in spikes)
    model = fg.Autoencoder(task="representation", code=3, epochs=5).fit(known)
    found, arrays = representation.measure(model, known, held_out, seed=0)
    assert arrays["restored"].shape[1:] == (30, 1) and len(arrays["lost"]) == 30


def test_smooth_samples_are_called_smooth_and_not_copies() -> None:
    known, held_out = split(digits(600))
    model = fg.GaussianMixture(task="generation").fit(known)
    rows = model.task_.all_rows(model.task_.encode(known))
    middle = rows.mean(dim=0)

    def samples(count: int, y: Any, generator: Any) -> Any:
        picked = rows[np.random.default_rng(0).integers(0, len(rows), count)]
        return middle + 0.7 * (picked - middle)

    model.samples = samples
    found, arrays = generation.measure(model, known, held_out, seed=0)
    assert found["varies"] == pytest.approx(0.49, abs=0.03)
    made = generation.sections(found, arrays, {"scores": {}})
    assert any("smoother" in said for said in made["likeness"][0]["more"])
    assert made["copies"][0]["says"].startswith("No sign that it copies")


def test_grain_that_the_figures_do_not_see_is_told() -> None:
    assert likeness.outside(0.1, 0.1) == []
    (said,) = likeness.outside(0.4, 0.1)
    assert "40 % of what varies" in said and "of real examples 10 %" in said
    known, held_out = split(digits(400))
    task = fg.GaussianMixture(task="generation").fit(known).task_
    held = task.all_rows(task.encode(held_out)).repeat(1, 3)
    noise = torch.randn(held.shape, generator=torch.Generator().manual_seed(0))
    noisy, plain = likeness.unseen(192, held, held + 2 * noise, held) or (0, 0)
    assert noisy > 0.5 > 0.1 > plain


def test_zeros_stay_zeros_in_tables() -> None:
    known, _ = split(sensors(200))
    task = fg.GaussianMixture(task="generation").fit(known).task_
    frame = task.frame(task.all_rows(task.encode(known)))
    tiny = frame.with_columns(flow=frame["flow"] * 0 + np.r_[6e-9, np.full(len(frame) - 1, 3.0)])
    assert display._clean(tiny)["flow"][:2].to_list() == [0.0, 3.0]
