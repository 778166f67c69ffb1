"""How the skin moves in the shapes of eyes, brows, cheeks and nose."""

from __future__ import annotations

import numpy as np

from posecast.head import layout
from posecast.head.fields import bump, left_side, outwards, smoothstep
from posecast.head.sculpt import EYE, LID_RADIUS, Array
from posecast.head.skin import Skin

_FOLLOWS = (1.0, 1.0, 1.0, 0.96, 0.82, 0.5, 0.2, 0.05, 0.0)
"""How much of the margin's way each ring around the eye goes, from the innermost on."""
_UPPER_TO_LINE, _LOWER_TO_LINE = 0.86, 0.14
"""Shares of the opening that the lids cross to shut it."""


def brow_shapes(points: Array) -> dict[str, Array]:
    """Movements of brows, cheeks and nose, which depend on the place alone.

    Args:
        points: Places on the skin, or on what lies on it. [N, 3], cm

    Returns:
        Movements by curve. [N, 3], cm
    """
    left = left_side(points)
    inner = bump(points, (1.0, 1.9, 8.4), (2.3, 2.9, 4.0))
    shapes = {"browInnerUp": inner[:, None] * outwards(points, (-0.05, 0.72, 0.05))}
    paired = {
        "browDown": bump(points, (2.3, 1.6, 8.0), (2.9, 2.2, 4.0))[:, None]
        * outwards(points, (-0.28, -0.52, 0.12)),
        "browOuterUp": bump(points, (4.0, 2.0, 7.2), (2.6, 2.6, 4.0))[:, None]
        * outwards(points, (0.05, 0.75, 0.0)),
        "cheekSquint": bump(points, (3.7, -2.5, 7.0), (2.4, 2.0, 3.5))[:, None]
        * outwards(points, (0.05, 0.48, 0.22)),
        "noseSneer": bump(points, (1.1, -3.7, 8.9), (1.6, 2.6, 2.6))[:, None]
        * outwards(points, (0.08, 0.42, 0.02)),
    }
    for name, both in paired.items():
        shapes[f"{name}Left"] = left[:, None] * both
        shapes[f"{name}Right"] = (1 - left)[:, None] * both
    return shapes


def lid_shapes(skin: Skin) -> dict[str, Array]:
    """Movements of the lids.

    Args:
        skin: The skin, whose vertices around the eyes are marked.

    Returns:
        Movements by curve. [N, 3], cm
    """
    lids = {
        "eyeBlink": _slide(skin, upper=_UPPER_TO_LINE, lower=_LOWER_TO_LINE),
        "eyeWide": _slide(skin, upper=-0.32, lower=-0.1),
        "eyeSquint": _slide(skin, upper=0.12, lower=0.34),
        "eyeLookDown": _slide(skin, upper=0.36, lower=-0.14),
        "eyeLookUp": _slide(skin, upper=-0.2, lower=0.04),
        "eyeLookIn": _slide(skin, upper=0.0, lower=0.0),
        "eyeLookOut": _slide(skin, upper=0.0, lower=0.0),
    }
    is_left = skin.points[:, 0] > 0
    shapes = {}
    for name, both in lids.items():
        shapes[f"{name}Left"] = np.where(is_left[:, None], both, 0.0)
        shapes[f"{name}Right"] = np.where(is_left[:, None], 0.0, both)
    squint = bump(skin.points, (3.3, -1.7, 7.6), (2.0, 1.1, 3.0)) * (skin.lid == -100)
    for side, share in (("Left", is_left), ("Right", ~is_left)):
        shapes[f"eyeSquint{side}"] += (squint * share)[:, None] * [0.0, 0.16, 0.05]
    return shapes


def _slide(skin: Skin, *, upper: float, lower: float) -> Array:
    """Lids slide over the eyeball by a share of its opening. [N, 3], cm"""
    moves = np.zeros_like(skin.points)
    marked = np.flatnonzero(skin.lid > -100)
    points = skin.points[marked] * [1, 1, 1]
    mirror = np.where(points[:, :1] < 0, -1.0, 1.0) * [1, 0, 0] + [0, 1, 1]
    points = points * mirror
    half_width, above, below = layout.EYE_RINGS[0]
    ring = skin.lid[marked].astype(int)
    widths = np.array([1.0, 1.0, *(size[0] / half_width for size in layout.EYE_RINGS)])[ring + 2]
    across = np.clip((points[:, 0] - EYE[0]) / (half_width * widths), -1, 1)
    sine = np.sqrt(1 - across**2)
    margin_up = layout.eye_height(across, sine, above, below)
    margin_down = layout.eye_height(across, -sine, above, below)
    opening = margin_up - margin_down
    middle = layout.eye_height(across, np.zeros_like(across), above, below)
    is_upper = points[:, 1] > middle
    way = np.where(is_upper, -upper, lower) * opening * np.array(_FOLLOWS)[ring + 2]
    moves[marked] = _around_eye(points, way) * mirror
    return moves


def _around_eye(points: Array, way: Array) -> Array:
    """Move up or down at the same distance from the eye's middle, at least that of a lid."""
    away = points - EYE
    radius = np.linalg.norm(away, axis=-1)
    moved = away.copy()
    moved[:, 1] += way
    wanted = radius + smoothstep(0.0, 0.5, np.abs(way)) * np.maximum(LID_RADIUS - radius, 0) * 0.5
    rest = wanted**2 - moved[:, 0] ** 2 - moved[:, 1] ** 2
    moved[:, 2] = np.where(rest > 0.05, np.sqrt(np.maximum(rest, 0.05)), moved[:, 2])
    change = moved - away
    return np.where(np.abs(way)[:, None] > 0, change, 0.0)
