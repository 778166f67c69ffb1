"""Rotations from explicit basis changes, in double precision, for `make_cases.py`."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

# Where the axes of the wire (right-handed, Y up, face along +Z, +X to the own left) lie elsewhere.
TO_UNREAL = [[0, 0, 1], [-1, 0, 0], [0, 1, 0]]  # forward = z, own right = -x, up = y
TO_UNITY = [[-1, 0, 0], [0, 1, 0], [0, 0, 1]]

Vector = Sequence[float]
Matrix = Sequence[Vector]


def about(axis: Vector, angle: float) -> list[float]:
    """Quaternion of a turn."""
    length = math.sqrt(sum(a * a for a in axis))
    return [*(math.sin(angle / 2) * a / length for a in axis), math.cos(angle / 2)]


def product(a: Matrix, b: Matrix) -> list[list[float]]:
    return [[sum(a[i][k] * b[k][j] for k in range(3)) for j in range(3)] for i in range(3)]


def transposed(a: Matrix) -> list[list[float]]:
    return [list(column) for column in zip(*a, strict=True)]


def matrix_of(q: Vector) -> list[list[float]]:
    x, y, z, w = q
    return [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]


def quaternion_of(m: Matrix) -> list[float]:
    """Quaternion of a rotation matrix of less than 180 degrees; w >= 0."""
    w = math.sqrt(max(0.0, 1 + m[0][0] + m[1][1] + m[2][2])) / 2
    return [
        (m[2][1] - m[1][2]) / (4 * w), (m[0][2] - m[2][0]) / (4 * w),
        (m[1][0] - m[0][1]) / (4 * w), w,
    ]  # fmt: skip


def turned(q: Vector, basis: Matrix) -> list[list[float]]:
    """The matrix of a rotation of the wire, in other axes."""
    return product(product(basis, matrix_of(q)), transposed(basis))


def apply(m: Matrix, vector: Vector) -> list[float]:
    return [sum(m[i][k] * vector[k] for k in range(3)) for i in range(3)]


def own_angles_deg(q: Vector) -> list[float]:
    """Yaw to the own left, pitch up, roll to the own right shoulder, told by where they lead."""
    nose = apply(matrix_of(q), [0, 0, 1])
    own_left = apply(matrix_of(q), [1, 0, 0])
    crown = apply(matrix_of(q), [0, 1, 0])
    yaw = math.atan2(nose[0], nose[2])
    pitch = math.asin(max(-1.0, min(1.0, nose[1])))
    level_left = [math.cos(yaw), 0.0, -math.sin(yaw)]  # the own left before the head tilts
    roll = math.atan2(-dot(crown, level_left), dot(own_left, level_left))
    return [math.degrees(angle) for angle in (yaw, pitch, roll)]


def dot(a: Vector, b: Vector) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def unreal_rotator_deg(m: Matrix) -> list[float]:
    """Pitch, yaw, roll of a matrix in Unreal's axes, by where forward, right and up are turned."""
    forward, right, up = transposed(m)
    pitch = math.atan2(forward[2], math.hypot(forward[0], forward[1]))
    yaw = math.atan2(forward[1], forward[0])
    level_right = [-math.sin(yaw), math.cos(yaw), 0.0]
    roll = math.atan2(dot(up, level_right), dot(right, level_right))
    return [math.degrees(angle) for angle in (pitch, yaw, roll)]


def unity_euler_deg(m: Matrix) -> list[float]:
    """x, y, z of a matrix in Unity's axes: first z turns, then x, then y. -180..180"""
    x = math.asin(max(-1.0, min(1.0, -m[1][2])))
    y = math.atan2(m[0][2], m[2][2])
    z = math.atan2(m[1][0], m[1][1])
    return [math.degrees(angle) for angle in (x, y, z)]


def random_head(dice: random.Random, most_rad: float) -> list[float]:
    axis = [dice.gauss(0, 1) for _ in range(3)]
    return about(axis, dice.uniform(0.01, most_rad))
