"""FLAME coefficients of a face, to normalised motion and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posecast.errors import InvalidRequest
from posecast.rig.flame_layout import (
    EXPRESSION_DIM,
    HEAD,
    JAW_X,
    POSE_DIM,
    SHAPE_DIM,
    has_head,
)
from posecast.rig.flame_statistics import FlameStatistics
from posecast.signals import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class FlameCoefficients:
    """A face that moves, in raw units at 25 frames a second. Neck, eyes and lids do not move.

    Source:
        FLAME, as DiffPoseTalk, arXiv:2310.00434, uses it.
    """

    expression: FloatArray
    """Expression, the first 50 of the model's 100. [T, 50]"""
    pose: FloatArray
    """Axis-angle of the head, then of the jaw. [T, 6], rad"""
    shape: FloatArray | None = None
    """Who it is, the first 100 of the model's 300; None where nobody said. [100]"""

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        _check_table("expression", self.expression, EXPRESSION_DIM)
        _check_table("pose", self.pose, POSE_DIM)
        if len(self.expression) != len(self.pose):
            raise InvalidRequest(
                f"{len(self.expression)} frames of expression with {len(self.pose)} of pose"
            )
        if self.shape is None:
            return
        if self.shape.shape != (SHAPE_DIM,):
            raise InvalidRequest(f"shape has shape {self.shape.shape}; expected ({SHAPE_DIM},)")
        if not np.isfinite(self.shape).all():
            raise InvalidRequest("shape is not finite")

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.expression)


def _check_table(name: str, values: FloatArray, width: int) -> None:
    if values.ndim != 2 or values.shape[1] != width:
        raise InvalidRequest(f"{name} has shape {values.shape}; expected (frames, {width})")
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(bad):
        raise InvalidRequest(f"{name} of frame {bad[0]} is not finite")


def normalise(
    coefficients: FlameCoefficients, statistics: FlameStatistics, motion_dim: int
) -> FloatArray:
    """Motion as the networks see it.

    Args:
        coefficients: The face.
        statistics: What the networks were trained with.
        motion_dim: 54 with head pose, 51 without.

    Returns:
        Normalised motion. [T, M]

    Raises:
        InvalidRequest: If there is no motion of this width.

    Source:
        DiffPoseTalk, arXiv:2310.00434: (v - mean) / std with the plain std, as at inference.
    """
    head = coefficients.pose[:, HEAD] if has_head(motion_dim) else coefficients.pose[:, :0]
    # Jaw y and z are dropped before the division: in the published data they never move, and their
    # standard deviation is 0.
    jaw_x = coefficients.pose[:, JAW_X : JAW_X + 1]
    motion = np.concatenate([coefficients.expression, head, jaw_x], axis=1)
    std = statistics.motion_std(motion_dim)
    centred = motion - statistics.motion_mean(motion_dim)
    # Data of one's own may have other columns that never move. All of their values are the mean,
    # so that 0 is what any other divisor would give, and NaN would spread to the whole window.
    return np.where(std > 0, centred / np.where(std > 0, std, 1), 0).astype(np.float32)


def denormalise(
    motion: FloatArray, statistics: FlameStatistics, shape: FloatArray | None = None
) -> FlameCoefficients:
    """Coefficients of motion that the networks made.

    Args:
        motion: Normalised motion, 54 or 51 wide. [T, M]
        statistics: What the networks were trained with.
        shape: Whose face it is, passed on. [100]

    Returns:
        The face, in raw units.

    Raises:
        InvalidRequest: If no model has motion of this width, or the motion is not finite.

    Source:
        DiffPoseTalk, arXiv:2310.00434: v * std + mean.
    """
    moves_head = has_head(motion.shape[-1])
    normalised_pose = np.zeros((len(motion), POSE_DIM), np.float32)
    normalised_pose[:, JAW_X] = motion[:, -1]
    if moves_head:
        normalised_pose[:, HEAD] = motion[:, EXPRESSION_DIM:-1]
    # Jaw y and z are completed with 0 while still normalised, so they come out as their mean.
    pose = normalised_pose * statistics.pose_std + statistics.pose_mean
    if not moves_head:
        pose[:, HEAD] = 0  # exactly, not the mean: the model without head pose holds still
    expression = motion[:, :EXPRESSION_DIM] * statistics.exp_std + statistics.exp_mean
    return FlameCoefficients(
        expression=expression.astype(np.float32), pose=pose.astype(np.float32), shape=shape
    )
