"""The slow wandering of a head that holds no pose, quicker while its lips speak."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from posecast.config import FRAME_RATE_HZ
from posecast.rig.arkit import CURVE_INDEX, LIP_CURVES
from posecast.rig.head_pose import multiply_quaternions, quaternion_from_rotation_vector
from posecast.signals import FloatArray

NUM_WAVES = 5
SLOWEST, QUICKEST = 0.5, 2.5
"""Frequencies of the waves over the style's tempo; each wave has a share of the octaves between."""
AXIS_SHARES = (0.9, 1.1, 0.6)  # pitch, yaw, roll
PAUSE_TEMPO = 0.4
"""Tempo in a pause over the tempo in speech."""
STILL_LIPS, SPEAKING_LIPS = 0.5, 2.0
"""Movement of the lips, summed over their curves, a second: up to the one none, from the other on
all of them is speech. On recordings the first default model moves them by 0.0 in the middle of
pauses (75th percentile) and by 1.5 or more in 95 % of the frames of speech."""
HELD_FRAMES = 3
"""Frames of which the quickest movement counts: lips stand still where they turn."""
EASING_S = 0.12
"""Time constant of each of two low-passes: two, so that the tempo itself changes without a kink."""
_LIPS = [CURVE_INDEX[name] for name in LIP_CURVES]
_FOLLOWS = 1 - math.exp(-1 / (EASING_S * FRAME_RATE_HZ))
_PURPOSE = 3


class HeadWander:
    """What the head of one stream does beside what the denoiser gives it.

    The denoiser of the first default model nods with the speech and holds the style's pose, but it
    wanders over a fraction of what its teacher did (docs/default-model.md). Amplitude and tempo
    therefore come from the style, as blinks do. Frames are the model's, before any conversion of
    their rate: what moves the lips then moves the head alike at every rate.

    Source:
        Our own: a sum of waves of random frequency and phase, whose time passes by speech.
    """

    def __init__(self, seed: int, *, amplitude_rad: float, tempo_hz: float) -> None:
        """Draw the waves.

        Args:
            seed: Seed of the stream, 0..2**64-1.
            amplitude_rad: Standard deviation of the wandering, times the axis's share; 0 for none.
            tempo_hz: About the middle frequency of the waves in speech.
        """
        # The second key word is a window index that no stream reaches: no draw is shared.
        bits = np.random.Philox(
            key=np.array([seed, 2**64 - 1], np.uint64),
            counter=np.array([0, 0, 0, _PURPOSE], np.uint64),
        )
        rng = np.random.Generator(bits)
        # Drawn share by share: no stream's head creeps, and none hurries.
        place = (np.arange(NUM_WAVES)[:, None] + rng.uniform(0, 1, (NUM_WAVES, 3))) / NUM_WAVES
        self._tempos_hz = tempo_hz * SLOWEST * (QUICKEST / SLOWEST) ** place
        self._phases = rng.uniform(0, 2 * np.pi, (NUM_WAVES, 3))
        self._amplitudes = amplitude_rad * np.array(AXIS_SHARES) * np.sqrt(2 / NUM_WAVES)
        self._clock = WanderClock()

    def add_to(self, head: FloatArray, weights: FloatArray) -> FloatArray:
        """Turn the head of consecutive model frames a little further.

        Args:
            head: Unit quaternions. [T, 4]
            weights: ARKit weights of the same frames. [T, 52]

        Returns:
            Unit quaternions. [T, 4]
        """
        return multiply_quaternions(self._poses(self._clock.advance(weights)), head)

    def in_pause(self, times_s: NDArray[np.float64]) -> FloatArray:
        """What the head does while the lips stay still, at any times; nothing else is moved on.

        Args:
            times_s: Times since the pause began, in seconds. [T]

        Returns:
            Unit quaternions. [T, 4]
        """
        return self._poses(PAUSE_TEMPO * times_s)

    def _poses(self, played_s: NDArray[np.float64]) -> FloatArray:
        angles = 2 * np.pi * self._tempos_hz * played_s[:, None, None] + self._phases
        rotation = self._amplitudes * np.sin(angles).sum(axis=1)
        return quaternion_from_rotation_vector(rotation)


class WanderClock:
    """The time by which a head wanders: it passes more slowly in pauses."""

    def __init__(self) -> None:
        """Start at 0."""
        self._activity = _Activity()
        self._played_s = 0.0

    def advance(self, weights: FloatArray) -> NDArray[np.float64]:
        """Time at each of the next model frames, in seconds of speech. [T]

        Args:
            weights: ARKit weights, whose lips tell speech from pauses. [T, 52]
        """
        played_s = np.zeros(len(weights))
        for frame, lips in enumerate(weights[:, _LIPS].astype(np.float64)):
            played_s[frame] = self._played_s
            tempo = PAUSE_TEMPO + (1 - PAUSE_TEMPO) * self._activity.follow(lips)
            self._played_s += tempo / FRAME_RATE_HZ
        return played_s


class _Activity:
    """How much of the last moments was speech, told by moving lips: 0 in a pause, 1 in speech."""

    def __init__(self) -> None:
        self._lips: np.ndarray | None = None
        self._movements: deque[float] = deque(maxlen=HELD_FRAMES)
        self._first = self._second = 0.0

    def follow(self, lips: np.ndarray) -> float:
        """Take the lip curves of the next frame. [16]"""
        before = lips if self._lips is None else self._lips
        self._movements.append(math.fsum(np.abs(lips - before)) * FRAME_RATE_HZ)
        self._lips = lips
        above = max(self._movements) - STILL_LIPS
        now = min(1.0, max(0.0, above / (SPEAKING_LIPS - STILL_LIPS)))
        self._first += _FOLLOWS * (now - self._first)
        self._second += _FOLLOWS * (self._first - self._second)
        return self._second
