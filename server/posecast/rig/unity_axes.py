"""Rotations in the axes of Unity and of VMC receivers."""

from __future__ import annotations

import numpy as np

from posecast.signals import FloatArray

_SIGNS = np.array([1, -1, -1, 1], np.float32)


def unity_quaternions(quaternions: FloatArray) -> FloatArray:
    """Rotations of ours as Unity writes them: left-handed, Y up, face looking +Z.

    Args:
        quaternions: Unit quaternions (x, y, z, w), right-handed, Y up, face looking +Z. [T, 4]

    Returns:
        Unit quaternions (x, y, z, w). [T, 4]

    Source:
        Change of basis that mirrors X: the own right is +X there, the own left here.
    """
    return quaternions * _SIGNS + np.float32(0)  # which takes the sign from -0
