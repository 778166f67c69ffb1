"""The slow wandering of a head that holds no pose, a random process in continuous time."""

from __future__ import annotations

import numpy as np

from posecast.rig.head_pose import multiply_quaternions, quaternion_from_rotation_vector
from posecast.signals import FloatArray

NUM_WAVES = 5
TEMPO_SPREAD = 0.35
"""Spread of the waves' frequencies, of their natural logarithm."""
AXIS_SHARES = (0.8, 1.2, 0.6)  # pitch, yaw, roll
_PURPOSE = 3


class HeadWander:
    """What the head of one stream does beside what the denoiser gives it.

    The denoiser of the first default model nods with the speech and holds the style's pose, but it
    wanders over a fraction of what its teacher did (docs/default-model.md). Amplitude and tempo
    therefore come from the style, as blinks do; a time has its pose at any rate, no state is kept.

    Source:
        Our own: a sum of waves of random frequency and phase.
    """

    def __init__(self, seed: int, *, amplitude_rad: float, tempo_hz: float) -> None:
        """Draw the waves.

        Args:
            seed: Seed of the stream, 0..2**64-1.
            amplitude_rad: Standard deviation of the wandering; 0 for none.
            tempo_hz: Middle frequency of the waves.
        """
        # The second key word is a window index that no stream reaches: no draw is shared.
        bits = np.random.Philox(
            key=np.array([seed, 2**64 - 1], np.uint64),
            counter=np.array([0, 0, 0, _PURPOSE], np.uint64),
        )
        rng = np.random.Generator(bits)
        self._tempos_hz = tempo_hz * np.exp(TEMPO_SPREAD * rng.standard_normal((NUM_WAVES, 3)))
        self._phases = rng.uniform(0, 2 * np.pi, (NUM_WAVES, 3))
        self._amplitudes = amplitude_rad * np.array(AXIS_SHARES) * np.sqrt(2 / NUM_WAVES)

    def add_to(self, head: FloatArray, times_s: np.ndarray) -> FloatArray:
        """Turn the head of each frame a little further.

        Args:
            head: Unit quaternions. [T, 4]
            times_s: Time of each frame since the start of the stream. [T]

        Returns:
            Unit quaternions. [T, 4]
        """
        angles = 2 * np.pi * self._tempos_hz * times_s[:, None, None] + self._phases
        rotation = self._amplitudes * np.sin(angles).sum(axis=1)
        return multiply_quaternions(quaternion_from_rotation_vector(rotation), head)
