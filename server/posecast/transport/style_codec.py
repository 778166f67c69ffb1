"""Translates between the messages about styles and the values of the session."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posecast.conditioning.style import StyleBank
from posecast.errors import InvalidRequest
from posecast.ranges import check_range
from posecast.rig.arkit import CURVE_INDEX, CURVE_NAMES, NUM_CURVES
from posecast.rig.recording_rate import HIGHEST_RATE_HZ, LOWEST_RATE_HZ
from posecast.signals import FaceRecording, FloatArray
from posecast.v1 import face_animation_service_pb2 as service_pb2
from posecast.v1 import face_pb2

MAX_RECORDING_S = 600.0
"""Longest recording that a style is taken from; a minute tells as much."""
OVERSHOOT = 0.25
"""How far a weight may lie beyond 0..1 and be held to it: calibrated recordings leave the range a
little, percentages by far."""
_SHORTEST_HEAD, _LONGEST_HEAD = 0.9, 1.1


def recording_from(request: service_pb2.EncodeStyleRequest) -> FaceRecording:
    """Read a recorded face.

    Args:
        request: What the client sent.

    Returns:
        The recording, its curves in the order of `rig.arkit.CURVE_NAMES`.

    Raises:
        InvalidRequest: If the rate, a curve's name, a weight or a head is not what the contract
            allows, or the recording is too long.
    """
    rate_hz, num_frames = request.frame_rate_hz, len(request.frames)
    check_range("frame_rate_hz", rate_hz, LOWEST_RATE_HZ, HIGHEST_RATE_HZ)
    if not num_frames:
        raise InvalidRequest("a recording without frames; a style takes at least 2 s of them")
    if num_frames > MAX_RECORDING_S * rate_hz:
        raise InvalidRequest(
            f"a recording of {num_frames / rate_hz:.1f} s; allowed: at most {MAX_RECORDING_S:g} s"
        )
    columns = _columns_of(request.curve_names)
    weights = np.zeros((num_frames, NUM_CURVES), np.float32)
    weights[:, columns] = _read_weights(request.frames, [CURVE_NAMES[index] for index in columns])
    return FaceRecording(
        times_s=np.arange(num_frames) / rate_hz, weights=weights, head=_read_heads(request.frames)
    )


def styles_message(styles: StyleBank) -> service_pb2.ListStylesResponse:
    """Write styles in alphabetical order."""
    return service_pb2.ListStylesResponse(
        styles=[
            service_pb2.StyleInfo(name=name, description=styles.describe(name))
            for name in sorted(styles.names)
        ]
    )


def _columns_of(names: Sequence[str]) -> list[int]:
    """Places of the client's curves among ours."""
    if not names:
        return list(range(NUM_CURVES))
    for index, name in enumerate(names):
        if name not in CURVE_INDEX:
            raise InvalidRequest(f"curve {name!r}; allowed: ARKit curves, e.g. jawOpen")
        if name in names[:index]:
            raise InvalidRequest(f"the curve {name} comes twice in curve_names; allowed: once")
    return [CURVE_INDEX[name] for name in names]


def _read_weights(frames: Sequence[face_pb2.FaceFrame], names: Sequence[str]) -> FloatArray:
    """Weights of all frames, in the client's order. [T, C]"""
    weights = np.empty((len(frames), len(names)), np.float32)
    for index, frame in enumerate(frames):
        if len(frame.weights) != len(names):
            raise InvalidRequest(
                f"frame {index} has {len(frame.weights)} weights; expected {len(names)}, one for "
                "each curve"
            )
        weights[index] = np.fromiter(frame.weights, np.float32, len(names))
    is_fine = (weights >= -OVERSHOOT) & (weights <= 1.0 + OVERSHOOT)  # false for NaN
    if not is_fine.all():
        index, column = np.argwhere(~is_fine)[0]
        raise InvalidRequest(
            f"frame {index}: {names[column]} {weights[index, column]:g}; allowed: 0 to 1"
        )
    return np.clip(weights, 0.0, 1.0)


def _read_heads(frames: Sequence[face_pb2.FaceFrame]) -> FloatArray:
    """Unit quaternions of all frames; straight ahead where there is none. [T, 4]"""
    heads = np.zeros((len(frames), 4), np.float32)
    heads[:, 3] = 1.0
    for index, frame in enumerate(frames):
        if frame.HasField("head"):
            heads[index] = (frame.head.x, frame.head.y, frame.head.z, frame.head.w)
    lengths = np.linalg.norm(heads.astype(np.float64), axis=1)
    is_fine = (lengths >= _SHORTEST_HEAD) & (lengths <= _LONGEST_HEAD)  # false for NaN
    if not is_fine.all():
        index = int(np.argmin(is_fine))
        raise InvalidRequest(
            f"frame {index}: head of length {lengths[index]:g}; allowed: a quaternion of length 1"
        )
    return (heads / lengths[:, None]).astype(np.float32)
