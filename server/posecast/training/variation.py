"""Makes further speakers and recordings out of one, and keeps the labels in step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import soxr

from posecast.config import SAMPLE_RATE_HZ
from posecast.signals import FloatArray
from posecast.training.acoustics import record
from posecast.training.resynthesis import change_voice, shift_voice, shout, whisper
from posecast.training.utterance import Spoken, Utterance, make_utterance

RECORDING_TAKES = 7
"""How often each real recording enters the corpus."""
_ACOUSTICS_ODDS = 0.55
_FINE_ODDS = 0.2
"""Share of the other voices whose formants are set apart from the pitch here, which takes long."""


def measure_as_it_is(spoken: Spoken) -> Utterance:
    """An utterance that nothing is done to."""
    return make_utterance(
        spoken.samples,
        spoken.sample_rate_hz,
        spoken.segments,
        engine=spoken.engine,
        speaker=spoken.speaker,
    )


def vary_synthetic(spoken: Spoken, rng: np.random.Generator) -> Utterance:
    """A synthetic utterance: played at another speed, or by another voice, whispered, shouted."""
    ways: tuple[tuple[float, _Way], ...] = (
        (0.55, _play_faster),
        (0.30, _other_voice),
        (0.08, _whispered),
        (0.07, _shouted),
    )
    way = ways[rng.choice(len(ways), p=[odds for odds, _ in ways])][1]
    return _measure(spoken, way, rng, acoustics_odds=_ACOUSTICS_ODDS)


def vary_recording(spoken: Spoken, take: int, rng: np.random.Generator) -> Utterance:
    """A take of a real recording: the first as it is, then other speeds, voices and manners.

    Args:
        spoken: The recording.
        take: 0..`RECORDING_TAKES` - 1.
        rng: Where every choice comes from.
    """
    if take == 0:
        return _measure(spoken, _as_it_is, rng, acoustics_odds=0.0)
    if take <= 2:
        return _measure(spoken, _play_faster, rng, acoustics_odds=0.4)
    if take < RECORDING_TAKES - 1:
        return _measure(spoken, _other_voice, rng, acoustics_odds=_ACOUSTICS_ODDS)
    manner = _whispered if rng.random() < 0.5 else _shouted
    return _measure(spoken, manner, rng, acoustics_odds=0.3)


_Way = Callable[[FloatArray, np.random.Generator], tuple[FloatArray, float]]
"""Changes audio at 16 kHz; also tells the factor by which its times shrink."""


def _measure(
    spoken: Spoken, way: _Way, rng: np.random.Generator, *, acoustics_odds: float
) -> Utterance:
    samples = spoken.samples.astype(np.float32)
    samples = samples / (np.abs(samples).max() + 1e-6) * 0.7
    if spoken.sample_rate_hz != SAMPLE_RATE_HZ:
        samples = soxr.resample(samples, spoken.sample_rate_hz, SAMPLE_RATE_HZ, quality="MQ")
    samples, tempo = way(samples, rng)
    if rng.random() < acoustics_odds:
        samples = record(samples, rng)
    segments = [(phone, start / tempo, end / tempo) for phone, start, end in spoken.segments]
    return make_utterance(
        samples, SAMPLE_RATE_HZ, segments, engine=spoken.engine, speaker=spoken.speaker
    )


def _as_it_is(samples: FloatArray, _rng: np.random.Generator) -> tuple[FloatArray, float]:
    return samples, 1.0


def _play_faster(samples: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, float]:
    speed = float(np.exp(rng.uniform(-0.17, 0.18)))
    played = soxr.resample(samples, SAMPLE_RATE_HZ * speed, SAMPLE_RATE_HZ, quality="MQ")
    return played, speed


def _other_voice(samples: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, float]:
    tempo = float(np.exp(rng.uniform(-0.2, 0.2)))
    formants = float(np.exp(rng.uniform(-0.2, 0.24)))
    # A short vocal tract mostly comes with a high voice, but by no means always.
    pitch = float(formants ** rng.uniform(0.5, 2.0) * np.exp(0.2 * rng.standard_normal()))
    pitch = min(max(pitch, 0.6), 1.9)
    if rng.random() > _FINE_ODDS:
        # The augmentation of spectra moves formants away from the pitch, anew at each draw.
        pitch = min(max(pitch, 0.75), 1.35)
        return shift_voice(samples, pitch=pitch, tempo=tempo), tempo
    return change_voice(samples, pitch=pitch, formants=formants, tempo=tempo), tempo


def _whispered(samples: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, float]:
    played, speed = _play_faster(samples, rng)
    return whisper(played, rng), speed


def _shouted(samples: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, float]:
    return shout(samples, rng), 1.0
