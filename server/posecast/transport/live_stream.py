"""One Animate stream behind its configuration: audio, ends, interrupts, updates, idle life."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from typing import Any

from posecast.audio.pcm import AudioFormat, PcmDecoder
from posecast.config import AnimationOptions, LatencyMode
from posecast.rig.easing import TO_REST_S
from posecast.session.style_choice import choose_style
from posecast.signals import Style
from posecast.transport import settings_codec
from posecast.transport.audio_tail import AudioTail
from posecast.transport.backend import Backend
from posecast.transport.border import OpenStream
from posecast.transport.idle_limit import IdleLimit
from posecast.transport.inbox import Audio, End, Inbox, Interruption, Item, Update
from posecast.transport.stream import AnimationStream
from posecast.transport.tasks import until_one_is_done
from posecast.v1 import face_animation_service_pb2 as service_pb2

DEFAULT_MODE: LatencyMode = "balanced"
IDLE_BATCH_S = 0.1
"""Idle frames that are sent at a time, and how far they are sent ahead."""


def choices_from(
    backend: Backend, settings: service_pb2.AnimationSettings, *, default_mode: LatencyMode
) -> tuple[AnimationOptions, Style]:
    """What a client chose, and the style that it means.

    Args:
        backend: Whose styles there are.
        settings: The client's choices.
        default_mode: Latency mode where it chose none.

    Raises:
        InvalidRequest: If a value is out of range or there is no such style.
    """
    options = settings_codec.options_from(settings, default_mode=default_mode)
    own = settings_codec.style_from(settings, style_dim=backend.engine.config.denoiser.style_dim)
    return options, choose_style(backend.styles.styles, options, own=own)


def style_name_of(settings: service_pb2.AnimationSettings) -> str:
    """The style as operators read it: what the client named, or empty for a vector of its own."""
    if settings.HasField("style_vector"):
        return ""
    return settings.style_name or AnimationOptions().style


class LiveStream:
    """Follows a client: a reader takes in what it sends, an animator answers it in order."""

    def __init__(
        self,
        opened: OpenStream,
        config: service_pb2.AnimateConfig,
        *,
        audio_format: AudioFormat,
        stream: AnimationStream,
    ) -> None:
        """Begin behind the configuration.

        Args:
            opened: The stream that was let in.
            config: What the client chose.
            audio_format: How its audio is to be read.
            stream: Animates it.
        """
        backend = opened.backend
        self._backend, self._opened = backend, opened
        self._settings = config.settings
        self._returns_audio, self._idles = config.returns_audio, config.idles
        self._format = audio_format
        self._stream = stream
        self._bytes_per_s = audio_format.bytes_per_frame * audio_format.sample_rate_hz
        self._inbox = Inbox(
            round(backend.config.max_buffered_s * self._bytes_per_s),
            on_interrupt=stream.drop_window,
        )
        self._limit = IdleLimit(backend.config.max_idle_s)
        self._decoder: PcmDecoder | None = None
        self._tail: AudioTail | None = None
        self._is_ending = False
        self._frame_rate_hz = stream.frame_rate_hz
        self._idle_due_s = math.inf

    async def run(self, requests: AsyncIterator[Any]) -> None:
        """Answer a client until it has nothing more to say.

        Args:
            requests: What it sends after its configuration.

        Raises:
            PosecastError: If a request is wrong, or a limit is reached.
        """
        self._start_idling(time.monotonic())
        await until_one_is_done(
            self._animate(),
            # A face that idles has frames to be made for as long as its client is there.
            self._limit.watch(lambda: self._inbox.is_waited_for and not self._idles),
            beside=self._inbox.fill(requests, on_request=self._limit.touch),
        )

    async def _animate(self) -> None:
        while (item := await self._next_item()) is not None:
            self._opened.entry.buffered_s = self._inbox.audio_bytes / self._bytes_per_s
            match item:
                case Audio():
                    await self._feed(item)
                case End():
                    await self._end()
                case Interruption():
                    await self._interrupt(item)
                case Update():
                    self._update(item)
        if self._stream.is_open:
            await self._end()

    async def _next_item(self) -> Item | None:
        """What the client wants next; idle life goes on until it is there."""
        num_bytes = self._stream.num_wanted * self._format.bytes_per_frame
        while True:
            wait_s = None
            if self._idle_due_s < math.inf:
                wait_s = max(0.0, self._idle_due_s - time.monotonic())
            try:
                async with asyncio.timeout(wait_s):
                    return await self._inbox.take(num_bytes)
            except TimeoutError:
                await self._idle()

    async def _feed(self, audio: Audio) -> None:
        if self._decoder is None:
            self._decoder = PcmDecoder(self._format)
            self._tail = (
                AudioTail(self._format, self._frame_rate_hz) if self._returns_audio else None
            )
        if self._tail is not None:
            self._tail.add(audio.data)
        samples = self._decoder.decode(audio.data)
        await self._stream.feed(samples, audio.arrived_s, self._tail)
        if self._stream.has_begun:
            self._idle_due_s = math.inf

    async def _end(self) -> None:
        self._is_ending = True
        if self._decoder is not None:
            self._decoder.finish()
        was_open = self._stream.is_open
        await self._stream.end_utterance()
        if self._stream.is_open:
            return  # an interrupt has come meanwhile and will end it
        self._close()
        if was_open:
            self._start_idling(self._stream.media_end_s)

    async def _interrupt(self, item: Interruption) -> None:
        request = item.request
        has_eased = await self._stream.stop(
            request.frame_index if request.HasField("frame_index") else None,
            request.utterance_index if request.HasField("utterance_index") else None,
            self._count_stopped(item),
        )
        self._opened.span.note("interrupt")
        if has_eased:
            self._backend.metrics.interrupt_answered(time.monotonic() - item.received_s)
            self._start_idling(time.monotonic() + TO_REST_S)
        self._close()

    def _count_stopped(self, item: Interruption) -> int:
        """Utterances that an interrupt ends: the open one, and those that waited behind it."""
        waiting = item.num_ends + item.has_audio
        if not self._stream.is_open:
            return waiting
        # What waited first is the rest of the open one, unless its end had been taken already.
        return waiting + 1 if self._is_ending else max(1, waiting)

    def _close(self) -> None:
        self._is_ending = False
        self._decoder = self._tail = None

    def _update(self, item: Update) -> None:
        settings = settings_codec.updated_settings(self._settings, item.settings)
        options, style = choices_from(self._backend, settings, default_mode=DEFAULT_MODE)
        self._opened.place.reserve(options)
        self._backend.metrics.set_load(self._backend.admission.load)
        self._stream.change(options, style)
        self._settings = settings
        self._opened.entry.style_name = style_name_of(settings)

    def _start_idling(self, end_s: float) -> None:
        """Idle life begins when what was spoken has been heard.

        Not where nothing was: an end or an interrupt of nothing must not hurry a face that idles.
        """
        if self._idles:
            self._idle_due_s = max(end_s, time.monotonic())

    async def _idle(self) -> None:
        num_frames = max(1, round(IDLE_BATCH_S * self._frame_rate_hz))
        await self._stream.send_idle(num_frames)
        self._idle_due_s += num_frames / self._frame_rate_hz
        # A reader that was slow gets no burst of what it has missed.
        self._idle_due_s = max(self._idle_due_s, time.monotonic() - IDLE_BATCH_S)
