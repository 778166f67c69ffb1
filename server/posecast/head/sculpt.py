"""The skin of the head as a signed distance: below 0 inside, in centimetres.

Right-handed, +Y up, the face looks along +Z, +X is the head's own left; eyes are at the height 0.
The head is symmetric, so every piece is placed for the left side and seen through |x|.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EYE = np.array([3.15, 0.0, 6.6])
"""Middle of the left eyeball."""
EYE_RADIUS = 1.35
LID_RADIUS = EYE_RADIUS + 0.14
"""Outside of a shut lid, from the middle of the eyeball."""


def distance(points: Array) -> Array:
    """Distance to the skin, smooth where pieces meet; not exact far away.

    Args:
        points: Places. [..., 3], cm

    Returns:
        Below 0 inside. [...], cm
    """
    p = np.concatenate([np.abs(points[..., :1]), points[..., 1:]], axis=-1)
    head = _skull(p)
    head = _join(head, _jaw(p), 1.6)
    head = _join(head, _neck(p), 1.8)
    head = _face(p, head)
    head = _lips(p, head)
    return _nose(p, head)


def _skull(p: Array) -> Array:
    cranium = _ellipsoid(p, (0, 3.1, -1.0), (7.2, 8.4, 9.0))
    forehead = _ellipsoid(p, (0, 3.2, 2.2), (6.3, 6.8, 6.7))
    return _join(cranium, forehead, 4.0)


def _jaw(p: Array) -> Array:
    middle = _ellipsoid(p, (0, -3.2, 2.4), (5.5, 6.4, 6.0))
    mandible = _ellipsoid(p, (0, -7.2, 3.3), (3.45, 3.7, 5.0))
    corner = _ellipsoid(p, (3.5, -5.2, 0.8), (0.9, 3.0, 2.2))
    chin = _ellipsoid(p, (0, -9.75, 7.25), (1.7, 1.3, 1.65))
    jaw = _join(_join(middle, mandible, 3.0), corner, 4.0)
    return _join(jaw, chin, 3.6)


def _neck(p: Array) -> Array:
    neck = _round_cone(p, (0, -7.0, -1.9), (0, -24.0, -4.0), 4.5, 5.4)
    muscle = _round_cone(p, (4.3, -4.5, -2.2), (1.4, -21.0, 0.6), 0.8, 1.0)
    shoulder = _round_cone(p, (2.5, -15.0, -5.0), (12.0, -22.0, -4.6), 2.0, 3.6)
    throat = _ellipsoid(p, (0, -14.2, 1.6), (0.7, 1.5, 0.9))
    return _join(_join(_join(neck, muscle, 3.0), throat, 2.4), shoulder, 6.0)


def _face(p: Array, head: Array) -> Array:
    cheekbone = _ellipsoid(p, (4.15, -2.2, 4.5), (1.6, 1.2, 2.2))
    cheek = _ellipsoid(p, (2.8, -4.7, 5.7), (1.7, 2.3, 1.9))
    muzzle = _ellipsoid(p, (0, -6.6, 6.1), (3.0, 3.2, 2.9))
    brow = _join(
        _round_cone(p, (0.9, 1.35, 7.75), (3.2, 1.95, 7.3), 0.6, 0.6),
        _round_cone(p, (3.2, 1.95, 7.3), (5.0, 1.2, 5.6), 0.6, 0.4),
        0.6,
    )
    head = _join(_join(head, cheekbone, 3.6), cheek, 3.4)
    head = _join(_join(head, muzzle, 3.0), brow, 2.2)
    socket = _ellipsoid(p, (3.1, -0.35, 9.0), (1.9, 0.95, 1.6))
    inner = _ellipsoid(p, (1.75, 0.1, 8.75), (0.65, 0.9, 1.2))
    head = _cut(_cut(head, socket, 2.2), inner, 1.6)
    temple = _ellipsoid(p, (8.3, 1.6, 4.2), (1.3, 2.6, 2.6))
    head = _cut(head, temple, 3.2)
    lids = np.linalg.norm(p - EYE, axis=-1) - LID_RADIUS
    return _join(head, lids, 0.9)


def _lips(p: Array, head: Array) -> Array:
    upper = _join(
        _round_cone(p, (0, -6.56, 9.12), (0.7, -6.42, 9.02), 0.46, 0.5),
        _round_cone(p, (0.7, -6.42, 9.02), (2.35, -6.9, 7.95), 0.5, 0.24),
        0.6,
    )
    lower = _join(
        _round_cone(p, (0, -7.56, 8.92), (0.95, -7.45, 8.75), 0.64, 0.58),
        _round_cone(p, (0.95, -7.45, 8.75), (2.35, -6.98, 7.9), 0.58, 0.24),
        0.6,
    )
    fold = _ellipsoid(p, (0, -8.8, 9.5), (1.7, 0.4, 0.7))
    philtrum = _round_cone(p, (0, -5.2, 9.75), (0, -6.1, 9.75), 0.3, 0.3)
    head = _join(_join(head, upper, 0.9), lower, 0.9)
    return _cut(_cut(head, fold, 1.6), philtrum, 1.0)


def _nose(p: Array, head: Array) -> Array:
    bridge = _round_cone(p, (0, 0.6, 7.45), (0, -3.0, 9.65), 0.75, 0.78)
    flank = _round_cone(p, (0.55, 0.0, 6.9), (0.85, -3.5, 8.05), 0.65, 0.85)
    tip = _join(
        _ellipsoid(p, (0, -3.65, 10.2), (0.78, 0.76, 0.85)),
        _ellipsoid(p, (0.36, -3.8, 10.05), (0.58, 0.55, 0.65)),
        0.6,
    )
    wing = _ellipsoid(p, (1.08, -4.1, 8.75), (0.5, 0.58, 0.9))
    column = _round_cone(p, (0, -4.25, 9.9), (0, -4.75, 8.6), 0.3, 0.34)
    nose = _join(_join(bridge, flank, 1.6), tip, 1.3)
    nose = _join(_join(nose, wing, 0.9), column, 0.6)
    head = _join(head, nose, 1.3)
    nostril = _ellipsoid(p, (0.54, -4.75, 9.2), (0.26, 0.28, 0.42))
    return _cut(head, nostril, 0.4)


def _ellipsoid(p: Array, centre: tuple[float, ...], radii: tuple[float, ...]) -> Array:
    """Near the surface as good as the distance; Inigo Quilez' bound."""
    q = (p - np.array(centre)) / np.array(radii)
    k0 = np.linalg.norm(q, axis=-1)
    k1 = np.linalg.norm(q / np.array(radii), axis=-1)
    return k0 * (k0 - 1) / np.maximum(k1, 1e-9)


def _round_cone(
    p: Array, start: tuple[float, ...], end: tuple[float, ...], radius: float, end_radius: float
) -> Array:
    """A rod whose thickness changes evenly."""
    axis = np.array(end) - np.array(start)
    along = np.clip((p - np.array(start)) @ axis / (axis @ axis), 0, 1)
    nearest = np.array(start) + along[..., None] * axis
    return np.linalg.norm(p - nearest, axis=-1) - (radius + along * (end_radius - radius))


def _join(a: Array, b: Array, width: float) -> Array:
    """Union with a fillet."""
    h = np.maximum(width - np.abs(a - b), 0) / width
    return np.minimum(a, b) - h * h * h * width / 6


def _cut(a: Array, b: Array, width: float) -> Array:
    """`a` without `b`, with a fillet."""
    return -_join(-a, b, width)
