from __future__ import annotations

import random
import sys
import time
import types
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from fieldguide import catalog, tasks
from fieldguide.advisor.recommending.probe import prepare, probe
from fieldguide.advisor.recommending.recommend import recommend
from fieldguide.card import Card
from fieldguide.catalog import Entry
from fieldguide.engine import Stage
from fieldguide.errors import Interrupted
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from tests.advisor.advisor_data import pictures, table, xor


class Outsider(Estimator):
    """A linear layer, from another package."""

    card = Card(
        title="Outsider", paper="A paper.", year=2025, tasks=("classification",), capacity=1
    )
    epochs: int = option(4, "passes", low=0)

    def build(self, task):
        return nn.Sequential(
            nn.Flatten(), nn.Linear(int(np.prod(task.inputs.shape)), task.codec.width)
        )


class Broken(Outsider):
    """Fails when it is built."""

    card = Card(title="Broken", paper="A paper.", year=2025, tasks=("classification",))

    def build(self, task):
        raise RuntimeError("the flux is not\ncapacitated")


class Stopped(Outsider):
    """Is interrupted by the user."""

    card = Card(title="Stopped", paper="A paper.", year=2025, tasks=("classification",))

    def build(self, task):
        raise Interrupted("you pressed Ctrl-C")


class Heavy(Outsider):
    """Has more weights than any machine has memory, were it trained."""

    card = Card(title="Heavy", paper="A paper.", year=2025, tasks=("classification",))


class TwoStages(Outsider):
    """Sleeps 2 ms a batch in one stage of 3 epochs, and 50 ms on everything in another."""

    card = Card(title="Two stages", paper="A paper.", year=2025, tasks=("classification",))
    validation: float = option(0.0, "share held out", low=0)
    batch_size: int = option(10, "examples in one step", low=1)

    def stages(self, data):
        yield Stage("first", self.slow_step(0.002), data.batches(self.batch_size), 3)
        yield Stage("second", self.slow_step(0.05), data.whole(), 1)

    def slow_step(self, seconds):
        def step(batch):
            time.sleep(seconds)
            return {"loss": torch.zeros(())}

        return step


class Repeating(Outsider):
    """Sleeps 1 ms for each of 1,000 rounds, on everything at once."""

    card = Card(
        title="Repeating", paper="A.", year=2025, tasks=("classification",), repeats="rounds"
    )
    rounds: int = option(1_000, "rounds", low=0)

    def stages(self, data):
        def step(batch):
            time.sleep(0.001 * self.rounds)
            return {"loss": torch.zeros(())}

        yield Stage("fit", step, data.whole(), 1)


def listed(kind):
    """The entry that a package bringing this class would have."""
    module = types.ModuleType("outside_package")
    sys.modules["outside_package"] = module
    for one in (Outsider, Broken, Stopped, Heavy, TwoStages, Repeating):
        setattr(module, one.__name__, one)
    name = kind.__name__.lower()
    return Entry(name, kind.__name__, "outside", "outside_package", Path(), "", kind.card)


def trial(data):
    return prepare(data, tasks.choose(data)[0])


def test_the_forecast_of_time_is_about_right():
    data = xor(1_500)
    entry = catalog.get("mlp")
    kind = entry.load()
    cost = probe(entry, trial(data))
    began = time.perf_counter()
    kind().fit(data)
    took = time.perf_counter() - began
    assert took / 4 < cost.seconds < took * 4  # loosely: other work may run beside
    assert cost.probed < 60  # three seconds on a machine that does nothing else


def test_stages_epochs_and_whole_batches_are_added_up():
    cost = probe(listed(TwoStages), trial(xor(1_000)))
    assert cost.problem == ""
    # The sleeps are a lower bound; how late a crowded machine wakes from them is not ours to say.
    assert 3 * 100 * 0.002 + 0.05 <= cost.seconds < 8.0
    assert cost.probed < 8


def test_a_few_repetitions_stand_for_all():
    cost = probe(listed(Repeating), trial(xor(300)))
    assert 0.4 < cost.seconds < 16.0  # a second of sleeping, from a few of its thousand rounds
    assert cost.probed < 8


def test_memory_grows_with_the_network():
    data = xor(500)
    small, large = (listed(Outsider), catalog.get("mlp"))
    first, second = (probe(one, trial(data)) for one in (small, large))
    weights = sum(w.numel() for w in fitted(large, data).network_.parameters())
    assert second.memory_bytes - first.memory_bytes > 12 * weights  # weight, gradient, 2 averages


def fitted(entry, data):
    return entry.load()(epochs=1).fit(data)


def test_memory_of_pictures_counts_what_is_kept_for_the_way_back():
    entry = catalog.get("lenet")
    data = pictures(400, side=32)
    model = entry.load()(epochs=0).fit(data)
    kept = 6 * 28 * 28 * 4 * model.batch_size  # the first maps alone
    weights = sum(w.numel() * 4 for w in model.network_.parameters())
    cost = probe(entry, trial(data))
    assert cost.memory_bytes > kept + 4 * weights
    assert cost.memory_bytes < 2 << 30


def test_what_fails_is_ruled_out_with_its_own_words():
    entries = (listed(Outsider), listed(Broken))
    advice = recommend(xor(300), entries=entries)
    assert [one.name for one in advice.ranked] == ["outsider"]
    assert advice.ranked[0].seconds > 0
    assert advice.ranked[0].memory_bytes > 0
    assert "the flux is not" in advice.ruled_out[0].ruled_out


def test_a_package_that_cannot_be_imported_is_ruled_out():
    gone = Entry("gone", "Gone", "outside", "no_such_package", Path(), "", Outsider.card)
    advice = recommend(xor(300), entries=(listed(Outsider), gone))
    assert "no_such_package" in advice.ruled_out[0].ruled_out


def test_what_does_not_fit_in_memory_is_ruled_out(monkeypatch):
    monkeypatch.setattr("fieldguide.advisor.machine.memory_bytes", lambda: 1 << 20)
    advice = recommend(xor(300), entries=(listed(Heavy),))
    assert "GiB of memory" in advice.ruled_out[0].ruled_out


def test_an_interrupt_by_the_user_is_no_failed_probe():
    with pytest.raises(Interrupted):
        recommend(xor(300), entries=(listed(Stopped),))


def test_the_estimator_is_left_as_it_was_and_chance_undisturbed():
    torch.manual_seed(3)
    random.seed(3)
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()
    recommend(xor(300), entries=(listed(Outsider), catalog.get("mlp")))
    assert torch.equal(states[0], torch.get_rng_state())
    assert states[1] == random.getstate()
    assert np.array_equal(states[2], np.random.get_state()[1])
    assert "stages" not in vars(Outsider())


def test_probing_stops_when_its_time_is_up(monkeypatch):
    module = sys.modules["fieldguide.advisor.recommending.trying"]
    monkeypatch.setattr(module, "PROBING", -1.0)
    advice = recommend(xor(300), entries=(listed(Outsider),))
    assert advice.ranked[0].seconds is None
    assert "outsider" in advice.notes[0]


def test_a_class_too_rare_for_a_small_sample_is_drawn_all_the_same():
    chance = np.random.default_rng(0)
    y = np.where(np.arange(3_000) % 600 == 0, "rare", "common")
    data = table(x=chance.normal(size=3_000), y=y)
    trial = prepare(data, tasks.choose(data, "auto")[0])
    assert set(trial.sample.column("y")) == {"rare", "common"}
