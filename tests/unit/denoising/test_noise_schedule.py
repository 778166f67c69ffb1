"""Properties that every noise schedule has."""

import numpy as np
import pytest

from posecast.denoising.noise_schedule import build_schedule
from posecast.errors import InvalidRequest

MODES = ["cosine", "linear", "quadratic", "sigmoid"]


@pytest.mark.parametrize("mode", MODES)
def test_motion_fades_from_clean_step_by_step(mode):
    schedule = build_schedule(mode, 500)

    assert schedule.num_steps == 500
    assert schedule.alpha_bars[0] == 1.0
    assert np.all(np.diff(schedule.alpha_bars) < 0)
    assert schedule.alpha_bars[-1] > 0


@pytest.mark.parametrize("mode", MODES)
def test_posterior_of_the_first_step_is_the_clean_motion(mode):
    noisy, clean = build_schedule(mode, 500).posterior_weights(1)

    assert noisy == 0.0
    assert clean == pytest.approx(1.0, abs=1e-3)  # float32 keeps three digits of 1 - alpha_bar_1


def test_posterior_keeps_the_power_of_the_forward_process():
    """x_{t-1} made from x_t and x_0 must have variance 1 - alpha_bar_{t-1} around x_0."""
    schedule = build_schedule("cosine", 500)
    for step in (2, 40, 250, 499):
        noisy, clean = schedule.posterior_weights(step)
        now, earlier = (float(schedule.alpha_bars[s]) for s in (step, step - 1))

        assert noisy * now**0.5 + clean == pytest.approx(earlier**0.5, rel=2e-3)
        spread = noisy**2 * (1 - now) + schedule.sigma(step) ** 2
        assert spread == pytest.approx(1 - earlier, rel=2e-3)


def test_flexibility_blends_the_noise_scales():
    schedule = build_schedule("linear", 50)

    assert schedule.sigma(20, 0.0) == pytest.approx(schedule.sigmas_inflex[20])
    assert schedule.sigma(20, 1.0) == pytest.approx(np.sqrt(schedule.betas[20]))
    middle = (schedule.sigma(20, 0.0) + schedule.sigma(20, 1.0)) / 2
    assert schedule.sigma(20, 0.5) == pytest.approx(middle)


def test_a_shared_schedule_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        build_schedule("cosine", 10).betas[0] = 1.0


@pytest.mark.parametrize(
    ("mode", "num_steps", "message"),
    [
        pytest.param("exponential", 10, "exponential.*cosine, linear", id="unknown mode"),
        pytest.param("cosine", 0, "0 diffusion steps", id="no step"),
    ],
)
def test_bad_schedule_is_refused(mode, num_steps, message):
    with pytest.raises(InvalidRequest, match=message):
        build_schedule(mode, num_steps)
