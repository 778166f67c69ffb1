"""Soft regions of the face: how much of a movement a place takes part in."""

from __future__ import annotations

import numpy as np

from posecast.head.sculpt import Array

_MIDDLE_CM = 0.9
"""Half of the width over which left passes into right."""


def smoothstep(low: float, high: float, values: Array) -> Array:
    """0 up to `low`, 1 from `high` on, without a corner between."""
    part = np.clip((values - low) / (high - low), 0, 1)
    return part * part * (3 - 2 * part)


def bump(points: Array, centre: tuple[float, float, float], radii: tuple[float, ...]) -> Array:
    """1 at a centre and its mirror image, 0 from the ellipsoid on. [N]"""
    away = np.abs(points) * [1, 0, 0] + points * [0, 1, 1] - centre
    square = ((away / np.array(radii)) ** 2).sum(axis=-1)
    return np.clip(1 - square, 0, 1) ** 2


def left_side(points: Array) -> Array:
    """1 on the own left, 0 on the own right; both sides make 1 everywhere. [N]"""
    return smoothstep(-_MIDDLE_CM, _MIDDLE_CM, points[:, 0])


def outwards(points: Array, move: tuple[float, float, float]) -> Array:
    """A movement whose first part is away from the middle. [N, 3], cm"""
    moves = np.tile(np.array(move), (len(points), 1))
    moves[:, 0] *= np.clip(points[:, 0] / 0.8, -1, 1)
    return moves
