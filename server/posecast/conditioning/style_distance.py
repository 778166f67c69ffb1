"""How different two styles are, each of their numbers weighed by how well a face shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posecast.signals import LIFE_LIMITS, FloatArray, Style

NUM_LIFE = len(LIFE_LIMITS)
_LOG_FLOORS: Mapping[str, float] = {
    "gaze_range": 0.01,
    "head_wander_rad": 0.01,
    "head_tempo_hz": 0.03,
}
"""Added before the logarithm: none of it has a place, too, and errors do not grow without bound
where there is little. Poses of the first default model drift by 0.01 rad of themselves."""


@dataclass(frozen=True, slots=True)
class StyleDistance:
    """A distance in units of the error with which styles are read off generated faces.

    Source:
        Our own use of Mahalanobis (1936): numbers that a face hardly shows count little, numbers
        that go astray together count once.
    """

    directions: FloatArray
    """Linear map of a style's numbers (`style_numbers`) to its place. [style_dim + 4, R]"""

    def place(self, style: Style) -> NDArray[np.float64]:
        """Where a style lies among others; its error has about unit variance. [R]"""
        return style_numbers(style) @ self.directions.astype(np.float64)

    def between(self, first: Style, second: Style) -> float:
        """Distance of two styles, 0 or more; that of a style and its own face is about sqrt(R)."""
        return float(np.linalg.norm(self.place(first) - self.place(second)))


def style_numbers(style: Style) -> NDArray[np.float64]:
    """The vector of a style, then what eyes and head do, so that its errors are alike everywhere.

    Blinks are counted, and the error of a count grows with its root: it is the root of their rate
    that is known equally well everywhere. Ranges and tempi are known to a share of themselves.

    Returns:
        [style_dim + 4]
    """
    life = [_spread(field, getattr(style, field)) for field in LIFE_LIMITS]
    return np.concatenate([style.vector.astype(np.float64), life])


def _spread(field: str, value: float) -> float:
    floor = _LOG_FLOORS.get(field)
    return float(np.sqrt(value) if floor is None else np.log(value + floor))
