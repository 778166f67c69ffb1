"""Clients of Audio2Face-3D, written from how NVIDIA's are described to behave."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import grpc
import numpy as np
import pytest

from posecast.nvidia_ace import a2f_controller_pb2 as pb
from posecast.nvidia_ace import a2f_controller_pb2_grpc as pb_grpc

SAMPLE_RATE_HZ = 16_000
END = pb.AudioStream(end_of_audio=pb.AudioStream.EndOfAudio())


@dataclass
class A2FAnswer:
    """What came back on one stream."""

    parts: list[pb.AnimationDataStream] = field(default_factory=list)
    code: grpc.StatusCode | None = None
    details: str = ""

    @property
    def kinds(self) -> list[str]:
        """Kinds of the parts, frames that follow one another counted once."""
        kinds = [part.WhichOneof("stream_part") for part in self.parts]
        return [kind for kind, _ in itertools.groupby(kinds)]

    @property
    def header(self) -> pb.AnimationDataStreamHeader:
        return self.parts[0].animation_data_stream_header

    @property
    def frames(self) -> list[pb.AnimationData]:
        return [part.animation_data for part in self.parts if part.HasField("animation_data")]

    @property
    def statuses(self) -> list[tuple[str, str]]:
        return [
            (pb.Status.Code.Name(part.status.code), part.status.message)
            for part in self.parts
            if part.HasField("status")
        ]

    @property
    def weights(self) -> np.ndarray:
        """[T, N]"""
        return np.array([f.skel_animation.blend_shape_weights[0].values for f in self.frames])

    @property
    def times_s(self) -> list[float]:
        return [frame.skel_animation.blend_shape_weights[0].time_code for frame in self.frames]

    @property
    def heads(self) -> np.ndarray:
        """Quaternions (x, y, z, w). [T, 4]"""
        rows = [frame.skel_animation.rotations[0].values[0] for frame in self.frames]
        return np.array([[q.i, q.j, q.k, q.real] for q in rows])

    @property
    def audio(self) -> bytes:
        return b"".join(frame.audio.audio_buffer for frame in self.frames)

    @property
    def reports(self) -> list[pb.EmotionAggregate]:
        packed = [frame.metadata.get("emotion_aggregate") for frame in self.frames]
        return [pb.EmotionAggregate.FromString(any_.value) for any_ in packed if any_ is not None]


class A2FClient:
    """Makes messages and calls; blocking calls, on a thread."""

    def __init__(self, address: str) -> None:
        self.address = address

    @staticmethod
    def header(
        *, sample_rate_hz: int = SAMPLE_RATE_HZ, seed: int | None = None, **parts
    ) -> pb.AudioStream:
        header = pb.AudioStreamHeader(
            audio_header=pb.AudioHeader(
                channel_count=1, samples_per_second=sample_rate_hz, bits_per_sample=16
            ),
            **parts,
        )
        if seed is not None:
            header.face_params.integer_params["seed"] = seed
        return pb.AudioStream(audio_stream_header=header)

    @staticmethod
    def audio(data: bytes, *keys: tuple[float, dict[str, float]]) -> pb.AudioStream:
        emotions = [pb.EmotionWithTimeCode(time_code=t, emotion=emotion) for t, emotion in keys]
        return pb.AudioStream(
            audio_with_emotion=pb.AudioWithEmotion(audio_buffer=data, emotions=emotions)
        )

    async def send(
        self, requests: Iterable[pb.AudioStream], *, metadata: tuple[tuple[str, str], ...] = ()
    ) -> A2FAnswer:
        """Send and read until the server ends the call; never half-close before that."""
        return await asyncio.to_thread(self._send, requests, metadata)

    async def speak(self, data: bytes, *, chunk_bytes: int = 32_000, **header) -> A2FAnswer:
        """Animate audio, seed 1 unless another is named."""
        chunks = [data[start : start + chunk_bytes] for start in range(0, len(data), chunk_bytes)]
        settings = {"seed": 1, **header}
        return await self.send([self.header(**settings), *map(self.audio, chunks), END])

    def _send(self, requests: Iterable[pb.AudioStream], metadata) -> A2FAnswer:
        answer, is_over = A2FAnswer(), threading.Event()

        def open_ended() -> Iterator[pb.AudioStream]:
            yield from requests
            is_over.wait(60)

        with grpc.insecure_channel(self.address) as channel:
            stub = pb_grpc.A2FControllerServiceStub(channel)
            call = stub.ProcessAudioStream(open_ended(), metadata=metadata, timeout=60)
            with contextlib.suppress(grpc.RpcError):  # the code below tells
                answer.parts += call
            answer.code, answer.details = call.code(), call.details()
            is_over.set()
        return answer


@pytest.fixture
def a2f_to() -> Callable[[str], A2FClient]:
    """A client of a server at an address."""
    return A2FClient


@pytest.fixture
def a2f(server) -> A2FClient:
    """A client of the usual server."""
    return A2FClient(server.address)


@pytest.fixture
def end() -> pb.AudioStream:
    """EndOfAudio."""
    return END
