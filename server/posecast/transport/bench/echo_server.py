"""A server without a model: what the contract and gRPC cost by themselves.

It speaks the messages of `Animate` and answers each chunk at once with a face at rest for the
frames that the chunk begins.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import grpc

from posecast import __version__
from posecast.config import FRAME_RATE_HZ
from posecast.errors import PosecastError
from posecast.rig.arkit import CURVE_NAMES
from posecast.transport.bench.own_server import RunningServer
from posecast.v1 import face_animation_service_pb2 as service_pb2
from posecast.v1 import face_animation_service_pb2_grpc as service_grpc
from posecast.v1 import face_pb2

EASING_S = 0.2
START_LIMIT_S = 30.0
_BYTES_PER_SAMPLE = 2  # the clients of a run send 16-bit mono


class EchoServicer(service_grpc.FaceAnimationServiceServicer):
    """Animates nothing, in time."""

    async def Animate(  # noqa: N802 - gRPC's name
        self,
        request_iterator: AsyncIterator[service_pb2.AnimateRequest],
        context: Any,  # noqa: ARG002 - gRPC passes it
    ) -> AsyncIterator[service_pb2.AnimateResponse]:
        """Answer each message as soon as it is there.

        Yields:
            The header, the frames and the ends.
        """
        stream: _EchoStream | None = None
        async for request in request_iterator:
            if stream is None:
                stream = _EchoStream(request.config)
                yield stream.header()
            else:
                for response in stream.answers(request):
                    yield response


class _EchoStream:
    """Counts samples and frames of one stream."""

    def __init__(self, config: service_pb2.AnimateConfig) -> None:
        self._sample_rate_hz = config.audio_format.sample_rate_hz
        self._frame_rate_hz = config.settings.frame_rate_hz or FRAME_RATE_HZ
        self._mode = config.settings.latency_mode
        self._utterance_index = 0
        self._num_samples = 0
        self._num_frames = 0

    def header(self) -> service_pb2.AnimateResponse:
        """A header that promises a window of one frame and no look-ahead."""
        return service_pb2.AnimateResponse(
            header=service_pb2.AnimationHeader(
                frame_rate_hz=self._frame_rate_hz,
                model=service_pb2.ModelInfo(name="echo", version="0"),
                server_version=__version__,
                latency_mode=self._mode,
                window_frames=1,
            )
        )

    def answers(self, request: service_pb2.AnimateRequest) -> Iterator[service_pb2.AnimateResponse]:
        """What one message is answered with."""
        match request.WhichOneof("part"):
            case "audio":
                self._num_samples += len(request.audio.data) // _BYTES_PER_SAMPLE
                covered = -(-self._num_samples * self._frame_rate_hz // self._sample_rate_hz)
                if covered > self._num_frames:
                    yield self._frames(covered - self._num_frames)
            case "end_of_utterance":
                yield self._end()
            case "interrupt":
                yield from self._interrupted(request.interrupt)

    def _interrupted(
        self, interrupt: service_pb2.Interrupt
    ) -> Iterator[service_pb2.AnimateResponse]:
        """Frames that ease, and the end of the utterance that is open, if one is."""
        is_open = self._num_samples > 0
        if not is_open and not interrupt.HasField("frame_index"):
            return
        first = interrupt.frame_index if interrupt.HasField("frame_index") else self._num_frames
        index = self._utterance_index
        if interrupt.HasField("utterance_index"):
            index = interrupt.utterance_index
        num_easing = round(EASING_S * self._frame_rate_hz)
        yield service_pb2.AnimateResponse(
            frames=service_pb2.FrameBatch(
                utterance_index=index, frames=_rest(first, num_easing), is_easing=True
            )
        )
        if is_open:
            self._num_frames += num_easing
            yield self._end(was_interrupted=True)

    def _frames(self, num_frames: int) -> service_pb2.AnimateResponse:
        first = self._num_frames
        self._num_frames += num_frames
        return service_pb2.AnimateResponse(
            frames=service_pb2.FrameBatch(
                utterance_index=self._utterance_index, frames=_rest(first, num_frames)
            )
        )

    def _end(self, *, was_interrupted: bool = False) -> service_pb2.AnimateResponse:
        response = service_pb2.AnimateResponse(
            end=service_pb2.UtteranceEnd(
                utterance_index=self._utterance_index,
                num_frames=self._num_frames,
                audio_duration_s=self._num_samples / self._sample_rate_hz,
                was_interrupted=was_interrupted,
            )
        )
        self._utterance_index += 1
        self._num_samples = self._num_frames = 0
        return response


def _rest(first_index: int, num_frames: int) -> list[face_pb2.FaceFrame]:
    weights = [0.0] * len(CURVE_NAMES)
    return [
        face_pb2.FaceFrame(index=index, weights=weights, head=face_pb2.HeadPose(w=1.0))
        for index in range(first_index, first_index + num_frames)
    ]


@contextmanager
def running_echo_server() -> Iterator[RunningServer]:
    """An echo server in a process of its own, while the context is open.

    Yields:
        Its address and process.

    Raises:
        PosecastError: If it does not start.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield RunningServer(address=_receive_address(ours), pid=process.pid)
    finally:
        ours.close()
        process.terminate()
        process.join()


def _receive_address(pipe: Connection[Any, Any]) -> str:
    try:
        if pipe.poll(START_LIMIT_S):
            return f"127.0.0.1:{pipe.recv()}"
    except (EOFError, OSError) as error:
        raise PosecastError("the echo server has died; its errors are above") from error
    raise PosecastError(f"the echo server was not ready within {START_LIMIT_S:g} s")


def _serve(pipe: Connection[Any, Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, who ends this process
    asyncio.run(_serve_until_closed(pipe))


async def _serve_until_closed(pipe: Connection[Any, Any]) -> None:
    server = grpc.aio.server()
    service_grpc.add_FaceAnimationServiceServicer_to_server(EchoServicer(), server)  # type: ignore[no-untyped-call]  # generated
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    pipe.send(port)
    try:
        await asyncio.to_thread(pipe.recv)
    except (EOFError, OSError):
        await server.stop(0)
