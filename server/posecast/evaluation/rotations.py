"""Angles between rotations, exact for the small ones between frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from posecast.evaluation.curves import DoubleArray


def angles_between_quaternions_rad(first: ArrayLike, second: ArrayLike) -> DoubleArray:
    """How far to turn from one rotation to another.

    Args:
        first: Unit quaternions of either sign, up to rounding. [T, 4]
        second: Unit quaternions of either sign, up to rounding. [T, 4]

    Returns:
        Angles. [T], 0..pi rad
    """
    ours, others = _unit(first), _unit(second)
    same_sign = np.where((ours * others).sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    # The chord instead of the cosine, whose rounding would drown the small angles between frames.
    chords = np.linalg.norm(ours * same_sign - others, axis=1)
    return 4 * np.arcsin(np.clip(chords / 2, 0, 1))


def angles_between_rad(first: ArrayLike, second: ArrayLike) -> DoubleArray:
    """How far to turn from one rotation to another.

    Args:
        first: Rotation vectors, axis times angle. [T, 3], rad
        second: Rotation vectors, axis times angle. [T, 3], rad

    Returns:
        Angles. [T], 0..pi rad
    """
    return angles_between_quaternions_rad(_quaternions(first), _quaternions(second))


def rotation_speeds_rad_s(rotation: ArrayLike, frame_rate_hz: float) -> DoubleArray:
    """Angular speed from frame to frame.

    Args:
        rotation: Rotation vectors, axis times angle. [T, 3], rad
        frame_rate_hz: Frames in a second.

    Returns:
        Angle between consecutive frames over their distance in time. [T - 1], rad/s
    """
    vectors = np.asarray(rotation, np.float64)
    return angles_between_rad(vectors[1:], vectors[:-1]) * frame_rate_hz


def _quaternions(rotation: ArrayLike) -> DoubleArray:
    """The rotations as (x, y, z, w). [T, 3] -> [T, 4]"""
    # Float64 throughout, where `rig.head_pose` gives the float32 of the wire.
    vectors = np.asarray(rotation, np.float64)
    angles = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.concatenate([vectors * np.sinc(angles / (2 * np.pi)) / 2, np.cos(angles / 2)], axis=1)


def _unit(quaternions: ArrayLike) -> DoubleArray:
    values = np.asarray(quaternions, np.float64)
    return np.asarray(values / np.linalg.norm(values, axis=1, keepdims=True))
