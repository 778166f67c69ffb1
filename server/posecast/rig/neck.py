"""Shares a head's rotation between head and neck."""

from __future__ import annotations

import numpy as np

from posecast.rig.head_pose import (
    quaternion_from_rotation_vector,
    rotation_vector_from_quaternion,
)
from posecast.signals import FloatArray

NECK_SHARE = np.float32(0.3)
"""What the neck takes of the head's rotation; people turn their heads with both."""


def share_with_neck(head: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The rotations of neck and head, each against its parent, that together are the head's.

    Args:
        head: Unit quaternions (x, y, z, w). [T, 4]

    Returns:
        The neck's and the head's part, about the same axis; both have w >= 0. [T, 4], [T, 4]

    Source:
        Our own choice of 30 and 70 of a hundred, by slerp from rest: a share of the angle.
    """
    rotation = rotation_vector_from_quaternion(head)
    return (
        quaternion_from_rotation_vector(NECK_SHARE * rotation),
        quaternion_from_rotation_vector((1 - NECK_SHARE) * rotation),
    )
