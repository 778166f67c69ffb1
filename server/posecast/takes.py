"""Takes: finished face animation as a file, written and read back."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import numpy as np

from posecast.config import FRAME_RATE_HZ
from posecast.errors import InvalidRequest
from posecast.livelink_csv import decode_livelink, encode_livelink, is_livelink
from posecast.rig.arkit import CURVE_NAMES
from posecast.rig.head_pose import (
    quaternion_from_yaw_pitch_roll_deg,
    yaw_pitch_roll_deg_from_quaternion,
)
from posecast.scenes.formats import SCENE_SUFFIXES, SceneFormat, encode_scene
from posecast.signals import FaceFrames, FaceRecording, FloatArray
from posecast.unity_anim import UnityTarget, encode_unity_anim

TakeFormat = Literal["curves", "json", "npz"]
"""Formats of our own, which keep index and rate."""
WrittenFormat = TakeFormat | SceneFormat | Literal["livelink", "anim"]
WRITTEN_FORMATS: tuple[WrittenFormat, ...] = (
    *get_args(TakeFormat), "livelink", "anim", *get_args(SceneFormat),
)  # fmt: skip
SUFFIXES: Mapping[str, TakeFormat] = {".csv": "curves", ".json": "json", ".npz": "npz"}
WRITTEN_SUFFIXES: Mapping[str, WrittenFormat] = {
    **SUFFIXES, ".anim": "anim", **SCENE_SUFFIXES,
}  # fmt: skip

_Format = TypeVar("_Format")

HEAD_COLUMNS = ("headYaw", "headPitch", "headRoll")
"""Degrees, the character's own point of view: + is to its left, up, and to its right shoulder."""
COLUMNS = ("time", *CURVE_NAMES, *HEAD_COLUMNS)

HIGHEST_RATE_HZ = 240
TIME_TOLERANCE_S = 0.001


def take_format_of(path: Path) -> TakeFormat:
    """Tell a take's format by the end of its file name.

    Args:
        path: Name of the file, `.csv`, `.json` or `.npz`.

    Returns:
        The format.

    Raises:
        InvalidRequest: If the name ends otherwise.
    """
    return _by_suffix(path, SUFFIXES)


def written_format_of(path: Path) -> WrittenFormat:
    """Tell in which format to write, by the end of a file's name.

    Args:
        path: Name of the file, e.g. `face.anim`; the suffixes are `WRITTEN_SUFFIXES`.

    Returns:
        The format.

    Raises:
        InvalidRequest: If the name ends otherwise.
    """
    return _by_suffix(path, WRITTEN_SUFFIXES)


def _by_suffix(path: Path, formats: Mapping[str, _Format]) -> _Format:
    try:
        return formats[path.suffix.lower()]
    except KeyError:
        raise InvalidRequest(
            f"{path}: unknown suffix {path.suffix!r}; allowed: {', '.join(formats)}"
        ) from None


def encode_take(
    frames: FaceFrames, take_format: WrittenFormat, *, unity: UnityTarget | None = None
) -> bytes:
    """Turn frames into the bytes of a file.

    Args:
        frames: The whole animation.
        take_format: `curves` (CSV, head in degrees), `json`, `npz` (both with quaternions),
            `livelink` (CSV of Apple's Live Link Face, head in radians), `anim` (clip for Unity),
            or `glb`, `gltf`, `usda` (our head, animated).
        unity: Where a clip's curves go; None is a mesh beside the Animator, without a head.

    Returns:
        The file's content; equal frames give equal bytes.
    """
    match take_format:
        case "curves":
            return _encode_curves(frames)
        case "livelink":
            return encode_livelink(frames)
        case "anim":
            return encode_unity_anim(frames, unity or UnityTarget())
        case "glb" | "gltf" | "usda":
            return encode_scene(frames, take_format)
        case _:
            return _encode_values(frames, is_text=take_format == "json")


