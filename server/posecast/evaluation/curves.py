"""Single values over time, read off the frames of a face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posecast.evaluation.alignment import PhoneSegment
from posecast.rig import retarget
from posecast.rig.arkit import CURVE_INDEX
from posecast.signals import FaceFrames, FloatArray

DoubleArray = NDArray[np.float64]

_ROUNDING_S = 1e-6


@dataclass(frozen=True, slots=True)
class TimedCurve:
    """One value a frame."""

    times_s: DoubleArray
    """Times of the frames in seconds. [T]"""
    values: DoubleArray
    """Values. [T]"""

    def between(self, start_s: float, end_s: float) -> DoubleArray:
        """Values of the frames from one time to another, both included."""
        first = np.searchsorted(self.times_s, start_s - _ROUNDING_S, side="left")
        last = np.searchsorted(self.times_s, end_s + _ROUNDING_S, side="right")
        return self.values[first:last]

    def mean_in(self, segment: PhoneSegment) -> float:
        """Mean within a segment; at its middle if it is shorter than a frame."""
        return float(np.mean(self._inside(segment)))

    def peak_in(self, segment: PhoneSegment) -> float:
        """Maximum within a segment; at its middle if it is shorter than a frame."""
        return float(np.max(self._inside(segment)))

    def _inside(self, segment: PhoneSegment) -> DoubleArray:
        inside = self.between(segment.start_s, segment.end_s)
        if len(inside):
            return inside
        return np.atleast_1d(np.interp(segment.middle_s, self.times_s, self.values))


def lip_aperture(frames: FaceFrames) -> TimedCurve:
    """The rig's lip aperture over time."""
    return TimedCurve(frames.times_s, retarget.lip_aperture(frames.weights).astype(np.float64))


def labiodental_contact(frames: FaceFrames) -> TimedCurve:
    """How far the lower lip alone is tucked in, as under the upper teeth.

    Args:
        frames: A face.

    Returns:
        mouthRollLower - mouthRollUpper: both lips roll in when they are pressed together.
    """
    contact = _sum_of(frames, "mouthRollLower") - _sum_of(frames, "mouthRollUpper")
    return TimedCurve(frames.times_s, contact)


def lip_rounding(frames: FaceFrames) -> TimedCurve:
    """How rounded the lips are.

    Args:
        frames: A face.

    Returns:
        mouthPucker + mouthFunnel.
    """
    return TimedCurve(frames.times_s, _sum_of(frames, "mouthPucker", "mouthFunnel"))


def eye_closing(frames: FaceFrames) -> TimedCurve:
    """How far the eyes are shut, the mean of both."""
    closing = _sum_of(frames, "eyeBlinkLeft", "eyeBlinkRight") / 2
    return TimedCurve(frames.times_s, closing)


def jaw_opening(frames: FaceFrames) -> TimedCurve:
    """The curve jawOpen."""
    return TimedCurve(frames.times_s, _sum_of(frames, "jawOpen"))


def smiling(frames: FaceFrames) -> TimedCurve:
    """The mean of both corners' mouthSmile."""
    return TimedCurve(frames.times_s, _sum_of(frames, "mouthSmileLeft", "mouthSmileRight") / 2)


def frowning(frames: FaceFrames) -> TimedCurve:
    """The mean of both corners' mouthFrown."""
    return TimedCurve(frames.times_s, _sum_of(frames, "mouthFrownLeft", "mouthFrownRight") / 2)


def brow_level(frames: FaceFrames) -> TimedCurve:
    """How high the brows are.

    Args:
        frames: A face.

    Returns:
        Mean of browInnerUp and both browOuterUp, less the mean of both browDown.
    """
    raised = _sum_of(frames, "browInnerUp", "browOuterUpLeft", "browOuterUpRight") / 3
    lowered = _sum_of(frames, "browDownLeft", "browDownRight") / 2
    return TimedCurve(frames.times_s, raised - lowered)


def _sum_of(frames: FaceFrames, *names: str) -> DoubleArray:
    columns: FloatArray = frames.weights[:, [CURVE_INDEX[name] for name in names]]
    return columns.astype(np.float64).sum(axis=1)
