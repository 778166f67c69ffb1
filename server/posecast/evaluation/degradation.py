"""Sound made worse before the model hears it, while the phones stay where they are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import numpy as np

from posecast.evaluation.curves import DoubleArray
from posecast.signals import Waveform

CLEAN = "none"

ACTIVE_WITHIN_DB = 30.0
"""Speech is active in frames at most this far below the loud ones."""
_LEVEL_FRAME_S = 0.02
TELEPHONE_BAND_HZ = (300.0, 3400.0)
TELEPHONE_RATE_HZ = 8000
_BAND_EDGE_HZ = 100.0
"""Width of the slopes at either end of the telephone's band."""
_MU = 255
REVERBERATION_S = 0.5
"""Time in which the room's answer falls by 60 dB."""
_FIRST_REFLECTION_S = 0.002
QUIET_GAIN = 0.01
"""-40 dB."""
_WHISPER_WINDOW_S = 0.032
_WHISPER_HOPS = 4
_WHISPER_QUEFRENCY_S = 0.0015
"""Detail of the spectrum that is kept: coarser than the harmonics of any voice."""
_WHISPER_SLOPE_HZ = 500.0
"""Below this a whisper, which has no vibrating folds, is weak."""
_SILENT = 1e-9

_Degradation = Callable[[DoubleArray, int, np.random.Generator], DoubleArray]


