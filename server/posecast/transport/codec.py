"""Translates between the messages of posecast.v1 and the values of the session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import posecast
from posecast.audio.pcm import AudioFormat
from posecast.config import (
    FRAME_RATE_HZ,
    OUTPUT_RATES_HZ,
    AnimationOptions,
    LatencyMode,
    ModelConfig,
    ServerConfig,
)
from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_NAMES
from posecast.session.engine import AnimationEngine
from posecast.signals import LIFE_LIMITS, FaceFrames, Style
from posecast.v1 import audio_pb2, face_pb2
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
_OPTIONAL_SETTINGS = (
    "seed", "audio_guidance", "style_guidance", "sampling_steps", "look_ahead_ms", "style_strength",
)  # fmt: skip
"""Settings that are the options of the same name, and unset where the client left them so."""
MAX_STYLE_VALUE = 100.0
"""Coordinates of styles are about as large as 1; far beyond, the networks overflow."""


def audio_format_from(message: audio_pb2.AudioFormat) -> AudioFormat:
    """Read the format of raw audio.

    Args:
        message: What the client sent; unset channels mean one.

    Returns:
        The format.

    Raises:
        InvalidRequest: If the encoding is not chosen or a number is out of range.
    """
    return AudioFormat(
        encoding=_choose(ENCODINGS, message.encoding, "audio encoding", audio_pb2.AudioEncoding),
        sample_rate_hz=message.sample_rate_hz,
        num_channels=message.num_channels or 1,
    )


def audio_format_message(audio_format: AudioFormat) -> audio_pb2.AudioFormat:
    """Write the format of raw audio."""
    return audio_pb2.AudioFormat(
        encoding=ENCODING_NUMBERS[audio_format.encoding],
        sample_rate_hz=audio_format.sample_rate_hz,
        num_channels=audio_format.num_channels,
    )


def options_from(
    message: service_pb2.AnimationSettings, *, default_mode: LatencyMode
) -> AnimationOptions:
    """Read what a client chose.

    Args:
        message: Its settings.
        default_mode: Latency mode where the client chose none.

    Returns:
        The options; a style vector is read by `style_from`.

    Raises:
        InvalidRequest: If a value is out of range.
    """
    mode = default_mode
    if message.latency_mode != service_pb2.LATENCY_MODE_UNSPECIFIED:
        mode = _choose(LATENCY_MODES, message.latency_mode, "latency mode", service_pb2.LatencyMode)
    chosen = {name: getattr(message, name) for name in _OPTIONAL_SETTINGS if message.HasField(name)}
    if message.HasField("style_name"):
        chosen["style"] = message.style_name
    return AnimationOptions(
        frame_rate_hz=message.frame_rate_hz or FRAME_RATE_HZ, mode=mode, **chosen
    )


def options_message(
    options: AnimationOptions, *, style: Style | None = None
) -> service_pb2.AnimationSettings:
    """Write options as settings; what is unset stays unset.

    Args:
        options: What to ask for.
        style: A style of the client's own, in the place of the one named in the options.

    Returns:
        The settings.
    """
    return service_pb2.AnimationSettings(
        style_name=options.style if style is None else None,
        style_vector=None if style is None else style_message(style),
        seed=options.seed,
        frame_rate_hz=options.frame_rate_hz,
        latency_mode=LATENCY_MODE_NUMBERS[options.mode],
        audio_guidance=options.audio_guidance,
        style_guidance=options.style_guidance,
        sampling_steps=options.sampling_steps,
        look_ahead_ms=options.look_ahead_ms,
        style_strength=options.style_strength,
    )


def style_message(style: Style) -> service_pb2.StyleVector:
    """Write a style of the client's own."""
    life = {name: getattr(style, name) for name in LIFE_LIMITS}
    return service_pb2.StyleVector(values=style.vector.tolist(), **life)


