"""The bytes between the page and its server: a JSON head, then numbers."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

from posecast.errors import InvalidRequest
from posecast.rig.arkit import NUM_CURVES
from posecast.signals import FaceFrames, FloatArray

FRAME_VALUES = NUM_CURVES + 4
"""Numbers of a frame: the curves, then the quaternion (x, y, z, w) of the head."""


def pack(head: dict[str, Any], values: FloatArray) -> bytes:
    """A message with numbers.

    Args:
        head: What the numbers are.
        values: The numbers, of any shape.

    Returns:
        Length of the JSON (32 bits, little-endian), JSON padded to 4 bytes, 32-bit floats.
    """
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<I", len(text)) + text + values.astype("<f4").tobytes()


def unpack(data: bytes) -> tuple[dict[str, Any], FloatArray]:
    """The inverse of `pack`.

    Args:
        data: A message.

    Returns:
        Head and numbers. [N]

    Raises:
        InvalidRequest: If it is no such message.
    """
    try:
        (length,) = struct.unpack_from("<I", data)
        head = json.loads(data[4 : 4 + length])
        values = np.frombuffer(data, "<f4", offset=4 + length)
    except (struct.error, ValueError) as error:
        raise InvalidRequest(f"a message that cannot be read: {error}") from error
    if not isinstance(head, dict):
        raise InvalidRequest("a message whose head is not an object")
    return head, values.astype(np.float32)


def frame_values(frames: FaceFrames) -> FloatArray:
    """Frames as rows of numbers. [T, FRAME_VALUES]"""
    return np.concatenate([frames.weights, frames.head], axis=1)


def frames_from_values(values: FloatArray, *, frame_rate_hz: int) -> FaceFrames:
    """The inverse of `frame_values`, from the first index 0.

    Args:
        values: Numbers of whole frames. [N]
        frame_rate_hz: Frames in a second.

    Returns:
        The frames.

    Raises:
        InvalidRequest: If there is no frame, a part of one, or a number that is not finite.
    """
    if len(values) == 0 or len(values) % FRAME_VALUES:
        raise InvalidRequest(f"{len(values)} values; expected {FRAME_VALUES} for each frame")
    if not np.isfinite(values).all():
        raise InvalidRequest("a value of a frame is not finite")
    table = values.reshape(-1, FRAME_VALUES)
    return FaceFrames(
        first_index=0,
        frame_rate_hz=frame_rate_hz,
        weights=table[:, :NUM_CURVES],
        head=table[:, NUM_CURVES:],
    )
