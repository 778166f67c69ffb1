"""The CSV that Apple's Live Link Face app records, read and written."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
from numpy.typing import NDArray

from posecast.errors import InvalidRequest
from posecast.livelink_settings import HeadScale
from posecast.livelink_values import HEAD_NAMES, NUM_VALUES, VALUE_NAMES, livelink_values
from posecast.rig.arkit import CURVE_NAMES
from posecast.rig.head_pose import quaternion_from_yaw_pitch_roll_deg
from posecast.signals import FaceFrames, FaceRecording

TIMECODE, COUNT = "Timecode", "BlendShapeCount"
_RADIAN = math.pi / 180
HEAD_SCALE = HeadScale(yaw=_RADIAN, pitch=_RADIAN, roll=_RADIAN)
"""Radians, the character's own point of view: + is to its left, up, and to its right shoulder."""
FRAMES_IN_TIMECODE_SECOND = 60
"""The frames of a timecode are sixtieths of a second, whatever the camera's rate."""
_DAY_S = 86_400.0
_WANTED = tuple(name.lower() for name in (*CURVE_NAMES, *HEAD_NAMES))
_SWAPPED = {"JawLeft": "JawRight", "MouthLeft": "MouthRight"}
VALUE_COLUMNS: tuple[str, ...] = tuple(
    {**_SWAPPED, **{right: left for left, right in _SWAPPED.items()}}.get(name, name)
    for name in VALUE_NAMES
)
"""The app's own order: right before left where the network packet has left before right."""
_PLACES = [VALUE_NAMES.index(name) for name in VALUE_COLUMNS]


def is_livelink(data: bytes) -> bool:
    """Whether a CSV begins as this app's do; the app has written `Blendshape` and `BlendShape`."""
    return data.removeprefix(b"\xef\xbb\xbf")[:26].lower().startswith(b"timecode,blendshapecount")


def decode_livelink(data: bytes, *, where: str) -> FaceRecording:
    """Turn the bytes of a recording into frames.

    Columns go by their names, in any order and case: the app puts JawRight before JawLeft, its
    network packet does not. Left and right are the character's own already. The eyes' rotations are
    left aside, since the look curves tell them. A row without values, where the app lost the face,
    is a gap.

    Args:
        data: The file's content.
        where: What to call the source in an error message.

    Returns:
        The frames, their times counted from the first one.

    Raises:
        InvalidRequest: If the content is not such a recording.
    """
    rows = _read_rows(data, where)
    columns = _find_columns(rows[0] if rows else [], where)
    times_s: list[float] = []
    values: list[list[float]] = []
    for line, row in enumerate(rows[1:], start=2):
        if not any(row[2:]):
            continue
        time_s = _read_timecode(row[0], f"{where}: line {line}")
        if times_s and time_s == times_s[-1]:  # the app writes one frame twice now and then
            continue
        times_s.append(time_s)
        values.append(_read_values(row, columns, f"{where}: line {line}"))
    if not times_s:
        raise InvalidRequest(f"{where}: no frames")
    table = np.array(values)
    head_deg = np.degrees(table[:, -3:]).astype(np.float32)
    try:
        return FaceRecording(
            times_s=_count_from_first(np.array(times_s)),
            # A calibrated recording goes a little below 0.
            weights=np.clip(table[:, :-3], 0.0, 1.0).astype(np.float32),
            head=quaternion_from_yaw_pitch_roll_deg(head_deg),
        )
    except InvalidRequest as error:
        raise InvalidRequest(f"{where}: {error}") from error


def encode_livelink(frames: FaceFrames) -> bytes:
    """Turn frames into a recording as the app makes them, for Unreal's Live Link Face importer.

    Jaw and lips are those of `livelink_values`; the eyes' rotations are 0. Unreal takes the
    subject's name from the file's: `<slate>_<take number>_<subject>.csv`.

    Args:
        frames: The whole animation.

    Returns:
        The file's content; equal frames give equal bytes.
    """
    values = livelink_values(frames.weights, frames.head, HEAD_SCALE)[:, _PLACES]
    lines = [",".join((TIMECODE, COUNT, *VALUE_COLUMNS))]
    for index, row in enumerate(values.tolist(), start=frames.first_index):
        cells = ",".join([f"{value:.7f}" for value in row])
        lines.append(f"{timecode_of(index, frames.frame_rate_hz)},{NUM_VALUES},{cells}")
    return ("\n".join(lines) + "\n").encode()


def timecode_of(frame_index: int, frame_rate_hz: int) -> str:
    """The timecode of a frame, `hh:mm:ss:ff.zzz` with `ff` in sixtieths; it begins anew each day.

    Args:
        frame_index: Which frame, counted from midnight.
        frame_rate_hz: Frames in a second.
    """
    per_second = FRAMES_IN_TIMECODE_SECOND * 1000  # thousandths of a sixtieth
    total = (frame_index * per_second + frame_rate_hz // 2) // frame_rate_hz  # the nearest
    seconds, thousandths = divmod(total, per_second)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    frames, thousandths = divmod(thousandths, 1000)
    return f"{hours % 24:02}:{minutes:02}:{seconds:02}:{frames:02}.{thousandths:03}"


def _read_rows(data: bytes, where: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidRequest(f"{where}: not a Live Link Face CSV: {error}") from error


def _find_columns(header: list[str], where: str) -> list[int]:
    """Places of the curves and of the head's angles."""
    names = [name.strip().lower() for name in header]
    for name in (TIMECODE, COUNT, *CURVE_NAMES, *HEAD_NAMES):
        if names.count(name.lower()) != 1:
            shown = name[0].upper() + name[1:]
            raise InvalidRequest(f"{where}: column {shown!r} must be there once")
    return [names.index(name) for name in _WANTED]


def _read_timecode(text: str, where: str) -> float:
    """Seconds since midnight of `hh:mm:ss:ff.fff`."""
    try:
        hours, minutes, seconds, frames = (float(part) for part in text.split(":"))
    except ValueError as error:
        raise InvalidRequest(f"{where}: timecode {text!r}; expected hh:mm:ss:ff.fff") from error
    time_s = hours * 3600 + minutes * 60 + seconds + frames / FRAMES_IN_TIMECODE_SECOND
    if not 0 <= time_s < _DAY_S + 1:  # also true for NaN
        raise InvalidRequest(f"{where}: timecode {text!r}; expected hh:mm:ss:ff.fff")
    return time_s


def _read_values(row: list[str], columns: list[int], where: str) -> list[float]:
    if len(row) <= max(columns):
        raise InvalidRequest(f"{where}: {len(row)} values; expected {max(columns) + 1} or more")
    try:
        values = [float(row[column]) for column in columns]
    except ValueError as error:
        raise InvalidRequest(f"{where}: {error}") from error
    if not np.isfinite(values).all():
        raise InvalidRequest(f"{where}: a value is not finite")
    return values


def _count_from_first(times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Times since the first frame; a timecode that falls by half a day has passed midnight."""
    days = np.cumsum(np.diff(times_s, prepend=times_s[0]) < -_DAY_S / 2)
    return times_s + days * _DAY_S - times_s[0]
