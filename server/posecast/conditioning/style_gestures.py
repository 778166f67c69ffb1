"""How far a style nods and raises its brows at accents, read off its vector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posecast.signals import FloatArray, Gestures, Style

LARGEST = Gestures(nod_rad=0.15, brow_raise=0.5)
"""Beyond any style that the encoder was trained with."""


@dataclass(frozen=True, slots=True)
class GestureReadout:
    """A linear map from the vector of a style to its gestures.

    The style encoder was taught to tell these numbers. They need no field of their own: a style
    that is read off a recording, blended or exaggerated has them in its vector.

    Source:
        Our own; fitted by `posecast train style-distance`.
    """

    weights: FloatArray
    """A row for each number of the vector, and a last one that is added. [style_dim + 1, 2]"""

    def of(self, style: Style) -> Gestures:
        """The gestures of a style, each between 0 and `LARGEST`."""
        told = style.vector.astype(np.float64) @ self.weights[:-1] + self.weights[-1]
        return Gestures(*np.clip(told, 0, LARGEST).tolist())
