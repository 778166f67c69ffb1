"""FLAME coefficients to ARKit weights without a fitted map: only what is physically certain."""

from __future__ import annotations

import numpy as np

from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.rig.clamp import clamp
from posecast.rig.flame import FlameCoefficients
from posecast.rig.flame_layout import JAW_X
from posecast.rig.flame_lips import LipGauge, LipMeasures
from posecast.signals import FloatArray

FULL_OPENING_RAD = 0.3
"""Turn of the jaw about x at which `jawOpen` is 1: 17 degrees, about 3 cm at the lips."""
FULL_SIDEWAYS_RAD = 0.15
"""Turn of the jaw about y at which `jawLeft` or `jawRight` is 1: about 12 mm at the chin."""
FULL_NARROWING = 0.3
"""Share of the mouth's width that full rounding takes away."""
FULL_WIDENING = 0.25
"""Share of half the mouth's width by which a full `mouthStretch` moves a corner outwards."""
WIDE_GAP = 0.3
"""Gap of the lips, as a share of the mouth's width at rest, at which rounding is all funnel."""
_LEAST_PARTING_M = 1e-4
"""Below this the jaw has parted nothing that lips could undo."""


class PhysicalFallback:
    """Weights from the jaw's joint, and from measured lips where there is a model to measure.

    An expression is a number along an axis that statistics found; which curve it might be is not
    guessed. Without a model file the lips therefore do nothing but follow the jaw.

    Source:
        Our own. FLAME's axes and those of ARKit's face anchor are the same: a jaw that turns about
        +x opens, about +y moves to the face's own left.
    """

    def __init__(self, lips: LipGauge | None = None) -> None:
        """Choose what there is.

        Args:
            lips: The lips of the user's licensed model, if there is one.
        """
        self._lips = lips

    def weights(self, coefficients: FlameCoefficients) -> FloatArray:
        """ARKit weights, each frame by itself.

        Args:
            coefficients: The face; its shape and its head do not matter.

        Returns:
            Weights, 0..1 with mouthClose <= jawOpen. [T, 52]

        Source:
            Our own.
        """
        pose = coefficients.pose
        weights = np.zeros((len(pose), NUM_CURVES), np.float32)
        jaw_open = clamp(pose[:, JAW_X] / FULL_OPENING_RAD, 0.0, 1.0)
        sideways = pose[:, JAW_X + 1] / FULL_SIDEWAYS_RAD
        weights[:, CURVE_INDEX["jawOpen"]] = jaw_open
        weights[:, CURVE_INDEX["jawLeft"]] = clamp(sideways, 0.0, 1.0)
        weights[:, CURVE_INDEX["jawRight"]] = clamp(-sideways, 0.0, 1.0)
        if self._lips is not None:
            still = np.zeros_like(coefficients.expression)
            _add_lips(
                weights,
                rest=self._lips.rest,
                jaw_alone=self._lips.measure(still, pose),
                shown=self._lips.measure(coefficients.expression, pose),
            )
        return weights


def _add_lips(
    weights: FloatArray, *, rest: LipMeasures, jaw_alone: LipMeasures, shown: LipMeasures
) -> None:
    """What the expression does to the lips, beside what the jaw alone would do."""
    parted = jaw_alone.gap_m - rest.gap_m
    undone = np.divide(
        jaw_alone.gap_m - shown.gap_m,
        parted,
        out=np.zeros_like(parted),
        where=parted > _LEAST_PARTING_M,
    )
    jaw_open = weights[:, CURVE_INDEX["jawOpen"]]
    weights[:, CURVE_INDEX["mouthClose"]] = jaw_open * clamp(undone, 0.0, 1.0)

    width = jaw_alone.left_m + jaw_alone.right_m
    narrowing = clamp(1 - (shown.left_m + shown.right_m) / width, 0.0, FULL_NARROWING)
    rounding = narrowing / FULL_NARROWING
    gap = (shown.gap_m - rest.gap_m) / (rest.left_m + rest.right_m)
    is_open = clamp(gap / WIDE_GAP, 0.0, 1.0)
    weights[:, CURVE_INDEX["mouthFunnel"]] = rounding * is_open
    weights[:, CURVE_INDEX["mouthPucker"]] = rounding * (1 - is_open)

    # A mouth that moves aside as a whole stretches nothing.
    gained = np.maximum(shown.left_m + shown.right_m - width, 0.0)
    for side, alone, now in (
        ("Left", jaw_alone.left_m, shown.left_m),
        ("Right", jaw_alone.right_m, shown.right_m),
    ):
        stretch = np.minimum(now - alone, gained) / (FULL_WIDENING * alone)
        weights[:, CURVE_INDEX[f"mouthStretch{side}"]] = clamp(stretch, 0.0, 1.0)
