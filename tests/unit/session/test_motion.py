"""Motion of windows: what each window is told of the one before, and where its noise comes from."""

import dataclasses

import numpy as np
import pytest

from posecast.config import AnimationOptions, DenoiserConfig, ModelConfig
from posecast.denoising.window_sampler import DdimSampler
from posecast.session.motion import FADE_FRAMES, MotionSettings, MotionStream
from posecast.session.timeline import Schedule
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


def window_of(index, num_frames):
    return Schedule(window_frames=num_frames).window(index)


class SamplingStream:
    """A motion stream with its denoiser, one window after the other."""

    def __init__(self, denoiser, config=CONFIG, seed=5, style=None, **options):
        self._sampler = DdimSampler(denoiser)
        self._config = config
        settings = self.settings_of(seed, style, **options)
        self._motion = MotionStream(
            config.denoiser, config, settings, shape=np.zeros(config.denoiser.shape_dim, np.float32)
        )

    def settings_of(self, seed=5, style=None, **options):
        vector = np.arange(4, dtype=np.float32) if style is None else style
        return MotionSettings.of(
            self._config, AnimationOptions(**options), style=Style(vector=vector), seed=seed
        )

    def change(self, *args, **kwargs):
        self._motion.change(self.settings_of(*args, **kwargs))

    def sample(self, window, features):
        requests = self._motion.requests(window, features)
        return self._motion.accept(features, [self._answer(request) for request in requests])

    def _answer(self, request):
        return self._sampler.sample(
            request.conditions,
            request.noise[None],
            num_steps=request.num_steps,
            guidance=request.guidance,
        )


def make_stream(denoiser, seed=5, **options):
    return SamplingStream(denoiser, seed=seed, **options)


def speech(index, num_frames=6):
    return np.full((num_frames, 2), index, np.float32)


def test_the_first_window_has_nothing_before_it(denoiser):
    make_stream(denoiser).sample(window_of(0, 6), speech(1))
    _, told = denoiser.calls[0]
    assert not told.has_previous.any()
    assert told.has_speech.any()
    np.testing.assert_array_equal(told.style[0], np.arange(4))


def test_a_window_is_told_the_last_frames_of_the_one_before(denoiser):
    stream = make_stream(denoiser)
    first = stream.sample(window_of(0, 6), speech(1))
    stream.sample(window_of(1, 6), speech(2))
    _, told = denoiser.calls[1]
    assert told.has_previous.all()
    np.testing.assert_array_equal(told.previous_motion[0], first[-4:])
    np.testing.assert_array_equal(told.previous_speech[0], speech(1)[-4:])


def test_before_frame_0_a_young_stream_stood_still_in_it(denoiser):
    stream = make_stream(denoiser)
    first = stream.sample(window_of(0, 3), speech(1, 3))
    stream.sample(window_of(1, 3), speech(2, 3))
    np.testing.assert_array_equal(denoiser.calls[1][1].previous_motion[0], first[[0, 0, 1, 2]])


def test_windows_shorter_than_the_memory_are_remembered_together(denoiser):
    stream = make_stream(denoiser)
    first = stream.sample(window_of(0, 3), speech(1, 3))
    second = stream.sample(window_of(1, 3), speech(2, 3))
    stream.sample(window_of(2, 3), speech(3, 3))
    told = denoiser.calls[2][1].previous_motion[0]
    np.testing.assert_array_equal(told, np.concatenate([first[-1:], second]))


def test_noise_comes_from_the_seed_and_the_window(denoiser):
    for seed, index in ((5, 0), (5, 0), (5, 1), (6, 0)):
        make_stream(denoiser, seed).sample(window_of(index, 6), speech(1))
    noises = [noisy[:1] for noisy, _ in denoiser.calls]
    np.testing.assert_array_equal(noises[0], noises[1])
    assert np.abs(noises[0] - noises[2]).max() > 0.1
    assert np.abs(noises[0] - noises[3]).max() > 0.1


@pytest.mark.parametrize(("sampling_steps", "calls"), [(None, 1), (3, 3)])
def test_steps_are_the_streams_or_else_the_models(denoiser, sampling_steps, calls):
    stream = make_stream(denoiser, sampling_steps=sampling_steps)
    stream.sample(window_of(0, 6), speech(1))
    assert len(denoiser.calls) == calls