def style_from(message: service_pb2.AnimationSettings, *, style_dim: int) -> Style | None:
    """Read a style of the client's own.

    Args:
        message: The client's settings.
        style_dim: Width of the model's style vectors.

    Returns:
        The style, or None if the settings name one instead.

    Raises:
        InvalidRequest: If the vector does not fit the model or a value is out of range.
    """
    if not message.HasField("style_vector"):
        return None
    chosen = message.style_vector
    vector = np.array(chosen.values, dtype=np.float32)
    if len(vector) != style_dim:
        raise InvalidRequest(f"style vector of {len(vector)} values; this model's have {style_dim}")
    is_fine = np.abs(vector) <= MAX_STYLE_VALUE  # false for NaN
    if not is_fine.all():
        raise InvalidRequest(
            f"style vector with the value {vector[~is_fine][0]:g}; "
            f"allowed: {-MAX_STYLE_VALUE:g} to {MAX_STYLE_VALUE:g}"
        )
    rates: dict[str, float] = {}
    for name, high in LIFE_LIMITS.items():
        if chosen.HasField(name):
            rates[name] = getattr(chosen, name)
            if not 0.0 <= rates[name] <= high:  # also true for NaN
                raise InvalidRequest(f"{name} {rates[name]}; allowed: 0 to {high:g}")
    return Style(vector=vector, **rates)


def rig_message() -> face_pb2.FaceRig:
    """Write curves and axes of all frames."""
    return face_pb2.FaceRig(
        curve_names=CURVE_NAMES,
        coordinate_system=face_pb2.COORDINATE_SYSTEM_RIGHT_HANDED_Y_UP_FACING_Z,
    )


def model_message(model: ModelConfig) -> service_pb2.ModelInfo:
    """Write which model makes the frames."""
    return service_pb2.ModelInfo(name=model.name, version=model.version)


def header_message(
    model: ModelConfig, options: AnimationOptions, *, seed: int
) -> service_pb2.AnimationHeader:
    """Write the first message of an answer.

    Args:
        model: The model that makes the frames.
        options: Options of the stream.
        seed: Seed of the first utterance.

    Returns:
        The header.
    """
    return service_pb2.AnimationHeader(
        rig=rig_message(),
        frame_rate_hz=options.frame_rate_hz,
        seed=seed,
        model=model_message(model),
        server_version=posecast.__version__,
        latency_mode=LATENCY_MODE_NUMBERS[options.mode],
    )


def batch_message(frames: FaceFrames, *, utterance_index: int) -> service_pb2.FrameBatch:
    """Write consecutive frames."""
    rows = zip(frames.weights.tolist(), frames.head.tolist(), strict=True)
    return service_pb2.FrameBatch(
        utterance_index=utterance_index,
        frames=[
            face_pb2.FaceFrame(
                index=index, weights=weights, head=face_pb2.HeadPose(x=x, y=y, z=z, w=w)
            )
            for index, (weights, (x, y, z, w)) in enumerate(rows, start=frames.first_index)
        ],
    )


def frames_from(message: service_pb2.FrameBatch, *, frame_rate_hz: int) -> FaceFrames:
    """Read consecutive frames, for clients in Python."""
    heads = [(f.head.x, f.head.y, f.head.z, f.head.w) for f in message.frames]
    return FaceFrames(
        first_index=message.frames[0].index,
        frame_rate_hz=frame_rate_hz,
        weights=np.array([frame.weights for frame in message.frames], dtype=np.float32),
        head=np.array(heads, dtype=np.float32),
    )


def styles_message(engine: AnimationEngine) -> service_pb2.ListStylesResponse:
    """Write the styles of an engine, in alphabetical order."""
    styles = engine.styles
    return service_pb2.ListStylesResponse(
        styles=[
            service_pb2.StyleInfo(name=name, description=styles.describe(name))
            for name in sorted(styles.names)
        ]
    )


def server_info_message(
    engine: AnimationEngine, config: ServerConfig, *, num_streams: int
) -> service_pb2.GetServerInfoResponse:
    """Write what a server is.

    Args:
        engine: Its engine.
        config: Its limits.
        num_streams: Streams open now.

    Returns:
        The answer to GetServerInfo.
    """
    return service_pb2.GetServerInfoResponse(
        server_version=posecast.__version__,
        model=model_message(engine.config),
        rig=rig_message(),
        frame_rates_hz=OUTPUT_RATES_HZ,
        style_dim=engine.config.denoiser.style_dim,
        device=engine.device,
        limits=service_pb2.ServerLimits(
            max_streams=config.max_streams,
            max_clip_s=config.max_clip_s,
            max_message_bytes=config.max_message_bytes,
        ),
        num_streams=num_streams,
        look_aheads_ms=engine.config.speech_encoder.look_aheads_ms,
    )


def _choose(known: Mapping[int, Any], number: int, what: str, enum: Any) -> Any:
    if number in known:
        return known[number]
    allowed = ", ".join(enum.Name(allowed_number) for allowed_number in known)
    sent = enum.Name(number) if number in enum.values() else number
    raise InvalidRequest(f"{what} {sent}; allowed: {allowed}")
