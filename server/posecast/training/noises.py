"""Sounds that are no speech, made here: music-like, street-like, hums, breath."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from posecast.config import SAMPLE_RATE_HZ
from posecast.signals import FloatArray

_SCALE = np.array([0, 2, 3, 5, 7, 8, 10, 12, 14, 15])  # half-tones above the root
_CHORDS = ((0, 2, 4), (3, 5, 7), (4, 6, 8), (1, 3, 5))


def music(rng: np.random.Generator, num_samples: int) -> FloatArray:
    """Chords, a melody and a beat. [num_samples]"""
    sound = np.zeros(num_samples, np.float32)
    root_hz = 110 * 2 ** rng.uniform(0, 1)
    beat = int(SAMPLE_RATE_HZ * rng.uniform(0.28, 0.7))
    brightness = rng.uniform(0.4, 1.6)
    for start in range(0, num_samples, beat):
        length = min(beat * int(rng.integers(1, 4)), num_samples - start)
        place = slice(start, start + length)
        if rng.random() < 0.6:
            chord = _CHORDS[rng.integers(len(_CHORDS))]
            for degree in chord:
                tone_hz = root_hz * 2 ** (_SCALE[degree] / 12)
                sound[place] += 0.25 * _tone(tone_hz, length, brightness, rng)
        if rng.random() < 0.7:
            tone_hz = 2 * root_hz * 2 ** (_SCALE[rng.integers(len(_SCALE))] / 12)
            sound[place] += rng.uniform(0.2, 0.7) * _tone(tone_hz, length, brightness, rng)
        if rng.random() < 0.6:
            sound[place] += rng.uniform(0.2, 0.9) * _drum(length, rng)
    return sound


def street(rng: np.random.Generator, num_samples: int) -> FloatArray:
    """Traffic that swells and fades, with a horn or a bump now and then. [num_samples]"""
    times = np.arange(num_samples) / SAMPLE_RATE_HZ
    sound = coloured(rng, num_samples, slope=rng.uniform(-1.8, -0.8))
    swell = sum(
        np.sin(2 * np.pi * rng.uniform(0.03, 0.4) * times + rng.uniform(0, 6)) for _ in range(3)
    )
    sound = sound * np.exp(0.5 * swell)
    for _ in range(rng.poisson(num_samples / SAMPLE_RATE_HZ / 4)):
        start = int(rng.integers(num_samples))
        length = min(int(SAMPLE_RATE_HZ * rng.uniform(0.05, 0.9)), num_samples - start)
        event = (
            _tone(rng.uniform(250, 700), length, 1.5, rng)
            if rng.random() < 0.4
            else _drum(length, rng)
        )
        sound[start : start + length] += rng.uniform(0.5, 2.0) * event
    return sound.astype(np.float32)


def hum(rng: np.random.Generator, num_samples: int) -> FloatArray:
    """Mains, fans, engines: steady harmonics in noise. [num_samples]"""
    times = np.arange(num_samples) / SAMPLE_RATE_HZ
    base_hz = rng.choice([50.0, 60.0, rng.uniform(40, 220)])
    wobble = 1 + 0.01 * np.sin(2 * np.pi * rng.uniform(0.1, 3) * times)
    phase = 2 * np.pi * np.cumsum(base_hz * wobble) / SAMPLE_RATE_HZ
    sound = sum(rng.uniform(0, 1) / k * np.sin(k * phase + rng.uniform(0, 6)) for k in range(1, 12))
    return (sound + rng.uniform(0.05, 1) * coloured(rng, num_samples, slope=-1.0)).astype(
        np.float32
    )


def hiss(rng: np.random.Generator, num_samples: int) -> FloatArray:
    """Steady noise of a random colour. [num_samples]"""
    return coloured(rng, num_samples, slope=rng.uniform(-1.5, 0.3))


def breath(rng: np.random.Generator, num_samples: int) -> FloatArray:
    """One breath: noise through an open mouth that rises and falls. [num_samples]"""
    shape = np.sin(np.pi * np.linspace(0, 1, num_samples)) ** rng.uniform(0.6, 1.5)
    centre_hz, width_hz = rng.uniform(700, 2400), rng.uniform(500, 1500)
    spectrum = np.fft.rfft(rng.standard_normal(num_samples))
    bins_hz = np.fft.rfftfreq(num_samples, 1 / SAMPLE_RATE_HZ)
    spectrum *= np.exp(-0.5 * ((bins_hz - centre_hz) / width_hz) ** 2) + 0.05
    sound = np.fft.irfft(spectrum, num_samples) * shape
    return (sound / (np.abs(sound).max() + 1e-6)).astype(np.float32)


def coloured(rng: np.random.Generator, num_samples: int, *, slope: float) -> FloatArray:
    """Noise of unit variance whose amplitude spectrum falls with frequency to the power `slope`."""
    spectrum = np.fft.rfft(rng.standard_normal(num_samples))
    bins_hz = np.maximum(np.fft.rfftfreq(num_samples, 1 / SAMPLE_RATE_HZ), 40.0)
    sound = np.fft.irfft(spectrum * (bins_hz / 500) ** slope, num_samples)
    return (sound / (sound.std() + 1e-9)).astype(np.float32)


NOISES: Mapping[str, Callable[[np.random.Generator, int], FloatArray]] = {
    "music": music,
    "street": street,
    "hum": hum,
    "hiss": hiss,
}
"""Sounds to which a mouth stays shut."""


def _tone(
    frequency_hz: float, num_samples: int, brightness: float, rng: np.random.Generator
) -> np.ndarray:
    """A plucked or blown tone with its overtones."""
    times = np.arange(num_samples) / SAMPLE_RATE_HZ
    vibrato = 0.004 * rng.random() * np.sin(2 * np.pi * 5.5 * times)
    phase = 2 * np.pi * frequency_hz * (times + np.cumsum(vibrato) / SAMPLE_RATE_HZ)
    overtones = range(1, max(2, int(min(12, 7000 / frequency_hz))))
    tone = sum(np.sin(k * phase + rng.uniform(0, 6)) / k ** (2 - brightness) for k in overtones)
    attack = np.minimum(1, times / rng.uniform(0.004, 0.08))
    fall = np.exp(-times * rng.uniform(0.5, 6))
    end = np.minimum(1, (num_samples - np.arange(num_samples)) / (0.02 * SAMPLE_RATE_HZ))
    return np.asarray(tone * attack * fall * end)


def _drum(num_samples: int, rng: np.random.Generator) -> np.ndarray:
    """A kick or a hat."""
    times = np.arange(num_samples) / SAMPLE_RATE_HZ
    if rng.random() < 0.5:
        return np.sin(2 * np.pi * 60 * times + 6 * np.exp(-30 * times)) * np.exp(-12 * times)
    crack = rng.standard_normal(num_samples) * np.exp(-times * rng.uniform(15, 60))
    return np.diff(crack, prepend=0)
