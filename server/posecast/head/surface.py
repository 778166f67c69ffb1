"""Places on the skin: where rays meet it, and which way it faces there."""

from __future__ import annotations

import numpy as np

from posecast.head.sculpt import Array, distance

_FARTHEST_CM = 24.0
_STEPS = 160
_HALVINGS = 22


def meet(origins: Array, directions: Array) -> Array:
    """Where rays leave the head for good.

    Args:
        origins: Starts, inside. [N, 3], cm
        directions: Unit vectors. [N, 3]

    Returns:
        Outermost places of the skin on each ray. [N, 3], cm
    """
    lengths = np.linspace(_FARTHEST_CM, 0, _STEPS)
    outside = np.full(len(origins), _FARTHEST_CM)
    inside = np.zeros(len(origins))
    is_open = np.ones(len(origins), bool)
    for length in lengths:  # from outside inwards, until each ray is in
        places = origins[is_open] + length * directions[is_open]
        is_in = distance(places) < 0
        found = np.flatnonzero(is_open)[is_in]
        inside[found] = length
        outside[np.flatnonzero(is_open)[~is_in]] = length
        is_open[found] = False
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        is_in = distance(origins + middle[:, None] * directions) < 0
        inside, outside = np.where(is_in, middle, inside), np.where(is_in, outside, middle)
    return origins + ((inside + outside) / 2)[:, None] * directions


def meet_from_front(x: Array, y: Array) -> Array:
    """The skin as seen straight from the front.

    Args:
        x: Towards the own left. [N], cm
        y: Up. [N], cm

    Returns:
        Places. [N, 3], cm
    """
    origins = np.stack([x, y, np.zeros_like(x)], axis=-1)
    return meet(origins, np.broadcast_to([0.0, 0.0, 1.0], origins.shape))


def normals(points: Array) -> Array:
    """Which way the skin faces.

    Args:
        points: Places near the skin. [N, 3], cm

    Returns:
        Unit vectors outwards. [N, 3]
    """
    steps = 0.02 * np.eye(3)
    slope = np.stack([distance(points + step) - distance(points - step) for step in steps], axis=-1)
    return slope / np.linalg.norm(slope, axis=-1, keepdims=True)
