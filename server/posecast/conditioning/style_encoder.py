"""What the extraction of a style asks of a style encoder."""

from __future__ import annotations

from typing import Protocol

from posecast.config import StyleEncoderConfig
from posecast.signals import FloatArray

MAX_MOTION_FRAMES = 599
"""Most frames of one clip: the position table has 600 rows, and the length indexes it."""


class StyleEncoder(Protocol):
    """Maps clips of normalised motion at 25 frames a second to style vectors.

    Source:
        DiffPoseTalk, arXiv:2310.00434.
    """

    @property
    def config(self) -> StyleEncoderConfig:
        """Sizes."""
        ...

    def encode(self, motion: FloatArray) -> FloatArray:
        """Encode clips of one length.

        Args:
            motion: Normalised motion, 1 to 599 frames. [B, T, M]

        Returns:
            Style vectors. [B, width]

        Raises:
            InvalidRequest: If there are no frames or too many.
        """
        ...
