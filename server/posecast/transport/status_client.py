"""Asks a server what it is and what its streams are doing, for operators; it blocks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import grpc

from posecast.config import LatencyMode
from posecast.errors import ModelUnavailable, PosecastError
from posecast.transport.enums import LATENCY_MODES
from posecast.transport.status import error_from
from posecast.v1 import face_animation_service_pb2 as service_pb2
from posecast.v1 import face_animation_service_pb2_grpc as service_grpc


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus:
    """What a server is and carries."""

    version: str
    """Version of the server."""
    model: str
    """Name and version of its model."""
    device: str
    """Where its networks run."""
    num_streams: int
    """Streams open now."""
    max_streams: int
    """Most streams at a time."""
    load: float | None
    """Share of the capacity that is taken, 0..1; None if the server does not tell."""
    capacity: Mapping[LatencyMode, int]
    """Streams of one mode alone that it can carry; empty if the server does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStatus:
    """What one stream is doing."""

    stream_id: str
    """Its name in the server's log."""
    method: str
    """`Animate` or `AnimateClip`."""
    client: str
    """Address of its client."""
    mode: LatencyMode | None
    """Latency mode; None before its configuration has come."""
    style_name: str
    """Style in use; empty for a vector."""
    age_s: float
    """Seconds since it was opened."""
    utterance_index: int
    """Number of the utterance that is open or comes next."""
    num_frames: int
    """Frames sent so far."""
    buffered_s: float
    """Audio that waits for its frames, in seconds."""
    lateness_s: float
    """How late the last window was, in seconds; below 0 it was early."""
    frames_per_s: float | None = None
    """Frames a second since the poll before; None the first time that the stream is seen."""


class StatusClient:
    """Polls one server over one channel, which ends with the `with` block."""

    def __init__(
        self, address: str, *, timeout_s: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Open a channel; whether a server is there, the first poll tells.

        Args:
            address: Host and port of the server.
            timeout_s: Seconds that an answer may take.
            clock: Tells the time in seconds, from any start.
        """
        self._address = address
        self._timeout_s = timeout_s
        self._clock = clock
        self._channel = grpc.insecure_channel(address)
        self._stub = service_grpc.FaceAnimationServiceStub(self._channel)  # type: ignore[no-untyped-call]  # generated
        self._frames_before: Mapping[str, int] = {}
        self._polled_s = 0.0

    def server(self) -> ServerStatus:
        """Ask what the server is.

        Raises:
            PosecastError: If it cannot be reached or does not answer.
        """
        info = self._call("GetServerInfo", service_pb2.GetServerInfoRequest())
        return ServerStatus(
            version=info.server_version,
            model=f"{info.model.name} {info.model.version}",
            device=info.device,
            num_streams=info.num_streams,
            max_streams=info.limits.max_streams,
            load=info.capacity.load if info.HasField("capacity") else None,
            capacity={
                LATENCY_MODES[mode.latency_mode]: mode.num_streams
                for mode in info.capacity.modes
                if mode.latency_mode in LATENCY_MODES
            },
        )

    def streams(self) -> list[StreamStatus]:
        """Ask for the open streams, the oldest first.

        Raises:
            PosecastError: If the server cannot be reached or does not answer.
        """
        response = self._call("ListStreams", service_pb2.ListStreamsRequest())
        now_s = self._clock()
        elapsed_s = now_s - self._polled_s
        streams = [self._stream_from(message, elapsed_s) for message in response.streams]
        self._frames_before = {stream.stream_id: stream.num_frames for stream in streams}
        self._polled_s = now_s
        return streams

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()

    def __enter__(self) -> StatusClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _stream_from(self, message: service_pb2.StreamInfo, elapsed_s: float) -> StreamStatus:
        before = self._frames_before.get(message.stream_id)
        frames_per_s = None
        if before is not None and elapsed_s > 0:
            frames_per_s = (message.num_frames - before) / elapsed_s
        return StreamStatus(
            stream_id=message.stream_id,
            method=message.method,
            client=message.client,
            mode=LATENCY_MODES.get(message.latency_mode),
            style_name=message.style_name,
            age_s=message.age_s,
            utterance_index=message.utterance_index,
            num_frames=message.num_frames,
            buffered_s=message.buffered_s,
            lateness_s=message.lateness_s,
            frames_per_s=frames_per_s,
        )

    def _call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self._stub, method)(request, timeout=self._timeout_s)
        except grpc.RpcError as error:
            raise self._error_of(method, error) from error

    def _error_of(self, method: str, error: Any) -> PosecastError:
        match error.code():
            case grpc.StatusCode.UNAVAILABLE:
                return ModelUnavailable(f"no server at {self._address}")
            case grpc.StatusCode.DEADLINE_EXCEEDED:
                return PosecastError(f"no answer from {self._address} in {self._timeout_s:g} s")
            case grpc.StatusCode.UNIMPLEMENTED:
                return PosecastError(f"the server at {self._address} has no {method}; is it older?")
            case code:
                return error_from(code, error.details())