def degrade(condition: str, waveform: Waveform, name: str) -> Waveform:
    """Make a sound worse.

    Args:
        condition: One of `CONDITIONS`.
        waveform: The clean sound.
        name: Name of the clip; with the condition it fixes what is random.

    Returns:
        A sound of the same length and rate, nothing in it earlier or later than it was.
    """
    seed = hashlib.sha256(f"{condition}/{name}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(seed[:8], "big"))
    samples = waveform.samples.astype(np.float64)
    worse = CONDITIONS[condition](samples, waveform.sample_rate_hz, rng)
    return Waveform(
        samples=np.clip(worse, -1, 1).astype(np.float32), sample_rate_hz=waveform.sample_rate_hz
    )


def active_level(samples: DoubleArray, sample_rate_hz: int) -> float:
    """Root mean square of a clip where someone speaks.

    Args:
        samples: The clip. [S]
        sample_rate_hz: Its rate.

    Returns:
        The level over the frames of 20 ms that are at most `ACTIVE_WITHIN_DB` below the 95th
        percentile of them; 0 for silence.
    """
    length = max(1, round(_LEVEL_FRAME_S * sample_rate_hz))
    padded = np.pad(samples, (0, -len(samples) % length))
    power = np.square(padded).reshape(-1, length).mean(axis=1)
    threshold = np.percentile(power, 95) * 10 ** (-ACTIVE_WITHIN_DB / 10)
    return float(np.sqrt(power[power >= threshold].mean()))


def add_noise(
    samples: DoubleArray, sample_rate_hz: int, rng: np.random.Generator, *, snr_db: float
) -> DoubleArray:
    """Add steady noise, half of its energy white and half pink.

    Args:
        samples: The clip. [S]
        sample_rate_hz: Its rate.
        rng: What draws the noise.
        snr_db: Level of active speech over that of the noise.

    Returns:
        The noisy clip. [S]
    """
    white = rng.standard_normal(len(samples))
    spectrum = np.fft.rfft(rng.standard_normal(len(samples)))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    noise = _with_level(white, 1.0) + _with_level(np.fft.irfft(spectrum, len(samples)), 1.0)
    level = active_level(samples, sample_rate_hz) * 10 ** (-snr_db / 20)
    return samples + _with_level(noise, level)


def _telephone(samples: DoubleArray, sample_rate_hz: int, _: np.random.Generator) -> DoubleArray:
    """A band of 300 to 3400 Hz, 8 kHz, eight bits of mu-law."""
    # A second of silence at the end, because a filter by Fourier transform wraps around. With whole
    # seconds both rates have whole numbers of samples.
    num_seconds = -(-len(samples) // sample_rate_hz) + 1
    num_wide, num_narrow = num_seconds * sample_rate_hz, num_seconds * TELEPHONE_RATE_HZ
    spectrum = np.fft.rfft(samples, num_wide)
    frequencies_hz = np.fft.rfftfreq(num_wide, 1 / sample_rate_hz)
    low_hz, high_hz = TELEPHONE_BAND_HZ
    inside_hz = np.minimum(frequencies_hz - low_hz, high_hz - frequencies_hz)
    spectrum *= np.sin(np.pi / 2 * np.clip(inside_hz / _BAND_EDGE_HZ + 1, 0, 1)) ** 2
    num_kept = num_narrow // 2 + 1
    narrow = np.fft.irfft(spectrum[:num_kept], num_narrow) * (num_narrow / num_wide)
    coded = np.fft.rfft(_mu_law_round_trip(narrow))[:num_kept]
    wide = np.zeros(len(spectrum), np.complex128)
    wide[: len(coded)] = coded
    return np.fft.irfft(wide, num_wide)[: len(samples)] * (num_wide / num_narrow)


def _mu_law_round_trip(samples: DoubleArray) -> DoubleArray:
    """What is left of a sound after eight bits of mu-law."""
    compressed = np.sign(samples) * np.log1p(_MU * np.minimum(np.abs(samples), 1)) / np.log1p(_MU)
    steps = np.round(compressed * 127) / 127
    return np.sign(steps) * np.expm1(np.abs(steps) * np.log1p(_MU)) / _MU


def _reverberate(
    samples: DoubleArray, sample_rate_hz: int, rng: np.random.Generator
) -> DoubleArray:
    """A room as loud as the speaker: the direct sound at its time, then a decaying noise."""
    times_s = np.arange(round(REVERBERATION_S * sample_rate_hz)) / sample_rate_hz
    decay = 10 ** (-3 * times_s / REVERBERATION_S) * (times_s >= _FIRST_REFLECTION_S)
    tail = decay * rng.standard_normal(len(times_s))
    response = tail / np.sqrt(np.square(tail).sum())
    response[0] = 1.0
    num_points = len(samples) + len(response)
    spectrum = np.fft.rfft(samples, num_points) * np.fft.rfft(response, num_points)
    return _with_level(np.fft.irfft(spectrum, num_points)[: len(samples)], _level(samples))


def _whisper(samples: DoubleArray, sample_rate_hz: int, rng: np.random.Generator) -> DoubleArray:
    """Noise with the smoothed spectrum of the speech: its sounds without a voice."""
    hop = max(1, round(_WHISPER_WINDOW_S * sample_rate_hz / _WHISPER_HOPS))
    length = hop * _WHISPER_HOPS
    window = np.sqrt(np.hanning(length + 1)[:-1])
    spoken = _transform(samples, window, hop)
    breath = _transform(rng.standard_normal(len(samples)), window, hop)
    frequencies_hz = np.fft.rfftfreq(length, 1 / sample_rate_hz)
    slope = frequencies_hz / np.hypot(frequencies_hz, _WHISPER_SLOPE_HZ)
    envelope = _smooth(np.abs(spoken), sample_rate_hz) * slope
    frames = np.fft.irfft(breath * envelope, length) * window
    whispered = np.zeros(length + hop * (len(frames) - 1))
    for index, frame in enumerate(frames):
        whispered[index * hop : index * hop + length] += frame
    return _with_level(whispered[length : length + len(samples)], _level(samples))


def _transform(samples: DoubleArray, window: DoubleArray, hop: int) -> np.ndarray:
    """Short-time spectra of a sound between windows of silence. [frames, bins]"""
    length = len(window)
    padded = np.pad(samples, (length, length + -len(samples) % hop))
    views = np.lib.stride_tricks.sliding_window_view(padded, length)[::hop]
    return np.fft.rfft(views * window)


def _smooth(magnitudes: DoubleArray, sample_rate_hz: int) -> DoubleArray:
    """Spectra without the detail that a voice's harmonics make. [frames, bins]"""
    floor = max(float(magnitudes.max()) * 1e-5, _SILENT)
    cepstrum = np.fft.irfft(np.log(np.maximum(magnitudes, floor)))
    num_kept = round(_WHISPER_QUEFRENCY_S * sample_rate_hz)
    cepstrum[:, num_kept + 1 : -num_kept] = 0  # the end mirrors the beginning
    return np.exp(np.fft.rfft(cepstrum).real)


def _level(samples: DoubleArray) -> float:
    return float(np.sqrt(np.square(samples).mean()))


def _with_level(samples: DoubleArray, level: float) -> DoubleArray:
    return samples * (level / max(_level(samples), _SILENT))


CONDITIONS: Mapping[str, _Degradation] = {
    CLEAN: lambda samples, *_: samples,
    "noise20": lambda *sound: add_noise(*sound, snr_db=20),
    "noise10": lambda *sound: add_noise(*sound, snr_db=10),
    "telephone": _telephone,
    "reverb": _reverberate,
    "quiet": lambda samples, *_: samples * QUIET_GAIN,
    "whisper": _whisper,
}
"""What may happen to a sound."""
