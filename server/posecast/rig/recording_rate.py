"""Recordings of any frame rate to another, the model's 25 frames a second unless told otherwise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posecast.config import FRAME_RATE_HZ
from posecast.errors import InvalidRequest
from posecast.signals import FaceFrames, FaceRecording, FloatArray

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 23.976, 240.0
RATE_TOLERANCE = 0.01
"""Share by which a rate may lie beyond the range, or above the wanted one and be taken for it."""


def frame_rate_of(recording: FaceRecording) -> float:
    """Usual frames in a second: a gap in the recording does not change them.

    Args:
        recording: At least two frames.

    Raises:
        InvalidRequest: If there is one frame, or the rate is not that of a camera.
    """
    if len(recording) < 2:
        raise InvalidRequest("a recording of one frame; expected several seconds")
    rate_hz = 1 / float(np.median(np.diff(recording.times_s)))
    low, high = LOWEST_RATE_HZ * (1 - RATE_TOLERANCE), HIGHEST_RATE_HZ * (1 + RATE_TOLERANCE)
    if not low <= rate_hz <= high:
        raise InvalidRequest(
            f"{rate_hz:.2f} frames a second; allowed: {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ:g}"
        )
    return rate_hz


def resample_recording(recording: FaceRecording, frame_rate_hz: int = FRAME_RATE_HZ) -> FaceFrames:
    """Bring a recording to steady frames, by its times.

    Where it is faster, a frame is the mean over its own time, e.g. 40 ms, so that tremor does not
    fold into slower motion; where it is as fast or slower, and in gaps, values are interpolated
    linearly.

    Args:
        recording: A recording at 23.976 to 240 frames a second.
        frame_rate_hz: Frames in a second that are wanted, at least 1.

    Returns:
        Frames from the first time of the recording on, the first of them index 0.

    Raises:
        InvalidRequest: If the recording has one frame only, or another rate.

    Source:
        A box filter over the line through the frames, integrated exactly.
    """
    rate_hz = frame_rate_of(recording)
    times_s = recording.times_s - recording.times_s[0]
    num_frames = int(times_s[-1] * frame_rate_hz + 1e-6) + 1
    outputs_s = np.arange(num_frames) / frame_rate_hz
    values = np.concatenate([recording.weights, _continuous(recording.head)], axis=1)
    if rate_hz > frame_rate_hz * (1 + RATE_TOLERANCE):
        resampled = _means(times_s, values.astype(np.float64), outputs_s, 0.5 / frame_rate_hz)
    else:
        resampled = _interpolate(times_s, values.astype(np.float64), outputs_s)
    head = resampled[:, -4:]
    return FaceFrames(
        first_index=0,
        frame_rate_hz=frame_rate_hz,
        weights=resampled[:, :-4].astype(np.float32),
        head=(head / np.linalg.norm(head, axis=1, keepdims=True)).astype(np.float32),
    )


def _continuous(head: FloatArray) -> FloatArray:
    """Quaternions with the sign of the one before: both signs are one rotation. [T, 4]"""
    flips = np.where((head[1:] * head[:-1]).sum(axis=1) < 0, -1.0, 1.0)
    signs = np.concatenate([[1.0], np.cumprod(flips)])
    return (head * signs[:, None]).astype(np.float32)


Array = NDArray[np.float64]


def _interpolate(times_s: Array, values: Array, at_s: Array) -> Array:
    """The line through the values, held beyond its ends. [len(at_s), C]"""
    at_s = np.clip(at_s, times_s[0], times_s[-1])
    index = np.clip(np.searchsorted(times_s, at_s, side="right") - 1, 0, len(times_s) - 2)
    part = (at_s - times_s[index]) / (times_s[index + 1] - times_s[index])
    return values[index] + part[:, None] * (values[index + 1] - values[index])


def _means(times_s: Array, values: Array, at_s: Array, half_s: float) -> Array:
    """Means of that line over a span before and behind each time, less at the ends. [T, C]"""
    start_s = np.clip(at_s - half_s, times_s[0], times_s[-1])
    end_s = np.clip(at_s + half_s, times_s[0], times_s[-1])
    length_s = (end_s - start_s)[:, None]
    return (_integral(times_s, values, end_s) - _integral(times_s, values, start_s)) / length_s


def _integral(times_s: Array, values: Array, until_s: Array) -> Array:
    """Integral of the line from its start. [len(until_s), C]"""
    steps = np.diff(times_s)[:, None] * (values[1:] + values[:-1]) / 2
    whole = np.concatenate([np.zeros_like(values[:1]), np.cumsum(steps, axis=0)])
    index = np.clip(np.searchsorted(times_s, until_s, side="right") - 1, 0, len(times_s) - 2)
    rest_s = (until_s - times_s[index])[:, None]
    return whole[index] + rest_s * (values[index] + _interpolate(times_s, values, until_s)) / 2
