"""Writes the answers of `Animate` and `AnimateClip`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from posecast.signals import FaceFrames
from posecast.transport import codec
from posecast.v1 import face_animation_service_pb2 as service_pb2


class AnimateAnswer:
    """A `stream.Answer` in the messages of posecast.v1."""

    def __init__(
        self, response: Callable[..., Any], write: Callable[[Any], Awaitable[None]]
    ) -> None:
        """Begin an answer.

        Args:
            response: The class of its messages.
            write: Writes one, and returns when there is room for the next.
        """
        self._response = response
        self._write = write

    async def send_header(self, header: service_pb2.AnimationHeader) -> None:
        """Send the header, first of all."""
        await self._write(self._response(header=header))

    async def send_frames(
        self,
        frames: FaceFrames,
        *,
        utterance_index: int,
        audio: bytes = b"",
        is_idle: bool = False,
        is_easing: bool = False,
    ) -> None:
        """Send consecutive frames as one batch; see `stream.Answer`."""
        batch = codec.batch_message(
            frames,
            utterance_index=utterance_index,
            audio=audio,
            is_idle=is_idle,
            is_easing=is_easing,
        )
        await self._write(self._response(frames=batch))

    async def send_end(
        self,
        *,
        utterance_index: int,
        num_frames: int,
        audio_duration_s: float,
        was_interrupted: bool,
    ) -> None:
        """Tell that an utterance is complete; see `stream.Answer`."""
        end = service_pb2.UtteranceEnd(
            utterance_index=utterance_index,
            num_frames=num_frames,
            audio_duration_s=audio_duration_s,
            was_interrupted=was_interrupted,
        )
        await self._write(self._response(end=end))
