"""FLAME coefficients to ARKit weights by a map that was fitted to the user's own shapes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posecast.errors import CheckpointMismatch
from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.rig.bounded_least_squares import solve_bounded
from posecast.rig.flame import FlameCoefficients
from posecast.rig.flame_displacements import NUM_TERMS, displacement_terms, measure_displacements
from posecast.rig.flame_layout import JAW_X
from posecast.signals import FloatArray, IntArray

Array = NDArray[np.float64]

_JAW_Y = JAW_X + 1
_JAW_OPEN, _MOUTH_CLOSE = CURVE_INDEX["jawOpen"], CURVE_INDEX["mouthClose"]
_JAW_LEFT, _JAW_RIGHT = CURVE_INDEX["jawLeft"], CURVE_INDEX["jawRight"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlameArkitMap:
    """In each frame the weights, 0..1, whose shapes come nearest to the displacement of FLAME.

    What the jaw's joint does is not left to the fit: `jawOpen`, `jawLeft` and `jawRight` follow its
    angles, so that more jaw is never less `jawOpen`, and the other curves make up for the rest.

    Source:
        Our own: bounded least squares over the vertices, of which only the normal matrix and what
        the coefficients are weighed with are kept.
    """

    curves: IntArray
    """Curves that the map gives, ascending; the others stay 0. [N]"""
    normal: Array
    """Product of the shapes with each other, weighted by vertex, with the ridge. [N, N]"""
    slopes: Array
    """What a curve's product with FLAME's displacement weighs the terms with. [N, 590]"""
    jaw_angles_rad: Array
    """Turns of the jaw, ascending from 0. [K], rad"""
    jaw_open: Array
    """`jawOpen` at these turns about x, never falling. [K]"""
    jaw_side: Array
    """`jawLeft` at these turns about y, never falling; `jawRight` at the negative ones. [K]"""
    provenance: str
    """What it was fitted to and how well, as JSON."""

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        count, angles = len(self.curves), len(self.jaw_angles_rad)
        expected = {
            "normal": (count, count),
            "slopes": (count, NUM_TERMS),
            "jaw_open": (angles,),
            "jaw_side": (angles,),
        }
        for name, shape in expected.items():
            values = getattr(self, name)
            if values.shape != shape or not np.isfinite(values).all():
                raise CheckpointMismatch(
                    f"{name} has shape {values.shape}; expected {shape}, finite"
                )
        is_ascending = bool((np.diff(self.curves) > 0).all()) and _JAW_OPEN in self.curves
        if not is_ascending or self.curves[0] < 0 or self.curves[-1] >= NUM_CURVES:
            raise CheckpointMismatch(f"curves {self.curves.tolist()}; expected ascending places")

    def weights(self, coefficients: FlameCoefficients) -> FloatArray:
        """ARKit weights, each frame by itself.

        Args:
            coefficients: The face; its shape and its head do not matter.

        Returns:
            Weights, 0..1 with mouthClose <= jawOpen. [T, 52]

        Source:
            Our own.
        """
        terms = displacement_terms(coefficients.expression, coefficients.pose)
        slope = measure_displacements(terms, self.slopes)
        low, high = self._bounds(coefficients.pose.astype(np.float64))
        weights = np.zeros((len(terms), NUM_CURVES), np.float32)
        weights[:, self.curves] = solve_bounded(self.normal, slope, low, high)
        return weights

    def _bounds(self, pose: Array) -> tuple[Array, Array]:
        """Smallest and largest weights; the jaw's curves are pinned. [T, N] each"""
        low, high = np.zeros((2, len(pose), NUM_CURVES))
        high[:] = 1.0
        jaw_open = np.interp(pose[:, JAW_X], self.jaw_angles_rad, self.jaw_open)
        low[:, _JAW_OPEN] = high[:, _JAW_OPEN] = high[:, _MOUTH_CLOSE] = jaw_open
        for curve, turn in ((_JAW_LEFT, pose[:, _JAW_Y]), (_JAW_RIGHT, -pose[:, _JAW_Y])):
            aside = np.interp(turn, self.jaw_angles_rad, self.jaw_side)
            low[:, curve] = high[:, curve] = aside
        return low[:, self.curves], high[:, self.curves]
