"""The noise schedule against the published one."""

import numpy as np
import pytest

from posecast.denoising.noise_schedule import NoiseSchedule, build_schedule
from posecast.nn import sinusoid_table

SCHEDULES = pytest.mark.parametrize(
    ("mode", "num_steps"),
    [("cosine", 500), ("linear", 500), ("quadratic", 500), ("sigmoid", 500), ("cosine", 10)],
)
# Early betas and 1 - alpha_bar are differences of float32 numbers near 1. The last bit of a cosine
# or logarithm, on which math libraries do not agree, is one in 3500 of a beta of 2e-4. Numbers that
# are no such difference agree to 1e-6 of themselves; those that are, to two such bits.
LAST_BITS = 2 * 2.0**-23


@SCHEDULES
def test_schedule_is_the_published_one(golden, mode, num_steps):
    reference, schedule = golden("schedule"), build_schedule(mode, num_steps)
    for name in ("alphas", "alpha_bars"):
        expected = reference[f"{mode}_{num_steps}_{name}"]
        np.testing.assert_allclose(getattr(schedule, name), expected, rtol=1e-6, err_msg=name)
    for name in NoiseSchedule.__dataclass_fields__:
        expected = reference[f"{mode}_{num_steps}_{name}"]
        np.testing.assert_allclose(
            getattr(schedule, name), expected, rtol=3e-4, atol=1e-9, err_msg=name
        )
    betas = reference[f"{mode}_{num_steps}_betas"]
    np.testing.assert_allclose(schedule.betas, betas, rtol=1e-6, atol=LAST_BITS)


def test_short_schedule_is_exact(golden):
    """Ten steps have no small betas: here the tolerance of 1e-6 holds for every number."""
    reference, schedule = golden("schedule"), build_schedule("cosine", 10)
    for name in NoiseSchedule.__dataclass_fields__:
        expected = reference[f"cosine_10_{name}"]
        np.testing.assert_allclose(getattr(schedule, name), expected, rtol=1e-6, err_msg=name)


@SCHEDULES
def test_posterior_weights_are_the_published_ones(golden, mode, num_steps):
    reference, schedule = golden("schedule"), build_schedule(mode, num_steps)
    prefix = f"{mode}_{num_steps}"
    for row, step in enumerate(reference[f"{prefix}_t"]):
        found = (*schedule.posterior_weights(int(step)), schedule.sigma(int(step), 0.3))
        names = ("coef_xt", "coef_x0", "sigma_flex03")
        for name, value in zip(names, found, strict=True):
            expected = reference[f"{prefix}_{name}"][row]
            assert value == pytest.approx(expected, rel=1e-6, abs=1e-9), (name, step)


def test_sinusoids_are_the_published_ones(golden):
    reference = golden("schedule")

    wide, narrow = sinusoid_table(501, 512).numpy(), sinusoid_table(600, 128).numpy()

    # The angle is up to 500 rad, where float32 resolves 3e-5.
    np.testing.assert_allclose(wide[reference["te_rows"]], reference["te_pe"], atol=5e-5)
    np.testing.assert_allclose(narrow[100], reference["pe128_row100"], atol=1e-5)
    np.testing.assert_allclose(narrow[57], reference["pe128_row57"], atol=1e-5)
