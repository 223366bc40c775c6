from __future__ import annotations

import pytest
import torch

from fieldguide.nn import Augment
from fieldguide.nn.clips import (
    CLIP_CHANGES,
    augment_clips,
    frame_by_frame,
    last,
    mask,
    mean,
)
from fieldguide.nn.pictures import colour

LENGTHS = torch.tensor([3, 1, 4])


def clips(channels=3, still=False):
    frames = torch.rand(3, 4, channels, 12, 12, generator=torch.Generator().manual_seed(0)) + 0.5
    if still:
        frames = frames[:, :1].expand(-1, 4, -1, -1, -1)
    return frames * mask(LENGTHS, 4)[:, :, None, None, None]


def test_masks_and_places():
    there = mask(LENGTHS, 4)
    assert there.int().tolist() == [[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1]]
    values = torch.arange(1.0, 17).view(8, 2)
    whole = frame_by_frame(values, there)
    assert torch.equal(whole[there], values) and not whole[~there].any()
    assert last(whole, LENGTHS).tolist() == [[5, 6], [7, 8], [15, 16]]
    assert mean(whole, LENGTHS).tolist() == [[3, 4], [7, 8], [12, 13]]


@pytest.mark.parametrize("name", CLIP_CHANGES)
def test_all_frames_of_a_clip_are_changed_alike(name):
    torch.manual_seed(1)
    frames = clips(still=True)
    changed = augment_clips(Augment((name,), degrees=40), frames, LENGTHS, torch.zeros(3))
    assert changed.shape == frames.shape and not torch.equal(changed, frames)
    for clip, length in zip(changed, LENGTHS.tolist(), strict=True):
        for frame in clip[1:length]:
            torch.testing.assert_close(frame, clip[0])
        assert not clip[length:].any(), "the padding stays 0"


def test_clips_are_changed_differently():
    torch.manual_seed(1)
    frames = clips()[[2, 2, 2, 2]]
    lengths = torch.full((4,), 4)
    changed = augment_clips(Augment(("crop",)), frames, lengths, torch.zeros(4))
    assert len({float(clip.sum()) for clip in changed}) > 1


def test_colours_are_those_of_a_picture():
    torch.manual_seed(2)
    frames, lengths = clips()[[2]], torch.tensor([4])
    augment = Augment(("colour",), black=[0.1, 0.2, 0.3])
    changed = augment_clips(augment, frames, lengths, torch.zeros(1))
    torch.manual_seed(2)
    factors = 1 + 0.2 * (torch.rand(3, 1) * 2 - 1)
    black = torch.tensor([0.1, 0.2, 0.3])
    tall = torch.cat([*frames[0]], 1)[None]  # (1, 3, T*H, W)
    expected = colour(tall, *factors, black)
    torch.testing.assert_close(torch.cat([*changed[0]], 1)[None], expected)


def test_nothing_named_changes_nothing():
    frames = clips()
    assert torch.equal(augment_clips(Augment(()), frames, LENGTHS, torch.zeros(3)), frames)
