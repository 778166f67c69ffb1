"""Unity's animation clip as text (`.anim`), written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_NAMES
from posecast.rig.unity_axes import unity_quaternions
from posecast.signals import FaceFrames, FloatArray

FULL_WEIGHT = 100.0
"""What a weight of 1 is on a Unity mesh."""
SKINNED_MESH_RENDERER = 137
"""Unity's number of the class that has blend shapes."""
BROKEN_LINEAR = 69
"""A key whose two tangents are straight lines to its neighbours."""
_WEIGHT = 0.33333334
_PLAIN = re.compile(r"(?!(?:true|false|yes|no|on|off|null)$)[a-z][\w ./-]*(?<! )", re.ASCII | re.I)
_PARTS = "xyzw"

Keys = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Times in seconds and values. [K], [K]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnityTarget:
    """Where in a character's hierarchy the curves go; paths are relative to its Animator."""

    name: str = "Posecast"
    """Name of the clip."""
    mesh_paths: tuple[str, ...] = ("",)
    """Objects with a skinned mesh whose shapes have the ARKit names, e.g. `Rig/Wolf3D_Head`."""
    head_path: str | None = None
    """The head bone; None leaves the head still. Its axes must be the character's own at rest."""

    def __post_init__(self) -> None:
        """Refuse what Unity would not find."""
        if not self.mesh_paths:
            raise InvalidRequest("no mesh to animate; name one")
        paths = [*self.mesh_paths, self.head_path or ""]
        for path in paths:
            if path.startswith("/") or path.endswith("/") or "\n" in path:
                raise InvalidRequest(
                    f"path {path!r}; expected names with / between them, e.g. Armature/Head"
                )


def encode_unity_anim(frames: FaceFrames, target: UnityTarget) -> bytes:
    """Turn frames into an animation clip.

    Args:
        frames: The whole animation. The clip begins with the first one.
        target: Where the curves go.

    Returns:
        The file's content; equal frames give equal bytes.
    """
    times_s = np.arange(len(frames)) / frames.frame_rate_hz
    lines = [*_HEAD, f"  m_Name: {_quoted(target.name)}", *_FLAGS]
    lines += _rotation_curves(times_s, frames.head, target.head_path)
    lines += ["  m_CompressedRotationCurves: []", "  m_EulerCurves: []"]
    lines += ["  m_PositionCurves: []", "  m_ScaleCurves: []", "  m_FloatCurves:"]
    lines += _float_curves(times_s, frames.weights, target.mesh_paths)
    lines += ["  m_PPtrCurves: []", f"  m_SampleRate: {frames.frame_rate_hz}", "  m_WrapMode: 0"]
    lines += ["  m_Bounds:", "    m_Center: {x: 0, y: 0, z: 0}", "    m_Extent: {x: 0, y: 0, z: 0}"]
    lines += _settings(float(times_s[-1]) if len(frames) else 0.0)
    lines += ["  m_EditorCurves: []", "  m_EulerEditorCurves: []"]
    lines += ["  m_HasGenericRootTransform: 0", "  m_HasMotionFloatCurves: 0", "  m_Events: []"]
    return ("\n".join(lines) + "\n").encode()


_HEAD = ("%YAML 1.1", "%TAG !u! tag:unity3d.com,2011:", "--- !u!74 &7400000", "AnimationClip:")
_FLAGS = (
    "  m_ObjectHideFlags: 0",
    "  m_CorrespondingSourceObject: {fileID: 0}",
    "  m_PrefabInstance: {fileID: 0}",
    "  m_PrefabAsset: {fileID: 0}",
    "  serializedVersion: 6",
    "  m_Legacy: 0",
    "  m_Compressed: 0",
    "  m_UseHighQualityCurve: 1",
)


def _float_curves(
    times_s: NDArray[np.float64], weights: FloatArray, mesh_paths: Iterable[str]
) -> list[str]:
    lines = []
    for place, name in enumerate(CURVE_NAMES):
        values = np.round(weights[:, place].astype(np.float64) * FULL_WEIGHT, 3)
        keys = _float_keys(*_without_flat_parts(times_s, values))
        for path in mesh_paths:
            lines += ["  - serializedVersion: 2", "    curve:", "      serializedVersion: 2"]
            lines += ["      m_Curve:", *keys, *_INFINITIES]
            lines += [f"    attribute: blendShape.{name}", f"    path: {_quoted(path)}"]
            lines += [f"    classID: {SKINNED_MESH_RENDERER}", "    script: {fileID: 0}"]
            lines += ["    flags: 16"]
    return lines


_INFINITIES = ("      m_PreInfinity: 2", "      m_PostInfinity: 2", "      m_RotationOrder: 4")


