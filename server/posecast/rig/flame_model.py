"""The arrays of a FLAME head model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posecast.errors import CheckpointMismatch
from posecast.signals import FloatArray, IntArray

JAW_JOINT, LEFT_EYE, RIGHT_EYE = 2, 3, 4
"""Joints; 0 is the root, about which the head turns, 1 the neck, which never does."""
NUM_JOINTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FlameModel:
    """A head as a mesh that coefficients deform: right-handed, Y up, looking +Z.

    Source:
        FLAME 2020 as DiffPoseTalk, arXiv:2310.00434, uses it: five joints.
    """

    template: FloatArray
    """The mean head. [V, 3], m"""
    shape_basis: FloatArray
    """Displacement for each unit of shape. [V, 3, S], m"""
    expression_basis: FloatArray
    """Displacement for each unit of expression. [V, 3, E], m"""
    pose_basis: FloatArray
    """Displacement for each entry of R - I of the joints other than the root. [(J-1)*9, V*3], m"""
    joint_regressor: FloatArray
    """Share of each vertex in each joint's place. [J, V]"""
    skinning_weights: FloatArray
    """How far each vertex follows each joint. [V, J]"""
    parents: IntArray
    """Joint that each one hangs on, -1 for the root. [J]"""

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        vertices, joints = len(self.template), NUM_JOINTS
        self._check("template", self.template, (vertices, 3))
        for name in ("shape_basis", "expression_basis"):
            basis = getattr(self, name)
            self._check(name, basis, (vertices, 3, basis.shape[-1] if basis.ndim else 0))
        self._check("pose_basis", self.pose_basis, ((joints - 1) * 9, vertices * 3))
        self._check("joint_regressor", self.joint_regressor, (joints, vertices))
        self._check("skinning_weights", self.skinning_weights, (vertices, joints))
        self._check("parents", self.parents, (joints,))
        parents = self.parents.tolist()
        if parents[0] != -1 or not all(0 <= p < j for j, p in enumerate(parents[1:], start=1)):
            raise CheckpointMismatch(
                f"parents {parents}; expected -1 for the root and an earlier joint for the others"
            )

    @property
    def num_vertices(self) -> int:
        """V."""
        return len(self.template)

    @property
    def joints(self) -> FloatArray:
        """Joints of the mean head. [J, 3], m"""
        return self.joint_regressor @ self.template

    def check_axes(self) -> None:
        """Refuse a model that does not stand as a face of ours does.

        Raises:
            CheckpointMismatch: If its eyes are not where they should be.

        Source:
            FLAME's axes are those of ARKit's face anchor; no rotation lies between them.
        """
        places = self.joints.astype(np.float64)
        left, right, jaw = places[LEFT_EYE], places[RIGHT_EYE], places[JAW_JOINT]
        eyes = (left + right) / 2
        if not (left[0] > right[0] and eyes[1] > jaw[1] and eyes[2] > jaw[2]):
            raise CheckpointMismatch(
                f"the FLAME model's eyes at {left.round(3).tolist()} and {right.round(3).tolist()}, "
                f"its jaw at {jaw.round(3).tolist()}; expected Y up, the face's own left at +X, "
                "and the face looking +Z"
            )

    def _check(self, name: str, values: NDArray[np.generic], expected: tuple[int, ...]) -> None:
        if values.shape != expected:
            raise CheckpointMismatch(f"{name} has shape {values.shape}; expected {expected}")
        if not np.isfinite(values).all():
            raise CheckpointMismatch(f"{name} is not finite")
