"""Which vertices of a FLAME head are lips, upper face and landmarks, read from the user's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posecast.array_file import read_npz
from posecast.errors import InvalidRequest
from posecast.evaluation.vertex_metrics import SurfacePoints
from posecast.rig.array_pickle import read_pickle
from posecast.signals import IntArray

NUM_LANDMARKS = 68
UPPER_FACE_REGIONS = ("forehead", "eye_region")
"""Regions of FLAME's masks that are the upper face, unless the file has an `upper_face` of its own:
those that users took when they tried to repeat DiffPoseTalk's FDD (its issue 25)."""
WHERE_MASKS_ARE = "FLAME's vertex masks (FLAME_masks.pkl) can be had with a licence at https://flame.is.tue.mpg.de"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceMasks:
    """Places on a head of V vertices."""

    lips: IntArray
    """Vertices of the lips. [L]"""
    upper_face: IntArray
    """Vertices of the upper face. [U]"""
    landmarks: SurfacePoints | None
    """The 68 facial landmarks; None where nobody said."""


def read_masks(path: Path, num_vertices: int) -> FaceMasks:
    """Read regions, and landmarks if there are any.

    Args:
        path: FLAME's own pickle of regions by name, or a .npz with `lips`, and `upper_face` or
            `forehead` and `eye_region`, each a list of vertices. A .npz may also have
            `landmark_vertices`, [68] or the corners of triangles [68, 3], these with
            `landmark_weights` [68, 3].
        num_vertices: V of the model.

    Returns:
        The masks; lists of vertices in order, each vertex once.

    Raises:
        InvalidRequest: If the file cannot be read, a region is missing, or a list does not fit the
            model; the message says which.
    """
    regions = (read_pickle if path.suffix.lower() == ".pkl" else read_npz)(path, InvalidRequest)
    upper_face = ["upper_face"] if "upper_face" in regions else list(UPPER_FACE_REGIONS)
    missing = [name for name in ("lips", *upper_face) if name not in regions]
    if missing:
        raise InvalidRequest(
            f"{path}: no region {missing[0]!r}; expected lips, and upper_face or "
            f"{' and '.join(UPPER_FACE_REGIONS)}; it has {', '.join(sorted(regions)) or 'nothing'}"
        )
    chosen = {
        name: _vertices(regions[name], num_vertices, where=f"{path}: {name}")
        for name in ("lips", *upper_face)
    }
    return FaceMasks(
        lips=np.unique(chosen["lips"]),
        upper_face=np.unique(np.concatenate([chosen[name] for name in upper_face])),
        landmarks=_landmarks(regions, num_vertices, where=str(path)),
    )


def _landmarks(
    regions: Mapping[str, Any], num_vertices: int, *, where: str
) -> SurfacePoints | None:
    if "landmark_vertices" not in regions:
        return None
    corners = _vertices(
        regions["landmark_vertices"], num_vertices, where=f"{where}: landmark_vertices"
    )
    if corners.shape == (NUM_LANDMARKS,):
        return SurfacePoints.at_vertices(corners)
    if corners.shape != (NUM_LANDMARKS, 3):
        raise InvalidRequest(
            f"{where}: landmark_vertices has shape {corners.shape}; expected ({NUM_LANDMARKS},) or "
            f"({NUM_LANDMARKS}, 3)"
        )
    weights = np.asarray(regions.get("landmark_weights", ()), np.float64)
    if weights.shape != corners.shape or not np.allclose(weights.sum(axis=1), 1, atol=1e-3):
        raise InvalidRequest(
            f"{where}: landmark_weights of shape {weights.shape}; expected {corners.shape}, "
            "each row 1 together"
        )
    return SurfacePoints(corners, weights)


def _vertices(values: Any, num_vertices: int, *, where: str) -> IntArray:
    indices = np.asarray(values)
    if indices.size == 0 or not np.issubdtype(indices.dtype, np.integer):
        raise InvalidRequest(
            f"{where}: {indices.size} values of type {indices.dtype}; expected vertex indices"
        )
    wrong = indices[(indices < 0) | (indices >= num_vertices)]
    if wrong.size:
        raise InvalidRequest(f"{where}: vertex {wrong[0]}; allowed: 0 to {num_vertices - 1}")
    return indices.astype(np.int64)
