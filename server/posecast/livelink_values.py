"""The 61 values that a Live Link receiver knows a face by: their names, and a face in them."""

from __future__ import annotations

import numpy as np

from posecast.livelink_settings import HeadScale
from posecast.rig.arkit import CURVE_INDEX, CURVE_NAMES
from posecast.rig.clamp import clamp
from posecast.rig.head_pose import yaw_pitch_roll_deg_from_quaternion
from posecast.rig.retarget import REST_THRESHOLD
from posecast.signals import FloatArray

HEAD_NAMES = ("HeadYaw", "HeadPitch", "HeadRoll")
EYE_NAMES = (
    "LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll", "RightEyeYaw", "RightEyePitch", "RightEyeRoll",
)  # fmt: skip
VALUE_NAMES: tuple[str, ...] = (
    *(name[0].upper() + name[1:] for name in CURVE_NAMES),
    *HEAD_NAMES,
    *EYE_NAMES,
)
"""Names in the order of the network packet; its curves are in ARKit's order, as ours."""
NUM_VALUES = len(VALUE_NAMES)  # 61

_JAW_OPEN, _MOUTH_CLOSE = CURVE_INDEX["jawOpen"], CURVE_INDEX["mouthClose"]


def livelink_values(weights: FloatArray, head: FloatArray, head_scale: HeadScale) -> FloatArray:
    """Faces as a Live Link receiver is told them.

    MetaHumans close their lips by `MouthClose / JawOpen`: MouthClose is never above JawOpen, and a
    jaw that is open by less than 0.02 is shut, and both are 0, or the ratio of two small numbers
    would let lips at rest flicker. The eyes' own rotations are 0: the look curves turn them.

    Args:
        weights: ARKit weights, 0..1. [T, C]
        head: Unit quaternions (x, y, z, w). [T, 4]
        head_scale: What a degree becomes.

    Returns:
        Values in the order of `VALUE_NAMES`. [T, 61]
    """
    values = np.zeros((len(weights), NUM_VALUES), np.float32)
    num_curves = len(CURVE_NAMES)
    curves = clamp(weights, 0.0, 1.0)
    curves[:, _JAW_OPEN] *= curves[:, _JAW_OPEN] >= REST_THRESHOLD
    curves[:, _MOUTH_CLOSE] = np.minimum(curves[:, _MOUTH_CLOSE], curves[:, _JAW_OPEN])
    values[:, :num_curves] = curves
    scale = np.array([head_scale.yaw, head_scale.pitch, head_scale.roll])
    values[:, num_curves : num_curves + 3] = yaw_pitch_roll_deg_from_quaternion(head) * scale
    return values