def decode_take(data: bytes, take_format: TakeFormat, *, where: str) -> FaceFrames:
    """Turn the bytes of a file into frames.

    Args:
        data: The file's content.
        take_format: What the content is.
        where: What to call the source in an error message.

    Returns:
        The animation, to the digits that the format keeps.

    Raises:
        InvalidRequest: If the content is not a take of this format.
    """
    if take_format == "curves":
        frames = _decode_curves(data, where)
    else:
        read = _read_json if take_format == "json" else _read_npz
        frames = _frames_from_values(read(data, where), where)
    for name, values in (("weights", frames.weights), ("head", frames.head)):
        bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(bad):
            raise InvalidRequest(f"{where}: {name} of frame {bad[0]} are not finite")
    return frames


def write_take(frames: FaceFrames, path: Path, take_format: WrittenFormat | None = None) -> None:
    """Write a take to a file, in the format of the file's suffix unless told otherwise."""
    path.write_bytes(encode_take(frames, take_format or written_format_of(path)))


def read_take(path: Path) -> FaceFrames:
    """Read a take from a file.

    Args:
        path: A file that `write_take` could have written: `.csv`, `.json` or `.npz`.

    Returns:
        The animation.

    Raises:
        InvalidRequest: If the file cannot be read or is no take.
    """
    take_format = take_format_of(path)
    return decode_take(_read_bytes(path), take_format, where=str(path))


def read_recording(path: Path) -> FaceRecording:
    """Read a face from a take of ours or of Apple's Live Link Face; the header of a CSV decides.

    Args:
        path: A `.csv`, `.json` or `.npz`.

    Returns:
        Frames with their times.

    Raises:
        InvalidRequest: If the file cannot be read or is neither.
    """
    take_format = take_format_of(path)
    data = _read_bytes(path)
    if take_format == "curves" and is_livelink(data):
        return decode_livelink(data, where=str(path))
    frames = decode_take(data, take_format, where=str(path))
    return FaceRecording(times_s=frames.times_s, weights=frames.weights, head=frames.head)


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidRequest(f"{path}: {error.strerror or error}") from error


def _encode_curves(frames: FaceFrames) -> bytes:
    angles = yaw_pitch_roll_deg_from_quaternion(frames.head)
    lines = [",".join(COLUMNS)]
    for time_s, weights, head in zip(frames.times_s, frames.weights, angles, strict=True):
        curves = ",".join([f"{weight:.5f}" for weight in weights])
        lines.append(f"{time_s:.6f},{curves},{head[0]:.4f},{head[1]:.4f},{head[2]:.4f}")
    return ("\n".join(lines) + "\n").encode()


def _encode_values(frames: FaceFrames, *, is_text: bool) -> bytes:
    """JSON or NPZ."""
    values = {
        "frame_rate_hz": frames.frame_rate_hz,
        "first_index": frames.first_index,
        "curve_names": list(CURVE_NAMES),
    }
    if is_text:
        weights = np.round(frames.weights.astype(np.float64), 5).tolist()
        head = np.round(frames.head.astype(np.float64), 6).tolist()
        return (json.dumps({**values, "weights": weights, "head": head}) + "\n").encode()
    buffer = io.BytesIO()
    np.savez(buffer, weights=frames.weights, head=frames.head, **values)  # type: ignore[arg-type] # NumPy's stub takes the names for allow_pickle
    return buffer.getvalue()


def _decode_curves(data: bytes, where: str) -> FaceFrames:
    table = _read_table(data, where)
    times_s = table[:, 0]
    rate_hz = _rate_of(times_s, where)
    first_index = round(times_s[0] * rate_hz)
    expected = (first_index + np.arange(len(times_s))) / rate_hz
    late = np.flatnonzero(~(np.abs(times_s - expected) <= TIME_TOLERANCE_S))
    if first_index < 0 or len(late):
        row = int(late[0]) if len(late) else 0
        raise InvalidRequest(
            f"{where}: line {row + 2}: time {times_s[row]:g} s; expected "
            f"{max(expected[row], 0):.4f} s at {rate_hz} frames a second"
        )
    return FaceFrames(
        first_index=first_index,
        frame_rate_hz=rate_hz,
        weights=table[:, 1 : 1 + len(CURVE_NAMES)].astype(np.float32),
        head=quaternion_from_yaw_pitch_roll_deg(table[:, -3:].astype(np.float32)),
    )


