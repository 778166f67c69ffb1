"""Head rotation: rotation vector, unit quaternion, and yaw, pitch, roll for people."""

from __future__ import annotations

import numpy as np

from posecast.signals import FloatArray

_STRAIGHT_UP = 0.999999
"""Sine of a pitch beyond which float32 quaternions no longer tell yaw from roll: 89.92 degrees."""


def quaternion_from_rotation_vector(rotation: FloatArray) -> FloatArray:
    """Rotation vectors as unit quaternions.

    Args:
        rotation: Axis times angle: +x nods down, +y turns to the own left, +z tilts to the own
            right shoulder. [T, 3], rad

    Returns:
        Quaternions (x, y, z, w) with w >= 0. [T, 4]

    Source:
        Euler-Rodrigues parameters; axes of FLAME and of ARKit's face anchor.
    """
    angle = _length(rotation.astype(np.float64))
    # sinc keeps the small angles exact: sin(a / 2) / a = sinc(a / 2 pi) / 2
    vector = rotation * np.sinc(angle / (2 * np.pi)) / 2
    return _standard(np.concatenate([vector, np.cos(angle / 2)], axis=-1))


def rotation_vector_from_quaternion(head: FloatArray) -> FloatArray:
    """The inverse of `quaternion_from_rotation_vector`.

    Args:
        head: Unit quaternions (x, y, z, w) of either sign. [T, 4]

    Returns:
        Axis times angle, 0..pi. [T, 3], rad

    Source:
        Euler-Rodrigues parameters.
    """
    quaternion = head.astype(np.float64)
    quaternion = np.where(quaternion[..., 3:] < 0, -quaternion, quaternion)
    vector, w = quaternion[..., :3], quaternion[..., 3:]
    sine = _length(vector)
    half_angle = np.arctan2(sine, w)
    # As in the way there: a / sin(a / 2) = 2 / sinc(a / 2 pi), exact at 0.
    return (2 * vector / np.sinc(half_angle / np.pi)).astype(np.float32)


def quaternion_from_yaw_pitch_roll_deg(angles: FloatArray) -> FloatArray:
    """The inverse of `yaw_pitch_roll_deg_from_quaternion`.

    Args:
        angles: Yaw, pitch, roll. [T, 3], degrees

    Returns:
        Unit quaternions (x, y, z, w). [T, 4]

    Source:
        Product of three axis rotations, yaw first.
    """
    yaw, pitch, roll = (np.radians(angles.astype(np.float64)) / 2).T
    zero = np.zeros_like(yaw)
    about_y = np.stack([zero, np.sin(yaw), zero, np.cos(yaw)], axis=-1)
    about_x = np.stack([-np.sin(pitch), zero, zero, np.cos(pitch)], axis=-1)
    about_z = np.stack([zero, zero, np.sin(roll), np.cos(roll)], axis=-1)
    return _standard(_multiply(_multiply(about_y, about_x), about_z))


def yaw_pitch_roll_deg_from_quaternion(head: FloatArray) -> FloatArray:
    """Angles from the character's own point of view.

    The rotation is yaw, then pitch about the turned axis, then roll. At a pitch of 90 degrees yaw
    and roll cannot be told apart, and roll is 0.

    Args:
        head: Unit quaternions (x, y, z, w). [T, 4]

    Returns:
        Yaw (+ to the own left), pitch (+ up), roll (+ to the own right shoulder). [T, 3], degrees

    Source:
        Rotation matrix R = Ry(yaw) Rx(-pitch) Rz(roll), right-handed, Y up, face looking +Z.
    """
    x, y, z, w = head.astype(np.float64).T
    sin_pitch = np.clip(2 * (y * z - w * x), -1, 1)
    yaw = np.arctan2(2 * (x * z + w * y), 1 - 2 * (x * x + y * y))
    roll = np.arctan2(2 * (x * y + w * z), 1 - 2 * (x * x + z * z))
    is_upright = np.abs(sin_pitch) > _STRAIGHT_UP
    yaw = np.where(is_upright, np.arctan2(2 * (w * y - x * z), 1 - 2 * (y * y + z * z)), yaw)
    roll = np.where(is_upright, 0.0, roll)
    return np.degrees(np.stack([yaw, np.arcsin(sin_pitch), roll], axis=-1)).astype(np.float32)


def interpolate_quaternions(earlier: FloatArray, later: FloatArray, part: FloatArray) -> FloatArray:
    """Normalised linear interpolation, within 1e-5 of the great circle at a head's speed.

    Args:
        earlier: Unit quaternions. [T, 4]
        later: Unit quaternions. [T, 4]
        part: 0 is `earlier`, 1 is `later`. [T]

    Returns:
        Unit quaternions. [T, 4]

    Source:
        Quaternion lerp along the shorter way.
    """
    sign = np.where((earlier * later).sum(axis=-1, keepdims=True) < 0, -1.0, 1.0)
    return _standard(earlier + part[:, None] * (sign * later - earlier))


def multiply_quaternions(first: FloatArray, second: FloatArray) -> FloatArray:
    """The rotation `second`, then `first`.

    Args:
        first: Unit quaternions. [T, 4]
        second: Unit quaternions. [T, 4]

    Returns:
        Unit quaternions. [T, 4]

    Source:
        Hamilton's product.
    """
    return _standard(_multiply(first, second))


def _multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    ax, ay, az, aw = a.T
    bx, by, bz, bw = b.T
    return np.stack(
        [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ],
        axis=-1,
    )


def _standard(quaternion: np.ndarray) -> FloatArray:
    """Unit length, w >= 0, so that equal rotations have equal numbers."""
    unit = quaternion / _length(quaternion)
    return np.where(unit[..., 3:] < 0, -unit, unit).astype(np.float32)


def _length(vectors: np.ndarray) -> np.ndarray:
    """Lengths of vectors, [T, n] -> [T, 1]; `numpy.linalg.norm` takes twice the time for few."""
    return np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))
