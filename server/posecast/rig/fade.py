"""How far something has gone that lasts a number of frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def smoothstep(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 0 to 1, at rest at either end.

    Args:
        part: 0..1. [T]

    Returns:
        0..1, exact at both ends. [T]

    Source:
        Hermite's cubic.
    """
    return part * part * (3 - 2 * part)


class Fade:
    """The share of what comes, frame by frame: the first one is above 0, the last one is 1.

    Source:
        Our own: a smooth step over consecutive frames.
    """

    def __init__(self, duration_s: float, frame_rate_hz: int) -> None:
        """Start before the first frame.

        Args:
            duration_s: How long it lasts, rounded to frames; at least one.
            frame_rate_hz: Frames in a second.
        """
        self._num_frames = max(1, round(duration_s * frame_rate_hz))
        self._num_taken = 0

    @property
    def frames_left(self) -> int:
        """Frames until it is over."""
        return self._num_frames - self._num_taken

    @property
    def share(self) -> float:
        """The share of the frame that was taken last; 0 before the first one."""
        return float(smoothstep(np.array([self._num_taken / self._num_frames]))[0])

    def take(self, num_frames: int) -> NDArray[np.float64]:
        """Go on by some frames.

        Args:
            num_frames: Any number.

        Returns:
            Shares, 1 for frames beyond the end. [num_frames]
        """
        taken = self._num_taken + 1 + np.arange(num_frames)
        self._num_taken = min(self._num_frames, self._num_taken + num_frames)
        return smoothstep(np.minimum(1.0, taken / self._num_frames))
