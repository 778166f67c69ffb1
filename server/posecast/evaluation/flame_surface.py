"""The vertices of FLAME coefficients, as far as the metrics look at them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from posecast.evaluation.flame_diversity import mean_pairwise_distance
from posecast.evaluation.flame_masks import FaceMasks
from posecast.evaluation.vertex_metrics import (
    MOUTH_OPENINGS,
    SurfacePoints,
    lip_vertex_error_mm,
    lip_vertex_error_squared_m2,
    mean_lip_error_mm,
    mouth_opening_difference_mm,
    upper_face_dynamics_deviation_10um,
    upper_face_dynamics_deviation_squared_m2,
)
from posecast.rig.flame import FlameCoefficients
from posecast.rig.flame_layer import FlameLayer
from posecast.rig.flame_layout import EXPRESSION_DIM, POSE_DIM
from posecast.rig.flame_model import FlameModel
from posecast.signals import FloatArray, IntArray

_FRAMES_AT_ONCE = 250
"""Whole heads of so many frames are held, of all others only what is measured."""
_MM_PER_M = 1e3


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceFigures:
    """Errors of the vertices of one predicted face, without head pose."""

    lip_vertex_error_mm: float
    """LVE."""
    mean_lip_error_mm: float
    """Mean instead of maximum over the lips."""
    mouth_opening_inner_mm: float | None
    """MOD of the inner lips; unset without landmarks."""
    mouth_opening_outer_mm: float | None
    """MOD of the outer lips."""
    upper_face_dynamics_10um: float
    """FDD; positive is too little motion."""
    lip_vertex_error_squared_m2: float
    """LVE of squared distances: no length."""
    upper_face_dynamics_squared_m2: float
    """FDD of squared displacements: no length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceMeasurement:
    """Vertices of the predictions of one clip."""

    figures: tuple[SurfaceFigures, ...]
    """Of each repetition."""
    diversity_mm: float | None
    """Mean distance of the vertices of two repetitions, over pairs, frames and the whole head,
    without head pose; nothing for a single repetition."""


class FaceSurface:
    """A head model with the vertices that matter."""

    def __init__(self, model: FlameModel, masks: FaceMasks) -> None:
        """Take over a model.

        Args:
            model: The user's FLAME.
            masks: Vertices and landmarks on it.
        """
        self._layer = FlameLayer(model)
        self._masks = masks
        parts = [masks.lips, masks.upper_face]
        if masks.landmarks:
            parts.append(masks.landmarks.vertices.ravel())
        self._kept = np.unique(np.concatenate(parts))

    def measure(
        self, truth: FlameCoefficients, predictions: Sequence[FlameCoefficients]
    ) -> SurfaceMeasurement:
        """Compare predictions of one clip with the truth, all with the true person's shape.

        Args:
            truth: True coefficients. T frames
            predictions: Predicted coefficients, T frames each, at least one.

        Returns:
            The figures of each prediction, and how far they are from each other.
        """
        kept: list[list[FloatArray]] = [[] for _ in (truth, *predictions)]
        distance_m = 0.0
        for part in _parts(len(truth)):
            heads = [self._heads(truth.shape, take, part) for take in (truth, *predictions)]
            for stretches, head in zip(kept, heads, strict=True):
                stretches.append(head[:, self._kept])
            if len(predictions) > 1:
                distance_m += mean_pairwise_distance(heads[1:]) * len(heads[0])
        true_face, *faces = (np.concatenate(stretches) for stretches in kept)
        neutral = self._neutral(truth.shape)
        return SurfaceMeasurement(
            figures=tuple(self._compare(true_face, face, neutral) for face in faces),
            diversity_mm=_MM_PER_M * distance_m / len(truth) if len(predictions) > 1 else None,
        )

    def _compare(
        self, truth: FloatArray, predicted: FloatArray, neutral: FloatArray
    ) -> SurfaceFigures:
        lips, upper_face = self._place(self._masks.lips), self._place(self._masks.upper_face)
        openings: dict[str, float | None] = dict.fromkeys(MOUTH_OPENINGS)
        if self._masks.landmarks:
            points = self._masks.landmarks
            landmarks = SurfacePoints(self._place(points.vertices), points.weights)
            for name, pair in MOUTH_OPENINGS.items():
                openings[name] = mouth_opening_difference_mm(truth, predicted, landmarks, pair)
        return SurfaceFigures(
            lip_vertex_error_mm=lip_vertex_error_mm(truth, predicted, lips),
            mean_lip_error_mm=mean_lip_error_mm(truth, predicted, lips),
            mouth_opening_inner_mm=openings["inner"],
            mouth_opening_outer_mm=openings["outer"],
            upper_face_dynamics_10um=upper_face_dynamics_deviation_10um(
                truth, predicted, neutral, upper_face
            ),
            lip_vertex_error_squared_m2=lip_vertex_error_squared_m2(truth, predicted, lips),
            upper_face_dynamics_squared_m2=upper_face_dynamics_deviation_squared_m2(
                truth, predicted, neutral, upper_face
            ),
        )

    def _neutral(self, shape: FloatArray | None) -> FloatArray:
        """What is measured of the person's face at rest. [K, 3]"""
        rest = (np.zeros((1, EXPRESSION_DIM), np.float32), np.zeros((1, POSE_DIM), np.float32))
        return self._layer.vertices(shape, *rest)[0, self._kept].astype(np.float32, copy=False)

    def _heads(self, shape: FloatArray | None, face: FlameCoefficients, part: slice) -> FloatArray:
        """Whole heads that look straight ahead. [t, V, 3], m"""
        heads = self._layer.vertices(shape, face.expression[part], face.pose[part], zero_head=True)
        return heads.astype(np.float32, copy=False)

    def _place(self, indices: IntArray) -> IntArray:
        """Where vertices are among those that are kept."""
        return np.searchsorted(self._kept, indices)


def _parts(num_frames: int) -> Iterator[slice]:
    for first in range(0, num_frames, _FRAMES_AT_ONCE):
        yield slice(first, first + _FRAMES_AT_ONCE)
