"""Sounds without words, and the mouth that goes with them: shut, or a breath apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from posecast.config import SAMPLE_RATE_HZ
from posecast.signals import FloatArray
from posecast.training.noises import NOISES, breath
from posecast.training.phones import CLASS_INDEX, SILENCE, Segment
from posecast.training.utterance import Spoken

_LENGTH_S = (4.0, 9.0)
_BREATH_S = (0.25, 0.9)


def utterances(seed: int) -> Iterator[Spoken]:
    """Music-like, street-like and other noise, and breaths in near silence, without end."""
    rng = np.random.default_rng(seed)
    while True:
        num_samples = int(SAMPLE_RATE_HZ * rng.uniform(*_LENGTH_S))
        name = str(rng.choice([*NOISES, "breath"], p=(0.45, 0.15, 0.1, 0.1, 0.2)))
        if name == "breath":
            samples, segments = _breaths(num_samples, rng)
        else:
            samples = NOISES[name](rng, num_samples)
            segments = [(SILENCE, 0.0, num_samples / SAMPLE_RATE_HZ)]
        yield Spoken(
            samples=samples,
            sample_rate_hz=SAMPLE_RATE_HZ,
            segments=segments,
            engine="non-speech",
            speaker=name,
        )


def _breaths(num_samples: int, rng: np.random.Generator) -> tuple[FloatArray, list[Segment]]:
    """Breaths with pauses between them; lips part a little, as for an h."""
    samples = 1e-3 * rng.standard_normal(num_samples).astype(np.float32)
    segments: list[Segment] = []
    now_s, end_s = 0.0, num_samples / SAMPLE_RATE_HZ
    while True:
        start_s = now_s + rng.uniform(0.3, 1.5)
        stop_s = start_s + rng.uniform(*_BREATH_S)
        if stop_s > end_s:
            break
        first, last = int(start_s * SAMPLE_RATE_HZ), int(stop_s * SAMPLE_RATE_HZ)
        samples[first:last] += rng.uniform(0.3, 1.0) * breath(rng, last - first)
        segments += [(SILENCE, now_s, start_s), (CLASS_INDEX["H"], start_s, stop_s)]
        now_s = stop_s
    return samples, [*segments, (SILENCE, now_s, end_s)]
