"""How lively the head and the eyes are, and how smooth everything is."""

from __future__ import annotations

import numpy as np

from posecast.evaluation.curves import DoubleArray, TimedCurve
from posecast.rig.head_pose import yaw_pitch_roll_deg_from_quaternion
from posecast.signals import FaceFrames

BLINK_SHUT = 0.4
"""An eye closing above this begins a blink."""
BLINK_OPEN = 0.25
"""An eye closing below this ends it."""


def head_angles_deg(frames: FaceFrames) -> DoubleArray:
    """Yaw, pitch and roll of each frame in degrees. [T, 3]"""
    return yaw_pitch_roll_deg_from_quaternion(frames.head).astype(np.float64)


def head_range_deg(angles_deg: DoubleArray) -> DoubleArray:
    """How far the head turns about each axis.

    Args:
        angles_deg: Yaw, pitch and roll. [T, 3]

    Returns:
        Distance from the 5th to the 95th percentile. [3]
    """
    low, high = np.percentile(angles_deg, [5, 95], axis=0)
    return np.asarray(high - low, np.float64)


def head_speed_deg_s(frames: FaceFrames) -> float:
    """Mean speed of the head: the angle between consecutive frames over their distance in time."""
    if len(frames) < 2:
        return 0.0
    head = frames.head.astype(np.float64)
    head /= np.linalg.norm(head, axis=1, keepdims=True)
    # The chord instead of the cosine, whose rounding would drown the small angles between frames.
    same_sign = np.where((head[1:] * head[:-1]).sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    chords = np.linalg.norm(head[1:] * same_sign - head[:-1], axis=1)
    angles_deg = np.degrees(4 * np.arcsin(np.clip(chords / 2, 0, 1)))
    return float(angles_deg.mean() * frames.frame_rate_hz)


def blink_depths(closing: TimedCurve) -> tuple[float, ...]:
    """How far the eyes close in each blink.

    Args:
        closing: Mean of both eyeBlink curves.

    Returns:
        The peak of each blink: from where the curve rises above `BLINK_SHUT` until it is below
        `BLINK_OPEN`.
    """
    depths: list[float] = []
    is_blinking = False
    for value in closing.values:
        if is_blinking:
            depths[-1] = max(depths[-1], float(value))
            is_blinking = bool(value >= BLINK_OPEN)
        elif value > BLINK_SHUT:
            depths.append(float(value))
            is_blinking = True
    return tuple(depths)


def jitter(values: DoubleArray) -> float:
    """Mean magnitude of the second difference from frame to frame.

    Args:
        values: A curve, or several. [T] or [T, N]

    Returns:
        The mean over frames and curves, in the unit of the values; 0 for fewer than three frames.
    """
    return float(np.abs(np.diff(values, n=2, axis=0)).mean()) if len(values) > 2 else 0.0
