"""Log-mel spectrum with strictly causal windows, and its running level normalisation."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from posecast.config import SAMPLE_RATE_HZ
from posecast.errors import InvalidRequest
from posecast.signals import FloatArray

HOP_SAMPLES = SAMPLE_RATE_HZ // 100  # 160, 10 ms
WINDOW_SAMPLES = SAMPLE_RATE_HZ // 40  # 400, 25 ms
TAIL_SAMPLES = WINDOW_SAMPLES - HOP_SAMPLES  # 240: what the next block needs of the one before
FFT_SAMPLES = 512
LOWEST_HZ = 60.0
HIGHEST_HZ = 7600.0
POWER_FLOOR = 1e-7
_HOPS_A_PRODUCT = 8

PEAK_FLOOR = -6.0
"""Lowest running peak, natural log of power: about 66 dB under a full-scale sine."""
PEAK_DECAY_PER_HOP = 0.005
"""How fast the running peak falls: 0.5 a second, 2.2 dB."""
DYNAMIC_RANGE = 11.5
"""Depth below the running peak that is kept: 50 dB."""


@functools.cache
def mel_filters(num_bands: int) -> FloatArray:
    """Triangular filters, evenly spaced on the mel scale.

    Args:
        num_bands: Number of mel bands.

    Returns:
        Weight of each FFT bin in each band. [FFT_SAMPLES / 2 + 1, num_bands]

    Source:
        O'Shaughnessy's mel formula, 2595 log10(1 + f / 700).
    """
    low_mel, high_mel = (2595 * np.log10(1 + hz / 700) for hz in (LOWEST_HZ, HIGHEST_HZ))
    edges_hz = 700 * (10 ** (np.linspace(low_mel, high_mel, num_bands + 2) / 2595) - 1)
    bins_hz = np.arange(FFT_SAMPLES // 2 + 1)[:, None] * SAMPLE_RATE_HZ / FFT_SAMPLES
    rising = (bins_hz - edges_hz[:-2]) / (edges_hz[1:-1] - edges_hz[:-2])
    falling = (edges_hz[2:] - bins_hz) / (edges_hz[2:] - edges_hz[1:-1])
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)


@functools.cache
def _window() -> FloatArray:
    return np.hanning(WINDOW_SAMPLES).astype(np.float32)


def log_mel(samples: FloatArray, tail: FloatArray, num_bands: int) -> FloatArray:
    """Log-mel spectrum whose frame `i` hears nothing after sample `160 * (i + 1)`.

    Args:
        samples: Audio at 16 kHz, a multiple of 160 samples, not empty. [..., S]
        tail: The 240 samples before; zeros at the start of a stream. [..., 240]
        num_bands: Number of mel bands.

    Returns:
        Natural logarithm of mel power, of each row as if it were alone. [..., S / 160, num_bands]

    Raises:
        InvalidRequest: If the length is 0 or not a multiple of 160.
    """
    length = samples.shape[-1]
    if not length or length % HOP_SAMPLES:
        raise InvalidRequest(f"{length} samples; expected a multiple of {HOP_SAMPLES} above 0")
    padded = np.concatenate([tail, samples], axis=-1).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_SAMPLES, axis=-1)
    windows = windows[..., ::HOP_SAMPLES, :]
    spectrum = np.fft.rfft(windows * _window(), FFT_SAMPLES)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    return np.log(_sum_bands(power, mel_filters(num_bands)) + np.float32(POWER_FLOOR))


def _sum_bands(power: FloatArray, filters: FloatArray) -> FloatArray:
    """Power in each band. [..., T, bins] -> [..., T, num_bands]"""
    # NumPy's BLAS shares larger products out among threads of its own, which wait for each other:
    # on a busy server that took 12 ms where one thread takes 0.2. No product spans two rows: its
    # height decides how it rounds, and a row must not depend on how many are beside it.
    bands = np.empty((*power.shape[:-1], filters.shape[1]), np.float32)
    for start in range(0, power.shape[-2], _HOPS_A_PRODUCT):
        hops = slice(start, start + _HOPS_A_PRODUCT)
        np.matmul(power[..., hops, :], filters, out=bands[..., hops, :])
    return bands


def normalise_level(
    mel: FloatArray, peak_level: float | NDArray[np.float64]
) -> tuple[FloatArray, NDArray[np.float64]]:
    """Measure each frame from the running peak, so that gain does not matter.

    Args:
        mel: Log-mel spectrum. [..., T, num_bands]
        peak_level: Running peak before the block. [...]

    Returns:
        The normalised spectrum with the scaled peak itself as last column, [..., T, num_bands + 1],
        and the running peak after the block, [...].
    """
    decay = PEAK_DECAY_PER_HOP * np.arange(1, mel.shape[-2] + 1)
    risen = np.maximum.accumulate(mel.max(axis=-1).astype(np.float64) + decay, axis=-1)
    before = np.asarray(peak_level)[..., None]
    peaks: NDArray[np.float64] = np.maximum(np.maximum(risen, before) - decay, PEAK_FLOOR)
    relative = np.maximum(mel - peaks[..., None], -DYNAMIC_RANGE)
    columns = [relative / 4.0 + 1.2, (peaks[..., None] - 2.0) / 4.0]
    return np.concatenate(columns, axis=-1).astype(np.float32), peaks[..., -1]
