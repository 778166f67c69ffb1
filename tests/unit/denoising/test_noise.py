"""Noise depends on its place alone."""

import numpy as np
import pytest

from posecast.denoising.noise import step_noise, window_noise
from posecast.errors import InvalidRequest

SHAPE = (100, 55)
RECORDED_WINDOW = [1.0916891, 0.4558267, 0.70178974, 0.28494337]
RECORDED_STEP = [-0.7295953, 1.1546172, 0.2166481, 0.75071752]


def test_same_seed_same_noise():
    np.testing.assert_array_equal(window_noise(5, 2, SHAPE), window_noise(5, 2, SHAPE))


def test_noise_is_the_recorded_one():
    """A change of these numbers changes every seed's face."""
    np.testing.assert_allclose(window_noise(1, 0, (4,)), RECORDED_WINDOW, rtol=1e-6)
    np.testing.assert_allclose(step_noise(1, 0, 7, (4,)), RECORDED_STEP, rtol=1e-6)


def test_all_places_differ():
    draws = [
        window_noise(5, 0, SHAPE),
        window_noise(5, 1, SHAPE),
        window_noise(6, 0, SHAPE),
        window_noise(2**64 - 1, 0, SHAPE),
        step_noise(5, 0, 0, SHAPE),  # not a real step: the start's twin, if streams coincided
        step_noise(5, 0, 1, SHAPE),
        step_noise(5, 0, 2, SHAPE),
        step_noise(5, 1, 1, SHAPE),
    ]
    flat = np.stack([draw.ravel() for draw in draws])

    correlation = np.corrcoef(flat) - np.eye(len(draws))

    assert np.abs(correlation).max() < 0.07  # five standard deviations of 5500 draws


def test_noise_is_standard_normal():
    noise = window_noise(11, 3, (200, 500))

    assert noise.dtype == np.float32
    assert noise.mean() == pytest.approx(0.0, abs=0.015)
    assert noise.std() == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        pytest.param(lambda: window_noise(-1, 0, (1,)), "seed -1", id="negative seed"),
        pytest.param(lambda: window_noise(2**64, 0, (1,)), "seed 18446744073709551616", id="seed"),
        pytest.param(lambda: window_noise(0, -1, (1,)), "window index -1", id="window"),
        pytest.param(lambda: step_noise(0, 0, -1, (1,)), "step -1", id="step"),
    ],
)
def test_a_place_out_of_range_is_refused(draw, message):
    with pytest.raises(InvalidRequest, match=message):
        draw()
