"""Where the vertices of half the skin lie, and how rings around eye and mouth are joined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posecast.head.sculpt import EYE, Array
from posecast.head.surface import meet, meet_from_front

TILT = np.tan(np.radians(25.0))
"""Rays to the face look down so much, to reach under nose and chin."""
_REACH_CM = 8.5
_CROWN_CM = 2.0
"""Height above which rays fan out from one point."""
_TOP_CM = 16.0
BOTTOM_CM = -18.5

MOUTH_HALF_CM = 2.35
_MOUTH_SQUASH = 0.75
MOUTH_RINGS = (0.0, 0.03, 0.07, 0.12, 0.18, 0.26, 0.36, 0.48, 0.62, 0.78)
"""Confocal ellipses around the line between the lips."""
NUM_MOUTH_STEPS = 15
"""Vertices of a ring from the middle of a lip to the corner, less one."""

EYE_RINGS = (
    (1.27, 0.45, 0.40),
    (1.31, 0.50, 0.45),
    (1.38, 0.62, 0.55),
    (1.47, 0.80, 0.68),
    (1.57, 0.96, 0.83),
    (1.69, 1.14, 1.00),
    (1.84, 1.34, 1.22),
)
"""Half width, height above and height below of each ring around an eye, in centimetres."""
NUM_EYE_STEPS = 28
_EYE_SLANT = 0.07


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Vertices of the left half, each with a place in the plane where they are joined."""

    points: Array
    """Places on the skin. [N, 3], cm"""
    plane: Array
    """Longitude and height, as long as on the skin. [N, 2], cm"""


def lip_line(x: Array) -> Array:
    """Height of the line between the lips. [N], cm"""
    return -7.03 - 0.05 * np.exp(-((x / 0.55) ** 2)) + 0.08 * (np.abs(x) / MOUTH_HALF_CM) ** 3


def mouth_ring(size: float, *, is_upper: bool) -> Layout:
    """One lip's part of a ring, from the middle to the corner.

    Args:
        size: Which confocal ellipse.
        is_upper: Which lip.

    Returns:
        The vertices; the last one is the corner's.
    """
    angle = np.pi / 2 * np.linspace(1, 0, NUM_MOUTH_STEPS + 1)
    side = 1.0 if is_upper else -1.0
    x = MOUTH_HALF_CM * np.cosh(size) * np.cos(angle)
    x[0] = 0.0
    y = lip_line(x) + side * _MOUTH_SQUASH * MOUTH_HALF_CM * np.sinh(size) * np.sin(angle)
    points = meet_from_front(x, y)
    return Layout(points=points, plane=to_plane(points))


def mouth_coordinates(points: Array) -> tuple[Array, Array]:
    """Confocal coordinates of the mouth: size of the ellipse, and sine of the angle on it.

    Args:
        points: Anywhere in front. [N, 3], cm

    Returns:
        Size, 0 on the line between the lips, and sine, +1 above its middle and -1 below. [N], [N]
    """
    x = np.abs(points[:, 0])
    y = (points[:, 1] - lip_line(np.minimum(x, MOUTH_HALF_CM))) / _MOUTH_SQUASH
    place = np.arccosh((x + 1j * y) / MOUTH_HALF_CM + 0j)
    size, angle = np.abs(place.real), np.abs(place.imag)
    return size, np.where(y < 0, -1.0, 1.0) * np.sin(np.minimum(angle, np.pi / 2))


def eye_ring(half_width: float, above: float, below: float) -> Layout:
    """A ring around the left eye, anticlockwise from its outer corner."""
    angle = 2 * np.pi * np.arange(NUM_EYE_STEPS) / NUM_EYE_STEPS
    x = EYE[0] + half_width * np.cos(angle)
    y = eye_height(np.cos(angle), np.sin(angle), above, below)
    points = meet_from_front(x, y)
    return Layout(points=points, plane=to_plane(points))


def eye_height(across: Array, up: Array, above: float, below: float) -> Array:
    """Height of a ring around an eye; the outer corner is the higher one, lids are fullest inside.

    Args:
        across: -1 at the inner corner, 1 at the outer one. [N]
        up: Sine of the angle on the ring. [N]
        above: Height of the ring above the line between the corners.
        below: Height below it.

    Returns:
        Heights. [N], cm
    """
    fullness = 1 - 0.1 * across
    return EYE[1] + _EYE_SLANT * across + np.where(up > 0, above * fullness, below) * up


def background() -> Layout:
    """A grid over all of the left half, dense in the face."""
    columns = np.concatenate([
        np.arange(0, 2.4, 0.3), np.arange(2.4, 7.2, 0.5), np.arange(7.2, 11, 0.8),
        np.linspace(11, 8 * np.pi, 11),
    ])  # fmt: skip
    rows = np.concatenate([
        np.linspace(BOTTOM_CM, -12.5, 7)[:-1], np.arange(-12.5, -6.1, 0.45),
        np.arange(-6.1, -2.6, 0.28), np.arange(-2.6, 3.4, 0.45), np.linspace(3.6, 15.3, 14),
    ])  # fmt: skip
    places = []
    for row in rows:
        step = 4 if row > 12 else 2 if row > 7.5 else 1
        kept = columns[:: step if row > 7.5 else 1]
        if kept[-1] != columns[-1]:
            kept = np.append(kept, columns[-1])
        places.append(np.stack([kept, np.full_like(kept, row)], axis=-1))
    plane = np.concatenate(places)
    return Layout(points=from_plane(plane), plane=plane)


def from_plane(plane: Array) -> Array:
    """Places on the skin of places in the plane. [N, 2] -> [N, 3]"""
    longitude, height = plane[:, 0] / 8, plane[:, 1]
    tilt = np.arctan(_tilt(height))
    above = np.clip((height - _CROWN_CM) / (_TOP_CM - _CROWN_CM), 0, 1)
    tilt = tilt * (1 - above) - np.pi / 2 * above
    low = np.minimum(height, _CROWN_CM)
    origins = np.zeros((len(plane), 3))
    origins[:, 1] = low + _REACH_CM * _tilt(low)
    directions = np.stack(
        [
            np.sin(longitude) * np.cos(tilt),
            -np.sin(tilt),
            np.cos(longitude) * np.cos(tilt),
        ],
        axis=-1,
    )
    points = meet(origins, directions)
    on_middle = np.isclose(np.sin(longitude), 0, atol=1e-9)
    points[on_middle, 0] = 0.0
    return points


def to_plane(points: Array) -> Array:
    """The inverse of `from_plane` between shoulders and crown. [N, 3] -> [N, 2]"""
    radius = np.hypot(points[:, 0], points[:, 2])
    longitude = 8 * np.arctan2(points[:, 0], points[:, 2])
    return np.stack([longitude, points[:, 1] + (radius - _REACH_CM) * TILT], axis=-1)


def _tilt(height: Array) -> Array:
    """Slope of the rays: level at the bottom, so that its edge is straight."""
    return TILT * np.clip((height - BOTTOM_CM) / 4.5, 0, 1)
