"""Turns motion of the networks back into FLAME coefficients, in torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from posecast.rig.flame_layout import EXPRESSION_DIM, JAW
from posecast.rig.flame_statistics import FlameStatistics


class MotionDecoder(nn.Module):
    """Denormalises motion and shape; the statistics move with the module to its device.

    Source:
        DiffPoseTalk, arXiv:2310.00434, the statistics file of the published models.
    """

    expression_mean: Tensor
    expression_std: Tensor
    jaw_mean: Tensor
    jaw_std: Tensor
    shape_mean: Tensor
    shape_std: Tensor

    def __init__(self, statistics: FlameStatistics) -> None:
        """Take the statistics over.

        Args:
            statistics: Mean and standard deviation of each coefficient of the training data.
        """
        super().__init__()
        for name, values in (
            ("expression_mean", statistics.exp_mean),
            ("expression_std", statistics.exp_std),
            ("jaw_mean", statistics.pose_mean[JAW]),
            ("jaw_std", statistics.pose_std[JAW]),
            ("shape_mean", statistics.shape_mean),
            ("shape_std", statistics.shape_std),
        ):
            self.register_buffer(name, torch.as_tensor(values, dtype=torch.float32))

    def forward(self, motion: Tensor) -> tuple[Tensor, Tensor]:
        """Decode motion, with the head held still.

        Args:
            motion: With or without head rotation. [B, T, 54] or [B, T, 51], normalised

        Returns:
            Expression [B, T, 50] and pose [B, T, 6] in radians, whose head rotation is 0.
        """
        expression = motion[..., :EXPRESSION_DIM] * self.expression_std + self.expression_mean
        # Motion holds of the jaw its opening alone: the last column. The rest is the data's mean.
        opening = motion[..., -1:] * self.jaw_std[:1] + self.jaw_mean[:1]
        other = self.jaw_mean[1:].expand(*opening.shape[:-1], 2)
        head = torch.zeros_like(opening).expand(*opening.shape[:-1], 3)
        return expression, torch.cat([head, opening, other], dim=-1)

    def decode_shape(self, shape: Tensor) -> Tensor:
        """Denormalise identities. [B, 100] -> [B, 100]"""
        return shape * self.shape_std + self.shape_mean
