"""Whole clips over a tiny network: what each window is told, and what comes out."""

import dataclasses
import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from posecast.config import ClipEncoderConfig, DenoiserConfig
from posecast.denoising.noise_source import SeededNoise
from posecast.denoising.process_sampler import LoopSampler
from posecast.denoising.reverse_process import ReverseProcess
from posecast.denoising.torch_denoiser import ConditionedDenoiser, TorchDenoiser
from posecast.errors import InvalidRequest
from posecast.rig.flame import denormalise
from posecast.rig.flame_statistics import FlameStatistics
from posecast.session.clip_options import ClipOptions
from posecast.session.clip_request import ClipRequest
from posecast.session.flame_clip import ClipModel, animate_clip, make_clip_motion

TINY = DenoiserConfig(
    speech_dim=8,
    style_dim=4,
    width=16,
    num_layers=1,
    num_heads=2,
    window_frames=12,
    previous_frames=3,
    num_steps=6,
)
SAMPLES = np.random.default_rng(1).standard_normal(20_000).astype(np.float32)  # 31 frames
STYLE = np.random.default_rng(2).standard_normal(4).astype(np.float32)
SHAPE = np.random.default_rng(3).standard_normal(100).astype(np.float32)
NOISE = SeededNoise(5)
REQUEST = ClipRequest(samples=SAMPLES, style=STYLE, shape=SHAPE)


class FirstSamples:
    """An encoder whose features are the first samples of each frame."""

    config = ClipEncoderConfig(feature_dim=8)

    def encode(self, waveform, num_frames):
        return waveform[:, : 640 * num_frames].reshape(len(waveform), num_frames, 640)[..., :8]


class RecordingSampler:
    """Passes on to a sampler; keeps what it was asked and what it made."""

    def __init__(self, sampler):
        self._sampler = sampler
        self.calls = []

    @property
    def config(self):
        return self._sampler.config

    def run(self, process, conditions, start_noise, *, step_noise, **options):
        drawn = {}

        def keep(step):
            drawn[step] = step_noise(step)
            return drawn[step]

        motion = self._sampler.run(process, conditions, start_noise, step_noise=keep, **options)
        self.calls.append((conditions, start_noise, drawn, motion))
        return motion


@pytest.fixture(scope="module")
def statistics():
    rng = np.random.default_rng(4)
    lengths = {"shape": 100, "exp": 50, "pose": 6}
    return FlameStatistics(
        **{
            field.name: rng.uniform(0.5, 2.0, lengths[field.name.partition("_")[0]]).astype("f4")
            for field in dataclasses.fields(FlameStatistics)
        }
    )


@pytest.fixture
def model(statistics):
    """Makes a model whose sampler records."""

    def make(**changes):
        torch.manual_seed(1)
        network = ConditionedDenoiser(replace(TINY, **changes))
        sampler = RecordingSampler(LoopSampler(TorchDenoiser(network)))
        return ClipModel(encoder=FirstSamples(), sampler=sampler, statistics=statistics)

    return make


def animate(model, request=REQUEST, **options):
    """Motion, and what the sampler was asked."""
    request = replace(request, options=ClipOptions(**options))
    return make_clip_motion(model, request, NOISE), model.sampler.calls


def test_frames_are_those_of_the_windows_without_padding(model):
    motion, calls = animate(model())

    assert motion.shape == (1, 31, 54)
    whole = np.concatenate([window for *_, window in calls], axis=1)
    assert whole.shape == (1, 36, 54)
    np.testing.assert_array_equal(motion, whole[:, :31])


def test_windows_follow_on_from_each_other(model):
    _, calls = animate(model())
    told = [conditions for conditions, *_ in calls]

    assert [bool(conditions.has_previous[0]) for conditions in told] == [False, True, True]
    for before, after in itertools.pairwise(calls):
        np.testing.assert_array_equal(after[0].previous_motion, before[3][:, -3:])
        np.testing.assert_array_equal(after[0].previous_speech, before[0].speech[:, -3:])
    joined = np.concatenate([conditions.speech[0] for conditions in told])
    waveform = (SAMPLES - SAMPLES.mean()) / (SAMPLES.std(ddof=1) + 1e-5)
    np.testing.assert_allclose(joined[17], waveform[17 * 640 : 17 * 640 + 8], atol=1e-5)
    assert not joined[32:].any()


def test_only_the_last_window_has_padding(model):
    _, calls = animate(model())
    indicators = [conditions.indicator[0] for conditions, *_ in calls]
    np.testing.assert_array_equal(np.concatenate(indicators), [1] * 31 + [0] * 5)


@pytest.mark.parametrize("reuses", [True, False])
def test_windows_start_from_the_same_noise_if_told_so(model, reuses):
    _, calls = animate(model(), reuses_start_noise=reuses)
    for index, (_, start_noise, drawn, _) in enumerate(calls):
        expected = NOISE.start(0 if reuses else index, (1, 12, 54))
        np.testing.assert_array_equal(start_noise, expected)
        assert list(drawn) == [6, 5, 4, 3, 2]
        for step, noise in drawn.items():  # fresh in each window, either way
            np.testing.assert_array_equal(noise, NOISE.step(index, step, (1, 12, 54)))


