"""The ARKit curves by region of the face: each curve belongs to one."""

from __future__ import annotations

import numpy as np

from posecast.rig.arkit import CURVE_INDEX, CURVE_NAMES
from posecast.signals import IntArray

BLINKS: tuple[str, ...] = ("eyeBlinkLeft", "eyeBlinkRight")
GAZE: tuple[str, ...] = tuple(name for name in CURVE_NAMES if name.startswith("eyeLook"))
UPPER_FACE: tuple[str, ...] = tuple(
    name
    for name in CURVE_NAMES
    # The air of cheekPuff is held by the lips, but the contract counts the cheeks as upper face.
    if name.startswith(("brow", "eyeSquint", "eyeWide", "cheek", "nose"))
)
"""Brows, lids, cheeks and nose; not blinks and not the gaze."""
LOWER_FACE: tuple[str, ...] = tuple(
    name for name in CURVE_NAMES if name.startswith(("jaw", "mouth", "tongue"))
)
"""Jaw, mouth and tongue: all that speech moves in time."""


def indices_of(region: tuple[str, ...]) -> IntArray:
    """Places of a region's curves in a row of weights.

    Args:
        region: Curve names.

    Returns:
        Indices into `CURVE_NAMES`. [number of names]

    Source:
        ARKit's names, by the words of `posecast.v1.RegionStrengths`.
    """
    return np.array([CURVE_INDEX[name] for name in region], np.int64)
