"""Sounds that nobody speaks, at which the lips should stay shut."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np

from posecast.config import SAMPLE_RATE_HZ
from posecast.evaluation.curves import DoubleArray, lip_aperture
from posecast.evaluation.tables import format_rows
from posecast.signals import FaceFrames, Waveform

DURATION_S = 20.0
PARTED = 0.05
"""Lips that are further apart than this can be seen to be open."""
_LEVEL = 0.1
"""Root mean square of what is not silent: that of speech close to a microphone."""
_SEED = 0
_NUM_SAMPLES = round(DURATION_S * SAMPLE_RATE_HZ)

_CHORDS_HZ = (
    (220.0, 261.6, 329.6),  # A minor
    (174.6, 220.0, 261.6),  # F major
    (261.6, 329.6, 392.0),  # C major
    (196.0, 246.9, 293.7),  # G major
)
_CHORD_S = 1.0
_BEAT_S = 0.5
_RING_S = 3.0
"""Time after which a string is not heard any more."""
_NUM_CARS = 8
_HUM_HZ = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stillness:
    """How far the lips part at a sound that is no speech."""

    mean_aperture: float
    """Mean lip aperture over the frames."""
    high_aperture: float
    """95th percentile of it."""
    parted_share: float
    """Share of the frames whose aperture is above `PARTED`."""


def measure_stillness(takes: Sequence[FaceFrames]) -> Stillness:
    """Measure the lips at one sound.

    Args:
        takes: Faces made for it, one a seed.

    Returns:
        The median over the takes of each figure.
    """
    apertures = [lip_aperture(take).values for take in takes]

    def median(figure_of: Callable[[DoubleArray], float]) -> float:
        return float(np.median([figure_of(values) for values in apertures]))

    return Stillness(
        mean_aperture=median(lambda values: float(values.mean())),
        high_aperture=median(lambda values: float(np.percentile(values, 95))),
        parted_share=median(lambda values: float((values > PARTED).mean())),
    )


def make_sound(name: str) -> Waveform:
    """Synthesise a sound.

    Args:
        name: One of `SOUNDS`.

    Returns:
        `DURATION_S` seconds at 16 kHz, the same every time.
    """
    samples = SOUNDS[name](np.random.default_rng(_SEED))
    level = np.sqrt(np.square(samples).mean())
    if level > 0:
        samples = samples * (_LEVEL / level)
    return Waveform(
        samples=np.clip(samples, -1, 1).astype(np.float32), sample_rate_hz=SAMPLE_RATE_HZ
    )


def format_stillness(systems: Mapping[str, Mapping[str, Stillness]]) -> str:
    """A row a sound and system.

    Args:
        systems: Figures of each system by the sound.

    Returns:
        Lines of text with aligned columns.
    """
    header = ["no speech", "aperture", "p95", f">{PARTED:g}"]
    rows = [
        [
            f"{system}: {sound}",
            f"{figures.mean_aperture:.3f}",
            f"{figures.high_aperture:.3f}",
            f"{figures.parted_share:.2f}",
        ]
        for system, sounds in systems.items()
        for sound, figures in sounds.items()
    ]
    return format_rows([[header], rows])


LEGEND = """\
aperture mean of the lip aperture    p95      95th percentile of it
>0.05    share of the frames whose aperture is above that
"""


def _music(rng: np.random.Generator) -> DoubleArray:
    """Chords of plucked strings over a drum on every beat and a rattle between."""
    song = np.zeros(_NUM_SAMPLES + round(_RING_S * SAMPLE_RATE_HZ))
    since_s = np.arange(round(_RING_S * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    ringing = np.exp(-2.0 * since_s) * np.clip(since_s / 0.01, 0, 1)
    for bar, tones_hz in enumerate(islice(cycle(_CHORDS_HZ), round(DURATION_S / _CHORD_S))):
        waves = [
            np.sin(2 * np.pi * tone_hz * harmonic * since_s) / harmonic**1.3
            for tone_hz in tones_hz
            for harmonic in range(1, 7)
        ]
        _add_at(song, bar * _CHORD_S, ringing * np.sum(waves, axis=0))
    since_s = since_s[: round(0.4 * SAMPLE_RATE_HZ)]
    decay = np.exp(-since_s / 0.04)
    for beat in range(round(DURATION_S / _BEAT_S)):
        noise = rng.standard_normal((2, len(since_s)))
        drum = decay * (2.0 * np.sin(2 * np.pi * 60 * since_s) + 0.5 * noise[0])
        _add_at(song, beat * _BEAT_S, drum)
        _add_at(song, (beat + 0.5) * _BEAT_S, 0.4 * decay * np.diff(noise[1], prepend=0.0))
    return song[:_NUM_SAMPLES]


def _add_at(song: DoubleArray, start_s: float, sound: DoubleArray) -> None:
    start = round(start_s * SAMPLE_RATE_HZ)
    song[start : start + len(sound)] += sound


def _street(rng: np.random.Generator) -> DoubleArray:
    """Low noise that swells and fades as cars come and go."""
    frequencies_hz = np.fft.rfftfreq(_NUM_SAMPLES, 1 / SAMPLE_RATE_HZ)
    times_s = np.arange(_NUM_SAMPLES) / SAMPLE_RATE_HZ
    street = np.zeros(_NUM_SAMPLES)
    for _ in range(_NUM_CARS):
        middle_hz, middle_s = rng.uniform(80, 800), rng.uniform(0, DURATION_S)
        shape = 1 / (1 + (frequencies_hz / middle_hz) ** 2)
        spectrum = np.fft.rfft(rng.standard_normal(_NUM_SAMPLES)) * shape
        car = np.fft.irfft(spectrum, _NUM_SAMPLES)
        swell = np.exp(-0.5 * ((times_s - middle_s) / rng.uniform(1.0, 2.5)) ** 2)
        street += (0.05 + swell) * car / np.sqrt(np.square(car).mean())
    return street


def _white_noise(rng: np.random.Generator) -> DoubleArray:
    return rng.standard_normal(_NUM_SAMPLES)


def _silence(_: np.random.Generator) -> DoubleArray:
    return np.zeros(_NUM_SAMPLES)


def _hum(_: np.random.Generator) -> DoubleArray:
    """The mains and some of its harmonics."""
    times_s = np.arange(_NUM_SAMPLES) / SAMPLE_RATE_HZ
    waves = [np.sin(2 * np.pi * _HUM_HZ * n * times_s) / n for n in (1, 2, 3, 5)]
    return np.asarray(np.sum(waves, axis=0))


SOUNDS: Mapping[str, Callable[[np.random.Generator], DoubleArray]] = {
    "music": _music,
    "street": _street,
    "white noise": _white_noise,
    "silence": _silence,
    "hum": _hum,
}
"""What is played."""
