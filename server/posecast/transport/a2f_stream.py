"""One Audio2Face-3D stream behind its header: audio, emotions, the end."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import numpy as np

from posecast.audio.pcm import AudioFormat, PcmDecoder
from posecast.config import FRAME_RATE_HZ
from posecast.errors import InvalidRequest
from posecast.nvidia_ace import a2f_controller_pb2 as pb
from posecast.signals import Style
from posecast.transport.a2f_answer import A2FAnswer
from posecast.transport.a2f_emotions import EMOTIONS, Emotion, EmotionTrack, style_of, without_style
from posecast.transport.a2f_parameters import A2FChoices
from posecast.transport.a2f_writer import A2FWriter
from posecast.transport.border import OpenStream
from posecast.transport.idle_limit import IdleLimit
from posecast.transport.inbox import Audio, End, Inbox, Item, Update
from posecast.transport.stream import AnimationStream
from posecast.transport.tasks import until_one_is_done

OVERHEAD_BYTES = 16 * 1024 * 1024
"""What the messages of a waiting clip may cost beside its audio, and as much again as the audio."""


class A2FStream:
    """Follows a client: a reader takes in what it sends, an animator answers it in order.

    Unlike `Animate`, the reader never waits for the animator: clients of that protocol send a whole
    clip before they read the first frame, and would wait for ever. The longest clip bounds it.
    """

    def __init__(
        self,
        opened: OpenStream,
        choices: A2FChoices,
        *,
        audio_format: AudioFormat,
        style: Style,
        stream: AnimationStream,
        answer: A2FAnswer,
        writer: A2FWriter,
    ) -> None:
        """Begin behind the header.

        Args:
            opened: The stream that was let in.
            choices: What the client chose.
            audio_format: How its audio is to be read.
            style: Style of its face without emotion.
            stream: Animates it.
            answer: Answers it.
            writer: Writes that answer.
        """
        self._opened, self._choices = opened, choices
        self._styles, self._style = opened.backend.styles.styles, style
        self._stream, self._answer, self._writer = stream, answer, writer
        self._bytes_per_sample = audio_format.bytes_per_frame
        self._bytes_per_s = audio_format.bytes_per_frame * audio_format.sample_rate_hz
        self._most_bytes = round(opened.backend.config.max_clip_s * self._bytes_per_s)
        self._num_bytes = self._num_stray = 0
        self._has_ended = False
        self._decoder = PcmDecoder(audio_format)
        self._inbox = Inbox(2 * self._most_bytes + OVERHEAD_BYTES, items_of=self._items_of)
        self._limit = IdleLimit(opened.backend.config.max_idle_s)
        self._emotions = EmotionTrack(choices.beginning_emotion, choices.transition_s)
        self._emotion: Emotion = np.zeros(len(EMOTIONS))
        self._without_effect = set(choices.ignored)

    async def run(self, requests: AsyncIterator[Any]) -> None:
        """Answer a client until its audio ends, whether or not it half-closes.

        Args:
            requests: What it sends behind its header.

        Raises:
            PosecastError: If a request is wrong, or a limit is reached.
        """
        try:
            await until_one_is_done(
                self._animate(),
                self._limit.watch(lambda: self._inbox.is_waited_for),
                self._writer.watch(),
                beside=self._inbox.fill(requests, on_request=self._limit.touch),
            )
        finally:
            if unknown := sorted(self._without_effect | self._emotions.unknown):
                self._opened.log.info("accepted without effect: %s", ", ".join(unknown))

    def _items_of(self, request: pb.AudioStream) -> Iterator[Item]:
        part = request.WhichOneof("stream_part")
        if self._has_ended:
            self._num_stray += 1
        elif part == "audio_stream_header":
            raise InvalidRequest("a second audio_stream_header; allowed: one, as the first message")
        elif part == "end_of_audio":
            self._has_ended = True
            yield End()
        elif part == "audio_with_emotion":
            yield from self._items_of_audio(request.audio_with_emotion)

    def _items_of_audio(self, message: pb.AudioWithEmotion) -> Iterator[Item]:
        if message.emotions:
            yield Update(pb.AudioWithEmotion(emotions=message.emotions))
        # What is behind the limit is read, so that its sender can go on, and not kept.
        if self._num_bytes <= self._most_bytes:
            self._num_bytes += len(message.audio_buffer)
            yield Audio(message.audio_buffer, time.monotonic())

    async def _animate(self) -> None:
        while True:
            item = await self._inbox.take(self._stream.num_wanted * self._bytes_per_sample)
            match item:
                case Audio():
                    await self._feed(item)
                case Update():
                    self._take_keys(item.settings.emotions)
                case _:  # the end, or a half-close without one
                    break
        self._feel()
        await self._stream.end_utterance()
        await self._answer.complete(self._num_stray)

    async def _feed(self, audio: Audio) -> None:
        self._opened.entry.buffered_s = self._inbox.audio_bytes / self._bytes_per_s
        self._answer.add_audio(audio.data)
        samples = self._decoder.decode(audio.data)
        if len(samples):
            self._feel()
            await self._stream.feed(samples, audio.arrived_s)

    def _take_keys(self, keys: Iterable[pb.EmotionWithTimeCode]) -> None:
        self._answer.add_keys(keys)
        for key in keys:
            self._emotions.add(key.time_code, key.emotion)

    def _feel(self) -> None:
        """Take over the emotion of the next window, that of its middle."""
        window = self._stream.next_window
        asked = self._emotions.at((window.first_frame + window.num_frames / 2) / FRAME_RATE_HZ)
        emotion = self._choices.emotion_share * asked
        if np.array_equal(emotion, self._emotion):
            return
        self._emotion = emotion
        self._answer.use_emotion(emotion)
        self._without_effect |= without_style(emotion, self._styles)
        style = style_of(emotion, self._style, self._styles)
        self._stream.change(self._choices.options, style)