def test_guidance_scales_of_1_need_one_evaluation_and_the_models_need_three(denoiser):
    make_stream(denoiser).sample(window_of(0, 6), speech(1))
    make_stream(denoiser, audio_guidance=1.0, style_guidance=1.0).sample(window_of(0, 6), speech(1))
    assert [len(noisy) for noisy, _ in denoiser.calls] == [3, 1]


def test_a_scale_of_0_is_not_an_unset_one(denoiser):
    make_stream(denoiser, audio_guidance=0.0, style_guidance=0.0).sample(window_of(0, 6), speech(1))
    told = denoiser.calls[0][1]
    assert not told.has_speech.any()
    assert not told.has_style.any()


def test_mean_curves_come_from_the_first_evaluation_and_the_others_from_the_last(denoiser):
    # Columns 0..2 are the first three ARKit curves; the middle one is served as the mean.
    config = dataclasses.replace(CONFIG, sampling_steps=2, mean_curves=("eyeLookDownLeft",))
    stream = SamplingStream(denoiser, config, audio_guidance=1.0, style_guidance=1.0)
    motion = stream.sample(window_of(0, 6), speech(1))
    frames = np.arange(6, dtype=np.float32)
    np.testing.assert_allclose(motion[:, 1], 100 + frames)
    np.testing.assert_allclose(motion[:, [0, 2]], np.stack([200 + frames] * 2, axis=1))


def test_the_step_between_windows_fades_where_the_package_says_so(denoiser):
    config = dataclasses.replace(CONFIG, border_easing_frames=2.0)
    stream = SamplingStream(denoiser, config)
    first, second = (stream.sample(window_of(index, 6), speech(index)) for index in (0, 1))
    plain = 200 + np.arange(6)
    fading = np.exp(-np.arange(1, 7) / 2)
    np.testing.assert_allclose(second[:, 0] - plain, fading * (105 - 200), rtol=1e-5)
    assert first[-1, 0] == 105


def test_windows_of_one_frame_move_although_their_steps_fade(denoiser):
    config = dataclasses.replace(CONFIG, border_easing_frames=2.0)
    stream = SamplingStream(denoiser, config)
    motion = [stream.sample(window_of(index, 1), speech(index, 1))[0, 0] for index in range(4)]
    assert np.diff(motion).min() > 10


def test_settings_that_change_take_over_within_the_next_window(denoiser):
    stream = SamplingStream(denoiser, audio_guidance=1.0, style_guidance=1.0)
    stream.sample(window_of(0, 8), speech(1, 8))
    stream.change(seed=6, style=np.full(4, 9, np.float32), audio_guidance=1.0, style_guidance=1.0)

    motion = stream.sample(window_of(1, 8), speech(2, 8))[:, 0] - np.arange(8)

    told = [conditions.style[0, 0] for _, conditions in denoiser.calls]
    assert told == [0, 9, 0], "the window is made with the new settings and with the former ones"
    # The fake predicts 200 for the new settings and 300 for the former ones.
    expected = 300 - 100 * np.minimum(1, np.arange(1, 9) / FADE_FRAMES)
    np.testing.assert_allclose(motion, expected, rtol=1e-5)
    stream.sample(window_of(2, 8), speech(3, 8))
    assert len(denoiser.calls) == 4, "the former ones are gone"


def test_settings_that_change_before_the_first_window_are_the_only_ones(denoiser):
    stream = SamplingStream(denoiser, audio_guidance=1.0, style_guidance=1.0)
    stream.change(style=np.full(4, 9, np.float32), audio_guidance=1.0, style_guidance=1.0)

    stream.sample(window_of(0, 6), speech(1))

    assert [conditions.style[0, 0] for _, conditions in denoiser.calls] == [9]


def test_windows_of_equal_length_steps_and_guidance_can_be_sampled_together(denoiser):
    def key_of(num_frames=6, **options):
        settings = SamplingStream(denoiser).settings_of(**options)
        stream = MotionStream(
            CONFIG.denoiser, CONFIG, settings, shape=np.zeros(CONFIG.denoiser.shape_dim, np.float32)
        )
        (request,) = stream.requests(window_of(0, num_frames), speech(1, num_frames))
        return request.batch_key

    assert key_of(seed=1) == key_of(seed=2, style=np.ones(4, np.float32))
    others = {key_of(), key_of(7), key_of(sampling_steps=2), key_of(audio_guidance=2.0)}
    assert len(others) == 4
