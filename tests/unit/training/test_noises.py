"""Noises that are made here: as long as asked, finite, and the same for a seed."""

import numpy as np
import pytest

from posecast.training.noises import NOISES, breath, coloured

ALL = {**NOISES, "breath": breath}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("num_samples", [1, 333, 16_000, 48_001])
def test_a_noise_has_the_length_that_was_asked_and_is_finite(name, num_samples):
    for seed in range(3):
        sound = ALL[name](np.random.default_rng(seed), num_samples)
        assert sound.shape == (num_samples,)
        assert sound.dtype == np.float32
        assert np.isfinite(sound).all()


@pytest.mark.parametrize("name", ALL)
def test_the_seed_alone_decides(name):
    one, again, other = (ALL[name](np.random.default_rng(seed), 32_000) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.01


@pytest.mark.parametrize("name", ALL)
def test_no_noise_is_silent(name):
    for seed in range(10):
        assert ALL[name](np.random.default_rng(seed), 48_000).std() > 0.01


@pytest.mark.parametrize("slope", [-1.5, 0.0, 0.3])
def test_coloured_noise_falls_by_its_slope_and_has_unit_variance(slope):
    sound = coloured(np.random.default_rng(1), 64_000, slope=slope)
    assert sound.std() == pytest.approx(1, abs=1e-3)
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    octaves = [np.sqrt(spectrum[4 * low : 8 * low].mean()) for low in (500, 2000)]
    # Two octaves apart; the means of 2000 and 8000 random bins.
    assert np.log2(octaves[1] / octaves[0]) / 2 == pytest.approx(slope, abs=0.05)


def test_music_has_tones_and_a_hiss_has_none():
    """Share of the power in the hundred strongest of 8000 bins."""

    def tonality(name, seed):
        power = np.abs(np.fft.rfft(NOISES[name](np.random.default_rng(seed), 16_000))) ** 2
        return np.sort(power)[-100:].sum() / power.sum()

    assert np.median([tonality("music", seed) for seed in range(9)]) > 0.6
    # A hiss that rises with frequency is spread over all bins.
    flat = np.abs(np.fft.rfft(coloured(np.random.default_rng(1), 16_000, slope=0.0))) ** 2
    assert np.sort(flat)[-100:].sum() / flat.sum() < 0.15


def test_a_breath_rises_and_falls():
    level = np.abs(breath(np.random.default_rng(1), 8000)).reshape(8, 1000).max(axis=1)
    assert level[3:5].min() > 2 * max(level[0], level[-1])
    assert np.abs(breath(np.random.default_rng(1), 8000)).max() == pytest.approx(1, abs=1e-3)
