"""Features of windows: the encoder's blocks depend on the window's index alone."""

import dataclasses

import numpy as np
import pytest

from posecast.conditioning.speech_encoder import SpeechEncoderState
from posecast.config import AnimationOptions, ModelConfig, SpeechEncoderConfig
from posecast.errors import InvalidRequest
from posecast.session.speech_features import (
    SpeechFeatureStream,
    choose_look_ahead,
    closing_of,
    features_of,
)
from posecast.session.timeline import Schedule, Window

LOOK_AHEAD = 3


def window_of(index, num_frames):
    return Schedule(window_frames=num_frames).window(index)


def encode(stream, window):
    """Features of the next window, as `batch.try_next_windows` gets them."""
    block = stream.block(window)
    outputs, state = RecordingEncoder.latest.encode(block.samples, block.state)
    stream.accept(block, outputs, state)
    return features_of(block, outputs)


class RecordingEncoder:
    """Features of a step: the number of the step, and the mean of its samples."""

    config = SpeechEncoderConfig(look_ahead_frames=LOOK_AHEAD, look_aheads_frames=(0, 1, 2, 3))

    def __init__(self):
        RecordingEncoder.latest = self
        self.blocks = []
        self.look_aheads = []

    def start(self, look_ahead_frames):
        self.look_aheads.append(look_ahead_frames)
        return SpeechEncoderState(
            tail=np.zeros(0, np.float32),
            peak_level=0.0,
            layers=(),
            look_ahead_frames=look_ahead_frames,
        )

    def encode(self, samples, state):
        self.blocks.append(len(samples) // 640)
        first = state.peak_level  # stands for any state
        means = samples.reshape(-1, 640).mean(axis=1)
        steps = first + np.arange(len(means))
        new_state = dataclasses.replace(state, peak_level=first + len(means))
        return np.stack([steps, means], axis=1), new_state


@pytest.fixture
def encoder():
    return RecordingEncoder()


@pytest.fixture
def stream(encoder):
    return SpeechFeatureStream(encoder)


def numbered(num_frames):
    """Audio whose frame `f` has the value `f`."""
    return np.repeat(np.arange(num_frames, dtype=np.float32), 640)


def test_a_frame_gets_the_step_that_heard_its_look_ahead(stream):
    stream.push(numbered(40))
    for index in range(3):
        features = encode(stream, window_of(index, 10))
        expected = np.arange(10 * index, 10 * index + 10) + LOOK_AHEAD
        np.testing.assert_array_equal(features, np.stack([expected, expected], axis=1))


def test_each_window_adds_just_its_steps(stream, encoder):
    stream.push(numbered(40))
    for index in range(3):
        encode(stream, window_of(index, 10))
    assert encoder.blocks == [13, 10, 10]


@pytest.mark.parametrize("size", [1, 640, 1000])
def test_chunks_do_not_change_features(size):
    audio = numbered(16)
    stream = SpeechFeatureStream(RecordingEncoder())
    for start in range(0, len(audio), size):
        stream.push(audio[start : start + size])
    features = [encode(stream, window_of(index, 5)) for index in range(2)]
    np.testing.assert_array_equal(np.concatenate(features)[:, 0], np.arange(3, 13))


def test_a_window_is_there_once_its_last_sample_is(stream):
    window = window_of(0, 10)
    stream.push(np.zeros(13 * 640 - 1, np.float32))
    assert stream.count_missing(window)
    stream.push(np.zeros(1, np.float32))
    assert stream.count_missing(window) == 0
    assert stream.count_missing(window_of(1, 10))


def test_silence_follows_the_audio_of_a_last_window(stream):
    stream.push(numbered(6)[: 6 * 640 - 100])
    window = Window(index=0, first_frame=0, num_frames=6)
    stream.pad_to_window(window)
    means = encode(stream, window)[:, 1]
    assert means[2] == pytest.approx(5 * 540 / 640)  # step 5: 540 samples of 5, then silence
    assert not means[3:].any()


def test_audio_that_is_enough_is_not_padded(stream):
    stream.push(numbered(20))
    stream.pad_to_window(window_of(0, 17))
    assert encode(stream, window_of(0, 17))[-1, 1] == 19
    assert stream.count_missing(window_of(0, 18))


ALL_LOOK_AHEADS = pytest.mark.parametrize(
    ("look_ahead_ms", "frames"), [(None, 3), (160, 3), (120, 2), (80, 1), (40, 0)]
)


def chosen(look_ahead_ms, mode="balanced"):
    options = AnimationOptions(look_ahead_ms=look_ahead_ms, mode=mode)
    return choose_look_ahead(RecordingEncoder.config, options)


@ALL_LOOK_AHEADS
def test_a_frame_gets_the_step_that_heard_the_look_ahead_that_was_asked(look_ahead_ms, frames):
    encoder = RecordingEncoder()
    stream = SpeechFeatureStream(encoder, chosen(look_ahead_ms))
    stream.push(numbered(40))
    steps = np.concatenate([encode(stream, window_of(index, 5))[:, 0] for index in range(3)])
    np.testing.assert_array_equal(steps, np.arange(15) + frames)
    assert encoder.look_aheads == [frames]
    assert encoder.blocks == [5 + frames, 5, 5]


@ALL_LOOK_AHEADS
def test_a_frame_is_there_once_its_look_ahead_is(look_ahead_ms, frames):
    """The last frame of the window is the instant 360 ms; its look-ahead follows."""
    stream = SpeechFeatureStream(RecordingEncoder(), chosen(look_ahead_ms))
    needed = (360 + (look_ahead_ms or 160)) * 16
    assert needed == (10 + frames) * 640
    stream.push(np.zeros(needed - 1, np.float32))
    assert stream.count_missing(window_of(0, 10)) == 1
    stream.push(np.zeros(1, np.float32))
    assert stream.count_missing(window_of(0, 10)) == 0


def test_realtime_awaits_less_than_the_model_could_hear():
    assert chosen(None, mode="realtime") == 2
    assert chosen(160, mode="realtime") == 3


@pytest.mark.parametrize(
    ("has_frames", "usual", "expected"), [((5, 6), 6, 5), ((0, 1), 1, 1), ((3,), 3, 3)]
)
def test_realtime_takes_the_nearest_that_the_model_has(has_frames, usual, expected):
    config = SpeechEncoderConfig(look_ahead_frames=usual, look_aheads_frames=has_frames)

    assert choose_look_ahead(config, AnimationOptions(mode="realtime")) == expected


@pytest.mark.parametrize("look_ahead_ms", [41, 60, 159, 200])
def test_a_look_ahead_that_was_not_trained_is_refused_with_those_that_were(look_ahead_ms):
    with pytest.raises(InvalidRequest, match=f"{look_ahead_ms} ms; .*: 40, 80, 120, 160$"):
        chosen(look_ahead_ms)


def test_asking_for_a_block_changes_nothing(stream):
    stream.push(numbered(40))
    first, again = (stream.block(window_of(0, 10)) for _ in range(2))

    np.testing.assert_array_equal(first.samples, again.samples)
    assert encode(stream, window_of(0, 10))[0, 0] == LOOK_AHEAD


def test_closing_is_the_gained_sum_of_its_odds():
    config = ModelConfig(name="x", version="1", closing_columns=(1, 3), closing_gain=2.0)
    speech = np.array([[9, 0.1, 9, 0.2], [9, 0.0, 9, 0.0], [9, 0.5, 9, 0.4]], np.float32)
    np.testing.assert_allclose(closing_of(config, speech), [0.6, 0.0, 1.0], atol=1e-6)


def test_a_model_without_such_features_leaves_closures_to_the_denoiser():
    config = ModelConfig(name="x", version="1", closing_gain=2.0)
    assert not closing_of(config, np.ones((4, 7), np.float32)).any()
