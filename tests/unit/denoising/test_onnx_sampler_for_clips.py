"""The sampler's graph for clips: noise in every step and bounded predictions, as in the loop."""

import numpy as np
import pytest

from posecast.denoising import onnx_sampler
from posecast.denoising.guidance import Guidance, Threshold
from posecast.denoising.noise import step_noise
from posecast.denoising.onnx_denoiser import OnnxDenoiser
from posecast.denoising.onnx_sampler import OnnxSampler
from posecast.denoising.process_sampler import LoopSampler
from posecast.denoising.reverse_process import ReverseProcess
from posecast.denoising.window_sampler import DdimSampler
from posecast.errors import InvalidRequest
from posecast.export import export_denoiser
from posecast.sampler_graph import export_sampler

NOISE = np.random.default_rng(4).standard_normal((8, 12, 5), dtype=np.float32)
GUIDANCE = Guidance(audio_scale=1.15, style_scale=3.0)
DDPM = ReverseProcess()
LAYOUTS = pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="published layout"),
        pytest.param({"target": "noise"}, id="noise"),
        pytest.param({"alignment_width": 0, "learned_positions": False}, id="all speech"),
        pytest.param({"pre_norm": True, "speech_skip": True, "pads_windows": False}, id="short"),
    ],
)
PROCESSES = pytest.mark.parametrize(
    "process",
    [
        pytest.param(DDPM, id="ddpm"),
        pytest.param(ReverseProcess(flexibility=1.0), id="flexible"),
        pytest.param(ReverseProcess(sampler="ddim", num_steps=7), id="ddim"),
    ],
)
BOUNDS = pytest.mark.parametrize(
    "threshold",
    [
        pytest.param(Threshold(ratio=0.99, low=0.01, high=4.0), id="between two values"),
        pytest.param(Threshold(ratio=0.0, low=0.001, high=9.0), id="smallest"),
        pytest.param(Threshold(ratio=1.0, low=0.001, high=9.0), id="largest"),
        pytest.param(Threshold(ratio=0.5, low=0.1, high=0.2), id="limits"),
    ],
)


@pytest.fixture
def samplers(tiny_config, tiny_network, tmp_path):
    """Makes the loop over a denoiser and the graph for clips of the same."""

    def make(*, repeats_motion=True, **changes):
        config = tiny_config(**changes)
        denoiser, sampler = tmp_path / "denoiser.onnx", tmp_path / "sampler.onnx"
        export_denoiser(tiny_network(config), denoiser, repeats_motion=repeats_motion)
        export_sampler(denoiser, sampler, for_clips=True)
        return OnnxDenoiser(denoiser, config), OnnxSampler(sampler, config)

    return make


def draw_like(noise):
    return lambda step: step_noise(5, 0, step, noise.shape)


def run(sampler, process, conditions, noise, guidance=GUIDANCE, **options):
    return sampler.run(
        process, conditions, noise, step_noise=draw_like(noise), guidance=guidance, **options
    )


def assert_close(found, expected):
    """Guidance of 3 magnifies the rounding of sums in another order."""
    size = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(found, expected, atol=5e-5 * size)


@LAYOUTS
@PROCESSES
def test_the_graph_matches_the_loop(samplers, tiny_conditions, changes, process):
    denoiser, in_graph = samplers(**changes)
    for num_frames, batch in ((12, 8), (5, 2)):
        conditions = tiny_conditions(denoiser.config, num_frames, batch)
        noise = NOISE[:batch, :num_frames]

        expected = run(LoopSampler(denoiser), process, conditions, noise)

        assert_close(run(in_graph, process, conditions, noise), expected)


def test_frames_may_be_embedded_once_for_each_term(samplers, tiny_conditions):
    denoiser, shared = samplers()
    _, apart = samplers(repeats_motion=False)
    conditions = tiny_conditions(denoiser.config, 12)

    expected = run(apart, DDPM, conditions, NOISE)

    assert_close(run(shared, DDPM, conditions, NOISE), expected)


@BOUNDS
@pytest.mark.parametrize("num_frames", [12, 5, 1])
def test_predictions_are_bounded_as_in_the_loop(samplers, tiny_conditions, threshold, num_frames):
    denoiser, in_graph = samplers()
    conditions, noise = tiny_conditions(denoiser.config, num_frames), NOISE[:, :num_frames]
    guidance = Guidance(audio_scale=1.15, style_scale=3.0, threshold=threshold)

    expected = run(LoopSampler(denoiser), DDPM, conditions, noise, guidance)

    assert_close(run(in_graph, DDPM, conditions, noise, guidance), expected)
    unbounded = run(in_graph, DDPM, conditions, noise)
    if threshold.high < 1.0:  # otherwise the quantile may be beyond every value that matters
        assert np.abs(unbounded - expected).max() > 0.01


