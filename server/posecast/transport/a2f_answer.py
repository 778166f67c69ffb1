"""The answer to one Audio2Face-3D stream: header, a message for each frame, event, status."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from posecast.audio.pcm import AudioFormat
from posecast.nvidia_ace import a2f_controller_pb2 as pb
from posecast.signals import FaceFrames
from posecast.transport import a2f_codec
from posecast.transport.a2f_emotions import EMOTIONS, Emotion
from posecast.transport.a2f_parameters import A2FChoices
from posecast.transport.a2f_writer import A2FWriter
from posecast.transport.audio_tail import AudioTail


class A2FAnswer:
    """A `stream.Answer` in Audio2Face-3D's messages."""

    def __init__(
        self, writer: A2FWriter, choices: A2FChoices, *, audio_format: AudioFormat
    ) -> None:
        """Begin an answer.

        Args:
            writer: Writes its messages.
            choices: What the client chose.
            audio_format: How its audio is to be read.
        """
        self._writer = writer
        self._choices = choices
        self._format = audio_format
        # Slices are cut where that protocol's clients cut them, at the nearest sample.
        self._tail = AudioTail(audio_format, choices.options.frame_rate_hz, is_rounded=True)
        self._sent_keys: list[pb.EmotionWithTimeCode] = []
        self._emotion: Emotion = np.zeros(len(EMOTIONS))

    async def send_header(self) -> None:
        """Send the header, and behind it one warning of all that is out of its range."""
        header = a2f_codec.header_message(
            self._format,
            self._choices.weights,
            has_head=self._choices.sends_head,
            start_s=time.time(),
        )
        await self._writer.put([header])
        if self._choices.warnings:
            await self._warn("; ".join(self._choices.warnings))

    def add_audio(self, data: bytes) -> None:
        """Take audio that is to go back with its frames."""
        self._tail.add(data)

    def add_keys(self, keys: Iterable[pb.EmotionWithTimeCode]) -> None:
        """Take keys of the client that are to be reported."""
        self._sent_keys += keys

    def use_emotion(self, emotion: Emotion) -> None:
        """Report this emotion from the next window on."""
        self._emotion = emotion

    async def send_frames(
        self,
        frames: FaceFrames,
        *,
        utterance_index: int,
        audio: bytes = b"",
        is_idle: bool = False,
        is_easing: bool = False,
    ) -> None:
        """Send frames; see `stream.Answer`. The last of a batch tells emotions."""
        del utterance_index, audio, is_idle, is_easing  # always the usual: one call, one utterance
        sent, self._sent_keys = self._sent_keys, []
        messages = self._messages(frames, sent, self._emotion)
        if frames.first_index == 0:  # it is awaited most: before the next window is prepared
            await self._writer.put_now(itertools.islice(messages, 1))
        await self._writer.put(messages)

    async def send_end(
        self,
        *,
        utterance_index: int,
        num_frames: int,
        audio_duration_s: float,
        was_interrupted: bool,
    ) -> None:
        """Send the event that all audio is processed; see `stream.Answer`."""
        del utterance_index, num_frames, audio_duration_s, was_interrupted  # it has no place
        self._writer.hurry()
        await self._writer.put([a2f_codec.end_message()])

    async def complete(self, num_stray: int) -> None:
        """Send SUCCESS, behind which a client reads nothing, and wait until it is written.

        Args:
            num_stray: Messages that came behind the end of the audio and were ignored.
        """
        if num_stray:
            await self._warn(f"ignored behind EndOfAudio: {num_stray} messages")
        await self._writer.put([a2f_codec.status_message(pb.Status.SUCCESS)])
        await self._writer.drain()

    def _messages(
        self, frames: FaceFrames, sent: Sequence[pb.EmotionWithTimeCode], emotion: Emotion
    ) -> Iterator[pb.AnimationDataStream]:
        messages = a2f_codec.frame_messages(
            frames, self._choices.weights, self._tail, has_head=self._choices.sends_head
        )
        yield from itertools.islice(messages, len(frames) - 1)
        last = next(messages)
        used = a2f_codec.emotion_message(emotion, frames.times_s[-1])
        last.animation_data.metadata[a2f_codec.EMOTION_KEY].CopyFrom(
            a2f_codec.emotion_report(sent, used)
        )
        yield last

    async def _warn(self, text: str) -> None:
        await self._writer.put([a2f_codec.status_message(pb.Status.WARNING, text)])
