"""Which audio, frames and windows of a whole clip belong together, in integers alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from posecast.config import SAMPLES_PER_FRAME
from posecast.errors import InvalidRequest
from posecast.signals import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipPlan:
    """Whole windows that cover a clip; the last one is filled up and cut again.

    Source:
        DiffPoseTalk, arXiv:2310.00434, inference on long audio.
    """

    num_samples: int
    """Length of the clip at 16 kHz."""
    window_frames: int
    """Frames of a window."""
    num_windows: int
    """Windows W."""

    @classmethod
    def of(cls, num_samples: int, window_frames: int) -> Self:
        """Plan a clip.

        Args:
            num_samples: Its length at 16 kHz, at least one frame.
            window_frames: Frames of a window.

        Raises:
            InvalidRequest: If the clip is shorter than a frame.
        """
        if num_samples < SAMPLES_PER_FRAME:
            raise InvalidRequest(
                f"a clip of {num_samples} samples at 16 kHz; allowed: {SAMPLES_PER_FRAME} (one "
                "frame, 40 ms) and more"
            )
        num_windows = -(-(num_samples // SAMPLES_PER_FRAME) // window_frames)
        return cls(num_samples=num_samples, window_frames=window_frames, num_windows=num_windows)

    @property
    def num_frames(self) -> int:
        """Frames of the result; samples behind the last whole one have none."""
        return self.num_window_frames - self.num_padded_frames

    @property
    def num_window_frames(self) -> int:
        """Frames of all windows, padding included."""
        return self.num_windows * self.window_frames

    @property
    def num_missing_samples(self) -> int:
        """Samples that are added to fill the last window.

        A clip that fills its windows and has less than a frame beyond keeps that surplus: nothing
        is cut, so that its features are squeezed by so much.
        """
        return max(0, self.num_window_frames * SAMPLES_PER_FRAME - self.num_samples)

    @property
    def num_padded_frames(self) -> int:
        """Frames at the end that hear added samples; they are made and then cut."""
        return -(-self.num_missing_samples // SAMPLES_PER_FRAME)

    def frames_of(self, window_index: int) -> slice:
        """Frames of a window among those of all windows."""
        first = window_index * self.window_frames
        return slice(first, first + self.window_frames)

    def samples_of(self, window_index: int) -> slice:
        """Samples that lie under a window; those beyond the last window lie under none."""
        frames = self.frames_of(window_index)
        return slice(frames.start * SAMPLES_PER_FRAME, frames.stop * SAMPLES_PER_FRAME)

    def indicator_of(self, window_index: int) -> FloatArray:
        """1 for frames of the clip, 0 for padding. [T]"""
        frames = np.arange(self.num_window_frames)[self.frames_of(window_index)]
        return (frames < self.num_frames).astype(np.float32)