def _read_table(data: bytes, where: str) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Numbers of a CSV, its columns in the order of `COLUMNS`. [T, 56]"""
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidRequest(f"{where}: not a CSV of curves: {error}") from error
    header = rows[0] if rows else []
    for name in COLUMNS:
        if header.count(name) != 1:
            raise InvalidRequest(f"{where}: column {name!r} must be there once")
    unknown = [name for name in header if name not in COLUMNS]
    if unknown:
        raise InvalidRequest(f"{where}: unknown column {unknown[0]!r}")
    order = [header.index(name) for name in COLUMNS]
    values = [_read_row(row, line, where) for line, row in enumerate(rows[1:], start=2) if row]
    if not values:
        raise InvalidRequest(f"{where}: no frames")
    return np.asarray(values, np.float64)[:, order]


def _read_row(row: list[str], line: int, where: str) -> list[float]:
    if len(row) != len(COLUMNS):
        raise InvalidRequest(f"{where}: line {line}: {len(row)} values; expected {len(COLUMNS)}")
    try:
        return [float(cell) for cell in row]
    except ValueError as error:
        raise InvalidRequest(f"{where}: line {line}: {error}") from error


def _rate_of(times_s: np.ndarray[Any, np.dtype[np.float64]], where: str) -> int:
    """Frames in a second; a single frame cannot tell, and is taken for one of the model's."""
    if len(times_s) == 1:
        return FRAME_RATE_HZ
    step_s = float(np.median(np.diff(times_s)))
    rate_hz = round(1 / step_s) if step_s > 0.5 / HIGHEST_RATE_HZ else 0
    if not 1 <= rate_hz <= HIGHEST_RATE_HZ:
        raise InvalidRequest(
            f"{where}: frames are {step_s:g} s apart; allowed: {1 / HIGHEST_RATE_HZ:.4f} to 1 s"
        )
    return rate_hz


def _read_json(data: bytes, where: str) -> Mapping[str, Any]:
    try:
        values = json.loads(data)
    except ValueError as error:
        raise InvalidRequest(f"{where}: not JSON: {error}") from error
    if not isinstance(values, dict):
        raise InvalidRequest(f"{where}: expected a JSON object")
    return values


def _read_npz(data: bytes, where: str) -> Mapping[str, Any]:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return dict(archive)
    except (OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise InvalidRequest(f"{where}: not an npz file: {error}") from error


def _frames_from_values(values: Mapping[str, Any], where: str) -> FaceFrames:
    try:
        names = tuple(str(name) for name in values["curve_names"])
        rate_hz, first_index = int(values["frame_rate_hz"]), int(values["first_index"])
        weights = np.asarray(values["weights"], np.float32)
        head = np.asarray(values["head"], np.float32)
    except KeyError as error:
        raise InvalidRequest(f"{where}: {error} is missing") from error
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"{where}: {error}") from error
    if names != CURVE_NAMES:
        raise InvalidRequest(f"{where}: curve_names are not the 52 ARKit names in their order")
    if not 1 <= rate_hz <= HIGHEST_RATE_HZ:
        raise InvalidRequest(f"{where}: frame_rate_hz {rate_hz}; allowed: 1 to {HIGHEST_RATE_HZ}")
    if first_index < 0:
        raise InvalidRequest(f"{where}: first_index {first_index}; allowed: 0 and more")
    _check_shape("weights", weights, len(CURVE_NAMES), where)
    _check_shape("head", head, 4, where)
    if len(weights) != len(head):
        raise InvalidRequest(f"{where}: {len(weights)} frames of weights, {len(head)} of head")
    return FaceFrames(first_index=first_index, frame_rate_hz=rate_hz, weights=weights, head=head)


def _check_shape(name: str, values: FloatArray, width: int, where: str) -> None:
    if values.ndim != 2 or values.shape[1] != width or len(values) == 0:
        raise InvalidRequest(
            f"{where}: {name} have the shape {list(values.shape)}; expected [frames, {width}]"
        )
