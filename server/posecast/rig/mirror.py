"""The other side of a face: of its curves, and of the vertices of a mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_INDEX, CURVE_NAMES
from posecast.signals import BoolArray, IntArray

TOLERANCE = 0.01
"""How far a vertex may lie from the mirror image of its twin, as a share of the head's size."""
SHARE_PAIRED = 0.9
"""Share of the vertices that must have a twin for a mesh to count as symmetric."""
_ROWS_AT_ONCE = 512


def other_side(curve: str) -> str:
    """A curve's name on the other side of the face, its own for one of the middle.

    Source:
        ARKit's names.
    """
    for side, other in (("Left", "Right"), ("Right", "Left")):
        if curve.endswith(side):
            return curve.removesuffix(side) + other
    return curve


MIRRORED_CURVES: IntArray = np.array([CURVE_INDEX[other_side(name)] for name in CURVE_NAMES])
"""Place of each curve's other side. [52]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorTwins:
    """Which vertex is the mirror image of which, across the plane x = 0."""

    twin: IntArray
    """The twin of each vertex; of one on the middle, and of one without, itself. [V]"""
    is_paired: BoolArray
    """Whether a vertex has a twin. [V]"""

    def mirror(self, displacements: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mirror image of displacements; 0 where a vertex has no twin. [..., V, 3]"""
        across = displacements[..., self.twin, :] * np.array([-1.0, 1.0, 1.0])
        return np.where(self.is_paired[:, None], across, 0.0)


def find_twins(vertices: NDArray[np.floating]) -> MirrorTwins:
    """Find the mirror images among the vertices of a face at rest.

    Args:
        vertices: The mesh, its middle at x = 0. [V, 3]

    Returns:
        The twins: pairs of which each is nearest to the other's mirror image.

    Raises:
        InvalidRequest: If less than 9 of 10 vertices have one.

    Source:
        Our own: mutual nearest neighbours, so that mirroring twice changes nothing.
    """
    places: NDArray[np.float64] = vertices.astype(np.float64)
    across = places * np.array([-1.0, 1.0, 1.0])
    nearest, distance = _find_nearest(across, places)
    own = np.arange(len(vertices))
    allowed = TOLERANCE * head_size(places)
    is_paired = (nearest[nearest] == own) & (distance <= allowed)
    share = float(is_paired.mean())
    if share < SHARE_PAIRED:
        raise InvalidRequest(
            f"only {share:.0%} of the vertices have a mirror image across x = 0; "
            f"expected {SHARE_PAIRED:.0%} or more"
        )
    return MirrorTwins(twin=np.where(is_paired, nearest, own), is_paired=is_paired)


def head_size(vertices: NDArray[np.floating]) -> float:
    """Largest extent of a mesh along an axis.

    Source:
        Our own.
    """
    return float(np.ptp(vertices, axis=0).max())


def _find_nearest(
    points: NDArray[np.float64], among: NDArray[np.float64]
) -> tuple[IntArray, NDArray[np.float64]]:
    """Which of `among` is nearest to each point, and how far it is."""
    nearest, distance = np.empty(len(points), np.int64), np.empty(len(points))
    for first in range(0, len(points), _ROWS_AT_ONCE):
        part = points[first : first + _ROWS_AT_ONCE]
        squares = np.square(part[:, None, :] - among[None]).sum(axis=-1)
        found = squares.argmin(axis=1)
        nearest[first : first + len(part)] = found
        distance[first : first + len(part)] = np.sqrt(squares[np.arange(len(part)), found])
    return nearest, distance
