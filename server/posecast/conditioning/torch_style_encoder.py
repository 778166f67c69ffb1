"""The style encoder in torch: reference implementation, for training, parity and export."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from posecast.config import StyleEncoderConfig
from posecast.errors import InvalidRequest
from posecast.nn import EncoderLayer, EncoderStack, sinusoid_table

NUM_POSITIONS = 600
"""Rows of the position table; motion may have one frame fewer."""


class StyleEncoderNetwork(nn.Module):
    """Maps a motion clip to a style vector.

    Source:
        DiffPoseTalk, arXiv:2310.00434; the layout of its published style encoder weights.
    """

    position_table: Tensor

    def __init__(self, config: StyleEncoderConfig, *, dropout: float = 0.1) -> None:
        """Draw new weights.

        Args:
            config: Sizes; the defaults are the published ones.
            dropout: Share of values dropped in training, 0..1; the published models use 0.1.
        """
        super().__init__()
        self.config = config
        inputs = config.motion_dim * (2 if config.sees_velocity else 1)
        self.motion_proj = nn.Linear(inputs, config.width)
        table = sinusoid_table(NUM_POSITIONS, config.width)
        self.register_buffer("position_table", table, persistent=False)
        self.position_dropout = nn.Dropout(dropout)
        self.transformer = EncoderStack(
            self._build_layer(dropout) for _ in range(config.num_layers)
        )

    def forward(self, motion: Tensor) -> Tensor:
        """Encode clips of one length.

        Args:
            motion: Normalised motion, 1 to 599 frames. [B, T, M]

        Returns:
            Style vectors. [B, width]

        Raises:
            InvalidRequest: If there are no frames or more than 599.
        """
        if not torch.onnx.is_in_onnx_export() and not 1 <= motion.shape[1] < NUM_POSITIONS:
            raise InvalidRequest(
                f"{motion.shape[1]} frames of motion; the style encoder takes 1 to "
                f"{NUM_POSITIONS - 1}"
            )
        if self.config.sees_velocity:
            motion = torch.cat([motion, _velocity(motion)], dim=-1)
        tokens = self.position_dropout(self._add_positions(self.motion_proj(motion)))
        return self.transformer(tokens).mean(dim=1)

    def _build_layer(self, dropout: float) -> EncoderLayer:
        return EncoderLayer(
            self.config.width,
            self.config.num_heads,
            self.config.feed_forward_ratio * self.config.width,
            dropout=dropout,
            pre_norm=False,
        )

    def _add_positions(self, tokens: Tensor) -> Tensor:
        num_frames = tokens.shape[1]
        if self.config.position_per_frame:
            return tokens + self.position_table[:num_frames]
        # The published encoder was trained with one row for all frames, the row whose index is the
        # number of frames: it sees a bag of poses, no order. Its weights need the same here.
        return tokens + self.position_table[num_frames]


def _velocity(motion: Tensor) -> Tensor:
    """Difference from the frame before; 0 in the first frame. [B, T, M]"""
    return torch.cat([torch.zeros_like(motion[:, :1]), motion[:, 1:] - motion[:, :-1]], dim=1)
