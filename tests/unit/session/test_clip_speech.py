"""Audio of whole clips on its way to the speech encoder."""

import numpy as np
import pytest

from posecast.conditioning.clip_waveform import normalise_waveform
from posecast.config import ClipEncoderConfig
from posecast.errors import InvalidRequest
from posecast.session.clip_options import ClipOptions
from posecast.session.clip_plan import ClipPlan
from posecast.session.clip_speech import encode_clip


class FrameMeans:
    """An encoder whose feature is the mean of a frame; it keeps what it was asked."""

    config = ClipEncoderConfig(feature_dim=1)

    def __init__(self):
        self.asked = []

    def encode(self, waveform, num_frames):
        self.asked.append((waveform[0].copy(), num_frames))
        frames = waveform[:, : 640 * num_frames].reshape(len(waveform), num_frames, 640)
        return frames.mean(axis=2, keepdims=True)


def clip(num_samples):
    return (0.2 + np.random.default_rng(3).standard_normal(num_samples)).astype(np.float32)


def encode(samples, **options):
    encoder = FrameMeans()
    plan = ClipPlan.of(len(samples), 10)
    features = encode_clip(encoder, samples, plan, ClipOptions(**options))
    return features, encoder.asked


@pytest.mark.parametrize(("pad_mode", "at_end"), [("zero", 0.0), ("replicate", None)])
def test_the_whole_clip_is_heard_at_once(pad_mode, at_end):
    samples = clip(10_000)  # 15 frames and 400 samples
    features, ((waveform, num_frames),) = encode(samples, pad_mode=pad_mode)

    assert num_frames == 20
    assert len(waveform) == 20 * 640
    np.testing.assert_array_equal(waveform[:10_000], normalise_waveform(samples))
    at_end = waveform[9_999] if at_end is None else at_end
    np.testing.assert_array_equal(waveform[10_000:], at_end)
    assert features.shape == (20, 1)


def test_a_surplus_is_neither_cut_nor_filled():
    _, ((waveform, num_frames),) = encode(clip(6_700))
    assert len(waveform) == 6_700
    assert num_frames == 10


def test_windows_hear_themselves_alone_if_told_so():
    samples = clip(13_000)  # 20 frames and 200 samples
    whole, _ = encode(samples)
    features, asked = encode(samples, hears_whole_clip=False)

    assert [(len(waveform), num_frames) for waveform, num_frames in asked] == [(6_400, 10)] * 2
    np.testing.assert_array_equal(asked[1][0], normalise_waveform(samples)[6_400:12_800])
    np.testing.assert_array_equal(features, whole)  # this encoder hears frames alone anyway


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        pytest.param({"pad_mode": "mirror"}, "'mirror'; allowed: zero, replicate", id="pad mode"),
        pytest.param({"num_repetitions": 0}, "repetitions 0; allowed: 1 to 1000", id="none"),
        pytest.param({"num_repetitions": 1001}, "1001; allowed: 1 to 1000", id="too many"),
    ],
)
def test_an_option_out_of_range_is_refused(choices, message):
    with pytest.raises(InvalidRequest, match=message):
        ClipOptions(**choices)
