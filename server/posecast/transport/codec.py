"""Translates between the messages of posecast.v1 and the values of the session."""

from __future__ import annotations

import numpy as np

import posecast
from posecast.audio.pcm import AudioFormat
from posecast.config import (
    OUTPUT_RATES_HZ,
    AnimationOptions,
    ModelConfig,
    ServerConfig,
)
from posecast.rig.arkit import CURVE_NAMES
from posecast.session.engine import AnimationEngine
from posecast.signals import FaceFrames
from posecast.transport.admission import Admission
from posecast.transport.enums import (
    ENCODING_NUMBERS,
    ENCODINGS,
    LATENCY_MODE_NUMBERS,
    LATENCY_MODES,
    choose,
)
from posecast.v1 import audio_pb2, face_pb2
from posecast.v1 import face_animation_service_pb2 as service_pb2


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
        encoding=choose(ENCODINGS, message.encoding, "audio encoding", audio_pb2.AudioEncoding),
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
    model: ModelConfig,
    options: AnimationOptions,
    *,
    seed: int,
    window_frames: int,
    look_ahead_ms: int,
    stream_id: str,
) -> service_pb2.AnimationHeader:
    """Write the first message of an answer.

    Args:
        model: The model that makes the frames.
        options: Options of the stream.
        seed: Seed of the first utterance.
        window_frames: Model frames in a window.
        look_ahead_ms: Future audio that is awaited.
        stream_id: Name of the stream in the log.

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
        window_frames=window_frames,
        look_ahead_ms=look_ahead_ms,
        stream_id=stream_id,
    )


def batch_message(
    frames: FaceFrames,
    *,
    utterance_index: int,
    audio: bytes = b"",
    is_idle: bool = False,
    is_easing: bool = False,
) -> service_pb2.FrameBatch:
    """Write consecutive frames.

    Args:
        frames: At least one.
        utterance_index: Their utterance.
        audio: The raw audio that belongs to them, if it was asked for.
        is_idle: Whether they are idle life before the utterance.
        is_easing: Whether they answer an interrupt.

    Returns:
        The batch.
    """
    rows = zip(frames.weights.tolist(), frames.head.tolist(), strict=True)
    return service_pb2.FrameBatch(
        utterance_index=utterance_index,
        frames=[
            face_pb2.FaceFrame(
                index=index, weights=weights, head=face_pb2.HeadPose(x=x, y=y, z=z, w=w)
            )
            for index, (weights, (x, y, z, w)) in enumerate(rows, start=frames.first_index)
        ],
        audio=audio,
        is_idle=is_idle,
        is_easing=is_easing,
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


def server_info_message(
    engine: AnimationEngine, config: ServerConfig, admission: Admission
) -> service_pb2.GetServerInfoResponse:
    """Write what a server is.

    Args:
        engine: Its engine.
        config: Its limits.
        admission: Who is inside, and what it can carry.

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
            max_buffered_s=config.max_buffered_s,
            max_idle_s=config.max_idle_s,
            max_streams_per_client=config.max_streams_per_client,
        ),
        num_streams=admission.num_taken,
        look_aheads_ms=engine.speech_encoder.config.look_aheads_ms,
        capacity=service_pb2.ServerCapacity(
            load=admission.load,
            modes=[
                service_pb2.ModeCapacity(
                    latency_mode=LATENCY_MODE_NUMBERS[mode],
                    num_streams=admission.capacity.streams(mode),
                )
                for mode in LATENCY_MODES.values()
            ],
        ),
    )
