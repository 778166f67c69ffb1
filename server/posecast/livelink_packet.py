"""The datagram of Apple's Live Link Face app, version 6, that Unreal's stock ARKit source reads.

Big-endian, without padding, one packet a frame:

| field | type | |
|---|---|---|
| version | u8 | 6 |
| device id | i32 length, ASCII | tells senders apart |
| subject | i32 length, ASCII | what the Live Link panel shows |
| frame number | i32 | of the scene time |
| sub-frame | f32 | 0 <= x < 1 |
| rate | i32, i32 | numerator, denominator |
| count | u8 | 61 |
| values | 61 x f32 | in the order of `livelink_values.VALUE_NAMES` |
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from posecast.errors import InvalidRequest
from posecast.livelink_values import NUM_VALUES
from posecast.ranges import check_range
from posecast.signals import FloatArray

VERSION = 6
LONGEST_NAME = 255
"""Bytes of a name that receivers have room for."""
_LAST_FRAME = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneTime:
    """When a frame is, as Unreal's Take Recorder writes it down."""

    frame_number: int
    """Whole frames since the start, 0..2**31-1."""
    sub_frame: float = 0.0
    """What lies beyond them, as a share of a frame, 0 <= x < 1."""
    rate_numerator: int = 60
    """Frames in `rate_denominator` seconds, 1..2**31-1."""
    rate_denominator: int = 1
    """Seconds, 1..2**31-1."""

    def __post_init__(self) -> None:
        """Refuse what the packet's fields cannot hold."""
        check_range("frame number", self.frame_number, 0, _LAST_FRAME)
        check_range("rate numerator", self.rate_numerator, 1, _LAST_FRAME)
        check_range("rate denominator", self.rate_denominator, 1, _LAST_FRAME)
        if not 0 <= self.sub_frame < 1:
            raise InvalidRequest(f"sub-frame {self.sub_frame}; allowed: 0 to below 1")

    @classmethod
    def at(cls, time_s: float, frame_rate_hz: int) -> SceneTime:
        """The scene time of an instant.

        Args:
            time_s: Seconds since the start, at least 0; frames beyond the last number begin anew.
            frame_rate_hz: Frames in a second.
        """
        # A float32 tells sub-frames to 6e-8; what is as near to a frame, is that frame.
        ticks = round(time_s * frame_rate_hz * 10_000)
        number, rest = divmod(ticks, 10_000)
        return cls(
            frame_number=number % _LAST_FRAME,
            sub_frame=rest / 10_000,
            rate_numerator=frame_rate_hz,
        )


def encode_names(device_id: str, subject: str) -> bytes:
    """The start of every packet of one subject.

    Args:
        device_id: Name of the sender, another for each subject.
        subject: Name of the face.

    Returns:
        Version and names.

    Raises:
        InvalidRequest: If a name is empty, longer than 255 bytes or not ASCII.
    """
    parts = [struct.pack(">B", VERSION)]
    for what, name in (("device id", device_id), ("subject", subject)):
        if not name.isascii() or not 1 <= len(name) <= LONGEST_NAME:
            raise InvalidRequest(f"{what} {name!r}; allowed: 1 to {LONGEST_NAME} bytes of ASCII")
        parts.append(struct.pack(">i", len(name)) + name.encode("ascii"))
    return b"".join(parts)


def encode_values(values: FloatArray) -> list[bytes]:
    """The end of packets: how many values, and the values.

    Args:
        values: Finite values. [T, 61]

    Returns:
        One end for each frame. [T]

    Raises:
        InvalidRequest: If there are not 61 of them, or one is not finite.
    """
    if values.ndim != 2 or values.shape[1] != NUM_VALUES:
        raise InvalidRequest(f"values of shape {list(values.shape)}; expected [frames, 61]")
    if not np.isfinite(values).all():
        raise InvalidRequest("a value is not finite")
    count = struct.pack(">B", NUM_VALUES)
    return [count + row.tobytes() for row in values.astype(">f4")]


def encode_packet(names: bytes, time: SceneTime, values: bytes) -> bytes:
    """Put one packet together.

    Args:
        names: Of `encode_names`.
        time: When the frame is.
        values: Of `encode_values`.

    Returns:
        The datagram: 270 bytes and the two names.
    """
    numbers = (time.frame_number, time.sub_frame, time.rate_numerator, time.rate_denominator)
    return names + struct.pack(">ifii", *numbers) + values
