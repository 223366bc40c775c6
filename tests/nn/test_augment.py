from __future__ import annotations

import pytest
import torch

from fieldguide.errors import UsageError
from fieldguide.nn import Augment
from fieldguide.nn.augment import NAMES


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def examples(count=64, channels=3, side=16):
    images = torch.rand(count, channels, side, side, generator=seeded(5)) + 0.5
    return images, torch.arange(count) % 4


@pytest.mark.parametrize("names", [*[(name,) for name in NAMES], NAMES])
def test_same_seed_same_result(names):
    augment = Augment(names, classes=4)
    first, again = augment(*examples(), seeded(1)), augment(*examples(), seeded(1))
    other = augment(*examples(), seeded(2))
    assert torch.equal(first[0], again[0]) and torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])


def test_without_a_generator_the_global_one_decides():
    augment = Augment(NAMES, classes=4)
    torch.manual_seed(3)
    first = augment(*examples())
    torch.manual_seed(3)
    assert torch.equal(first[0], augment(*examples())[0])


def test_no_names_change_nothing():
    images, targets = examples()
    x, y = Augment(())(images, targets, seeded())
    assert x is images and y is targets


def test_flip_takes_every_second_picture():
    images, targets = examples(2000, 1, 4)
    x, _ = Augment(("flip",))(images, targets, seeded())
    flipped = (x == images.flip(3)).all((1, 2, 3))
    assert torch.equal(x[~flipped], images[~flipped])
    assert 0.45 < flipped.float().mean() < 0.55


def test_crop_reaches_every_shift_up_to_its_share():
    images = torch.zeros(4000, 1, 16, 16)
    images[:, :, 8, 8] = 1
    x, _ = Augment(("crop",))(images, torch.zeros(4000), seeded())
    place = x.flatten(1).argmax(1)
    rows, columns = place // 16 - 8, place % 16 - 8
    assert set(rows.tolist()) == set(columns.tolist()) == {-2, -1, 0, 1, 2}
    assert len(set(place.tolist())) == 25


def test_rotation_stays_within_its_degrees():
    images = torch.zeros(500, 1, 33, 33)
    images[:, :, 16, 28:31] = 1  # on the right, level with the centre
    x, _ = Augment(("rotate",), degrees=30)(images, torch.zeros(500), seeded())
    ys = torch.arange(33.0) - 16
    up = -(x[:, 0].sum(2) * ys).sum(1)
    right = (x[:, 0].sum(1) * ys).sum(1)
    degrees = torch.rad2deg(torch.atan2(up, right))
    assert 25 < degrees.max() < 31 and -31 < degrees.min() < -25


def test_colour_stays_within_its_share():
    images = torch.full((500, 1, 2, 2), 0.5)
    x, _ = Augment(("colour",), colour_share=0.4)(images, torch.zeros(500), seeded())
    factors = x[:, 0, 0, 0] / 0.5
    assert 0.6 <= factors.min() < 0.65 and 1.35 < factors.max() <= 1.4


def test_cutout_blanks_half_of_the_side():
    images, targets = examples(300, 3, 16)
    x, _ = Augment(("cutout",))(images, targets, seeded())
    holes = (x == 0).all(1)
    assert (holes.sum((1, 2)) <= 64).all() and (holes.sum((1, 2)) >= 16).all()
    assert holes.any(0).all()
    assert torch.equal(x[~holes[:, None].expand_as(x)], images[~holes[:, None].expand_as(x)])


def test_mixup_of_classes_blends_pictures_and_targets_alike():
    targets = torch.arange(4).repeat(50)
    images = torch.nn.functional.one_hot(targets, 4).float()[:, :, None, None].expand(-1, -1, 2, 2)
    x, y = Augment(("mixup",), classes=4, mixup_alpha=1.0)(images, targets, seeded())
    torch.testing.assert_close(x[:, :, 0, 0], y)
    torch.testing.assert_close(y.sum(1), torch.ones(200))
    assert y.max(1).values.min() < 0.6


def test_mixup_of_numbers_blends_them():
    images = torch.rand(100, 1, 1, 1, generator=seeded())
    x, y = Augment(("mixup",))(images, images[:, :, 0, 0].clone(), seeded())
    torch.testing.assert_close(x[:, :, 0, 0], y)
    assert not torch.equal(x, images)


def test_mixup_shares_follow_the_beta_distribution():
    targets = torch.zeros(20000, dtype=torch.long)
    targets[::2] = 1
    x, _ = Augment(("mixup",), classes=2, mixup_alpha=0.2)(
        targets.float()[:, None, None, None], targets, seeded()
    )
    # Half of the partners are of the other class, and Beta(a, a) has the variance 1/(4(2a + 1)).
    mixed = x.flatten()
    expected = 0.5 * 0.25 + 0.5 / (4 * 1.4)
    assert float(mixed.var()) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("channels, side", [(1, 8), (3, 32), (4, 13)])
def test_everything_together_keeps_shape_and_layout(memory_format, channels, side):
    images, targets = examples(8, channels, side)
    images = images.to(memory_format=memory_format)
    before = images.clone()
    x, y = Augment(NAMES, classes=4, black=[0.1] * channels)(images, targets, seeded())
    assert x.shape == images.shape and x.dtype == torch.float32 and y.shape == (8, 4)
    assert x.is_contiguous(memory_format=memory_format)
    assert torch.equal(images, before)


def test_a_single_example_works():
    x, y = Augment(NAMES, classes=4)(*examples(1), seeded())
    assert x.shape == (1, 3, 16, 16) and y.shape == (1, 4)


def test_order_of_names_does_not_matter():
    there, back = Augment(NAMES, classes=4), Augment(NAMES[::-1], classes=4)
    assert torch.equal(there(*examples(), seeded())[0], back(*examples(), seeded())[0])


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(UsageError, match=r"'cutoff'. Did you mean 'cutout'\?.*Known: crop, rotate"):
        Augment(("flip", "cutoff"))


def test_a_bare_text_is_refused():
    with pytest.raises(UsageError, match="tuple of names, got the text 'flip'"):
        Augment("flip")


@pytest.mark.parametrize(
    "setting", [{"crop_share": 1.1}, {"degrees": -1}, {"colour_share": 2}, {"mixup_alpha": 0}]
)
def test_settings_out_of_range_are_refused(setting):
    with pytest.raises(UsageError, match=next(iter(setting))):
        Augment(("flip",), **setting)


def test_mixup_of_classes_needs_their_number():
    with pytest.raises(UsageError, match="classes=10"):
        Augment(("mixup",))(*examples(), seeded())
