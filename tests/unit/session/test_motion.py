"""Motion of windows: what each window is told of the one before, and where its noise comes from."""

import dataclasses

import numpy as np
import pytest

from posecast.config import AnimationOptions, DenoiserConfig, ModelConfig
from posecast.session.motion import MotionStream
from posecast.session.timeline import full_window
from posecast.signals import Style

CONFIG = ModelConfig(
    name="tiny",
    version="0",
    denoiser=DenoiserConfig(
        motion_dim=3, speech_dim=2, style_dim=4, shape_dim=0, previous_frames=4, num_steps=10
    ),
    sampling_steps=1,
)


class RecordingDenoiser:
    """Predicts the number of the call, and keeps what it was told."""

    config = CONFIG.denoiser

    def __init__(self):
        self.calls = []

    def predict(self, noisy_motion, step, conditions):
        self.calls.append((noisy_motion, conditions))
        frames = np.arange(noisy_motion.shape[1], dtype=np.float32)[:, None]
        return np.zeros_like(noisy_motion) + 100 * len(self.calls) + frames


@pytest.fixture
def denoiser():
    return RecordingDenoiser()


def make_stream(denoiser, seed=5, **options):
    style = Style(vector=np.arange(4, dtype=np.float32))
    return MotionStream(denoiser, CONFIG, AnimationOptions(**options), style=style, seed=seed)


def speech(index, num_frames=6):
    return np.full((num_frames, 2), index, np.float32)


def test_the_first_window_has_nothing_before_it(denoiser):
    make_stream(denoiser).sample(full_window(0, 6), speech(1))
    _, told = denoiser.calls[0]
    assert not told.has_previous.any()
    assert told.has_speech.any()
    np.testing.assert_array_equal(told.style[0], np.arange(4))


def test_a_window_is_told_the_last_frames_of_the_one_before(denoiser):
    stream = make_stream(denoiser)
    first = stream.sample(full_window(0, 6), speech(1))
    stream.sample(full_window(1, 6), speech(2))
    _, told = denoiser.calls[1]
    assert told.has_previous.all()
    np.testing.assert_array_equal(told.previous_motion[0], first[-4:])
    np.testing.assert_array_equal(told.previous_speech[0], speech(1)[-4:])


def test_before_frame_0_a_young_stream_stood_still_in_it(denoiser):
    stream = make_stream(denoiser)
    first = stream.sample(full_window(0, 3), speech(1, 3))
    stream.sample(full_window(1, 3), speech(2, 3))
    np.testing.assert_array_equal(denoiser.calls[1][1].previous_motion[0], first[[0, 0, 1, 2]])


def test_windows_shorter_than_the_memory_are_remembered_together(denoiser):
    stream = make_stream(denoiser)
    first = stream.sample(full_window(0, 3), speech(1, 3))
    second = stream.sample(full_window(1, 3), speech(2, 3))
    stream.sample(full_window(2, 3), speech(3, 3))
    told = denoiser.calls[2][1].previous_motion[0]
    np.testing.assert_array_equal(told, np.concatenate([first[-1:], second]))


def test_noise_comes_from_the_seed_and_the_window(denoiser):
    for seed, index in ((5, 0), (5, 0), (5, 1), (6, 0)):
        make_stream(denoiser, seed).sample(full_window(index, 6), speech(1))
    noises = [noisy[:1] for noisy, _ in denoiser.calls]
    np.testing.assert_array_equal(noises[0], noises[1])
    assert np.abs(noises[0] - noises[2]).max() > 0.1
    assert np.abs(noises[0] - noises[3]).max() > 0.1


@pytest.mark.parametrize(("sampling_steps", "calls"), [(None, 1), (3, 3)])
def test_steps_are_the_streams_or_else_the_models(denoiser, sampling_steps, calls):
    stream = make_stream(denoiser, sampling_steps=sampling_steps)
    stream.sample(full_window(0, 6), speech(1))
    assert len(denoiser.calls) == calls


def test_guidance_scales_of_1_need_one_evaluation_and_the_models_need_three(denoiser):
    make_stream(denoiser).sample(full_window(0, 6), speech(1))
    make_stream(denoiser, audio_guidance=1.0, style_guidance=1.0).sample(
        full_window(0, 6), speech(1)
    )
    assert [len(noisy) for noisy, _ in denoiser.calls] == [3, 1]


def test_a_scale_of_0_is_not_an_unset_one(denoiser):
    make_stream(denoiser, audio_guidance=0.0, style_guidance=0.0).sample(
        full_window(0, 6), speech(1)
    )
    told = denoiser.calls[0][1]
    assert not told.has_speech.any()
    assert not told.has_style.any()


def test_mean_curves_come_from_the_first_evaluation_and_the_others_from_the_last(denoiser):
    # Columns 0..2 are the first three ARKit curves; the middle one is served as the mean.
    config = dataclasses.replace(CONFIG, sampling_steps=2, mean_curves=("eyeLookDownLeft",))
    style = Style(vector=np.zeros(4, np.float32))
    options = AnimationOptions(audio_guidance=1.0, style_guidance=1.0)
    stream = MotionStream(denoiser, config, options, style=style, seed=5)
    motion = stream.sample(full_window(0, 6), speech(1))
    frames = np.arange(6, dtype=np.float32)
    np.testing.assert_allclose(motion[:, 1], 100 + frames)
    np.testing.assert_allclose(motion[:, [0, 2]], np.stack([200 + frames] * 2, axis=1))


def test_the_step_between_windows_fades_where_the_package_says_so(denoiser):
    config = dataclasses.replace(CONFIG, border_easing_frames=2.0)
    style = Style(vector=np.arange(4, dtype=np.float32))
    stream = MotionStream(denoiser, config, AnimationOptions(), style=style, seed=5)
    first, second = (stream.sample(full_window(index, 6), speech(index)) for index in (0, 1))
    plain = 200 + np.arange(6)
    np.testing.assert_allclose(second[0], first[-1])
    fading = np.exp(-np.arange(6) / 2)
    np.testing.assert_allclose(second[:, 0] - plain, fading * (105 - 200), rtol=1e-5)
