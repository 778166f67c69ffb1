"""The values that cross from one stage to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from posecast.errors import InvalidRequest

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waveform:
    """Mono audio."""

    samples: FloatArray
    """Amplitude, nominally -1..1. [S]"""
    sample_rate_hz: int
    """Samples in a second, 8000..192000."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate_hz


LIFE_LIMITS: Mapping[str, float] = {
    "blink_rate_hz": 2.0,
    "gaze_range": 1.0,
    "head_wander_rad": 0.3,
    "head_tempo_hz": 2.0,
}
"""Fields of a style that are not its vector, what eyes and head do of themselves, and the largest
value of each; the smallest is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How someone speaks: a style vector, with what eyes and head do beside it."""

    vector: FloatArray
    """Output of the style encoder. [style_dim]"""
    blink_rate_hz: float = 0.3
    """Mean number of blinks in a second, 0..2."""
    gaze_range: float = 0.15
    """Standard deviation of the look curves, 0..1."""
    head_wander_rad: float = 0.035
    """Standard deviation of the head's slow wandering, 0..0.3."""
    head_tempo_hz: float = 0.25
    """Middle frequency of that wandering, 0..2."""


class Gestures(NamedTuple):
    """How far head and brows move at a firm accent of the speech."""

    nod_rad: float
    """Depth of a nod, in radians."""
    brow_raise: float
    """Weight of `browInnerUp`, 0..1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceFrames:
    """Consecutive frames of a face at one rate; frame `i` is at the time `i / frame_rate_hz`."""

    first_index: int
    """Index of the first frame, counted from the start of the utterance."""
    frame_rate_hz: int
    """Frames in a second."""
    weights: FloatArray
    """ARKit curves in the order of `rig.arkit.CURVE_NAMES`, 0..1. [T, C]"""
    head: FloatArray
    """Head rotation, unit quaternion (x, y, z, w): right-handed, Y up, face looking +Z. [T, 4]"""

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        if len(self.weights) != len(self.head):
            raise InvalidRequest(
                f"{len(self.weights)} frames of weights with {len(self.head)} frames of head pose"
            )

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.weights)

    @property
    def times_s(self) -> NDArray[np.float64]:
        """Time of each frame since the start of the utterance, in seconds. [T]"""
        return (self.first_index + np.arange(len(self))) / self.frame_rate_hz


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceRecording:
    """A face that was filmed or animated, each frame at a time of its own."""

    times_s: NDArray[np.float64]
    """Times of the frames in seconds, each later than the one before. [T]"""
    weights: FloatArray
    """ARKit curves in the order of `rig.arkit.CURVE_NAMES`, 0..1. [T, C]"""
    head: FloatArray
    """Head rotation, unit quaternion (x, y, z, w): right-handed, Y up, face looking +Z. [T, 4]"""

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together, and times that do not advance."""
        lengths = {len(self.times_s), len(self.weights), len(self.head)}
        if len(lengths) > 1 or lengths == {0}:
            raise InvalidRequest(
                f"{len(self.times_s)} times, {len(self.weights)} frames of weights and "
                f"{len(self.head)} of head pose; expected as many of each, and at least one"
            )
        late = np.flatnonzero(~(np.diff(self.times_s) > 0))
        if len(late):
            before, after = self.times_s[late[0] : late[0] + 2]
            raise InvalidRequest(f"a frame at {after:g} s follows one at {before:g} s")

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.times_s)


def join_frames(parts: list[FaceFrames]) -> FaceFrames:
    """Put consecutive batches of frames together.

    Args:
        parts: At least one batch, in order, all at one rate.

    Returns:
        One batch that starts where the first part starts.

    Raises:
        InvalidRequest: If there is no part, or the parts are not consecutive.
    """
    if not parts:
        raise InvalidRequest("no frames to join")
    expected = parts[0].first_index
    for part in parts:
        if part.first_index != expected:
            raise InvalidRequest(f"frame {part.first_index} follows, expected {expected}")
        expected += len(part)
    return FaceFrames(
        first_index=parts[0].first_index,
        frame_rate_hz=parts[0].frame_rate_hz,
        weights=np.concatenate([part.weights for part in parts]),
        head=np.concatenate([part.head for part in parts]),
    )
