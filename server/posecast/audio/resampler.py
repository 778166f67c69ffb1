"""Any sample rate to 16 kHz, stream-wise."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from posecast.audio.pcm import check_sample_rate
from posecast.config import SAMPLE_RATE_HZ
from posecast.signals import FloatArray

BLOCK_SAMPLES = SAMPLE_RATE_HZ // 100  # 160 samples of output, 10 ms
"""Outputs made at a time, always at the same places of the stream: chunking cannot change a bit."""

ZERO_CROSSINGS = 32
"""Half length of the filter in samples of the lower rate: it hears 2 ms ahead (4 ms at 8 kHz)."""
CUTOFF = 0.95
"""Edge of the pass band over the lower of the two Nyquist frequencies."""
KAISER_BETA = 8.0
"""Shape of the filter's window: about 80 dB of attenuation."""
MAX_PHASES = 1024
"""Most filters kept for a rate. Common rates need 640 or fewer and are exact; an odd one, such as
44101 Hz, takes the nearest of these, at most 1/2048 of a source sample away."""


class Resampler:
    """Converts one stream to 16 kHz without delay: a click stays where it was.

    A windowed sinc of our own instead of a library: its look-ahead of a few milliseconds is what a
    live face can afford, while soxr's streams hold back 40 to 115 ms.
    """

    def __init__(self, source_rate_hz: int) -> None:
        """Start a stream.

        Args:
            source_rate_hz: Rate of the samples that will come, 8000..192000.

        Raises:
            InvalidRequest: If the rate is out of range.
        """
        check_sample_rate(source_rate_hz)
        self._source_rate_hz = source_rate_hz
        self._filters = _polyphase_filters(source_rate_hz)
        self._half_taps = self._filters.shape[1] // 2
        # As if silence came before: then the first output has a whole filter under it.
        self._pending: FloatArray = np.zeros(self._half_taps - 1, np.float32)
        self._pending_start = 1 - self._half_taps
        self._num_pushed = 0
        self._num_returned = 0

    def push(self, samples: FloatArray) -> FloatArray:
        """Convert the next samples.

        Args:
            samples: Mono audio at the source rate, any length. [S]

        Returns:
            What is complete by now, at 16 kHz. [S']
        """
        self._num_pushed += len(samples)
        if self._source_rate_hz == SAMPLE_RATE_HZ:
            self._num_returned += len(samples)
            return np.array(samples, np.float32)
        self._pending = np.concatenate([self._pending, samples]).astype(np.float32, copy=False)
        return self._drain()

    def finish(self) -> FloatArray:
        """End the stream.

        Returns:
            The rest, so that `round(pushed * 16000 / source_rate_hz)` samples came out in all. [S']
        """
        rate_hz = self._source_rate_hz
        total = (2 * self._num_pushed * SAMPLE_RATE_HZ + rate_hz) // (2 * rate_hz)
        missing = total - self._num_returned
        if missing == 0:
            return np.zeros(0, np.float32)
        num_blocks = -(-missing // BLOCK_SAMPLES)
        silence = num_blocks * BLOCK_SAMPLES * rate_hz // SAMPLE_RATE_HZ + 2 * self._half_taps + 1
        self._pending = np.concatenate([self._pending, np.zeros(silence, np.float32)])
        rest = self._drain()[:missing]
        self._num_returned = total
        return rest

    def _drain(self) -> FloatArray:
        """Make every block whose input is there, and forget the input that no later block needs."""
        blocks = []
        pending_end = self._pending_start + len(self._pending)
        while self._base_of(self._num_returned + BLOCK_SAMPLES - 1) + self._half_taps < pending_end:
            blocks.append(self._filter_block())
            self._num_returned += BLOCK_SAMPLES
        first_needed = self._base_of(self._num_returned) - self._half_taps + 1
        self._pending = self._pending[first_needed - self._pending_start :]
        self._pending_start = first_needed
        return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)

    def _base_of(self, output_index: int) -> int:
        """Source sample at or just before an output sample."""
        return output_index * self._source_rate_hz // SAMPLE_RATE_HZ

    def _filter_block(self) -> FloatArray:
        divisor = math.gcd(self._source_rate_hz, SAMPLE_RATE_HZ)
        ticks = (self._num_returned + np.arange(BLOCK_SAMPLES)) * (self._source_rate_hz // divisor)
        bases, phases = np.divmod(ticks, SAMPLE_RATE_HZ // divisor)
        starts = bases - (self._half_taps - 1) - self._pending_start
        windows = self._pending[starts[:, None] + np.arange(2 * self._half_taps)]
        filters = self._filters[phases * len(self._filters) // (SAMPLE_RATE_HZ // divisor)]
        return np.einsum("st,st->s", windows, filters)


@functools.lru_cache(maxsize=8)
def _polyphase_filters(source_rate_hz: int) -> FloatArray:
    """Filter of each position of an output between two source samples. [phases, taps]"""
    exact_phases = SAMPLE_RATE_HZ // math.gcd(source_rate_hz, SAMPLE_RATE_HZ)
    num_phases = min(exact_phases, MAX_PHASES)
    is_exact = num_phases == exact_phases
    lower_rate = min(1.0, SAMPLE_RATE_HZ / source_rate_hz)  # in source samples
    half_taps = math.ceil(ZERO_CROSSINGS / lower_rate)
    middle = 0.0 if is_exact else 0.5  # a filter that stands for a range is made for its middle
    fraction = (np.arange(num_phases)[:, None] + middle) / num_phases
    distance = np.arange(1 - half_taps, half_taps + 1) - fraction
    filters = np.sinc(CUTOFF * lower_rate * distance) * _kaiser_window(distance / half_taps)
    filters /= filters.sum(axis=1, keepdims=True)
    return filters.astype(np.float32)


def _kaiser_window(position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kaiser window over -1..1, read from a table because the Bessel function is slow."""
    grid = np.linspace(0, 1, 8193)
    table = np.i0(KAISER_BETA * np.sqrt(1 - grid**2))
    return np.interp(np.abs(position), grid, table)
