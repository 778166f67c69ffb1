from __future__ import annotations

import numpy as np
import pytest

from posecast.evaluation.spectrum import power_spectrum


@pytest.mark.parametrize("num_points", [None, 1000])
def test_energy_of_a_sine_lies_at_its_frequency(num_points):
    times_s = np.arange(500) / 25
    values = 7 + 3 * np.sin(2 * np.pi * 4 * times_s)

    spectrum = power_spectrum(values, 25, num_points=num_points)

    assert spectrum.total == pytest.approx(4.5, rel=0.01)  # 3 squared over 2; no mean
    assert spectrum.between(3.8, 4.2) == pytest.approx(4.5, rel=0.01)
    assert spectrum.frequencies_hz[spectrum.power.argmax()] == pytest.approx(4)


@pytest.mark.parametrize("num_frames", [999, 1000])
def test_energy_of_noise_is_its_variance_and_lies_everywhere(num_frames):
    noise = np.random.default_rng(0).standard_normal((200, num_frames))

    spectra = [power_spectrum(row, 25) for row in noise]

    assert np.mean([each.total for each in spectra]) == pytest.approx(1, rel=0.02)
    # of the 12.5 Hz that 25 frames a second can hold, 10 to 12.5 are a fifth
    assert np.mean([each.between(10) for each in spectra]) == pytest.approx(0.2, rel=0.05)


def test_two_frames_have_no_movement_to_speak_of():
    assert power_spectrum(np.array([0.0, 1.0]), 25).total == 0
    assert power_spectrum(np.array([]), 25).total == 0
