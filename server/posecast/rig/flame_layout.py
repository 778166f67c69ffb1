"""Sizes and places of FLAME's coefficients, once."""

from __future__ import annotations

from posecast.errors import InvalidRequest

SHAPE_DIM = 100
EXPRESSION_DIM = 50
POSE_DIM = 6
HEAD = slice(0, 3)
"""Columns of a pose: axis-angle of the head, in radians."""
JAW = slice(3, 6)
"""Columns of a pose: axis-angle of the jaw, in radians; x opens it."""
JAW_X = 3

WITH_HEAD_DIM = EXPRESSION_DIM + 3 + 1  # 54: expression, head rotation, jaw x
WITHOUT_HEAD_DIM = EXPRESSION_DIM + 1  # 51: expression, jaw x


def has_head(motion_dim: int) -> bool:
    """Whether motion of this width holds the head's rotation.

    Args:
        motion_dim: Width of the motion vector.

    Raises:
        InvalidRequest: If no model has motion of this width.

    Source:
        DiffPoseTalk, arXiv:2310.00434: one model with head motion, one without.
    """
    if motion_dim not in (WITH_HEAD_DIM, WITHOUT_HEAD_DIM):
        raise InvalidRequest(
            f"FLAME motion of width {motion_dim}; allowed: {WITH_HEAD_DIM} with head pose, "
            f"{WITHOUT_HEAD_DIM} without"
        )
    return motion_dim == WITH_HEAD_DIM
