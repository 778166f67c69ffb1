"""A face as datagrams of the VMC protocol: OSC bundles that a program with an avatar listens for.

| message | arguments | |
|---|---|---|
| /VMC/Ext/OK | i | 1: an avatar is there, poses follow |
| /VMC/Ext/T | f | time of the sender in seconds |
| /VMC/Ext/Bone/Pos | s, 3 f, 4 f | Neck and Head: local position, local rotation (x, y, z, w) |
| /VMC/Ext/Blend/Val | s, f | a shape, 0..1; every shape in every frame |
| /VMC/Ext/Blend/Apply | | show the values that came since the last one |
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_NAMES, NUM_CURVES
from posecast.rig.clamp import clamp
from posecast.rig.neck import share_with_neck
from posecast.rig.unity_axes import unity_quaternions
from posecast.signals import FloatArray
from posecast.vmc_settings import ShapeNames

MOST_BYTES = 1452
"""Bytes of a datagram that no network of 1500 takes apart, with the headers of IPv6 and UDP."""
BONES = ("Neck", "Head")
_FLOAT_BYTES = 4
_BONE_FLOATS = 7
_BUNDLE_HEADER_BYTES, _SIZE_BYTES = 16, 4


@dataclass(frozen=True, slots=True)
class _Template:
    """A bundle whose numbers are still to be filled in."""

    data: NDArray[np.uint8]
    """The datagram."""
    places: NDArray[np.intp]
    """Where the bytes of its numbers are, in their order."""


class VmcMessages:
    """Writes faces as datagrams.

    All frames have the same messages, so these are made once; then only the numbers are filled in.
    """

    def __init__(self, shape_names: ShapeNames) -> None:
        """Make the messages.

        Args:
            shape_names: How shapes are called.
        """
        messages = list(_messages(shape_names))
        self._templates = [_template(bundle) for bundle in _share_out(messages)]

    def datagrams(self, numbers: bytes, *, time_s: float) -> list[bytes]:
        """Write one frame.

        Args:
            numbers: Of `encode_numbers`.
            time_s: What the sender's clock shows, in seconds.

        Returns:
            What to send, in this order.
        """
        left = np.frombuffer(struct.pack(">f", time_s) + numbers, np.uint8)
        written = []
        for template in self._templates:
            data = template.data.copy()
            num_bytes = len(template.places)
            data[template.places], left = left[:num_bytes], left[num_bytes:]
            written.append(data.tobytes())
        return written


def encode_numbers(weights: FloatArray, head: FloatArray) -> list[bytes]:
    """The numbers of frames in the order of their messages, but for the time.

    Args:
        weights: ARKit weights, 0..1. [T, C]
        head: Unit quaternions (x, y, z, w). [T, 4]

    Returns:
        The numbers of each frame. [T]

    Raises:
        InvalidRequest: If a value is not finite.
    """
    if not (np.isfinite(weights).all() and np.isfinite(head).all()):
        raise InvalidRequest("a value is not finite")
    numbers = np.zeros((len(weights), len(BONES) * _BONE_FLOATS + NUM_CURVES), np.float32)
    for place, rotations in enumerate(share_with_neck(head), start=1):
        end = place * _BONE_FLOATS  # what comes before is the position
        numbers[:, end - 4 : end] = unity_quaternions(rotations)
    numbers[:, -NUM_CURVES:] = clamp(weights, 0.0, 1.0)
    return [row.tobytes() for row in numbers.astype(">f4")]


def _messages(shape_names: ShapeNames) -> Iterator[OscMessage]:
    """The messages of a frame, with 0 for its numbers."""
    yield _message("/VMC/Ext/OK", 1)
    yield _message("/VMC/Ext/T", 0.0)
    for bone in BONES:
        yield _message("/VMC/Ext/Bone/Pos", bone, *([0.0] * _BONE_FLOATS))
    for name in CURVE_NAMES:
        is_pascal = shape_names == "perfect-sync"
        shape = name[0].upper() + name[1:] if is_pascal else name
        yield _message("/VMC/Ext/Blend/Val", shape, 0.0)
    yield _message("/VMC/Ext/Blend/Apply")


def _message(address: str, *arguments: str | float) -> OscMessage:
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)
    return builder.build()


def _share_out(messages: list[OscMessage]) -> list[list[OscMessage]]:
    """Messages in as few bundles as hold them, in order."""
    bundles: list[list[OscMessage]] = []
    room = 0
    for message in messages:
        size = _SIZE_BYTES + message.size
        if size > room:
            bundles.append([])
            room = MOST_BYTES - _BUNDLE_HEADER_BYTES
        bundles[-1].append(message)
        room -= size
    return bundles


def _template(messages: list[OscMessage]) -> _Template:
    builder = OscBundleBuilder(IMMEDIATELY)
    places: list[int] = []
    end = _BUNDLE_HEADER_BYTES
    for message in messages:
        builder.add_content(message)
        end += _SIZE_BYTES + message.size
        num_floats = sum(isinstance(value, float) for value in message)  # they are its last ones
        places += range(end - _FLOAT_BYTES * num_floats, end)
    data = np.frombuffer(builder.build().dgram, np.uint8)
    return _Template(data, np.array(places, np.intp))
