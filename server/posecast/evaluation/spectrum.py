"""How the movement of a curve is spread over frequencies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posecast.evaluation.curves import DoubleArray


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Power of a movement at each frequency, one-sided."""

    frequencies_hz: DoubleArray
    """[F]"""
    power: DoubleArray
    """Mean square of the movement that falls to each frequency; the sum is all of it. [F]"""

    @property
    def total(self) -> float:
        """Mean square of the movement."""
        return float(self.power.sum())

    def between(self, low_hz: float, high_hz: float = float("inf")) -> float:
        """Mean square of the movement within a band, both ends included."""
        inside = (low_hz <= self.frequencies_hz) & (self.frequencies_hz <= high_hz)
        return float(self.power[inside].sum())


def power_spectrum(
    values: DoubleArray, frame_rate_hz: float, *, num_points: int | None = None
) -> Spectrum:
    """Power spectrum of a curve around its mean, under a Hann window.

    Args:
        values: The curve. [T]
        frame_rate_hz: Frames in a second.
        num_points: Length to which the curve is padded, so that curves of several lengths share
            their frequencies; that of the curve if left out.

    Returns:
        The spectrum; of fewer than three frames, which the window leaves nothing of, no power.
    """
    num_points = max(len(values), num_points or 1)
    frequencies_hz = np.fft.rfftfreq(num_points, 1 / frame_rate_hz).astype(np.float64)
    if len(values) < 3:
        return Spectrum(frequencies_hz, np.zeros(len(frequencies_hz)))
    window = np.hanning(len(values))
    power = np.abs(np.fft.rfft(window * (values - values.mean()), num_points)) ** 2
    power[1 : (num_points + 1) // 2] *= 2  # their mirror images; zero and Nyquist have none
    return Spectrum(frequencies_hz, power / (num_points * np.square(window).sum()))
