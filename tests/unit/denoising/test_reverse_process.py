"""Reverse processes: which steps, and their shares as the loops take them."""

import numpy as np
import pytest

from posecast.denoising.guidance import Guidance
from posecast.denoising.noise import step_noise, window_noise
from posecast.denoising.process_sampler import LoopSampler
from posecast.denoising.reverse_process import ReverseProcess, StepShares
from posecast.denoising.sampler import ddim, ddpm
from posecast.errors import InvalidRequest

PLAIN = Guidance(audio_scale=1.0, style_scale=1.0)
PROCESSES = pytest.mark.parametrize(
    "process",
    [
        pytest.param(ReverseProcess(), id="ddpm"),
        pytest.param(ReverseProcess(flexibility=0.3), id="flexible"),
        pytest.param(ReverseProcess(sampler="ddim", num_steps=6), id="ddim"),
        pytest.param(ReverseProcess(sampler="ddim"), id="all of ddim"),
    ],
)


@pytest.fixture
def problem(tiny_config, tiny_conditions, gaussian_denoiser):
    """A denoiser, conditions and noise of one row."""

    def make(**changes):
        config = tiny_config(**changes)
        noise = window_noise(3, 0, (12, config.motion_dim))[None]
        return gaussian_denoiser(config, deviation=0.5), tiny_conditions(config, 12, 1), noise

    return make


def draw(step):
    return step_noise(3, 0, step, (12, 5))[None]


@PROCESSES
@pytest.mark.parametrize("target", ["sample", "noise"])
def test_shares_make_the_motion_of_the_loop(problem, process, target):
    denoiser, conditions, noise = problem(target=target)
    expected = LoopSampler(denoiser).run(
        process, conditions, noise, step_noise=draw, guidance=PLAIN
    )

    shares, motion = StepShares.of(process, denoiser.config), noise
    for index in range(len(shares)):
        step = shares.steps[index : index + 1]
        prediction = denoiser.predict(motion, step, conditions)
        motion = shares.of_prediction[index] * prediction + shares.of_motion[index] * motion
        if shares.of_noise[index]:
            motion = motion + shares.of_noise[index] * draw(int(step[0]))

    np.testing.assert_allclose(motion, expected, atol=1e-4)


def test_the_loops_are_those_of_the_sampler(problem):
    denoiser, conditions, noise = problem()
    asked = {"step_noise": draw, "guidance": PLAIN}
    by_ddpm = ddpm(denoiser, conditions, noise, flexibility=0.3, **asked)
    by_ddim = ddim(denoiser, conditions, noise, num_steps=6, guidance=PLAIN)

    sampler = LoopSampler(denoiser)

    process = ReverseProcess(flexibility=0.3)
    np.testing.assert_array_equal(sampler.run(process, conditions, noise, **asked), by_ddpm)
    process = ReverseProcess(sampler="ddim", num_steps=6)
    np.testing.assert_array_equal(sampler.run(process, conditions, noise, **asked), by_ddim)
    assert sampler.config is denoiser.config


@PROCESSES
def test_progress_counts_the_steps(problem, process):
    denoiser, conditions, noise = problem()
    told = []

    LoopSampler(denoiser).run(
        process, conditions, noise, step_noise=draw, guidance=PLAIN, on_progress=told.append
    )

    assert told == list(range(1, len(process.steps(denoiser.config)) + 1))


def test_ddpm_adds_noise_in_all_steps_but_the_last(tiny_config):
    config = tiny_config()
    of_noise = StepShares.of(ReverseProcess(), config).of_noise
    assert (of_noise[:-1] > 0).all()
    assert of_noise[-1] == 0
    # sqrt(beta_1) is not 0, yet nothing is added to the result
    assert StepShares.of(ReverseProcess(flexibility=1.0), config).of_noise[-1] == 0
    assert not StepShares.of(ReverseProcess(sampler="ddim"), config).of_noise.any()


def test_parts_join_to_the_whole(tiny_config):
    shares = StepShares.of(ReverseProcess(), tiny_config())
    parts = [shares.part(start, start + 8) for start in range(0, 20, 8)]
    assert [len(part) for part in parts] == [8, 8, 4]
    for name in ("steps", "of_prediction", "of_motion", "of_noise"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(shares, name))


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        pytest.param({"sampler": "euler"}, "'euler'; allowed: ddpm, ddim", id="sampler"),
        pytest.param({"flexibility": 1.1}, "1.1; allowed: 0 to 1", id="too flexible"),
        pytest.param({"flexibility": float("nan")}, "nan; allowed: 0 to 1", id="nan"),
        pytest.param(
            {"sampler": "ddim", "flexibility": 0.5}, "0.5 with ddim; allowed: 0", id="no noise"
        ),
    ],
)
def test_a_process_out_of_range_is_refused(choices, message):
    with pytest.raises(InvalidRequest, match=message):
        ReverseProcess(**choices)
