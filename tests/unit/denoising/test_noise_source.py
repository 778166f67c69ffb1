"""Noise of whole clips."""

import numpy as np
import pytest

from posecast.denoising.noise import step_noise, window_noise
from posecast.denoising.noise_source import SeededNoise
from posecast.errors import InvalidRequest

SHAPE = (3, 4, 5)


def test_repetitions_have_the_noise_of_the_seeds_that_follow():
    noise = SeededNoise(7)
    start, step = noise.start(2, SHAPE), noise.step(2, 400, SHAPE)

    for row in range(3):
        np.testing.assert_array_equal(start[row], window_noise(7 + row, 2, (4, 5)))
        np.testing.assert_array_equal(step[row], step_noise(7 + row, 2, 400, (4, 5)))


def test_a_repetition_does_not_depend_on_how_many_there_are():
    noise = SeededNoise(7)
    np.testing.assert_array_equal(noise.start(0, (1, 4, 5)), noise.start(0, SHAPE)[:1])


def test_beyond_the_last_seed_comes_the_first():
    last = SeededNoise(2**64 - 1).start(0, (2, 4, 5))
    np.testing.assert_array_equal(last[1], window_noise(0, 0, (4, 5)))


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(InvalidRequest, match=f"seed {seed}"):
        SeededNoise(seed).start(0, SHAPE)
