"""A small client of the service, for the demo and the benchmarks.

It blocks: beside a server in the same event loop it belongs on a thread. It uses gRPC's blocking
calls because `grpc.aio`, when a server refuses a stream that is still being sent, reports its own
failed write in the place of the server's status.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import grpc

from posecast.audio.pcm import AudioFormat
from posecast.config import AnimationOptions
from posecast.errors import ModelUnavailable
from posecast.signals import FaceFrames, Style, Waveform, join_frames
from posecast.transport import codec, settings_codec
from posecast.transport.status import error_from
from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as service_pb2
from posecast.v1 import face_animation_service_pb2_grpc as service_grpc

CHUNK_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedAnimation:
    """What came back for one utterance, and when."""

    frames: FaceFrames
    """All frames."""
    seed: int
    """Seed that made them."""
    model: str
    """Name and version of the model that made them."""
    server_version: str
    """Version of the server."""
    first_frame_s: float
    """From sending the first audio to receiving the first frame, in seconds."""
    total_s: float
    """From sending the first audio to receiving the end, in seconds."""


def stream_waveform(
    address: str,
    waveform: Waveform,
    options: AnimationOptions,
    *,
    style: Style | None = None,
    is_paced: bool = False,
    connect_timeout_s: float = 10.0,
) -> StreamedAnimation:
    """Animate a waveform through a server, as one utterance in chunks of 20 ms.

    Args:
        address: Host and port of the server.
        waveform: Speech, of at least one sample.
        options: What to ask for.
        style: Sent in the place of the style named in the options.
        is_paced: Send as fast as a microphone would; otherwise as fast as the server takes it.
        connect_timeout_s: How long to wait for the server to be there.

    Returns:
        The frames and the times.

    Raises:
        PosecastError: If the server cannot be reached or refuses.
    """
    settings = settings_codec.options_message(options, style=style)
    sender = _Sender(waveform, settings, is_paced=is_paced)
    with grpc.insecure_channel(address) as channel:
        _connect(channel, address, connect_timeout_s)
        stub = service_grpc.FaceAnimationServiceStub(channel)  # type: ignore[no-untyped-call]  # generated
        responses = stub.Animate(sender.requests())
        try:
            return _collect(responses, sender)
        except grpc.RpcError as error:
            raise error_from(responses.code(), responses.details()) from error


def _connect(channel: grpc.Channel, address: str, timeout_s: float) -> None:
    try:
        grpc.channel_ready_future(channel).result(timeout=timeout_s)
    except grpc.FutureTimeoutError as error:
        raise ModelUnavailable(f"no server at {address} within {timeout_s:g} s") from error


class _Sender:
    """Makes the requests of one utterance and remembers when the first audio left."""

    def __init__(
        self, waveform: Waveform, settings: service_pb2.AnimationSettings, *, is_paced: bool
    ) -> None:
        self._waveform = waveform
        self._settings = settings
        self._is_paced = is_paced
        self.started_s = time.perf_counter()

    def requests(self) -> Iterator[service_pb2.AnimateRequest]:
        """The configuration, the audio and the end of the utterance."""
        audio_format = AudioFormat("pcm_f32le", self._waveform.sample_rate_hz, 1)
        yield service_pb2.AnimateRequest(
            config=service_pb2.AnimateConfig(
                audio_format=codec.audio_format_message(audio_format),
                settings=self._settings,
            )
        )
        data = self._waveform.samples.astype("<f4").tobytes()
        chunk_samples = round(CHUNK_S * self._waveform.sample_rate_hz)
        chunk_bytes = chunk_samples * audio_format.bytes_per_frame
        self.started_s = time.perf_counter()
        for num_sent, start in enumerate(range(0, len(data), chunk_bytes)):
            if self._is_paced:
                due_s = self.started_s + num_sent * chunk_samples / audio_format.sample_rate_hz
                time.sleep(max(0.0, due_s - time.perf_counter()))
            chunk = audio_pb2.AudioChunk(data=data[start : start + chunk_bytes])
            yield service_pb2.AnimateRequest(audio=chunk)
        yield service_pb2.AnimateRequest(end_of_utterance=service_pb2.EndOfUtterance())


def _collect(
    responses: Iterable[service_pb2.AnimateResponse], sender: _Sender
) -> StreamedAnimation:
    header = service_pb2.AnimationHeader()
    parts: list[FaceFrames] = []
    first_frame_s = total_s = 0.0
    for response in responses:
        elapsed_s = time.perf_counter() - sender.started_s
        match response.WhichOneof("part"):
            case "header":
                header = response.header
            case "frames":
                first_frame_s = first_frame_s or elapsed_s
                parts.append(codec.frames_from(response.frames, frame_rate_hz=header.frame_rate_hz))
            case "end":
                total_s = elapsed_s
    return StreamedAnimation(
        frames=join_frames(parts),
        seed=header.seed,
        model=f"{header.model.name} {header.model.version}",
        server_version=header.server_version,
        first_frame_s=first_frame_s,
        total_s=total_s,
    )
