"""Files that the page opens, and takes that it saves."""

from __future__ import annotations

from pathlib import Path

from posecast.audio.clip import read_clip
from posecast.errors import InvalidRequest
from posecast.livelink_csv import decode_livelink, is_livelink
from posecast.preview.wire import frame_values, frames_from_values, pack, unpack
from posecast.rig.recording_rate import resample_recording
from posecast.signals import FaceFrames
from posecast.takes import SUFFIXES, WRITTEN_SUFFIXES, TakeFormat, decode_take, encode_take


def opened(data: bytes, name: str, *, max_duration_s: float) -> bytes:
    """Read a file for the page.

    Args:
        data: Content of a speech file or a take.
        name: Its name, whose suffix tells a take.
        max_duration_s: Longest speech that is taken.

    Returns:
        A message: `kind` is `speech` with samples, or `take` with frames.

    Raises:
        InvalidRequest: If it is neither.
    """
    take_format = SUFFIXES.get(Path(name).suffix.lower())
    if take_format is None:
        try:
            waveform = read_clip(data, max_duration_s=max_duration_s)
        except InvalidRequest as error:
            raise InvalidRequest(f"{name}: {str(error).removeprefix('audio: ')}") from error
        head = {"kind": "speech", "name": name, "sampleRateHz": waveform.sample_rate_hz}
        return pack(head, waveform.samples)
    frames = read_frames(data, take_format, where=name)
    head = {"kind": "take", "name": name, "frameRateHz": frames.frame_rate_hz}
    return pack(head, frame_values(frames))


def read_frames(data: bytes, take_format: TakeFormat, *, where: str) -> FaceFrames:
    """Frames of a take of ours, or of a Live Link Face recording at 25 fps."""
    if take_format == "curves" and is_livelink(data):
        return resample_recording(decode_livelink(data, where=where))
    return decode_take(data, take_format, where=where)


def saved(message: bytes, suffix: str) -> bytes:
    """Frames of the page as a file.

    Args:
        message: A message whose head has `frameRateHz`, with frames.
        suffix: Which file, e.g. `.csv`.

    Returns:
        Its content.

    Raises:
        InvalidRequest: If the message or the suffix is unknown.
    """
    head, values = unpack(message)
    rate = head.get("frameRateHz")
    if not isinstance(rate, int) or not 1 <= rate <= 240:
        raise InvalidRequest(f"frameRateHz {rate!r}; allowed: 1 to 240")
    frames = frames_from_values(values, frame_rate_hz=rate)
    if suffix not in WRITTEN_SUFFIXES:
        raise InvalidRequest(f"suffix {suffix!r}; allowed: {', '.join(WRITTEN_SUFFIXES)}")
    return encode_take(frames, WRITTEN_SUFFIXES[suffix])
