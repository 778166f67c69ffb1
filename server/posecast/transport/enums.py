"""Enum values of the contract and the names that the session has for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posecast.config import LatencyMode
from posecast.errors import InvalidRequest
from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as service_pb2

ENCODINGS: Mapping[int, Any] = {
    audio_pb2.AUDIO_ENCODING_PCM_S16LE: "pcm_s16le",
    audio_pb2.AUDIO_ENCODING_PCM_F32LE: "pcm_f32le",
    audio_pb2.AUDIO_ENCODING_ALAW: "alaw",
    audio_pb2.AUDIO_ENCODING_MULAW: "mulaw",
}
LATENCY_MODES: Mapping[int, LatencyMode] = {
    service_pb2.LATENCY_MODE_OFFLINE: "offline",
    service_pb2.LATENCY_MODE_BALANCED: "balanced",
    service_pb2.LATENCY_MODE_REALTIME: "realtime",
}
ENCODING_NUMBERS: Mapping[str, Any] = {name: number for number, name in ENCODINGS.items()}
LATENCY_MODE_NUMBERS: Mapping[str, Any] = {name: number for number, name in LATENCY_MODES.items()}


def choose(known: Mapping[int, Any], number: int, what: str, enum: Any) -> Any:
    """The name of an enum value.

    Args:
        known: Names by number.
        number: What a client sent.
        what: What to call it in the message.
        enum: The enum, for its names.

    Raises:
        InvalidRequest: If the value is not chosen or not known.
    """
    if number in known:
        return known[number]
    allowed = ", ".join(enum.Name(allowed_number) for allowed_number in known)
    sent = enum.Name(number) if number in enum.values() else number
    raise InvalidRequest(f"{what} {sent}; allowed: {allowed}")
