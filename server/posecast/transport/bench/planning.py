"""Prepares the streams of a measured run: who starts when, and what is sent."""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np

from posecast.audio.pcm import AudioFormat
from posecast.config import AnimationOptions
from posecast.errors import InvalidRequest
from posecast.signals import Waveform
from posecast.transport import codec, settings_codec
from posecast.transport.bench.load import Arrival, Load, Speech, StreamPlan
from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as service_pb2

CHUNK_S: Mapping[Arrival, float] = {"microphone": 0.02, "at-once": 0.1}
"""Audio in one message: of a microphone what it hands over at a time, else what a voice makes."""
PHASE_S = 1.0
"""Streams start within this time, each at its own moment, so that their windows do not coincide."""


def cut_speech(waveform: Waveform, arrival: Arrival) -> Speech:
    """Turn a clip into messages, dropping what is left of the last chunk.

    Args:
        waveform: The clip.
        arrival: How it is to be sent.

    Returns:
        The messages.

    Raises:
        InvalidRequest: If the clip is shorter than one chunk.
    """
    chunk_samples = round(CHUNK_S[arrival] * waveform.sample_rate_hz)
    num_chunks = len(waveform.samples) // chunk_samples
    if num_chunks == 0:
        raise InvalidRequest(
            f"{waveform.duration_s:.3f} s of speech; allowed: at least {CHUNK_S[arrival]:g} s"
        )
    whole = waveform.samples[: num_chunks * chunk_samples].reshape(num_chunks, chunk_samples)
    pcm = (np.clip(whole, -1.0, 1.0) * 32767).astype("<i2")
    return Speech(
        messages=tuple(
            service_pb2.AnimateRequest(
                audio=audio_pb2.AudioChunk(data=chunk.tobytes())
            ).SerializeToString()
            for chunk in pcm
        ),
        chunk_samples=chunk_samples,
        sample_rate_hz=waveform.sample_rate_hz,
    )


def config_message(options: AnimationOptions, sample_rate_hz: int) -> bytes:
    """The first message of a stream, serialised.

    Args:
        options: What it asks for.
        sample_rate_hz: Rate of its audio, which is 16-bit mono.
    """
    audio_format = AudioFormat("pcm_s16le", sample_rate_hz, 1)
    return service_pb2.AnimateRequest(
        config=service_pb2.AnimateConfig(
            audio_format=codec.audio_format_message(audio_format),
            settings=settings_codec.options_message(options),
        )
    ).SerializeToString()


def plan_streams(num_streams: int, load: Load, config: bytes, *, seed: int) -> list[StreamPlan]:
    """Plan streams that start at moments of their own within `PHASE_S`.

    Args:
        num_streams: How many.
        load: What each does.
        config: Their first message.
        seed: Decides the moments, so that a run can be repeated.

    Returns:
        The plans, in the order of their numbers.
    """
    moments = random.Random(seed)  # noqa: S311 - nothing secret
    return [
        StreamPlan(
            number=number,
            starts_s=moments.uniform(0.0, PHASE_S),
            lasts_s=load.duration_s,
            config=config,
        )
        for number in range(num_streams)
    ]


def plan_newcomers(
    num_streams: int, load: Load, config: bytes, *, first_number: int, starts_s: float
) -> list[StreamPlan]:
    """Plan streams that all open at one moment of a run that is under way.

    Args:
        num_streams: How many.
        load: What the streams do that are there already.
        config: Their first message.
        first_number: Number of the first of them.
        starts_s: The moment, in seconds after the start of the run.

    Returns:
        The plans; each ends with the streams that are there already.
    """
    return [
        StreamPlan(
            number=first_number + index,
            starts_s=starts_s,
            lasts_s=max(0.0, load.duration_s - starts_s),
            config=config,
        )
        for index in range(num_streams)
    ]