def _float_keys(times_s: NDArray[np.float64], values: NDArray[np.float64]) -> list[str]:
    slopes_in, slopes_out = _slopes(times_s, values)
    return [
        f"      - {{serializedVersion: 3, time: {_told(time_s)}, value: {_told(value)}, "
        f"inSlope: {_told(slope_in)}, outSlope: {_told(slope_out)}, "
        f"tangentMode: {BROKEN_LINEAR}, weightedMode: 0, inWeight: {_WEIGHT}, "
        f"outWeight: {_WEIGHT}}}"
        for time_s, value, slope_in, slope_out in zip(
            times_s, values, slopes_in, slopes_out, strict=True
        )
    ]


def _rotation_curves(times_s: NDArray[np.float64], head: FloatArray, path: str | None) -> list[str]:
    if path is None:
        return ["  m_RotationCurves: []"]
    rotations = _unity_rotations(head)
    slopes = [_slopes(times_s, rotations[:, part]) for part in range(4)]
    weights = _vector([_WEIGHT] * 4)
    lines = ["  m_RotationCurves:", "  - curve:", "      serializedVersion: 2", "      m_Curve:"]
    for place, time_s in enumerate(times_s):
        lines.append(
            f"      - {{serializedVersion: 3, time: {_told(time_s)}, "
            f"value: {_vector(rotations[place])}, "
            f"inSlope: {_vector([slope[0][place] for slope in slopes])}, "
            f"outSlope: {_vector([slope[1][place] for slope in slopes])}, "
            f"tangentMode: 0, weightedMode: 0, inWeight: {weights}, outWeight: {weights}}}"
        )
    return [*lines, *_INFINITIES, f"    path: {_quoted(path)}"]


def _unity_rotations(head: FloatArray) -> NDArray[np.float64]:
    """In Unity's left-handed axes, each on the same side as the one before. [T, 4]"""
    rotations = unity_quaternions(head).astype(np.float64)
    turns = (rotations[1:] * rotations[:-1]).sum(axis=1) < 0
    signs = np.cumprod(np.where(turns, -1.0, 1.0))
    rotations[1:] *= signs[:, None]
    return np.round(rotations, 7)


def _without_flat_parts(times_s: NDArray[np.float64], values: NDArray[np.float64]) -> Keys:
    """Drop keys between two others of the same value: the straight line stays the same."""
    is_flat = np.zeros(len(values), bool)
    is_flat[1:-1] = (values[1:-1] == values[:-2]) & (values[1:-1] == values[2:])
    return times_s[~is_flat], values[~is_flat]


def _slopes(times_s: NDArray[np.float64], values: NDArray[np.float64]) -> Keys:
    """Slopes of the straight lines that come into and leave each key. [K], [K]"""
    if len(values) < 2:
        return np.zeros(len(values)), np.zeros(len(values))
    slopes = np.diff(values) / np.diff(times_s)
    return np.concatenate([slopes[:1], slopes]), np.concatenate([slopes, slopes[-1:]])


def _settings(stop_s: float) -> list[str]:
    values = {
        "serializedVersion": "2",
        "m_AdditiveReferencePoseClip": "{fileID: 0}",
        "m_AdditiveReferencePoseTime": "0",
        "m_StartTime": "0",
        "m_StopTime": _told(stop_s),
        "m_OrientationOffsetY": "0",
        "m_Level": "0",
        "m_CycleOffset": "0",
        "m_HasAdditiveReferencePose": "0",
        "m_LoopTime": "0",
        "m_LoopBlend": "0",
        "m_LoopBlendOrientation": "0",
        "m_LoopBlendPositionY": "0",
        "m_LoopBlendPositionXZ": "0",
        "m_KeepOriginalOrientation": "0",
        "m_KeepOriginalPositionY": "1",
        "m_KeepOriginalPositionXZ": "0",
        "m_HeightFromFeet": "0",
        "m_Mirror": "0",
    }
    return ["  m_AnimationClipSettings:", *(f"    {key}: {text}" for key, text in values.items())]


def _vector(values: Iterable[float]) -> str:
    parts = (f"{part}: {_told(value)}" for part, value in zip(_PARTS, values, strict=True))
    return "{" + ", ".join(parts) + "}"


def _told(value: float) -> str:
    """The shortest text of a number to seven digits, which is what Unity keeps."""
    text = f"{value:.7g}"
    return "0" if text == "-0" else text


def _quoted(text: str) -> str:
    """A YAML scalar; JSON's quotes are YAML's."""
    return text if not text or _PLAIN.fullmatch(text) else json.dumps(text)