def test_live_windows_are_bounded_too(samplers, tiny_conditions):
    denoiser, in_graph = samplers()
    conditions = tiny_conditions(denoiser.config, 12)
    bounded = Guidance(threshold=Threshold(ratio=0.5, low=0.1, high=0.5))
    asked = {"num_steps": 3, "guidance": bounded}

    expected = DdimSampler(denoiser).sample(conditions, NOISE, **asked)
    found = in_graph.sample(conditions, NOISE, **asked)

    assert_close(found.motion, expected.motion)
    assert_close(found.first_clean, expected.first_clean)


def test_a_single_prediction_is_not_bounded(samplers, tiny_conditions):
    denoiser, in_graph = samplers()
    conditions, steps = tiny_conditions(denoiser.config, 5), np.arange(1, 9)

    expected = denoiser.predict(NOISE[:, :5], steps, conditions)

    np.testing.assert_allclose(
        in_graph.predict(NOISE[:, :5], steps, conditions), expected, atol=5e-6
    )


@PROCESSES
@pytest.mark.parametrize("steps_at_a_time", [1, 6, 20])
def test_steps_in_parts_are_the_steps_in_one(
    samplers, tiny_conditions, monkeypatch, process, steps_at_a_time
):
    denoiser, in_graph = samplers()
    conditions = tiny_conditions(denoiser.config, 12)
    whole = run(in_graph, process, conditions, NOISE)
    told = []
    monkeypatch.setattr(onnx_sampler, "STEPS_AT_A_TIME", steps_at_a_time)

    in_parts = run(in_graph, process, conditions, NOISE, on_progress=told.append)

    np.testing.assert_array_equal(in_parts, whole)
    num_steps = len(process.steps(denoiser.config))
    assert told == [*range(steps_at_a_time, num_steps, steps_at_a_time), num_steps]


def test_noise_is_asked_for_in_order_and_not_for_the_last_step(samplers, tiny_conditions):
    _, in_graph = samplers()
    asked = []

    def draw(step):
        asked.append(step)
        return np.zeros_like(NOISE)

    in_graph.run(
        DDPM,
        tiny_conditions(in_graph.config, 12),
        NOISE,
        step_noise=draw,
        guidance=GUIDANCE,
    )

    assert asked == list(range(20, 1, -1))


def test_what_is_raised_between_parts_ends_the_window(samplers, tiny_conditions, monkeypatch):
    _, in_graph = samplers()
    monkeypatch.setattr(onnx_sampler, "STEPS_AT_A_TIME", 4)
    told = []

    def stop(num_done):
        told.append(num_done)
        if num_done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(in_graph, DDPM, tiny_conditions(in_graph.config, 12), NOISE, on_progress=stop)
    assert told == [4, 8]


def test_a_graph_that_was_not_made_for_clips_goes_step_by_step(
    tiny_config, tiny_network, tiny_conditions, tmp_path
):
    config = tiny_config()
    denoiser, sampler = tmp_path / "denoiser.onnx", tmp_path / "sampler.onnx"
    export_denoiser(tiny_network(config), denoiser)
    export_sampler(denoiser, sampler)
    conditions, told = tiny_conditions(config, 12), []

    expected = run(LoopSampler(OnnxDenoiser(denoiser, config)), DDPM, conditions, NOISE)
    found = run(OnnxSampler(sampler, config), DDPM, conditions, NOISE, on_progress=told.append)

    assert_close(found, expected)
    assert told == list(range(1, 21))


@pytest.mark.parametrize(
    ("process", "message"),
    [
        pytest.param(ReverseProcess(num_steps=5), "5 steps with ddpm; allowed: all 20", id="ddpm"),
        pytest.param(
            ReverseProcess(sampler="ddim", num_steps=21), "21 sampling steps; allowed: 1 to 20"
        ),
        pytest.param(ReverseProcess(sampler="ddim", num_steps=0), "0 sampling steps", id="none"),
    ],
)
def test_a_process_that_does_not_fit_is_refused(samplers, tiny_conditions, process, message):
    denoiser, in_graph = samplers()
    conditions = tiny_conditions(denoiser.config, 12)
    for sampler in (in_graph, LoopSampler(denoiser)):
        with pytest.raises(InvalidRequest, match=message):
            run(sampler, process, conditions, NOISE)


def test_noise_that_does_not_fit_is_refused(samplers, tiny_conditions):
    _, in_graph = samplers()
    with pytest.raises(InvalidRequest, match=r"\(8, 12, 5\); expected \(8, 11, 5\)"):
        run(in_graph, DDPM, tiny_conditions(in_graph.config, 11), NOISE)
