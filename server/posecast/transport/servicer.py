"""The RPCs of posecast.v1.FaceAnimationService."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from posecast.audio.clip import read_clip
from posecast.audio.pcm import PcmDecoder
from posecast.config import AnimationOptions, LatencyMode
from posecast.errors import InvalidRequest, PosecastError
from posecast.session.style_choice import choose_style
from posecast.signals import Style, Waveform
from posecast.transport import codec, settings_codec
from posecast.transport.admission import StreamSlots
from posecast.transport.read_ahead import reading_ahead
from posecast.transport.status import describe
from posecast.transport.stream import AnimationStream, Backend, PcmFeed, Send, feed_clip
from posecast.v1 import face_animation_service_pb2 as service_pb2
from posecast.v1 import face_animation_service_pb2_grpc as service_grpc

logger = logging.getLogger(__name__)


class FaceAnimationServicer(service_grpc.FaceAnimationServiceServicer):
    """Reads requests, feeds streams, and turns whatever goes wrong into a status."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._slots = StreamSlots(backend.config.max_streams)

    async def Animate(self, request_iterator: AsyncIterator[Any], context: Any) -> None:  # noqa: N802 - gRPC's
        """Animate a live stream."""

        async def send(**part: Any) -> None:
            await context.write(service_pb2.AnimateResponse(**part))

        async with _reporting("Animate", context) as log:
            with self._slots.take():
                stream, feed = await self._open(await _first_config(request_iterator), send)
                async with reading_ahead(request_iterator, max_bytes=feed.job_bytes) as requests:
                    async for request in requests:
                        await _feed(request, feed)
                await feed.close()
                log.info("complete, %d frames", stream.num_frames)

    async def AnimateClip(  # noqa: N802 - gRPC's name
        self, request: service_pb2.AnimateClipRequest, context: Any
    ) -> None:
        """Animate a whole clip."""

        async def send(**part: Any) -> None:
            await context.write(service_pb2.AnimateClipResponse(**part))

        async with _reporting("AnimateClip", context) as log:
            with self._slots.take():
                options, style = self._choices(request.settings, default_mode="offline")
                waveform = await asyncio.to_thread(
                    _waveform_of, request, self._backend.config.max_clip_s
                )
                stream = AnimationStream(
                    self._backend,
                    options,
                    style=style,
                    sample_rate_hz=waveform.sample_rate_hz,
                    send=send,
                )
                await stream.send_header()
                await feed_clip(stream, waveform)
                log.info("complete, %.2f s, %d frames", waveform.duration_s, stream.num_frames)

    async def ListStyles(  # noqa: N802 - gRPC's name
        self,
        request: service_pb2.ListStylesRequest,  # noqa: ARG002 - gRPC passes it
        context: Any,
    ) -> service_pb2.ListStylesResponse:
        """List the styles."""
        async with _reporting("ListStyles", context):
            return codec.styles_message(self._backend.engine)

    async def GetServerInfo(  # noqa: N802 - gRPC's name
        self,
        request: service_pb2.GetServerInfoRequest,  # noqa: ARG002 - gRPC passes it
        context: Any,
    ) -> service_pb2.GetServerInfoResponse:
        """Tell what the server is."""
        async with _reporting("GetServerInfo", context):
            return codec.server_info_message(
                self._backend.engine, self._backend.config, num_streams=self._slots.num_taken
            )

    def _choices(
        self, settings: service_pb2.AnimationSettings, *, default_mode: LatencyMode
    ) -> tuple[AnimationOptions, Style]:
        engine = self._backend.engine
        options = settings_codec.options_from(settings, default_mode=default_mode)
        style = settings_codec.style_from(settings, style_dim=engine.config.denoiser.style_dim)
        return options, choose_style(engine.styles, options, own=style)

    async def _open(
        self, config: service_pb2.AnimateConfig, send: Send
    ) -> tuple[AnimationStream, PcmFeed]:
        audio_format = codec.audio_format_from(config.audio_format)
        options, style = self._choices(config.settings, default_mode="balanced")
        stream = AnimationStream(
            self._backend,
            options,
            style=style,
            sample_rate_hz=audio_format.sample_rate_hz,
            send=send,
        )
        await stream.send_header()
        return stream, PcmFeed(stream, audio_format)


async def _first_config(request_iterator: AsyncIterator[Any]) -> service_pb2.AnimateConfig:
    async for request in request_iterator:
        part = request.WhichOneof("part")
        if part != "config":
            raise InvalidRequest(f"the first message is {part or 'empty'}; it must be config")
        return request.config
    raise InvalidRequest("the stream ended before its first message, which must be config")


async def _feed(request: service_pb2.AnimateRequest, feed: PcmFeed) -> None:
    match request.WhichOneof("part"):
        case "audio":
            await feed.push(request.audio.data)
        case "end_of_utterance":
            await feed.end_utterance()
        case "config":
            raise InvalidRequest("a second config; a stream takes one, as its first message")
        case _:
            raise InvalidRequest("a message without a part; allowed: audio, end_of_utterance")


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


class _StreamLog(logging.LoggerAdapter[logging.Logger]):
    """Puts method and stream id in front of each line."""

    def __init__(self, method: str, stream_id: str) -> None:
        super().__init__(logger)
        self._prefix = f"{method} {stream_id}"

    def process(self, msg: Any, kwargs: Any) -> tuple[Any, Any]:
        return f"{self._prefix}: {msg}", kwargs


@asynccontextmanager
async def _reporting(method: str, context: Any) -> AsyncIterator[_StreamLog]:
    """The border of an RPC: whatever goes wrong inside is logged and becomes a status."""
    stream_id = secrets.token_hex(4)
    log = _StreamLog(method, stream_id)
    log.debug("opened by %s", context.peer())
    try:
        yield log
    except asyncio.CancelledError:
        log.info("cancelled")
        raise
    except Exception as error:
        if context.done():  # a write to a client that has just gone
            log.info("client gone")
            return
        if isinstance(error, PosecastError):
            log.info("refused: %s", error)
        else:
            log.exception("failed")
        await context.abort(*describe(error, stream_id))
