"""Normalised motion of the default model to ARKit weights and head pose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from posecast.errors import CheckpointMismatch
from posecast.rig.arkit import CURVE_INDEX, MOTION_DIM, NUM_CURVES
from posecast.rig.clamp import clamp
from posecast.rig.head_pose import quaternion_from_rotation_vector
from posecast.signals import FloatArray

REST_THRESHOLD = 0.02
"""Jaw opening that counts as none: sampling noise must not part lips at rest."""
USUAL_CONTACT = (0.45, 0.9)
"""Share of the jaw's opening that the lips must undo to begin to touch, and to touch for good.

A network predicts something near the mean of what may be meant: half-closed lips where it is in
doubt. Lips either touch or do not. How sure a network is differs from one to the next, so its
package tells the shares that suit it (docs/default-model.md)."""
APERTURE_SHARES: Mapping[str, float] = {
    "jawOpen": 1.0,
    "mouthClose": -1.0,
    "mouthLowerDownLeft": 0.1,
    "mouthLowerDownRight": 0.1,
    "mouthUpperUpLeft": 0.1,
    "mouthUpperUpRight": 0.1,
    "mouthRollLower": -0.15,
}
"""What each curve adds to the opening of the lips."""
_JAW_OPEN, _MOUTH_CLOSE = CURVE_INDEX["jawOpen"], CURVE_INDEX["mouthClose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionScale:
    """Mean and spread that motion was normalised with."""

    mean: FloatArray
    """[55]"""
    std: FloatArray
    """Standard deviation; 0 for a column that the model leaves at its mean. [55]"""

    def __post_init__(self) -> None:
        """Refuse rows of another motion space."""
        for name, row in (("mean", self.mean), ("std", self.std)):
            if row.shape != (MOTION_DIM,):
                raise CheckpointMismatch(
                    f"motion {name} has shape {row.shape}; expected ({MOTION_DIM},)"
                )

    def normalise(self, motion: FloatArray) -> FloatArray:
        """Motion in standard units; columns that never move become 0. [..., 55]"""
        moves = self.std > 0
        scaled = (motion - self.mean) / np.where(moves, self.std, 1.0)
        return np.where(moves, scaled, 0.0).astype(np.float32)

    def denormalise(self, motion: FloatArray) -> FloatArray:
        """The inverse for columns that move, their mean for the others. [..., 55]"""
        return (motion * self.std + self.mean).astype(np.float32)


def face_from_motion(
    motion: FloatArray,
    scale: MotionScale,
    contact: tuple[float, ...] = USUAL_CONTACT,
    closing: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Put a face on normalised motion.

    Args:
        motion: Normalised motion. [T, 55]
        scale: What it was normalised with.
        contact: Share of the jaw's opening that the lips undo where they begin to touch, and where
            they touch for good.
        closing: Share that the lips undo at least, for what is heard; None for 0. [T]

    Returns:
        Weights, 0..1 with mouthClose <= jawOpen and both 0 at rest, [T, 52], and head quaternions
        (x, y, z, w), [T, 4].

    Source:
        ARKit's definition of mouthClose: it undoes the parting of lips that jawOpen brings.
    """
    plain = scale.denormalise(motion)
    weights = clamp(plain[:, :NUM_CURVES], 0.0, 1.0)
    for curve in (_JAW_OPEN, _MOUTH_CLOSE):
        above = np.maximum(0.0, weights[:, curve] - REST_THRESHOLD)
        weights[:, curve] = above / (1 - REST_THRESHOLD)
    weights[:, _MOUTH_CLOSE] = _decide_contact(
        weights[:, _MOUTH_CLOSE], weights[:, _JAW_OPEN], contact, closing
    )
    return weights, quaternion_from_rotation_vector(plain[:, NUM_CURVES:])


def _decide_contact(
    mouth_close: FloatArray,
    jaw_open: FloatArray,
    contact: tuple[float, ...],
    closing: FloatArray | None,
) -> FloatArray:
    """Lips that nearly touch, touch; lips that hardly approach each other, do not. [T]"""
    undone = mouth_close / np.maximum(jaw_open, 1e-6)
    if closing is not None:
        undone = np.maximum(undone, closing)
    part = clamp((undone - contact[0]) / (contact[1] - contact[0]), 0.0, 1.0)
    return (part * part * (3 - 2 * part) * jaw_open).astype(np.float32)


def lip_aperture(weights: FloatArray) -> FloatArray:
    """How far the lips are apart: 0 in contact, about 1 with the jaw wide open.

    Args:
        weights: ARKit weights. [T, 52]

    Returns:
        Sum of the curves by `APERTURE_SHARES`, at least 0. [T]

    Source:
        Our own proxy: ARKit has no curve for it.
    """
    # Added column by column: a matrix product would round differently for other numbers of frames.
    aperture = np.zeros(len(weights), np.float32)
    for name, share in APERTURE_SHARES.items():
        aperture += np.float32(share) * weights[:, CURVE_INDEX[name]]
    return np.maximum(aperture, 0.0)
