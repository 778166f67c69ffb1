from __future__ import annotations

import numpy as np
import pytest

from posecast.conditioning.rolling_clip_encoder import RollingClipEncoder
from posecast.config import SAMPLES_PER_FRAME, ClipEncoderConfig
from posecast.errors import InvalidRequest


class MeansOfFrames:
    """A clip encoder whose features tell what it was given: each frame's mean, the clip's start."""

    def __init__(self):
        self.lengths = []

    @property
    def config(self):
        return ClipEncoderConfig(feature_dim=2)

    def encode(self, waveform, num_frames):
        self.lengths.append(waveform.shape)
        means = waveform.reshape(len(waveform), num_frames, -1).mean(axis=2)
        first = np.broadcast_to(waveform[:, :1], means.shape)
        return np.stack([means, first], axis=2).astype(np.float32)


def audio(num_frames, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(num_frames * SAMPLES_PER_FRAME).astype(np.float32)


def frames_of(samples, count=None):
    return samples.reshape(-1, SAMPLES_PER_FRAME).mean(axis=1)[:count]


def run(encoder, samples, blocks, look_ahead):
    state, outputs, start = encoder.start(look_ahead), [], 0
    for num_frames in blocks:
        end = start + num_frames * SAMPLES_PER_FRAME
        features, state = encoder.encode(samples[start:end], state)
        outputs.append(features)
        start = end
    return np.concatenate(outputs)


@pytest.mark.parametrize("look_ahead", [0, 3, 9])
@pytest.mark.parametrize("blocks", [(20,), (12, 8), (5, 5, 5, 5), (1,) * 20])
def test_step_s_is_about_the_frame_that_lies_the_look_ahead_before_it(look_ahead, blocks):
    samples = audio(20)
    encoder = RollingClipEncoder(MeansOfFrames())

    outputs = run(encoder, samples, blocks, look_ahead)

    wanted = frames_of(samples)[: 20 - look_ahead]
    heard = outputs[look_ahead:, 0]
    assert len(outputs) == 20
    assert np.corrcoef(heard, wanted)[0, 1] > 0.9  # each block has a level of its own
    assert (outputs[:look_ahead] == 0).all()


def test_first_block_is_heard_as_a_clip_of_its_own():
    samples = audio(10)

    features, _ = RollingClipEncoder(MeansOfFrames()).encode(
        samples, RollingClipEncoder(MeansOfFrames()).start(0)
    )

    expected = frames_of((samples - samples.mean()) / samples.std(ddof=1))
    np.testing.assert_allclose(features[:, 0], expected, atol=1e-5)


def test_a_block_hears_so_much_of_the_past_and_no_more():
    samples, other = audio(40), audio(40, seed=1)
    encoder = RollingClipEncoder(MeansOfFrames(), context_frames=10)
    changed_far, changed_near = samples.copy(), samples.copy()
    changed_far[: 17 * SAMPLES_PER_FRAME] = other[: 17 * SAMPLES_PER_FRAME]
    changed_near[: 18 * SAMPLES_PER_FRAME] = other[: 18 * SAMPLES_PER_FRAME]

    last, last_far, last_near = (
        run(encoder, clip, (20, 10, 10), look_ahead=3)[30:]
        for clip in (samples, changed_far, changed_near)
    )

    np.testing.assert_array_equal(last_far, last)
    assert not np.array_equal(last_near, last)


def test_streams_are_encoded_together_where_their_clips_are_equally_long():
    network = MeansOfFrames()
    encoder = RollingClipEncoder(network)
    _, going_on = encoder.encode(audio(5), encoder.start(2))
    states = [encoder.start(2), going_on, encoder.start(2)]
    blocks = [audio(4, seed=seed) for seed in range(3)]
    network.lengths.clear()

    together = encoder.encode_batch(blocks, states)

    assert sorted(network.lengths) == [(1, 9 * SAMPLES_PER_FRAME), (2, 4 * SAMPLES_PER_FRAME)]
    for (features, state), block, before in zip(together, blocks, states, strict=True):
        alone, state_alone = encoder.encode(block, before)
        np.testing.assert_array_equal(features, alone)
        np.testing.assert_array_equal(state.tail, state_alone.tail)


def test_every_look_ahead_up_to_400_ms_may_be_chosen():
    assert RollingClipEncoder(MeansOfFrames()).config.look_aheads_ms == tuple(range(40, 401, 40))


def test_a_block_that_is_no_whole_number_of_frames_is_refused():
    encoder = RollingClipEncoder(MeansOfFrames())

    with pytest.raises(InvalidRequest, match="641 samples"):
        encoder.encode(np.zeros(641, np.float32), encoder.start(0))
