"""FLAME coefficients to the vertices of a head."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from posecast.errors import InvalidRequest
from posecast.rig.flame_layout import HEAD, JAW, POSE_DIM
from posecast.rig.flame_model import JAW_JOINT, NUM_JOINTS, FlameModel

Array = NDArray[np.floating[Any]]

_FRAMES_AT_ONCE = 128
"""Bounds what a long clip needs beside its vertices."""


class FlameLayer:
    """Deforms and poses one head model: linear blend skinning with pose correctives.

    Source:
        FLAME's published skinning as DiffPoseTalk, arXiv:2310.00434, uses it: the head turns at the
        root, neck and eyes stay.
    """

    def __init__(self, model: FlameModel, dtype: DTypeLike = np.float32) -> None:
        """Take over a model.

        Args:
            model: The head.
            dtype: What is computed in, float32 or float64.
        """
        self._dtype = np.dtype(dtype)
        vertices = model.num_vertices
        self._template = model.template.astype(self._dtype).reshape(-1)
        self._shape_basis = self._rows(model.shape_basis)
        self._expression_basis = self._rows(model.expression_basis)
        self._pose_basis = model.pose_basis.astype(self._dtype)
        self._joint_regressor = model.joint_regressor.astype(self._dtype)
        self._skinning_weights = model.skinning_weights.astype(self._dtype)
        self._parents = model.parents.tolist()
        self._num_vertices = vertices

    def vertices(
        self, shape: Array | None, expression: Array, pose: Array, *, zero_head: bool = False
    ) -> Array:
        """The head in each frame.

        Args:
            shape: Who it is, as many columns as wanted up to the basis's; None is the mean head.
                [S] or, by frame, [T, S]
            expression: Expression, up to the basis's columns. [T, E]
            pose: Axis-angle of head and jaw. [T, 6], rad
            zero_head: Whether the head looks straight ahead whatever its pose says.

        Returns:
            Vertices. [T, V, 3], m

        Raises:
            InvalidRequest: If the arrays do not fit each other or the model.
        """
        self._check(shape, expression, pose)
        result = np.empty((len(pose), self._num_vertices, 3), self._dtype)
        for first in range(0, len(pose), _FRAMES_AT_ONCE):
            part = slice(first, first + _FRAMES_AT_ONCE)
            who = shape[part] if shape is not None and shape.ndim == 2 else shape
            shaped = self._deform(who, expression[part])
            result[part] = self._pose(shaped, _joint_rotations(pose[part], zero_head, self._dtype))
        return result

    def _rows(self, basis: Array) -> Array:
        """A basis as a matrix from coefficients to coordinates. [S, V*3]"""
        return np.ascontiguousarray(basis.reshape(-1, basis.shape[-1]).T, self._dtype)

    def _check(self, shape: Array | None, expression: Array, pose: Array) -> None:
        if pose.ndim != 2 or pose.shape[1] != POSE_DIM:
            raise InvalidRequest(f"pose has shape {pose.shape}; expected (frames, {POSE_DIM})")
        tables = [("expression", expression, self._expression_basis)]
        if shape is not None:
            by_frame = (
                shape if shape.ndim == 2 else np.broadcast_to(shape, (len(pose), *shape.shape))
            )
            tables.append(("shape", by_frame, self._shape_basis))
        for name, values, basis in tables:
            fits = values.ndim == 2 and len(values) == len(pose)
            if not fits or values.shape[1] > len(basis):
                raise InvalidRequest(
                    f"{name} has shape {values.shape}; expected ({len(pose)}, up to {len(basis)})"
                )

    def _deform(self, shape: Array | None, expression: Array) -> Array:
        """Heads before they are posed. [T, V, 3]"""
        flat = self._template + _weigh(self._expression_basis, expression.astype(self._dtype))
        if shape is not None:
            flat = flat + _weigh(self._shape_basis, shape.astype(self._dtype))
        return flat.reshape(-1, self._num_vertices, 3)

    def _pose(self, shaped: Array, rotations: Array) -> Array:
        """Bend heads at their joints. [T, V, 3]"""
        joints = self._joint_regressor @ shaped
        bends = (rotations[:, 1:] - np.eye(3, dtype=self._dtype)).reshape(len(shaped), -1)
        corrected = shaped + (bends @ self._pose_basis).reshape(shaped.shape)
        posed = np.zeros_like(corrected)
        for joint, (rotation, shift) in enumerate(self._transforms(rotations, joints)):
            moved = corrected @ rotation.swapaxes(1, 2) + shift[:, None]
            posed += self._skinning_weights[:, joint, None] * moved
        return posed

    def _transforms(self, rotations: Array, joints: Array) -> list[tuple[Array, Array]]:
        """Where each joint takes a vertex of the unposed head: rotation and shift.

        A joint's own turn leaves its place alone, v -> R (v - j) + j; then comes its parent's.
        """
        transforms: list[tuple[Array, Array]] = []
        for joint, parent in enumerate(self._parents):
            rotation, place = rotations[:, joint], joints[:, joint]
            shift = place - _turn(rotation, place)
            if parent >= 0:
                outer, outer_shift = transforms[parent]
                rotation, shift = outer @ rotation, _turn(outer, shift) + outer_shift
            transforms.append((rotation, shift))
        return transforms


def rotation_matrices(rotation: Array) -> Array:
    """Rotation vectors as matrices.

    Args:
        rotation: Axis times angle. [..., 3], rad

    Returns:
        Matrices. [..., 3, 3]

    Source:
        Rodrigues' formula. The published layer adds 1e-8 to each component before it takes the
        length, so that rest has one; the axis is then not quite of unit length.
    """
    angle = np.sqrt(np.square(rotation + rotation.dtype.type(1e-8)).sum(axis=-1))[..., None, None]
    x, y, z = np.moveaxis(rotation / angle[..., 0], -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1)
    cross = cross.reshape(*x.shape, 3, 3)
    result: Array = (
        np.eye(3, dtype=rotation.dtype)
        + np.sin(angle) * cross
        + (1 - np.cos(angle)) * (cross @ cross)
    )
    return result


def _joint_rotations(pose: Array, zero_head: bool, dtype: np.dtype[Any]) -> Array:
    """Rotation of each joint against its parent. [T, J, 3, 3]"""
    vectors = np.zeros((len(pose), NUM_JOINTS, 3), dtype)
    if not zero_head:
        vectors[:, 0] = pose[:, HEAD]
    vectors[:, JAW_JOINT] = pose[:, JAW]
    return rotation_matrices(vectors)


def _weigh(basis: Array, weights: Array) -> Array:
    return weights @ basis[: weights.shape[-1]]


def _turn(rotations: Array, vectors: Array) -> Array:
    """Each vector turned by its matrix. [T, 3]"""
    return (rotations @ vectors[..., None])[..., 0]
