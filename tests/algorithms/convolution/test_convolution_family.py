from __future__ import annotations

import os
import signal

import pytest
import torch

from fieldguide.algorithms.convolution._family import ConvolutionalNetwork
from fieldguide.algorithms.convolution.lenet import LeNet
from fieldguide.algorithms.convolution.resnet import ResNet
from fieldguide.errors import Interrupted, TaskMismatch, UsageError
from fieldguide.nn.augment import NAMES
from tests.pictures import bars


def test_resumed_training_sees_the_same_augmented_pictures(tmp_path, monkeypatch):
    x, y = bars(60, 8, seed=0)
    options = {"epochs": 3, "batch_size": 16, "augment": NAMES, "device": "cpu"}
    whole = ResNet(**options).fit(x, y, run=tmp_path / "whole")

    step, calls = ConvolutionalNetwork.step, []

    def interrupted(self, batch):
        calls.append(len(batch))
        if len(calls) == 6:
            os.kill(os.getpid(), signal.SIGINT)
        return step(self, batch)

    monkeypatch.setattr(ConvolutionalNetwork, "step", interrupted)
    with pytest.raises(Interrupted):
        ResNet(**options).fit(x, y, run=tmp_path / "cut")
    resumed = ResNet(**options).fit(x, y, run=tmp_path / "cut", resume=True)
    for name, weight in whole.network_.state_dict().items():
        assert torch.equal(weight, resumed.network_.state_dict()[name]), name


def test_augmentation_is_for_training_only():
    x, y = bars(40, 8, seed=0)
    model = LeNet(epochs=1, augment=NAMES).fit(x, y)
    assert (model.predict_proba(x) == model.predict_proba(x)).all()
    alone = model.predict_proba(x[:1])
    assert alone == pytest.approx(model.predict_proba(x)[:1], abs=1e-5)


def test_mixup_of_quantities():
    x, _ = bars(40, 8, seed=0)
    model = LeNet(epochs=1, augment=("mixup",)).fit(x, x.mean(axis=(1, 2, 3)) + 0.5)
    assert model.task_.name == "regression"


def test_vectors_are_no_pictures():
    x, y = bars(20, 8, seed=0)
    with pytest.raises(TaskMismatch, match="LeNet takes inputs of the form image"):
        LeNet().fit(x.reshape(20, -1), y)


def test_unknown_augmentation_is_refused():
    with pytest.raises(UsageError, match=r"augment=\('flop',\).*'flip'"):
        LeNet(augment=("flop",)).fit(*bars(20, 8, seed=0))


@pytest.mark.parametrize("option", ["variant", "pretrained"])
def test_a_network_that_has_one_form_has_no_option_for_it(option):
    assert option in ResNet().get_params()
    with pytest.raises(TypeError, match=option):
        LeNet(**{option: "published"})
