"""Who a face belongs to, as the networks see it."""

from __future__ import annotations

import numpy as np

from posecast.errors import InvalidRequest
from posecast.rig.flame_layout import SHAPE_DIM
from posecast.rig.flame_statistics import FlameStatistics
from posecast.signals import FloatArray


def normalise_shape(shape: FloatArray | None, statistics: FlameStatistics) -> FloatArray:
    """Normalised identity.

    Args:
        shape: FLAME's first 100 shape coefficients in raw units; None for the mean one. [100]
        statistics: What the networks were trained with.

    Returns:
        The shape, normalised; the mean one is 0. [100]

    Raises:
        InvalidRequest: If there are not 100 finite numbers.

    Source:
        DiffPoseTalk, arXiv:2310.00434: (v - mean) / std.
    """
    if shape is None:
        return np.zeros(SHAPE_DIM, np.float32)
    if shape.shape != (SHAPE_DIM,):
        raise InvalidRequest(f"shape has shape {shape.shape}; expected ({SHAPE_DIM},)")
    if not np.isfinite(shape).all():
        raise InvalidRequest("shape is not finite")
    std = statistics.shape_std
    # What never differs in the training data tells nothing: its value is the mean.
    normalised = np.where(std > 0, (shape - statistics.shape_mean) / np.where(std > 0, std, 1), 0)
    return normalised.astype(np.float32)
