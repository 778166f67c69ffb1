"""FLAME coefficients to vertices in torch, for losses that need gradients."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from posecast.rig.flame_layout import HEAD, JAW
from posecast.rig.flame_model import JAW_JOINT, FlameModel

_CORRECTIVES = slice(9 * (JAW_JOINT - 1), 9 * JAW_JOINT)
"""Rows of the pose basis that the jaw bends; the root has none."""


class TorchFlameLayer(nn.Module):
    """Deforms and poses one head model; `rig.flame_layer.FlameLayer` in float32 with gradients.

    Only the root and the jaw ever turn. All other joints move with the root, so that their weights
    are summed, and where joints are is a linear map of the coefficients: neither needs every vertex
    once more.

    Source:
        FLAME's published skinning as DiffPoseTalk, arXiv:2310.00434, uses it.
    """

    template: Tensor
    shape_basis: Tensor
    expression_basis: Tensor
    jaw_basis: Tensor
    joint_template: Tensor
    joint_shape_basis: Tensor
    joint_expression_basis: Tensor
    jaw_weight: Tensor
    root_weight: Tensor

    def __init__(
        self, model: FlameModel, *, shape_dim: int = 100, expression_dim: int = 50
    ) -> None:
        """Take over a model.

        Args:
            model: The head.
            shape_dim: Components of identity that will be given.
            expression_dim: Components of expression that will be given.
        """
        super().__init__()
        shape_basis = model.shape_basis[..., :shape_dim]
        expression_basis = model.expression_basis[..., :expression_dim]
        turning = model.joint_regressor[[0, JAW_JOINT]].astype(np.float64)  # root and jaw [2, V]
        jaw_weight = model.skinning_weights[:, JAW_JOINT]
        for name, values in (
            ("template", model.template),
            ("shape_basis", _rows(shape_basis)),
            ("expression_basis", _rows(expression_basis)),
            ("jaw_basis", model.pose_basis[_CORRECTIVES]),
            ("joint_template", turning @ model.template),
            ("joint_shape_basis", _rows(np.tensordot(turning, shape_basis, axes=1))),
            ("joint_expression_basis", _rows(np.tensordot(turning, expression_basis, axes=1))),
            ("jaw_weight", jaw_weight[:, None]),
            ("root_weight", (model.skinning_weights.sum(axis=1) - jaw_weight)[:, None]),
        ):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32), persistent=False)

    def forward(self, shape: Tensor, expression: Tensor, pose: Tensor) -> Tensor:
        """The heads in each frame.

        Args:
            shape: Who it is. [B, 100]
            expression: Expression. [B, T, 50]
            pose: Axis-angle of head and jaw. [B, T, 6], rad

        Returns:
            Vertices. [B, T, V, 3], m
        """
        offsets = (shape @ self.shape_basis)[:, None] + expression @ self.expression_basis
        shaped = self.template + _points(offsets)
        shifts = (shape @ self.joint_shape_basis)[:, None]
        shifts = shifts + expression @ self.joint_expression_basis
        joints = self.joint_template + _points(shifts)
        root, jaw = joints[..., :1, :], joints[..., 1:, :]
        head_turn, jaw_turn = (rotation_matrices(pose[..., part]) for part in (HEAD, JAW))
        bends = (jaw_turn - torch.eye(3, device=pose.device)).flatten(-2)
        shaped = shaped + _points(bends @ self.jaw_basis)
        opened = (shaped - jaw) @ jaw_turn.mT + jaw
        # The root's turn is the same for both shares; its shift counts with the sum of the weights.
        blended = self.root_weight * (shaped - root) + self.jaw_weight * (opened - root)
        return blended @ head_turn.mT + (self.root_weight + self.jaw_weight) * root


def rotation_matrices(rotation: Tensor) -> Tensor:
    """Rotation vectors as matrices, differentiable at rest.

    Args:
        rotation: Axis times angle. [..., 3], rad

    Returns:
        Matrices. [..., 3, 3]

    Source:
        Rodrigues' formula; the published layer adds 1e-8 before it takes the length.
    """
    angle = (rotation + 1e-8).square().sum(dim=-1).sqrt()[..., None, None]
    x, y, z = (rotation / angle[..., 0]).unbind(dim=-1)
    zero = torch.zeros_like(x)
    cross = _points(torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1))
    rest = torch.eye(3, device=rotation.device, dtype=rotation.dtype)
    return rest + angle.sin() * cross + (1 - angle.cos()) * (cross @ cross)


def _points(coordinates: Tensor) -> Tensor:
    """Coordinates of points in a row, three by three. [..., V*3] -> [..., V, 3]"""
    return coordinates.reshape(*coordinates.shape[:-1], -1, 3)


def _rows(basis: NDArray[np.floating]) -> NDArray[np.floating]:
    """A basis as a matrix from coefficients to coordinates. [V, 3, S] -> [S, V*3]"""
    return basis.reshape(-1, basis.shape[-1]).T