def test_a_repetition_is_the_clip_with_the_next_seed(model):
    together, calls = animate(model(), num_repetitions=3)
    alone = make_clip_motion(model(), REQUEST, SeededNoise(6))

    assert together.shape == (3, 31, 54)
    np.testing.assert_allclose(together[1:2], alone, atol=1e-4)  # float32 sums, guidance 3
    assert np.abs(together[0] - together[1]).max() > 0.1
    for conditions, *_ in calls:
        assert {len(getattr(conditions, name)) for name in conditions.__dataclass_fields__} == {3}


def test_the_process_is_the_one_that_was_asked_for(model):
    ddim, calls = animate(model(), process=ReverseProcess(sampler="ddim", num_steps=2))
    ddpm, _ = animate(model())

    assert not any(drawn for _, _, drawn, _ in calls)
    assert np.abs(ddim - ddpm).max() > 0.01


def test_style_and_shape_reach_every_window(model, statistics):
    _, calls = animate(model())
    for conditions, *_ in calls:
        np.testing.assert_array_equal(conditions.style, [STYLE])
        expected = (SHAPE - statistics.shape_mean) / statistics.shape_std
        np.testing.assert_allclose(conditions.shape, [expected], rtol=1e-5)
        assert conditions.has_style.all()
        assert conditions.has_speech.all()


def test_without_style_and_shape_the_stand_ins_are_taken(model):
    _, calls = animate(model(), ClipRequest(samples=SAMPLES))
    for conditions, *_ in calls:
        assert not conditions.has_style.any()
        assert not conditions.shape.any()


def test_faces_are_the_motion_in_raw_units(model, statistics):
    motion = make_clip_motion(model(), REQUEST, NOISE)

    faces = animate_clip(model(), REQUEST, NOISE)

    assert len(faces) == 1
    expected = denormalise(motion[0], statistics, SHAPE)
    np.testing.assert_array_equal(faces[0].expression, expected.expression)
    np.testing.assert_array_equal(faces[0].pose, expected.pose)
    np.testing.assert_array_equal(faces[0].shape, SHAPE)


def test_a_model_without_head_pose_holds_the_head_still(model):
    (face,) = animate_clip(model(motion_dim=51), REQUEST, NOISE)
    assert not face.pose[:, :3].any()
    assert face.pose[:, 3].std() > 0


def test_a_model_without_style_and_shape_takes_neither(model):
    motion, _ = animate(model(style_dim=0, shape_dim=0), ClipRequest(samples=SAMPLES))
    assert motion.shape == (1, 31, 54)


def test_progress_grows_to_the_whole(model):
    told = []
    make_clip_motion(model(), REQUEST, NOISE, told.append)

    shares = [progress.share for progress in told]
    assert len(shares) == 3 * 6
    np.testing.assert_allclose(shares, np.arange(1, 19) / 18)
    assert (told[0].num_windows, told[0].num_steps) == (3, 6)


def test_what_is_raised_in_progress_ends_the_clip(model):
    asked = model()

    def stop(progress):
        if progress.window_index == 1 and progress.num_steps_done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_clip_motion(asked, REQUEST, NOISE, stop)
    assert len(asked.sampler.calls) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"samples": SAMPLES[:639]}, "639 samples at 16 kHz; allowed", id="short"),
        pytest.param({"style": STYLE[:3]}, r"style of shape \(3,\); .* \(4,\)", id="style"),
        pytest.param({"shape": SHAPE[:3]}, r"shape \(3,\); expected \(100,\)", id="shape"),
        pytest.param(
            {"options": ClipOptions(process=ReverseProcess(num_steps=3))},
            "3 steps with ddpm; allowed: all 6",
            id="steps",
        ),
    ],
)
def test_a_request_that_does_not_fit_is_refused(model, changes, message):
    with pytest.raises(InvalidRequest, match=message):
        make_clip_motion(model(), replace(REQUEST, **changes), NOISE)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        pytest.param({"shape_dim": 0}, "shape was given; this model takes none", id="shape"),
        pytest.param({"style_dim": 0}, r"style of shape \(4,\); .* \(0,\)", id="style"),
    ],
)
def test_what_a_model_does_not_take_is_refused(model, sizes, message):
    with pytest.raises(InvalidRequest, match=message):
        make_clip_motion(model(**sizes), REQUEST, NOISE)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param({"samples": SAMPLES[None]}, r"shape \(1, 20000\); expected", id="channels"),
        pytest.param(
            {"samples": np.full(640, np.nan, np.float32)}, "audio is not finite", id="nan"
        ),
        pytest.param({"style": np.full(4, np.inf, np.float32)}, "style is not finite", id="inf"),
    ],
)
def test_a_request_that_no_model_can_take_is_refused(values, message):
    with pytest.raises(InvalidRequest, match=message):
        ClipRequest(**{"samples": SAMPLES, **values})
