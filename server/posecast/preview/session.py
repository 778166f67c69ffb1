"""One page's talk: what it asks for becomes streams of the gRPC server, their frames go back."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import struct
from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

from posecast.audio.pcm import AudioFormat
from posecast.config import AnimationOptions, from_mapping
from posecast.errors import InvalidRequest, PosecastError
from posecast.preview.wire import frame_values, pack
from posecast.ranges import check_range
from posecast.transport.live_client import (
    LiveClient,
    LiveStream,
    StreamEnded,
    StreamFrames,
    StreamOpened,
    StreamPart,
)

logger = logging.getLogger(__name__)

MAX_FACES = 2
Outgoing = dict[str, Any] | bytes


class PageSocket(Protocol):
    """What the session needs of a WebSocket."""

    def messages(self) -> AsyncIterator[str | bytes]:
        """What the page sends, until it goes."""
        ...

    async def send(self, message: Outgoing) -> None:
        """Send a message to the page."""
        ...


class PageSession:
    """Streams of one page: at most one run at a time, of one face or of two side by side."""

    def __init__(self, socket: PageSocket, client: LiveClient) -> None:
        """Prepare.

        Args:
            socket: The page.
            client: Where to open streams.
        """
        self._socket = socket
        self._client = client
        self._outgoing: asyncio.Queue[Outgoing] = asyncio.Queue()
        self._streams: list[LiveStream] = []
        self._run = 0

    async def serve(self) -> None:
        """Answer the page until it goes."""
        writer = asyncio.create_task(self._write())
        try:
            await self._greet()
            async for message in self._socket.messages():
                await self._take(message)
        finally:
            self._stop()
            writer.cancel()

    async def _write(self) -> None:
        while True:
            await self._socket.send(await self._outgoing.get())

    async def _greet(self) -> None:
        try:
            facts = await self._client.facts()
        except PosecastError as error:
            self._outgoing.put_nowait({"type": "hello", "error": str(error)})
            return
        self._outgoing.put_nowait(
            {
                "type": "hello",
                "serverVersion": facts.server_version,
                "model": facts.model,
                "device": facts.device,
                "maxClipS": facts.max_clip_s,
                "styles": facts.styles,
            }
        )

    async def _take(self, message: str | bytes) -> None:
        try:
            if isinstance(message, bytes):
                await self._hear(message)
            else:
                await self._obey(_object_of(message))
        except InvalidRequest as error:
            self._fail(self._run, str(error))

    async def _hear(self, message: bytes) -> None:
        """Pass audio on; what belongs to an earlier run came too late."""
        if len(message) < 4 or len(message) % 4:
            raise InvalidRequest(f"{len(message)} bytes of audio; expected a run and samples")
        (run,) = struct.unpack_from("<I", message)
        if run == self._run:
            for stream in self._streams:
                await stream.send_audio(message[4:])

    async def _obey(self, message: Mapping[str, Any]) -> None:
        match message.get("type"):
            case "hello":
                await self._greet()
            case "speak":
                self._speak(message)
            case "update":
                self._update(message)
            case "finish":
                for stream in self._streams:
                    stream.finish()
            case "stop":
                self._stop()
            case kind:
                raise InvalidRequest(f"a message of the type {kind!r}")

    def _speak(self, message: Mapping[str, Any]) -> None:
        self._stop()
        self._run = _int_of(message, "run")
        faces = message.get("faces")
        if not isinstance(faces, list) or not 1 <= len(faces) <= MAX_FACES:
            raise InvalidRequest(f"faces {faces!r}; allowed: 1 to {MAX_FACES} of them")
        audio_format = AudioFormat("pcm_f32le", _int_of(message, "sampleRateHz"))
        options = [_options_of(face) for face in faces]
        self._streams = [
            self._client.animate(
                audio_format, chosen, functools.partial(self._tell, self._run, index)
            )
            for index, chosen in enumerate(options)
        ]

    def _update(self, message: Mapping[str, Any]) -> None:
        face = _int_of(message, "face")
        if not self._streams:
            return
        check_range("face", face, 0, len(self._streams) - 1)
        settings = message.get("settings")
        if not isinstance(settings, dict) or settings.keys() - {"style", "style_strength", "seed"}:
            raise InvalidRequest(f"update of {settings!r}; allowed: style, style_strength, seed")
        _options_of(settings)  # refuses what the stream would end for
        self._streams[face].update(**settings)

    def _stop(self) -> None:
        for stream in self._streams:
            stream.cancel()
        self._streams = []

    def _tell(self, run: int, face: int, part: StreamPart) -> None:
        match part:
            case StreamOpened():
                self._outgoing.put_nowait(
                    {
                        "type": "opened",
                        "run": run,
                        "face": face,
                        "seed": str(part.seed),
                        "frameRateHz": part.frame_rate_hz,
                        "mode": part.mode,
                        "windowFrames": part.window_frames,
                        "lookAheadMs": part.look_ahead_ms,
                    }
                )
            case StreamFrames():
                head = {"run": run, "face": face, "first": part.frames.first_index}
                self._outgoing.put_nowait(pack(head, frame_values(part.frames)))
            case StreamEnded(error=None):
                self._outgoing.put_nowait({"type": "ended", "run": run, "face": face})
            case StreamEnded(error=error):
                self._fail(run, str(error))

    def _fail(self, run: int, message: str) -> None:
        logger.info("told the page: %s", message)
        self._outgoing.put_nowait({"type": "failed", "run": run, "message": message})


def _object_of(text: str) -> Mapping[str, Any]:
    try:
        message = json.loads(text)
    except ValueError as error:
        raise InvalidRequest(f"a message that is not JSON: {error}") from error
    if not isinstance(message, dict):
        raise InvalidRequest("a message that is not an object")
    return message


def _int_of(message: Mapping[str, Any], key: str) -> int:
    value = message.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**32:
        raise InvalidRequest(f"{key} {value!r}; expected a whole number")
    return value


def _options_of(face: Any) -> AnimationOptions:
    if not isinstance(face, dict):
        raise InvalidRequest(f"a face {face!r}; expected an object")
    return from_mapping(AnimationOptions, face, where="settings")
