"""The answer to one Animate or AnimateClip request: header, frames, ends."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from posecast.config import FRAME_RATE_HZ, AnimationOptions, look_ahead_ms
from posecast.errors import TooLong
from posecast.session.performance import Performance
from posecast.session.speech_features import choose_look_ahead
from posecast.session.streaming import StreamingSession
from posecast.session.timeline import Schedule, Window, choose_schedule
from posecast.signals import FaceFrames, FloatArray, Style, Waveform
from posecast.transport.audio_tail import AudioTail
from posecast.transport.border import OpenStream
from posecast.transport.inference_worker import MadeWindow, Urgency
from posecast.transport.stream_span import UtteranceSpan

MARGIN_S = 0.1
"""What computing and sending a window may take before it counts as late."""


class Answer(Protocol):
    """Writes an answer in the messages of one contract; returns when there is room for more."""

    async def send_frames(
        self,
        frames: FaceFrames,
        *,
        utterance_index: int,
        audio: bytes = b"",
        is_idle: bool = False,
        is_easing: bool = False,
    ) -> None:
        """Send consecutive frames, at least one.

        Args:
            frames: The frames.
            utterance_index: Their utterance.
            audio: The raw audio that belongs to them, if the stream has a tail.
            is_idle: Whether they are idle life before the utterance.
            is_easing: Whether they answer an interrupt.
        """

    async def send_end(
        self,
        *,
        utterance_index: int,
        num_frames: int,
        audio_duration_s: float,
        was_interrupted: bool,
    ) -> None:
        """Tell that an utterance is complete, with what it came to."""


class _WindowDropped(Exception):
    """An interrupt came while a window was being made."""


class AnimationStream:
    """Animates utterance after utterance, one window at a time, and sends what comes out.

    It waits until each part is written. A reader that is slow therefore slows its own sender,
    because no more audio is taken meanwhile, and nothing piles up here.
    """

    def __init__(
        self,
        opened: OpenStream,
        options: AnimationOptions,
        *,
        style: Style,
        seed: int,
        sample_rate_hz: int,
        answer: Answer,
    ) -> None:
        """Start a stream with a face at rest.

        Args:
            opened: The stream that was let in.
            options: What its client chose.
            style: The style that it means.
            seed: Seed of its first utterance.
            sample_rate_hz: Rate of its audio.
            answer: Writes to its client.
        """
        backend = opened.backend
        self._backend = backend
        self._options = options
        self._seed = seed
        self._sample_rate_hz = sample_rate_hz
        self._entry, self._span, self._feeds = opened.entry, opened.span, opened.feeds
        self._to_client = answer
        self._look_ahead = choose_look_ahead(backend.engine.speech_encoder.config, options)
        self._schedule: Schedule = choose_schedule(options)
        self._answer: asyncio.Future[MadeWindow] | None = None
        self._is_stopping = False
        self._num_samples = 0
        self._num_frames = 0
        self._started_s = self._arrived_s = 0.0
        self._tail: AudioTail | None = None
        self._utterance_span: UtteranceSpan | None = None
        self.performance = Performance(
            backend.engine, options, style=style, seed=seed, sample_rate_hz=sample_rate_hz
        )
        """The face of the stream."""

    @property
    def frame_rate_hz(self) -> int:
        """Rate of the frames."""
        return self._options.frame_rate_hz

    @property
    def window_frames(self) -> int:
        """Model frames in a window."""
        return self._schedule.window_frames

    @property
    def look_ahead_ms(self) -> int:
        """Future audio that is awaited."""
        return look_ahead_ms(self._look_ahead)

    @property
    def next_window(self) -> Window:
        """The window that comes next; the first one if no utterance is open."""
        session = self.performance.session
        return session.next_window if session else self._schedule.window(0)

    @property
    def num_wanted(self) -> int:
        """Samples that the next window still lacks, at least 1."""
        session = self.performance.session
        return max(1, session.num_missing) if session else 1

    @property
    def has_begun(self) -> bool:
        """Whether frames of the open utterance were sent."""
        return self._num_frames > 0

    @property
    def is_open(self) -> bool:
        """Whether an utterance is open."""
        return self.performance.session is not None

    @property
    def media_end_s(self) -> float:
        """When the audio that was taken has been heard by a client that hears it as it comes."""
        return self._started_s + self._num_samples / self._sample_rate_hz

    async def feed(
        self, samples: FloatArray, started_s: float, tail: AudioTail | None = None
    ) -> None:
        """Animate the next samples of the current utterance, opening it if there is none.

        Args:
            samples: Mono audio, best no more than `num_wanted`. [S]
            started_s: When its first sample came, on the clock of `time.monotonic`.
            tail: The raw audio of the utterance, if it is to be sent back.

        Raises:
            TooLong: If the utterance gets longer than this server allows.
        """
        session = self.performance.session
        if session is None:
            session = self.performance.open_utterance()
            self._num_samples = self._num_frames = 0
            self._started_s, self._tail = started_s, tail
            self._utterance_span = self._span.utterance(self.performance.utterance_index)
        self._num_samples += len(samples)
        self._arrived_s = started_s
        self._check_length()
        began_s = time.perf_counter()
        session.take(samples)
        self._backend.metrics.stage_done("audio", time.perf_counter() - began_s)
        await self._make_windows(session)

    async def end_utterance(self) -> None:
        """Animate the tail of the current utterance and send its end."""
        session = self.performance.session
        if session is not None:
            await self._send_frames(session.end(), session)
            await self._make_windows(session)
            if self._is_stopping:
                return  # the interrupt that follows ends it
        await self._send_end(was_interrupted=False)

    async def stop(
        self, frame_index: int | None, utterance_index: int | None, num_utterances: int
    ) -> bool:
        """Ease to rest, and end what is open and what waited behind it.

        Args:
            frame_index: First frame that shall be an easing one; unset means the next.
            utterance_index: Its utterance; unset means the latest.
            num_utterances: How many are ended.

        Returns:
            Whether there was anything to ease.
        """
        self._is_stopping = False
        eased = self.performance.stop(frame_index, utterance_index)
        self._ease_feeds(None if frame_index is None else eased)
        if eased is not None:
            index, frames = eased
            await self._to_client.send_frames(frames, utterance_index=index, is_easing=True)
            if index == self.performance.utterance_index:
                self._num_frames = frames.first_index + len(frames)
        for _ in range(num_utterances):
            await self._send_end(was_interrupted=True)
        return eased is not None

    def drop_window(self) -> None:
        """Give up the window that is being made: the client wants silence."""
        self._is_stopping = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(_WindowDropped())

    async def send_idle(self, num_frames: int) -> None:
        """Send the next frames of idle life."""
        frames = self.performance.idle(num_frames)
        for feed in self._feeds:
            feed.idle(frames)
        await self._to_client.send_frames(
            frames, utterance_index=self.performance.utterance_index, is_idle=True
        )

    def change(self, options: AnimationOptions, style: Style) -> None:
        """Let other choices take over with the next window; a seed that is unset stays."""
        self._seed = self._seed if options.seed is None else options.seed
        self.performance.change(options, style, seed=self._seed)

    def _check_length(self) -> None:
        duration_s, most_s = (
            self._num_samples / self._sample_rate_hz,
            self._backend.config.max_clip_s,
        )
        if duration_s > most_s:
            raise TooLong(
                f"the utterance has reached {duration_s:.2f} s; this server allows {most_s:g} s "
                "(max_clip_s); end it before that"
            )

    async def _make_windows(self, session: StreamingSession) -> None:
        while session.has_window and not self._is_stopping:
            window = session.next_window
            if not self.has_begun:  # at 60 frames a second the first window may settle none
                self.performance.begin_speaking()
            due_s = max(self._due_s(window), time.monotonic() + MARGIN_S)
            self._answer = self._backend.worker.submit(session, self._urgency_of(session, due_s))
            try:
                made = await self._answer
            except _WindowDropped:
                return
            finally:
                _drop(self._answer)
                self._answer = None
            self._entry.lateness_s = time.monotonic() - due_s
            self._backend.metrics.window_done(
                lateness_s=self._entry.lateness_s, mode=self._options.mode
            )
            self._trace(window, made)
            await self._send_frames(made.frames, session)

    def _urgency_of(self, session: StreamingSession, due_s: float) -> Urgency:
        # Behind an end the client waits for what is left, and for no more sound to cover it.
        deadline_s = time.monotonic() if session.has_ended else due_s
        return Urgency(is_bulk=self._options.mode == "offline", deadline_s=deadline_s)

    def _trace(self, window: Window, made: MadeWindow) -> None:
        if self._utterance_span is not None:
            self._utterance_span.window(
                first_frame=window.first_frame,
                num_frames=window.num_frames,
                queue_s=made.queue_s,
                inference_s=made.inference_s,
                batch_size=made.batch_size,
            )

    def _due_s(self, window: Window) -> float:
        """When a window is late for a client that plays the face as soon as it can be there."""
        heard_s = (window.first_frame + window.num_frames) / FRAME_RATE_HZ
        return self._started_s + heard_s + self.look_ahead_ms / 1000 + MARGIN_S

    async def _send_frames(self, frames: FaceFrames, session: StreamingSession) -> None:
        if len(frames) == 0:
            return
        metrics = self._backend.metrics
        began_s = time.perf_counter()
        audio = self._audio_of(frames, session)
        self.performance.remember(frames)
        for feed in self._feeds:
            feed.speak(self.performance.utterance_index, frames, arrived_s=self._arrived_s)
        await self._to_client.send_frames(
            frames, utterance_index=self.performance.utterance_index, audio=audio
        )
        metrics.stage_done("transport", time.perf_counter() - began_s)
        if self._num_frames == 0:
            metrics.first_frame(time.monotonic() - self._started_s, self._options.mode)
        self._num_frames += len(frames)
        self._entry.num_frames += len(frames)
        metrics.frames_sent(len(frames))

    def _audio_of(self, frames: FaceFrames, session: StreamingSession) -> bytes:
        if self._tail is None:
            return b""
        if session.is_complete:
            return self._tail.take_rest()
        return self._tail.take_up_to(frames.first_index + len(frames))

    def _ease_feeds(self, eased: tuple[int, FaceFrames] | None) -> None:
        """Stop the faces that are seen elsewhere: where the client says, or where they are."""
        for feed in self._feeds:
            if eased is None:
                feed.stop()
            else:
                feed.ease(*eased)

    async def _send_end(self, *, was_interrupted: bool) -> None:
        for feed in self._feeds:
            feed.end_utterance()
        is_open = self.is_open
        await self._to_client.send_end(
            utterance_index=self.performance.utterance_index,
            num_frames=self._num_frames if is_open else 0,
            audio_duration_s=self._num_samples / self._sample_rate_hz if is_open else 0.0,
            was_interrupted=was_interrupted,
        )
        if self._utterance_span is not None:
            self._utterance_span.complete(
                num_frames=self._num_frames, was_interrupted=was_interrupted
            )
            self._utterance_span = None
        self.performance.close_utterance()
        self._entry.utterance_index = self.performance.utterance_index
        self._num_frames = 0


def _drop(answer: asyncio.Future[MadeWindow]) -> None:
    """Let a window go that a client which has gone will not take: if it waits, it is not begun."""
    if not answer.cancel() and not answer.cancelled():
        answer.exception()  # looked at, or asyncio complains of a failure that nobody awaited


async def feed_clip(stream: AnimationStream, waveform: Waveform) -> None:
    """Feed a whole clip as one utterance.

    Args:
        stream: Where it goes.
        waveform: The clip, of at least one sample.
    """
    started_s, start = time.monotonic(), 0
    while start < len(waveform.samples):
        end = start + stream.num_wanted
        await stream.feed(waveform.samples[start:end], started_s)
        start = end
    await stream.end_utterance()
