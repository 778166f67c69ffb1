"""Live streams for a client that runs in an event loop, e.g. the preview page's server.

Each stream is sent and read by gRPC's blocking calls on threads of its own: see `client`.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc

from posecast.audio.pcm import AudioFormat
from posecast.config import AnimationOptions, LatencyMode
from posecast.errors import ModelUnavailable, PosecastError
from posecast.signals import FaceFrames
from posecast.transport import codec, settings_codec
from posecast.transport.enums import LATENCY_MODES
from posecast.transport.status import error_from
from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as service_pb2
from posecast.v1 import face_animation_service_pb2_grpc as service_grpc

MAX_WAITING_AUDIO = 64
"""Messages of audio that may wait to be sent; the sender of more waits."""
_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOpened:
    """The server has taken the stream."""

    seed: int
    """Seed of the first utterance."""
    frame_rate_hz: int
    """Frames in a second."""
    mode: LatencyMode
    """How many frames are made at a time, by name."""
    window_frames: int
    """Frames of 40 ms that are made at a time."""
    look_ahead_ms: int
    """Future audio that is awaited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFrames:
    """Frames have come."""

    frames: FaceFrames
    """Consecutive frames of the utterance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEnded:
    """The utterance is complete, or the stream has failed."""

    error: PosecastError | None = None
    """What went wrong, if anything did."""


StreamPart = StreamOpened | StreamFrames | StreamEnded


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What a page shows of a server."""

    server_version: str
    """Version of the server."""
    model: str
    """Name and version of its model."""
    device: str
    """Where its networks run."""
    max_clip_s: float
    """Longest clip or utterance, in seconds."""
    styles: dict[str, str]
    """Names of its styles, and a line about each."""


class LiveClient:
    """Opens streams of one server over one channel."""

    def __init__(self, address: str) -> None:
        """Open a channel; whether a server is there, the first call tells.

        Args:
            address: Host and port of the server.
        """
        self._address = address
        self._channel = grpc.insecure_channel(address)
        self._stub = service_grpc.FaceAnimationServiceStub(self._channel)  # type: ignore[no-untyped-call]  # generated

    async def facts(self) -> ServerFacts:
        """Ask what the server is.

        Raises:
            PosecastError: If it cannot be reached or does not answer.
        """
        return await asyncio.to_thread(self._facts)

    def animate(
        self,
        audio_format: AudioFormat,
        options: AnimationOptions,
        on_part: Callable[[StreamPart], None],
    ) -> LiveStream:
        """Open a stream of one utterance; belongs to the running event loop.

        Args:
            audio_format: Format of the audio that will be sent.
            options: What to ask for.
            on_part: Told each part of the answer, in the event loop; a `StreamEnded` comes last.

        Returns:
            The stream.
        """
        config = service_pb2.AnimateConfig(
            audio_format=codec.audio_format_message(audio_format),
            settings=settings_codec.options_message(options),
        )
        return LiveStream(self._stub, self._address, config, on_part)

    def close(self) -> None:
        """Close the channel, and with it what is still open."""
        self._channel.close()

    def _facts(self) -> ServerFacts:
        try:
            info = self._stub.GetServerInfo(service_pb2.GetServerInfoRequest(), timeout=_TIMEOUT_S)
            styles = self._stub.ListStyles(service_pb2.ListStylesRequest(), timeout=_TIMEOUT_S)
        except grpc.RpcError as error:
            raise _error_of(error, self._address) from error
        return ServerFacts(
            server_version=info.server_version,
            model=f"{info.model.name} {info.model.version}",
            device=info.device,
            max_clip_s=info.limits.max_clip_s,
            styles={style.name: style.description for style in styles.styles},
        )


class LiveStream:
    """One Animate stream that carries one utterance."""

    def __init__(
        self,
        stub: Any,
        address: str,
        config: service_pb2.AnimateConfig,
        on_part: Callable[[StreamPart], None],
    ) -> None:
        """Start to send and to read; `LiveClient.animate` makes streams."""
        self._address = address
        self._on_part = on_part
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Semaphore(MAX_WAITING_AUDIO)
        self._requests: queue.SimpleQueue[service_pb2.AnimateRequest | None] = queue.SimpleQueue()
        self._requests.put(service_pb2.AnimateRequest(config=config))
        self._call = stub.Animate(self._sent())
        self._thread = threading.Thread(target=self._read, name="posecast-live", daemon=True)
        self._thread.start()

    async def send_audio(self, data: bytes) -> None:
        """Send audio; waits while too much of it waits already."""
        await self._room.acquire()
        self._requests.put(service_pb2.AnimateRequest(audio=audio_pb2.AudioChunk(data=data)))

    def update(
        self,
        *,
        style: str | None = None,
        style_strength: float | None = None,
        seed: int | None = None,
    ) -> None:
        """Change settings from the next window on; what is None stays as it is."""
        settings = service_pb2.AnimationSettings(
            style_name=style, style_strength=style_strength, seed=seed
        )
        update = service_pb2.SettingsUpdate(settings=settings)
        self._requests.put(service_pb2.AnimateRequest(update=update))

    def finish(self) -> None:
        """Send no more: the utterance is complete."""
        self._requests.put(
            service_pb2.AnimateRequest(end_of_utterance=service_pb2.EndOfUtterance())
        )
        self._requests.put(None)

    def cancel(self) -> None:
        """Give the stream up; what still comes of it is dropped."""
        self._on_part = _ignore
        self._requests.put(None)
        self._call.cancel()

    def _sent(self) -> Iterator[service_pb2.AnimateRequest]:
        while (request := self._requests.get()) is not None:
            yield request
            if request.WhichOneof("part") == "audio":
                self._in_loop(self._room.release)

    def _read(self) -> None:
        error: PosecastError | None = None
        frame_rate_hz = 0
        try:
            for response in self._call:
                match response.WhichOneof("part"):
                    case "header":
                        frame_rate_hz = response.header.frame_rate_hz
                        self._tell(_opened_from(response.header))
                    case "frames":
                        frames = codec.frames_from(response.frames, frame_rate_hz=frame_rate_hz)
                        self._tell(StreamFrames(frames=frames))
        except grpc.RpcError as failure:
            error = _error_of(failure, self._address)
        self._requests.put(None)  # lets go of the thread that sends
        for _ in range(MAX_WAITING_AUDIO):  # and of who waits to send
            self._in_loop(self._room.release)
        self._tell(StreamEnded(error=error))

    def _tell(self, part: StreamPart) -> None:
        self._in_loop(lambda: self._on_part(part))

    def _in_loop(self, call: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self._loop.call_soon_threadsafe(call)


def _ignore(part: StreamPart) -> None:
    """Nobody wants to know any more."""


def _opened_from(header: service_pb2.AnimationHeader) -> StreamOpened:
    return StreamOpened(
        seed=header.seed,
        frame_rate_hz=header.frame_rate_hz,
        mode=LATENCY_MODES[header.latency_mode],
        window_frames=header.window_frames,
        look_ahead_ms=header.look_ahead_ms,
    )


def _error_of(error: Any, address: str) -> PosecastError:
    if error.code() is grpc.StatusCode.UNAVAILABLE and "connect" in (error.details() or ""):
        return ModelUnavailable(f"no server at {address}")
    return error_from(error.code(), error.details())
