from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from fieldguide.codecs.codec import from_config
from fieldguide.codecs.frames import Frames
from fieldguide.data.clips import ClipColumn
from fieldguide.errors import DataError


def clip(frames: int, channels: int = 1, height: int = 6, width: int = 8, seed: int = 0):
    chance = np.random.default_rng((seed, frames))
    return chance.integers(0, 256, (frames, channels, height, width)).astype(np.uint8)


def test_it_learns_size_length_and_brightness():
    clips = [clip(4, seed=seed) for seed in range(9)]
    codec = Frames.fit(ClipColumn.of(clips))
    values = np.concatenate(clips).astype(float)
    assert codec.shape == (4, 1, 6, 8) and codec.width == 4 * 6 * 8 and codec.stored == "uint8"
    assert codec.means == pytest.approx([values.mean()])
    assert codec.deviations == pytest.approx([values.std()])


def test_it_survives_saving():
    codec = Frames.fit(ClipColumn.of([clip(4, 3), clip(2, 3)]))
    assert from_config(json.loads(json.dumps(codec.config()))) == codec


def test_batches_are_padded_to_their_longest():
    clips = [clip(3), clip(1), clip(5), clip(2)]
    column = ClipColumn.of(clips)
    codec = Frames.fit(column)
    examples = codec.examples(column)
    assert len(examples) == 4
    batch = examples.batch(torch.tensor([1, 0]))
    assert batch.x["lengths"].tolist() == [1, 3]
    frames = batch.x["frames"]
    assert frames.shape == (2, 3, 1, 6, 8) and frames.dtype == torch.float32
    for place, index in enumerate([1, 0]):
        expected = (clips[index] - codec.means[0]) / codec.deviations[0]
        length = len(clips[index])
        assert np.allclose(frames[place, :length].numpy(), expected, atol=1e-5)
        assert not frames[place, length:].any()
    span = examples.span(2, 9)
    assert span.x["lengths"].tolist() == [5, 2] and span.index.tolist() == [2, 3]
    assert torch.equal(span.x["frames"], examples.batch(torch.tensor([2, 3])).x["frames"])


def test_what_is_stored_are_bytes():
    column = ClipColumn.of([clip(3), clip(4)])
    x = Frames.fit(column).examples(column).x
    assert x["frames"].dtype == torch.uint8 and x["frames"].shape == (7, 1, 6, 8)


def test_longer_clips_are_sampled_evenly():
    long, short = clip(9), clip(3)
    codec = Frames.fit(ClipColumn.of([short]), most=5)
    assert codec.most == 3  # what training saw at most
    batch = codec.examples(ClipColumn.of([long])).batch(torch.tensor([0]))
    back = batch.x["frames"][0].numpy() * codec.deviations[0] + codec.means[0]
    assert np.allclose(back, long[[0, 4, 8]], atol=1e-3)


def test_sizes_and_channels_are_brought_together():
    mixed = [clip(2, 1), clip(2, 3), clip(2, 1, 12, 16), clip(2, 1), clip(1, 4)]
    column = ClipColumn.of(mixed)
    codec = Frames.fit(column)
    assert codec.shape == (2, 4, 6, 8)
    frames = codec.examples(column).x["frames"]
    assert frames.shape == (9, 4, 6, 8)
    assert torch.equal(frames[0, 0], frames[0, 2]) and (frames[0, 3] == 255).all()  # grey, opaque
    assert torch.equal(frames[2, :3], torch.from_numpy(mixed[1][0]))


def test_large_frames_are_scaled_down():
    codec = Frames.fit(ClipColumn.of([clip(1, 3, 300, 400)]), largest_side=100)
    assert codec.shape == (1, 3, 75, 100)


def test_clips_of_other_numbers_stay_as_they_are():
    chance = np.random.default_rng(0)
    clips = [chance.normal(5, 2, (3, 1, 4, 4)), chance.normal(5, 2, (2, 1, 8, 8))]
    column = ClipColumn.of([clips[0], clips[0], clips[1]])
    codec = Frames.fit(column)
    assert codec.stored == "float32" and codec.shape == (3, 1, 4, 4)
    x = codec.examples(column).x["frames"]
    assert np.allclose(x[:3], clips[0], atol=1e-6)
    assert x[6].mean() == pytest.approx(clips[1][0].mean(), abs=0.3)


def test_constant_clips_are_encoded_as_nothing():
    column = ClipColumn.of([np.full((2, 1, 4, 4), 7, dtype=np.uint8)])
    codec = Frames.fit(column)
    assert codec.deviations == (1.0,)
    assert not codec.examples(column).batch(torch.tensor([0])).x["frames"].any()


def test_as_a_block_clips_have_one_length():
    clips = [clip(4), clip(2)]
    codec = Frames.fit(ClipColumn.of(clips))
    block = codec.encode(ClipColumn.of(clips))
    assert block.shape == (2, 4, 1, 6, 8) and block.dtype == np.uint8
    assert np.array_equal(block[0], clips[0])
    assert np.array_equal(block[1], clips[1][[0, 0, 1, 1]])


def test_the_digest_knows_frames_lengths_and_targets():
    def digest(clips, y):
        column = ClipColumn.of(clips)
        examples = Frames.fit(column).examples(column)
        examples.y = torch.tensor(y)
        return examples.digest()

    clips = [clip(3), clip(4)]
    other = [clips[0], clips[1].copy()]
    other[1][3, 0, 5, 7] ^= 1
    known = digest(clips, [0, 1])
    assert digest(clips, [0, 1]) == known
    for changed in (digest(other, [0, 1]), digest(clips, [1, 1]), digest(clips[::-1], [0, 1])):
        assert changed != known


def test_other_channels_than_colours_are_kept_or_refused():
    flow = [clip(3, 2), clip(3, 2), clip(2, 2, 12, 16)]  # two channels, as optical flow has
    codec = Frames.fit(ClipColumn.of(flow))
    assert codec.examples(ClipColumn.of(flow)).x["frames"].shape == (8, 2, 6, 8)
    with pytest.raises(DataError, match=r"a clip has 3 channels, and others have 2"):
        codec.examples(ClipColumn.of([clip(2, 3)]))
