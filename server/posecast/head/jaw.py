"""The jaw: how it turns, who follows it, and how lips stay shut over an open one."""

from __future__ import annotations

import numpy as np

from posecast.head.fields import smoothstep
from posecast.head.layout import mouth_coordinates
from posecast.head.sculpt import Array
from posecast.head.skin import Skin

HINGE = np.array([0.0, -1.6, 0.8])
"""Middle between the joints of the jaw."""
OPEN_RAD = np.radians(22.0)
"""Turn at `jawOpen` 1."""
_UPPER_SHARE = 0.3
"""Share of the way to each other that the upper lip goes."""
_CORNER = 0.42
"""How much of the jaw's movement the corners of the mouth make."""


def opened(points: Array, followed: Array) -> Array:
    """Movement of `jawOpen`.

    Args:
        points: Places at rest. [N, 3], cm
        followed: How much each follows the jaw, 0..1. [N]

    Returns:
        Movements. [N, 3], cm
    """
    cos, sin = np.cos(OPEN_RAD), np.sin(OPEN_RAD)
    turn = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    away = points - HINGE
    return followed[:, None] * (away @ turn.T - away)


def followed_by(skin: Skin) -> Array:
    """How much each place of the skin follows the jaw: all below the mouth, nothing above. [N]"""
    points = skin.points
    size, sine = mouth_coordinates(points)
    below = np.where(skin.lip != 0, -skin.lip * np.abs(sine), -sine)
    # An ellipse where the lips part, and all of the chin and none of the nose farther away.
    far = np.where(skin.ring < 0, 0.0, smoothstep(0.2, 1.0, size))
    slope = (1 - far) * np.abs(below) + far * smoothstep(0, 0.7, np.abs(below))
    share = np.where(below > 0, _CORNER + (1 - _CORNER) * slope, _CORNER * (1 - slope))
    front = smoothstep(-1.0, 4.5, points[:, 2])
    throat = smoothstep(-14.5, -10.8, points[:, 1] + 0.35 * (points[:, 2] - 8))
    cheek = 1 - smoothstep(-4.5, -1.5, points[:, 1])
    bag = np.where(skin.ring < 0, 1.0, throat * cheek)
    return share * front * bag


def closed(skin: Skin, jaw: Array) -> Array:
    """Movement of `mouthClose`: with `jawOpen` of the same weight, the lips touch as at rest.

    Args:
        skin: The skin.
        jaw: Movement of `jawOpen` of each vertex. [N, 3], cm

    Returns:
        Movements. [N, 3], cm
    """
    size, sine = mouth_coordinates(skin.points)
    line = np.flatnonzero((skin.ring == 0) & (skin.lip > 0))
    order = line[np.argsort(skin.points[line, 0])]
    gaps = jaw[skin.partner[order]] - jaw[order]
    corner = skin.points[(skin.ring == 0) & (skin.lip == 0), 0].max()
    across = np.concatenate([[-corner], skin.points[order, 0], [corner]])
    gaps = np.concatenate([np.zeros((1, 3)), gaps, np.zeros((1, 3))])
    angle = np.arcsin(np.clip(np.abs(sine), 0, 1))
    at = np.sign(skin.points[:, 0]) * corner * np.cos(angle)
    gap = np.stack([np.interp(at, across, gaps[:, axis]) for axis in range(3)], axis=-1)
    side = np.where(skin.lip != 0, skin.lip, np.sign(sine))
    fade = 1 - smoothstep(0.02, 0.95, size)
    fade = np.where(skin.ring < 0, np.where(skin.ring >= -3, 1.0, 0.0), fade)
    share = np.where(side > 0, _UPPER_SHARE, _UPPER_SHARE - 1) * fade
    move = share[:, None] * gap
    is_contact = skin.partner != np.arange(len(skin.points))
    own_gap = skin.lip[:, None] * (jaw[skin.partner] - jaw)
    exact = np.where(skin.lip > 0, _UPPER_SHARE, _UPPER_SHARE - 1)[:, None] * own_gap
    return np.where(is_contact[:, None], exact, move)
