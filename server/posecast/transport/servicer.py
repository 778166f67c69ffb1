"""The RPCs of posecast.v1.FaceAnimationService."""

from __future__ import annotations

import asyncio
import functools
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

from posecast.audio.clip import read_clip
from posecast.audio.pcm import PcmDecoder
from posecast.config import AnimationOptions
from posecast.errors import InvalidRequest
from posecast.signals import Waveform
from posecast.transport import codec, patience
from posecast.transport.animate_answer import AnimateAnswer
from posecast.transport.backend import Backend
from posecast.transport.border import Border, OpenStream
from posecast.transport.live_stream import (
    DEFAULT_MODE,
    LiveStream,
    choices_from,
    style_name_of,
)
from posecast.transport.stream import AnimationStream, feed_clip
from posecast.v1 import face_animation_service_pb2 as service_pb2
from posecast.v1 import face_animation_service_pb2_grpc as service_grpc


class FaceAnimationServicer(service_grpc.FaceAnimationServiceServicer):
    """Reads requests, feeds streams and answers questions."""

    def __init__(self, backend: Backend, border: Border) -> None:
        """Serve.

        Args:
            backend: What all streams share.
            border: Where the RPCs come in.
        """
        self._backend = backend
        self._border = border
        self._encoding = asyncio.Lock()

    async def Animate(self, request_iterator: AsyncIterator[Any], context: Any) -> None:  # noqa: N802 - gRPC's
        """Animate a live stream."""
        async with self._border.stream("Animate", context) as opened:
            config = await self._first_config(request_iterator)
            audio_format = codec.audio_format_from(config.audio_format)
            options, style = choices_from(self._backend, config.settings, default_mode=DEFAULT_MODE)
            seed = seed_of(options)
            opened.begin(options, style_name=style_name_of(config.settings), seed=seed)
            answer = self._answer(context, service_pb2.AnimateResponse)
            stream = AnimationStream(
                opened,
                options,
                style=style,
                seed=seed,
                sample_rate_hz=audio_format.sample_rate_hz,
                answer=answer,
            )
            await answer.send_header(self._header(opened, stream, options, seed))
            live = LiveStream(opened, config, audio_format=audio_format, stream=stream)
            await live.run(request_iterator)
            opened.log.info("complete, %d frames", opened.entry.num_frames)

    async def AnimateClip(  # noqa: N802 - gRPC's name
        self, request: service_pb2.AnimateClipRequest, context: Any
    ) -> None:
        """Animate a whole clip."""
        async with self._border.stream("AnimateClip", context) as opened:
            options, style = choices_from(self._backend, request.settings, default_mode="offline")
            seed = seed_of(options)
            opened.begin(options, style_name=style_name_of(request.settings), seed=seed)
            answer = self._answer(context, service_pb2.AnimateClipResponse)
            most_s = self._backend.config.max_clip_s
            waveform = await asyncio.to_thread(_waveform_of, request, most_s)
            stream = AnimationStream(
                opened,
                options,
                style=style,
                seed=seed,
                sample_rate_hz=waveform.sample_rate_hz,
                answer=answer,
            )
            await answer.send_header(self._header(opened, stream, options, seed))
            await feed_clip(stream, waveform)
            opened.log.info(
                "complete, %.2f s, %d frames", waveform.duration_s, opened.entry.num_frames
            )

    async def ListStyles(  # noqa: N802 - gRPC's name
        self,
        request: service_pb2.ListStylesRequest,  # noqa: ARG002 - gRPC passes it
        context: Any,
    ) -> service_pb2.ListStylesResponse:
        """List the styles."""
        async with self._border.call("ListStyles", context):
            return self._backend.styles.list()

    async def EncodeStyle(  # noqa: N802 - gRPC's name
        self, request: service_pb2.EncodeStyleRequest, context: Any
    ) -> service_pb2.EncodeStyleResponse:
        """Find the style of a recorded face."""
        async with self._border.call("EncodeStyle", context) as log:
            async with self._encoding:  # one at a time: they take the machine from live streams
                answer = await asyncio.to_thread(self._backend.styles.encode, request)
            log.info("%d frames, kept as %r", len(request.frames), request.name)
            return answer

    async def GetServerInfo(  # noqa: N802 - gRPC's name
        self,
        request: service_pb2.GetServerInfoRequest,  # noqa: ARG002 - gRPC passes it
        context: Any,
    ) -> service_pb2.GetServerInfoResponse:
        """Tell what the server is."""
        async with self._border.call("GetServerInfo", context):
            backend = self._backend
            return codec.server_info_message(backend.engine, backend.config, backend.admission)

    async def ListStreams(  # noqa: N802 - gRPC's name
        self,
        request: service_pb2.ListStreamsRequest,  # noqa: ARG002 - gRPC passes it
        context: Any,
    ) -> service_pb2.ListStreamsResponse:
        """List the streams that are open."""
        async with self._border.call("ListStreams", context):
            return service_pb2.ListStreamsResponse(streams=self._backend.table.messages())

    def _answer(self, context: Any, response: Callable[..., Any]) -> AnimateAnswer:
        write = functools.partial(
            patience.write, context, max_idle_s=self._backend.config.max_idle_s
        )
        return AnimateAnswer(response, write)

    def _header(
        self, opened: OpenStream, stream: AnimationStream, options: AnimationOptions, seed: int
    ) -> service_pb2.AnimationHeader:
        return codec.header_message(
            self._backend.engine.config,
            options,
            seed=seed,
            window_frames=stream.window_frames,
            look_ahead_ms=stream.look_ahead_ms,
            stream_id=opened.log.stream_id,
        )

    async def _first_config(
        self, request_iterator: AsyncIterator[Any]
    ) -> service_pb2.AnimateConfig:
        most_s = self._backend.config.max_idle_s
        request = await patience.first_of(request_iterator, "config", max_idle_s=most_s)
        if request is None:
            raise InvalidRequest("the stream ended before its first message, which must be config")
        part = request.WhichOneof("part")
        if part != "config":
            raise InvalidRequest(f"the first message is {part or 'empty'}; it must be config")
        return request.config


def seed_of(options: AnimationOptions) -> int:
    """The seed that a stream chose, or one that is drawn for it."""
    return secrets.randbits(64) if options.seed is None else options.seed


def _waveform_of(request: service_pb2.AnimateClipRequest, max_clip_s: float) -> Waveform:
    match request.WhichOneof("clip"):
        case "file":
            return read_clip(request.file, max_duration_s=max_clip_s)
        case "raw":
            return _decode_raw(request.raw, max_clip_s)
        case _:
            raise InvalidRequest("the request has no clip; set file or raw")


def _decode_raw(raw: Any, max_clip_s: float) -> Waveform:
    audio_format = codec.audio_format_from(raw.format)
    duration_s = len(raw.data) / (audio_format.bytes_per_frame * audio_format.sample_rate_hz)
    if duration_s == 0.0:
        raise InvalidRequest("raw audio of 0 bytes; allowed: at least one sample")
    if duration_s > max_clip_s:
        raise InvalidRequest(f"{duration_s:.2f} s of audio; allowed: at most {max_clip_s:g} s")
    decoder = PcmDecoder(audio_format)
    samples = decoder.decode(raw.data)
    decoder.finish()
    return Waveform(samples=samples, sample_rate_hz=audio_format.sample_rate_hz)
