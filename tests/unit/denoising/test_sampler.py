"""Sampling loops on denoisers whose answer is known."""

import numpy as np
import pytest

from posecast.denoising.denoiser import Conditions, stack_conditions
from posecast.denoising.guidance import Guidance
from posecast.denoising.noise import step_noise, window_noise
from posecast.denoising.sampler import ddim, ddim_steps, ddpm
from posecast.denoising.torch_denoiser import TorchDenoiser
from posecast.errors import InvalidRequest

PLAIN = Guidance(audio_scale=1.0, style_scale=1.0)
TARGETS = pytest.mark.parametrize("target", ["sample", "noise"])


@pytest.fixture
def problem(tiny_config, tiny_conditions, gaussian_denoiser):
    """Makes a denoiser, conditions and start noise."""

    def make(*, deviation=0.0, batch=2, num_frames=12, **changes):
        config = tiny_config(**changes)
        conditions = tiny_conditions(config, num_frames, batch).keeping(speech=False, style=False)
        noise = np.stack(
            [window_noise(row, 0, (num_frames, config.motion_dim)) for row in range(batch)]
        )
        return gaussian_denoiser(config, deviation=deviation), conditions, noise

    return make


def draw_like(noise):
    """Step noise for a batch like the start noise's."""
    return lambda step: step_noise(99, 0, step, noise.shape)


@TARGETS
def test_ddpm_ends_at_a_point_mass(problem, target):
    denoiser, conditions, noise = problem(target=target)

    motion = ddpm(denoiser, conditions, noise, step_noise=draw_like(noise), guidance=PLAIN)

    np.testing.assert_allclose(motion, 0.7, atol=2e-3)
    assert motion.dtype == np.float32
    assert len(denoiser.rows) == 20


@TARGETS
@pytest.mark.parametrize("num_steps", [1, 3, 20])
def test_ddim_ends_at_a_point_mass(problem, target, num_steps):
    denoiser, conditions, noise = problem(target=target)

    motion = ddim(denoiser, conditions, noise, num_steps=num_steps, guidance=PLAIN)

    np.testing.assert_allclose(motion, 0.7, atol=2e-3)
    assert motion.dtype == np.float32
    assert len(denoiser.rows) == num_steps


@TARGETS
def test_both_samplers_reach_the_spread_of_the_data(problem, target):
    denoiser, conditions, noise = problem(deviation=0.5, batch=100, num_steps=200, target=target)

    by_ddpm = ddpm(denoiser, conditions, noise, step_noise=draw_like(noise), guidance=PLAIN)
    by_ddim = ddim(denoiser, conditions, noise, num_steps=50, guidance=PLAIN)

    for motion in (by_ddpm, by_ddim):  # 6000 numbers: 0.03 is five standard errors
        assert motion.mean() == pytest.approx(0.7, abs=0.03)
        assert motion.std() == pytest.approx(0.5, abs=0.03)


def test_ddim_is_deterministic_and_follows_its_noise(problem):
    denoiser, conditions, noise = problem(deviation=0.5)

    first = ddim(denoiser, conditions, noise, num_steps=4, guidance=PLAIN)
    again = ddim(denoiser, conditions, noise, num_steps=4, guidance=PLAIN)
    other = ddim(denoiser, conditions, -noise, num_steps=4, guidance=PLAIN)

    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.3


def test_full_flexibility_adds_more_noise(problem):
    """With a point mass the clean motion is known: only the added noise moves the states."""
    spread = []
    for flexibility in (0.0, 1.0):
        denoiser, conditions, noise = problem(batch=50)
        states = {}
        ddpm(
            denoiser,
            conditions,
            np.zeros_like(noise),
            step_noise=draw_like(noise),
            guidance=PLAIN,
            flexibility=flexibility,
            on_step=states.__setitem__,
        )
        spread.append(states[1].std())

    assert spread[1] > 1.2 * spread[0]


def test_no_noise_is_drawn_for_the_last_step(problem):
    denoiser, conditions, noise = problem()
    drawn = []

    def draw(step):
        drawn.append(step)
        return np.zeros_like(noise)

    ddpm(denoiser, conditions, noise, step_noise=draw, guidance=PLAIN)

    assert drawn == list(range(20, 1, -1))


def test_observer_sees_every_state(problem):
    denoiser, conditions, noise = problem()
    seen = {}

    motion = ddim(
        denoiser, conditions, noise, num_steps=4, guidance=PLAIN, on_step=seen.__setitem__
    )

    assert list(seen) == [15, 10, 5, 0]
    np.testing.assert_array_equal(seen[0], motion)


def test_guidance_evaluates_all_terms_in_one_batch(problem, tiny_conditions):
    denoiser, _, noise = problem()
    given = tiny_conditions(denoiser.config, 12, 1)  # has speech and style
    guidance = Guidance(audio_scale=1.5, style_scale=3.0)

    motion = ddim(denoiser, stack_conditions([given, given]), noise, num_steps=3, guidance=guidance)

    assert denoiser.rows == [6, 6, 6]
    np.testing.assert_allclose(motion, 0.7 + 1.5 * 1.0 + 3.0 * 2.0, atol=2e-3)


def test_one_row_of_a_batch_is_the_row_alone(tiny_config, tiny_network, tiny_conditions):
    config = tiny_config()
    denoiser = TorchDenoiser(tiny_network(config))
    conditions = tiny_conditions(config, 12)
    noise = np.stack([window_noise(row, 0, (12, 5)) for row in range(8)])
    row = Conditions(
        **{name: getattr(conditions, name)[2:3] for name in Conditions.__dataclass_fields__}
    )

    together = ddim(denoiser, conditions, noise, num_steps=4, guidance=Guidance())
    alone = ddim(denoiser, row, noise[2:3], num_steps=4, guidance=Guidance())

    np.testing.assert_allclose(together[2:3], alone, atol=1e-4)  # float32 sums, guidance 3


@pytest.mark.parametrize(
    ("num_steps", "num_evaluations", "expected"),
    [
        pytest.param(500, 4, [500, 375, 250, 125], id="4 of 500"),
        pytest.param(500, 1, [500], id="1 of 500"),
        pytest.param(10, 3, [10, 7, 4], id="3 of 10"),
        pytest.param(5, 5, [5, 4, 3, 2, 1], id="all"),
    ],
)
def test_ddim_steps_are_even_and_start_at_the_noisiest(num_steps, num_evaluations, expected):
    assert ddim_steps(num_steps, num_evaluations) == expected


@pytest.mark.parametrize("num_evaluations", [0, 21, -1])
def test_a_number_of_steps_out_of_range_is_refused(problem, num_evaluations):
    denoiser, conditions, noise = problem()
    with pytest.raises(InvalidRequest, match=f"{num_evaluations} sampling steps; allowed: 1 to 20"):
        ddim(denoiser, conditions, noise, num_steps=num_evaluations, guidance=PLAIN)


@pytest.mark.parametrize("flexibility", [-0.1, 1.1, float("nan")])
def test_flexibility_out_of_range_is_refused(problem, flexibility):
    denoiser, conditions, noise = problem()
    with pytest.raises(InvalidRequest, match="flexibility"):
        ddpm(
            denoiser,
            conditions,
            noise,
            step_noise=draw_like(noise),
            guidance=PLAIN,
            flexibility=flexibility,
        )


def test_noise_that_does_not_fit_is_refused(problem):
    denoiser, conditions, noise = problem()
    with pytest.raises(InvalidRequest, match=r"\(2, 11, 5\); expected \(2, 12, 5\)"):
        ddim(denoiser, conditions, noise[:, 1:], num_steps=2, guidance=PLAIN)
